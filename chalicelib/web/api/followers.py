"""/api/{account}/followers: who follows, and asking WeChat for all of them; one person is in person.py."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ...errors import Forbidden
from ...features import finding, followers, home, segments
from ...features.finding import Wanted
from ...features.followers import Row
from ...features.home import Sync
from ...features.segments.fields import day_text
from ...services import Account
from .door import Call, door

MOST_LISTED = 100
LONGEST_SEARCH = 128
PLACE = r"^([0-9]{11}#[A-Za-z0-9_@.\-]{1,128})?$"
UNVERIFIED = "这个公众号未认证，微信不让它管理粉丝。This account is not verified; WeChat lets it manage no followers."
TagId = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class ListQuery(msgspec.Struct):
    """`search` is part of a name or the beginning of an openid."""

    search: Annotated[str, msgspec.Meta(max_length=LONGEST_SEARCH)] = ""
    tag: TagId = 0
    segment: Annotated[str, msgspec.Meta(max_length=64)] = ""
    sort: Literal["new", "old"] = "new"
    cursor: Annotated[str, msgspec.Meta(pattern=PLACE)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


class Listed(msgspec.Struct):
    """`last_active` is a day as of last night, "" for never; `scene` is how they found the account."""

    openid: str
    name: str
    since: int
    scene: str
    qr_scene: str
    tags: list[int]
    last_active: str
    messages: int
    blocked: bool
    language: str


class FollowerList(msgspec.Struct):
    """`looked` followers were looked at for this page. It may be empty and yet have a cursor: go on to its end."""

    items: list[Listed]
    cursor: str
    looked: int


@door(
    "GET",
    "/api/{account}/followers",
    needs="followers:read",
    asks=ListQuery,
    gives=FollowerList,
    says="粉丝：可按备注、名字、openid 开头、标签、人群找。"
    "Followers; found by remark, name, beginning of the openid, tag or segment.",
)
def listed(call: Call, account: str) -> FollowerList:
    asked: ListQuery = call.query
    tea = call.svc.accounts[account]
    wanted = Wanted(asked.search.strip(), asked.tag, _question(call, tea, asked.segment), asked.sort == "old")
    found = finding.find(call.svc, tea, wanted, asked.cursor, asked.limit)
    return FollowerList([_listed(row) for row in found.rows], found.cursor, found.looked)


@door(
    "POST",
    "/api/{account}/followers/sync",
    needs="followers:write",
    gives=Sync,
    status=202,
    says="从微信同步所有粉丝，在后台进行。Bring all followers from WeChat, in the background.",
)
def sync(call: Call, account: str) -> Sync:
    tea = verified(call, account)
    followers.start_sync(call.svc, tea)
    return home.sync(call.svc, tea) or Sync("never")


@door(
    "GET",
    "/api/{account}/followers/sync",
    needs="followers:read",
    gives=Sync,
    says="同步到哪里了。How far the sync is.",
)
def sync_state(call: Call, account: str) -> Sync:
    return home.sync(call.svc, call.svc.accounts[account]) or Sync("never")


def verified(call: Call, account: str) -> Account:
    """The account, if WeChat lets it manage followers."""
    tea = call.svc.accounts[account]
    if not tea.may_list_followers:
        raise Forbidden(UNVERIFIED)
    return tea


def _question(call: Call, account: Account, segment: str) -> dict[str, Any] | None:
    if not segment:
        return None
    if not call.who.may("segments:read"):
        raise Forbidden("按人群筛选需要 segments:read。To choose by segment you need segments:read.")
    return segments.find(call.svc, account, segment).question


def _listed(row: Row) -> Listed:
    card = row.card
    return Listed(
        openid=row.openid,
        name=card.name,
        since=row.since,
        scene=card.scene,
        qr_scene=card.qr_scene,
        tags=list(card.tags),
        last_active=shown_day(card.last_active),
        messages=card.messages,
        blocked=bool(card.blocked),
        language=card.language,
    )


def shown_day(number: int) -> str:
    """A day's number as 2026-11-20, "" for never."""
    return day_text(number) if number else ""
