"""What WeChat does not allow of mass messages, and their own quotas: as far as our own book goes.

What was sent in WeChat's console counts too, and only WeChat knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ...services import Account, Services
from ...wechat import masses
from .. import abilities, days, tags, variables
from ..segments import Estimate
from . import mass_parts
from .campaign import Document
from .mass_lists import way_of
from .mass_parts import ALL, LIST, Item
from .problem import Problem

A_MONTH = 4  # that a follower of a service account gets; also, that go to everybody
MOST_CALLS = 100  # a day
TOO_FEW = "群发名单至少要 2 人。WeChat sends mass messages to lists of two or more."
NO_TAG = "没有这个标签。There is no such tag."
SAME_FOR_ALL = "群发对每个人都一样，变量不会替换。A mass message is the same for all: variables stay as they are."
ONE_A_DAY = "订阅号每天只能群发一次，那天已有一次。A subscription account sends one a day, and that day has one."
ALL_ONCE_A_DAY = "每天只能向全部关注者群发一次，那天已有一次。Everybody can be sent one a day, and that day has one."
ALL_FOUR_A_MONTH = "这个月向全部关注者群发已满 4 次。There were four to everybody this month already."
FOUR_A_MONTH = (
    "这个月已群发 {n} 次，收满 4 条的人微信会跳过。"
    "There were {n} mass messages this month; WeChat leaves out whoever has had four."
)
NO_GOAL = (
    "按标签或向全部关注者群发没有名单，目标数不了；选一个人群就可以。"
    "To a tag or to everybody there is no list of people, so the goal cannot be counted; choose a segment for that."
)
NOT_BY_PERSON = (
    "微信只告诉群发的人数，不告诉是谁，所以不能比较版本。"
    "WeChat tells numbers of a mass message and never who, so its versions cannot be compared."
)


def problems(svc: Services, account: Account, document: Document, estimate: Estimate | None) -> Iterator[Problem]:
    way, where = way_of(document), "segment_id" if document.segment_id else "question"
    if way == LIST and (why := abilities.why_not(account, "mass_list")):
        yield Problem(where=where, words=why)
    if way == LIST and estimate and estimate.exact and 0 < estimate.about < masses.FEWEST:
        yield Problem(where=where, words=TOO_FEW)
    if document.tag_id and document.tag_id not in tags.names(svc, account):
        yield Problem(where="tag_id", words=NO_TAG)
    for number, variant in enumerate(document.variants):
        if any(variables.names(str((variant.mass or {}).get("content", "")))):
            yield Problem(where=f"variants[{number}].mass.content", words=SAME_FOR_ALL, blocks=False)
    if document.goal and way != LIST:
        yield Problem(where="goal", words=NO_GOAL, blocks=False)
    if len(document.variants) > 1:
        yield Problem(where="variants", words=NOT_BY_PERSON, blocks=False)
    yield from _quotas(svc, account, document, way)


def _quotas(svc: Services, account: Account, document: Document, way: str) -> Iterator[Problem]:
    at = max(document.send_at, svc.now())
    sent = [one for one in mass_parts.book(svc, account) if mass_parts.counts(one)]
    that_day = [one for one in sent if days.today(one["sent_at"]) == days.today(at)]
    if account.kind == "subscription":
        if that_day:
            yield Problem(where="send_at", words=ONE_A_DAY, blocks=False)
        return
    month = [one for one in sent if _month(one["sent_at"]) == _month(at)]
    if way == ALL and any(one["way"] == ALL for one in that_day):
        yield Problem(where="send_at", words=ALL_ONCE_A_DAY)
    if way == ALL and sum(one["way"] == ALL for one in month) >= A_MONTH:
        yield Problem(where="send_at", words=ALL_FOUR_A_MONTH)
    elif (campaigns := _campaigns(month)) >= A_MONTH:
        yield Problem(where="send_at", words=FOUR_A_MONTH.format(n=campaigns), blocks=False)


def _campaigns(sent: list[Item]) -> int:
    """Many lists may be one message."""
    return len({one["campaign_id"] for one in sent})


def _month(at: int) -> tuple[int, int]:
    """As the calendar in Shanghai has it."""
    day = datetime.fromtimestamp(at + days.SHANGHAI, UTC)
    return day.year, day.month
