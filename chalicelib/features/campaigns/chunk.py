"""One chunk: a hundred people, what became of each, and the worker that has it. Its keys are shown in chunks.py."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...services import Account, Services
from . import fates as f
from .fates import letter_of
from .store import pk

if TYPE_CHECKING:
    from .campaign import Campaign

ERASED = "-"
TRIES = 40

Item = dict[str, Any]
# Position -> its fate, the reason of it or "", WeChat's msgid or 0.
News = Mapping[int, tuple[str, str, int]]


@dataclass(frozen=True)
class Chunk:
    key: str
    openids: list[str]  # "-" for an erased person
    letters: list[str]
    fates: str
    msgids: list[int]
    whys: dict[int, str]
    turn: int = 0
    begun: tuple[int, int, int] | None = None
    lease: str = ""
    lease_until: int = 0
    began_at: int = 0
    sent_at: int = 0

    def where(self, fates: frozenset[str]) -> list[int]:
        """The positions of those."""
        return [at for at, fate in enumerate(self.fates) if fate in fates]

    @property
    def uncertain(self) -> list[int]:
        """Whom a worker began to send to, and nobody knows what came of it."""
        first, behind, _ = self.begun or (0, 0, 0)
        begun = [at for at in range(first, behind) if self.fates[at] == f.PLANNED]
        return sorted({*begun, *self.where(frozenset({f.BEGUN}))})


def read(svc: Services, account: Account, campaign: Campaign, key: str) -> Chunk | None:
    place = pk(account, campaign.campaign_id)
    found = svc.table.get(place, f"fates#{key}", fresh=True)
    return None if found is None else with_people(svc, account, campaign, found)


def with_people(svc: Services, account: Account, campaign: Campaign, item: Item) -> Chunk | None:
    """The chunk whose fates were read; None if it is erased."""
    key = item["sk"].removeprefix("fates#")
    people = svc.table.get(item["pk"], f"people#{key}", fresh=True)
    return None if people is None else chunk_of(campaign, people["people"], item)


def take(svc: Services, account: Account, campaign: Campaign, key: str, worker: str, until: int) -> Chunk | int | None:
    """The chunk, now this worker's alone until then (ms); or until when it is another's; None if there is none."""
    place, sk, now = pk(account, campaign.campaign_id), f"fates#{key}", int(svc.clock.time() * 1000)
    where = "attribute_exists(pk) AND (attribute_not_exists(#lease_until) OR #lease_until < :now)"
    item = svc.table.update(place, sk, {"lease": worker, "lease_until": until}, where=where, now=now)
    if item is not None:
        return with_people(svc, account, campaign, item)
    theirs = svc.table.get(place, sk, fresh=True)
    return None if theirs is None else int(theirs.get("lease_until", now))


def chunk_of(campaign: Campaign, people: str, item: Item) -> Chunk:
    lines = people.split("\n")
    erased = [len(line) == 2 and line.startswith(ERASED) for line in lines]  # noqa: PLR2004 ("-" and a letter)
    begun = item.get("begun")
    return Chunk(
        key=item["sk"].removeprefix("fates#"),
        openids=[ERASED if gone else line for line, gone in zip(lines, erased, strict=True)],
        letters=[
            line[1] if gone else letter_of(campaign.campaign_id, line, campaign.document)
            for line, gone in zip(lines, erased, strict=True)
        ],
        fates=item["fates"],
        msgids=item.get("msgids") or [0] * len(lines),
        whys={int(at): why for at, why in item.get("whys", {}).items()},
        turn=item["turn"],
        begun=(begun[0], begun[1], begun[2]) if begun else None,
        lease=item.get("lease", ""),
        lease_until=item.get("lease_until", 0),
        began_at=item.get("began_at", 0),
        sent_at=item.get("sent_at", 0),
    )


def pause(svc: Services, tried: int) -> None:
    """Others write the same items just now: a shelf's tally belongs to all workers."""
    svc.clock.sleep(random.uniform(0.005, 0.02 * min(tried + 1, 10)))
