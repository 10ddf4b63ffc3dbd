"""How many came, came back and went, day by day: counted before anybody is erased, and kept as numbers only.

    pk growth#<account>   sk day#<day>   {joined, returned, lost, people}

`<day>` is Shanghai's, in six digits. A day is counted from the shelves once it is over, and not again. A person counts
by how their day ended: once among those who came, and once among those who went. `people` is counted for itself, as it
was at the day's end.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...services import Account, Services
from .. import days
from . import shelves
from .card import Card

CATCH_UP = 7  # days that a night counts at most, if earlier nights did not
Item = dict[str, Any]


@dataclass(frozen=True)
class Day:
    day: int
    joined: int
    returned: int
    left: int
    total: int


def count_night(svc: Services, account: Account) -> None:
    """A job: count the day that ended, and those before it that nobody counted. Twice is once."""
    yesterday = days.today(svc.now()) - 1
    counted = {day.day for day in history(svc, account, yesterday - CATCH_UP + 1, yesterday)}
    for day in range(yesterday, yesterday - CATCH_UP, -1):
        if day in counted or (counted and day < min(counted)) or (not counted and day < yesterday):
            continue
        _keep(svc, account, Day(day, *_moves(svc, account, day), _total(svc, account, day)))


def today(svc: Services, account: Account) -> Day:
    """The day so far; from yesterday's total if there is one, so that it is quick."""
    day = days.today(svc.now())
    joined, returned, left = _moves(svc, account, day)
    before = history(svc, account, day - 1, day - 1)
    total = max(before[0].total + joined + returned - left, 0) if before else _total(svc, account, day)
    return Day(day, joined, returned, left, total)


def history(svc: Services, account: Account, first: int, last: int) -> list[Day]:
    """The days that were counted, oldest first."""
    names = ("joined", "returned", "lost", "people")
    found = svc.table.between(f"growth#{account.alias}", _sk(first), _sk(last), *names)
    return [Day(int(item["sk"][4:]), *(item[name] for name in names)) for item in found]


def _keep(svc: Services, account: Account, day: Day) -> None:
    numbers = {"joined": day.joined, "returned": day.returned, "lost": day.left, "people": day.total}
    svc.table.put_new({"pk": f"growth#{account.alias}", "sk": _sk(day.day), **numbers})


def _moves(svc: Services, account: Account, day: int) -> tuple[int, int, int]:
    """Who joined, who returned, and who left. Who came that day and has left by now counts as having come."""
    first, last = f"{days.begins(day):011d}", f"{days.begins(day + 1) - 1:011d}~"
    with ThreadPoolExecutor(shelves.SHELVES) as crew:
        pages = crew.map(lambda name: list(svc.table.shelved_between(name, first, last)), shelves.names(account))
        came = [Card.read(entry.get("label", "")).returned for page in pages for entry in page]
    # Who came that day can only have left on it or later.
    gone = list(svc.table.shelved_between(f"gone#{account.alias}", first, "~"))
    went = sum(entry["place"] <= last for entry in gone)
    came += [entry["label"].endswith("r") for entry in gone if _since(entry) in _seconds(day)]
    return len(came) - sum(map(bool, came)), sum(map(bool, came)), went


def _since(entry: Item) -> int:
    return int(entry["label"].rstrip("r"))


def _seconds(day: int) -> range:
    return range(days.begins(day), days.begins(day + 1))


def _total(svc: Services, account: Account, day: int) -> int:
    """At the end of that day, whenever it is counted: of who is here now, and of who has left since."""
    end = days.begins(day + 1)
    with ThreadPoolExecutor(shelves.SHELVES) as crew:
        count = partial(svc.table.count_shelved, first="0", last=f"{end - 1:011d}~")
        here = sum(crew.map(count, shelves.names(account)))
    gone = svc.table.shelved_between(f"gone#{account.alias}", f"{end:011d}", "~")
    return here + sum(_since(entry) < end for entry in gone)


def _sk(day: int) -> str:
    return f"day#{day:06d}"
