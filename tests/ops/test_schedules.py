"""Schedules of the local stack fire when EventBridge's would, also for minutes that were skipped."""

from datetime import UTC, datetime

from ops.local.schedules import ONE_DAY, Minutes, Schedule


def test_a_rate_fires_every_so_many_minutes() -> None:
    assert _fires("rate(5 minutes)", "00:00", minutes=20) == ["00:00", "00:05", "00:10", "00:15"]
    assert _fires("rate(1 minute)", "00:00", minutes=3) == ["00:00", "00:01", "00:02"]
    assert _fires("rate(12 hours)", "00:00", minutes=ONE_DAY) == ["00:00", "12:00"]


def test_a_cron_with_two_hours_fires_twice_a_day() -> None:
    assert _fires("cron(0 1,18 * * ? *)", "00:00", minutes=ONE_DAY) == ["01:00", "18:00"]


def test_crons_know_ranges_steps_and_days_of_the_week_from_sunday() -> None:
    assert _fires("cron(0/20 9 * * ? *)", "08:30", minutes=120) == ["09:00", "09:20", "09:40"]
    assert _fires("cron(0 8-9 * * ? *)", "00:00", minutes=ONE_DAY) == ["08:00", "09:00"]
    a_monday = "2026-11-23"
    assert _fires("cron(0 8 ? * 2 *)", "00:00", ONE_DAY, a_monday) == ["08:00"]
    assert _fires("cron(0 8 ? * 1 *)", "00:00", ONE_DAY, a_monday) == []


def test_skipped_minutes_are_made_up_for_in_order() -> None:
    minutes = Minutes(now=600)
    assert list(minutes.passed(now=659)) == []
    assert list(minutes.passed(now=600 + 4 * 60)) == [11, 12, 13, 14]


def test_of_a_jump_over_weeks_only_the_last_day_is_made_up_for() -> None:
    minutes = Minutes(now=0)
    made_up = list(minutes.passed(now=30 * 86_400))
    assert len(made_up) == ONE_DAY and made_up[-1] == 30 * ONE_DAY


def test_an_event_carries_the_time_it_was_due() -> None:
    event = Schedule("nightly", "rate(1 day)").event(1_700_000_040)
    assert event["time"] == "2023-11-14T22:14:00Z"


def _fires(expression: str, start: str, minutes: int, day: str = "2026-11-24") -> list[str]:
    first = int(datetime.fromisoformat(f"{day}T{start}+00:00").timestamp()) // 60
    schedule = Schedule("tick", expression)
    due = [minute for minute in range(first, first + minutes) if schedule.due(minute)]
    return [datetime.fromtimestamp(minute * 60, UTC).strftime("%H:%M") for minute in due]


def test_of_skipped_minutes_a_rate_takes_the_last_and_a_cron_each_of_its_own() -> None:
    passed = list(range(2 * ONE_DAY))
    assert Schedule("tick", "rate(1 minute)").due_of(passed) == [2 * ONE_DAY - 1]
    assert Schedule("refresh_tokens", "rate(5 minutes)").due_of(passed) == [2 * ONE_DAY - 5]
    assert Schedule("nightly", "cron(0 18 * * ? *)").due_of(passed) == [18 * 60, ONE_DAY + 18 * 60]
    assert Schedule("tick", "rate(1 minute)").due_of([]) == []
