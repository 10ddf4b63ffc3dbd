"""Taking people a step further: whoever is due is held, does what comes next, and waits or is through.

    held        one conditional write, which also reads; somebody else's, not due or over: nothing to do
    before each further step    where they are is written, so that nobody does again what was done
    wait, end   written with where they are then: the last write of a run

A step that cannot be done now (WeChat's limit of the minute, AWS away) puts this person off and stops nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from ...errors import NotFound
from ...observe import log
from ...services import Account, Services
from .. import days
from . import journeys, store
from .acting import Later, Outcome, Somebody, act, why_no_message
from .counts import Tally
from .definition import OVER, Plan, Step
from .journeys import EARLY, Item, Person, base_of

CREW = 16
SAME = 60  # seconds between two accounts of when somebody followed
MOST_TRIES = 96  # of one step; at a quarter of an hour each that is a day
A_MINUTE = 60
GIVEN_UP = 7 * days.A_DAY  # seconds after which a step that only ever ended in a bug is let be
ERASED = "erased"
PAGE = 500  # parked people in one job


class Desk:
    """One job: what it knows of automations, as of its beginning, and what its people did."""

    def __init__(self, svc: Services, account: Account) -> None:
        self.svc, self.account = svc, account
        self.tally = Tally()
        self.waiting: list[tuple[Person, int]] = []
        self._states: dict[str, Item | None] = {}
        self._lock = Lock()

    def state(self, automation_id: str) -> Item | None:
        """{phase, version, since, …}; None if it was removed. Read anew by every job, so that a pause holds at once."""
        with self._lock:
            if automation_id not in self._states:
                try:
                    self._states[automation_id] = store.found(self.svc, self.account, automation_id)
                except NotFound:
                    self._states[automation_id] = None
            return self._states[automation_id]

    def count(self, tally: Tally) -> None:
        with self._lock:
            self.tally.merge(tally)

    def close(self) -> None:
        journeys.queue(self.svc, self.account, self.waiting)
        self.tally.keep(self.svc, self.account)


def go(svc: Services, account: Account, persons: list[Person]) -> None:
    """A job: these people go on, if it is time. One who meets a bug is tried again, and stops nobody else."""
    desk = Desk(svc, account)
    together(desk, lambda person: _take(desk, *person), persons)


def together(desk: Desk, do: Callable[[Any], None], things: list[Any]) -> None:
    """Each for itself; then what they did is kept, and the first bug is raised."""
    with ThreadPoolExecutor(CREW) as crew:
        doing = [crew.submit(do, thing) for thing in things]
    desk.close()
    for done in doing:
        done.result()


def unpark(svc: Services, account: Account, automation_id: str, after: str = "") -> None:
    """A job: whoever waits on the shelf of an automation that is not paused any more goes on, a thousand a second."""
    if _is_paused(Desk(svc, account).state(automation_id)):
        return
    entries, more = svc.table.shelved_page(journeys.parked(automation_id), PAGE, after)
    waiting = []
    for number, entry in enumerate(entries):
        due_at = max(journeys.due_of(entry), svc.now() + number // journeys.TOGETHER)
        openid, sk = journeys.person_of(entry)
        if journeys.unpark(svc, account, openid, sk, due_at):
            waiting.append(([openid, sk], due_at))
    journeys.queue(svc, account, waiting)
    if more:
        svc.in_bulk(unpark, account, automation_id=automation_id, after=more)


def run(desk: Desk, journey: Item) -> None:
    """From where they are to the next wait, or the end. The journey is in our hands."""
    automation_id = journeys.automation_of(journey)
    state = desk.state(automation_id)
    who = Somebody(desk.svc, desk.account, journeys.openid_of(journey))
    if _is_paused(state):
        return _park(desk, journey)
    if ending := _ending(desk, journey, who, state):
        return _end(desk, journey, ending, Tally())
    plan = store.plan_of(desk.svc, desk.account, automation_id, journey["edition"])
    return _Run(desk, journey, who, plan).go()


def _ending(desk: Desk, journey: Item, who: Somebody, state: Item | None) -> str:
    """Why they go no further; "" if they do."""
    if not who.profile:
        return ERASED
    if state is None:
        return "removed"
    if has_left(who, journey["entered_at"]):
        return "left"
    return "failed" if desk.svc.now() - journey["due_at"] > GIVEN_UP else ""


def has_left(who: Somebody, entered_at: int) -> bool:
    """They do not follow, or came back since: then what they had begun ended in between."""
    return not who.follows or who.profile["since"] > entered_at + SAME


def after_wait(step: Step, base: int) -> int:
    """When a wait that begins at `base` is over."""
    if "minutes" in step.told:
        return base + int(step.told["minutes"]) * A_MINUTE
    hour, _, minute = step.told["clock"].partition(":")
    wanted, now = int(hour) * 60 + int(minute), days.minute(base)
    if wanted == now:
        return base
    day = days.today(base) + (wanted < now)
    return days.begins(day) + wanted * A_MINUTE


class _Run:
    """One person from one wait to the next."""

    def __init__(self, desk: Desk, journey: Item, who: Somebody, plan: Plan) -> None:
        self._desk, self._journey, self._who, self._plan = desk, journey, who, plan
        self._id = journeys.automation_of(journey)
        self._tally = Tally()
        self._base = base_of(journey["due_at"], desk.svc.now())
        self._at = journey["at_step"]
        self._moved = False  # further than the table knows

    def go(self) -> None:
        waited = self._plan.steps[self._at]
        if waited.do == "wait":  # which is over: for that they were on the shelf
            self._tally.step(self._id, waited.step_id, "done")
            self._at = waited.then  # whoever takes them up again comes here as well, so it need not be written
        while self._at != OVER:
            step = self._plan.steps[self._at]
            if step.do == "end":
                break
            if not WAYS.get(step.do, _Run._act)(self, step):
                return
        _end(self._desk, self._journey, "done", self._tally)

    def _wait(self, step: Step) -> bool:
        """Whether it is over already."""
        due_at = after_wait(step, self._base)
        self._tally.step(self._id, step.step_id, "came")
        if due_at <= self._desk.svc.now() + EARLY:
            self._base = due_at
            self._tally.step(self._id, step.step_id, "done")
            self._step_to(step.then)
            return True
        if journeys.go_on(self._desk.svc, self._journey, step.step_id, due_at):
            self._desk.count(self._tally)
            self._desk.waiting.append((journeys.person_of(self._journey), due_at))
        return False

    def _branch(self, step: Step) -> bool:
        way = "yes" if self._who.fits(step.told["if"]) else "no"
        self._note(step, Outcome(way))
        self._step_to(step.yes if way == "yes" else step.no)
        return True

    def _act(self, step: Step) -> bool:
        """False if somebody else has them by now, or if they are put off."""
        outcome = self._before(step)
        if outcome is None:
            return False
        if not outcome.how:
            try:
                outcome = act(self._who, self._journey, step)
            except Later as later:
                return self._put_off(step, later)
        self._note(step, outcome)
        self._step_to(step.then)
        return True

    def _before(self, step: Step) -> Outcome | None:
        """None if they are not ours any more; an outcome if there is nothing to do; else an empty one."""
        svc, sending = self._desk.svc, ""
        if step.do == "message":
            if self._journey.get("sending") == step.step_id:
                return Outcome("done", "unsure")
            if why := why_no_message(self._who):
                return Outcome("skipped", why)
            sending = step.step_id
        if self._moved or sending:
            if not journeys.hold(svc, self._journey, step.step_id, sending):
                return None
            self._desk.count(self._tally)  # whoever takes them over from here begins with this step
            self._tally = Tally()
        self._moved = False
        return Outcome("")

    def _put_off(self, step: Step, later: Later) -> bool:
        svc = self._desk.svc
        if self._journey.get("tries", 0) >= MOST_TRIES:
            self._note(step, Outcome("failed", "gave up"))
            self._step_to(step.then)
            return True
        due_at = svc.now() + later.seconds
        if journeys.postpone(svc, self._journey, step.step_id, due_at):
            self._desk.count(self._tally)
            self._desk.waiting.append((journeys.person_of(self._journey), due_at))
        return False

    def _note(self, step: Step, outcome: Outcome) -> None:
        journeys.note(self._journey, step.step_id, outcome.how, outcome.why, self._desk.svc.now())
        self._tally.step(self._id, step.step_id, outcome.how)

    def _step_to(self, step_id: str) -> None:
        self._at, self._moved = step_id, True
        self._journey.pop("tries", None)


def _take(desk: Desk, openid: str, sk: str) -> None:
    journey = journeys.take(desk.svc, desk.account, openid, sk, journeys.new_worker())
    if journey is not None:
        run(desk, journey)


def _end(desk: Desk, journey: Item, ending: str, tally: Tally) -> None:
    if ending == ERASED:
        journeys.drop(desk.svc, journey)
    elif not journeys.end(desk.svc, journey, ending, forget=_may_come_again(desk, journey)):
        return
    if desk.state(journeys.automation_of(journey)) is not None:  # else the figures went with it
        told = "left" if ending == ERASED else ending
        tally.ended(journeys.automation_of(journey), told, "" if ending == "done" else journey["at_step"])
        desk.count(tally)
    if ending == "failed":
        log.error("account %s: a journey was given up after a week", desk.account.alias)


def _may_come_again(desk: Desk, journey: Item) -> bool:
    """Each time is another journey, or there is nothing left to enter."""
    automation_id = journeys.automation_of(journey)
    if desk.state(automation_id) is None:
        return True
    return store.edition(desk.svc, desk.account, automation_id, journey["edition"]).enter == "each"


def _park(desk: Desk, journey: Item) -> None:
    """Looked at once more after it: who resumed meanwhile may have looked through the shelf already."""
    svc, account = desk.svc, desk.account
    openid, sk = journeys.person_of(journey)
    if journeys.park(svc, journey) and not _is_paused(Desk(svc, account).state(sk.split("#")[1])):
        due_at = svc.now()
        if journeys.unpark(svc, account, openid, sk, due_at):
            desk.waiting.append(([openid, sk], due_at))


def _is_paused(state: Item | None) -> bool:
    return state is not None and state["phase"] != "running"


WAYS: dict[str, Callable[[_Run, Step], bool]] = {"wait": _Run._wait, "branch": _Run._branch}
