"""/api/{account}/campaigns: what is sent to many; written, started, paused, resumed, cancelled."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...features.campaigns import Campaign, control, reading, store
from .door import Call, door

MOST_LISTED = 100
LONGEST_CURSOR = 40
Version = Annotated[int, msgspec.Meta(ge=1, le=999_999)]


class CampaignBody(msgspec.Struct, forbid_unknown_fields=True):
    """Documented in docs/campaigns.md. What is wrong is told with its place: `variants[0].fields.thing1`."""

    document: dict[str, Any]


class ChangedCampaign(msgspec.Struct, forbid_unknown_fields=True):
    """`version`: the one that was seen. If there is a newer one by now: 409, with what is different in `details`."""

    document: dict[str, Any]
    version: Version


class CampaignList(msgspec.Struct):
    """The newest first."""

    items: list[Campaign]
    cursor: str


class CampaignQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(max_length=LONGEST_CURSOR)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


@door(
    "GET",
    "/api/{account}/campaigns",
    needs="campaigns:read",
    asks=CampaignQuery,
    gives=CampaignList,
    says="活动，最新的在前。The campaigns, the newest first.",
)
def listed(call: Call, account: str) -> CampaignList:
    query: CampaignQuery = call.query
    return CampaignList(*store.listed(call.svc, call.svc.accounts[account], query.cursor, query.limit))


@door(
    "POST",
    "/api/{account}/campaigns",
    needs="campaigns:write",
    takes=CampaignBody,
    gives=Campaign,
    status=201,
    says="新建活动，先是草稿。Create a campaign; it is a draft until it is started.",
)
def create(call: Call, account: str) -> Campaign:
    svc, place = call.svc, call.svc.accounts[account]
    return store.create(svc, place, reading.check(svc, place, call.body.document), call.who.name)


@door(
    "GET",
    "/api/{account}/campaigns/{item}",
    needs="campaigns:read",
    gives=Campaign,
    says="一个活动：内容和进展到哪一步。One campaign: what it says, and its phase.",
)
def one(call: Call, account: str, item: str) -> Campaign:
    return store.find(call.svc, call.svc.accounts[account], item)


@door(
    "PUT",
    "/api/{account}/campaigns/{item}",
    needs="campaigns:write",
    takes=ChangedCampaign,
    gives=Campaign,
    says="修改：草稿，或还没到时间的。Change a draft, or one whose time has not come.",
)
def change(call: Call, account: str, item: str) -> Campaign:
    body: ChangedCampaign = call.body
    return control.change(call.svc, call.svc.accounts[account], item, body.document, body.version, call.who.name)


@door(
    "DELETE",
    "/api/{account}/campaigns/{item}",
    needs="campaigns:write",
    says="删除草稿、已结束或已取消的活动，连同名单。"
    "Remove a draft, or one that is over or cancelled, with the list of who got it.",
)
def remove(call: Call, account: str, item: str) -> None:
    control.remove(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/campaigns/{item}/copy",
    needs="campaigns:write",
    gives=Campaign,
    status=201,
    says="复制成一份草稿。A draft that says the same.",
)
def copy(call: Call, account: str, item: str) -> Campaign:
    made = control.copy(call.svc, call.svc.accounts[account], item, call.who.name)
    call.about.append(made.campaign_id)
    return made


@door(
    "POST",
    "/api/{account}/campaigns/{item}/start",
    needs="campaigns:write",
    gives=Campaign,
    says="启动，或定在它的时间发。Start it, or have it started at its time.",
)
def start(call: Call, account: str, item: str) -> Campaign:
    return control.start(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/campaigns/{item}/pause",
    needs="campaigns:write",
    gives=Campaign,
    says="暂停，几秒内停下。Pause it; within seconds nothing more is sent.",
)
def pause(call: Call, account: str, item: str) -> Campaign:
    return control.pause(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/campaigns/{item}/resume",
    needs="campaigns:write",
    gives=Campaign,
    says="从停下的地方继续，也可以不再等待。Go on from where it stopped, or do not wait any longer.",
)
def resume(call: Call, account: str, item: str) -> Campaign:
    return control.resume(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/campaigns/{item}/cancel",
    needs="campaigns:write",
    gives=Campaign,
    says="取消：还没发的都不发了，不能恢复。Cancel it: nobody else gets it, and that cannot be undone.",
)
def cancel(call: Call, account: str, item: str) -> Campaign:
    return control.cancel(call.svc, call.svc.accounts[account], item)
