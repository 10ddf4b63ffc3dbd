"""What comes with a day and is told by nobody: silence for so many days, and dates of people's own.

Once a day, from half past two in Shanghai, when the night has counted; in pages over the sixteen shelves of followers.
Silence is noticed on the day that it reaches so many days, if the automation was running by then. A birthday on the
29th of February is on the 28th in other years. Days that `tick` missed are made up for, three at most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

from ...services import Account, Services, job_name
from .. import days, followers
from ..followers import Card, Row
from ..followers.card import MOST_BYTES, ONLY_KNOWN
from ..followers.shelves import SHELVES
from ..followers.shelves import names as shelf_names
from ..segments.fields import EPOCH
from . import store
from .acting import Somebody
from .definition import BY_DAY, Told
from .entering import Cause, enter
from .running import Desk, together
from .store import Automation

BEGINS = 150  # minutes after midnight in Shanghai
MADE_UP_FOR = 3  # days
PAGE = 1000  # people of one job
CARD_IS_FULL = MOST_BYTES - 120  # bytes; such a card may have left out a fact
LEAP = (2, 29)

Data = dict[str, Any]


def start_day(svc: Services, reviewed_day: int) -> None:
    """From `tick`: sixteen jobs for each account that has such an automation, once a day."""
    today = days.today(svc.now())
    if reviewed_day == today or days.minute(svc.now()) < BEGINS:
        return
    missed = list(range(max(reviewed_day + 1, today - MADE_UP_FOR + 1), today + 1)) if reviewed_day < today else [today]
    for account in svc.accounts:
        if _by_day(svc, account):
            told = {"account": account.alias, "numbers": missed, "after": ""}
            svc.bulk.put_many(job_name(review), [(told | {"shelf": shelf}, 0) for shelf in range(SHELVES)])
    where = "#reviewed_day = :seen"
    svc.table.update("automations", "handed", {"reviewed_day": today}, where=where, seen=reviewed_day)


def review(svc: Services, account: Account, shelf: int, numbers: list[int], after: str) -> None:
    """A job: all such automations over a page of followers, for the days of these numbers."""
    entries, more = svc.table.shelved_page(shelf_names(account)[shelf], PAGE, after)
    if more:
        svc.in_bulk(review, account, shelf=shelf, numbers=numbers, after=more)
    rows = [(_row(entry), entry.get("label", "")) for entry in entries]
    found = [
        (automation, row, cause)
        for automation in _by_day(svc, account)
        for row, label in rows
        for cause in causes(svc, account, automation, row, numbers, len(label.encode()) > CARD_IS_FULL)
    ]
    desk = Desk(svc, account)
    together(desk, lambda one: _enter(desk, *one), found)


def causes(  # noqa: PLR0913, PLR0917 (for whom, when, and how well we know them)
    svc: Services, account: Account, automation: Automation, row: Row, numbers: list[int], unsure: bool = False
) -> list[Cause]:
    """Those of the days on which this comes for them."""
    when = automation.when
    know = _date_of if when["kind"] == "date" else _silent_since
    known = know(svc, account, when, row, unsure)
    found = [(day, COMES[when["kind"]](when, known, day)) for day in numbers] if known else []
    return [_cause(when["kind"], automation.automation_id, row.openid, day, data) for day, data in found if data]


def _by_day(svc: Services, account: Account) -> list[Automation]:
    return [one for one in store.running(svc, account) if one.when["kind"] in BY_DAY]


def _enter(desk: Desk, automation: Automation, row: Row, cause: Cause) -> None:
    """As they are now: they may have come back since their card was written."""
    who = Somebody(desk.svc, desk.account, row.openid)
    if cause.kind == "silent" and (who.row is None or _last(who.row) != cause.data["since"]):
        return
    # Silence that was reached before the automation ran sets off nothing, or its first night would be a flood.
    enter(desk, automation, who, cause)


def _row(entry: dict[str, Any]) -> Row:
    since, _, openid = entry["place"].partition("#")
    return Row(openid, int(since), Card.read(entry.get("label", "")))


def _last(row: Row) -> int:
    return row.card.last_active or days.today(row.since)


def _silent_since(svc: Services, account: Account, when: Told, row: Row, unsure: bool) -> Any:
    return _last(row)


def _silence(when: Told, last: int, day: int) -> Data | None:
    return {"days": when["days"], "since": last, "reached": day} if last + when["days"] == day else None


def _date_of(svc: Services, account: Account, when: Told, row: Row, unsure: bool) -> Any:
    """(year or 0, month, day) of their date; None if it is unknown, or no date."""
    name = when["attribute"]
    told = row.card.facts.get(name)
    if told is None and (unsure or name in ONLY_KNOWN):
        known = followers.profile(svc, account, row.openid) or {}
        told = known.get("facts", {}).get(name, {}).get("value")
    return read_date(told)


def read_date(told: Any) -> tuple[int, int, int] | None:
    """Of `1990-02-28`, or of `--02-28`, whose year is 0."""
    if not isinstance(told, str):
        return None
    no_year = told.startswith("--")
    try:
        found = date.fromisoformat(f"2000-{told[2:]}" if no_year else told[:10])
    except ValueError:
        return None
    return (0 if no_year else found.year, found.month, found.day)


def _date(when: Told, known: tuple[int, int, int], day: int) -> Data | None:
    """Whether `day` is so many days before or after it."""
    theirs = date.fromordinal(day - when["offset_days"] + EPOCH)
    year, month, number = known
    if (month, number) == LEAP and not _is_leap(theirs.year):
        number -= 1
    fits = (theirs.month, theirs.day) == (month, number) and (when["yearly"] or theirs.year == year)
    return {"attribute": when["attribute"], "date": theirs.isoformat()} if fits else None


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _cause(kind: str, automation_id: str, openid: str, day: int, data: Data) -> Cause:
    """The same day is the same cause, however often it is looked at."""
    told = f"{kind}#{automation_id}#{openid}#{day}"
    return Cause(hashlib.sha256(told.encode()).hexdigest()[:32], kind, data, days.begins(day) + BEGINS * 60)


COMES: dict[str, Callable[[Told, Any, int], Data | None]] = {"silent": _silence, "date": _date}
