"""The platform token and the JS-SDK ticket, refreshed once however many callers find them stale.

Runs only in `refresh_tokens`: every five minutes, and when a caller was told that its token is wrong. The items are
described in aws/tokens.py. Who holds the lease asks WeChat (`stable_token`, which gives the same value until five
minutes before its end); everyone else leaves. A token that WeChat refused is asked for once the gentle way and, if the
very same one comes back, once by force: at most 20 times a day and never within 30 seconds, as WeChat allows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ..errors import Misconfigured, Unavailable
from ..observe import log
from ..services import Account, Services
from ..wechat.credentials import Issued
from ..wechat.errors import Busy, Unreachable, WeChatError
from . import alarms

EARLY = 600  # seconds before its end at which a token is replaced
JITTER = 60  # seconds, so that many accounts do not ask in the same minute
FORCED_APART = 30  # seconds
FORCED_A_DAY = 20
SHANGHAI = 8 * 3600  # WeChat counts days in China's time
A_DAY = 86_400
WITH_JSSDK = ("service", "subscription", "test")

OVERUSED = "今天已强制刷新令牌 20 次。The token was refreshed by force 20 times today; who else uses the account?"

Item = dict[str, Any]
Ask = Callable[[bool], Issued]  # by force or not -> a token


def refresh_all(svc: Services) -> None:
    """Every account by itself: one with a wrong secret does not stop the others."""
    for account in svc.accounts:
        refresh(svc, account)


def refresh(svc: Services, account: Account) -> None:
    """Replace the token if it nears its end or was rejected; then the ticket, which needs it."""
    try:
        _refresh(svc, account, "access", lambda force: _platform_token(svc, account, force))
        if account.kind in WITH_JSSDK:
            _refresh(svc, account, "jsapi", lambda _: account.wechat.credentials.jsapi_ticket())
    except Misconfigured as error:
        alarms.ring(svc, account, "token", str(error))
    except (Unreachable, Unavailable, Busy) as error:
        log.warning("account %s: no answer for a token: %s", account.alias, error)
    except WeChatError as error:
        alarms.ring(svc, account, "token", _advice(error))
    else:
        alarms.clear(svc, account, "token")


def _platform_token(svc: Services, account: Account, force: bool) -> Issued:
    return account.wechat.credentials.stable_token(svc.app_secret(account), force)


def _refresh(svc: Services, account: Account, kind: str, ask: Ask) -> None:
    if not _is_due(svc, account.tokens.read(kind)):
        return
    leased = account.tokens.lease(kind)
    if leased is None:
        return
    try:
        if _is_due(svc, leased):
            issued = _ask(svc, account, kind, leased, ask)
            account.tokens.store(kind, leased, issued.token, issued.expires_in)
            log.info("account %s has a %s token for %d s", account.alias, kind, issued.expires_in)
    finally:
        account.tokens.end_lease(kind, leased)


def _is_due(svc: Services, item: Item) -> bool:
    left = item.get("good_until", 0) - svc.now()
    return _is_rejected(item) or left < EARLY + random.randrange(JITTER)


def _is_rejected(item: Item) -> bool:
    return "token_text" in item and item.get("rejected_serial", -1) >= item["serial"]


def _ask(svc: Services, account: Account, kind: str, leased: Item, ask: Ask) -> Issued:
    issued = ask(False)
    if not _is_rejected(leased) or issued.token != leased["token_text"]:
        return issued
    today = (svc.now() + SHANGHAI) // A_DAY
    forced = leased.get("forced_today", 0) if leased.get("forced_day") == today else 0
    if forced >= FORCED_A_DAY:
        alarms.ring(svc, account, "forced", OVERUSED)
        return issued
    if svc.now() - leased.get("forced_at", 0) < FORCED_APART:
        return issued
    account.tokens.note_forced(kind, leased, today, forced + 1)
    alarms.clear(svc, account, "forced")
    return ask(True)


def _advice(error: WeChatError) -> str:
    """WeChat's refusal and what to do; a 40164 names the address to put on the whitelist."""
    entry = error.entry
    found = f"IP {error.refused_address}. " if error.refused_address else ""
    return f"{error.code}: {found}{entry.advice_zh} {entry.advice_en}"
