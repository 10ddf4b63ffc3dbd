"""What `tick` does every minute: whoever goes on within the next one is put into the queue, in time, and spread.

`handed_to` is up to when everybody was handed over, so nobody is twice, and a `tick` that comes ten minutes late takes
all that it missed. Being killed before that is noted hands them over again, which does nothing: they are held by one
worker. Every two minutes whoever is overdue all the same (their worker was killed) is handed over once more.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...services import Services
from . import journeys, reviewing
from .journeys import GO, TOGETHER, Item

AHEAD = 75  # seconds: until the next tick, and a little more
WITHIN = 10  # seconds: people who are due so close together are one job
OVERDUE = 130  # seconds after which somebody was forgotten: whoever had them in hand is dead by then (LEASE)
SWEEP = 120  # seconds; with OVERDUE well inside the nine minutes in which a template message may be repeated
JOBS_A_SECOND = 10  # of a hundred people each: what is due at once is begun one after the other
CREW = 4  # shelves that are read side by side

Order = tuple[dict[str, Any], int]


def start_due(svc: Services) -> None:
    """Nothing at all until the first automation was started."""
    handed = svc.table.get("automations", "handed", fresh=True)
    if handed is None:
        return
    now = svc.now()
    sweeps = not 0 <= now - handed["swept_at"] < SWEEP
    ranges = list(_ranges(handed["handed_to"], now, sweeps))
    number = itertools.count()
    known = frozenset(svc.accounts.aliases())
    with ThreadPoolExecutor(CREW) as crew:
        list(crew.map(lambda shelf: _hand_over(svc, shelf, ranges, known, number), journeys.names()))
    news = {"handed_to": now + AHEAD} | ({"swept_at": now} if sweeps else {})
    svc.table.update("automations", "handed", news, where="#handed_to = :seen", seen=handed["handed_to"])
    reviewing.start_day(svc, handed["reviewed_day"])


def _ranges(handed_to: int, now: int, sweeps: bool) -> Iterator[tuple[int, int]]:
    """From when to when. A `handed_to` that lies further ahead than we ever look is of another clock."""
    first = handed_to + 1 if handed_to <= now + AHEAD else now - OVERDUE
    overdue = now - OVERDUE
    if sweeps and first > overdue:
        yield 0, overdue
    if first <= now + AHEAD:  # else another tick of this second was quicker
        yield (0 if sweeps and first <= overdue else first), now + AHEAD


def _hand_over(
    svc: Services, shelf: str, ranges: list[tuple[int, int]], known: frozenset[str], number: Iterator[int]
) -> None:
    for first, last in ranges:
        entries = svc.table.shelved_between(shelf, f"{first:011d}", f"{last:011d}~")
        ours = (entry for entry in entries if journeys.account_of(entry) in known)
        svc.bulk.put_many(GO, _orders(ours, svc.now(), number))


def _orders(entries: Iterable[Item], now: int, number: Iterator[int]) -> Iterator[Order]:
    """A job for each hundred people who go on at about the same time, so that none is early, and none much late."""
    jobs: dict[str, list[Item]] = {}
    for entry in entries:
        alias = journeys.account_of(entry)
        waiting = jobs.setdefault(alias, [])
        if waiting and (
            len(waiting) == TOGETHER or journeys.due_of(entry) > max(journeys.due_of(waiting[0]), now) + WITHIN
        ):
            yield _order(alias, waiting, now, number)
            waiting = jobs[alias] = []
        waiting.append(entry)
    for alias, waiting in jobs.items():
        if waiting:
            yield _order(alias, waiting, now, number)


def _order(alias: str, entries: list[Item], now: int, number: Iterator[int]) -> Order:
    persons = [journeys.person_of(entry) for entry in entries]
    delay = max(journeys.due_of(entries[-1]) - now, next(number) // JOBS_A_SECOND, 0)
    return {"account": alias, "persons": persons}, delay
