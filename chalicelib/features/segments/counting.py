"""How many people a question fits, roughly or exactly, and who they are, page by page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from ...errors import AppError
from ...services import Account, Services
from .. import followers
from ..followers import Row
from ..followers.shelves import SHELVES
from .predicates import Fitting, fitting
from .questions import Node, read

FEW = 2000  # on one shelf: with so few all sixteen are read at once, and the estimate is exact
MOST_SAMPLED = 100_000  # entries of one shelf: 1.6 million followers
MOST_LOOKED_UP = 160  # people whose log an estimate reads
LOOK_AT_CLOCK = 500  # people between two looks
RULE_OF_THREE = 3  # whoever looks and finds nobody cannot exclude this many more, nineteen times out of twenty
CREW = 16
PAGE = 1000


class TooLong(AppError):
    """Counting did not end in time; it can go on in the background."""

    status = 503


class Count(NamedTuple):
    people: int
    of: int


class Estimate(msgspec.Struct, frozen=True):
    """`give_or_take`: within so many of `about` the true number is, nineteen times out of twenty."""

    about: int
    of: int
    exact: bool
    give_or_take: int = 0


class Page(NamedTuple):
    """`cursor` is "" after the last; with it `stream` goes on behind this page."""

    openids: tuple[str, ...]
    cursor: str


class _Sample(NamedTuple):
    yes: int
    unsure: list[Row]
    of: int


def count_exact(svc: Services, account: Account, question: Any, patience: float = math.inf) -> Count:
    """Sixteen shelves side by side; TooLong after so many seconds."""
    fits, give_up = fitting(svc, account, read(question)), svc.clock.time() + patience

    def count(shelf: int) -> Count:
        people = of = 0
        for row in followers.everyone(svc, account, shelf):
            of += 1
            people += _holds(fits, row)
            if of % LOOK_AT_CLOCK == 0:
                _hurry(svc, give_up)
        return Count(people, of)

    with ThreadPoolExecutor(SHELVES) as crew:
        counts = list(crew.map(count, range(SHELVES)))
    return Count(sum(one.people for one in counts), sum(one.of for one in counts))


def estimate(svc: Services, account: Account, node: Node) -> Estimate:
    """Exact while followers are few. Else from one shelf in whole: people are on shelves by hash, so any is a fair
    sample of a sixteenth, whatever they have in common. Of more than 1.6 million followers the oldest of it."""
    fits = fitting(svc, account, node)
    rows = followers.everyone(svc, account, 0)
    first = _sampled(fits, islice(rows, FEW))
    if first.of < FEW:
        with ThreadPoolExecutor(SHELVES) as crew:
            rest = crew.map(lambda shelf: _sampled(fits, followers.everyone(svc, account, shelf)), range(1, SHELVES))
            return _estimated(fits, [first, *rest], 1)
    return _estimated(fits, [first, _sampled(fits, islice(rows, MOST_SAMPLED))], SHELVES)


def page(svc: Services, account: Account, question: Any, cursor: str = "", limit: int = 50) -> tuple[list[Row], str]:
    """So many of the people, or fewer, even none; and the cursor for more, or ""."""
    return _page(svc, account, fitting(svc, account, read(question)), cursor, limit)


def stream(svc: Services, account: Account, question: Any, cursor: str = "", limit: int = PAGE) -> Iterator[Page]:
    """All of them, each once, whoever comes and goes meanwhile. It can be taken up again at any page's cursor."""
    fits = fitting(svc, account, read(question))
    more = True
    while more:
        rows, cursor = _page(svc, account, fits, cursor, limit)
        more = bool(cursor)
        if rows or not more:
            yield Page(tuple(row.openid for row in rows), cursor)


def _page(svc: Services, account: Account, fits: Fitting, cursor: str, limit: int) -> tuple[list[Row], str]:
    rows, cursor = followers.page(svc, account, cursor, limit, keep=lambda row: fits.quickly(row) is not False)
    held = _looked_up(lambda row: _holds(fits, row), rows)
    return [row for row, holds in zip(rows, held, strict=True) if holds], cursor


def _sampled(fits: Fitting, rows: Iterator[Row]) -> _Sample:
    yes = of = 0
    unsure = []
    for row in rows:
        of += 1
        answer = fits.quickly(row)
        if answer is None:
            unsure.append(row)
        yes += bool(answer)
    return _Sample(yes, unsure, of)


def _estimated(fits: Fitting, samples: list[_Sample], times: int) -> Estimate:
    yes, of = sum(one.yes for one in samples), sum(one.of for one in samples)
    unsure = [row for one in samples for row in one.unsure]
    # Every so-and-so-many-th of them, as those who follow each other on a shelf may be alike.
    asked = unsure[:: math.ceil(len(unsure) / MOST_LOOKED_UP)] if unsure else []
    held = sum(_looked_up(fits.surely, asked))
    share = held / len(asked) if asked else 0.0
    found = yes + share * len(unsure)
    if times == 1 and len(asked) == len(unsure):
        return Estimate(round(found), of, True)
    looked = len(unsure) * _doubt(held, len(asked)) if len(asked) < len(unsure) else 0.0
    spread = math.hypot(math.sqrt((found + RULE_OF_THREE) * (1 - 1 / times)), looked)
    return Estimate(round(times * found), times * of, False, math.ceil(2 * times * spread))


def _doubt(held: int, asked: int) -> float:
    """How far the share that was found may be off. That all of them fit, or none, is not sure of the others yet."""
    share = (held + 2) / (asked + 4)
    return math.sqrt(share * (1 - share) / (asked + 4))


def _looked_up(holds: Callable[[Row], bool], rows: list[Row]) -> list[bool]:
    with ThreadPoolExecutor(CREW) as crew:
        return list(crew.map(holds, rows))


def _holds(fits: Fitting, row: Row) -> bool:
    answer = fits.quickly(row)
    return fits.surely(row) if answer is None else answer


def _hurry(svc: Services, give_up: float) -> None:
    if svc.clock.time() > give_up:
        raise TooLong("人很多，数不过来。There are too many people to count them right now.")
