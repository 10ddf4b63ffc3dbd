"""Everything the simulator received and sent, in order and with times, so that an auditor can recount."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import count

from simulator.accounts import Json

_SECRET = re.compile(r'((?:access_token|refresh_token|secret|appsecret|ticket)(?:=|"\s*:\s*"))([^&"\s]+)')


@dataclass(slots=True)
class CallRecord:
    id: int
    at: float
    account: str
    method: str
    host: str
    path: str
    query: str
    body: str
    ip: str
    rid: str
    errcode: int = 0
    answer: str = ""
    ms: float = 0.0


@dataclass(slots=True)
class Try:
    at: float
    status: int
    answer: str
    plain: str
    outcome: str
    why: str
    ms: float


@dataclass(slots=True)
class Delivery:
    """One callback, with each try to bring it and what came back."""

    id: int
    at: float
    account: str
    openid: str
    kind: str
    plain: str
    request: str = ""
    query: str = ""
    tries: list[Try] = field(default_factory=list)
    outcome: str = "on its way"


class Record:
    def __init__(self) -> None:
        self.ids = count(1)
        self.clear()

    def clear(self) -> None:
        self.calls: list[CallRecord] = []
        self.by_rid: dict[str, CallRecord] = {}
        self.deliveries: list[Delivery] = []
        self.shares: list[Json] = []

    def add_call(self, call: CallRecord) -> None:
        self.calls.append(call)
        self.by_rid[call.rid] = call

    def counts(self, calls: Iterable[CallRecord]) -> Json:
        return dict(Counter(call.path for call in calls))

    def errors(self, calls: Iterable[CallRecord]) -> Json:
        """How often each errcode was given, per path."""
        found: dict[str, Counter[int]] = {}
        for call in calls:
            if call.errcode:
                found.setdefault(call.path, Counter())[call.errcode] += 1
        return {path: {str(code): n for code, n in codes.items()} for path, codes in found.items()}


def mask(text: str) -> str:
    """Tokens and secrets do their work and are then nobody's business."""
    return _SECRET.sub(r"\1***", text)


def as_json(item: CallRecord | Delivery) -> Json:
    return asdict(item)
