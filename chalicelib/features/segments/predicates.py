"""A question as a function of one follower: it holds, it does not, or their card alone cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from ...services import Account, Services
from .. import days
from ..followers import Row
from ..followers.activity import LONGEST_KEY
from ..followers.card import MOST_BYTES, Card
from . import history
from .fields import field
from .questions import Compare, Group, Happened, Node, Not

Answer = bool | None
Predicate = Callable[[Row], Answer]
Ask = Callable[[Happened, Row], bool]  # an event that the card cannot tell of, answered from the person's log

MOST_RECENT = 20  # events on a card; one more, and the oldest falls away
LONGEST_EVENT = 220  # bytes
ON_CARDS = frozenset({"scanned", "clicked"})


@dataclass(frozen=True)
class Fitting:
    """`quickly` reads nothing, and says None where it cannot tell; `surely` looks into the person's log then."""

    quickly: Predicate
    surely: Callable[[Row], bool]


def fitting(svc: Services, account: Account, node: Node) -> Fitting:
    today = days.today(svc.now())

    def ask(leaf: Happened, row: Row) -> bool:
        return len(history.days_of(svc, account, row.openid, leaf, today)) >= leaf.at_least

    sure = _compiled(node, today, ask)
    return Fitting(_compiled(node, today, None), lambda row: bool(sure(row)))


def compares(leaf: Compare, row: Row, today: int) -> bool:
    """Whether a comparison holds of somebody."""
    return _comparison(leaf, today)(row)


def newest_on_card(leaf: Happened, card: Card) -> int:
    """The last day of such an event that the card tells of; 0 if it tells of none."""
    if leaf.event == "ordered":
        return card.last_order
    if leaf.what:
        return card.recent.get(f"{leaf.event}:{leaf.what}", 0)
    return max((day for name, day in card.recent.items() if name.startswith(f"{leaf.event}:")), default=0)


def _compiled(node: Node, today: int, ask: Ask | None) -> Predicate:
    if isinstance(node, Compare):
        return _comparison(node, today)
    if isinstance(node, Happened):
        return _event(node, today, ask)
    if isinstance(node, Not):
        return _opposite(_compiled(node.part, today, ask))
    # What needs no look into the log comes first, and may make one unnecessary.
    parts = [_compiled(part, today, ask) for part in sorted(node.parts, key=_asks_log)]
    return _decided(parts, by=node.kind == "any")


def _opposite(part: Predicate) -> Predicate:
    def holds(row: Row) -> Answer:
        answer = part(row)
        return None if answer is None else not answer

    return holds


def _decided(parts: list[Predicate], by: bool) -> Predicate:
    """The first part that answers `by` decides: False for all, True for any."""

    def holds(row: Row) -> Answer:
        unsure = False
        for part in parts:
            answer = part(row)
            if answer is by:
                return by
            unsure = unsure or answer is None
        return None if unsure else not by

    return holds


def _asks_log(node: Node) -> bool:
    if isinstance(node, Group):
        return any(map(_asks_log, node.parts))
    return _asks_log(node.part) if isinstance(node, Not) else isinstance(node, Happened)


def _event(leaf: Happened, today: int, ask: Ask | None) -> Predicate:
    begins = today - leaf.within_days + 1 if leaf.within_days else 1

    def holds(row: Row) -> Answer:
        answer = _by_card(leaf, row.card, begins)
        return ask(leaf, row) if answer is None and ask else answer

    return holds


def _by_card(leaf: Happened, card: Card, begins: int) -> Answer:
    newest = newest_on_card(leaf, card)
    if leaf.event == "ordered" and not leaf.within_days:
        return card.orders >= leaf.at_least
    if leaf.event == "said":
        return None if card.messages else False
    # Cards cut a long name off, so another one may look the same.
    if (leaf.event not in ON_CARDS and leaf.event != "ordered") or len(leaf.what) >= LONGEST_KEY:
        return None
    if newest >= begins:
        return True if leaf.at_least == 1 else None
    # Nothing so recent: sure if the card tells of an older one, or if nothing fell away from it.
    return False if newest or leaf.event == "ordered" or _is_complete(card) else None


def _is_complete(card: Card) -> bool:
    return len(card.recent) < MOST_RECENT and len(msgspec.json.encode(card)) + LONGEST_EVENT < MOST_BYTES


def _comparison(leaf: Compare, today: int) -> Callable[[Row], bool]:
    known = field(leaf.field)
    assert known is not None, "questions are checked when they are read"
    test = TESTS[leaf.op](_comparable(leaf, today))
    if known.kind == "fact":  # nought is an answer too; nothing but "" is unknown
        test = FACTS.get(leaf.op, test)
        return lambda row: test(value) if (value := known.read(row)) != "" else leaf.op in {"is_not", "unknown"}
    if leaf.op in {"is_not", "unknown"}:
        return lambda row: test(known.read(row))
    if known.kind in ("day", "text"):  # of what is unknown nothing else can be said
        return lambda row: bool(value := known.read(row)) and test(value)
    return lambda row: test(known.read(row))


def _comparable(leaf: Compare, today: int) -> Any:
    if leaf.op in ("within_days", "before_days"):
        return today - leaf.value
    return leaf.value.casefold() if isinstance(leaf.value, str) else leaf.value


def _plain(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


TESTS: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "is": lambda wanted: lambda value: _same(value, wanted),
    "is_not": lambda wanted: lambda value: not _same(value, wanted),
    "contains": lambda wanted: lambda value: wanted in str(_plain(value)),
    "starts_with": lambda wanted: lambda value: str(_plain(value)).startswith(wanted),
    "at_least": lambda wanted: lambda value: _is_number(value) and value >= wanted,
    "at_most": lambda wanted: lambda value: _is_number(value) and value <= wanted,
    "within_days": lambda last: lambda value: value > last,
    "before_days": lambda last: lambda value: value <= last,
    "has": lambda wanted: lambda value: wanted in value,
    "has_not": lambda wanted: lambda value: wanted not in value,
    "known": lambda _: bool,
    "unknown": lambda _: lambda value: not value,
}


FACTS: dict[str, Callable[[Any], bool]] = {"known": lambda _: True, "unknown": lambda _: False}


def _same(value: Any, wanted: Any) -> bool:
    """A fact may have been told as 3 and be asked for as "3"."""
    if isinstance(wanted, str):
        return str(_plain(value)) == wanted
    return bool(value == wanted)
