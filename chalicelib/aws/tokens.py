"""The platform token: read and compared by every caller, reported when WeChat refuses it, leased for a refresh.

    pk account#<alias>   sk token#<kind>    kind is access or jsapi
        {token_text, serial, good_until, rejected_serial, lease_until, lease_holder, failing,
         forced_at, forced_day, forced_today, woken_at, doubted_at}

Here is what keeps two hundred callers from asking for two hundred tokens: a refused token is compared with the stored
one, and only the caller whose conditional write marks that serial as rejected wakes the refresher. A JS-SDK ticket is
refused in the page that signed with it, and WeChat tells us nothing: so its end is looked at, and a page may say that
it doubts it. Anybody may say so, and it is heard once in five minutes. Only features/tokens.py takes the lease and
stores a new one.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from ..errors import Unavailable
from .table import Table

REMEMBER = 60  # seconds a container trusts what it read; a replaced token lives five minutes more
WAIT_FOR_NEW = 3.0  # seconds a caller waits for the refresher before it gives up
MARGIN = 30  # seconds before its end at which a token is no longer used
LEASE = 30  # seconds that one refresh may take
DOUBTED_APART = 300  # seconds between two doubts of a ticket that WeChat is asked about, of all containers together
WOKEN_APART = 5  # seconds between two calls for a ticket that has ended, of all containers together

Item = dict[str, Any]


class Clock(Protocol):
    def time(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class NoToken(Unavailable):
    """The account has no usable platform token yet; the refresher runs every five minutes and says why in its log."""


class StoredTokens:
    """`current` and `rejected` are what the WeChat client asks (its `Tokens`); `ticket` is for signing pages."""

    def __init__(self, table: Table, clock: Clock, alias: str, wake_refresher: Callable[[str], None]) -> None:
        self._table = table
        self._clock = clock
        self._alias = alias
        self._wake_refresher = wake_refresher
        self._known: Item = {}
        self._read_at = 0.0
        self._known_ticket: Item = {}
        self._ticket_read_at = 0.0

    def current(self) -> str:
        """The token to use now. An account's very first caller wakes the refresher and waits for it."""
        now = self._clock.time()
        if now - self._read_at > REMEMBER or self._known.get("good_until", 0) < now + MARGIN:
            self._look()
        if not self._known.get("token_text") and self.rejected("") is None:
            raise NoToken("公众号还没有可用的令牌，请稍后再试。The account has no access token yet; try again soon.")
        return str(self._known["token_text"])

    def rejected(self, token: str) -> str | None:
        """WeChat refused this token: another one to try once, or None if none came in time."""
        known = self._look()
        if known.get("token_text") not in (None, token):
            return str(known["token_text"])
        if self.mark_rejected(known.get("serial", 0)):
            self._wake_refresher(self._alias)
        return self._wait_for_another(token)

    def ticket(self, doubted: bool = False) -> str:
        """The JS-SDK ticket to sign with now. One that has ended, or was never there, wakes the refresher. `doubted`: a
        page was told that a signature is wrong; WeChat is then asked, once in a while, however many say so."""
        now = self._clock.time()
        if doubted or now - self._ticket_read_at > REMEMBER or not self._is_good(self._known_ticket):
            self._look_at_ticket()
        known = self._known_ticket
        if doubted and self._is_good(known) and self._doubt(known):
            self._wait_for_ticket(lambda: not self._is_doubted(known["serial"]))
        elif not self._is_good(known):
            if self._may_wake():
                self._wake_refresher(self._alias)
            self._wait_for_ticket(lambda: self._is_good(self._known_ticket))
        if not self._is_good(self._known_ticket):
            raise NoToken(
                "暂时没有可用的 JS-SDK 票据，请稍后再试。There is no JS-SDK ticket right now; try again soon."
            )
        return str(self._known_ticket["token_text"])

    def read(self, kind: str) -> Item:
        """What is stored of a kind, as it is now; {} if nothing is."""
        return self._table.get(*self._key(kind), fresh=True) or {}

    def lease(self, kind: str) -> Item | None:
        """What is stored, now ours to replace; None while another refresh is under way."""
        now = int(self._clock.time())
        return self._table.update(
            *self._key(kind),
            {"lease_until": now + LEASE, "lease_holder": uuid.uuid4().hex},
            where="attribute_not_exists(#lease_until) OR #lease_until < :now",
            now=now,
        )

    def note_forced(self, kind: str, leased: Item, day: int, today: int) -> None:
        """Count a forced refresh before it is asked for, so that a killed refresher cannot loop."""
        self._keep(kind, leased, {"forced_at": int(self._clock.time()), "forced_day": day, "forced_today": today})

    def store(self, kind: str, leased: Item, text: str, lives: int, vouched: bool = False) -> Item | None:
        """A token that lives so many seconds more: what is now kept; the lease ends. None if another has the lease.
        `vouched`: given again, it is good whatever was said against it."""
        change: Item = {"good_until": int(self._clock.time()) + lives, "lease_until": 0, "failing": False}
        if text != leased.get("token_text"):
            change |= {"token_text": text, "serial": leased.get("serial", 0) + 1}
        elif vouched:
            change |= {"rejected_serial": leased["serial"] - 1}
        return self._keep(kind, leased, change)

    def end_lease(self, kind: str, leased: Item, failing: bool) -> None:
        """Nothing was stored; `failing` is remembered until something is."""
        self._keep(kind, leased, {"lease_until": 0, "failing": failing})

    def mark_rejected(self, serial: int, kind: str = "access") -> bool:
        """Whether it was this caller that marked it; of all that try, one is told so."""
        doubted = {"doubted_at": int(self._clock.time())} if kind == "jsapi" else {}
        marked = self._table.update(
            *self._key(kind),
            {"rejected_serial": serial} | doubted,
            where="(attribute_not_exists(#serial) OR #serial = :serial)"
            " AND (attribute_not_exists(#rejected_serial) OR #rejected_serial < :serial)",
            serial=serial,
        )
        return marked is not None

    def _keep(self, kind: str, leased: Item, change: Item) -> Item | None:
        return self._table.update(
            *self._key(kind), change, where="#lease_holder = :holder", holder=leased["lease_holder"]
        )

    def _wait_for_another(self, token: str) -> str | None:
        give_up = self._clock.time() + WAIT_FOR_NEW
        while self._clock.time() < give_up:
            self._clock.sleep(random.uniform(0.1, 0.3))
            known = self._look()
            if known.get("token_text") not in (None, token):
                return str(known["token_text"])
        return None

    def _is_good(self, ticket: Item) -> bool:
        return bool(ticket.get("token_text")) and ticket["good_until"] > self._clock.time()

    def _is_doubted(self, serial: int) -> bool:
        """Neither has another come, nor has WeChat given this one again."""
        return serial == self._known_ticket.get("serial") == self._known_ticket.get("rejected_serial")

    def _doubt(self, ticket: Item) -> bool:
        """Whether it was this caller that woke the refresher. Who comes later costs no write."""
        lately = self._clock.time() - ticket.get("doubted_at", 0) < DOUBTED_APART
        if lately or ticket.get("rejected_serial", -1) >= ticket["serial"]:
            return False
        if not self.mark_rejected(ticket["serial"], "jsapi"):
            return False
        self._wake_refresher(self._alias)
        return True

    def _may_wake(self) -> bool:
        now = int(self._clock.time())
        woken = self._table.update(
            *self._key("jsapi"),
            {"woken_at": now},
            where="attribute_not_exists(#woken_at) OR #woken_at < :before",
            before=now - WOKEN_APART,
        )
        return woken is not None

    def _wait_for_ticket(self, is_there: Callable[[], bool]) -> None:
        give_up = self._clock.time() + WAIT_FOR_NEW
        while self._clock.time() < give_up:
            self._clock.sleep(random.uniform(0.1, 0.3))
            self._look_at_ticket()
            if is_there():
                return

    def _look_at_ticket(self) -> None:
        self._known_ticket, self._ticket_read_at = self.read("jsapi"), self._clock.time()

    def _look(self) -> Item:
        # Returned as well as kept: another thread may keep a newer one before the caller has looked at this.
        known = self.read("access")
        self._known, self._read_at = known, self._clock.time()
        return known

    def _key(self, kind: str) -> tuple[str, str]:
        return f"account#{self._alias}", f"token#{kind}"
