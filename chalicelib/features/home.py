"""Today at a glance: how many follow, how thirty days went, what runs, and what wants somebody's attention."""

from __future__ import annotations

import re

import msgspec

from ..services import Account, Services
from ..wechat.errors import CATALOGUE
from . import followers, qrcodes, tags
from .days import A_DAY
from .followers.growth import Day, history
from .followers.growth import today as growth_today
from .segments.fields import day_text

DAYS = 30
SOON = 3 * A_DAY  # seconds before its end at which a QR code is worth a word
CODES_LOOKED_AT = 500
A_MINUTE = 60
CHINESE = re.compile("[\u4e00-\u9fff]")
CODE = re.compile(r"-?[0-9]{1,8}\b")
# What an alarm is about, where its text does not say so itself.
ABOUT = {
    "token": ("令牌", "Token"),
    "forced": ("令牌", "Token"),
    "sync": ("粉丝同步", "Follower sync"),
    "templates": ("模板消息", "Template messages"),
    "template": ("一个模板", "A template"),
}


class Today(msgspec.Struct, frozen=True):
    """`joined` came for the first time, `returned` had been here before."""

    joined: int
    left: int
    returned: int


class OneDay(msgspec.Struct, frozen=True):
    day: str
    joined: int
    left: int
    returned: int
    total: int


class Sync(msgspec.Struct, frozen=True):
    """`state` is running, done or failed, and never before the first; `reason` says why it failed."""

    state: str
    started: int = 0
    listed: int = 0
    chunks: int = 0
    finished: int = 0
    changed: int = 0
    gone: int = 0
    percent: int = 0
    ended: int = 0
    reason: str = ""


class Alarm(msgspec.Struct, frozen=True):
    what: str
    since: int
    words: str


class Todo(msgspec.Struct, frozen=True):
    """`room` is where in the console it can be seen to."""

    what: str
    words: str
    count: int
    room: str


class Home(msgspec.Struct, frozen=True):
    """`days` end with today; there are none before the first night has counted."""

    followers: int
    today: Today
    days: list[OneDay]
    sync: Sync | None
    alarms: list[Alarm]
    todo: list[Todo]


def look(svc: Services, account: Account) -> Home:
    now = growth_today(svc, account)
    past = history(svc, account, now.day - DAYS + 1, now.day - 1)
    return Home(
        followers=now.total,
        today=Today(now.joined, now.left, now.returned),
        days=[_day(one) for one in [*past, now]] if past else [],
        sync=sync(svc, account),
        alarms=alarms(svc, account),
        todo=svc.cached(f"todo#{account.alias}", A_MINUTE, lambda: todo(svc, account)),
    )


def sync(svc: Services, account: Account) -> Sync | None:
    """How far the newest run is; None if there never was one."""
    state = followers.sync_state(svc, account)
    return msgspec.convert(state, Sync) if state else None


def alarms(svc: Services, account: Account) -> list[Alarm]:
    """What only a person can mend, the newest first."""
    found = svc.table.under(f"account#{account.alias}", "alarm#")
    told = [_alarm(item["sk"].removeprefix("alarm#"), item["since"], item["words"]) for item in found]
    return sorted(told, key=lambda alarm: alarm.since, reverse=True)


def todo(svc: Services, account: Account) -> list[Todo]:
    """Small things that can wait, but not for ever."""
    differing, ending = tags.drift.differing(svc, account), _ending_codes(svc, account)
    hints = (
        Todo("drift", "标签人数和微信不一致。Tags have other people than at WeChat.", differing, "tags"),
        Todo("expiring", "二维码三天内到期。QR codes expire within three days.", ending, "qrcodes"),
    )
    return [hint for hint in hints if hint.count]


def _ending_codes(svc: Services, account: Account) -> int:
    codes, _ = qrcodes.page(svc, account, limit=CODES_LOOKED_AT)
    return sum(svc.now() < code.expires_at <= svc.now() + SOON for code in codes)


def _alarm(what: str, since: int, text: str) -> Alarm:
    """An alarm that quotes WeChat is put into words: its code, what that means, and what to do."""
    code = CODE.match(text)
    if CHINESE.search(text):
        return Alarm(what, since, text)
    zh, en = ABOUT.get(what.partition("#")[0], (what, what))
    known = CATALOGUE.get(int(code[0])) if code else None
    if known is None:
        return Alarm(what, since, f"{zh}：{text}。{en}: {text}.")
    refusal = f"{zh}：{known.meaning_zh}。{known.advice_zh}{en}: {known.meaning_en}. {known.advice_en}"
    return Alarm(what, since, refusal)


def _day(one: Day) -> OneDay:
    return OneDay(day_text(one.day), one.joined, one.left, one.returned, one.total)
