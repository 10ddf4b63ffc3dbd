"""What one person's endpoint is owed: in order, the head first, by one worker at a time.

    pk person#<account>#<openid>   sk out#<endpoint>#<at>#<ms>#<id>   {event, queued_at, dead_at, reason, expires}
        shelf dead#<account>#<endpoint>   place <dead_at>#<id>      once it is given up
    pk person#<account>#<openid>   sk lane#<endpoint>
        {holder, lease_until, asked, tries, due, sent, expires}
        shelf lanes   place <due>#<account>#<endpoint>      while it waits to try again

`event` is JSON text, `<id>` its id, `<ms>` when it was kept, since WeChat's times are whole seconds. What is sent is
deleted; `sent` are the ids of the last ones, by which an event that is kept twice is known. A worker takes the lane for
a while, and whoever comes meanwhile sets `asked`, which makes the worker look again before it lets go; and comes back
later itself, in case the worker dies. After a failure nothing of the lane is sent until `due`: a message in the queue
wakes it then, or else `tick`, from the shelf.
"""

from __future__ import annotations

import random
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import msgspec

from ...errors import NotFound
from ...observe import log
from ...services import Account, Services
from .. import people
from ..days import A_DAY
from ..events.event import Event, about
from . import deliveries, health, senders
from . import endpoint as store
from .endpoint import Endpoint
from .failed import Failed

LEASE = 90  # seconds: longer than any worker lives
BUDGET = 25.0  # seconds of sending, after which the lane goes back into the queue
SHELF = "lanes"
PAGE = 25
LONGEST_WAIT = 3600  # seconds between two tries
BY_QUEUE = 900  # seconds that a queue can wait
SLACK = 120  # seconds after which the shelf does what the queue should have done
KEPT = 30 * A_DAY  # of what nobody ever takes or gives up
DEAD_KEPT = 14 * A_DAY
LANE_KEPT = 7 * A_DAY
REMEMBERED = 20  # ids of what was sent
MOST_STARTED = 2000  # lanes in one tick
CREW = 16
FREE = "(attribute_not_exists(#lease_until) OR #lease_until < :now)"
DUE = "(attribute_not_exists(#due) OR #due <= :now)"

Item = dict[str, Any]


def keep(svc: Services, account: Account, event: Event) -> list[str]:
    """Store it for each endpoint that asks for it: their ids. Nothing is sent yet; what is kept twice is sent once."""
    wanting = [one.endpoint_id for one in store.in_force(svc, account) if one.asks(event.kind, about(event))]
    text = msgspec.json.encode(event).decode() if wanting else ""
    for endpoint_id in wanting:
        sk = f"out#{endpoint_id}#{event.at:011d}#{int(svc.clock.time() * 1000):014d}#{event.id}"
        told = {"event": text, "queued_at": svc.now(), "expires": svc.now() + KEPT}
        svc.table.put_new({"pk": people.key(account, event.openid), "sk": sk, **told})
    return wanting


def queue(svc: Services, account: Account, event: Event) -> None:
    """Store it, and have it sent."""
    for endpoint_id in keep(svc, account, event):
        wake(svc, account, endpoint_id, event.openid)


def wake(svc: Services, account: Account, endpoint_id: str, openid: str, seconds: float = 0) -> None:
    svc.later_by(seconds, deliver, account, endpoint_id=endpoint_id, openid=openid)


def deliver(svc: Services, account: Account, endpoint_id: str, openid: str) -> None:
    """A job: send what is owed, until it is done, fails, or takes too long. Two at once do no harm."""
    _Lane(svc, account, endpoint_id, openid).go()


def start_due(svc: Services) -> None:
    """What `tick` does every minute: wake the lanes that wait for it."""
    due = svc.table.shelved(SHELF, up_to=f"{svc.now():011d}~")
    with ThreadPoolExecutor(CREW) as crew:
        list(crew.map(lambda entry: _start(svc, entry), islice(due, MOST_STARTED)))


def _start(svc: Services, entry: Item) -> None:
    _, alias, openid = entry["pk"].split("#", 2)
    try:
        wake(svc, svc.accounts[alias], entry["sk"].partition("#")[2], openid)
    except NotFound:
        log.warning("a lane of account %s is dropped: there is no such account any more", alias)
    remove = ("shelf", "place")
    svc.table.update(entry["pk"], entry["sk"], {}, where="#place = :seen", remove=remove, seen=entry["place"])


