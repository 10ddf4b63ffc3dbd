"""What WeChat's reports say became of a campaign's recipients; they may come before the answer, late, twice or never.

A report costs one write when it comes, under the person (templates.py: delivery#<msgid>; notices.py:
noticed#<template_id>), and whose it is is looked up here, a hundred in a request: a template message's by the msgid
that WeChat answered with. Where no answer told one, it is the person's one report that
belongs to nothing else, and gets the campaign's name (`campaign_id`). Three days after the last was sent, whoever has
no report gets none any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import NotFound
from ...services import Account, Services
from .. import days, events, people, templates
from . import chunks, rounds, senders, store
from . import fates as f
from .chunks import Chunk, News

if TYPE_CHECKING:
    from .campaign import Campaign

NO_REPORT = 3 * days.A_DAY  # seconds after the last was sent
FRESH = 20  # seconds after a chunk was sent to, in which most of its reports are still on their way
CLOCKS = 5  # seconds that WeChat's clock may be behind
AT_A_STRETCH = 20.0  # seconds of a job
LEFT_BEHIND = 5  # seconds after a dead worker's lease, until the chunk is queued again
FATES = {"delivered": f.DELIVERED, "refused": f.REFUSED, "failed": f.FAILED}

Item = dict[str, Any]


def look(svc: Services, account: Account, campaign_id: str, cursor: str = "") -> None:
    """A job: note what has been reported by now, chunk by chunk. A repeat changes nothing."""
    try:
        campaign = store.find(svc, account, campaign_id)
    except NotFound:
        return
    read = READERS.get(campaign.document.kind)
    if read is None:
        return  # WeChat reports nothing of them, or in a way of its own (mass_reports.py)
    give_up = svc.clock.time() + AT_A_STRETCH
    while True:
        found, cursor = chunks.waiting(svc, account, campaign, cursor)
        for looked in [rounds.crew.submit(_look_at, svc, account, campaign, one, read) for one in found]:
            looked.result()
        if not cursor:
            return
        if svc.clock.time() > give_up:
            svc.in_bulk(look, account, campaign_id=campaign_id, cursor=cursor)
            return


def may_explain(svc: Services, account: Account, openid: str, msgid: str) -> bool:
    """Whether a report that nobody else knows may be about a campaign's message to them."""
    for campaign in store.since(svc, account, chunks.KEPT):
        found = chunks.find_person(svc, account, campaign, openid) if campaign.document.kind == "template" else None
        if found is not None and (str(found.msgid) == msgid or _is_nameless(svc, account, campaign, found)):
            return True
    return False


def _look_at(svc: Services, account: Account, campaign: Campaign, one: Item, read: Reader) -> None:
    chunk = chunks.with_people(svc, account, campaign, one)
    if chunk is None or _go_on(svc, account, campaign, chunk):
        return
    if not campaign.sent_at and svc.now() - chunk.sent_at < FRESH:
        return
    news = dict(read(svc, account, campaign, chunk))
    if campaign.sent_at and svc.now() - campaign.sent_at >= NO_REPORT:
        late = chunk.where(frozenset({f.ACCEPTED, f.HELD}))
        news |= {at: (f.UNREPORTED, chunk.whys.get(at, ""), 0) for at in late if at not in news}
    for at, (fate, why, _) in news.items():
        if fate != f.UNREPORTED:
            tell(svc, account, campaign, chunk.openids[at], fate, why)
    if news:
        chunks.settle(svc, account, campaign, chunk.key, news, seen=chunk)


def _go_on(svc: Services, account: Account, campaign: Campaign, chunk: Chunk) -> bool:
    """A worker was killed, and SQS would hand its chunk to another too late for many a recipient."""
    now = svc.clock.time()
    dead = chunk.begun is not None and bool(chunk.lease) and chunk.lease_until / 1000 < now - LEFT_BEHIND
    if dead and chunk.uncertain and campaign.phase == "running":
        order = {"account": account.alias, "campaign_id": campaign.campaign_id, "chunk": chunk.key}
        svc.bulk.put("sending.go", order)
        return True
    return False


