"""One person in one automation: where they are, when they go on, and who has them in hand.

    pk person#<account>#<openid>   sk journey#<automation>#<mark>
        {edition, about, event_id, entered_at, at_step, due_at, trail, worker, lease_until, sending, tries, ended_at,
        ending, label}
        shelf journeys#<0-f>   place <due>#<automation>#<openid>
        shelf parked#<automation>   place <due>#<automation>#<openid>
    pk automations   sk handed   {handed_to, swept_at, reviewed_day}

`<mark>` is what makes two entries one (triggers.py). `about` is what the event told, as far as words ask for it,
and goes when they are through.
`trail` is what was done, newest last: `<step>:<outcome>:<reason>:<unix time>`. `sending` is the message step that may
have gone out. Who is inside is on one of sixteen shelves, by hash, by when they go on; or on the automation's own
while that is paused. Who is through is on none; the item stays, as what says that they were here.

Whoever takes a step holds the journey first, by a conditional write, longer than any function of ours lives; so of two
who were told of the same step one finds nothing to do, and who was killed is replaced.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...services import Account, Services
from .. import days, people
from ..followers import shelves
from .definition import OVER

LEASE = 100  # seconds; no function of ours lives longer than eighty
EARLY = 5  # seconds by which our clocks and the queue's may differ
SOON = 180  # seconds: what is due so soon goes into the queue at once, since `tick` may be past it
TOGETHER = 100  # people in one job
LONGEST_TRAIL = 20
KEPT = 90 * days.A_DAY  # of one that may be entered again and again
AN_HOUR = 3600
SEEN_LATE = (2, 120)  # seconds after which a shelf is looked through: the index is a moment behind

# What is said of somebody only as long as they are inside.
OF_WHO_IS_INSIDE = ("shelf", "place", "label", "about", "worker", "lease_until", "sending", "tries")

Item = dict[str, Any]
Person = list[str]  # openid, sk: as it stands in a job


def key(automation_id: str, mark: str) -> str:
    return f"journey#{automation_id}#{mark}"


def enter(  # noqa: PLR0913 (who, where, and what about)
    svc: Services,
    account: Account,
    openid: str,
    *,
    automation_id: str,
    mark: str,
    edition: int,
    at_step: str,
    due_at: int,
    about: dict[str, str],
    event_id: str,
    worker: str = "",
) -> tuple[Item, bool]:
    """The journey, and whether it is new: a person enters once for each mark. With a `worker` it is in their hands."""
    now = svc.now()
    item: Item = {
        "pk": people.key(account, openid),
        "sk": key(automation_id, mark),
        "edition": edition,
        "about": about,
        "event_id": event_id,
        "entered_at": now,
        "trail": [],
        **_going_on(openid, automation_id, at_step, due_at, now),
    }
    if worker:
        item |= {"worker": worker, "lease_until": now + LEASE}
    earlier = svc.table.put_new(item)
    return earlier or item, earlier is None


def base_of(at: int, now: int) -> int:
    """From when a wait is counted: from what it follows, not from when we got round to it; unless that is long ago."""
    return at if 0 <= now - at <= AN_HOUR else now


def new_worker() -> str:
    return uuid.uuid4().hex[:12]


def take(svc: Services, account: Account, openid: str, sk: str, worker: str) -> Item | None:
    """The journey, now ours; None if it is not due, is over, is gone, or is in somebody else's hands."""
    now = svc.now()
    return svc.table.update(
        people.key(account, openid),
        sk,
        {"worker": worker, "lease_until": now + LEASE},
        # A lease that is longer than a lease was given under another clock.
        where="attribute_exists(pk) AND attribute_not_exists(#ended_at) AND #due_at <= :soon AND "
        "(attribute_not_exists(#lease_until) OR #lease_until < :now OR #lease_until > :far)",
        soon=now + EARLY,
        now=now,
        far=now + LEASE + EARLY,
    )


def hold(svc: Services, journey: Item, at_step: str, sending: str = "") -> bool:
    """Note how far they are before the next thing is done: False if they are not ours any more."""
    news = {"at_step": at_step, "trail": journey["trail"]} | ({"sending": sending} if sending else {})
    return _ours(svc, journey, news) is not None


def go_on(svc: Services, journey: Item, at_step: str, due_at: int) -> bool:
    """Back on the shelf, for the next step at that time."""
    news = _going_on(openid_of(journey), automation_of(journey), at_step, due_at, journey["entered_at"])
    told = news | {"trail": journey["trail"]}
    return _ours(svc, journey, told, remove=("worker", "lease_until", "sending", "tries")) is not None


def postpone(svc: Services, journey: Item, at_step: str, due_at: int) -> bool:
    """The same step again, later; what was being sent certainly did not go out."""
    news = _going_on(openid_of(journey), automation_of(journey), at_step, due_at, journey["entered_at"])
    told = news | {"trail": journey["trail"], "tries": journey.get("tries", 0) + 1}
    return _ours(svc, journey, told, remove=("worker", "lease_until", "sending")) is not None


def end(svc: Services, journey: Item, ending: str, forget: bool = False) -> bool:
    """`ending` is done, left, removed or failed. `forget`: the item need not stay to keep them from entering again."""
    told = {"trail": journey["trail"], "ended_at": svc.now(), "ending": ending}
    told |= {"expires": svc.now() + KEPT} if forget else {}
    return _ours(svc, journey, told, remove=OF_WHO_IS_INSIDE) is not None


