"""Whether people did what a campaign was for: ordered, told of by another system, tagged; learnt from domain events.

Somebody reaches the goal if it happens within so many days after their part of the campaign went out. Those who got
nothing on purpose stand in the same parts of the list, so their days begin at the same moment: only then is comparing
them fair. It counts for everybody who was assigned, also for those who could not be sent anything, for the same reason.
Each counts once. An order that is paid back later stays counted, and one that is corrected is no other.

Asked for are only the events that some campaign waits for now; when the last has ended, none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...services import Account, Services
from .. import events
from ..days import A_DAY
from ..events import Event
from . import chunks, fates, persons, store
from .campaign import Campaign

ASKER = "campaigns"
WITHIN_DAYS = 7  # where the goal does not say
FEW_SECONDS = 5
# What of an event a goal may name, and so ask for: {"kind": "custom", "name": "booked"}.
NAMED = {"ordered": "", "custom": "name", "tagged": "tag_id"}
GONE = ("draft", "scheduled", store.REMOVED)

Goal = Mapping[str, Any]


def heed(svc: Services, account: Account, event: Event) -> None:
    """A reaction to domain events: told twice, it counts once."""
    if event.kind not in NAMED:
        return
    waiting = [campaign for campaign in _with_goals(svc, account) if ends_at(campaign) > svc.now()]
    if not waiting:
        ask(svc, account)
    for campaign in _with_goals(svc, account):
        if fits(campaign.document.goal or {}, event) and campaign.started_at <= event.at < ends_at(campaign):
            _count(svc, account, campaign, event)


def ask_for(svc: Services, account: Account, campaign: Campaign) -> None:
    """Have us told of what a campaign that has just begun waits for, in every container within a minute. Asked for when
    its planning begins, and once more at its end, in case somebody was killed in between."""
    if campaign.document.goal:
        ask(svc, account)


def ask(svc: Services, account: Account) -> None:
    """What all campaigns that have begun wait for."""
    events.set_interest(svc, account, ASKER, lambda: _wanted(svc, account))


def fits(goal: Goal, event: Event) -> bool:
    if goal.get("kind") != event.kind:
        return False
    if event.kind == "ordered":
        return bool(event.data.get("fen")) and not event.data.get("correction")
    named = NAMED[event.kind]
    return str(event.data.get(named, "")) == str(goal.get(named, ""))


def within(campaign: Campaign) -> int:
    """Seconds that somebody has to reach the goal."""
    return int((campaign.document.goal or {}).get("within_days", WITHIN_DAYS)) * A_DAY


def ends_at(campaign: Campaign) -> int:
    """When the last may reach it. While it is being sent nobody knows, but it is not after its list has ended."""
    over = campaign.sent_at or campaign.done_at
    return over + within(campaign) if over else campaign.started_at + chunks.KEPT


def _count(svc: Services, account: Account, campaign: Campaign, event: Event) -> None:
    place = persons.whereabouts(svc, account, campaign, event.openid)
    begins = _begins(svc, account, campaign, place) if place else 0
    if place and begins and begins <= event.at <= begins + within(campaign):
        persons.note(svc, account, campaign, place, persons.CONVERTED, event.at)


def _begins(svc: Services, account: Account, campaign: Campaign, place: persons.Place) -> int:
    """When this part of the list went out; when it was planned, if there was nobody to send to; 0: not yet."""
    chunk = svc.table.get(store.pk(account, campaign.campaign_id), f"fates#{place.key}", fresh=True)
    if chunk is None:
        return 0
    if began_at := chunk.get("began_at", 0):
        return int(began_at)
    return 0 if fates.OPEN & set(chunk["fates"]) else place.planned_at


def _with_goals(svc: Services, account: Account) -> list[Campaign]:
    """Those that began within the time that lists are kept. A few seconds old: one that has just begun may have sent
    already, and what `store.since` remembers may be a minute old."""

    def load() -> list[Campaign]:
        svc.forget(f"campaigns#{account.alias}")
        return [one for one in store.since(svc, account, chunks.KEPT) if one.document.goal and one.phase not in GONE]

    found: list[Campaign] = svc.cached(f"goals#{account.alias}", FEW_SECONDS, load)
    return found


def _wanted(svc: Services, account: Account) -> dict[str, list[str]]:
    svc.forget(f"goals#{account.alias}")
    asked: dict[str, list[str]] = {}
    for campaign in _with_goals(svc, account):
        goal = campaign.document.goal or {}
        if ends_at(campaign) > svc.now():
            named = NAMED[goal["kind"]]
            asked.setdefault(goal["kind"], []).extend([str(goal[named])] if named else [])
    return {kind: sorted(set(abouts)) for kind, abouts in asked.items()}