class _Lane:
    """One worker's hold of one lane."""

    def __init__(self, svc: Services, account: Account, endpoint_id: str, openid: str) -> None:
        self._svc, self._account, self._table = svc, account, svc.table
        self._endpoint_id, self._openid = endpoint_id, openid
        self._pk, self._sk = people.key(account, openid), f"lane#{endpoint_id}"
        self._holder = secrets.token_hex(6)
        self._ends = time.monotonic() + BUDGET
        self._sent: list[str] = []
        self._tries = 0
        self._unionid: str | None = None

    def go(self) -> None:
        endpoint = store.known(self._svc, self._account, self._endpoint_id, fresh=True)
        if not self._heads():
            return  # sent by others; or the person is erased, and must not get a lane again
        if endpoint is None:
            self._drop()
        elif not self._take(endpoint):
            return
        elif not endpoint.enabled:
            self._give_up()
        elif endpoint.rests_until > self._svc.now():
            self._tries += 1
            self._wait_until(max(endpoint.rests_until, self._svc.now() + self._backoff()) + random.randrange(60))
        else:
            self._work(endpoint)

    def _work(self, endpoint: Endpoint) -> None:
        try:
            done = self._send_all(endpoint)
        except BaseException:
            self._let_go()  # what is not a receiver's failure is the queue's to repeat, at once
            raise
        if not done:
            wake(self._svc, self._account, self._endpoint_id, self._openid, seconds=2)
            self._let_go()

    def _send_all(self, endpoint: Endpoint) -> bool:
        """Whether nothing more is to be done now; False when the time is up."""
        while True:
            heads = self._heads()
            if not heads and self._finish():
                return True
            at_once = senders.AT_ONCE.get(endpoint.kind, 1)
            for first in range(0, len(heads), at_once):
                if time.monotonic() > self._ends:
                    return False
                if not self._send(endpoint, heads[first : first + at_once]):
                    return True
                # Later failures are about how it is by then.
                endpoint = msgspec.structs.replace(endpoint, failing_since=0, failures=0, rests_until=0)

    def _send(self, endpoint: Endpoint, items: list[Item]) -> bool:
        """Whether the lane goes on: what was taken is gone from it, and so is what never will be."""
        fresh = _new(items, self._sent)
        events = [self._event(item) for item in fresh]
        began = time.monotonic()
        try:
            if events:
                senders.tell(self._svc, self._account, endpoint, events)
        except Failed as error:
            return self._failed(endpoint, list(zip(fresh, events, strict=True)), error, _ms(began))
        for item in items:
            self._table.delete(item["pk"], item["sk"])
        for event in events:
            self._note(endpoint, event, "delivered", "", _ms(began))
        self._sent = [*self._sent, *(event.id for event in events)][-REMEMBERED:]
        self._tries = 0
        health.succeeded(self._svc, self._account, endpoint)
        return True

    def _failed(self, endpoint: Endpoint, tried: list[tuple[Item, Event]], error: Failed, took_ms: int) -> bool:
        """What is too old is given up, or all if the receiver will never take it; then the next has its turn."""
        self._tries += 1
        health.failed(self._svc, self._account, endpoint, error.reason, answered=not error.retry)
        oldest = self._svc.now() - health.PATIENCE
        given_up = [(item, event) for item, event in tried if not error.retry or item["queued_at"] <= oldest]
        for item, event in given_up:
            self._bury(item, event, error.reason)
        for item, event in tried:
            outcome = "dead" if (item, event) in given_up else "failed"
            self._note(endpoint, event, outcome, error.reason, took_ms)
        if given_up:
            self._tries = 0 if not error.retry else self._tries
            return not error.retry or self._wait(2)
        return self._wait(self._backoff())

    def _backoff(self) -> int:
        """Seconds: 2, 4, 8 … 3600, and up to a quarter more."""
        seconds = min(LONGEST_WAIT, 1 << min(self._tries, 12))
        return seconds + random.randrange(seconds // 4 + 1)

    def _wait(self, wait: int) -> bool:
        """Let go for so many seconds; False."""
        if wait <= BY_QUEUE:
            wake(self._svc, self._account, self._endpoint_id, self._openid, seconds=wait)
        self._wait_until(self._svc.now() + wait, slack=SLACK if wait <= BY_QUEUE else 0)
        return False

    def _wait_until(self, due: int, slack: int = 0) -> None:
        place = f"{due + slack:011d}#{self._account.alias}#{self._endpoint_id}"
        told = {"due": due, "shelf": SHELF, "place": place}
        self._close(told | {"tries": self._tries, "sent": self._sent})

    def _take(self, endpoint: Endpoint) -> bool:
        now = self._svc.now()
        item = self._table.update(
            self._pk,
            self._sk,
            {"holder": self._holder, "lease_until": now + LEASE, "expires": now + LANE_KEPT},
            where=f"{FREE} AND {DUE}" if endpoint.enabled else FREE,
            remove=("shelf", "place", "asked", "due"),
            now=now,
        )
        if item is None:
            self._ask_holder(now)
            return False
        self._sent, self._tries = item.get("sent", []), item.get("tries", 0)
        return True

    def _ask_holder(self, now: int) -> None:
        """Somebody has it, and looks again before they let go. Should they die, we come when their time is up."""
        held = self._table.update(self._pk, self._sk, {"asked": True}, where="#lease_until >= :now", now=now)
        if held is not None:
            seconds = held["lease_until"] - now + 1
            wake(self._svc, self._account, self._endpoint_id, self._openid, seconds=seconds)

    def _finish(self) -> bool:
        """Whether nobody asked meanwhile."""
        told = {"tries": 0, "sent": self._sent}
        if self._close(told, "attribute_not_exists(#asked)"):
            if not self._sent:  # somebody was erased while we came
                self._table.delete_if(self._pk, self._sk, "attribute_not_exists(#holder) AND #tries = :zero", zero=0)
            return True
        where, remove = "#holder = :me AND attribute_exists(#asked)", ("asked",)
        again = self._table.update(self._pk, self._sk, {}, where=where, remove=remove, me=self._holder)
        return again is None  # erased, or another's: either way no longer ours

    def _let_go(self) -> None:
        self._close({"tries": self._tries, "sent": self._sent})

    def _close(self, told: Item, where: str = "") -> bool:
        mine = "#holder = :me"
        condition = f"{mine} AND {where}" if where else mine
        remove = ("holder", "lease_until")
        return self._table.update(self._pk, self._sk, told, where=condition, remove=remove, me=self._holder) is not None

    def _heads(self) -> list[Item]:
        """The next ones, the oldest first; those that were given up do not count."""
        prefix = f"out#{self._endpoint_id}#"
        after = prefix
        while True:
            items, more = self._table.page(self._pk, PAGE, after, fresh=True)
            ours = [item for item in items if item["sk"].startswith(prefix)]
            waiting = [item for item in ours if "dead_at" not in item]
            if waiting or not more or len(ours) < len(items):
                return waiting
            after = more

    def _event(self, item: Item) -> Event:
        """With the unionid that is known by now."""
        if self._unionid is None:
            self._unionid = str((self._table.get(self._pk, "profile") or {}).get("unionid", ""))
        event = msgspec.json.decode(item["event"], type=Event)
        return msgspec.structs.replace(event, unionid=self._unionid) if self._unionid else event

    def _bury(self, item: Item, event: Event, reason: str) -> None:
        now = self._svc.now()
        listing = {"shelf": f"dead#{self._account.alias}#{self._endpoint_id}", "place": f"{now:011d}#{event.id}"}
        told = {"dead_at": now, "reason": reason[:200], "expires": now + DEAD_KEPT}
        self._table.update(item["pk"], item["sk"], told | listing, where="attribute_exists(pk)")

    def _note(self, endpoint: Endpoint, event: Event, outcome: str, reason: str, took_ms: int) -> None:
        about = (self._svc, self._account, endpoint, event)
        deliveries.note(*about, outcome=outcome, reason=reason, took_ms=took_ms, tries=max(1, self._tries))

    def _give_up(self) -> None:
        """The endpoint is switched off: all of it can be sent again by hand."""
        while heads := self._heads():
            for item in heads:
                self._bury(item, msgspec.json.decode(item["event"], type=Event), "switched off")
        self._finish()

    def _drop(self) -> None:
        """There is no such endpoint any more."""
        for item in list(self._table.under(self._pk, f"out#{self._endpoint_id}#", fresh=True)):
            self._table.delete(item["pk"], item["sk"])
        self._table.delete(self._pk, self._sk)


def _new(items: list[Item], sent: list[str]) -> list[Item]:
    """The first of each event that was not sent."""
    first = {_id(item): item["sk"] for item in reversed(items)}
    return [item for item in items if first[_id(item)] == item["sk"] and _id(item) not in sent]


def _id(item: Item) -> str:
    return str(item["sk"].rpartition("#")[2])


def _ms(began: float) -> int:
    return round(1000 * (time.monotonic() - began))
