"""What a person does to an account, as the callbacks it makes and the windows it opens."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from simulator.accounts import TWO_DAYS, Account, Json, Person
from simulator.platform import console
from simulator.world import World

A_MINUTE = 60
UNLIMITED = 1_000_000
FROM_A_PERSON = {"text", "image", "voice", "video", "shortvideo", "location", "link", "file"}
CLICKS = {"CLICK", "scancode_push", "scancode_waitmsg", "subscribe", "SCAN"}


class Act:
    """One person at one account; each callback waits for its answer, several may be under way at once."""

    def __init__(self, world: World, account: Account, person: Person) -> None:
        self.world, self.account, self.person = world, account, person
        self._begun = time.monotonic()
        self._replies: list[Json] = []
        self._deliveries = 0

    def message(self, kind: str, mine: Json, **fields: Any) -> None:
        """A message of the person's own, which their phone shows at once."""
        self.world.show(self.person, "mine", {"type": kind} | mine)
        self.send({"MsgType": kind} | fields | {"MsgId": self.world.message_id()})

    def event(self, name: str, **fields: Any) -> None:
        self.send({"MsgType": "event", "Event": name} | fields)

    def send(self, fields: Json) -> None:
        """Any callback at all; what it says of itself wins over what we would say."""
        base = {
            "ToUserName": self.account.original_id,
            "FromUserName": self.person.openid,
            "CreateTime": self.world.clock.seconds(),
        }
        fields = base | fields
        with self.world.lock:
            open_window(self.person, fields, self.world.clock.now())
        if not self.account.callback_url and self.account.console:
            self._by_itself(fields)
            return
        delivery, replies = self.world.courier.deliver(self.account, self.person.openid, fields)
        self._deliveries += len(delivery.tries)
        self._replies += replies

    def _by_itself(self, fields: Json) -> None:
        """No server is set: what WeChat's console was told to answer."""
        for item in console.answers(self.account, self.person, fields, self.world.clock.now()):
            self.world.show(self.person, "reply", item)
            self._replies.append(item)

    def sees(self, item: Json) -> None:
        """Something the platform itself puts on the screen."""
        self.world.show(self.person, "notice", item)
        self._replies.append(item)

    def told(self, **more: Any) -> Json:
        elapsed = round((time.monotonic() - self._begun) * 1000)
        return {"replies": self._replies, "deliveries": self._deliveries, "elapsed_ms": elapsed} | more


def open_window(person: Person, fields: Json, now: float) -> None:
    """A message: 5 in 48 hours. A click, a scan, a follow, a tap on a menu message: 3 in a minute."""
    event, kind = fields.get("Event"), fields["MsgType"]
    if event == "unsubscribe":
        person.window_left, person.window_until = 0, 0.0
    elif event in CLICKS or "bizmsgmenuid" in fields:
        person.open_window(3, A_MINUTE, now)
    elif kind in FROM_A_PERSON:
        person.open_window(5, TWO_DAYS, now)


def paid(person: Person, now: float) -> None:
    person.open_window(UNLIMITED, TWO_DAYS, now)


def buttons(menu: Json) -> Iterable[Json]:
    """Every button that does something, of both levels."""
    for button in menu.get("button", []):
        children = button.get("sub_button") or []
        yield from children or [button]
