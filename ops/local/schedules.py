"""When a scheduled function is due, minute by minute, as EventBridge reads rate() and cron()."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ONE_DAY = 1440  # minutes
UNIT = {"minute": 1, "hour": 60, "day": ONE_DAY}


@dataclass
class Minutes:
    """The minutes that the clock has passed, also when somebody moved it."""

    last: int

    def __init__(self, now: int) -> None:
        self.last = now // 60

    def passed(self, now: int) -> Iterator[int]:
        """All since the last call, oldest first; of a longer jump only the last day, which repeats all there is."""
        minute = now // 60
        first = max(self.last + 1, minute - ONE_DAY + 1)
        self.last = minute
        yield from range(first, minute + 1)


@dataclass(frozen=True)
class Schedule:
    function: str
    expression: str

    def due(self, minute: int) -> bool:
        """`minute` counts from 1970 in UTC."""
        kind, inner = re.fullmatch(r"(rate|cron)\((.+)\)", self.expression).groups()  # type: ignore[union-attr]
        return _rate_due(inner, minute) if kind == "rate" else _cron_due(inner, minute)

    def due_of(self, minutes: list[int]) -> list[int]:
        """Of minutes that passed together those at which it is started: each that a cron() names, and of a rate() the
        last, since what repeats takes up all that it missed and a month of ticks would keep the stack busy."""
        due = [minute for minute in minutes if self.due(minute)]
        return due[-1:] if self.expression.startswith("rate") else due

    def event(self, now: int) -> dict[str, Any]:
        """What EventBridge sends."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": "local",
            "resources": [f"arn:aws:events:local:000000000000:rule/gaiwan-local-{self.function}"],
            "detail": {},
        }


def _rate_due(inner: str, minute: int) -> bool:
    number, unit = inner.split()
    return minute % (int(number) * UNIT[unit.rstrip("s")]) == 0


def _cron_due(inner: str, minute: int) -> bool:
    at = datetime.fromtimestamp(minute * 60, UTC)
    # EventBridge counts the days of the week from Sunday, 1.
    now = (at.minute, at.hour, at.day, at.month, at.isoweekday() % 7 + 1, at.year)
    return all(_field_fits(field, value) for field, value in zip(inner.split(), now, strict=True))


def _field_fits(field: str, value: int) -> bool:
    return any(_part_fits(part, value) for part in field.split(","))


def _part_fits(part: str, value: int) -> bool:
    whole, _, step = part.partition("/")
    if whole in ("*", "?"):
        return value % int(step or 1) == 0
    first, _, last = whole.partition("-")
    if step:
        return value >= int(first) and (value - int(first)) % int(step) == 0
    return int(first) <= value <= int(last or first)
