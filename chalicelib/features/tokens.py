"""The platform token and the JS-SDK ticket, refreshed once however many callers find them stale.

Runs only in `refresh_tokens`: every five minutes, and when a caller was told that its token is wrong. The items are
described in aws/tokens.py. Who holds the lease asks WeChat (`stable_token`, which gives the same value until five
minutes before its end); everyone else leaves. A token that WeChat refused is asked for once the gentle way and, if the
very same one comes back, once by force: at most 20 times a day and never within 30 seconds, as WeChat allows.

A ticket cannot be forced: one that a page doubted and WeChat gives again is held to be good. What WeChat says of its
life is not to be trusted: the same ticket is handed out again with two whole hours, so who believes that signs with a
dead one later. It keeps the end that it was first given with; past that it is asked for every five minutes until
another one comes, and at once by whoever wants to sign.

An account whose brand has a token service (`token_source.py`) is told its token by that service. Nothing is forced
then: a token that comes again although WeChat refuses it is an alarm, and asked for again every five minutes.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ..errors import Misconfigured, Unavailable
from ..observe import log
from ..services import Account, Services
from ..wechat.credentials import Issued
from ..wechat.errors import Busy, TokenRejected, Unreachable, WeChatError
from . import alarms, days, token_source

EARLY = 600  # seconds before its end at which a token is replaced
JITTER = 60  # seconds, so that many accounts do not ask in the same minute
AGAIN = 300  # seconds that a ticket is trusted which WeChat hands out even past its end
FORCED_APART = 30  # seconds
FORCED_A_DAY = 20
WITH_JSSDK = ("service", "subscription", "test")

OVERUSED = "今天已强制刷新令牌 20 次。The token was refreshed by force 20 times today; who else uses the account?"

KEEPS_SERVING = (
    "令牌服务一直给出微信已拒绝的令牌，请通知它的负责人。The token service keeps serving a token that WeChat refuses; "
    "tell whoever runs it. Nothing works for this account until it serves another."
)
SOURCE = "token_source"  # the name of the alarm

Item = dict[str, Any]
Ask = Callable[[bool], Issued]  # by force or not -> a token


class RefreshFailed(Exception):
    """A bug of ours, or AWS being away, stopped some accounts. Raised when all had their turn: Lambda tries again."""


def refresh_all(svc: Services, only: str = "") -> None:
    """Every account by itself, or the one whose token was refused: one account's trouble does not stop the others."""
    failed = [alias for alias in ([only] if only else svc.accounts.aliases()) if not _survived(svc, alias)]
    if failed:
        raise RefreshFailed(f"accounts {', '.join(failed)} could not be looked after")


def refresh(svc: Services, account: Account) -> None:
    """Replace the token if it nears its end or was rejected; then the ticket, which needs it."""
    try:
        kept = _refresh_access(svc, account)
        if account.kind in WITH_JSSDK and kept.get("token_text"):
            _refresh(svc, account, "jsapi", lambda _: _ticket(svc, account, kept))
    except Misconfigured as error:
        alarms.ring(svc, account, "token", str(error))
    except (Unreachable, Unavailable, Busy, TokenRejected) as error:
        log.warning("account %s: no answer for a token: %s", account.alias, error)
        if account.tokens.read("access").get("good_until", svc.now()) < svc.now():
            alarms.ring(
                svc, account, "token", f"令牌已过期，微信一直没有回应。The token ran out, and no answer comes: {error}"
            )
    except WeChatError as error:
        alarms.ring(svc, account, "token", error.advice)


def _survived(svc: Services, alias: str) -> bool:
    try:
        refresh(svc, svc.accounts[alias])
    except Exception:  # the refresher's rim: whatever it is, the other accounts need their tokens
        log.exception("account %s: the token could not be looked after", alias)
        return False
    return True


def _refresh_access(svc: Services, account: Account) -> Item:
    if account.token_source:
        return _refresh_from_service(svc, account)
    return _refresh(svc, account, "access", lambda force: _platform_token(svc, account, force))


