"""When an automation begins: what may be written, which events fit, what we ask to be told of, and what the cause was.

    {"kind": "followed"}   {"kind": "scanned", "scene": "12"}   {"kind": "tagged", "tag_id": 100}   untagged
    {"kind": "ordered", "at_least_fen": 0}   {"kind": "clicked", "key": "MENU"}   {"kind": "viewed", "url": ""}
    {"kind": "voted", "poll_id": ""}   {"kind": "said", "keyword": "茶"}   {"kind": "custom", "name": "points"}
    {"kind": "attribute_changed", "attribute": "level", "value": "gold"}
    {"kind": "silent", "days": 30}   {"kind": "date", "attribute": "birthday", "offset_days": -3, "yearly": true}

What is left out or empty is any of its kind. The cause is what an event was about, for automations that a person
enters once for each: the scene, the tag, the order, the day of a date; not the time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..followers.facts import NAME
from . import places
from .definition import Told
from .places import text, whole, wrong
from .variables import word

LONGEST = 128  # characters of a scene, a key, an id
LONGEST_URL = 200
LONGEST_KEYWORD = 40
MOST_FEN = 10**12
MOST_SILENT = 365  # days
MOST_OFFSET = 90  # days before or after
MARK = 16  # hexadecimal digits
ONCE = "once"

Data = dict[str, Any]
Check = Callable[[Any, str], Any]


class Kind(NamedTuple):
    """`about`: the field that says of which one, "" if there are no kinds of it; `needed`: it must be given."""

    about: str
    needed: bool
    check: Check


def _any_text(value: Any, where: str) -> str:
    return text(value, where, LONGEST, 0)


def _attribute(value: Any, where: str) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise wrong(where, "要是一项资料的名称", "must be the name of an attribute")
    return value


def _nothing(value: Any, where: str) -> Any:
    return value


KINDS: dict[str, Kind] = {
    "followed": Kind("", False, _nothing),
    "scanned": Kind("scene", False, _any_text),
    "said": Kind("keyword", True, lambda value, where: text(value, where, LONGEST_KEYWORD)),
    "clicked": Kind("key", False, _any_text),
    "viewed": Kind("url", False, lambda value, where: text(value, where, LONGEST_URL, 0)),
    "tagged": Kind("tag_id", True, lambda value, where: whole(value, where, 3, 2**53)),
    "untagged": Kind("tag_id", True, lambda value, where: whole(value, where, 3, 2**53)),
    "voted": Kind("poll_id", False, _any_text),
    "ordered": Kind("", False, _nothing),
    "attribute_changed": Kind("attribute", True, _attribute),
    "custom": Kind("name", True, lambda value, where: text(value, where, LONGEST)),
    "silent": Kind("days", True, lambda value, where: whole(value, where, 1, MOST_SILENT)),
    "date": Kind("attribute", True, _attribute),
}
# What else may be said of a kind.
MORE: dict[str, dict[str, tuple[Check, Any]]] = {
    "ordered": {"at_least_fen": (lambda value, where: whole(value, where, 0, MOST_FEN), 0)},
    "attribute_changed": {"value": (lambda value, where: text(word(value), where, 200, 0), "")},
    "date": {
        "offset_days": (lambda value, where: whole(value, where, -MOST_OFFSET, MOST_OFFSET), 0),
        "yearly": (places.yes_or_no, True),
    },
}
# What the cause is, where it is not what `about` names.
CAUSES: dict[str, Callable[[Data], Iterable[Any]]] = {
    "followed": lambda data: (),
    "ordered": lambda data: (data.get("order_id"),),
    "attribute_changed": lambda data: (data.get("attribute"), data.get("value")),
    "silent": lambda data: (data.get("since"),),
    "date": lambda data: (data.get("attribute"), data.get("date")),
}


def check(told: Any, where: str = "when") -> Told:
    """As it is kept: every field is there."""
    told = places.is_object(told, where)
    kind = places.one_of(told.get("kind"), f"{where}.kind", KINDS)
    known, more = KINDS[kind], MORE.get(kind, {})
    places.only(told, {"kind", *([known.about] if known.about else []), *more}, where)
    kept: Told = {"kind": kind}
    if known.about:
        empty = None if known.needed else ""
        kept[known.about] = known.check(told.get(known.about, empty), f"{where}.{known.about}")
    for name, (fits, otherwise) in more.items():
        given = told.get(name)
        kept[name] = fits(otherwise if given is None else given, f"{where}.{name}")
    return kept


def about(when: Told) -> str:
    """What events out filter by: "" for any of the kind."""
    named = KINDS[when["kind"]].about
    return str(when[named]) if named else ""


def wants(whens: Iterable[Told]) -> dict[str, list[str]]:
    """{kind: what about} that we ask to be told of; [] for all of a kind."""
    asked: dict[str, list[str]] = {}
    for when in whens:
        if when["kind"] in ("silent", "date"):
            continue
        one = about(when)
        # "" wants all of the kind, and so hides what else is asked for.
        asked.setdefault(when["kind"], []).append(one)
    return {kind: [] if "" in those else sorted(set(those)) for kind, those in asked.items()}


def fits(when: Told, kind: str, data: Data) -> bool:
    """Whether an event is one of those."""
    if when["kind"] != kind:
        return False
    if kind == "said":
        return str(when["keyword"]).casefold() in str(data.get("text", "")).casefold()
    if kind == "ordered":
        return bool(data.get("fen", 0)) and data["fen"] >= when["at_least_fen"]
    if kind == "attribute_changed" and when["value"] and word(data.get("value", "")) != when["value"]:
        return False
    wanted = about(when)
    return not wanted or str(data.get(KINDS[kind].about, "")) == wanted


def mark(enter: str, when: Told, event_id: str, data: Data) -> str:
    """What makes this entry the same as another: it stands in the key of the journey."""
    if enter == "person":
        return ONCE
    kind = when["kind"]
    if enter == "each" and kind != "ordered":  # another amount of an order is told as another event
        return _digest([event_id])
    named = KINDS[kind].about
    parts: Iterable[Any] = (when["keyword"],) if kind == "said" else (data.get(named),)
    if kind in CAUSES:
        parts = CAUSES[kind](data)
    return _digest([kind, *parts])


def _digest(parts: Iterable[Any]) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:MARK]
