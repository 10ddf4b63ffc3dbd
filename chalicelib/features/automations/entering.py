"""Who enters: an event fits, the person follows, the question holds of them, and they have not entered for it before.

The journey is stored, on a shelf, before anything is done; so whoever is killed after that loses nobody, and a repeat
of the event finds it. What can be done at once is done by whoever heard of the event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...observe import log
from ...services import Account, Services
from .. import days, people
from ..days import A_DAY
from ..events import Event
from . import journeys, store, triggers, variables
from .acting import Somebody
from .counts import Tally
from .definition import BY_DAY, Document, Step
from .journeys import EARLY, Item, base_of
from .running import Desk, after_wait, run
from .store import Automation

MOST_A_DAY = 24  # times that one person enters one automation: two that set each other off end here


class Cause(NamedTuple):
    """What happened: an event, or a day that came. `at` is unix seconds."""

    event_id: str
    kind: str
    data: dict[str, Any]
    at: int


def heed(svc: Services, account: Account, event: Event) -> None:
    """Told of every event that some automation waits for. Twice is once."""
    if event.kind == "left":
        return _let_go(svc, account, event)
    found = [
        one
        for one in store.running(svc, account)
        if event.at >= one.since and triggers.fits(one.when, event.kind, event.data)
    ]
    if not found:
        return None
    desk, cause = Desk(svc, account), Cause(event.id, event.kind, event.data, event.at)
    who = Somebody(svc, account, event.openid)
    try:
        for automation in found:
            enter(desk, automation, who, cause)
    finally:
        desk.close()


def _let_go(svc: Services, account: Account, event: Event) -> None:
    desk, tally = Desk(svc, account), Tally()
    for journey in journeys.leave_all(svc, account, event.openid, event.at):
        tally.ended(journeys.automation_of(journey), "left", journey["at_step"])
    desk.count(tally)
    desk.close()


def enter(desk: Desk, automation: Automation, who: Somebody, cause: Cause) -> None:
    """If it is running now, and they may: the newest version is what they enter."""
    state = desk.state(automation.automation_id)
    if state is None or state["phase"] != "running":
        return
    document = store.edition(desk.svc, desk.account, automation.automation_id, state["version"])
    if not _is_its(document, state["since"], cause):
        return
    mark = triggers.mark(document.enter, document.when, cause.event_id, cause.data)
    if _may_set_itself_off(document) and _too_often(desk, automation, who, mark):
        return
    if not who.follows or not who.fits(document.question):
        return
    _enter(desk, automation.automation_id, state["version"], document, who, cause, mark)


def _is_its(document: Document, since: int, cause: Cause) -> bool:
    """Asked of the newest version and its newest start: what a container remembers may be a minute old. What comes
    with a day sets it off if it began to run on that day, or before."""
    if cause.kind in BY_DAY:
        since = days.begins(days.today(since))
    return cause.at >= since and triggers.fits(document.when, cause.kind, cause.data)


def _enter(  # noqa: PLR0913, PLR0917 (who enters what, and why)
    desk: Desk, automation_id: str, version: int, document: Document, who: Somebody, cause: Cause, mark: str
) -> None:
    svc, account = desk.svc, desk.account
    plan, now = store.plan_of(svc, account, automation_id, version), svc.now()
    first = plan.steps[plan.first]
    due_at = _first_due(first, base_of(cause.at, now), now)
    ready = due_at <= now + EARLY
    about = variables.of_event(cause.data, _asked(svc, account, automation_id, version, document))
    journey, new = journeys.enter(
        svc,
        account,
        who.openid,
        automation_id=automation_id,
        mark=mark,
        edition=version,
        at_step=plan.first,
        due_at=due_at,
        about=about,
        event_id=cause.event_id,
        worker=journeys.new_worker() if ready else "",
    )
    if not new and (journey["event_id"] != cause.event_id or "ended_at" in journey):
        return
    if new:
        tally = Tally()
        tally.entered(automation_id)
        if first.do == "wait":
            tally.step(automation_id, first.step_id, "came")
        desk.count(tally)
    _begin(desk, journey, new and ready)


def _begin(desk: Desk, journey: Item, ours: bool) -> None:
    """A repeat takes up what the first worker had in hand when it was killed, as soon as that is sure."""
    if not ours and journey["due_at"] <= desk.svc.now() + EARLY:
        openid, sk = journeys.person_of(journey)
        taken = journeys.take(desk.svc, desk.account, openid, sk, journeys.new_worker())
        journey, ours = taken or journey, taken is not None
    if ours:
        run(desk, journey)
    else:
        desk.waiting.append((journeys.person_of(journey), journey["due_at"]))


def _first_due(first: Step, base: int, now: int) -> int:
    return after_wait(first, base) if first.do == "wait" else now


def _may_set_itself_off(document: Document) -> bool:
    """Other causes than a new value of an attribute are not made by steps, or there are few of them."""
    is_each, is_cause = document.enter == "each", document.enter == "cause"
    return is_each or (is_cause and document.when["kind"] == "attribute_changed")


def _too_often(desk: Desk, automation: Automation, who: Somebody, mark: str) -> bool:
    """Not counting this one. A rule that sets itself off is stopped, and an operator finds it in the log."""
    pk, key = people.key(desk.account, who.openid), journeys.key(automation.automation_id, "")
    found = desk.svc.table.between(pk, key, f"{key}~", "entered_at")
    since = desk.svc.now() - A_DAY
    recent = [one for one in found if one["entered_at"] > since and one["sk"] != f"{key}{mark}"]
    if len(recent) < MOST_A_DAY:
        return False
    log.warning(
        "account %s: %s entered the automation %s %d times today, and does not enter again",
        desk.account.alias,
        desk.svc.keys.person(who.openid),
        automation.automation_id,
        len(recent),
    )
    return True


def _asked(svc: Services, account: Account, automation_id: str, version: int, document: Document) -> set[str]:
    """What of the event its words ask for."""
    name = f"asked#{account.alias}#{automation_id}#{version}"
    return svc.cached(name, A_DAY, lambda: set(_event_fields(document.steps)))


def _event_fields(told: Any) -> Iterator[str]:
    """Wherever there are words: in fields, addresses, replies."""
    if isinstance(told, str):
        for name in variables.names(told):
            if name.startswith(variables.EVENT):
                yield name.removeprefix(variables.EVENT)
    elif isinstance(told, dict):
        for value in told.values():
            yield from _event_fields(value)
    elif isinstance(told, list):
        for value in told:
            yield from _event_fields(value)
