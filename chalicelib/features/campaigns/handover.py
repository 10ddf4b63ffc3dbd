"""Chunks into the queue: all at once, or as far as the next ninety seconds can take them.

A pace, or people's own hours, keep chunks back until it is their turn. `handed` is how far that is; it is forgotten
when a campaign goes on after a pause, or when nothing was sent for minutes though somebody is left: then all that are
still open are queued again, and a chunk that was waiting in the queue all along does nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ...errors import NotFound
from ...services import Account, Services
from .. import days
from ..followers import shelves
from . import chunks, store
from .campaign import AN_HOUR, Campaign
from .chunks import Open

GO, HAND_OUT, MASS = "sending.go", "handover.hand_out", "mass.go"
AHEAD = 90  # seconds that are handed over in advance: until the next look, and a little more
FASTEST = 500  # recipients a second, where only a day's number is limited
MANY = 20_000  # people, from whom on sixteen jobs hand the chunks over
AT_A_STRETCH = 20.0  # seconds
END = "~"

Item = dict[str, Any]


class Handed(msgspec.Struct, frozen=True):
    """Chunks up to `key` are handed over, of the hours from `first` up to `behind`, counted from the start; what is
    in the queue keeps the pace busy until `busy_until`."""

    key: str = ""
    first: int = 0
    behind: int = 0
    busy_until: int = 0


def hand_over(svc: Services, account: Account, campaign: Campaign, handed: str) -> None:
    """What is due and not in the queue yet. `handed`: as the campaign's item has it."""
    document, campaign_id = campaign.document, campaign.campaign_id
    before = msgspec.json.decode(handed, type=Handed) if handed else Handed()
    now = _begun_anew(before, _due_hours(campaign, svc.now()))
    if now.key == END:
        return
    if document.kind == "mass":
        svc.bulk.put(MASS, {"account": account.alias, "campaign_id": campaign_id}, delay=store.REMEMBER + 1)
        after = Handed(END, 0, 24)
    elif not document.per_second and not document.per_day:
        after = _all_at_once(svc, account, campaign, now)
    else:
        after = _paced(svc, account, campaign, now)
    # Only when it is in the queue, so that being killed here repeats it instead of losing it.
    store.note(svc, account, campaign_id, {"handed": handed}, handed=msgspec.json.encode(after).decode())


def hand_out(  # noqa: PLR0913, PLR0917 (what, and of which hours)
    svc: Services, account: Account, campaign_id: str, cursor: str, last: str, first: int, behind: int
) -> None:
    """A job: queue the open chunks behind `cursor` up to `last`, of these hours; leave the rest to another."""
    try:
        campaign = store.find(svc, account, campaign_id)
    except NotFound:
        return
    give_up = svc.clock.time() + AT_A_STRETCH
    while campaign.phase == "running":
        page, cursor = chunks.open_keys(svc, account, campaign, cursor)
        mine = [one for one in page if one.key <= last and first <= _order_of(campaign, one) < behind]
        svc.bulk.put_many(GO, [_order(account, campaign, one, 0) for one in mine])
        if not cursor or cursor > last:
            return
        if svc.clock.time() > give_up:
            rest = {"campaign_id": campaign_id, "cursor": cursor, "last": last, "first": first, "behind": behind}
            svc.bulk.put(HAND_OUT, {"account": account.alias, **rest})
            return


def _begun_anew(before: Handed, due: int) -> Handed:
    """Where to go on: at the first chunk again, once more hours are due than those that are handed over."""
    if not before.behind:
        return Handed("", 0, due, before.busy_until)
    if before.key == END and due > before.behind:
        return Handed("", before.behind, due, before.busy_until)
    return before


def _all_at_once(svc: Services, account: Account, campaign: Campaign, now: Handed) -> Handed:
    parts = ("", *(f"{number:x}" for number in range(1, shelves.SHELVES))) if campaign.audience > MANY else ("",)
    asked = {"account": account.alias, "campaign_id": campaign.campaign_id, "first": now.first, "behind": now.behind}
    if len(parts) == 1:
        hand_out(svc, account, campaign.campaign_id, "", END, now.first, now.behind)
    else:
        svc.bulk.put_many(
            HAND_OUT,
            [(asked | {"cursor": one, "last": nxt}, 0) for one, nxt in zip(parts, (*parts[1:], END), strict=True)],
        )
    return Handed(END, now.first, now.behind)


def _paced(svc: Services, account: Account, campaign: Campaign, now: Handed) -> Handed:
    """As many as the next ninety seconds can take, each when it is its turn."""
    rate = min(campaign.document.per_second or FASTEST, FASTEST)
    clock = svc.now()
    busy_until = float(max(now.busy_until, clock))
    orders: list[tuple[Item, int]] = []
    key = now.key
    for one in _open_behind(svc, account, campaign, now):
        if busy_until > clock + AHEAD:
            break
        orders.append(_order(account, campaign, one, int(busy_until) - clock))
        busy_until += one.left / rate
        key = one.key
    else:
        key = END
    svc.bulk.put_many(GO, orders)
    return Handed(key, now.first, now.behind, int(busy_until))


def _open_behind(svc: Services, account: Account, campaign: Campaign, now: Handed) -> Iterator[Open]:
    cursor = now.key
    while True:
        page, cursor = chunks.open_keys(svc, account, campaign, cursor)
        yield from (one for one in page if now.first <= _order_of(campaign, one) < now.behind)
        if not cursor:
            return


def _order(account: Account, campaign: Campaign, one: Open, delay: int) -> tuple[Item, int]:
    return {"account": account.alias, "campaign_id": campaign.campaign_id, "chunk": one.key}, delay


def _order_of(campaign: Campaign, one: Open) -> int:
    """How many hours after that of the start a chunk's hour comes; 0 for those of any hour."""
    return 0 if one.hour is None else (one.hour - _hour(campaign.started_at)) % 24


def _due_hours(campaign: Campaign, now: int) -> int:
    """How many hours have begun since the start, its own among them, or begin before the next look."""
    if not campaign.document.best_hour:
        return 24
    began = campaign.started_at - campaign.started_at % AN_HOUR
    return min((now - began) // AN_HOUR + 1, 24)


def _hour(at: int) -> int:
    return days.minute(at) // 60
