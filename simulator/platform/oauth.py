"""Web OAuth: the authorize page on open.weixin.qq.com, and sns/* on api.weixin.qq.com."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlencode, urlsplit

from flask import Response

from simulator.accounts import Account, Grant, Json, Person
from simulator.platform import consent
from simulator.platform.call import OK, Call
from simulator.platform.errors import Refused, insist
from simulator.platform.rights import count, may
from simulator.world import random_text

CODE_LIFE = 300
TOKEN_LIFE = 7200
THIRTY_DAYS = 30 * 86400
MOST_SHOWN = 20
SCOPES = {"snsapi_base", "snsapi_userinfo"}
STATE = re.compile(r"[\x21-\x7e]{0,128}")
LOOPBACK = {"127.0.0.1", "localhost"}


def authorize(call: Call) -> Response:
    """Who is looking comes from the in-app browser, or from `openid`; a browser of neither kind is asked."""
    query = call.query
    account = call.world.by_app_id(query.get("appid", ""))
    if account is None:
        return consent.error("AppID 参数错误 unknown AppID", 10013)
    call.owner = account
    wrong = _wrong(account, query)
    if wrong:
        return consent.error(*wrong)
    openid = call.browser or query.get("openid", "")
    if not openid:
        return _choose(call, account)
    if call.consent == "no" and query["scope"] == "snsapi_userinfo":
        return consent.refused()
    return Response(status=302, headers={"Location": _back(call, account, account.person(openid))})


def _choose(call: Call, account: Account) -> Response:
    people = account.followers()[:MOST_SHOWN]
    ways = [(person.nickname, _back(call, account, person)) for person in people]
    return consent.choose(account, call.query["scope"] == "snsapi_userinfo", ways)


def _wrong(account: Account, query: dict[str, str]) -> tuple[str, int] | None:
    if not may(account, "oauth") or query.get("scope") not in SCOPES:
        return "Scope 参数错误或没有 Scope 权限 this account may not use this scope", 10005
    if not _listed(account, query.get("redirect_uri", "")):
        return "redirect_uri 域名与后台配置不一致 the host of redirect_uri is not the configured one", 10003
    if query.get("response_type") != "code" or not STATE.fullmatch(query.get("state", "")):
        return "参数错误 response_type must be code, state at most 128 visible characters", 10004
    return None


def _listed(account: Account, uri: str) -> bool:
    """The whole host must be listed, or host/path; a port is allowed on loopback only."""
    try:
        parts = urlsplit(uri)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or (port and host not in LOOPBACK):
        return False
    return any(_covers(domain, host, parts.path) for domain in account.oauth_domains)


def _covers(domain: str, host: str, path: str) -> bool:
    listed, slash, under = domain.partition("/")
    return listed.partition(":")[0] == host and (not slash or f"{path}/".startswith(f"/{under.rstrip('/')}/"))


def _back(call: Call, account: Account, person: Person) -> str:
    """The website's address with a fresh code for this person."""
    grant = Grant(random_text(32), person.openid, call.query["scope"], call.now + CODE_LIFE)
    account.codes[grant.value] = grant
    uri, _, _ = call.query["redirect_uri"].partition("#")
    given = urlencode({"code": grant.value, "state": call.query.get("state", "")})
    return f"{uri}{'&' if '?' in uri else '?'}{given}"


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
    return _granted(call, account, Grant(random_text(86), grant.openid, grant.scope, call.now + THIRTY_DAYS))


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
        "openid": _shown_openid(person),
        "scope": grant.scope,
    }
    told |= {"is_snapshotuser": 1} if person.snapshot else {}
    return told | _unionid(account, person, grant)


def _unionid(account: Account, person: Person, grant: Grant) -> Json:
    if not account.open_platform or grant.scope != "snsapi_userinfo":
        return {}
    return {"unionid": _virtual(person.unionid) if person.snapshot else person.unionid}


def _shown_openid(person: Person) -> str:
    """On a snapshot page nothing about the person is real."""
    return _virtual(person.openid) if person.snapshot else person.openid


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
        "openid": _shown_openid(person),
        "nickname": "微信用户" if person.snapshot else person.nickname,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": f"{call.world.home}/mmbiz.qpic.cn/avatar",
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
                insist(_shown_openid(account.person(grant.openid)) == openid, 40003)
                return account, grant
    raise Refused(40014)