def drop(svc: Services, journey: Item) -> None:
    """Of somebody who was erased while they entered: nothing is to stay."""
    svc.table.delete_if(journey["pk"], journey["sk"], "#worker = :worker", worker=journey["worker"])


def park(svc: Services, journey: Item) -> bool:
    """Off the shelves that `tick` looks at, for as long as the automation is paused."""
    told = {"shelf": parked(automation_of(journey)), "trail": journey["trail"]}
    return _ours(svc, journey, told, remove=("worker", "lease_until")) is not None


def unpark(svc: Services, account: Account, openid: str, sk: str, due_at: int) -> bool:
    """Back among those who go on."""
    automation_id = sk.split("#")[1]
    told = {"shelf": shelf_of(openid), "place": _place(due_at, automation_id, openid), "due_at": due_at}
    where = "attribute_exists(pk) AND #shelf = :parked"
    return (
        svc.table.update(people.key(account, openid), sk, told, where=where, parked=parked(automation_id)) is not None
    )


def leave_all(svc: Services, account: Account, openid: str, before: int) -> Iterator[Item]:
    """Whoever left the account before that time ends everything that they had begun by then: where they were."""
    for journey in list(svc.table.under(people.key(account, openid), "journey#", fresh=True)):
        if "ended_at" in journey or journey["entered_at"] > before:
            continue
        told = {"ended_at": svc.now(), "ending": "left"}
        where = "attribute_exists(pk) AND attribute_not_exists(#ended_at)"
        if svc.table.update(journey["pk"], journey["sk"], told, where=where, remove=OF_WHO_IS_INSIDE) is not None:
            yield journey


def note(journey: Item, step_id: str, outcome: str, reason: str, at: int) -> None:
    """In the trail, which is written with the next step."""
    journey["trail"] = [*journey["trail"], f"{step_id}:{outcome}:{reason.replace(':', ' ')[:60]}:{at}"][-LONGEST_TRAIL:]


def queue(svc: Services, account: Account, waiting: Iterable[tuple[Person, int]]) -> None:
    """Those who are due very soon, each in time; others are on the shelf, where `tick` finds them."""
    by_second: dict[int, list[Person]] = {}
    for person, due_at in waiting:
        if due_at <= svc.now() + SOON:
            by_second.setdefault(due_at, []).append(person)
    for due_at, persons in sorted(by_second.items()):
        for begin in range(0, len(persons), TOGETHER):
            told = {"account": account.alias, "persons": persons[begin : begin + TOGETHER]}
            svc.bulk.put(GO, told, delay=max(due_at - svc.now(), 0))


def open_shelves(svc: Services) -> None:
    """`tick` looks at nothing before the first automation was ever started."""
    svc.table.put_new({"pk": "automations", "sk": "handed", "handed_to": 0, "swept_at": 0, "reviewed_day": 0})


def unpark_later(svc: Services, account: Account, automation_id: str) -> None:
    """Twice, because the index is a moment behind and whoever parks somebody may be as well."""
    for seconds in SEEN_LATE:
        svc.bulk.put(UNPARK, {"account": account.alias, "automation_id": automation_id}, delay=seconds)


def parked(automation_id: str) -> str:
    return f"parked#{automation_id}"


def shelf_of(openid: str) -> str:
    return names()[shelves.number(shelves.mark(openid))]


def names() -> list[str]:
    """Of the sixteen shelves, which all accounts share."""
    return [f"journeys#{number:x}" for number in range(shelves.SHELVES)]


def openid_of(entry: Item) -> str:
    return str(entry["pk"].split("#", 2)[2])


def account_of(entry: Item) -> str:
    return str(entry["pk"].split("#", 2)[1])


def automation_of(entry: Item) -> str:
    return str(entry["sk"].split("#")[1])


def person_of(entry: Item) -> Person:
    return [openid_of(entry), str(entry["sk"])]


def due_of(entry: Item) -> int:
    return int(entry["place"].partition("#")[0])


def label_of(entry: Item) -> tuple[str, int]:
    """The step they are at, and when they entered."""
    at_step, _, entered_at = str(entry.get("label", "")).partition("|")
    return at_step, int(entered_at or 0)


def is_over(step_id: str) -> bool:
    return step_id == OVER


def _going_on(openid: str, automation_id: str, at_step: str, due_at: int, entered_at: int) -> Item:
    return {
        "at_step": at_step,
        "due_at": due_at,
        "shelf": shelf_of(openid),
        "place": _place(due_at, automation_id, openid),
        "label": f"{at_step}|{entered_at}",
    }


def _place(due_at: int, automation_id: str, openid: str) -> str:
    return f"{due_at:011d}#{automation_id}#{openid}"


def _ours(svc: Services, journey: Item, news: Item, remove: Sequence[str] = ()) -> Item | None:
    """Unless it ended, was erased, or was taken from us."""
    where = "attribute_exists(pk) AND attribute_not_exists(#ended_at) AND #worker = :worker"
    return svc.table.update(
        journey["pk"], journey["sk"], news, where=where, remove=tuple(remove), worker=journey["worker"]
    )


GO, UNPARK = "running.go", "running.unpark"
