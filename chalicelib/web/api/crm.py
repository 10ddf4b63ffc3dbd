"""/api/{account}/ids and …/endpoints/{item}/sync: what other systems call a person, and the first sync with a CRM."""

from __future__ import annotations

import msgspec

from ...features import crm, followers
from .door import Call, door

IDS, SYNC = "/api/{account}/ids", "/api/{account}/endpoints/{item}/sync"


class IdsBody(msgspec.Struct, forbid_unknown_fields=True):
    """All of them, each time: what is not named is an ordinary attribute again."""

    ids: list[str]


class Ids(msgspec.Struct):
    """Attributes by which events may name a follower; no two followers have the same."""

    items: list[str]
    cursor: str = ""


class SyncBody(msgspec.Struct, forbid_unknown_fields=True):
    """`again`: everybody from the beginning, also where the last sync stopped half-way."""

    again: bool = False


@door(
    "GET",
    IDS,
    needs="integrations:read",
    gives=Ids,
    says="哪些属性是其他系统的编号。Which attributes are ids of other systems.",
)
def ids(call: Call, account: str) -> Ids:
    return Ids(list(followers.ids.marked(call.svc, call.svc.accounts[account])))


@door(
    "PUT",
    IDS,
    needs="integrations:write",
    takes=IdsBody,
    gives=Ids,
    says="把属性标为编号：每个值只属于一位关注者。Mark attributes as ids: each value belongs to one follower only.",
)
def mark_ids(call: Call, account: str) -> Ids:
    call.about.append(" ".join(call.body.ids)[:200])
    return Ids(list(followers.ids.mark(call.svc, call.svc.accounts[account], call.body.ids)))


@door(
    "POST",
    SYNC,
    needs="integrations:write",
    takes=SyncBody,
    gives=crm.Fill,
    status=202,
    says="和 CRM 同步全部关注者；中断过的从断点继续。"
    "Sync all followers with the CRM; one that was interrupted goes on where it was.",
)
def begin_sync(call: Call, account: str, item: str) -> crm.Fill:
    return crm.begin(call.svc, call.svc.accounts[account], item, again=call.body.again)


@door(
    "GET",
    SYNC,
    needs="integrations:read",
    gives=crm.Fill,
    says="和 CRM 同步到哪一步了。How far the sync with the CRM is.",
)
def sync(call: Call, account: str, item: str) -> crm.Fill:
    return crm.state(call.svc, call.svc.accounts[account], item)
