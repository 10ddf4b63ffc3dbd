"""What Lambda hands to a worker, in the shapes that features use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalice.app import CloudWatchEvent, SQSEvent

from ..features.jobs import Record


def batch(event: SQSEvent) -> tuple[list[Record], Callable[[], float]]:
    """The records, and how many seconds Lambda still gives us."""
    records = [
        Record(raw["body"], raw["receiptHandle"], int(raw["attributes"]["ApproximateReceiveCount"]))
        for raw in event.to_dict()["Records"]
    ]
    context: Any = event.context
    return records, lambda: context.get_remaining_time_in_millis() / 1000


def account(event: CloudWatchEvent) -> str:
    """Whose token was refused (see aws/functions.py), or "" when a schedule fired."""
    return str(event.detail.get("account", ""))


def hour(event: CloudWatchEvent) -> int:
    """The hour in UTC for which a schedule fired: `2026-11-23T18:00:00Z` -> 18."""
    return int(event.time[11:13] or -1)
