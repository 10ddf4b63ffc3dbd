"""Out to WeChat and back: a state works once, in the browser that began, and a redirect that comes twice is one visit.

    pk state#<fingerprint>   sk state   {code_mark, cookie, ticket, is_virtual, expires}   twenty minutes

Beginning writes nothing: what the sign-in is about is sealed into a cookie of the browser. WeChat's clients and
browsers are known to follow the same redirect twice, even in parallel. WeChat takes a code once, so it is the lock:
whoever has its yes stores the result under the state, and whoever has its no looks there for up to seven seconds. What
happened before WeChat's yes is as if it had not been, so a reload tries again; what was lost after it means starting
again.

Whoever signs in silently, and is in this browser already, goes on with the visit that they have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from ...errors import BadInput, Forbidden, Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat.errors import AccountStopped, PersonRefused, Unreachable, WeChatError
from ...wechat.oauth import NOBODY, OAuthToken, Profile
from .. import alarms
from ..days import A_DAY
from . import tickets, visits
from .addresses import allowed_page, origin_of, with_ticket

Item = dict[str, Any]

TEN_MINUTES, TWENTY_MINUTES = 600, 1200
SCOPES = ("snsapi_base", "snsapi_userinfo")
CODE_USED = 40163
WAIT_FOR_TWIN = 7.0  # seconds that a doubled redirect waits for the one that WeChat answers, who may ask it twice
LONGEST = 9.0  # seconds in all: api_handler is ended after ten
LOOK_EVERY = 0.1
NONCE = re.compile(r"[\x21-\x7e]{0,100}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
STATE = re.compile(r"[A-Za-z0-9]{43}")
AGAIN = "登录已失效，请重新开始，请在微信中打开。This sign-in has expired; please start again; please open in WeChat."
LOST = (
    "登录没有接上，请重新开始：请在微信中打开，并允许 Cookie。This sign-in did not begin in this browser, or the "
    "browser keeps no cookies: please start again, please open in WeChat, and allow cookies."
)
REFUSED = "您没有同意授权，如要登录请重新开始。You did not allow it. If you want to sign in, please start again."
AWAY = "微信暂时没有回应，请稍后刷新本页。WeChat does not answer right now; please reload this page in a moment."


@dataclass(frozen=True)
class Wish:
    """What a page asks of a sign-in; `nonce` and the challenge (PKCE, RFC 7636) matter to other sites only."""

    goes_to: str
    scope: str = "snsapi_base"
    nonce: str = ""
    challenge: str = ""
    method: str = ""


@dataclass(frozen=True)
class Beginning:
    """Where to send the browser, and the cookie that proves on return that it is the same browser."""

    url: str
    goes_to: str
    mark: str
    cookie: str


@dataclass(frozen=True)
class Return:
    """What a browser comes back with: the code, "" for a refusal, the state, the cookie of this beginning, the
    visitor's from before, "" for none, and what it says of itself."""

    code: str
    state: str
    begun: str
    visit: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class Finished:
    """Where to go on; the visitor's cookie, "" for none, and how many seconds it lasts; when the sign-in began.
    `repeated`: it had ended before this redirect came once more. `openid` is "" for nobody real."""

    goes_to: str
    cookie: str
    seconds: int
    began: int
    repeated: bool = field(default=False, compare=False)
    openid: str = field(default="", compare=False)


def begin(svc: Services, account: Account, site: str, wish: Wish) -> Beginning:
    """`site` is our own public address. Nothing is stored."""
    if not account.may_sign_in:
        raise Forbidden("只有已认证的服务号可以网页登录。Only verified service accounts can sign visitors in.")
    _check(wish)
    state = svc.keys.one_time()[:43].replace("-", "0").replace("_", "1")  # WeChat takes letters and digits only
    begun: Item = {
        "account": account.alias,
        "state": svc.keys.fingerprint(state),
        "goes_to": allowed_page(wish.goes_to, site, account.then_origins),
        "at": svc.now(),
        "scope": wish.scope,
        "nonce": wish.nonce,
        "challenge": wish.challenge,
    }
    back = f"{site}/oauth/{account.alias}/return"
    url = account.wechat.oauth.authorize_url(svc.settings.wechat_open, back, wish.scope, state)
    return Beginning(url, begun["goes_to"], mark_of(state), svc.keys.seal("begun", begun))


def mark_of(state: str) -> str:
    """Part of the cookie's name, so that sign-ins in several tabs do not disturb each other; "" for no state."""
    return state[:8] if STATE.fullmatch(state) else ""


def begun_at(svc: Services, cookie: str) -> int:
    """When the sign-in of this cookie began; 0 if it is none, or too old to be finished."""
    begun = svc.keys.unseal("begun", cookie)
    return int(begun["at"]) if begun and 0 <= svc.now() - begun["at"] < TEN_MINUTES else 0


