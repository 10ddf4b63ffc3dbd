"""Mistakes in an automation, each with its place: `steps[2].then[0].minutes：要是 …。steps[2].then[0].minutes: …`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from ...errors import AppError, BadInput, Unavailable

LONGEST_NAME = 40  # of a field that nobody knows, as it is told back
FIRST_WORD = re.compile(r"\bquestion(?=[.\[：:])")
PLACE = re.compile(r"[\w.\[\]]+(?=：)")


class Mistake(msgspec.Struct, frozen=True):
    """`place` as in `steps[2].then[0].minutes`; "" for the whole."""

    place: str
    message: str


class Mistakes:
    """All that are found in one look, in the order of reading."""

    def __init__(self) -> None:
        self.found: list[Mistake] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        try:
            yield
        except BadInput as error:
            found = PLACE.match(str(error))
            self.found.append(Mistake(found[0] if found else "", str(error)))

    def insist(self) -> None:
        """BadInput tells the first."""
        if self.found:
            raise BadInput(self.found[0].message)


def wrong(where: str, zh: str, en: str) -> BadInput:
    return BadInput(f"{where}：{zh}。{where}: {en}.")


@contextmanager
def at(where: str) -> Iterator[None]:
    """What another feature says about a field, told with the field's place."""
    try:
        yield
    except Unavailable:
        raise
    except AppError as error:
        raise BadInput(f"{where}：{error}") from None


@contextmanager
def asked_at(where: str) -> Iterator[None]:
    """The same of a question, whose own places begin with `question`."""
    try:
        yield
    except BadInput as error:
        raise BadInput(FIRST_WORD.sub(where, str(error))) from None


def only(told: dict[str, Any], names: Collection[str], where: str) -> None:
    if more := sorted(str(name)[:LONGEST_NAME] for name in told.keys() - set(names)):
        raise wrong(where, f"多了 {'、'.join(more[:5])}", f"has no {', '.join(more[:5])}")


def is_object(told: Any, where: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise wrong(where, "要是一个对象", "must be an object")
    return told


def whole(value: Any, where: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise wrong(where, f"要是 {least} 到 {most} 的整数", f"must be a whole number from {least} to {most}")
    return value


def text(value: Any, where: str, most: int, least: int = 1) -> str:
    if not isinstance(value, str) or not least <= len(value.strip()) <= most:
        how_zh = f"{least} 到 {most} 个字" if least else f"最多 {most} 个字"
        how_en = f"{least} to {most} characters" if least else f"at most {most} characters"
        raise wrong(where, f"要是{how_zh}", f"must be a text of {how_en}")
    return value.strip()


def one_of(value: Any, where: str, choices: Collection[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise wrong(where, f"要是 {'、'.join(choices)} 之一", f"must be one of {', '.join(choices)}")
    return value


def yes_or_no(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(where, "要是 true 或 false", "must be true or false")
    return value
