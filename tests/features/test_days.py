"""WeChat's day begins at midnight in Shanghai, wherever we run."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.features import days

NOON = int(datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp())
MIDNIGHT_THERE = int(datetime(2026, 11, 23, 16, 0, tzinfo=UTC).timestamp())


def test_tomorrow_begins_at_midnight_there() -> None:
    assert days.tomorrow(NOON) == MIDNIGHT_THERE
    assert days.tomorrow(MIDNIGHT_THERE - 1) == MIDNIGHT_THERE
    assert days.tomorrow(MIDNIGHT_THERE) == MIDNIGHT_THERE + days.A_DAY


def test_the_day_changes_there_and_not_at_ours() -> None:
    assert days.today(MIDNIGHT_THERE - 1) + 1 == days.today(MIDNIGHT_THERE)
    assert days.today(MIDNIGHT_THERE) == days.today(MIDNIGHT_THERE + 8 * 3600)


def test_clocks_there_are_eight_hours_ahead() -> None:
    assert divmod(days.minute(NOON), 60) == (20, 0)
