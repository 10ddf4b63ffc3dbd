"""All that is known of who somebody is: follower or visitor or both, and where else they are the same person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import NotFound
from ...services import Account, Services
from .. import followers, people
from . import unions

Item = dict[str, Any]

UNKNOWN = "不认识这个人：没有关注过，也没有登录。Nobody by this openid has followed or visits this account."


@dataclass(frozen=True)
class KnownVisit:
    """`virtual`: WeChat's snapshot mode, where nothing is real."""

    since: int
    scope: str
    virtual: bool
    expires: int


@dataclass(frozen=True)
class Elsewhere:
    account: str
    openid: str


@dataclass(frozen=True)
class Identity:
    """`consented`: when the person allowed nickname and picture, 0 for never. `same_person` names this account too."""

    openid: str
    unionid: str
    follower: bool
    visitor: bool
    visits: tuple[KnownVisit, ...]
    nickname: str
    picture: str
    consented: int
    same_person: tuple[Elsewhere, ...]


def find(svc: Services, account: Account, openid: str) -> Identity:
    pk = people.key(account, openid)
    profile, union = followers.profile(svc, account, openid), unions.kept(svc, account, openid)
    visits = [visit for visit in svc.table.under(pk, "visit#") if visit["expires"] >= svc.now()]
    if profile is None and union is None and not visits:
        raise NotFound(UNKNOWN)
    visits.sort(key=lambda visit: visit["since"])
    newest = max(visits, key=lambda visit: visit.get("consented", 0), default=Item())
    named = sorted([*visits, *([union] if union else [])], key=lambda item: item["since"])
    return Identity(
        openid=openid,
        unionid=next((item["unionid"] for item in reversed(named) if "unionid" in item), ""),
        follower=bool(profile and profile["following"]),
        visitor=bool(visits),
        visits=tuple(_visit(visit) for visit in visits),
        nickname=newest.get("nickname", ""),
        picture=newest.get("picture", ""),
        consented=newest.get("consented", 0),
        same_person=tuple(Elsewhere(*one) for one in unions.same_person(svc, account, openid)),
    )


def _visit(visit: Item) -> KnownVisit:
    return KnownVisit(visit["since"], visit["granted"], visit["is_virtual"], visit["expires"])
