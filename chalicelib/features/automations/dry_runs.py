"""What an automation would have done last week, had it been there: in the background, by shelves of followers.

    pk automations#<account>   sk dry#<run>   {run_id, document, began, untold}     a week
    pk automations#<account>   sk dry#<run>#<0-f>   {looked, finished, numbers}     a week

Nothing is done to anybody. Events are those that the last seven days left under people's keys; questions are asked of
people as they are today. Nobody had entered before. A page that is done again does the same again, as the numbers so
far are carried in the job itself.
"""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ...errors import NotFound
from ...services import Account, Services, job_name
from .. import days, people, segments
from ..followers import Card, Row
from ..followers.shelves import SHELVES
from ..followers.shelves import names as shelf_names
from . import reviewing, triggers, week
from .acting import TWO_DAYS, Somebody, opens_window
from .definition import BY_DAY, OVER, Document, Plan, plan, read, write
from .entering import Cause
from .running import after_wait
from .store import Automation

WEEK = 7  # days
KEPT = WEEK * days.A_DAY
PAGE = 1000  # people of one job
CREW = 16
SENDS = frozenset({"template", "message"})

Item = dict[str, Any]


class DryStep(msgspec.Struct, frozen=True):
    step_id: str
    done: int
    skipped: int


class DryRun(msgspec.Struct, frozen=True):
    """`state` is running or done. `sent`: template and customer-service messages. `unknown`: nothing is kept of such
    events, so nobody can tell."""

    run_id: str
    state: str
    percent: int
    looked: int
    people: int
    entered: int
    sent: int
    steps: list[DryStep]
    unknown: bool
    began: int


def begin(svc: Services, account: Account, document: Document) -> DryRun:
    run = uuid.uuid4().hex[:12]
    unknown = document.when["kind"] in week.NOT_KEPT
    told = {"run_id": run, "document": write(document), "began": svc.now(), "untold": unknown}
    svc.table.put(_item(svc, account, f"dry#{run}") | told)
    if not unknown:
        each = {"account": account.alias, "run": run, "after": "", "numbers": {}}
        svc.bulk.put_many(job_name(look), [(each | {"shelf": shelf}, 0) for shelf in range(SHELVES)])
    return find(svc, account, run)


def find(svc: Services, account: Account, run_id: str) -> DryRun:
    known = run_id.isalnum() and run_id.isascii()
    items = list(svc.table.under(_pk(account), f"dry#{run_id}", fresh=True)) if known else []
    if not items or items[0].get("run_id") != run_id:
        raise NotFound("没有这次试跑的记录，记录保留一周。There is no such dry run; they are kept for a week.")
    told, shelves = items[0], items[1:]
    numbers = Counter[str]()
    for one in shelves:
        numbers.update(one["numbers"])
    finished = SHELVES if told["untold"] else sum(one["finished"] for one in shelves)
    steps = plan(read(told["document"])).steps
    return DryRun(
        run_id=run_id,
        state="done" if finished == SHELVES else "running",
        percent=100 * finished // SHELVES,
        looked=sum(one["looked"] for one in shelves),
        people=numbers["people"],
        entered=numbers["entered"],
        sent=sum(numbers[f"{step_id} done"] for step_id, step in steps.items() if step.do in SENDS),
        steps=[DryStep(one, numbers[f"{one} done"], numbers[f"{one} skipped"]) for one in steps],
        unknown=told["untold"],
        began=told["began"],
    )


def look(svc: Services, account: Account, run: str, shelf: int, after: str, numbers: dict[str, int]) -> None:  # noqa: PLR0913, PLR0917 (where, and what it came to so far)
    """A job: a page of followers; the next one is queued with what it came to."""
    item = svc.table.get(_pk(account), f"dry#{run}")
    if item is None:
        return
    entries, more = svc.table.shelved_page(shelf_names(account)[shelf], PAGE, after)
    found = _Look(svc, account, read(item["document"]), item["began"])
    with ThreadPoolExecutor(CREW) as crew:
        told = Counter(numbers)
        for one in crew.map(found.at, entries):
            told.update(one)
    told["looked"] += len(entries)
    if more:
        svc.in_bulk(look, account, run=run, shelf=shelf, after=more, numbers=dict(told))
    kept = {"looked": told["looked"], "numbers": dict(told), "finished": not more}
    svc.table.put(_item(svc, account, f"dry#{run}#{shelf:x}") | kept)


class _Look:
    """One document, asked of one follower after another."""

    def __init__(self, svc: Services, account: Account, document: Document, began: int) -> None:
        self._svc, self._account, self._document = svc, account, document
        self._plan: Plan = plan(document)
        self._first = began - WEEK * days.A_DAY
        today = days.today(began)
        self._days = list(range(today - WEEK + 1, today + 1))
        asked = document.question
        self._fits = segments.fitting(svc, account, segments.read(asked)) if asked is not None else None

    def at(self, entry: Item) -> Counter[str]:
        since, _, openid = entry["place"].partition("#")
        row = Row(openid, int(since), Card.read(entry.get("label", "")))
        numbers = Counter[str]()
        if self._fits and self._fits.quickly(row) is False:
            return numbers
        who = Somebody(self._svc, self._account, openid)
        entered = self._entering(row, who)
        if entered and (self._fits is None or self._fits.surely(row)):
            for cause in entered:
                self._walk(who, cause, numbers)
            numbers.update(people=1, entered=len(entered))
        return numbers

    def _entering(self, row: Row, who: Somebody) -> list[Cause]:
        """Each cause with which they would have entered."""
        when, enter = self._document.when, self._document.enter
        if when["kind"] in BY_DAY:
            asked = Automation(**_as_fields(self._document))
            found = reviewing.causes(self._svc, self._account, asked, row, self._days)
        else:
            found = week.causes(who, when, self._first)
        marks = {triggers.mark(enter, when, cause.event_id, cause.data): cause for cause in reversed(found)}
        return list(marks.values())

    def _walk(self, who: Somebody, cause: Cause, numbers: Counter[str]) -> None:
        """To the end, as if every wait were over."""
        at, now = self._plan.first, cause.at
        while at != OVER:
            step = self._plan.steps[at]
            if step.do == "branch":
                at = step.yes if who.fits(step.told["if"]) else step.no
                numbers[f"{step.step_id} done"] += 1
                continue
            if step.do == "wait":
                now = after_wait(step, now)
            late = step.do == "message" and not self._was_open(who, now)
            numbers[f"{step.step_id} {'skipped' if late else 'done'}"] += 1
            at = OVER if step.do == "end" else step.then

    def _was_open(self, who: Somebody, at: int) -> bool:
        """Their window, as far as they have written until today."""
        first, last = f"message#{at - TWO_DAYS:011d}", f"message#{at:011d}~"
        log = self._svc.table.between(people.key(self._account, who.openid), first, last, "kind", "event")
        return any(opens_window(item, at - int(item["sk"].split("#", 2)[1])) for item in log)


def _as_fields(document: Document) -> dict[str, Any]:
    never = {
        "automation_id": "",
        "phase": "",
        "version": 0,
        "made_at": 0,
        "changed_at": 0,
        "changed_by": "",
        "since": 0,
    }
    return msgspec.structs.asdict(document) | never


def _item(svc: Services, account: Account, sk: str) -> Item:
    return {"pk": _pk(account), "sk": sk, "expires": svc.now() + KEPT}


def _pk(account: Account) -> str:
    return f"automations#{account.alias}"
