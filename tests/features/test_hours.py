"""In which hour of the day somebody likes to read: from what they did, and only once enough of it is known."""

from __future__ import annotations

import random

from chalicelib.features import days, followers
from chalicelib.features.followers import Card, hours
from tests.crowd import follower, profile
from tests.house import House

MIDNIGHT = days.begins(20_000)


def at(hour: int, times: int = 1) -> list[int]:
    return [MIDNIGHT + hour * 3600 + 59] * times


def test_the_hour_with_most_is_best_and_those_beside_it_count_half() -> None:
    assert hours.best(hours.counted("", at(20, 3))) == 20
    assert hours.best(hours.counted("", [*at(9, 4), *at(19, 3), *at(20, 3), *at(21, 3)])) == 20
    assert hours.best(hours.counted("", [*at(23, 2), *at(0, 3), *at(1, 2)])) == 0  # the clock is round


def test_too_little_is_nothing_known() -> None:
    assert hours.best("") == hours.best(hours.counted("", at(9, hours.LEAST - 1))) == -1


def test_old_habits_fade_and_the_text_stays_short() -> None:
    known = hours.counted("", at(9, 30))
    for _ in range(4):
        known = hours.counted(known, at(21, 20))
    assert hours.best(known) == 21 and len(known) == hours.HOURS


def test_whatever_happens_it_can_be_read_again() -> None:
    dice = random.Random(5)
    known = ""
    for _ in range(200):
        known = hours.counted(known, [MIDNIGHT + dice.randrange(10**7) for _ in range(dice.randrange(60))])
        assert len(known) == hours.HOURS and set(known) <= set(hours.LETTERS)
        assert -1 <= hours.best(known) < hours.HOURS


def test_the_night_counts_hours_with_everything_else_and_tells_them_on_the_card(house: House) -> None:
    follower(house, "alice")
    minute = days.minute(house.svc.now())
    house.advance(((21 * 60 - minute) % 1440) * 60)
    for words in ("one", "two", "three"):
        house.says("alice", words)
    assert "active_hours" not in profile(house, "alice")

    house.advance(days.A_DAY)
    followers.activity.refresh_page(house.svc, house.tea, followers.shelves.number(followers.shelves.mark("alice")), "")

    known = profile(house, "alice")
    assert known["active_hours"][21] == "3" and known["messages"] == 3
    assert Card.read(known["label"]).best_hour == 21
