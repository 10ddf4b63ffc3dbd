"""Recipients as they are planned: sorted into chunks of a hundred, and kept some forty chunks at a time.

A chunk alone costs a transaction with its shelf's tally, one after the other; forty of them in one take about the time
of one, and nobody is ever on a list without a fate, or counted without either.
"""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from ...errors import Conflict
from ...services import Account, Services
from . import chunks, fates, store
from .campaign import LETTERS, Campaign
from .fates import letter_of

TOGETHER = 40  # chunks in one transaction, each two items; DynamoDB takes a hundred
MOST_WAITING = 4  # batches that wait for the one before, as chunks fill at about the same time
BLOCKED = "blocked"

Item = dict[str, Any]


class Person(NamedTuple):
    openid: str
    lane: str  # <bucket 2 hex>#<hour, or -->
    blocked: bool


class Sheet:
    """Of one shelf, from the chunk `number` on. What was added is kept once `flush` has returned; some of it before,
    while more is added."""

    def __init__(self, svc: Services, account: Account, campaign: Campaign, shelf: int, number: int) -> None:
        self.number = number
        self._svc, self._account, self._campaign, self._shelf = svc, account, campaign, shelf
        self._lanes: dict[str, list[Person]] = {}
        self._full: list[tuple[str, list[Person]]] = []
        self._single = len(campaign.document.variants) == 1 and not campaign.document.holdout
        self._keeper = ThreadPoolExecutor(1)
        self._keeping: deque[Future[None]] = deque()

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever is on its way to the table has arrived, or failed, before anybody else takes the shelf up."""
        self._keeper.shutdown(cancel_futures=True)

    def add(self, person: Person) -> None:
        waiting = self._lanes.setdefault(person.lane, [])
        waiting.append(person)
        if len(waiting) == chunks.MOST:
            self._close(person.lane)

    def flush(self) -> None:
        for lane in sorted(self._lanes):
            self._close(lane)
        self._start_to_keep()
        self._wait(until_left=0)

    def _close(self, lane: str) -> None:
        people = self._lanes.pop(lane)
        self._full.append((f"{self._shelf:x}{lane}#{self.number:05d}", people))
        self.number += 1
        if len(self._full) == TOGETHER:
            self._start_to_keep()

    def _start_to_keep(self) -> None:
        """One batch after the other, as they write the same tally; but beside the reading of more."""
        self._wait(until_left=MOST_WAITING)
        if self._full:
            self._keeping.append(self._keeper.submit(self._keep, self._full))
            self._full = []

    def _wait(self, until_left: int) -> None:
        while len(self._keeping) > until_left:
            self._keeping.popleft().result()

    def _keep(self, full: list[tuple[str, list[Person]]]) -> None:
        svc, place, now = self._svc, store.pk(self._account, self._campaign.campaign_id), self._svc.now()
        ends = {"pk": place, "expires": now + chunks.KEPT}
        items: list[Item] = []
        tally = Counter[str]()
        for key, people in full:
            openids = [person.openid for person in people]
            letters = self._letters(openids)
            begins = "".join(_fate(person, letter) for person, letter in zip(people, letters, strict=True))
            whys = {str(at): BLOCKED for at, person in enumerate(people) if person.blocked}
            tally += fates.counted(letters, begins)
            items.append(ends | {"sk": f"people#{key}", "people": "\n".join(openids), "planned_at": now})
            items.append(ends | {"sk": f"fates#{key}", "fates": begins, "turn": 0} | ({"whys": whys} if whys else {}))
        if not svc.table.put_all_new_and_add(items, place, f"tally#{self._shelf:x}", tally):
            raise Conflict("别处正在排这一批人。These people are being planned by somebody else.")

    def _letters(self, openids: list[str]) -> list[str]:
        if self._single:
            return [LETTERS[0]] * len(openids)
        campaign = self._campaign
        return [letter_of(campaign.campaign_id, openid, campaign.document) for openid in openids]


def planned(svc: Services, account: Account, campaign: Campaign, shelf: int, number: int) -> tuple[set[str], int]:
    """Who of a shelf is in the chunks from `number` on, which a killed planner left; and the next free number."""
    people, last = set[str](), number - 1
    for item in svc.table.under(store.pk(account, campaign.campaign_id), f"people#{shelf:x}", fresh=True):
        if _number(item["sk"]) >= number:
            people.update(item["people"].split("\n"))
            last = max(last, _number(item["sk"]))
    return people, last + 1


def _number(key: str) -> int:
    return int(key.rpartition("#")[2])


def _fate(person: Person, letter: str) -> str:
    if person.blocked:
        return fates.SUPPRESSED
    return fates.HOLDOUT if letter == fates.NOBODYS else fates.PLANNED
