"""/api/{account}/menus: the draft, what is live, what was published, and how often each entry is tapped."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...errors import BadInput, NotFound
from ...features import days, menus
from ...features.menus import Change, Clicks, Draft, Live, Menu, Problem, Tried, Version
from ...features.menus.versions import LONGEST_NUMBER
from ...features.segments.fields import day_number, day_text
from .door import Call, door

MOST_LISTED = 50
MOST_DAYS = 400
USUAL_DAYS = 30
Whole = Annotated[int, msgspec.Meta(ge=0, le=999_999)]
DayText = Annotated[
    str,
    msgspec.Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$", description="如 2026-11-20。Such as 2026-11-20."),
]


class Checked(msgspec.Struct):
    """`difference`: what publishing it would change of what we published last."""

    problems: list[Problem]
    difference: list[Change]


class Overview(msgspec.Struct):
    """`live`: what we published last; `newest`: the newest version, even if refused. WeChat is not asked."""

    draft: Draft
    problems: list[Problem]
    difference: list[Change]
    live: Version | None
    newest: Version | None
    may_publish: bool


class SavedDraft(msgspec.Struct):
    draft: Draft
    problems: list[Problem]


class MenuBody(msgspec.Struct, forbid_unknown_fields=True):
    menu: Menu


class DraftBody(msgspec.Struct, forbid_unknown_fields=True):
    """`version`: the one that was seen, 0 if there was none; if there is a newer one, 409 with `details.difference`."""

    menu: Menu
    version: Whole


class LoadBody(msgspec.Struct, forbid_unknown_fields=True):
    """`number` 0: what is live at WeChat now; else an earlier version. `version` is the draft's that was seen."""

    version: Whole
    number: Whole = 0


class PublishBody(msgspec.Struct, forbid_unknown_fields=True):
    """`version` of the draft that was seen."""

    version: Whole


class VersionList(msgspec.Struct):
    """The newest first."""

    items: list[Version]
    cursor: str


class ListQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,6}$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 20


class TryQuery(msgspec.Struct):
    openid: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class ClickQuery(msgspec.Struct, rename={"first": "from", "last": "to"}):
    first: DayText = ""
    last: DayText = ""
    number: Whole = 0


class OneDay(msgspec.Struct):
    day: str
    clicks: int


class OneEntry(msgspec.Struct):
    """Of version `number`; `menu` 0 is the ordinary one. `days` has only those with a tap."""

    number: int
    menu: int
    button: str
    name: str
    kind: str
    clicks: int
    days: list[OneDay]


class EntryList(msgspec.Struct):
    """Entries of the newest version first; those of kinds that WeChat does not tell of are not in it."""

    items: list[OneEntry]
    cursor: str = ""


@door(
    "GET",
    "/api/{account}/menus",
    needs="menus:read",
    gives=Overview,
    says="菜单：草稿、它的问题、和线上的差别、线上版本。"
    "The menu: the draft, its faults, what differs from what is live, and that.",
)
def overview(call: Call, account: str) -> Overview:
    svc, tea = call.svc, call.svc.accounts[account]
    draft, live = menus.draft(svc, tea), menus.live_version(svc, tea)
    told = _checked(call, account, draft.menu) if draft.version else Checked([], [])
    return Overview(draft, told.problems, told.difference, live, menus.newest(svc, tea), tea.may_send_custom)


@door(
    "PUT",
    "/api/{account}/menus/draft",
    needs="menus:write",
    takes=DraftBody,
    gives=SavedDraft,
    says="保存草稿，有问题也能存；别人先改了就是 409，details 里有差别。"
    "Save the draft, faults and all. 409 if somebody was quicker; `details` shows what differs.",
)
def save(call: Call, account: str) -> SavedDraft:
    body: DraftBody = call.body
    draft = menus.save(call.svc, call.svc.accounts[account], body.menu, body.version, call.who.name)
    return _saved(call, account, draft)


@door(
    "POST",
    "/api/{account}/menus/draft/load",
    needs="menus:write",
    takes=LoadBody,
    gives=SavedDraft,
    says="把线上的菜单或某个版本放进草稿。Take what is live, or an earlier version, as the draft.",
)
def load(call: Call, account: str) -> SavedDraft:
    body, tea = call.body, call.svc.accounts[account]
    if body.number:
        draft = menus.version_to_draft(call.svc, tea, body.number, body.version, call.who.name)
    else:
        draft = menus.to_draft(call.svc, tea, body.version, call.who.name)
    return _saved(call, account, draft)


@door(
    "POST",
    "/api/{account}/menus/check",
    needs="menus:read",
    takes=MenuBody,
    gives=Checked,
    says="按微信的限制检查一份菜单，不保存。Hold a menu against WeChat's limits; nothing is saved.",
)
def check(call: Call, account: str) -> Checked:
    return _checked(call, account, call.body.menu)


