"""/api/{account}/identities: who somebody is, their profile anew, and signing them out everywhere."""

from __future__ import annotations

from urllib.parse import unquote

import msgspec

from ...errors import NotFound
from ...features import people
from ...features.identities import known, withdrawals
from ...features.identities.known import Identity
from .door import Call, door

ONE = "/api/{account}/identities/{item}"


class Renewal(msgspec.Struct):
    openid: str


@door(
    "GET",
    ONE,
    needs="identities:read",
    gives=Identity,
    says="这个人是谁：粉丝、访客，还是两者都是。Who somebody is: follower, visitor or both.",
)
def find(call: Call, account: str, item: str) -> Identity:
    return known.find(call.svc, call.svc.accounts[account], _openid(item))


@door(
    "POST",
    f"{ONE}/renewals",
    needs="identities:write",
    gives=Renewal,
    status=202,
    says="向微信重新取昵称和头像；没有保存授权时是 409。Ask WeChat for the profile anew; 409 without consent.",
)
def renew(call: Call, account: str, item: str) -> Renewal:
    person = known.find(call.svc, call.svc.accounts[account], _openid(item))
    withdrawals.order_renewal(call.svc, call.svc.accounts[account], person.openid)
    return Renewal(person.openid)


@door("DELETE", f"{ONE}/visits", needs="identities:write", says="让他在各处退出登录。Sign them out everywhere.")
def sign_out(call: Call, account: str, item: str) -> None:
    withdrawals.end_visits(call.svc, call.svc.accounts[account], _openid(item))


def _openid(item: str) -> str:
    """API Gateway leaves a path as it was sent, so `@` may come as `%40`; no openid has a percent sign of its own."""
    openid = unquote(item)
    if not people.OPENID.fullmatch(openid):
        raise NotFound(known.UNKNOWN)
    return openid
