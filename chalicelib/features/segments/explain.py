"""Why somebody is in a segment, or is not: each condition in words, whether it holds, and what we know of them."""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import NotFound
from ...services import Account, Services
from .. import days, followers
from ..followers import Card, Row
from . import history
from .fields import day_text, field
from .predicates import compares, fitting, newest_on_card
from .questions import Compare, Group, Happened, Node, Not, read
from .sentences import Names, shown, words


class Part(msgspec.Struct, frozen=True):
    """`value` is the person's, "" if unknown or if this is a group, which has `parts` of its own instead."""

    text: str
    holds: bool
    value: str = ""
    parts: list[Part] = []


class Explained(msgspec.Struct, frozen=True):
    """`parts` are the conditions alone, in order; `tree` has them as they are in each other."""

    is_in: bool = msgspec.field(name="in")
    parts: list[Part]
    tree: Part


def explain(svc: Services, account: Account, question: Any, openid: str, names: Names) -> Explained:
    """By the same knowledge by which the segment is counted. `names` are those of the tags."""
    node = read(question)
    known = followers.profile(svc, account, openid)
    if known is None or not known["following"]:
        raise NotFound("没有这位粉丝。There is no such follower.")
    row = Row(openid, known["since"], Card.read(followers.card(known)))
    tree = _part(svc, account, node, row, names)
    return Explained(tree.holds, list(_leaves(tree)), tree)


def _leaves(part: Part) -> list[Part]:
    return [leaf for inner in part.parts for leaf in _leaves(inner)] if part.parts else [part]


def _part(svc: Services, account: Account, node: Node, row: Row, names: Names) -> Part:
    text = str(words(node, names))
    if isinstance(node, Not):
        inner = _part(svc, account, node.part, row, names)
        return Part(text, not inner.holds, parts=[inner])
    if isinstance(node, Group):
        parts = [_part(svc, account, part, row, names) for part in node.parts]
        holds = [part.holds for part in parts]
        return Part(text, all(holds) if node.kind == "all" else any(holds), parts=parts)
    if isinstance(node, Compare):
        return Part(text, compares(node, row, days.today(svc.now())), _value(node, row, names))
    return Part(text, fitting(svc, account, node).surely(row), _last(svc, account, node, row))


def _value(leaf: Compare, row: Row, names: Names) -> str:
    known = field(leaf.field)
    return shown(known, known.read(row), names) if known else ""


def last_day(svc: Services, account: Account, leaf: Happened, row: Row, today: int) -> int:
    """Of such an event, in the time that is asked about; 0 if none is remembered."""
    found = history.days_of(svc, account, row.openid, leaf, today)
    return max([newest_on_card(leaf, row.card), *found])


def _last(svc: Services, account: Account, leaf: Happened, row: Row) -> str:
    """How often in the time that is asked about, as far as that is remembered, and when last."""
    found = history.days_of(svc, account, row.openid, leaf, days.today(svc.now()))
    last = found[-1] if found else newest_on_card(leaf, row.card)
    return f"{len(found) or ''} {day_text(last)}".strip() if last else "0"
