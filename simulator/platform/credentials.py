"""Tokens, tickets, addresses and quotas: cgi-bin/token, stable_token, ticket/getticket, openapi/*, callback/check."""

from __future__ import annotations

import re

from simulator.accounts import Account, Json
from simulator.platform.call import OK, Call
from simulator.platform.errors import Refused, insist
from simulator.platform.rights import count, daily_limit, minute_limit, used_today
from simulator.platform.tokens import issue, issue_stable
from simulator.world import random_text

A_WEEK = 7 * 86400
A_MONTH = 30 * 86400
FIVE_MINUTES = 300
CLEARS_A_MONTH = 10
PATH_CLEARS_A_MONTH = 50
OPERATORS = {"CHINANET", "UNICOM", "CAP", "DEFAULT"}
RID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")


def token(call: Call) -> Json:
    insist(call.query.get("grant_type") == "client_credential", 40002)
    account = _proven(call, call.query.get("appid"), call.query.get("secret"))
    _check_address(call, account)
    count(call, call.routes[call.path])
    return issue(account, call.now)


def stable_token(call: Call) -> Json:
    insist(call.body.get("grant_type") == "client_credential", 40002)
    account = _proven(call, call.body.get("appid"), call.body.get("secret"))
    _check_address(call, account)
    count(call, call.routes[call.path])
    return issue_stable(account, call.world.clock, call.body.get("force_refresh") is True)


def _proven(call: Call, app_id: object, secret: object) -> Account:
    """The account, for somebody who knows its secret."""
    insist(app_id, 41002)
    insist(secret, 41004)
    account = call.world.by_app_id(str(app_id))
    if account is None:
        raise Refused(40013)
    insist(account.secret == secret, 40125)
    call.owner = account
    return account


def _check_address(call: Call, account: Account) -> None:
    """The whitelist guards the issue of tokens and nothing else."""
    address = call.caller or account.caller_ip
    if account.ip_whitelist and address not in account.ip_whitelist:
        raise Refused(40164, ip=address)


def ticket(call: Call) -> Json:
    kind = call.query.get("type", "")
    insist(kind in {"jsapi", "wx_card"}, 40097)
    held = call.account.tickets.get(kind)
    if held is None or held["expires"] - call.now <= FIVE_MINUTES:
        held = _fresh_ticket(call.account, held, call.now)
        call.account.tickets[kind] = held
    return OK | {"ticket": held["value"], "expires_in": round(held["expires"] - call.now)}


def _fresh_ticket(account: Account, held: Json | None, now: float) -> Json:
    """The one before stays good for five minutes, though its own end may come first."""
    fresh = {"value": random_text(86), "expires": now + account.ticket_lifetime_s}
    return fresh | ({"before": held["value"], "before_until": now + FIVE_MINUTES} if held else {})


def live_tickets(account: Account, now: float, kind: str = "jsapi") -> list[str]:
    """The tickets that a page may have been signed with."""
    held = account.tickets.get(kind, {})
    live = [held["value"]] if held and now < held["expires"] else []
    return live + ([held["before"]] if now < held.get("before_until", 0.0) else [])


def callback_ips(call: Call) -> Json:
    return {"ip_list": ["127.0.0.1", "101.226.103.0/25"]}


def api_ips(call: Call) -> Json:
    return {"ip_list": ["127.0.0.1"]}


def check_callback(call: Call) -> Json:
    insist(call.account.callback_url, 40201)
    action = call.word("action")
    insist(action in {"dns", "ping", "all"}, 40202)
    insist((call.word("check_operator") or "DEFAULT") in OPERATORS, 40203)
    dns = [{"ip": "127.0.0.1", "real_operator": "UNICOM"}]
    ping = [{"ip": "127.0.0.1", "from_operator": "UNICOM", "package_loss": "0%", "time": "1.000ms"}]
    return {name: told for name, told in {"dns": dns, "ping": ping}.items() if action in {"all", name}}


def clear_quota(call: Call) -> Json:
    """With the token of another account this is the one call where the platform can tell: 40001."""
    named = call.world.by_app_id(call.text("appid", 41002))
    if named is None:
        raise Refused(40013)
    insist(named is call.account, 40001)
    return _clear_all(call)


def clear_quota_by_secret(call: Call) -> Json:
    _proven(call, call.body.get("appid"), call.body.get("appsecret"))
    return _clear_all(call)


def _clear_all(call: Call) -> Json:
    account = call.account
    account.quota_clears = _spend(account.quota_clears, CLEARS_A_MONTH, call.now)
    account.counts = {}
    return OK


def clear_path(call: Call) -> Json:
    path = _path(call)
    account = call.account
    account.path_clears = _spend(account.path_clears, PATH_CLEARS_A_MONTH, call.now)
    account.counts.pop(path, None)
    return OK


def _spend(past: list[float], most: int, now: float) -> list[float]:
    recent = [at for at in past if now - at < A_MONTH]
    insist(len(recent) < most, 48006)
    return [*recent, now]


def quota(call: Call) -> Json:
    path, account = _path(call), call.account
    limit, used = daily_limit(account, path, call.routes[path]), used_today(account, path, call.world.clock.day())
    told: Json = OK | {"quota": {"daily_limit": limit, "used": used, "remain": max(0, limit - used)}}
    per_minute = minute_limit(account, path)
    return told | ({"rate_limit": {"call_count": per_minute, "refresh_second": 60}} if per_minute else {})


def _path(call: Call) -> str:
    path = call.text("cgi_path", 76021)
    insist(not path.startswith("/sns/"), 76022)
    insist(path in call.routes, 76021)
    return path


def request_by_rid(call: Call) -> Json:
    rid = call.text("rid", 76002)
    insist(RID.fullmatch(rid), 76002)
    found = call.world.record.by_rid.get(rid)
    if found is None:
        raise Refused(76001)
    insist(found.account == call.account.alias, 76003)
    insist(call.now - found.at < A_WEEK, 76004)
    told = {
        "invoke_time": int(found.at),
        "cost_in_ms": int(found.ms),
        "request_url": f"{found.path}?{found.query}",
        "request_body": found.body,
        "response_body": found.answer,
        "client_ip": found.ip,
    }
    return OK | {"request": told}
