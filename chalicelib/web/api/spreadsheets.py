"""/api/{account}/followers/export and /import: people as CSV; every row is checked before any is applied."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from chalice.app import Response

from ...errors import BadInput, Forbidden
from ...features import operators, segments, spreadsheets
from ...features.spreadsheets import Import, Outcome, cursors
from ...services import Account
from .. import http
from .door import Call, door

MOST_EXPORTED = 500
LONGEST_CURSOR = 192  # a place on a shelf, signed
NEXT = "X-Next-Cursor"  # of a page that is not JSON
ONE_FILE = "请给 csv（文字）或 file（base64）之一。Give either csv (text) or file (base64)."


class ExportQuery(msgspec.Struct):
    """As `csv` the cursor of the next page is in the header X-Next-Cursor."""

    segment: Annotated[str, msgspec.Meta(max_length=64)] = ""
    cursor: Annotated[str, msgspec.Meta(max_length=LONGEST_CURSOR)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_EXPORTED)] = MOST_EXPORTED
    format: Literal["json", "csv"] = "json"


class ExportPage(msgspec.Struct):
    """Rows by column; facts are columns of their own. A page may be empty, and yet have a cursor."""

    items: list[dict[str, str | int | bool | list[str]]]
    cursor: str


class ImportQuery(msgspec.Struct):
    apply: Literal["", "yes"] = ""


class ImportBody(msgspec.Struct, forbid_unknown_fields=True):
    """Either `csv`, the text, or `file`, the file itself in base64, whose encoding is then found out."""

    csv: str = ""
    file: bytes = b""


@door(
    "GET",
    "/api/{account}/followers/export",
    needs="followers:read",
    asks=ExportQuery,
    gives=ExportPage,
    plain="text/csv",
    says="粉丝，一页页导出；CSV 可直接用表格软件打开。Followers page by page; as CSV safe to open in a spreadsheet.",
)
def export(call: Call, account: str) -> ExportPage | Response:
    asked: ExportQuery = call.query
    tea = call.svc.accounts[account]
    question = _question(call, tea, asked.segment)
    what = f"followers#{account}#{asked.segment}"
    begun = cursors.read(call.svc, what, asked.cursor)
    items, more = spreadsheets.page(call.svc, tea, question, begun, asked.limit)
    cursor = cursors.signed(call.svc, what, more)
    if not asked.cursor:
        operators.note_deed(call.svc, call.who, "spreadsheets_export", asked.segment, account)
    if asked.format == "json":
        return ExportPage(items, cursor)
    response = http.text(spreadsheets.write(spreadsheets.rows_of(items)), "text/csv")
    response.headers[NEXT] = cursor
    return response


@door(
    "POST",
    "/api/{account}/followers/import",
    needs="followers:write",
    asks=ImportQuery,
    takes=ImportBody,
    gives=Outcome,
    says="检查 CSV 的每一行；?apply=yes 且没有错误时在后台写入，进度看 imports。"
    "Check each row of a CSV; with ?apply=yes and no mistake it is applied in the background, see imports.",
)
def take(call: Call, account: str) -> Outcome:
    body: ImportBody = call.body
    if bool(body.csv) == bool(body.file):
        raise BadInput(ONE_FILE)
    sheet = spreadsheets.read(body.csv) if body.csv else spreadsheets.read_bytes(body.file)
    source, apply = f"api:{call.who.name}", call.query.apply == "yes"
    return spreadsheets.import_people(call.svc, call.svc.accounts[account], sheet, source, apply)


@door(
    "GET",
    "/api/{account}/imports/{item}",
    needs="followers:read",
    gives=Import,
    says="导入的进度和结果，保留一周。How far an import is, and which rows were refused; kept for a week.",
)
def progress(call: Call, account: str, item: str) -> Import:
    return spreadsheets.find(call.svc, call.svc.accounts[account], item)


def _question(call: Call, account: Account, segment: str) -> dict[str, object] | None:
    if not segment:
        return None
    if not call.who.may("segments:read"):
        raise Forbidden("按人群筛选需要 segments:read。To choose by segment you need segments:read.")
    return segments.find(call.svc, account, segment).question
