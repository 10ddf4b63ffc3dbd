"""What a tester broke on purpose: errcodes, latency, failure after effect, lost connections, odd delivery events."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

DELIVERY_FAULTS = {"late", "lost", "doubled", "before"}
EVENT_FAULTS = DELIVERY_FAULTS | {"double_redirect"}


@dataclass
class Fault:
    """For `path` ("*": any) the next `times` calls; `event` breaks template delivery events or the OAuth return."""

    path: str = ""
    errcode: int = 0
    errmsg: str = ""
    times: int = 1
    latency_ms: int = 0
    after_effect: bool = False
    timeout: bool = False
    status: int = 0
    account: str = ""
    event: str = ""
    delay_s: float = 60.0

    @property
    def breaks(self) -> bool:
        """Latency alone breaks nothing."""
        return bool(self.errcode or self.timeout or self.status)

    def hits(self, path: str, account: str) -> bool:
        return self.path in {path, "*"} and self.account in {"", account}


class Faults:
    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, told: dict[str, Any]) -> Fault:
        """Raises ValueError with a sentence when it makes no sense."""
        unknown = sorted(set(told) - {f.name for f in fields(Fault)})
        if unknown:
            raise ValueError(f"没有这些字段 no such fields: {', '.join(unknown)}")
        fault = Fault(**told)
        if not fault.path and fault.event not in EVENT_FAULTS:
            raise ValueError(
                f"需要 path，或 event 为 a fault needs a path, or an event of {', '.join(sorted(EVENT_FAULTS))}"
            )
        if not isinstance(fault.times, int) or fault.times < 1:
            raise ValueError("times 应为正整数 must be a positive number")
        self.waiting.append(fault)
        return fault

    def for_call(self, path: str, account: str) -> Fault | None:
        return self._take(lambda fault: not fault.event and fault.hits(path, account))

    def for_event(self, account: str, events: set[str]) -> Fault | None:
        return self._take(lambda fault: fault.event in events and fault.account in {"", account})

    def _take(self, fits: Callable[[Fault], bool]) -> Fault | None:
        if not self.waiting:
            return None
        with self._lock:
            found = next((fault for fault in self.waiting if fits(fault)), None)
            if found:
                found.times -= 1
                self.waiting = [fault for fault in self.waiting if fault.times > 0]
            return found

    def clear(self) -> None:
        self.waiting = []
