"""The few deliveries that may be held at once, over all containers: held requests cost money and Lambda's concurrency.

    pk lines   sk line#<n>   {until_ms}

Only a wait that has lasted half a second takes a line, so an ordinary message never writes here. A line whose holder
was killed is free again by itself.
"""

from __future__ import annotations

import random
from types import TracebackType

from ..services import Services

UNNOTICED = 0.5  # seconds
LONGEST = 8_000  # milliseconds a line can be held
TRIES = 4  # of the free lines, since others may be taking one too
FIRST_NAP, LONGEST_NAP = 0.03, 0.3  # seconds between two looks


class Wait:
    """`with Wait(svc) as waiting:` look for what you need, then `nap`, as long as that is `allowed`."""

    def __init__(self, svc: Services) -> None:
        self._svc = svc
        self._began = svc.clock.time()
        self._nap = FIRST_NAP
        self._line: str | None = None

    def __enter__(self) -> Wait:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._line:
            self._svc.table.update("lines", self._line, {"until_ms": 0})

    def allowed(self) -> bool:
        """False when the wait is no longer short and all lines are taken."""
        if self._line is None and self._svc.clock.time() > self._began + UNNOTICED:
            self._line = _take(self._svc)
            return self._line is not None
        return True

    def nap(self) -> None:
        self._svc.clock.sleep(self._nap)
        self._nap = min(self._nap * 1.5, LONGEST_NAP)


def _take(svc: Services) -> str | None:
    now = int(svc.clock.time() * 1000)
    busy = {item["sk"] for item in svc.table.under("lines") if item["until_ms"] >= now}
    free = [line for number in range(svc.settings.held_deliveries) if (line := f"line#{number}") not in busy]
    for line in random.sample(free, min(TRIES, len(free))):
        taken = svc.table.update(
            "lines", line, {"until_ms": now + LONGEST}, where="attribute_not_exists(pk) OR #until_ms < :now", now=now
        )
        if taken is not None:
            return line
    return None
