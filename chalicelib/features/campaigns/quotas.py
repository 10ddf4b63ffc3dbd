"""How much of today WeChat leaves us, and when it takes calls again after it said that a limit is reached."""

from __future__ import annotations

import random

from ...errors import Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat import masses
from ...wechat.errors import LimitReached, Unreachable, WeChatError
from ...wechat.quotas import Quota
from .. import days
from .campaign import Document
from .mass_lists import way_of
from .mass_parts import LIST
from .senders import PATHS

REMEMBER = 20  # seconds
A_MINUTE = 60
SPREAD = 120  # seconds after midnight over which accounts begin again


def path_of(document: Document) -> str:
    if document.kind == "mass":
        return masses.SEND if way_of(document) == LIST else masses.SEND_ALL
    return PATHS[document.kind]


def today(svc: Services, account: Account, path: str) -> Quota | None:
    """None where WeChat does not say."""
    return svc.cached(f"quota#{account.alias}#{path}", REMEMBER, lambda: _ask(account, path))


def people_left(svc: Services, account: Account, document: Document) -> int | None:
    """How many people today's quota still reaches. One call brings a mass message to everybody."""
    quota = today(svc, account, path_of(document))
    if quota is None or document.kind != "mass":
        return quota.left if quota else None
    if way_of(document) == LIST:
        return quota.left * masses.MOST
    return None if quota.left else 0


def opens_again(svc: Services, account: Account, path: str, error: LimitReached) -> int:
    """When calls of this path are taken again, in unix seconds. 45009 is said of days and, on some paths, of minutes:
    WeChat tells which, if it is asked."""
    now = svc.now()
    if error.until == "minute":
        return now + A_MINUTE + random.randrange(10)
    quota = _ask(account, path)
    if quota is not None and quota.left and quota.at_once:
        return now + (quota.refresh_seconds or A_MINUTE) + random.randrange(5)
    return days.tomorrow(now) + random.randrange(1, SPREAD)


def _ask(account: Account, path: str) -> Quota | None:
    try:
        return account.wechat.quotas.of(path)
    except (WeChatError, Unreachable, Unavailable) as error:
        log.warning("account %s: WeChat does not tell its quotas: %s", account.alias, error)
        return None
