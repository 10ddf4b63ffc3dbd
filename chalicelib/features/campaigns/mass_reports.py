"""What became of a mass message, as WeChat tells it: in numbers, shortly before the end, and never who it was.

The numbers go into a tally of their own (tally#mass), which moves so many from accepted to delivered, refused or
failed; so the funnel adds up, and nobody's fate is made up: on the list of people they stay accepted. A message that
WeChat stopped altogether is another matter: then nobody got it, and everybody's fate says so.

    pk campaign#<account>#<id>   sk masstold#<letter>#<number>   {told_all, told_able, told_sent, told_failed}

It is written with the tally, once, so a report that is told twice counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from ...errors import Conflict, NotFound, Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat import masses
from ...wechat.errors import Unreachable, WeChatError
from ...wechat.messages import Message
from ..days import A_DAY
from . import fates, mass_lists, mass_parts, refusals, store
from .mass_parts import LIST, Part

if TYPE_CHECKING:
    from .campaign import Campaign

EVENT = "masssendjobfinish"
LONGEST_ID = 20  # digits
AFTER = 600  # seconds without a report, after which WeChat is asked
NO_REPORT = 3 * A_DAY
DELETABLE = frozenset({"mpnews", "mpvideo"})
SENT = ("accepted", "sent")
TRIES = 20
WAITED = "confirmation"
GO = "mass.go"
WAITING = ("sending", "confirming", "accepted")
FIELDS = {"told_all": "TotalCount", "told_able": "FilterCount", "told_sent": "SentCount", "told_failed": "ErrorCount"}
# 01-callback of WeChat's reference.
VERDICTS = {
    "send fail": ("微信没有发送", "WeChat did not send it"),
    "err(10001)": ("涉嫌广告", "taken for advertising"),
    "err(20001)": ("涉嫌政治", "taken for politics"),
    "err(20002)": ("涉嫌色情", "taken for pornography"),
    "err(20004)": ("涉嫌社会问题", "taken for a danger to society"),
    "err(20006)": ("涉嫌违法犯罪", "taken for crime"),
    "err(20008)": ("涉嫌欺诈", "taken for fraud"),
    "err(20013)": ("涉嫌版权", "taken for somebody else's work"),
    "err(21000)": ("涉嫌其他", "refused for another reason"),
    "err(22000)": ("涉嫌互推", "taken for accounts that promote each other"),
    "err(30001)": ("原创校验出错", "the originality check failed"),
    "err(30002)": ("原创校验判定不能群发", "not original enough to be sent"),
    "err(30003)": ("原创校验判定为转载", "taken for a reprint"),
    "err(40001)": ("管理员拒绝了", "the administrator refused"),
    "err(40002)": ("管理员半小时内没有确认", "the administrator did not answer in half an hour"),
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One call. The numbers are WeChat's, 0 before its report: `of` so many, `able` may get it, `sent` did, `failed`
    did not. `why` in both languages."""

    name: str
    variant: str
    way: str
    stage: str
    msg_id: str
    people: int
    of: int
    able: int
    sent: int
    failed: int
    asked_at: int
    sent_at: int
    why: str


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener: WeChat's report on one mass message. A repeat changes nothing."""
    job, verdict = message.job_id, message.status
    if message.event != EVENT or not (job.isascii() and job.isdigit() and len(job) <= LONGEST_ID):
        return
    numbers = {ours: _number(message.get(theirs)) for ours, theirs in FIELDS.items()}
    book = mass_parts.note_report(svc, account, job, verdict.casefold(), numbers)
    if "campaign_id" in book:
        svc.in_bulk(close, account, campaign_id=book["campaign_id"], part=book["part"])


def close(svc: Services, account: Account, campaign_id: str, part: str) -> None:
    """A job: what the report means for the campaign. May run twice."""
    try:
        campaign = store.find(svc, account, campaign_id)
    except NotFound:
        return
    known = mass_parts.find(svc, account, campaign_id, part)
    book = mass_parts.report(svc, account, known.msg_id) if known and known.msg_id else None
    if known is None or book is None or "verdict" not in book:
        return
    numbers = {name: int(book.get(name, 0)) for name in mass_parts.NUMBERS}
    if book["verdict"] == mass_parts.SUCCESS:
        _arrived(svc, account, campaign, known, numbers)
    else:
        _stopped(svc, account, campaign, known, book["verdict"], numbers)
    _go_on(svc, account, campaign)


