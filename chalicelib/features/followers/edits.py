"""What operators change of a person at WeChat: there first, then here, so that we never claim what WeChat refused."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import BadInput, Conflict, NotFound, Unavailable
from ...services import Account, Services
from ...wechat.errors import PersonRefused, Unreachable, WeChatError
from .change import Item, change, is_following

LONGEST_REMARK = 29  # bytes; WeChat wants fewer than thirty
NOBODY = "没有这位粉丝。There is no such follower."


def set_remark(svc: Services, account: Account, openid: str, remark: str) -> Item:
    """The account's own name for this person; "" takes it away."""
    if len(remark.encode()) > LONGEST_REMARK:
        raise BadInput("备注太长：最多 29 字节，约 9 个汉字。A remark has at most 29 bytes, some nine Chinese letters.")
    _must_follow(svc, account, openid)
    _at_wechat(lambda: account.wechat.users.remark(openid, remark))
    return _changed(change(svc, account, openid, lambda profile: {"remark": remark}))


def set_blocked(svc: Services, account: Account, openid: str, blocked: bool) -> Item:
    """On WeChat's blacklist, or off it: who is on it stays a follower, but their messages are not delivered."""
    _must_follow(svc, account, openid)
    users = account.wechat.users
    _at_wechat(lambda: users.block([openid]) if blocked else users.unblock([openid]))
    return _changed(change(svc, account, openid, lambda profile: {"blocked": blocked}))


def _must_follow(svc: Services, account: Account, openid: str) -> None:
    if not is_following(svc, account, openid):
        raise NotFound(NOBODY)


def _at_wechat(call: Callable[[], None]) -> None:
    try:
        call()
    except PersonRefused as error:
        raise Conflict(f"微信不接受：{error.entry.meaning_zh}。WeChat refuses: {error.entry.meaning_en}.") from None
    except (WeChatError, Unreachable):
        raise Unavailable("微信暂时没有回应，请稍后再试。WeChat does not answer right now; please try again.") from None


def _changed(profile: Item | None) -> Item:
    if profile is None:
        raise NotFound(NOBODY)
    return profile
