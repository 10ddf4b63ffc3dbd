"""What the clock does with campaigns: each that wants it is looked at once a minute, by a job of its own.

It starts those that are due, sees that planning goes on, has chunks put into the queue (handover.py), sends to sleep,
wakes and closes. Whoever looks twice at the same finds nothing to do, so a look may be killed anywhere, or come twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from ...errors import BadInput, NotFound
from ...observe import log
from ...services import Account, Services
from .. import alarms, days
from . import audience, chunks, control, fates, goals, mass_reports, store
from .campaign import LETTERS, QUIET, REPORTED, Campaign, quiet_until
from .chunks import Open
from .handover import MASS, hand_over

CALL_OFF, RECONCILE, MASS_LOOK, CLEAR = "dispatch.call_off", "reconcile.look", "mass_reports.look", "control.clear"
STUCK, STUCK_BY_HOUR = 180, 1800  # seconds without anything sent, after which open chunks are queued again
AT_A_STRETCH = 20.0  # seconds
# Seconds after the last was sent, at which reports are looked for; at the last, whoever has none gets none.
LOOKS = (60, 120, 180, 240, 300, 900, 3600, 6 * 3600, 24 * 3600, 72 * 3600)
LAST_LOOKS = 10  # minutes after the last of them
OVER = len(LOOKS) + 6

Item = dict[str, Any]


def start_due(svc: Services) -> None:
    """What `tick` does: one read as long as no campaign wants anything."""
    for entry in svc.table.shelved(store.SHELF, up_to=f"{svc.now():011d}~"):
        alias, campaign_id = entry["pk"].split("#")[1], entry["sk"].split("#")[1]
        if alias in svc.accounts.aliases():
            audience.look_soon(svc, svc.accounts[alias], campaign_id)


def look(svc: Services, account: Account, campaign_id: str) -> None:
    """A job: whatever this campaign needs now."""
    item = svc.table.get(*store.place_of(account, campaign_id), fresh=True)
    if item is not None and item["phase"] in ways:
        ways[item["phase"]](svc, account, store.campaign_of(item), item)


def _start(svc: Services, account: Account, campaign: Campaign, item: Item) -> None:
    """What could be started when it was scheduled may not be startable any more."""
    if campaign.document.send_at > svc.now():
        return
    try:
        control.insist(svc, account, campaign.document)
    except BadInput as error:
        store.move(svc, account, campaign.campaign_id, ("scheduled",), "paused", why=str(error))
        alarms.ring(svc, account, f"campaign#{campaign.campaign_id}", str(error), lasts=days.A_DAY)
        return
    control.begin(svc, account, campaign)


def _plan(svc: Services, account: Account, campaign: Campaign, item: Item) -> None:
    campaign_id = campaign.campaign_id
    audience.take_seat(svc, account, campaign_id)
    if not item.get("asked"):
        return svc.in_bulk(audience.begin, account, campaign_id=campaign_id)
    if not audience.all_ended(svc, account, campaign_id):
        return audience.start_shards(svc, account, campaign_id, audience.waiting_shards(svc, account, campaign_id))
    goals.ask_for(svc, account, campaign)
    people = chunks.tallies(svc, account, campaign_id)["planned"]
    news = {"planned_at": svc.now(), "moved_at": svc.now(), "audience": people}
    running = store.move(svc, account, campaign_id, ("planning",), "running", **news)
    audience.leave_seat(svc, account, campaign_id)
    if running is not None:
        log.info("campaign %s of account %s is planned: %d people", campaign_id, account.alias, people)
        look(svc, account, campaign_id)
    return None


def _run(svc: Services, account: Account, campaign: Campaign, item: Item) -> None:
    quiet = quiet_until(svc.now()) if campaign.document.quiet else 0
    if quiet:
        store.move(svc, account, campaign.campaign_id, ("running",), "waiting", waits_until=quiet, why=QUIET)
        return None
    tally = chunks.tallies(svc, account, campaign.campaign_id)
    left = _left(svc, campaign, tally)
    if not left and control.is_planned(campaign.document):
        return _sent(svc, account, campaign)
    handed = item.get("handed", "")
    if left != item.get("left_open"):
        store.note(svc, account, campaign.campaign_id, {"phase": "running"}, left_open=left, moved_at=svc.now())
    elif _is_stuck(svc, campaign, item):
        log.warning("campaign %s of account %s: nothing was sent for a while", campaign.campaign_id, account.alias)
        again = {"handed": "", "moved_at": svc.now()}
        handed = "" if store.note(svc, account, campaign.campaign_id, {"handed": handed}, **again) else handed
    hand_over(svc, account, campaign, handed)
    if _waiting(tally, campaign) and campaign.document.kind != "mass":
        _reconcile(svc, account, campaign)
    return None


def _wake(svc: Services, account: Account, campaign: Campaign, item: Item) -> None:
    if campaign.waits_until > svc.now():
        return
    woken = {"handed": "", "moved_at": svc.now()}
    if store.move(svc, account, campaign.campaign_id, ("waiting",), "running", **woken):
        look(svc, account, campaign.campaign_id)


def _settle(svc: Services, account: Account, campaign: Campaign, item: Item) -> None:
    """Look for reports, less and less often, until there are all."""
    done = item.get("looks", 0)
    if not _unreported(svc, account, campaign, late=done >= len(LOOKS)) or done >= OVER:
        _close(svc, account, campaign)
        return
    _reconcile(svc, account, campaign)
    _next_look(svc, account, campaign, done)


def _call_off(svc: Services, account: Account, campaign: Campaign, item: Item) -> None:
    """Cancelled: close whoever is still open, then wait for reports as ever."""
    if not campaign.planned_at and audience.is_planned(svc, account, campaign.campaign_id):
        return None  # in a minute: a planner that has not heard of it keeps whom it has in hand
    if campaign.document.kind == "mass" and not campaign.sent_at:
        svc.bulk.put(MASS, {"account": account.alias, "campaign_id": campaign.campaign_id})
    if _left(svc, campaign, chunks.tallies(svc, account, campaign.campaign_id)):
        return svc.bulk.put(CALL_OFF, {"account": account.alias, "campaign_id": campaign.campaign_id})
    if not campaign.sent_at:
        store.note(svc, account, campaign.campaign_id, {"phase": "cancelled"}, sent_at=svc.now())
        campaign = msgspec.structs.replace(campaign, sent_at=svc.now())
    return _settle(svc, account, campaign, item)


def _clear(svc: Services, account: Account, campaign: Campaign, item: Item) -> None:
    svc.bulk.put(CLEAR, {"account": account.alias, "campaign_id": campaign.campaign_id})


ways: dict[str, Callable[[Services, Account, Campaign, Item], None]] = {
    "scheduled": _start,
    "planning": _plan,
    "running": _run,
    "waiting": _wake,
    "settling": _settle,
    "cancelled": _call_off,
    store.REMOVED: _clear,
}


def call_off(svc: Services, account: Account, campaign_id: str, cursor: str = "") -> None:
    """A job: nobody of a cancelled campaign waits any more. Of whom a dead worker may have sent to, nobody knows."""
    try:
        campaign = store.find(svc, account, campaign_id)
    except NotFound:
        return None
    give_up = svc.clock.time() + AT_A_STRETCH
    while campaign.phase == "cancelled":
        page, cursor = chunks.open_keys(svc, account, campaign, cursor)
        for one in page:
            _call_off_chunk(svc, account, campaign, one)
        if not cursor:
            # Whom a living worker has in hand are left to it; a minute later the clock looks again.
            done = not _left(svc, campaign, chunks.tallies(svc, account, campaign_id))
            return audience.look_soon(svc, account, campaign_id) if done else None
        if svc.clock.time() > give_up:
            return svc.in_bulk(call_off, account, campaign_id=campaign_id, cursor=cursor)
    return None


def _call_off_chunk(svc: Services, account: Account, campaign: Campaign, one: Open) -> None:
    chunk = chunks.read(svc, account, campaign, one.key)
    if chunk is None:
        return
    uncertain = set(chunk.uncertain)
    news = {at: (fates.CANCELLED, "", 0) for at in chunk.where(frozenset({fates.PLANNED})) if at not in uncertain}
    if chunk.lease_until <= svc.clock.time() * 1000:
        news |= dict.fromkeys(uncertain, (fates.UNKNOWN, "cancelled", 0))
    chunks.settle(svc, account, campaign, one.key, news)


def _is_stuck(svc: Services, campaign: Campaign, item: Item) -> bool:
    longest = STUCK_BY_HOUR if campaign.document.best_hour else STUCK
    return bool(item.get("handed")) and svc.now() - item.get("moved_at", 0) > longest


def _left(svc: Services, campaign: Campaign, tally: Counter[str]) -> int:
    """Who is still to be sent to. Whoever is held out of it is counted as planned for ever, and so is who was still
    planned when the lists were dropped: of them nobody knows who they are."""
    if max(campaign.started_at, campaign.planned_at) < svc.now() - chunks.KEPT:
        return 0
    return sum(tally[f"{letter}_planned"] for letter in LETTERS)


def _unreported(svc: Services, account: Account, campaign: Campaign, late: bool = False) -> int:
    """Of whom a report may still come. Of a mass message to a tag nobody was planned, so its calls are asked."""
    people = _waiting(chunks.tallies(svc, account, campaign.campaign_id), campaign, late)
    if people or campaign.document.kind != "mass":
        return people
    return int(mass_reports.is_waited_for(svc, account, campaign.campaign_id))


def _waiting(tally: Counter[str], campaign: Campaign, late: bool = False) -> int:
    """Of how many WeChat is still to report. Of customer-service messages it reports nothing. `late`: of whom nobody
    knows whether they got anything, nobody will."""
    if campaign.document.kind not in REPORTED:
        return 0
    stages = ("accepted", "held") if late else ("accepted", "held", "unknown")
    return sum(tally[f"{letter}_{stage}"] for letter in LETTERS for stage in stages)


def _sent(svc: Services, account: Account, campaign: Campaign) -> None:
    """Everything is sent, and perhaps reported as well."""
    campaign_id, now = campaign.campaign_id, svc.now()
    if not _unreported(svc, account, campaign):
        store.move(svc, account, campaign_id, ("running",), "done", sent_at=now, done_at=now)
        return
    _reconcile(svc, account, campaign)
    store.move(svc, account, campaign_id, ("running",), "settling", sent_at=now, looks=0, due=now + LOOKS[0])


def _next_look(svc: Services, account: Account, campaign: Campaign, done: int) -> None:
    now = svc.now()
    later = [at for at in LOOKS if campaign.sent_at + at > now]
    due = campaign.sent_at + later[0] if later else now + LAST_LOOKS * 60
    looks = done + 1 if later else max(done + 1, len(LOOKS))
    store.move(svc, account, campaign.campaign_id, (campaign.phase,), campaign.phase, due=due, looks=looks)


def _close(svc: Services, account: Account, campaign: Campaign) -> None:
    """Nothing more is expected. A cancelled one stays cancelled."""
    to = "cancelled" if campaign.phase == "cancelled" else "done"
    store.move(svc, account, campaign.campaign_id, (campaign.phase,), to, done_at=svc.now())


def _reconcile(svc: Services, account: Account, campaign: Campaign) -> None:
    order = {"account": account.alias, "campaign_id": campaign.campaign_id}
    if campaign.document.kind == "mass":  # of which WeChat tells numbers, and nothing of anybody
        svc.bulk.put(MASS_LOOK, order)
    else:
        svc.bulk.put(RECONCILE, order | {"cursor": ""})
