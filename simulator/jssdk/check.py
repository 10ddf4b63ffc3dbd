"""What WeChat says to wx.config: the account, the domain, the signature over a live ticket, the viewer."""

from __future__ import annotations

import hashlib
import hmac

from simulator.accounts import Account, Json
from simulator.platform.authorize import covered
from simulator.platform.credentials import live_tickets
from simulator.platform.rights import may

BAD_APP_ID = "config:fail,Error: AppID 无效"
BAD_DOMAIN = "config:invalid url domain"
BAD_SIGNATURE = "config:invalid signature"
SNAPSHOT = "config:fail,Error: 快照页不支持 JS-SDK"
SHARING = {
    "updateAppMessageShareData",
    "updateTimelineShareData",
    "onMenuShareTimeline",
    "onMenuShareAppMessage",
    "onMenuShareQQ",
    "onMenuShareWeibo",
    "onMenuShareQZone",
}


def verdict(account: Account | None, told: Json, openid: str, now: float) -> Json:
    """`{"errMsg"}` as wx.error or wx.ready gets it, and the apis that this page may use from then on."""
    if account is None:
        return {"errMsg": BAD_APP_ID, "may": []}
    wrong = _wrong(account, told, openid, now)
    wanted = [str(name) for name in told.get("jsApiList") or []]
    allowed = [name for name in wanted if name not in SHARING or may(account, "share")]
    return {"errMsg": wrong or "config:ok", "may": [] if wrong else allowed}


def _wrong(account: Account, told: Json, openid: str, now: float) -> str:
    url = page_of(told)
    if not covered(account.js_domains or account.oauth_domains, url):
        return BAD_DOMAIN
    if not any(_signed(ticket, told, url) for ticket in live_tickets(account, now)):
        return BAD_SIGNATURE
    person = account.people.get(openid)
    return SNAPSHOT if person and person.preview else ""


def page_of(told: Json) -> str:
    return str(told.get("url", "")).partition("#")[0]


def _signed(ticket: str, told: Json, url: str) -> bool:
    """The clock plays no part: WeChat takes an old timestamp, as long as the ticket lives."""
    nonce, timestamp = str(told.get("nonceStr") or ""), str(told.get("timestamp") or "")
    if not nonce or not timestamp.isdigit():
        return False
    line = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}"
    return hmac.compare_digest(hashlib.sha1(line.encode()).hexdigest(), str(told.get("signature") or "").strip())
