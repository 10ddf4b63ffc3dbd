"""Pages of followers, straight from the index: one query and no look at the profiles, since a card says it all.

A page comes from one of the sixteen shelves after another, each with its newest first. Operators like all the newest
first: `newest` asks the sixteen shelves side by side for a few each and merges them. A second item for each person, on
one shelf by time, would make that one query too; but it would be written again with every change of a card, which
doubles what the nightly counting writes, and is one more thing to erase. Sixteen small reads, only when an operator
looks, cost some 8 read units: less than a thousandth of that.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ...errors import wrong_cursor
from ...services import Account, Services
from . import shelves
from .card import Card
from .change import Item

Keep = Callable[["Row"], bool]

MOST_ON_A_PAGE = 1000
LOOKED_THROUGH = 10_000  # entries that one call reads at most in search of those to keep
WHOLE_PAGE = 4000  # entries in one query of a search; DynamoDB ends it at 1 MB anyway
FROM_EACH = 10  # entries of each shelf when they are merged; of fifty, hardly ever more are in one


class Row(NamedTuple):
    """Made for each of a million, so it is the cheapest that there is."""

    openid: str
    since: int
    card: Card


def page(
    svc: Services, account: Account, cursor: str = "", limit: int = 50, keep: Keep | None = None
) -> tuple[list[Row], str]:
    """So many followers, or fewer, and the cursor for more; "" after the last.

    With `keep` only those that it likes; such a page may be empty though more follow, as one call reads only so many.
    """
    shelf, after = _read_cursor(cursor)
    rows: list[Row] = []
    looked = 0
    names = shelves.names(account)
    while shelf < len(names) and len(rows) < limit and looked < LOOKED_THROUGH:
        wanted = WHOLE_PAGE if keep else _fitting(limit) - len(rows)
        entries, more = svc.table.shelved_page(names[shelf], wanted, after, newest_first=True)
        looked += len(entries)
        taken = _take(entries, rows, limit, keep)
        after = entries[taken - 1]["place"] if taken < len(entries) else more
        shelf += not after
    return rows, f"{shelf:x}.{after}" if shelf < len(names) else ""


def newest(svc: Services, account: Account, cursor: str = "", limit: int = 50) -> tuple[list[Row], str]:
    """Of all shelves the newest first; a page may be a few short of its limit."""
    each = max(FROM_EACH, _fitting(limit) // 5)
    with ThreadPoolExecutor(shelves.SHELVES) as crew:
        found = list(
            crew.map(lambda name: svc.table.shelved_page(name, each, cursor, newest_first=True), shelves.names(account))
        )
    # What a shelf did not tell may come right behind its last entry, so the page ends at the first such place.
    end = max((more for _, more in found if more), default="")
    merged = heapq.merge(*(entries for entries, _ in found), key=lambda entry: str(entry["place"]), reverse=True)
    known = [entry for entry in merged if entry["place"] >= end]
    shown = known[:limit]
    ended = len(shown) == len(known) and not end
    return [_row(entry) for entry in shown], "" if ended or not shown else shown[-1]["place"]


def everyone(svc: Services, account: Account, shelf: int) -> Iterator[Row]:
    """All of one shelf, in whole pages of the index; sixteen of these can run side by side."""
    for entry in svc.table.shelved(shelves.names(account)[shelf]):
        yield _row(entry)


def _take(entries: list[Item], rows: list[Row], limit: int, keep: Keep | None) -> int:
    """Puts what is wanted into `rows`: how many entries that took."""
    for number, entry in enumerate(entries, start=1):
        row = _row(entry)
        if keep is None or keep(row):
            rows.append(row)
            if len(rows) == limit:
                return number
    return len(entries)


def _row(entry: Item) -> Row:
    since, _, openid = entry["place"].partition("#")
    return Row(openid, int(since), Card.read(entry.get("label", "")))


def _fitting(limit: int) -> int:
    return min(max(limit, 1), MOST_ON_A_PAGE)


def _read_cursor(cursor: str) -> tuple[int, str]:
    shelf, _, after = cursor.partition(".")
    try:
        return int(shelf or "0", 16), after
    except ValueError:
        raise wrong_cursor() from None
