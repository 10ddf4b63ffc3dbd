"""What a person takes back or changes in WeChat's own settings, and the platform tells the account of."""

from __future__ import annotations

from simulator.accounts import Json
from simulator.doors import CannotDo
from simulator.jssdk.shares import WORDS, keep
from simulator.phone.act import Act
from simulator.platform.oauth import withdraw

PLATFORM = "wxplatform_authorization"
PROFILE = {205, 301}  # nickname and picture; everything
REVOCABLE = {*range(201, 208), 301}
LONGEST_NAME = 32


def revoke(act: Act, told: Json) -> Json:
    """`{"what": [205]}`: the grants die first, then the account hears of it."""
    what = told.get("what", [205])
    if not isinstance(what, list) or not what or not set(map(str, what)) <= set(map(str, REVOCABLE)):
        raise CannotDo(400, '需要 {"what": [205]} what is withdrawn: 201 to 207, or 301 for everything')
    if PROFILE & {int(one) for one in what}:
        _withdraw(act)
    _tell(act, "user_authorization_revoke", RevokeInfo=",".join(map(str, what)))
    return act.told()


def _withdraw(act: Act) -> None:
    with act.world.lock:
        act.person.consent = "withdrawn"
        withdraw(act.account, act.person.openid, act.world.clock.now())


def cancel(act: Act, told: Json) -> Json:
    """The person deleted their WeChat account: they follow nothing any more, and nothing they allowed holds."""
    _withdraw(act)
    with act.world.lock:
        act.person.unfollow()
        act.person.cookies.clear()
    _tell(act, "user_authorization_cancellation")
    return act.told()


def rename(act: Act, told: Json) -> Json:
    """A new nickname, and so a new picture; the event says only that something changed."""
    nickname = told.get("nickname")
    if not isinstance(nickname, str) or not 0 < len(nickname.strip()) <= LONGEST_NAME:
        raise CannotDo(400, '需要 {"nickname": "…"} a nickname of 1 to 32 characters is needed')
    with act.world.lock:
        act.person.nickname = nickname.strip()
    _tell(act, "user_info_modified")
    return act.told()


def _tell(act: Act, event: str, **more: str) -> None:
    """These come from the platform itself; the person is in OpenID."""
    fields = {"MsgType": "event", "Event": event, "FromUserName": PLATFORM, "OpenID": act.person.openid}
    unionid = {"UnionID": act.person.unionid} if act.account.open_platform else {}
    act.send(fields | unionid | {"AppID": act.account.app_id} | more)


def share(act: Act, told: Json) -> Json:
    """A card that a page has set is sent on: `{"to": "friend" or "timeline", "title", "desc", "link", "imgUrl"}`."""
    to = told.get("to", "friend")
    if to not in {"friend", "timeline"} or not isinstance(told.get("link"), str):
        raise CannotDo(400, '需要 {"to": "friend", "link": "…"} to is friend or timeline, and a link is needed')
    card = {name: str(told.get(name) or "") for name in WORDS}
    keep(act.world, act.account, act.person.openid, card | {"api": "", "page": "", "to": to, "sent": True})
    return act.told()
