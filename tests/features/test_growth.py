"""How many came, came back and went: the numbers stay right when the people are erased."""

from __future__ import annotations

import pytest

from chalicelib.features import days, followers
from chalicelib.features.followers import growth, leaving
from chalicelib.features.followers.growth import Day
from chalicelib.wechat import messages
from tests.house import House


@pytest.fixture
def noon(house: House) -> int:
    """Of a day that is yesterday when the night comes."""
    today = days.today(house.svc.now())
    house.advance(days.begins(today + 1) + 12 * 3600 - house.svc.now())
    return days.begins(today + 1) + 12 * 3600


def told(house: House, name: str, openid: str, at: int) -> None:
    heard = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(at), "MsgType": "event", "Event": name}
    followers.note(house.svc, house.tea, messages.message(heard))


def night(house: House) -> None:
    """Two in the morning of the day after."""
    house.advance(14 * 3600)
    growth.count_night(house.svc, house.tea)
    leaving.erase_left(house.svc, house.tea)
    house.advance(10 * 3600)


def counted(house: House) -> list[Day]:
    return growth.history(house.svc, house.tea, 0, 999_999)


def test_a_day_is_counted_once_it_is_over_and_stays_when_people_are_erased(house: House, noon: int) -> None:
    told(house, "subscribe", "old", noon - 5 * days.A_DAY)
    for openid in ("alice", "bob", "carol"):
        told(house, "subscribe", openid, noon)
    told(house, "unsubscribe", "carol", noon + 60)
    told(house, "unsubscribe", "old", noon + 60)
    day = days.today(noon)
    assert growth.today(house.svc, house.tea) == Day(day, joined=3, returned=0, left=2, total=2)

    night(house)
    first = [Day(day, joined=3, returned=0, left=2, total=2)]
    assert counted(house) == first

    told(house, "subscribe", "old", house.svc.now())
    told(house, "unsubscribe", "alice", house.svc.now())
    assert growth.today(house.svc, house.tea) == Day(day + 1, joined=0, returned=1, left=1, total=2)
    night(house)
    assert counted(house) == [*first, Day(day + 1, joined=0, returned=1, left=1, total=2)]


def test_counting_twice_is_counting_once(house: House, noon: int) -> None:
    told(house, "subscribe", "alice", noon)
    night(house)
    before = counted(house)

    growth.count_night(house.svc, house.tea)

    assert counted(house) == before


def test_nights_that_did_not_come_are_counted_later(house: House, noon: int) -> None:
    told(house, "subscribe", "alice", noon)
    night(house)
    told(house, "subscribe", "bob", house.svc.now())
    house.advance(days.A_DAY)
    told(house, "subscribe", "carol", house.svc.now())

    night(house)

    assert [(day.joined, day.day - days.today(noon)) for day in counted(house)] == [(1, 0), (1, 1), (1, 2)]


def test_who_only_came_by_is_counted_as_both(house: House, noon: int) -> None:
    told(house, "subscribe", "alice", noon)
    told(house, "unsubscribe", "alice", noon + 10)

    assert growth.today(house.svc, house.tea) == Day(days.today(noon), joined=1, returned=0, left=1, total=0)


def test_midnight_in_shanghai_parts_the_days(house: House, noon: int) -> None:
    midnight = days.begins(days.today(noon))
    told(house, "subscribe", "late", midnight - 1)
    told(house, "subscribe", "early", midnight)

    assert growth.today(house.svc, house.tea).joined == 1


def test_a_total_is_that_of_the_days_end_however_late_the_night_comes(house: House, noon: int) -> None:
    told(house, "subscribe", "alice", noon)
    night(house)
    for name in ("bob", "carol"):
        told(house, "subscribe", name, house.svc.now())
    house.advance(days.A_DAY)
    told(house, "subscribe", "dora", house.svc.now())
    told(house, "unsubscribe", "bob", house.svc.now())
    growth.count_night(house.svc, house.tea)

    assert counted(house)[-1].total == 3
    assert growth.today(house.svc, house.tea).total == 3