def close_without_report(svc: Services, account: Account, campaign: Campaign, part: Part, verdict: str) -> None:
    """WeChat was asked, and says that it failed."""
    _stopped(svc, account, campaign, part, verdict, dict.fromkeys(mass_parts.NUMBERS, 0))


def look(svc: Services, account: Account, campaign_id: str) -> None:
    """A job: ask WeChat of what it did not report on. After three days nobody waits any more."""
    try:
        campaign = store.find(svc, account, campaign_id)
    except NotFound:
        return
    if campaign.phase == "cancelled":
        svc.bulk.put(GO, {"account": account.alias, "campaign_id": campaign_id})
    for part in mass_parts.listed(svc, account, campaign_id):
        book = mass_parts.report(svc, account, part.msg_id) if part.msg_id and part.stage in WAITING else None
        if book is not None and "verdict" in book:
            close(svc, account, campaign_id=campaign_id, part=part.name)
        elif part.stage == "accepted" and svc.now() - part.sent_at > AFTER:
            _ask(svc, account, campaign, part)


def is_waited_for(svc: Services, account: Account, campaign_id: str) -> bool:
    """Whether a report may still come; the tally does not know of it where nobody was planned."""
    return any(part.stage in WAITING for part in mass_parts.listed(svc, account, campaign_id))


def told(svc: Services, account: Account, campaign_id: str) -> list[Told]:
    """Every call of a campaign's mass message, and what WeChat said of it."""
    store.find(svc, account, campaign_id)
    return [_told(part) for part in mass_parts.listed(svc, account, campaign_id)]


def delete(svc: Services, account: Account, campaign_id: str, article: int = 0) -> list[Told]:
    """Take back what was sent: articles and videos alone. The card stays on the phones, and what it opens is gone.
    `article`: which of them, from 1; 0 all. May be asked twice."""
    campaign = store.find(svc, account, campaign_id)
    kinds = {str((variant.mass or {}).get("msgtype")) for variant in campaign.document.variants}
    if not kinds <= DELETABLE:
        raise Conflict("微信只能删除图文和视频群发。WeChat deletes mass messages of articles and videos alone.")
    parts = mass_parts.listed(svc, account, campaign_id)
    if not any(part.stage in (*SENT, "deleted") for part in parts):
        raise Conflict("还没有发出去，没有可删的。Nothing of it was sent yet.")
    for part in parts:
        if part.stage in SENT:
            refusals.told(partial(account.wechat.masses.delete, part.msg_id, article))
            if not article:
                mass_parts.change(svc, account, campaign_id, part.name, SENT, "deleted")
    return told(svc, account, campaign_id)


def _arrived(svc: Services, account: Account, campaign: Campaign, part: Part, numbers: Mapping[str, int]) -> None:
    of = part.people if part.way == LIST else numbers["told_all"]
    if part.way == LIST and not part.noted:
        fate = (fates.ACCEPTED, "", part.msg_id)
        of = mass_lists.settle(svc, account, campaign, part, mass_lists.UNSETTLED | {fates.UNKNOWN}, fate)
    _count(svc, account, campaign, part, shares(of, numbers), numbers)
    sent_at = part.sent_at or svc.now()
    # One that waited for the administrator is sent only now, and counts for the quotas from now on.
    mass_parts.note_taken(svc, account, campaign.campaign_id, msgspec.structs.replace(part, sent_at=sent_at))
    open_ones = ("sending", "confirming", "accepted", "unknown")
    news = {"noted": True, "people": of if part.way == LIST else 0, "sent_at": sent_at, **numbers}
    if mass_parts.change(svc, account, campaign.campaign_id, part.name, open_ones, "sent", **news) is None:
        mass_parts.change(svc, account, campaign.campaign_id, part.name, ("deleted",), "deleted", **numbers)


