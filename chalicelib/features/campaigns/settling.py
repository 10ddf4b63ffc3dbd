"""What became of people, written together with the tally: the funnel adds up whatever is killed when.

Workers, reports and a cancellation may write the same chunk. Each writes what it saw with the number of the turn; who
was too late looks again and adds what it knows, as far as that says more (fates.may_follow).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...errors import Conflict
from ...services import Account, Services
from . import fates as f
from .chunk import TRIES, Chunk, Item, News, pause, read
from .store import pk

if TYPE_CHECKING:
    from .campaign import Campaign

LONGEST_WHY = 80  # characters


@dataclass
class Desk:
    """What a write changes beside the fates."""

    change: Item = field(default_factory=dict)
    remove: tuple[str, ...] = ()


def settle(  # noqa: PLR0913 (a chunk, what became of whom, and what else is written with it)
    svc: Services,
    account: Account,
    campaign: Campaign,
    key: str,
    news: News,
    *,
    seen: Chunk | None = None,
    desk: Desk | None = None,
) -> Chunk | None:
    """Write what became of whom, and with it the tally: the chunk as it then is, None if there is none any more.

    What somebody else has learnt meanwhile stays where it says more. `desk`: what the worker that holds `seen` changes
    of its lease with the same write; it is left out once the lease is another's. TransactionConflict if others write
    without end.
    """
    chunk = seen or read(svc, account, campaign, key)
    for tried in range(TRIES):
        if chunk is None:
            return None
        mine = desk if desk and seen and chunk.lease == seen.lease else None
        after, tally = _after(chunk, news)
        if after is chunk and mine is None:
            return chunk
        try:
            if _write(svc, account, campaign.campaign_id, chunk, after, tally, mine):
                return _with_desk(after, mine)
        except Conflict:
            if tried == TRIES - 1:
                raise
        pause(svc, tried)
        chunk = read(svc, account, campaign, key)
    raise Conflict("这一批收件人正被别人修改。This chunk is being written by somebody else.")


def _after(chunk: Chunk, news: News) -> tuple[Chunk, Counter[str]]:
    """The chunk with those news that say more than is known; itself if none does."""
    fates, msgids, whys, tally = list(chunk.fates), list(chunk.msgids), dict(chunk.whys), Counter[str]()
    changed, uncertain = False, set(chunk.uncertain)
    for at, (fate, why, msgid) in news.items():
        # Called off just when a worker began with them: nobody can say that they got nothing.
        if not f.may_follow(fates[at], fate) or (fate == f.CANCELLED and at in uncertain):
            continue
        for name, number in f.moved(chunk.letters[at], fates[at], fate).items():
            tally[name] += number
        changed = True
        fates[at], msgids[at] = fate, msgid or msgids[at]
        whys.pop(at, None)
        if why:
            whys[at] = why[:LONGEST_WHY]
    return (replace(chunk, fates="".join(fates), msgids=msgids, whys=whys) if changed else chunk), tally


def _write(  # noqa: PLR0913, PLR0917 (before and after)
    svc: Services,
    account: Account,
    campaign_id: str,
    before: Chunk,
    after: Chunk,
    tally: Counter[str],
    desk: Desk | None,
) -> bool:
    place, sk = pk(account, campaign_id), f"fates#{before.key}"
    change: Item = {"turn": before.turn + 1} | (desk.change if desk else {})
    remove = desk.remove if desk else ()
    if after is not before:
        change |= {"fates": after.fates}
        change |= {"msgids": after.msgids} if any(after.msgids) else {}
        change |= {"whys": {str(at): why for at, why in after.whys.items()}}
    # Nobody leases the lists of a mass message.
    leased = desk is not None and bool(before.lease)
    where = "#turn = :turn" + (" AND #lease = :lease" if leased else "")
    seen: Item = {"turn": before.turn} | ({"lease": before.lease} if leased else {})
    add = {name: number for name, number in tally.items() if number}
    if not add:
        return svc.table.update(place, sk, change, where=where, remove=remove, **seen) is not None
    tallied = f"tally#{before.key[0]}"
    return svc.table.update_and_add(place, sk, change, place, tallied, add, where=where, remove=remove, values=seen)


def _with_desk(chunk: Chunk, desk: Desk | None) -> Chunk:
    after = replace(chunk, turn=chunk.turn + 1)
    if desk is None:
        return after
    told = dict.fromkeys(desk.remove) | desk.change
    begun = told.get("begun", after.begun)
    return replace(
        after,
        begun=tuple(begun) if begun else None,
        lease=told.get("lease", after.lease) or "",
        lease_until=told.get("lease_until", after.lease_until) or 0,
        began_at=told.get("began_at", after.began_at) or 0,
        sent_at=told.get("sent_at", after.sent_at) or 0,
    )
