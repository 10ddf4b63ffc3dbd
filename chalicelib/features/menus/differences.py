"""What changed from one menu to another, as an operator would say it: renamed, moved, added, gone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .checks import FIELD_WORDS
from .document import FIELDS, Button, Conditional, Menu, Spot, place, wire


class Field(msgspec.Struct, frozen=True):
    field: str
    was: str
    is_now: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`what` is added, removed, changed or moved. `menu` and `button` say where it is now; of what was removed, where
    it was; `was_at` is where it stood before. `button` is "" where a whole menu is meant."""

    what: str
    menu: int
    button: str = ""
    was_at: str = ""
    name: str = ""
    fields: list[Field] = []
    says: str


def difference(was: Menu, now: Menu) -> list[Change]:
    """[] if followers see the same."""
    changes = list(_within(was, now, 0, 0))
    left = list(range(1, len(was.conditional) + 1))
    for number, one in enumerate(now.conditional, start=1):
        known = _counterpart(was, left, one)
        if not known:
            changes.append(_whole("added", now, number))
            continue
        left.remove(known)
        changes += _rule_changes(was, now, known, number)
        changes += _within(was, now, known, number)
    return changes + [_whole("removed", was, number) for number in left]


def _counterpart(was: Menu, left: list[int], one: Conditional) -> int:
    """The earlier menu for the same people, else one with the same buttons, else one of the same label; 0 for none."""
    fits: tuple[Callable[[Conditional], bool], ...] = (
        lambda other: other.when == one.when,
        lambda other: wire(other.button) == wire(one.button),
        lambda other: bool(one.label) and other.label == one.label,
    )
    found = (number for fit in fits for number in left if fit(was.conditional[number - 1]))
    return next(found, 0)


def _rule_changes(was: Menu, now: Menu, before: int, number: int) -> Iterator[Change]:
    one, other = was.conditional[before - 1], now.conditional[number - 1]
    chinese, english = place(now, number)
    if one.when != other.when:
        says = f"{chinese}给另一些人看。{_capital(english)} is for other people."
        fields = [Field("when", _rule_words(one), _rule_words(other))]
        yield Change(what="changed", menu=number, name=other.label, fields=fields, says=says)
    if before != number:
        says = f"{chinese}原来排第 {before}。{_capital(english)} was number {before}."
        yield Change(what="moved", menu=number, was_at=str(before), name=other.label, says=says)


def _rule_words(one: Conditional) -> str:
    return " ".join(filter(None, (f"#{one.when.tag_id}" if one.when.tag_id else "", one.when.platform)))


def _whole(what: str, menu: Menu, number: int) -> Change:
    chinese, english = place(menu, number)
    verb = ("新增", "is new") if what == "added" else ("删去", "is gone")
    label = menu.conditional[number - 1].label
    return Change(what=what, menu=number, name=label, says=f"{verb[0]}{chinese}。{_capital(english)} {verb[1]}.")


def _within(was: Menu, now: Menu, before: int, number: int) -> Iterator[Change]:
    earlier, later = _flat(was, before), _flat(now, number)
    pairs = _paired(earlier, later)
    for at, button in later.items():
        known = pairs.get(at)
        if known is None:
            yield _one("added", now, number, at, button)
        else:
            yield from _changed(now, Spot(number, at), button, known, earlier[known])
            if _is_elsewhere(at, pairs):
                yield _moved(now, Spot(number, at), button, known)
    for at in sorted(earlier.keys() - set(pairs.values())):
        yield _one("removed", was, before, at, earlier[at])


def _flat(menu: Menu, number: int) -> dict[str, Button]:
    buttons = menu.conditional[number - 1].button if number else menu.button
    found = {}
    for first, button in enumerate(buttons, start=1):
        found[str(first)] = button
        found |= {f"{first}.{second}": below for second, below in enumerate(button.sub_button, start=1)}
    return found