def _stopped(  # noqa: PLR0913, PLR0917 (which, and what was said)
    svc: Services, account: Account, campaign: Campaign, part: Part, verdict: str, numbers: Mapping[str, int]
) -> None:
    """Nobody got it, and of a list we know who that is."""
    why = f"mass {verdict}"[:80]
    log.warning("mass message %s of account %s did not go out: %s", part.msg_id, account.alias, verdict)
    wanted = mass_lists.UNSETTLED | {fates.ACCEPTED, fates.UNKNOWN}
    mass_lists.settle(svc, account, campaign, part, wanted, (fates.FAILED, why, part.msg_id))
    if part.way != LIST and numbers["told_all"]:
        _count(svc, account, campaign, part, {"failed": numbers["told_all"]}, numbers)
    seen = ("sending", "confirming", "accepted", "unknown")
    mass_parts.change(svc, account, campaign.campaign_id, part.name, seen, "failed", why=why, noted=True, **numbers)


def shares(of: int, numbers: Mapping[str, int]) -> dict[str, int]:
    """So many delivered, failed, refused (left out by WeChat: they refuse, left, or had their four), and those of whom
    it says nothing; together `of`, though WeChat's own numbers are about right only."""
    sent = min(numbers["told_sent"], of)
    failed = min(numbers["told_failed"], of - sent)
    able = min(max(numbers["told_able"], sent + failed), of)
    told = {"delivered": sent, "failed": failed, "refused": of - able, "unreported": able - sent - failed}
    return {stage: people for stage, people in told.items() if people}


def _count(  # noqa: PLR0913, PLR0917 (which, and how many of what)
    svc: Services,
    account: Account,
    campaign: Campaign,
    part: Part,
    people: Mapping[str, int],
    numbers: Mapping[str, int],
) -> None:
    """Into the funnel, once, whoever tells it how often. Who was planned was counted as accepted before."""
    of, place = sum(people.values()), store.pk(account, campaign.campaign_id)
    add = {f"{part.letter}_{stage}": number for stage, number in people.items()}
    add |= {f"{part.letter}_accepted": -of} if part.way == LIST else {"planned": of}
    item = {"pk": place, "sk": f"masstold#{part.name}", "expires": svc.now() + mass_parts.KEPT, **numbers}
    if not of:
        return
    for tried in range(TRIES):
        try:
            svc.table.put_new_and_add(item, place, "tally#mass", add)
            return
        except Conflict:
            if tried == TRIES - 1:
                raise
            svc.clock.sleep(0.02 * (tried + 1))


def _ask(svc: Services, account: Account, campaign: Campaign, part: Part) -> None:
    """No report came: what WeChat has of it, without numbers."""
    try:
        state = account.wechat.masses.state(part.msg_id)
    except (WeChatError, Unreachable, Unavailable) as error:
        log.warning("mass message %s of account %s could not be looked up: %s", part.msg_id, account.alias, error)
        return
    if state == masses.FAILED:
        close_without_report(svc, account, campaign, part, "send fail")
    elif svc.now() - part.sent_at > NO_REPORT:
        # It went out, as far as WeChat says; how many got it, nobody knows.
        _count(svc, account, campaign, part, {"unreported": part.people}, {})
        mass_parts.change(svc, account, campaign.campaign_id, part.name, ("accepted",), "sent", why="no report came")


def _go_on(svc: Services, account: Account, campaign: Campaign) -> None:
    """The administrator was waited for: now there is an answer."""
    if campaign.phase == "waiting" and campaign.why == WAITED:
        store.move(svc, account, campaign.campaign_id, ("waiting",), "running")
        # Not before every worker knows that it runs again: whoever thinks that it waits drops the job.
        order = {"account": account.alias, "campaign_id": campaign.campaign_id}
        svc.bulk.put(GO, order, delay=store.REMEMBER + 1)


def _told(part: Part) -> Told:
    zh, en = VERDICTS.get(part.why.removeprefix("mass "), (part.why, part.why))
    return Told(
        name=part.name,
        variant=part.letter,
        way=part.way,
        stage=part.stage,
        msg_id=str(part.msg_id or ""),
        people=part.people,
        of=part.told_all,
        able=part.told_able,
        sent=part.told_sent,
        failed=part.told_failed,
        asked_at=part.asked_at,
        sent_at=part.sent_at,
        why=f"{zh}。{en[:1].upper()}{en[1:]}." if part.why else "",
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else 0
