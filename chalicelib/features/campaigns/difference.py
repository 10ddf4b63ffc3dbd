"""What makes two versions of a campaign different, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .campaign import Document


class Change(msgspec.Struct, frozen=True):
    """`what` is changed, added or removed; `part` is a place such as `variants[0].fields.thing1`."""

    what: str
    part: str
    before: str = ""
    after: str = ""


def changes(old: Document, new: Document) -> list[Change]:
    """From `old` to `new`, in the order of reading."""
    before, after = (dict(_leaves(_whole(one), "")) for one in (old, new))
    places = [*after, *(place for place in before if place not in after)]
    return [_change(place, before.get(place), after.get(place)) for place in places if _differs(place, before, after)]


def _differs(place: str, before: dict[str, str], after: dict[str, str]) -> bool:
    return before.get(place, "") != after.get(place, "")


def _change(place: str, before: str | None, after: str | None) -> Change:
    what = "changed" if before and after else "added" if after else "removed"
    return Change(what, place, before or "", after or "")


def _whole(document: Document) -> dict[str, Any]:
    """With what is left out when it is stored."""
    whole = msgspec.structs.asdict(document)
    return whole | {"variants": [msgspec.structs.asdict(one) for one in document.variants]}


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and place != "question":
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{place}[{number}]")
    elif value not in (None, "", [], {}):
        yield place, value if isinstance(value, str) else msgspec.json.encode(value).decode()