@door(
    "GET",
    "/api/{account}/menus/live",
    needs="menus:read",
    gives=Live,
    says="现在问微信：线上是什么、谁做的、和草稿差在哪。"
    "Ask WeChat: what is live, who made it, what the draft would change.",
)
def look(call: Call, account: str) -> Live:
    return menus.look(call.svc, call.svc.accounts[account])


@door(
    "POST",
    "/api/{account}/menus/publish",
    needs="menus:write",
    takes=PublishBody,
    gives=Version,
    status=202,
    says="发布草稿：微信不接受就是 409，线上不变；stage 是 publishing 时后台继续，看 versions。"
    "Publish the draft. 409 if WeChat refuses, and what was live stays; with stage publishing it goes on by itself.",
)
def publish(call: Call, account: str) -> Version:
    return menus.publish(call.svc, call.svc.accounts[account], call.body.version, call.who.name)


@door(
    "GET",
    "/api/{account}/menus/versions",
    needs="menus:read",
    asks=ListQuery,
    gives=VersionList,
    says="发布过的版本，新的在前，微信没接受的也在。What was published, the newest first, with what WeChat refused.",
)
def versions(call: Call, account: str) -> VersionList:
    asked: ListQuery = call.query
    cursor = asked.cursor.zfill(LONGEST_NUMBER) if asked.cursor else ""
    return VersionList(*menus.page(call.svc, call.svc.accounts[account], cursor, asked.limit))


@door(
    "GET",
    "/api/{account}/menus/versions/{item}",
    needs="menus:read",
    gives=Version,
    says="一个版本，和它发布得怎样了。One version, and how far its publication is.",
)
def version(call: Call, account: str, item: str) -> Version:
    return menus.find_version(call.svc, call.svc.accounts[account], _number(item))


@door(
    "POST",
    "/api/{account}/menus/versions/{item}/rollback",
    needs="menus:write",
    gives=Version,
    status=202,
    says="退回这个版本：作为新版本再发布一次，草稿不变。Back to this version: published anew; the draft stays.",
)
def roll_back(call: Call, account: str, item: str) -> Version:
    return menus.roll_back(call.svc, call.svc.accounts[account], _number(item), call.who.name)


@door(
    "GET",
    "/api/{account}/menus/try",
    needs="menus:read",
    asks=TryQuery,
    gives=Tried,
    says="某个粉丝看到哪个菜单：微信怎么说，我们怎么推算。What a follower sees: by WeChat, and by our own reckoning.",
)
def try_as(call: Call, account: str) -> Tried:
    return menus.try_as(call.svc, call.svc.accounts[account], call.query.openid)


@door(
    "GET",
    "/api/{account}/menus/clicks",
    needs="menus:read",
    asks=ClickQuery,
    gives=EntryList,
    says="每个版本的每一项每天被点多少次。How often each entry of each version was tapped, by day.",
)
def clicks(call: Call, account: str) -> EntryList:
    asked: ClickQuery = call.query
    found = menus.counted(call.svc, call.svc.accounts[account], *_asked_days(call), asked.number)
    return EntryList([_entry(one) for one in found])


def _checked(call: Call, account: str, menu: Menu) -> Checked:
    svc, tea = call.svc, call.svc.accounts[account]
    live = menus.live_version(svc, tea)
    return Checked(menus.problems(svc, tea, menu), menus.difference(live.menu if live else Menu(), menu))


def _saved(call: Call, account: str, draft: Draft) -> SavedDraft:
    return SavedDraft(draft, menus.problems(call.svc, call.svc.accounts[account], draft.menu))


def _entry(one: Clicks) -> OneEntry:
    told = msgspec.structs.asdict(one)
    return OneEntry(**told | {"days": [OneDay(day_text(day), often) for day, often in sorted(one.days.items())]})


def _number(item: str) -> int:
    if not (item.isascii() and item.isdigit() and len(item) <= LONGEST_NUMBER):
        raise NotFound("没有这个版本的菜单。There is no such version of the menu.")
    return int(item)


def _asked_days(call: Call) -> tuple[int, int]:
    """The last thirty days, where nothing else is asked for."""
    try:
        last = day_number(call.query.last) if call.query.last else days.today(call.svc.now())
        first = day_number(call.query.first) if call.query.first else last - USUAL_DAYS + 1
    except ValueError:
        raise BadInput("没有这一天。There is no such day.") from None
    if not 0 <= last - first < MOST_DAYS or first < 0:
        raise BadInput(f"from 要在 to 之前，最多 {MOST_DAYS} 天。from comes before to, by {MOST_DAYS} days at most.")
    return first, last
