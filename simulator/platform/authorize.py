"""The sign-in page on open.weixin.qq.com: who is looking, silently or asked, as a full person or as a snapshot."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from flask import Response

from simulator.accounts import Account, Grant, Person
from simulator.platform import consent
from simulator.platform.call import Call
from simulator.platform.rights import may
from simulator.world import random_text

CODE_LIFE = 300
MOST_SHOWN = 20
SCOPES = {"snsapi_base", "snsapi_userinfo"}
STATE = re.compile(r"[\x21-\x7e]{0,128}")
LOOPBACK = {"127.0.0.1", "localhost"}
VIEWER = "simulated_phone"
JS_SDK_PAGES = "/res.wx.qq.com"


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
    return _seen(call, account, account.person(openid))


def _seen(call: Call, account: Account, person: Person) -> Response:
    """A snapshot page opens without a question: what it tells is nobody's."""
    grant = _grant(call, account, person)
    if not grant.virtual and _asks(call, account, person):
        return consent.ask(account, person, _allow(account, grant))
    return _go(account, person, grant)


def _asks(call: Call, account: Account, person: Person) -> bool:
    """Silent: the bare openid, a script that speaks for the person, a follower in the chat, who allowed it before."""
    if call.query["scope"] != "snsapi_userinfo" or call.consent or not call.browser:
        return False
    if person.consent == "withdrawn" or _full(call):
        return True
    if account.silent_for_followers and call.framed and person.follows:
        return False  # from the chat or the menu; forcePopup changes nothing here
    return person.consent != "given" or call.query.get("forcePopup") == "true"


def _full(call: Call) -> bool:
    """The button of a snapshot page was pressed."""
    return call.query.get("full") == "1"


def _choose(call: Call, account: Account) -> Response:
    ways = [(p, _allow(account, _grant(call, account, p))) for p in account.followers()[:MOST_SHOWN]]
    return consent.choose(account, call.query["scope"] == "snsapi_userinfo", ways)


def _wrong(account: Account, query: dict[str, str]) -> tuple[str, int] | None:
    if not may(account, "oauth") or query.get("scope") not in SCOPES:
        return "Scope 参数错误或没有 Scope 权限 this account may not use this scope", 10005
    if not covered(account.oauth_domains, query.get("redirect_uri", "")):
        return "redirect_uri 域名与后台配置不一致 the host of redirect_uri is not the configured one", 10003
    if query.get("response_type") != "code" or not STATE.fullmatch(query.get("state", "")):
        return "参数错误 response_type must be code, state at most 128 visible characters", 10004
    return None


def covered(domains: list[str], uri: str) -> bool:
    """The whole host must be listed, or host/path; a port is allowed on loopback only."""
    try:
        parts = urlsplit(uri)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or (port and host not in LOOPBACK):
        return False
    return any(_covers(domain, host, parts.path) for domain in domains)


def _covers(domain: str, host: str, path: str) -> bool:
    listed, slash, under = domain.partition("/")
    return listed.partition(":")[0] == host and (not slash or f"{path}/".startswith(f"/{under.rstrip('/')}/"))


def _grant(call: Call, account: Account, person: Person) -> Grant:
    """A fresh code for this person, and the website's address with it."""
    query, code = call.query, random_text(32)
    uri, _, _ = query["redirect_uri"].partition("#")
    given = urlencode({"code": code, "state": query.get("state", "")})
    goes_to = f"{uri}{'&' if '?' in uri else '?'}{given}"
    virtual = (person.snapshot or query.get("forceSnapShot") == "true") and not _full(call)
    grant = Grant(code, person.openid, query["scope"], call.now + CODE_LIFE, goes_to=goes_to, virtual=virtual)
    grant.asked = urlencode({name: value for name, value in query.items() if name != "forceSnapShot"})
    account.codes[code] = grant
    return grant


def _allow(account: Account, grant: Grant) -> str:
    """Relative, so that it holds wherever this page is reached; the website's address never shows in it."""
    return f"allow?{urlencode({'code': grant.value, 'appid': account.app_id})}"


def allow(call: Call) -> Response:
    """The button was pressed: from now on this is known, and the website hears of it."""
    account = call.world.by_app_id(call.query.get("appid", ""))
    grant = account.codes.get(call.query.get("code", "")) if account else None
    if account is None or grant is None:
        return consent.error("页面已过期，请重新打开 this page has expired, open it again", 10004)
    call.owner = account
    person = account.person(grant.openid)
    if not grant.virtual and grant.scope == "snsapi_userinfo":
        person.consent = "given"
    return _go(account, person, grant)


def refuse(call: Call) -> Response:
    return consent.refused()


def _go(account: Account, person: Person, grant: Grant) -> Response:
    """Back to the website; the JS-SDK's file, and it only, learns whose browser this is."""
    if grant.virtual:
        person.preview = f"{grant.asked}&full=1"
    else:
        person.preview, person.snapshot = "", False  # who came in full is not shown a snapshot again
    response = Response(status=302, headers={"Location": grant.goes_to})
    response.set_cookie(VIEWER, f"{account.alias}:{person.openid}", path=JS_SDK_PAGES, samesite="Lax")
    return response