def _refresh_from_service(svc: Services, account: Account) -> Item:
    """While the service gives nothing, somebody is told, and the token that is kept stays in use until its end."""
    try:
        return _refresh(svc, account, "access", lambda _: _told_by_service(svc, account))
    except token_source.ServiceDown as error:
        alarms.ring(svc, account, SOURCE, str(error))
        kept = account.tokens.read("access")
        if kept.get("good_until", 0) <= svc.now():
            raise
        return kept


def _told_by_service(svc: Services, account: Account) -> Issued:
    """What the service has; it is told which token WeChat refused, if that is still the one that is kept."""
    kept = account.tokens.read("access")
    refused = str(kept["token_text"]) if _is_rejected(kept) else ""
    issued = token_source.ask(svc, account, refused)
    if issued.token == refused:
        raise token_source.ServiceDown(KEEPS_SERVING)
    return issued


def _platform_token(svc: Services, account: Account, force: bool) -> Issued:
    return account.wechat.credentials.stable_token(svc.app_secret(account), force)


def _ticket(svc: Services, account: Account, kept: Item) -> Issued:
    """A token that is refused here is replaced here and now: the refresher has nobody to wake."""
    try:
        return account.wechat.credentials.jsapi_ticket(kept["token_text"])
    except TokenRejected:
        account.tokens.mark_rejected(kept["serial"])
        another = _refresh_access(svc, account)
        if another["token_text"] == kept["token_text"]:
            raise
    return account.wechat.credentials.jsapi_ticket(another["token_text"])


def _refresh(svc: Services, account: Account, kind: str, ask: Ask) -> Item:
    """What is kept of a kind, replaced if that was due and nobody else is about it."""
    kept = account.tokens.read(kind)
    leased = account.tokens.lease(kind) if _is_due(svc, kept) else None
    if leased is None:
        return kept
    if _is_due(svc, leased):
        return _replace(svc, account, kind, leased, ask)
    account.tokens.end_lease(kind, leased, failing=leased.get("failing", False))  # another was quicker
    return leased


def _replace(svc: Services, account: Account, kind: str, leased: Item, ask: Ask) -> Item:
    stored, was_failing = None, leased.get("failing", False)
    try:
        issued = _ask(svc, account, kind, leased, ask)
        lives = issued.expires_in if kind == "access" else _ticket_lives(svc, leased, issued)
        # An access token that comes again although it is refused must go on to be replaced by force.
        stored = account.tokens.store(kind, leased, issued.token, lives, vouched=kind != "access")
        log.info("account %s has a %s token for %d s", account.alias, kind, lives)
    finally:
        if stored is None:
            account.tokens.end_lease(kind, leased, failing=True)
    if stored is not None and was_failing:
        for what in ("token", SOURCE) if account.token_source else ("token",):
            alarms.clear(svc, account, what)
    return stored or leased


def _ticket_lives(svc: Services, leased: Item, issued: Issued) -> int:
    # Seen by many, e.g. w7corp/easywechat#1580 and binarywang/WxJava#3147: always 7200, whatever is left of it.
    if issued.token != leased.get("token_text"):
        return issued.expires_in
    left = int(leased["good_until"]) - svc.now()
    return min(issued.expires_in, left if left > 0 else AGAIN)


def _is_due(svc: Services, item: Item) -> bool:
    left = item.get("good_until", 0) - svc.now()
    return _is_rejected(item) or left < EARLY + random.randrange(JITTER)


def _is_rejected(item: Item) -> bool:
    return "token_text" in item and item.get("rejected_serial", -1) >= item["serial"]


def _ask(svc: Services, account: Account, kind: str, leased: Item, ask: Ask) -> Issued:
    issued = ask(False)
    if kind != "access" or account.token_source or not _is_rejected(leased) or issued.token != leased["token_text"]:
        return issued
    today = days.today(svc.now())
    forced = leased.get("forced_today", 0) if leased.get("forced_day") == today else 0
    if forced >= FORCED_A_DAY:
        alarms.ring(svc, account, "forced", OVERUSED)
        return issued
    if svc.now() - leased.get("forced_at", 0) < FORCED_APART:
        return issued
    account.tokens.note_forced(kind, leased, today, forced + 1)
    alarms.clear(svc, account, "forced")
    return ask(True)
