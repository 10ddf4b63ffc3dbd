"""/api/{account}/campaigns/{item}/results and beside it: what became of a campaign, and of everybody in it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from chalice.app import Response

from ...features import operators
from ...features.campaigns import comparing, exporting, funnel, of_person, recipients
from ...features.campaigns.comparing import Compared
from ...features.campaigns.funnel import Results
from ...features.campaigns.of_person import Got
from ...features.campaigns.recipients import Recipient
from .. import http
from .door import Call, door
from .spreadsheets import NEXT

MOST_LISTED = 100
Cursor = Annotated[str, msgspec.Meta(max_length=60)]
Stage = Literal[
    "", "planned", "accepted", "held", "delivered", "refused", "failed", "unknown", "unreported", "suppressed",
    "cancelled", "holdout", "clicked", "converted",
]  # fmt: skip


class RecipientQuery(msgspec.Struct):
    stage: Stage = ""
    cursor: Cursor = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


class RecipientList(msgspec.Struct):
    """A page may be short, or empty, and yet have a cursor. Without followers:read nobody is named."""

    items: list[Recipient]
    cursor: str


class CsvQuery(msgspec.Struct):
    """The cursor of the next page is in the header X-Next-Cursor; the pages put together are one file."""

    cursor: Annotated[str, msgspec.Meta(max_length=100)] = ""


class ComparisonQuery(msgspec.Struct):
    """Ids of campaigns, with commas between."""

    items: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ComparisonList(msgspec.Struct):
    items: list[Compared]
    cursor: str = ""


class PersonQuery(msgspec.Struct):
    cursor: Cursor = ""


class GotList(msgspec.Struct):
    items: list[Got]
    cursor: str


@door(
    "GET",
    "/api/{account}/campaigns/{item}/results",
    needs="campaigns:read",
    gives=Results,
    says="进度、每个版本的漏斗、原因，和到时候才下的结论。"
    "Progress, what became of everybody by variant, why, and a verdict once it is time for one.",
)
def results(call: Call, account: str, item: str) -> Results:
    return funnel.results(call.svc, call.svc.accounts[account], item)


@door(
    "GET",
    "/api/{account}/campaigns/{item}/recipients",
    needs="campaigns:read",
    asks=RecipientQuery,
    gives=RecipientList,
    says="收件人和各自的结果，可按状态筛选。Who was meant and what became of each, all or of one stage.",
)
def people(call: Call, account: str, item: str) -> RecipientList:
    asked: RecipientQuery = call.query
    tea = call.svc.accounts[account]
    found, cursor = recipients.page(call.svc, tea, item, asked.stage, asked.cursor, asked.limit)
    if not call.who.may("followers:read"):
        found = [msgspec.structs.replace(one, openid="", name="") for one in found]
    return RecipientList(found, cursor)


@door(
    "GET",
    "/api/{account}/campaigns/{item}/export.csv",
    needs="followers:read",
    asks=CsvQuery,
    gives=str,
    plain="text/csv",
    says="全部收件人，一页页导出为 CSV，可直接用表格软件打开；会记入操作记录。"
    "All recipients, page by page, as CSV that is safe to open in a spreadsheet; noted in the audit log.",
)
def export(call: Call, account: str, item: str) -> Response:
    asked: CsvQuery = call.query
    text, cursor = exporting.page(call.svc, call.svc.accounts[account], item, asked.cursor)
    if not asked.cursor:
        operators.note_deed(call.svc, call.who, "campaigns_export", item, account)
    response = http.text(text, "text/csv")
    response.headers[NEXT] = cursor
    return response


@door(
    "GET",
    "/api/{account}/campaign-comparison",
    needs="campaigns:read",
    asks=ComparisonQuery,
    gives=ComparisonList,
    says="几个活动的数字并排看。The figures of some campaigns side by side.",
)
def comparison(call: Call, account: str) -> ComparisonList:
    ids = [one.strip() for one in call.query.items.split(",") if one.strip()]
    return ComparisonList(comparing.compare(call.svc, call.svc.accounts[account], ids))


@door(
    "GET",
    "/api/{account}/followers/{item}/campaigns",
    needs="campaigns:read",
    asks=PersonQuery,
    gives=GotList,
    says="一个人在最近 90 天里收到的活动。The campaigns of the last 90 days that one person was in.",
)
def of_one(call: Call, account: str, item: str) -> GotList:
    return GotList(*of_person.page(call.svc, call.svc.accounts[account], item, call.query.cursor))
