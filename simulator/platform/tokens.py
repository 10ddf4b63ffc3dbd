"""The two pools of platform tokens, `token` and `stable_token`: issue, overlap, replacement, the four token errors."""

from __future__ import annotations

import re
import secrets

from simulator.accounts import Account, Json, Token
from simulator.clock import Clock
from simulator.platform.call import Call
from simulator.platform.errors import Refused, insist
from simulator.world import World

OVERLAP = 300
FORCED_APART = 30
FORCED_A_DAY = 20
KEPT_TOKENS = 5000
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{16,512}")


def check_token(call: Call) -> Account:
    """The account that the call's token stands for."""
    value = call.query.get("access_token", "")
    insist(value, 41001)
    owner = call.world.by_token(value) if WELL_FORMED.fullmatch(value) else None
    if owner is None:
        raise Refused(40014)
    token = owner.tokens[value]
    killed = token.dead_at and token.dead_at < token.expires
    insist(not killed or call.now < token.dead_at, 40001)
    insist(call.now < token.expires, 42001)
    return owner


def issue(account: Account, now: float) -> Json:
    """`token`: always a new one; the one before stays good for five minutes, all older ones die."""
    return _told(_replace(account, "token", now), now)


def issue_stable(account: Account, clock: Clock, force: bool) -> Json:
    """`stable_token`: the same value until five minutes before its end, or until a forced refresh is allowed."""
    now = clock.now()
    latest = _latest(account, "stable")
    if latest is None or latest.expires - now <= OVERLAP or (force and _may_force(account, clock)):
        latest = _replace(account, "stable", now)
    return _told(latest, now)


def _may_force(account: Account, clock: Clock) -> bool:
    now, today = clock.now(), clock.day()
    account.forced_refreshes = [at for at in account.forced_refreshes if clock.day_of(at) == today]
    past = account.forced_refreshes
    if len(past) >= FORCED_A_DAY or (past and now - past[-1] < FORCED_APART):
        return False
    past.append(now)
    return True


def _latest(account: Account, pool: str) -> Token | None:
    return next((t for t in reversed(account.tokens.values()) if t.pool == pool and not t.dead_at), None)


def _replace(account: Account, pool: str, now: float) -> Token:
    for token in account.tokens.values():
        if token.pool == pool:
            token.dead_at = min(token.dead_at, now) if token.dead_at else now + OVERLAP
    fresh = Token(f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(96)}", pool, now + account.token_lifetime_s)
    account.tokens[fresh.value] = fresh
    if len(account.tokens) > KEPT_TOKENS:
        del account.tokens[next(iter(account.tokens))]
    return fresh


def _told(token: Token, now: float) -> Json:
    return {"access_token": token.value, "expires_in": int(token.expires - now)}


def kill_all(world: World, alias: str) -> None:
    """A tester's control: every token of the account is dead from now on."""
    for token in world.accounts[alias].tokens.values():
        token.dead_at = world.clock.now()
