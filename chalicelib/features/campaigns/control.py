"""What operators do with a campaign: start, pause, resume, cancel, copy, delete. Done twice, it is done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import msgspec

from ...errors import BadInput, Conflict
from ...services import Account, Services
from . import audience, goals, mass_lists, reading, store
from .campaign import Campaign, Document, Told
from .mass_parts import LIST
from .reading import LONGEST_NAME

RUNS = ("scheduled", "planning", "running", "waiting", "settling")
CAN_PAUSE = ("scheduled", "planning", "running", "waiting")
CAN_CANCEL = ("scheduled", "planning", "running", "waiting", "paused")
COPY = "（副本）copy"
AT_ONCE = 2000  # items that one job deletes
CREW = 8


def start(svc: Services, account: Account, campaign_id: str, version: int = 0) -> Campaign:
    """Now, or at its time. With `version` only if that is still the newest."""
    campaign = store.find(svc, account, campaign_id)
    if campaign.phase in RUNS:
        return campaign
    if campaign.phase != "draft":
        raise _not_now(campaign)
    if version and version != campaign.version:
        raise Conflict("内容刚改过，请看看再启动。It has just been changed; please look at it before you start it.")
    insist(svc, account, campaign.document)
    stored = store.move(
        svc, account, campaign_id, ("draft",), "scheduled", version=campaign.version, due=campaign.document.send_at
    )
    if stored is None:
        return _look_again(svc, account, campaign_id, RUNS)
    return begin(svc, account, stored) if stored.document.send_at <= svc.now() else stored


def change(svc: Services, account: Account, campaign_id: str, told: Told, version: int, by: str) -> Campaign:  # noqa: PLR0913, PLR0917 (which, its document, and who saw what)
    """One that waits for its time must stay such that it can start."""
    document = reading.check(svc, account, told)
    if store.find(svc, account, campaign_id).phase == "scheduled":
        insist(svc, account, document)
    return store.change(svc, account, campaign_id, document, version, by)


def begin(svc: Services, account: Account, campaign: Campaign) -> Campaign:
    """Plan it, if nobody else of this account does just now; else the next minute's clock tries again."""
    campaign_id = campaign.campaign_id
    if not is_planned(campaign.document):
        now = svc.now()
        times = {"started_at": now, "planned_at": now, "version": campaign.version}
        stored = store.move(svc, account, campaign_id, ("scheduled",), "running", **FRESH, **times)
        audience.look_soon(svc, account, campaign_id)
        return stored or store.find(svc, account, campaign_id)
    if not audience.take_seat(svc, account, campaign_id):
        return campaign
    stored = store.move(
        svc, account, campaign_id, ("scheduled",), "planning", version=campaign.version, started_at=svc.now(), **FRESH
    )
    if stored is None:
        campaign = store.find(svc, account, campaign_id)
        if campaign.phase != "planning":  # else somebody began it at the same time, and sits there
            audience.leave_seat(svc, account, campaign_id)
        return campaign
    goals.ask_for(svc, account, stored)
    svc.in_bulk(audience.begin, account, campaign_id=campaign_id)
    return stored


def is_planned(document: Document) -> bool:
    """Whether people are planned for it; WeChat knows by itself who has a tag, and who everybody is."""
    return document.kind != "mass" or mass_lists.way_of(document) == LIST


def pause(svc: Services, account: Account, campaign_id: str) -> Campaign:
    """Workers learn of it within two seconds; what is being sent this moment still goes."""
    stored = store.move(svc, account, campaign_id, CAN_PAUSE, "paused")
    if stored is not None:
        audience.leave_seat(svc, account, campaign_id)
        return stored
    return _look_again(svc, account, campaign_id, ("paused",))


