"""One line of the table."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

from . import timing


class Result(NamedTuple):
    what: str
    ours: str
    beside: str  # whom or what it is measured beside
    theirs: str
    reached: str
    aim: str
    met: bool | None = None  # None: no aim, or it could not be measured


def compared(what: str, ours: timing.Seconds, beside: str, theirs: timing.Seconds, at_most: float | None) -> Result:
    reached = timing.ratio(ours, theirs)
    met = None if at_most is None else reached <= at_most
    aim = "" if at_most is None else f"≤ {at_most:.2f}"
    return Result(what, _milliseconds(ours), beside, _milliseconds(theirs), f"{reached:.2f}", aim, met)


def missing(what: str, why: str, met: bool | None = None) -> Result:
    return Result(what, "", why, "", "", "not measured", met)


def _milliseconds(taken: timing.Seconds) -> str:
    return f"{median(taken) * 1000:#.3g}".rstrip(".") + " ms"