def finish(svc: Services, account: Account, site: str, came: Return) -> Finished:
    """Trade the code for a visit. BadInput says to start again, Unavailable to reload."""
    begun = _begun(svc, account, site, came)
    if not came.code:
        raise BadInput(REFUSED, _start(account, site, begun))
    begun["code_mark"] = mark = svc.keys.digest("code", account.alias + came.code)
    found = svc.table.get(f"state#{begun['state']}", "state")
    stored = found or _ask_wechat(svc, account, site, begun, came)
    if stored is not None and stored["is_virtual"] and stored["code_mark"] != mark:
        # Who leaves a snapshot by its 使用完整服务 comes back with a new code for the old state.
        return Finished(_start(account, site, begun), "", 0, begun["at"])
    if stored is None or stored["code_mark"] != mark:
        raise BadInput(AGAIN, _start(account, site, begun))
    goes_to = with_ticket(begun["goes_to"], stored["ticket"]) if stored["ticket"] else begun["goes_to"]
    seconds = visits.lifetime(svc, stored["is_virtual"])
    openid = "" if stored["is_virtual"] else visits.holder(svc, account, stored["cookie"])
    return Finished(goes_to, stored["cookie"], seconds, begun["at"], found is not None, openid)


def _start(account: Account, site: str, begun: Item) -> str:
    """The same beginning once more."""
    wish = {"then": begun["goes_to"], "scope": begun["scope"], "nonce": begun["nonce"]}
    wish |= {"code_challenge": begun["challenge"], "code_challenge_method": "S256"} if begun["challenge"] else {}
    return f"{site}/oauth/{account.alias}/start?{urlencode(wish)}"


def _check(wish: Wish) -> None:
    if wish.scope not in SCOPES:
        raise BadInput("scope 不对。scope must be snsapi_base or snsapi_userinfo.")
    if not NONCE.fullmatch(wish.nonce):
        raise BadInput("nonce 不对。nonce must be at most 100 visible ASCII characters.")
    if not wish.challenge and not wish.method:
        return
    # Without a method RFC 7636 means "plain", which shows the verifier to whoever sees the address.
    if wish.method != "S256" or not CHALLENGE.fullmatch(wish.challenge):
        raise BadInput(
            "PKCE 参数不对。code_challenge must be the 43 characters of a SHA-256 in base64url, "
            "and code_challenge_method must be S256."
        )


def _begun(svc: Services, account: Account, site: str, came: Return) -> Item:
    begun = svc.keys.unseal("begun", came.begun) if came.begun and came.state else None
    if begun is None or begun["state"] != svc.keys.fingerprint(came.state) or begun["account"] != account.alias:
        raise BadInput(LOST)
    allowed_page(begun["goes_to"], site, account.then_origins)  # its site may have left the list meanwhile
    if not 0 <= svc.now() - begun["at"] < TEN_MINUTES:
        raise BadInput(AGAIN, _start(account, site, begun))
    return begun


def _ask_wechat(svc: Services, account: Account, site: str, begun: Item, came: Return) -> Item | None:
    """What is stored in the end; None if WeChat does not take the code, and no other copy has its yes."""
    asked = svc.clock.time()
    try:
        known = account.wechat.oauth.exchange(svc.app_secret(account), came.code)
    except PersonRefused as refused:
        left = asked + LONGEST - svc.clock.time()
        return _twin(svc, begun, min(WAIT_FOR_TWIN, left) if refused.code == CODE_USED else 0)
    except (Unreachable, WeChatError) as error:
        log.warning("account %s: a sign-in failed at WeChat: %s", account.alias, error)
        if isinstance(error, AccountStopped):
            # Nobody looks for it at a sign-in that succeeds, so it ends by itself.
            alarms.ring(svc, account, "sign_in", error.advice, lasts=A_DAY)
        raise Unavailable(AWAY) from None
    return _keep(svc, account, site, begun, known, came)


def _twin(svc: Services, begun: Item, patience: float) -> Item | None:
    """What another copy of this redirect has stored, or stores within so many seconds."""
    give_up = svc.clock.time() + patience
    while True:
        found = svc.table.get(f"state#{begun['state']}", "state", fresh=True)
        if found is not None or svc.clock.time() >= give_up:
            return found
        svc.clock.sleep(LOOK_EVERY)


def _keep(svc: Services, account: Account, site: str, begun: Item, known: OAuthToken, came: Return) -> Item:
    """The visit, and then the state with its result. If another code was faster, a visit that began here never was."""
    older = visits.going_on(svc, account, known, came.visit)
    visit = older or visits.begin(svc, account, known, _profile(svc, account, known), came.user_agent)
    origin = origin_of(begun["goes_to"])
    elsewhere = origin != origin_of(site)
    item: Item = {
        "pk": f"state#{begun['state']}",
        "sk": "state",
        "code_mark": begun["code_mark"],
        "cookie": visit.cookie,
        "ticket": tickets.give(svc, account, known.openid, visit.name, begun | {"origin": origin}) if elsewhere else "",
        "is_virtual": known.is_snapshotuser,
        "expires": svc.now() + TWENTY_MINUTES,
    }
    earlier = svc.table.put_new(item)
    if earlier is not None and older is None:
        visits.end(svc, account, known.openid, visit.name)
    return earlier or item


def _profile(svc: Services, account: Account, known: OAuthToken) -> Profile:
    """Nickname and picture. Without them the person is signed in all the same."""
    if not known.has_profile or known.is_snapshotuser:
        return NOBODY
    try:
        return account.wechat.oauth.userinfo(known.access_token, known.openid)
    except (Unreachable, WeChatError) as error:
        log.warning(
            "account %s: %s signs in without a profile: %s", account.alias, svc.keys.person(known.openid), error
        )
        return NOBODY
