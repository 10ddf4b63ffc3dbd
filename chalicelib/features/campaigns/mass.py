"""A mass message on its way: one call to everybody or to a tag, or one for each list of up to ten thousand.

Lists are made of chunks and written down before the first of them is sent. Each call carries an id by which WeChat
knows a repeat for a day (`clientmsgid`): where the answer is lost the same call is made again, and WeChat tells the
msg_id of the message that there is. So nobody gets it twice, whoever is killed when. What goes to everybody may wait
for the account's administrator: half an hour at most, while the campaign shows `waiting`.

WeChat tells only numbers of a mass message, never who got it; mass_reports.py keeps to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import NotFound, Unavailable
from ...observe import log
from ...services import Account, Services, job_name
from ...wechat import masses
from ...wechat.errors import Busy, LimitReached, TokenRejected, Unreachable, WeChatError
from ...wechat.masses import Taken
from .. import alarms, days
from . import fates, mass_lists, mass_parts, mass_reports, quotas, store
from .campaign import LETTERS
from .mass_lists import OPEN, UNSETTLED, people_of, settle, way_of
from .mass_parts import ALL, LIST, TAG, Part

if TYPE_CHECKING:
    from .campaign import Campaign

LEASE = 60  # seconds; reading ten thousand people and the call take a few
AGAIN = 65  # seconds; WeChat wants a minute between two calls with the same id (45066)
REPEAT_IS_SAFE = 23 * 3600  # seconds; WeChat promises a day
CONFIRMATION = 35 * 60  # seconds: the administrator has thirty minutes
LOOK_AGAIN = 300
LOOK_SOON = 60
USED_UP = 45028
TOO_FEW = "WeChat sends to lists of two or more"
WAITS_FOR_ADMINISTRATOR = "confirmation"


def go(svc: Services, account: Account, campaign_id: str) -> None:
    """A job: the next call, and this job again while there are more. Two at once do no harm."""
    try:
        control = store.control(svc, account, campaign_id)
    except NotFound:
        return
    if control.phase == "cancelled":
        _give_up(svc, account, control.campaign)
    elif control.sends and (wait := _step(svc, account, control.campaign)) >= 0:
        svc.bulk.put(job_name(go), {"account": account.alias, "campaign_id": campaign_id}, delay=wait)


def _step(svc: Services, account: Account, campaign: Campaign) -> int:
    """In how many seconds to come back; -1: not by this job."""
    if not mass_lists.made(svc, account, campaign):
        return 0
    left = [part for part in mass_parts.listed(svc, account, campaign.campaign_id) if not part.is_over]
    if left:
        return _do(svc, account, campaign, left[0])
    if way_of(campaign.document) != LIST:
        # Of people who were planned the clock sees by itself that nobody is left (dispatch.py); here are none.
        times = {"sent_at": svc.now(), "looks": 0, "due": svc.now() + LOOK_SOON}
        store.move(svc, account, campaign.campaign_id, ("running",), "settling", **times)
    return -1


# One call.


def _do(svc: Services, account: Account, campaign: Campaign, part: Part) -> int:
    if part.stage == "accepted":  # whoever sent it was killed before its people's fates said so
        _note_people(svc, account, campaign, part)
        return 0
    leased = mass_parts.lease(svc, account, campaign.campaign_id, part, LEASE)
    if leased is None:
        return AGAIN
    if svc.now() - leased.tried_at > REPEAT_IS_SAFE:
        return _unknown(svc, account, campaign, leased, "no answer within a day")
    return _look(svc, account, campaign, leased) if leased.msg_id else _send(svc, account, campaign, part, leased)


def _send(svc: Services, account: Account, campaign: Campaign, before: Part, part: Part) -> int:
    try:
        taken = _call(svc, account, campaign, part)
    except (Unreachable, Unavailable) as error:
        return _release(svc, account, campaign, before, not getattr(error, "sent", False))
    except WeChatError as error:
        return _refused(svc, account, campaign, before, error)
    if taken is None:
        return _too_few(svc, account, campaign, part)
    return _taken(svc, account, campaign, part, taken)


def _call(svc: Services, account: Account, campaign: Campaign, part: Part) -> Taken | None:
    content = campaign.document.variants[LETTERS.index(part.letter)].mass or {}
    once = mass_parts.client_id(campaign.campaign_id, part)
    if part.way == ALL:
        return account.wechat.masses.to_all(content, once)
    if part.way == TAG:
        return account.wechat.masses.to_tag(campaign.document.tag_id, content, once)
    openids = people_of(svc, account, campaign, part)
    return account.wechat.masses.to_list(openids, content, once) if len(openids) >= masses.FEWEST else None


def _taken(svc: Services, account: Account, campaign: Campaign, part: Part, taken: Taken) -> int:
    if taken.waits:
        return _confirming(svc, account, campaign, part, taken.msg_id)
    if not taken.msg_id:
        return _unknown(svc, account, campaign, part, "WeChat has it, and did not say under which number")
    part = mass_parts.change(
        svc, account, campaign.campaign_id, part.name, ("sending", "confirming"), part.stage, msg_id=taken.msg_id
    ) or part  # fmt: skip
    # WeChat has been seen to know an id that it was never given; only its own record decides.
    return _look(svc, account, campaign, part) if taken.again else _accept(svc, account, campaign, part)


def _look(svc: Services, account: Account, campaign: Campaign, part: Part) -> int:
    """What WeChat says of a message whose number we know."""
    try:
        state = account.wechat.masses.state(part.msg_id)
    except (Unreachable, Unavailable, WeChatError) as error:
        log.warning("mass message %s of account %s could not be looked up: %s", part.msg_id, account.alias, error)
        return _release(svc, account, campaign, part, False)
    if state == masses.FAILED:
        mass_parts.note_taken(svc, account, campaign.campaign_id, part)
        mass_reports.close_without_report(svc, account, campaign, part, "send fail")
        return 0
    still_asked = part.asked_at and svc.now() < part.asked_at + CONFIRMATION
    if state == masses.SENDING and still_asked:
        return _confirming(svc, account, campaign, part, part.msg_id)
    return _accept(svc, account, campaign, part)


def _accept(svc: Services, account: Account, campaign: Campaign, part: Part) -> int:
    accepted = mass_parts.change(
        svc,
        account,
        campaign.campaign_id,
        part.name,
        ("sending", "confirming"),
        "accepted",
        msg_id=part.msg_id,
        sent_at=svc.now(),
    )
    if accepted is not None:
        log.info("mass message %s of account %s is taken", accepted.msg_id, account.alias)
        _note_people(svc, account, campaign, accepted)
    return 0


def _note_people(svc: Services, account: Account, campaign: Campaign, part: Part) -> None:
    """The book first: by it the report finds the campaign, and what was reported already is found here."""
    known = mass_parts.note_taken(svc, account, campaign.campaign_id, part)
    people = settle(svc, account, campaign, part, UNSETTLED, (fates.ACCEPTED, "", part.msg_id))
    # By whom it was counted, not by whom it was planned: somebody may have been erased meanwhile.
    news = {"noted": True, "people": people}
    mass_parts.change(svc, account, campaign.campaign_id, part.name, ("accepted",), "accepted", **news)
    if "verdict" in known:
        svc.in_bulk(mass_reports.close, account, campaign_id=campaign.campaign_id, part=part.name)


# What else WeChat may say.


def _confirming(svc: Services, account: Account, campaign: Campaign, part: Part, msg_id: int) -> int:
    """The administrator has a message on their phone. The campaign waits, and shows it."""
    asked_at = part.asked_at or svc.now()
    known = {"msg_id": msg_id} if msg_id else {}
    where = ("sending", "confirming")
    told = {"asked_at": asked_at, "lease_until": 0, **known}
    now = mass_parts.change(svc, account, campaign.campaign_id, part.name, where, "confirming", **told)
    if now is not None and now.msg_id:
        book = mass_parts.note_taken(svc, account, campaign.campaign_id, now)
        if "verdict" in book:
            svc.in_bulk(mass_reports.close, account, campaign_id=campaign.campaign_id, part=part.name)
    until = max(asked_at + CONFIRMATION, svc.now() + LOOK_AGAIN)
    store.wait(svc, account, campaign.campaign_id, until, WAITS_FOR_ADMINISTRATOR)
    return -1


def _release(svc: Services, account: Account, campaign: Campaign, part: Part, nothing_sent: bool) -> int:
    """Free for another try. If this was the first and certainly did nothing, the day begins anew with the next."""
    first = nothing_sent and not part.tried_at
    stage = "confirming" if part.stage == "confirming" else "planned" if first else "sending"
    news = {"lease_until": 0} | ({"tried_at": 0} if first else {})
    mass_parts.change(svc, account, campaign.campaign_id, part.name, ("sending", "confirming"), stage, **news)
    return AGAIN


def _refused(svc: Services, account: Account, campaign: Campaign, part: Part, error: WeChatError) -> int:
    _release(svc, account, campaign, part, nothing_sent=not isinstance(error, Busy))
    soon = isinstance(error, LimitReached) and error.until == "minute"
    if soon or isinstance(error, TokenRejected | Busy):
        return AGAIN
    if isinstance(error, LimitReached):
        path = quotas.path_of(campaign.document)
        return _wait(svc, account, campaign, quotas.opens_again(svc, account, path, error), error)
    if error.code == USED_UP and account.kind == "subscription":
        return _wait(svc, account, campaign, days.tomorrow(svc.now()) + AGAIN, error)
    # A service account's month may be spent: nobody wants last month's message by surprise, so a person decides.
    store.move(svc, account, campaign.campaign_id, ("running",), "paused", why=_reason(error))
    alarms.ring(svc, account, f"campaign#{campaign.campaign_id}", f"群发停下了。A mass message stopped. {error.advice}")
    return -1


def _wait(svc: Services, account: Account, campaign: Campaign, until: int, error: WeChatError) -> int:
    store.wait(svc, account, campaign.campaign_id, until, _reason(error))
    return -1


def _reason(error: WeChatError) -> str:
    return f"{error.code} {error.message}"[:80]


def _too_few(svc: Services, account: Account, campaign: Campaign, part: Part) -> int:
    """Erased meanwhile, or never more: WeChat takes no list of one."""
    why = TOO_FEW
    settle(svc, account, campaign, part, OPEN, (fates.FAILED, why, 0))
    mass_parts.change(svc, account, campaign.campaign_id, part.name, ("sending",), "failed", why=why)
    return 0


def _unknown(svc: Services, account: Account, campaign: Campaign, part: Part, why: str) -> int:
    """It may have gone out, and is never sent again."""
    log.warning("a mass message of account %s has no answer: %s", account.alias, why)
    mass_parts.change(svc, account, campaign.campaign_id, part.name, ("sending", "confirming"), "unknown", why=why)
    settle(svc, account, campaign, part, UNSETTLED, (fates.UNKNOWN, why, 0))
    return 0


def _give_up(svc: Services, account: Account, campaign: Campaign) -> None:
    """It was cancelled: what was never tried is not sent, and of what was tried nobody knows."""
    for part in mass_parts.listed(svc, account, campaign.campaign_id):
        if part.stage == "sending" and part.lease_until <= svc.now():
            _unknown(svc, account, campaign, part, "cancelled while WeChat was asked")
        elif part.stage == "accepted" and not part.noted:
            _note_people(svc, account, campaign, part)
