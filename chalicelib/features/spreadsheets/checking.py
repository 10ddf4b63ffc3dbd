"""Each row of a file of people: what it would change, or what is wrong with it, in a sentence.

An empty cell leaves things as they are; a tag in a cell is added, and none is taken off. What stands there already is
no change, so a file that was exported comes back without any, and keeps the source and the day of every fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ...errors import BadInput
from ...services import Account, Services
from .. import days, people, tags
from ..followers import Consent
from ..followers.card import MOST_FACTS, Value
from ..followers.edits import LONGEST_REMARK
from ..followers.facts import ONLY_WITH_CONSENT, check
from ..segments.fields import day_number
from ..tags.tagging import MOST_TAGS
from . import columns
from .reading import Mistake, Sheet
from .writing import GUARD, is_risky

MOST_MISTAKES = 500
LONGEST_CELL = 1000  # characters
AT_ONCE = 100
CREW = 8
BETWEEN_TAGS = re.compile(r"[;；|]")
WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")
PHONE = re.compile(r"\+[0-9][0-9 -]{4,19}")
REPLACED = "\ufffd"
UNVERIFIED = "这个公众号未认证，不能改备注。This account is not verified and may not set remarks."

Item = dict[str, Any]


class Change(msgspec.Struct):
    """What a row changes of whom; nothing where the row says what is known already."""

    row: int
    openid: str
    remark: str = ""
    tags: list[int] = []
    facts: dict[str, Value] = {}
    consent: Consent | None = None


class _Wrong(Exception):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


def check_sheet(svc: Services, account: Account, sheet: Sheet, source: str) -> tuple[list[Change], list[Mistake]]:
    """A change for each row; or mistakes, and then none of it may be applied."""
    mistakes = columns.mistakes(sheet.names) + sheet.broken
    if _has(sheet, columns.REMARK) and not account.may_list_followers:
        mistakes.append(Mistake(1, columns.REMARK, UNVERIFIED))
    if any(one.row == 1 for one in mistakes):
        return [], mistakes
    ids = {tag.name: tag.tag_id for tag in tags.listed(svc, account)} if _has(sheet, columns.TAGS) else {}
    known = _known(svc, account, sheet)
    seen: dict[str, int] = {}
    changes = []
    for number, cells in sheet.rows:
        try:
            row = _cells(sheet, cells)
            openid = _openid(row, seen, number)
            changes.append(_change(svc, number, row, known.get(people.key(account, openid)), ids, source))
        except _Wrong as wrong:
            mistakes.append(Mistake(number, wrong.column, wrong.message))
    return changes, sorted(mistakes, key=lambda one: one.row)[:MOST_MISTAKES]


def differing(facts: Mapping[str, Value], profile: Item) -> dict[str, Value]:
    """Those that are not known yet, or not with this value."""
    known = profile.get("facts", {})
    return {name: value for name, value in facts.items() if str(known.get(name, {}).get("value", "")) != str(value)}


def profiles(svc: Services, account: Account, openids: Sequence[str]) -> dict[str, Item]:
    """By their key; of those who follow."""
    keys = [(people.key(account, openid), "profile") for openid in openids]
    parts = [keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE)]
    names = ("following", "remark", "tag_ids", "facts")
    with ThreadPoolExecutor(CREW) as crew:
        found = crew.map(lambda part: list(svc.table.get_many(part, *names)), parts)
        return {item["pk"]: item for part in found for item in part if item["following"]}


def _known(svc: Services, account: Account, sheet: Sheet) -> dict[str, Item]:
    at = [columns.known(name) for name in sheet.names].index(columns.OPENID)
    openids = {_plain(cells[at]) for _, cells in sheet.rows if at < len(cells)}
    return profiles(svc, account, sorted(openid for openid in openids if people.OPENID.fullmatch(openid)))


def _cells(sheet: Sheet, cells: list[str]) -> dict[str, str]:
    """Our name of each column -> what stands in it, without those that are empty."""
    if len(cells) != len(sheet.names):
        zh = f"这一行有 {len(cells)} 格，列名有 {len(sheet.names)} 个"
        raise _Wrong("", f"{zh}。This row has {len(cells)} cells, but there are {len(sheet.names)} columns.")
    for heading, cell in zip(sheet.names, cells, strict=True):
        _check_text(heading, cell)
    named = {columns.known(heading): _plain(cell) for heading, cell in zip(sheet.names, cells, strict=True)}
    return {name: text for name, text in named.items() if text}


def _check_text(heading: str, cell: str) -> None:
    if REPLACED in cell:
        raise _Wrong(
            heading, "有认不出的字，文件的编码可能不对。It holds letters that could not be read: wrong encoding."
        )
    if any(letter < " " and letter not in "\t\r\n" for letter in cell) or "\x7f" in cell:
        raise _Wrong(heading, "有看不见的控制字符。It holds control characters.")
    if len(cell) > LONGEST_CELL:
        raise _Wrong(heading, f"最多 {LONGEST_CELL} 个字。A cell has {LONGEST_CELL} characters at most.")


def _plain(cell: str) -> str:
    """Without the apostrophe that an export puts before what looks like a formula."""
    text = cell.removeprefix(GUARD) if cell.startswith(GUARD) and is_risky(cell[1:]) else cell
    return text.strip()


def _openid(row: dict[str, str], seen: dict[str, int], number: int) -> str:
    openid = row.get(columns.OPENID, "")
    if not people.OPENID.fullmatch(openid):
        raise _Wrong(columns.OPENID, "这不是 openid。This is not an openid.")
    if openid in seen:
        raise _Wrong(columns.OPENID, f"和第 {seen[openid]} 行重复。The same person is in row {seen[openid]}.")
    seen[openid] = number
    return openid


def _change(  # noqa: PLR0913, PLR0917 (a row, and all that it is compared with)
    svc: Services, number: int, row: dict[str, str], profile: Item | None, ids: Mapping[str, int], source: str
) -> Change:
    if profile is None:
        raise _Wrong(columns.OPENID, "没有这位粉丝。There is no such follower.")
    change = Change(number, row[columns.OPENID])
    if row.get(columns.REMARK, "") not in ("", profile.get("remark", "")):
        change.remark = _remark(row[columns.REMARK])
    change.tags = [tag for tag in _tags(row, ids) if tag not in profile.get("tag_ids", ())]
    if len(change.tags) + len(profile.get("tag_ids", ())) > MOST_TAGS:
        raise _Wrong(columns.TAGS, f"每人最多 {MOST_TAGS} 个标签。A person has {MOST_TAGS} tags at most.")
    consent = _consent(svc, row)
    change.facts = differing({name: _value(name, text) for name, text in _facts(row)}, profile)
    for name, value in change.facts.items():
        _check_fact(name, value, source, consent)
    if len(profile.get("facts", {}).keys() | change.facts.keys()) > MOST_FACTS:
        raise _Wrong("", f"每人最多 {MOST_FACTS} 项资料。A person has at most {MOST_FACTS} facts.")
    change.consent = consent if ONLY_WITH_CONSENT & change.facts.keys() else None
    return change


def _remark(text: str) -> str:
    if len(text.encode()) > LONGEST_REMARK:
        raise _Wrong(
            columns.REMARK, "备注最多 29 字节，约 9 个汉字。A remark has 29 bytes at most, nine Chinese letters."
        )
    _refuse_formula(columns.REMARK, text)
    return text


def _tags(row: dict[str, str], ids: Mapping[str, int]) -> list[int]:
    names = [name.strip() for name in BETWEEN_TAGS.split(row.get(columns.TAGS, ""))]
    found = list(dict.fromkeys(name for name in names if name))
    for name in found:
        if name not in ids:
            raise _Wrong(
                columns.TAGS, f"没有标签“{name[:40]}”，请先建好。There is no tag “{name[:40]}”; make it first."
            )
    return [ids[name] for name in found]


def _facts(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in row.items() if columns.is_fact(name))


def _value(name: str, text: str) -> Value:
    """A whole number is one, so that segments can compare it; a phone number is not."""
    return int(text) if WHOLE.fullmatch(text) and name not in ONLY_WITH_CONSENT else text


def _check_fact(name: str, value: Value, source: str, consent: Consent | None) -> None:
    if isinstance(value, str) and not (name == "phone" and PHONE.fullmatch(value)):
        _refuse_formula(name, value)
    try:
        check(name, value, source, consent)
    except BadInput as error:
        raise _Wrong(name, str(error)) from None


def _refuse_formula(column: str, text: str) -> None:
    if is_risky(text):
        zh = "以 = + - @ 开头的内容，表格软件会当公式运行"
        raise _Wrong(column, f"{zh}。A spreadsheet would run this as a formula: it begins with = + - or @.")


def _consent(svc: Services, row: dict[str, str]) -> Consent | None:
    words, when = row.get(columns.CONSENT, ""), row.get(columns.CONSENT_AT, "")
    if not words:
        return None
    _refuse_formula(columns.CONSENT, words)
    try:
        at = days.begins(day_number(when)) if when else svc.now()
    except ValueError:
        raise _Wrong(columns.CONSENT_AT, "日期写成 2026-11-20 这样。A day is written as 2026-11-20.") from None
    if not 0 < at <= svc.now():
        raise _Wrong(columns.CONSENT_AT, "这一天还没到，或太早。Nobody can have agreed on that day.")
    return {"at": at, "text": words}


def _has(sheet: Sheet, name: str) -> bool:
    return name in map(columns.known, sheet.names)
