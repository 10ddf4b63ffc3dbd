"""What WeChat's answer to one message means: for this person, and for the campaign.

the person       refused, held, failed; nobody else is concerned
the message      47003 and the like: if nobody had this variant yet, the campaign is paused and nobody fails by it;
                 once somebody had it, the words of this one person do not fit
the template     gone, restricted, refused: paused, and an operator hears of it
a limit          waits until it is over
the account      no right, wrong address …: an operator hears of it, and it goes on by itself once that is mended
no answer        not sent: again soon. Perhaps sent: again under the same id, or never
"""

from __future__ import annotations

import random
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from ...errors import Unavailable
from ...services import Account, Services
from ...wechat.errors import (
    AccountStopped,
    AlreadyDone,
    BadCall,
    LimitReached,
    PersonRefused,
    Unreachable,
    WeChatError,
)
from .. import alarms, days, stops, templates
from . import fates as f
from . import quotas, senders, store

if TYPE_CHECKING:
    from .campaign import Campaign

DUPLICATE = 40241  # equal words went to them within the last minute
NO_CONSENT = 43101
A_MINUTE = 60
_asking = Lock()
# Refusals that say something about what is sent, besides templates.OF_THE_MESSAGE: its picture, text or articles.
OF_THE_MESSAGE = templates.OF_THE_MESSAGE | {40007, 40155, 45157, 45158, 45159}


class Settled(NamedTuple):
    """It is known what became of this person."""

    fate: str
    why: str = ""
    msgid: int = 0


class Stop(NamedTuple):
    """Nobody else is sent to, until then or with `pause` until a person resumes. `alarm`: an operator hears of it."""

    why: str
    until: int = 0
    pause: bool = False
    alarm: str = ""


class Unsent(NamedTuple):
    """This person certainly got nothing, and is planned still. `why`: for the campaign, if nothing works; `stop`: no
    more of it; `odd`: the message itself was not taken."""

    why: str
    stop: Stop | None = None
    odd: bool = False


class Unsure(NamedTuple):
    """They may have it."""

    why: str


Answer = Settled | Unsent | Unsure
Reading = Callable[[Services, Account, "Campaign", WeChatError], Answer]


def read(svc: Services, account: Account, campaign: Campaign, error: Exception) -> Answer:
    """Raises what is a bug."""
    if isinstance(error, Unreachable):
        return Unsure("unreachable") if error.sent else Unsent("unreachable")
    if isinstance(error, Unavailable):
        return Unsent("token")  # every call asks for it first
    if not isinstance(error, WeChatError):
        raise error
    if error.code == DUPLICATE:
        return Unsent("duplicate")  # perhaps another campaign's; in a minute our own id tells
    told = next(read for kind, read in READINGS if isinstance(error, kind))
    return told(svc, account, campaign, error)


def odd(why: str) -> Stop:
    """Nobody was sent this variant, and the first who should be cannot."""
    return Stop(f"message: {why}", pause=True, alarm="message")


def down(svc: Services, why: str) -> Stop:
    """Nothing works just now."""
    return Stop(why, svc.now() + A_MINUTE)


def apply(svc: Services, account: Account, campaign: Campaign, stop: Stop) -> None:
    if stop.pause:
        store.move(svc, account, campaign.campaign_id, ("running",), "paused", why=stop.why)
    else:
        store.wait(svc, account, campaign.campaign_id, stop.until, stop.why)
    if stop.alarm:
        alarms.ring(svc, account, f"campaign#{campaign.campaign_id}", stop.why, lasts=days.A_DAY)


def reason(error: WeChatError) -> str:
    return f"{error.code} {error.message}"[:80]


def _limited(svc: Services, account: Account, campaign: Campaign, error: LimitReached) -> Stop:
    """Of the day or of the minute? 45009 is either, and only WeChat knows."""
    if error.until == "minute":
        return Stop("minute", svc.now() + A_MINUTE)
    tomorrow = Stop("day", days.tomorrow(svc.now()) + random.randrange(A_MINUTE))
    with _asking:  # the others of this crowd are told the same, also if that is nothing
        quota = quotas.today(svc, account, senders.PATHS[campaign.document.kind])
    if quota is None or quota.left <= 0:
        return tomorrow
    # With calls left today it can only be the limit of the minute.
    return Stop("minute", svc.now() + (quota.refresh_seconds or A_MINUTE))


def _msgid(error: WeChatError) -> int:
    told = str(error.answer.get("msgid", ""))
    return int(told) if told.isdigit() else 0


def _refused(svc: Services, account: Account, campaign: Campaign, error: WeChatError) -> Answer:
    return Settled(f.REFUSED, reason(error))


def _held(svc: Services, account: Account, campaign: Campaign, error: WeChatError) -> Answer:
    return Settled(f.HELD, reason(error), _msgid(error))


def _limit(svc: Services, account: Account, campaign: Campaign, error: WeChatError) -> Answer:
    return Unsent("limit", _limited(svc, account, campaign, error) if isinstance(error, LimitReached) else None)


def _stopped(svc: Services, account: Account, campaign: Campaign, error: WeChatError) -> Answer:
    why = reason(error)
    if error.code in OF_THE_MESSAGE or isinstance(error, BadCall):
        return Unsent(why, odd=True)
    if error.code in templates.OF_THE_TEMPLATE:
        return Unsent(why, Stop(f"template: {why}", pause=True, alarm="template"))
    return Unsent(why, Stop(f"account: {why}", svc.now() + stops.STOPPED_FOR, alarm="account"))


def _busy(svc: Services, account: Account, campaign: Campaign, error: WeChatError) -> Answer:
    return Unsent("busy")


# What each kind of refusal means; the first that fits. The last is TokenRejected, Busy.
READINGS: tuple[tuple[type[WeChatError], Reading], ...] = (
    (PersonRefused, _refused),
    (AlreadyDone, _held),
    (LimitReached, _limit),
    (AccountStopped, _stopped),
    (BadCall, _stopped),
    (WeChatError, _busy),
)