def _template_reports(svc: Services, account: Account, campaign: Campaign, chunk: Chunk) -> News:
    news: dict[int, tuple[str, str, int]] = {}
    waiting = [at for at in chunk.where(f.WAITING) if chunk.openids[at] != chunks.ERASED]
    keys = {(people.key(account, chunk.openids[at]), f"delivery#{chunk.msgids[at]}"): at for at in waiting}
    named = [key for key, at in keys.items() if chunk.msgids[at]]
    for item in svc.table.get_many(named, "outcome", "reason"):
        if "outcome" in item:
            news[keys[item["pk"], item["sk"]]] = FATES[item["outcome"]], _why(item), 0
    for at in (at for at in waiting if not chunk.msgids[at]):
        report = _unclaimed(svc, account, campaign, chunk, at)
        if report is not None:
            msgid = report["sk"].removeprefix("delivery#")
            news[at] = FATES[report["outcome"]], _why(report), int(msgid) if msgid.isdigit() else 0
    return news


def _notice_reports(svc: Services, account: Account, campaign: Campaign, chunk: Chunk) -> News:
    news: dict[int, tuple[str, str, int]] = {}
    waiting = [at for at in chunk.where(f.WAITING) if chunk.openids[at] != chunks.ERASED]
    keys = {}
    for at in waiting:
        variant = campaign.document.variants[f.number_of(chunk.letters[at])]
        template_id = senders.template_id(svc, account, variant.template)
        keys[people.key(account, chunk.openids[at]), f"noticed#{template_id}"] = at
    for item in svc.table.get_many(list(keys), "outcome", "reason", "reported_at"):
        if item["reported_at"] >= chunk.began_at - CLOCKS:
            news[keys[item["pk"], item["sk"]]] = FATES[item["outcome"]], _why(item), 0
    return news


def _unclaimed(svc: Services, account: Account, campaign: Campaign, chunk: Chunk, at: int) -> Item | None:
    """The report on a message whose msgid no answer told: the person's only one since then that is about nothing else;
    None also while it may be about something else."""
    openid = chunk.openids[at]
    pk = people.key(account, openid)
    reports = [one for one in svc.table.under(pk, "delivery#", fresh=True) if "outcome" in one]
    own = [one for one in reports if one.get("campaign_id") == campaign.campaign_id]
    if own:
        return own[0]
    since = chunk.began_at - CLOCKS + templates.KEPT
    free = [one for one in reports if not {"once", "campaign_id"} & one.keys() and one["expires"] >= since]
    if not free or templates.is_any_waiting(svc, pk):
        return None
    for other in store.since(svc, account, chunks.KEPT):
        if other.campaign_id != campaign.campaign_id and other.document.kind == "template":
            found = chunks.find_person(svc, account, other, openid)
            if found is not None and _is_nameless(svc, account, other, found):
                return None
            free = [one for one in free if found is None or one["sk"] != f"delivery#{found.msgid}"]
    if len(free) != 1:
        return None
    told = {"campaign_id": campaign.campaign_id}
    return svc.table.update(pk, free[0]["sk"], told, where="attribute_exists(pk) AND attribute_not_exists(#once)")


def _is_nameless(svc: Services, account: Account, campaign: Campaign, found: chunks.Found) -> bool:
    """They may have had that campaign's message, and its msgid is not known (yet)."""
    if found.msgid or found.fate not in f.OPEN | f.WAITING:
        return False
    if found.fate != f.PLANNED:
        return True
    chunk = chunks.read(svc, account, campaign, found.key)
    return chunk is not None and found.position in chunk.uncertain


def tell(svc: Services, account: Account, campaign: Campaign, openid: str, fate: str, why: str) -> None:
    """Whoever asks. Before it is written: who is killed in between tells it again, as the same event."""
    if events.is_asked(svc, account, "delivered"):
        cause = f"campaign#{campaign.campaign_id}"
        outcome = f.STAGES[fate]
        data = {"message": "campaign", "once": campaign.campaign_id, "outcome": outcome, "reason": why}
        events.publish(svc, account, "delivered", openid, data, cause=cause, at=svc.now())


def _why(item: Item) -> str:
    return "" if item["outcome"] == "delivered" else str(item.get("reason", ""))


Reader = Callable[[Services, Account, "Campaign", Chunk], News]
READERS: dict[str, Reader] = {"template": _template_reports, "notice": _notice_reports}
