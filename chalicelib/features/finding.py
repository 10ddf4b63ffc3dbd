"""Finding followers: the newest or the oldest first, by name, by openid, by tag, by segment.

The sixteen shelves are read side by side and merged. A search reads so many entries and no more; then it says how far
it came, and the cursor goes on from there, even if nobody was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..services import Account, Services
from . import followers, people, segments
from .followers import Card, Row
from .followers.shelves import SHELVES, names
from .segments import Fitting

LOOKED_THROUGH = 10_000  # entries that one call reads at most
ASKED_AFTER = 1000  # people whose log one call reads at most, where a card cannot tell
AT_A_TIME = 1000  # entries that are looked at before it is counted who was found
FROM_EACH = 10  # entries of a shelf for a plain page; of fifty, hardly ever more are on one
SEARCHED_FROM_EACH = 200
WHOLE_OPENID = 20  # characters; WeChat's have 28
CREW = 16

Entry = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """All of it must fit; what is empty does not matter. `question` is a segment's, as it was given."""

    words: str = ""
    tag_id: int = 0
    question: Any = None
    oldest_first: bool = False

    @property
    def is_search(self) -> bool:
        return bool(self.words or self.tag_id or self.question is not None)


@dataclass(frozen=True)
class Found:
    """`cursor` is "" after the last; `looked` is how many followers were looked at for this page."""

    rows: list[Row]
    cursor: str
    looked: int


def find(svc: Services, account: Account, wanted: Wanted, cursor: str = "", limit: int = 50) -> Found:
    """So many followers, or fewer, even none; go on until the cursor is ""."""
    fits = None if wanted.question is None else segments.fitting(svc, account, segments.read(wanted.question))
    entries = _entries(svc, account, wanted, cursor, limit)
    rows = [] if cursor else _named(svc, account, wanted.words)
    if rows:
        return Found([row for row in rows if _fits(wanted, row) and _surely(fits, row)], "", 1)
    looked = asked = 0
    while len(rows) < limit and looked < LOOKED_THROUGH and asked < ASKED_AFTER:
        read, likely = _likely(entries, wanted, fits, limit - len(rows))
        if not read:
            return Found(rows, "", looked)
        looked, asked, cursor = looked + len(read), asked + len(likely), str(read[-1]["place"])
        rows += _sure(fits, likely)
    return Found(rows, cursor if next(entries, None) else "", looked)


def _named(svc: Services, account: Account, words: str) -> list[Row]:
    """A whole openid names just one person, who need not be searched for."""
    if len(words) < WHOLE_OPENID or not people.OPENID.fullmatch(words):
        return []
    known = followers.profile(svc, account, words)
    return [Row(words, known["since"], Card.read(followers.card(known)))] if known and known["following"] else []


def _likely(entries: Iterator[Entry], wanted: Wanted, fits: Fitting | None, most: int) -> tuple[list[Entry], list[Row]]:
    """The next entries, until so many may fit by their cards; and those who may."""
    read: list[Entry] = []
    likely: list[Row] = []
    for entry in islice(entries, AT_A_TIME):
        read.append(entry)
        row = _row(entry)
        if _fits(wanted, row) and (fits is None or fits.quickly(row) is not False):
            likely.append(row)
        if len(likely) == most:
            break
    return read, likely


def _sure(fits: Fitting | None, likely: list[Row]) -> list[Row]:
    if fits is None:
        return likely
    with ThreadPoolExecutor(CREW) as crew:
        held = list(crew.map(lambda row: _surely(fits, row), likely))
    return [row for row, holds in zip(likely, held, strict=True) if holds]


def _surely(fits: Fitting | None, row: Row) -> bool:
    answer = True if fits is None else fits.quickly(row)
    return fits.surely(row) if answer is None and fits else bool(answer)


def _fits(wanted: Wanted, row: Row) -> bool:
    if wanted.tag_id and wanted.tag_id not in row.card.tags:
        return False
    words = wanted.words.casefold()
    return words in row.card.name.casefold() or row.openid.casefold().startswith(words)


def _entries(svc: Services, account: Account, wanted: Wanted, after: str, limit: int) -> Iterator[Entry]:
    """Of all shelves, in order; read a batch at a time, as they are asked for."""
    each = SEARCHED_FROM_EACH if wanted.is_search else max(FROM_EACH, limit // 5)
    more = True
    while more:
        batch, after = _batch(svc, account, after, each, wanted.oldest_first)
        yield from batch
        more = bool(after)


def _batch(svc: Services, account: Account, after: str, each: int, oldest_first: bool) -> tuple[list[Entry], str]:
    """What is certainly next, and the place up to which that is; "" after the last."""

    def read(shelf: str) -> tuple[list[Entry], str]:
        return svc.table.shelved_page(shelf, each, after, newest_first=not oldest_first)

    with ThreadPoolExecutor(SHELVES) as crew:
        found = list(crew.map(read, names(account)))
    # What a shelf did not tell may come right behind its last entry, so the batch ends at the first such place.
    first: Callable[..., str] = min if oldest_first else max
    end = first((more for _, more in found if more), default="")
    merged = sorted((entry for entries, _ in found for entry in entries), key=_place, reverse=not oldest_first)
    return [entry for entry in merged if not end or _is_up_to(_place(entry), end, oldest_first)], end


def _is_up_to(place: str, end: str, oldest_first: bool) -> bool:
    return place <= end if oldest_first else place >= end


def _place(entry: Entry) -> str:
    return str(entry["place"])


def _row(entry: Entry) -> Row:
    since, _, openid = _place(entry).partition("#")
    return Row(openid, int(since), Card.read(entry.get("label", "")))
