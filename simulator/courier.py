"""Brings callbacks to the account's server as WeChat does: three tries at 0, 5 and 10 s, then the failure notice."""

from __future__ import annotations

import heapq
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from simulator.accounts import Account, Json
from simulator.answers import FAILED, MALFORMED, Verdict, judge
from simulator.envelope import request_body, signed_query, to_xml
from simulator.post import post
from simulator.record import Delivery, Try

if TYPE_CHECKING:
    from simulator.world import World

TRIES = 3
NOTICE = "该公众号提供的服务出现故障，请稍后再试"
NOTICED_MESSAGES = {"text", "image", "voice", "video", "location", "link"}
NOTICED_EVENTS = {"CLICK", "subscribe", "SCAN", "scancode_waitmsg"}
SILENT = {"unsubscribe"}


class Courier:
    def __init__(self, world: World) -> None:
        self._world = world
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._open = True
        self._something = threading.Condition()
        self._hands = ThreadPoolExecutor(16, "courier")
        threading.Thread(target=self._watch, name="courier-clock", daemon=True).start()

    def deliver(self, account: Account, openid: str, fields: Json) -> tuple[Delivery, list[Json]]:
        """Bring it now, waiting for every try; what the phone shows."""
        delivery = self._note(account, openid, fields)
        begun = time.monotonic()
        for number in range(TRIES):
            time.sleep(max(0.0, begun + number * account.pause_s - time.monotonic()))
            verdict = self._try(account, fields, delivery)
            if not self._again(account, verdict):
                break
        return delivery, self._shown(account, openid, fields, verdict)

    def deliver_later(self, account: Account, openid: str, fields: Json, after: float) -> None:
        """In the background, `after` seconds of the simulator's clock from now; nobody sees a notice."""
        self.later(after, lambda: self._bring(account, fields, self._note(account, openid, fields), 1))

    def _bring(self, account: Account, fields: Json, delivery: Delivery, number: int) -> None:
        begun = time.monotonic()
        verdict = self._try(account, fields, delivery)
        if self._again(account, verdict) and number < TRIES:
            left = max(0.0, begun + account.pause_s - time.monotonic())
            self.later(left, lambda: self._bring(account, fields, delivery, number + 1))

    def later(self, after: float, act: Callable[[], None]) -> None:
        with self._something:
            heapq.heappush(self._later, (self._world.clock.now() + after, next(self._order), act))
            self._something.notify()

    def clock_moved(self) -> None:
        with self._something:
            self._something.notify()

    def forget(self) -> None:
        with self._something:
            self._later.clear()

    def close(self) -> None:
        self._open = False
        self.clock_moved()
        self._hands.shutdown(wait=False, cancel_futures=True)

    def _watch(self) -> None:
        while self._open:
            with self._something:
                wait = self._later[0][0] - self._world.clock.now() if self._later else None
                if wait is None or wait > 0:
                    self._something.wait(wait)
                    continue
                act = heapq.heappop(self._later)[2]
            # Asking for the result makes a bug in the background loud.
            if self._open:
                self._hands.submit(act).add_done_callback(lambda done: done.result())

    def _note(self, account: Account, openid: str, fields: Json) -> Delivery:
        kind = fields.get("Event") or fields["MsgType"]
        number, now = next(self._world.record.ids), round(self._world.clock.now(), 3)
        delivery = Delivery(number, now, account.alias, openid, kind, to_xml(fields))
        self._world.record.deliveries.append(delivery)
        return delivery

    def _try(self, account: Account, fields: Json, delivery: Delivery) -> Verdict:
        body, sealed = request_body(account, fields)
        nonce = str(secrets.randbelow(10**10))
        query = signed_query(account, self._world.clock.seconds(), nonce, delivery.openid, sealed)
        delivery.request, delivery.query = body.decode(), urlencode(query)
        at, begun = round(self._world.clock.now(), 3), time.monotonic()
        status, answer = post(account.callback_url, query, body, account.deadline_s)
        verdict = judge(account, fields, status, answer)
        ms = round((time.monotonic() - begun) * 1000, 1)
        shown = answer.decode(errors="replace")
        delivery.tries.append(Try(at, status, shown, verdict.plain, verdict.outcome, verdict.why, ms))
        delivery.outcome = verdict.outcome
        return verdict

    def _again(self, account: Account, verdict: Verdict) -> bool:
        return verdict.outcome == FAILED or (verdict.outcome == MALFORMED and account.retry_malformed)

    def _shown(self, account: Account, openid: str, fields: Json, verdict: Verdict) -> list[Json]:
        person = account.person(openid)
        if verdict.reply and fields.get("Event") not in SILENT:
            self._world.show(person, "reply", verdict.reply)
            return [verdict.reply]
        if verdict.outcome in {FAILED, MALFORMED} and noticed(fields):
            notice = {"type": "notice", "content": NOTICE}
            self._world.show(person, "notice", notice)
            return [notice]
        return []


def noticed(fields: Json) -> bool:
    """Only what a person did on purpose shows them that the account failed."""
    return fields["MsgType"] in NOTICED_MESSAGES or fields.get("Event") in NOTICED_EVENTS
