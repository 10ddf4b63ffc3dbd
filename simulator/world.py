"""Everything the simulator holds, under one lock: accounts, clock, record, faults, and the courier."""

from __future__ import annotations

import json
import secrets
import threading
from itertools import count
from pathlib import Path

from simulator.accounts import Account, Json, Person, from_config, kept, restore
from simulator.clock import Clock
from simulator.courier import Courier
from simulator.faults import Faults
from simulator.record import Record

STATE_FILE = "simulator.json"
FIRST_MSG_ID = 24_300_000_000_000_000


class World:
    def __init__(self, config: Json, state: Path | None = None, clock_file: Path | None = None) -> None:
        self.config = config
        self.home: str = config.get("home", "").rstrip("/")
        self.lock = threading.RLock()
        self.clock = Clock(clock_file)
        self.record = Record()
        self.faults = Faults()
        self.accounts: dict[str, Account] = {}
        self.other_site: Json = {"api_token": ""}
        self.guests: dict[str, Json] = {}  # of the other site, by its own session cookie
        self._state = state / STATE_FILE if state else None
        self._begin(self._saved())
        self.courier = Courier(self)

    def _saved(self) -> Json:
        if self._state and self._state.exists():
            saved: Json = json.loads(self._state.read_text())
            return saved
        return {}

    def _begin(self, saved: Json) -> None:
        self.clock.set(saved.get("offset", 0.0))
        self._numbers = count(int(saved.get("next_number", 1)))
        for told in self.config["accounts"]:
            account = from_config(told, self.clock.now())
            restore(account, saved.get("accounts", {}).get(account.alias, {}))
            self.accounts[account.alias] = account

    def save(self) -> None:
        """By rename: a stop in the middle leaves the older state whole."""
        if not self._state:
            return
        self._state.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._state.with_suffix(".new")
        with self.lock:
            accounts = {alias: kept(account) for alias, account in self.accounts.items()}
            saved = {"offset": self.clock.offset, "next_number": self.number(), "accounts": accounts}
            fresh.write_text(json.dumps(saved, ensure_ascii=False))
        fresh.replace(self._state)

    def reset(self, alias: str = "", tokens: bool = False) -> None:
        """Back to the first day; tokens stay good unless told otherwise, and the clock never goes back."""
        with self.lock:
            self.faults.clear()
            self.record.clear()
            self.courier.forget()
            self.guests.clear()
            for told in self.config["accounts"]:
                if alias in {"", told["alias"]}:
                    self._restart(told, tokens)

    def _restart(self, told: Json, tokens: bool) -> None:
        fresh, old = from_config(told, self.clock.now()), self.accounts[told["alias"]]
        if not tokens:
            fresh.tokens, fresh.tickets, fresh.forced_refreshes = old.tokens, old.tickets, old.forced_refreshes
        self.accounts[fresh.alias] = fresh

    def number(self) -> int:
        return next(self._numbers)

    def message_id(self) -> int:
        return FIRST_MSG_ID + self.number()

    def by_app_id(self, app_id: str) -> Account | None:
        return next((a for a in self.accounts.values() if a.app_id == app_id), None)

    def by_token(self, token: str) -> Account | None:
        return next((a for a in self.accounts.values() if token in a.tokens), None)

    def show(self, person: Person, channel: str, item: Json) -> Json:
        """Put one item on the phone's screen; `mine` is what its owner sent."""
        shown = {"id": self.number(), "at": round(self.clock.now(), 3), "channel": channel} | item
        with self.lock:
            person.chat.append(shown)
        return shown


def random_text(length: int) -> str:
    return secrets.token_urlsafe(length)[:length]


def new_rid() -> str:
    raw = secrets.token_hex(12)
    return f"{raw[:8]}-{raw[8:16]}-{raw[16:]}"
