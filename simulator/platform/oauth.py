"""Web OAuth behind the sign-in page: sns/* on api.weixin.qq.com, where codes become tokens and tokens a profile."""

from __future__ import annotations

import hashlib

from simulator import faces
from simulator.accounts import Account, Grant, Json, Person
from simulator.platform.call import OK, Call
from simulator.platform.errors import Refused, insist
from simulator.platform.rights import count
from simulator.world import random_text

TOKEN_LIFE = 7200
THIRTY_DAYS = 30 * 86400


def exchange(call: Call) -> Json:
    account = _app(call)
    insist(call.query.get("secret"), 41004)
    insist(call.query["secret"] == account.secret, 40125)
    insist(call.query.get("grant_type") == "authorization_code", 40002)
    insist(call.query.get("code"), 41008)
    grant = account.codes.get(call.query["code"])
    if grant is None:
        raise Refused(40029)
    insist(not grant.used, 40163)
    insist(call.now < grant.expires, 42003)
    grant.used = True
    kept = Grant(random_text(86), grant.openid, grant.scope, call.now + THIRTY_DAYS, virtual=grant.virtual)
    return _granted(call, account, kept)


def refresh(call: Call) -> Json:
    account = _app(call)
    insist(call.query.get("grant_type") == "refresh_token", 40002)
    insist(call.query.get("refresh_token"), 41003)
    grant = account.grants.get(call.query["refresh_token"])
    if grant is None:
        raise Refused(40030)
    insist(call.now < grant.expires, 42002)
    told = _granted(call, account, grant)
    return {name: told[name] for name in ("openid", "access_token", "expires_in", "refresh_token", "scope")}


def _app(call: Call) -> Account:
    insist(call.query.get("appid"), 41002)
    account = call.world.by_app_id(call.query["appid"])
    if account is None:
        raise Refused(40013)
    call.owner = account
    count(call, call.routes[call.path])
    return account


def _granted(call: Call, account: Account, grant: Grant) -> Json:
    """`grant.value` is the refresh token; it keeps its end, the access token is new."""
    grant.access_token, grant.access_expires = random_text(86), call.now + TOKEN_LIFE
    account.grants[grant.value] = grant
    person = account.person(grant.openid)
    told: Json = {
        "access_token": grant.access_token,
        "expires_in": TOKEN_LIFE,
        "refresh_token": grant.value,
        "openid": _shown_openid(grant),
        "scope": grant.scope,
    }
    told |= {"is_snapshotuser": 1} if grant.virtual else {}
    return told | _unionid(account, person, grant)


def _unionid(account: Account, person: Person, grant: Grant) -> Json:
    if not account.open_platform or grant.scope != "snsapi_userinfo":
        return {}
    return {"unionid": _virtual(person.unionid) if grant.virtual else person.unionid}


def _shown_openid(grant: Grant) -> str:
    """On a snapshot page nothing about the person is real."""
    return _virtual(grant.openid) if grant.virtual else grant.openid


def _virtual(value: str) -> str:
    return "o" + hashlib.sha256(f"snapshot {value}".encode()).hexdigest()[:27]


def check(call: Call) -> Json:
    _grant_of(call)
    return OK


def userinfo(call: Call) -> Json:
    account, grant = _grant_of(call)
    insist(grant.scope == "snsapi_userinfo", 48001)
    person = account.person(grant.openid)
    told: Json = {
        "openid": _shown_openid(grant),
        "nickname": "微信用户" if grant.virtual else person.nickname,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": faces.address(call.world.home, account, None if grant.virtual else person),
        "privilege": [],
    }
    return told | _unionid(account, person, grant)


def _grant_of(call: Call) -> tuple[Account, Grant]:
    """Whose token it is: these tokens belong to a person and are none of the platform's."""
    token, openid = call.query.get("access_token", ""), call.query.get("openid", "")
    insist(token, 41001)
    insist(openid, 41009)
    for account in call.world.accounts.values():
        for grant in account.grants.values():
            if grant.access_token == token:
                call.owner = account
                insist(call.now < grant.access_expires, 42001)
                insist(_shown_openid(grant) == openid, 40003)
                return account, grant
    raise Refused(40014)


def withdraw(account: Account, openid: str, now: float) -> None:
    """What a person allowed is over from now on: refreshing says 42002, the old access token 42001."""
    for grant in [*account.grants.values(), *account.codes.values()]:
        if grant.openid == openid and grant.scope == "snsapi_userinfo":
            grant.expires, grant.access_expires = min(grant.expires, now), min(grant.access_expires, now)
