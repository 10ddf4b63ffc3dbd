"""Who visits our web pages, known through WeChat's OAuth redirect.

    pk state#<fingerprint>   sk state   {account, goes_to, browser, expires}         ten minutes, taken once
    pk code#<fingerprint>    sk code    {state_mark, browser, cookie, goes_to, failed, expires}   ten minutes, too
    pk person#<account>#<openid>   sk visit#<id>   {since, granted, is_virtual, expires}

The visitor's cookie is opaque: {account, openid, visit} sealed with the stage's key. It is worth nothing once its visit
is gone, so erasing a person ends their visits too. WeChat's clients and browsers are known to follow the same redirect
twice, even in parallel: whoever comes second with the same code, state and browser gets the first one's visit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..errors import AppError, BadInput, Conflict, Forbidden, Unavailable
from ..observe import log
from ..services import Account, Services
from ..wechat.errors import PersonRefused, Unreachable, WeChatError
from . import people
from .days import A_DAY

Item = dict[str, Any]

TEN_MINUTES = 600
BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")
SCOPES = ("snsapi_base", "snsapi_userinfo")
WAIT_FOR_TWIN = 3.0  # seconds that a doubled redirect waits for the first one's exchange
LONGEST_ADDRESS = 1000
_REST = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*"
PLAIN_PATH = re.compile(rf"/(?!/){_REST}")
PLAIN_ADDRESS = re.compile(rf"(?P<origin>https?://[a-z0-9.-]+(?::[0-9]{{1,5}})?)(?:/{_REST})?")
AGAIN = "登录已失效，请重新开始。This sign-in has expired; please start again."


@dataclass(frozen=True)
class Beginning:
    """Where to send the browser, and the cookie that proves on return that it is the same browser."""

    url: str
    browser: str


@dataclass(frozen=True)
class Visit:
    cookie: str
    goes_to: str


@dataclass(frozen=True)
class Visitor:
    """`virtual`: WeChat's snapshot mode, where openid stands for nobody; never tie anything to it."""

    openid: str
    virtual: bool
    since: int


def begin(svc: Services, account: Account, goes_to: str, site: str, browser: str, scope: str) -> Beginning:
    """`site` is our own public address; `browser` the cookie's earlier value, or "" for a first visit."""
    if not account.may_sign_in:
        raise Forbidden("只有已认证的服务号可以网页登录。Only verified service accounts can sign visitors in.")
    if scope not in SCOPES:
        raise BadInput("scope 不对。scope must be snsapi_base or snsapi_userinfo.")
    state = svc.keys.one_time()[:43].replace("-", "0").replace("_", "1")  # WeChat takes letters and digits only
    browser = browser if BROWSER.fullmatch(browser) else svc.keys.one_time()
    svc.table.put(
        {
            "pk": f"state#{svc.keys.fingerprint(state)}",
            "sk": "state",
            "account": account.alias,
            "goes_to": allowed_page(goes_to, site, account.then_origins),
            "browser": svc.keys.fingerprint(browser),
            "expires": svc.now() + TEN_MINUTES,
        }
    )
    back = f"{site}/oauth/{account.alias}/return"
    return Beginning(account.wechat.oauth.authorize_url(svc.settings.wechat_open, back, scope, state), browser)


def finish(svc: Services, account: Account, code: str, state: str, browser: str) -> Visit:
    """Trade the code for a visit; a state works once, in the browser that began. BadInput says to start again."""
    if not (code and state and browser):
        raise BadInput(AGAIN)
    item: Item = {
        "pk": f"code#{svc.keys.digest('code', account.alias + code)}",
        "sk": "code",
        "state_mark": svc.keys.fingerprint(state),
        "browser": svc.keys.fingerprint(browser),
        "expires": svc.now() + TEN_MINUTES,
    }
    earlier = svc.table.put_new(item)
    if earlier is not None:
        return _twin(svc, item, earlier)
    try:
        goes_to = _take_state(svc, account, state, browser)
        visit = Visit(_visit(svc, account, code), goes_to)
    except AppError:
        # State and code are spent: whoever asks again is told to start again, and need not wait.
        svc.table.update(item["pk"], "code", {"failed": True})
        raise
    svc.table.update(item["pk"], "code", {"cookie": visit.cookie, "goes_to": visit.goes_to})
    return visit


