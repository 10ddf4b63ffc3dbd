"""/api/{account}/home as the console reads it."""

from __future__ import annotations

from chalicelib.features import alarms
from chalicelib.features.followers import growth
from tests.crowd import follower
from tests.house import House
from tests.web.asking import Api, refused


def test_who_may_not_look_is_told_so(house: House) -> None:
    assert "home:read" in refused(Api(house, "tags:read")("GET", "/home"), 403)
    refused(Api(house)("GET", "/home", alias="none"), 404)


def test_a_new_house_and_an_account_without_rights_have_a_home_too(house: House) -> None:
    nothing = {"joined": 0, "left": 0, "returned": 0}
    told = {"followers": 0, "today": nothing, "days": [], "sync": None, "alarms": [], "todo": []}
    for alias in ("tea", "leaf"):
        assert Api(house)("GET", "/home", alias=alias) == (200, told)


def test_home_is_one_answer_with_all_that_the_room_shows(house: House) -> None:
    follower(house, "alice", days_ago=1)
    growth.count_night(house.svc, house.tea)
    follower(house, "bob", days_ago=0)
    alarms.ring(house.svc, house.tea, "sync", "48001 api unauthorized")
    told = Api(house, "home:read")("GET", "/home").body
    assert (told["followers"], told["today"]["joined"]) == (2, 1)
    assert [set(day) for day in told["days"]] == [{"day", "joined", "left", "returned", "total"}] * 2
    assert set(told["alarms"][0]) == {"what", "since", "words"}