def resume(svc: Services, account: Account, campaign_id: str) -> Campaign:
    """From where it was; also one that waits, for whoever knows that it need not."""
    campaign = store.find(svc, account, campaign_id)
    seen = ("paused", "waiting")
    if campaign.phase not in seen:
        if campaign.phase in RUNS:
            return campaign
        raise _not_now(campaign)
    if not campaign.started_at:
        insist(svc, account, campaign.document)
        send_at = campaign.document.send_at
        stored = store.move(svc, account, campaign_id, seen, "scheduled", version=campaign.version, due=send_at)
        return begin(svc, account, stored) if stored and send_at <= svc.now() else _now(svc, account, campaign_id)
    if campaign.planned_at:
        store.move(svc, account, campaign_id, seen, "running", handed="", moved_at=svc.now())
    elif not audience.take_seat(svc, account, campaign_id):
        raise Conflict(
            "另一个活动正在排人，请过一分钟再继续。Another campaign is just being planned; please resume in a minute."
        )
    else:
        store.move(svc, account, campaign_id, seen, "planning")
    audience.look_soon(svc, account, campaign_id)
    return _now(svc, account, campaign_id)


def cancel(svc: Services, account: Account, campaign_id: str) -> Campaign:
    """Nothing more is sent. Who was not sent to yet is counted as cancelled, within a minute or so."""
    stored = store.move(svc, account, campaign_id, CAN_CANCEL, "cancelled", due=svc.now(), looks=0)
    if stored is None:
        return _look_again(svc, account, campaign_id, ("cancelled",))
    audience.leave_seat(svc, account, campaign_id)
    audience.look_soon(svc, account, campaign_id)
    return stored


def copy(svc: Services, account: Account, campaign_id: str, by: str) -> Campaign:
    """A draft that says the same, without its time."""
    document = store.find(svc, account, campaign_id).document
    name = document.name.removesuffix(COPY)[: LONGEST_NAME - len(COPY)] + COPY
    return store.create(svc, account, msgspec.structs.replace(document, name=name, send_at=0), by)


def remove(svc: Services, account: Account, campaign_id: str) -> None:
    if audience.is_planned(svc, account, campaign_id):
        raise Conflict("正在停下来，请过一分钟再删除。It is just coming to a stop; please remove it in a minute.")
    store.remove(svc, account, campaign_id)
    svc.in_bulk(clear, account, campaign_id=campaign_id)


def clear(svc: Services, account: Account, campaign_id: str) -> None:
    """A job: delete what is kept of a removed campaign, and at the end the campaign."""
    place = store.pk(account, campaign_id)
    keys = [item["sk"] for item in islice(svc.table.between(place, "!", "~"), AT_ONCE)]
    with ThreadPoolExecutor(CREW) as crew:
        list(crew.map(lambda sk: svc.table.delete(place, sk), keys))
    if keys:
        svc.in_bulk(clear, account, campaign_id=campaign_id)
    else:
        store.drop(svc, account, campaign_id)


def insist(svc: Services, account: Account, document: Document) -> None:
    """BadInput says what stands in the way of starting it."""
    for mistake in reading.unfinished(document):
        raise BadInput(mistake.message)
    from .checks import problems  # noqa: PLC0415 (reads half of WeChat's interface)

    for problem in problems(svc, account, document):
        if problem.blocks:
            raise BadInput(problem.words)


# What the clock notes of a run (dispatch.py), before it has noted anything.
FRESH = {"asked": "", "handed": "", "left_open": -1, "moved_at": 0, "looks": 0}


def _look_again(svc: Services, account: Account, campaign_id: str, hoped: tuple[str, ...]) -> Campaign:
    """Somebody was quicker, which is well if they did the same."""
    campaign = store.find(svc, account, campaign_id)
    if campaign.phase in hoped:
        return campaign
    raise _not_now(campaign)


def _now(svc: Services, account: Account, campaign_id: str) -> Campaign:
    return store.find(svc, account, campaign_id)


NOT_NOW = {
    "draft": ("还没有启动", "It has not been started yet"),
    "paused": ("已暂停，请继续或取消", "It is paused; resume or cancel it"),
    "settling": ("已全部发完", "Everything is sent already"),
    "done": ("已结束，可以复制一份", "It is over; copy it instead"),
    "cancelled": ("已取消，可以复制一份", "It was cancelled; copy it instead"),
}


def _not_now(campaign: Campaign) -> Conflict:
    zh, en = NOT_NOW.get(campaign.phase, ("现在不行", "Not in this phase"))
    return Conflict(f"{zh}。{en}.")
