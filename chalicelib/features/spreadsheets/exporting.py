"""Followers as rows, a page at a time: what is known of each, facts in columns of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...services import Account, Services
from .. import days, followers, people, segments, tags
from ..followers import Row
from ..segments.fields import day_text
from . import columns
from .writing import Cell

MOST_ROWS = 500
PROFILE = ("remark", "tag_ids", "scene", "qr_scene", "lang", "first_seen", "last_active", "messages", "orders",
           "spent", "last_order", "blocked", "facts")  # fmt: skip
DAYS = ("first_seen", "last_active", "last_order")
NUMBERS = ("messages", "orders", "spent")

Item = dict[str, Any]
Person = dict[str, str | int | list[str]]


def page(
    svc: Services, account: Account, question: Any = None, cursor: str = "", limit: int = MOST_ROWS
) -> tuple[list[Person], str]:
    """Of everybody, or of those whom a segment's question fits; a page may be empty, and yet have a cursor."""
    if question is None:
        found, more = followers.page(svc, account, cursor, limit)
    else:
        found, more = segments.page(svc, account, question, cursor, limit)
    names = tags.names(svc, account)
    keys = [(people.key(account, row.openid), "profile") for row in found]
    known = {item["pk"]: item for item in svc.table.get_many(keys, *PROFILE)}
    return [_person(row, known.get(people.key(account, row.openid), {}), names) for row in found], more


def rows_of(persons: Iterable[Person]) -> list[list[Cell]]:
    """With the heading first: all columns that anybody has, in the order in which they appear."""
    persons = list(persons)
    names = list(dict.fromkeys(name for person in persons for name in person)) or [columns.OPENID]
    rows: list[list[Cell]] = [list(names)]
    rows += [[person.get(name, "") for name in names] for person in persons]
    return rows


def _person(row: Row, profile: Item, names: dict[int, str]) -> Person:
    told: Person = {
        columns.OPENID: row.openid,
        columns.REMARK: str(profile.get("remark", "")),
        columns.TAGS: [names.get(tag, f"#{tag}") for tag in profile.get("tag_ids", ())],
        "since": _day(days.today(row.since)),
    }
    told |= {name: str(profile.get(name, "")) for name in ("scene", "qr_scene")}
    told["language"] = str(profile.get("lang", ""))
    told |= {name: _day(profile.get(name, 0)) for name in DAYS}
    told |= {name: int(profile.get(name, 0)) for name in NUMBERS}
    told["blocked"] = int(bool(profile.get("blocked")))
    facts = {name: fact["value"] for name, fact in sorted(profile.get("facts", {}).items())}
    return told | {name: value for name, value in facts.items() if columns.is_fact(name)}


def _day(number: int) -> str:
    return day_text(number) if number else ""