def _paired(earlier: dict[str, Button], later: dict[str, Button]) -> dict[str, str]:
    """Which button now was which before: the same at its place, the same elsewhere, else what is alike."""
    pairs: dict[str, str] = {}
    for fits in (_same_here, _same, _same_action, _same_name, _here):
        for at, button in later.items():
            taken = set(pairs.values())
            if at not in pairs:
                free = (other for other in earlier if other not in taken and fits(at, button, other, earlier[other]))
                if found := next(free, ""):
                    pairs[at] = found
    return pairs


def _same(at: str, one: Button, other_at: str, other: Button) -> bool:
    return _told(one) == _told(other)


def _same_here(at: str, one: Button, other_at: str, other: Button) -> bool:
    return at == other_at and _told(one) == _told(other)


def _same_action(at: str, one: Button, other_at: str, other: Button) -> bool:
    return not one.sub_button and {**_told(one), "name": ""} == {**_told(other), "name": ""}


def _same_name(at: str, one: Button, other_at: str, other: Button) -> bool:
    return bool(one.name) and one.name == other.name and bool(one.sub_button) == bool(other.sub_button)


def _here(at: str, one: Button, other_at: str, other: Button) -> bool:
    return at == other_at and bool(one.sub_button) == bool(other.sub_button)


def _told(button: Button) -> dict[str, Any]:
    """What of it is sent; of one that opens, only that and its name."""
    (told,) = wire([button])
    return {"name": button.name, "opens": True} if button.sub_button else told


def _changed(now: Menu, spot: Spot, button: Button, was_at: str, was: Button) -> Iterator[Change]:
    before, after = _told(was), _told(button)
    fields = [
        Field(field, str(before.get(field, "")), str(after.get(field, "")))
        for field in ("name", *FIELDS)
        if before.get(field, "") != after.get(field, "")
    ]
    chinese, english = place(now, *spot)
    if fields:
        told = "；".join(f"{FIELD_WORDS[one.field][0]}「{one.was[:40]}」→「{one.is_now[:40]}」" for one in fields)
        named = ", ".join(FIELD_WORDS[one.field][1] for one in fields)
        says = f"{chinese}：{told}。{_capital(english)}: another {named}."
        yield Change(
            what="changed", menu=spot.menu, button=spot.at, was_at=was_at, name=button.name, fields=fields, says=says
        )


def _is_elsewhere(at: str, pairs: dict[str, str]) -> bool:
    """Under another button, or at another place among those that stayed beside it; not what was only pushed on."""
    parent, was_parent = _parent(at), _parent(pairs[at])
    if bool(parent) != bool(was_parent) or (parent and pairs.get(parent) != was_parent):
        return True
    beside = [one for one in pairs if _parent(one) == parent and _parent(pairs[one]) == was_parent]
    beside.sort(key=_number)
    return at not in {beside[index] for index in _in_order([_number(pairs[one]) for one in beside])}


def _in_order(numbers: list[list[int]]) -> list[int]:
    """Which of them rise, as many as can be: the others are those that were taken elsewhere."""
    ends: list[int] = []  # the index at which the best run of each length ends so far
    before: list[int] = []
    for index, number in enumerate(numbers):
        length = bisect_left(ends, number, key=lambda end: numbers[end])
        before.append(ends[length - 1] if length else -1)
        ends[length : length + 1] = [index]
    run: list[int] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        run.append(at)
        at = before[at]
    return run


def _moved(now: Menu, spot: Spot, button: Button, was_at: str) -> Change:
    chinese, english = place(now, *spot)
    says = f"{chinese}：从 {was_at} 移到 {spot.at}。{_capital(english)}: moved from {was_at} to {spot.at}."
    return Change(what="moved", menu=spot.menu, button=spot.at, was_at=was_at, name=button.name, says=says)


def _parent(at: str) -> str:
    return at.rpartition(".")[0]


def _number(at: str) -> list[int]:
    return [int(part) for part in at.split(".")]


def _one(what: str, menu: Menu, number: int, at: str, button: Button) -> Change:
    chinese, english = place(menu, number, at)
    verb = ("新增", "new") if what == "added" else ("删去", "gone")
    says = f"{verb[0]}：{chinese}。{_capital(english)}: {verb[1]}."
    return Change(what=what, menu=number, button=at, name=button.name, says=says)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
