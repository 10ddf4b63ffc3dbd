"""The stage's EventBridge bus: domain events for whatever else the brand runs on AWS."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Unavailable
from . import session


class Bus:
    def __init__(self, name: str) -> None:
        self._name = name

    def put(self, source: str, told: Sequence[tuple[str, int, str]]) -> None:
        """Ten at most, each (detail-type, unix seconds, detail as JSON): all of them, or Unavailable, and then some may
        have arrived."""
        with session.explained():
            answer = session.client("events").put_events(
                Entries=[
                    {"EventBusName": self._name, "Source": source, "DetailType": kind, "Time": at, "Detail": detail}
                    for kind, at, detail in told
                ]
            )
        if answer["FailedEntryCount"]:
            codes = {one["ErrorCode"] for one in answer["Entries"] if "ErrorCode" in one}
            raise Unavailable(f"事件总线没有收下。The event bus did not take it: {', '.join(sorted(codes))}.")