def visitor(svc: Services, account: Account, cookie: str) -> Visitor | None:
    """Who holds this cookie, or None. Half a read unit."""
    sealed = svc.keys.unseal("visit", cookie) if cookie else None
    if sealed is None or sealed["account"] != account.alias:
        return None
    visit = svc.table.get(people.key(account, sealed["openid"]), f"visit#{sealed['visit']}")
    if visit is None or visit["expires"] < svc.now():
        return None
    return Visitor(sealed["openid"], visit["is_virtual"], visit["since"])


def allowed_page(goes_to: str, site: str, origins: tuple[str, ...]) -> str:
    """The whole address of a page on our own site, or on one of the account's listed origins; else BadInput.

    A path belongs to our site. Browsers read `//x` and `/\\x` as another host and forgive much more, so an address
    passes only if it consists of plain characters and its origin is, letter for letter, one that is listed.
    """
    if PLAIN_PATH.fullmatch(goes_to):
        goes_to = site + goes_to
    own, found = PLAIN_ADDRESS.fullmatch(site), PLAIN_ADDRESS.fullmatch(goes_to)
    listed = own and found and found["origin"] in (own["origin"], *origins)
    if not listed or len(goes_to) > LONGEST_ADDRESS:
        raise BadInput("then 只能是本站或已登记网站的页面。then must be a page of this site or of a listed one.")
    return goes_to


def _twin(svc: Services, item: Item, earlier: Item) -> Visit:
    """The same redirect a second time: what the first one got, if it is the same browser with the same state."""
    if (earlier["state_mark"], earlier["browser"]) != (item["state_mark"], item["browser"]):
        raise BadInput(AGAIN)
    give_up = svc.clock.time() + WAIT_FOR_TWIN
    found: Item | None = earlier
    while found is not None and not {"cookie", "failed"} & found.keys():
        if svc.clock.time() > give_up:
            raise Conflict("正在登录，请稍候再试。Signing in; please try again in a moment.")
        svc.clock.sleep(0.05)
        found = svc.table.get(item["pk"], "code", fresh=True)
    if found is None or "failed" in found:
        raise BadInput(AGAIN)
    return Visit(found["cookie"], found["goes_to"])


def _take_state(svc: Services, account: Account, state: str, browser: str) -> str:
    begun = svc.table.take(f"state#{svc.keys.fingerprint(state)}", "state")
    if begun is None or begun["expires"] < svc.now() or begun["account"] != account.alias:
        raise BadInput(AGAIN)
    if begun["browser"] != svc.keys.fingerprint(browser):
        raise BadInput(AGAIN)
    return str(begun["goes_to"])


def _visit(svc: Services, account: Account, code: str) -> str:
    """Exchange the code and keep the visit: its cookie."""
    try:
        known = account.wechat.oauth.exchange(svc.app_secret(account), code)
    except PersonRefused:
        raise BadInput(AGAIN) from None
    except (Unreachable, WeChatError) as error:
        log.warning("account %s: a sign-in failed at WeChat: %s", account.alias, error)
        raise Unavailable("微信暂时没有回应，请稍后再试。WeChat does not answer right now; please try again.") from None
    visit = svc.keys.one_time()[:22]
    svc.table.put(
        {
            "pk": people.key(account, known.openid),
            "sk": f"visit#{visit}",
            "since": svc.now(),
            "granted": known.scope,
            "is_virtual": known.is_snapshotuser,
            "expires": svc.now() + svc.settings.visit_days * A_DAY,
        }
    )
    return svc.keys.seal("visit", {"account": account.alias, "openid": known.openid, "visit": visit})
