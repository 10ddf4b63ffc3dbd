"""How much people write and when they were last seen: derived from the message log, never written per message.

Only days that are over are counted into the profile: each night for everybody, and when a person is opened. Whatever
happened up to the end of the day `last_active` is counted, and nothing after it, so only this file may write that.
What visits tell is copied along with it (visiting.py).
`active_hours` is in which hours of the day they did something (hours.py).
`recent` {`scanned:<scene>` or `clicked:<key>`: day} holds the newest events of each kind, at most twenty.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ...services import Account, Services
from .. import days, people
from . import hours, shelves, visiting
from .card import Card
from .change import Item, change, profile
from .note import ACTS

PEOPLE_AT_ONCE = 2000  # whose log one job reads: some fifteen seconds
CREW = 16
MOST_RECENT = 20
LONGEST_KEY = 64
SETTLED = 3600  # seconds after midnight in which a message of the day before may still come in
NAMED = {"scan": "scanned", "click": "clicked"}
READ = (
    "kind", "event", "said", "since", "is_virtual", "browser", "nickname", "picture", "consented", "following",
    "facts", "revoked",
)  # fmt: skip


class Log(NamedTuple):
    """Of one person. `profile` has only what visits are compared with."""

    messages: list[Item]
    visits: list[Item]
    profile: Item = {}


def refresh_activity(svc: Services, account: Account, openid: str) -> Item | None:
    """The profile, counted to this moment; days that are over, and what visits tell, are stored as well. None for
    whoever does not follow."""
    known = profile(svc, account, openid)
    if known is None or not known["following"]:
        return None
    over, log = _over(svc), _log(svc, account, openid, known.get("last_active", 0))
    found = [item for item in log.messages if _sent(item) <= svc.now() + SETTLED]
    settled = [item for item in found if _day(item) <= over]
    if any(_is_act(item) for item in settled) or visiting.heard(known, log.visits):
        known = _count(svc, account, openid, Log(settled, log.visits), known) or known
    return known | _seen(known, [item for item in found if _day(item) > over])


def refresh_all(svc: Services, account: Account) -> None:
    """Each night: a job for each of the sixteen shelves."""
    for number in range(shelves.SHELVES):
        svc.in_bulk(refresh_page, account, shelf=number, after="")


def refresh_page(svc: Services, account: Account, shelf: int, after: str) -> None:
    """A job: count what was written until midnight, and copy what visits tell. Half a read unit each while all that is
    kept behind their messages is small, and a write for whoever did something new."""
    entries, more = svc.table.shelved_page(shelves.names(account)[shelf], PEOPLE_AT_ONCE, after)
    with ThreadPoolExecutor(CREW) as crew:
        list(crew.map(lambda entry: _refresh(svc, account, entry), entries))
    if more:
        svc.in_bulk(refresh_page, account, shelf=shelf, after=more)


def note_recent(svc: Services, account: Account, openid: str, what: str, at: int) -> Item | None:
    """Somebody did `what` just now, for whoever cannot wait for the night: `scanned:12`."""
    return change(svc, account, openid, lambda known: _newest(known, {what: days.today(at)}))


def _refresh(svc: Services, account: Account, entry: Item) -> None:
    openid, over = shelves.openid_at(entry["place"]), _over(svc)
    log = _log(svc, account, openid, Card.read(entry.get("label", "")).last_active)
    found = [item for item in log.messages if _day(item) <= over]
    if any(_is_act(item) for item in found) or visiting.heard(log.profile, log.visits):
        _count(svc, account, openid, Log(found, log.visits), None)


def _count(svc: Services, account: Account, openid: str, log: Log, known: Item | None) -> Item | None:
    def edit(profile: Item) -> Item:
        counted = profile.get("last_active", 0)
        seen = _seen(profile, [item for item in log.messages if _day(item) > counted])
        return seen | visiting.heard(profile, log.visits) if profile["following"] else {}

    return change(svc, account, openid, edit, known=known)


def _seen(profile: Item, found: Iterable[Item]) -> Item:
    """What a profile says after all of these."""
    acts = [item for item in found if _is_act(item)]
    if not acts:
        return {}
    written = sum(item["kind"] != "event" for item in acts)
    events = {f"{NAMED[item['event']]}:{item['said'][:LONGEST_KEY]}": _day(item) for item in acts if _is_named(item)}
    last = max(map(_day, acts))
    told = {"messages": profile.get("messages", 0) + written, "last_active": last}
    told |= {"active_hours": hours.counted(profile.get("active_hours", ""), map(_sent, acts))}
    return told | _newest(profile, events)


def _newest(profile: Item, events: dict[str, int]) -> Item:
    if not profile["following"] or not events:
        return {}
    known: dict[str, int] = profile.get("recent", {})
    merged = {what: max(known.get(what, 0), events.get(what, 0)) for what in known | events}
    kept = sorted(merged.items(), key=lambda event: (event[1], event[0]))[-MOST_RECENT:]
    return {"recent": dict(kept)}


def _log(svc: Services, account: Account, openid: str, counted: int) -> Log:
    """The messages of the days after `counted`, and the visits: one query, as hardly anything stands between them."""
    first = f"message#{days.begins(counted + 1) if counted else 0:011d}"
    found = list(svc.table.between(people.key(account, openid), first, "visit#~", *READ))
    profile = next((item for item in found if item["sk"] == "profile"), {})
    return Log(_of_kind(found, "message#"), _of_kind(found, "visit#"), profile)


def _of_kind(found: list[Item], kind: str) -> list[Item]:
    return [item for item in found if item["sk"].startswith(kind)]


def _is_act(item: Item) -> bool:
    return bool(item["kind"] != "event" or item.get("event") in ACTS or item.get("event") == "subscribe")


def _is_named(item: Item) -> bool:
    return item.get("event") in NAMED and bool(item.get("said"))


def _sent(item: Item) -> int:
    return int(item["sk"].split("#", 2)[1])


def _day(item: Item) -> int:
    return days.today(_sent(item))


def _over(svc: Services) -> int:
    """The last day of which no message can come in any more."""
    return days.today(svc.now() - SETTLED) - 1
