"""The language of questions: JSON as a form has it, read into a small tree; each mistake is told with its place.

    {"all": [...]}  {"any": [...]}  {"not": ...}
    {"field": "tags", "is": "has", "value": 100}
    {"event": "scanned", "what": "12", "within_days": 30, "at_least": 1}

Days are `2026-11-20`, or a number of days for `within_days` and `before_days`; money is in fen. An event without `what`
is any of its kind; without `within_days` it is looked for as far back as is remembered. {"all": []} is everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import BadInput
from .fields import IN_DAYS, KNOWN, OPERATORS, Field, day_number, field

DEEPEST = 5  # groups in each other; a `not` is none
MOST_LEAVES = 50
LONGEST_TEXT = 120  # characters
LARGEST = 10**15
MOST_DAYS = 3650
MOST_DAYS_OF_EVENTS = 90
MOST_TIMES = 999
A_DAY = re.compile(r"\d{4}-\d\d-\d\d")
EVENTS = frozenset({"scanned", "said", "clicked", "voted", "ordered", "visited"})
WITHOUT_WHAT = frozenset({"ordered", "visited"})
OF_A_FIELD = {"field", "is", "value"}
OF_AN_EVENT = {"event", "what", "within_days", "at_least"}


@dataclass(frozen=True)
class Compare:
    """A day to compare with is its number; so is a number of days."""

    field: str
    op: str
    value: Any


@dataclass(frozen=True)
class Happened:
    event: str
    what: str
    within_days: int  # 0: ever
    at_least: int


@dataclass(frozen=True)
class Not:
    part: Node


@dataclass(frozen=True)
class Group:
    kind: str  # all or any
    parts: tuple[Node, ...]


Node = Compare | Happened | Not | Group


def read(question: Any) -> Node:
    """BadInput says where a question is wrong, and why."""
    if question in ({"all": []}, {"any": []}):
        return Group("all", ())
    node = _node(question, "question", DEEPEST)
    number = sum(1 for _ in leaves(node))
    if number > MOST_LEAVES:
        raise _wrong(
            "question",
            f"最多 {MOST_LEAVES} 个条件，现有 {number} 个",
            f"has {number} conditions, {MOST_LEAVES} at most",
        )
    return node


def leaves(node: Node) -> Iterator[Compare | Happened]:
    if isinstance(node, Group):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Not):
        yield from leaves(node.part)
    else:
        yield node


def _node(told: Any, where: str, deeper: int) -> Node:
    if not isinstance(told, dict):
        raise _wrong(where, "要是一个对象", "must be an object")
    for kind in ("all", "any"):
        if kind in told:
            return _group(told, kind, f"{where}.{kind}", deeper)
    if "not" in told:
        return _not(told, f"{where}.not", deeper)
    if "event" in told:
        return _event(told, where)
    return _compare(told, where)


def _group(told: dict[str, Any], kind: str, where: str, deeper: int) -> Node:
    _only(told, {kind}, where)
    parts = told[kind]
    if not deeper:
        raise _wrong(where, f"最多套 {DEEPEST} 层", f"groups may be in each other {DEEPEST} deep at most")
    if not isinstance(parts, list) or not parts:
        raise _wrong(where, "要有至少一个条件", "needs at least one condition")
    if len(parts) > MOST_LEAVES:
        raise _wrong(where, f"最多 {MOST_LEAVES} 个条件", f"may have {MOST_LEAVES} conditions at most")
    return Group(kind, tuple(_node(part, f"{where}[{number}]", deeper - 1) for number, part in enumerate(parts)))


def _not(told: dict[str, Any], where: str, deeper: int) -> Node:
    _only(told, {"not"}, where)
    if isinstance(told["not"], dict) and "not" in told["not"]:
        raise _wrong(where, "不能否定之否定", "is itself a not; leave out both")
    return Not(_node(told["not"], where, deeper))


def _event(told: dict[str, Any], where: str) -> Node:
    _only(told, OF_AN_EVENT, where)
    event, what = told["event"], told.get("what") or ""
    if not isinstance(event, str) or event not in EVENTS:
        raise _wrong(
            f"{where}.event", f"要是 {'、'.join(sorted(EVENTS))} 之一", f"must be one of {', '.join(sorted(EVENTS))}"
        )
    if not isinstance(what, str) or len(what) > LONGEST_TEXT:
        raise _wrong(
            f"{where}.what", f"要是最多 {LONGEST_TEXT} 字的文字", f"must be a text of {LONGEST_TEXT} letters at most"
        )
    if what and event in WITHOUT_WHAT:
        raise _wrong(f"{where}.what", f"{event} 不分种类，请留空", f"must be empty: {event} has no kinds")
    within = told.get("within_days")
    within = 0 if within is None else _whole(within, f"{where}.within_days", 1, MOST_DAYS_OF_EVENTS)
    return Happened(event, what, within, _whole(told.get("at_least", 1), f"{where}.at_least", 1, MOST_TIMES))


def _compare(told: dict[str, Any], where: str) -> Node:
    _only(told, OF_A_FIELD, where)
    name, op = told.get("field"), told.get("is")
    known = field(name) if isinstance(name, str) and len(name) <= LONGEST_TEXT else None
    if known is None or not isinstance(name, str):
        raise _wrong(f"{where}.field", "没有这一项", "is no field that there is")
    if not isinstance(op, str) or op not in OPERATORS[known.kind]:
        ways = sorted(OPERATORS[known.kind])
        raise _wrong(f"{where}.is", f"{name} 可用 {'、'.join(ways)}", f"{name} takes one of {', '.join(ways)}")
    if op in KNOWN:
        return Compare(name, op, None)
    return Compare(name, op, _value(known, op, told.get("value"), f"{where}.value"))


def _value(known: Field, op: str, value: Any, where: str) -> Any:
    if known.kind == "day":
        return _whole(value, where, 1, MOST_DAYS) if op in IN_DAYS else _day(value, where)
    if known.kind == "flag":
        return _flag(value, where)
    if known.kind in {"number", "money", "list"} or op in {"at_least", "at_most"}:
        return _whole(value, where, -LARGEST, LARGEST)
    return value if known.kind == "fact" and isinstance(value, int) else _text(value, where)


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(where, "要是 true 或 false", "must be true or false")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_TEXT:
        raise _wrong(where, f"要有 1 到 {LONGEST_TEXT} 个字", f"must have 1 to {LONGEST_TEXT} characters")
    return value.strip()


def _day(value: Any, where: str) -> int:
    try:
        if isinstance(value, str) and A_DAY.fullmatch(value):
            return day_number(value)
    except ValueError:
        pass
    raise _wrong(where, "要是日期，如 2026-11-20", "must be a day such as 2026-11-20")


def _whole(value: Any, where: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _wrong(where, f"要是 {least} 到 {most} 的整数", f"must be a whole number from {least} to {most}")
    return value


def _only(told: dict[str, Any], names: set[str], where: str) -> None:
    if more := sorted(str(name)[:LONGEST_TEXT] for name in told.keys() - names):
        raise _wrong(where, f"多了 {'、'.join(more[:5])}", f"has no {', '.join(more[:5])}")


def _wrong(where: str, zh: str, en: str) -> BadInput:
    return BadInput(f"{where}：{zh}。{where}: {en}.")
