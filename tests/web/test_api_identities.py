"""/api/{account}/identities: what other systems learn of one person, and what they may have done."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from chalicelib.features import identities, operators
from tests.house import HTTP, House
from tests.signing_in import bind, signs_in, visits_of

UNKNOWN = ("nobody", "a%20b", "%00", "a%2Fb", "%ff", "%E8%8C%B6", "a%23b", "%25", "a:b", "a+b", "x" * 129, "%C2%85")


class Answer(NamedTuple):
    status: int
    body: Any


class Api:
    def __init__(self, house: House) -> None:
        self._house = house
        self._token = operators.issue_token(house.svc, "the till")

    def __call__(self, method: str, path: str, alias: str = "tea") -> Answer:
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{self._house.app}/api/{alias}/identities/{path}"
        answer = HTTP.request(method, url, headers=headers, redirect=False)
        return Answer(answer.status, json.loads(answer.data) if answer.data else None)


@pytest.fixture
def api(house: House) -> Api:
    return Api(house)


def test_without_a_token_nobody_learns_anything(house: House) -> None:
    signs_in(house)

    assert house.get("/api/tea/identities/alice").status == 401
    assert house.post("/api/tea/identities/alice/renewals").status == 401
    assert HTTP.request("DELETE", f"{house.app}/api/tea/identities/alice/visits").status == 401
    assert len(visits_of(house)) == 1


@pytest.mark.parametrize("path", UNKNOWN)
def test_somebody_unknown_is_not_found_however_they_are_written(api: Api, path: str) -> None:
    found = api("GET", path)
    assert (found.status, found.body["error"]["code"]) == (404, "NotFound")
    assert "Nobody by this openid" in found.body["error"]["message"]
    assert api("POST", f"{path}/renewals").status == 404


def test_signing_out_somebody_unknown_is_no_mistake_unless_it_is_no_openid(api: Api) -> None:
    assert api("DELETE", "nobody/visits") == (204, None)
    assert api("DELETE", "a%23b/visits").status == 404


def test_an_account_that_is_not_there_is_not_found(api: Api) -> None:
    assert api("GET", "alice", "nowhere").status == 404


def test_a_follower_who_never_signed_in(api: Api, house: House) -> None:
    house.phone("alice", "follow")

    assert api("GET", "alice") == (
        200,
        {
            "openid": "alice",
            "unionid": "",
            "follower": True,
            "visitor": False,
            "visits": [],
            "nickname": "",
            "picture": "",
            "consented": 0,
            "same_person": [],
        },
    )


def test_a_visitor_who_does_not_follow(api: Api, house: House) -> None:
    signs_in(house, scope="snsapi_base")
    now = house.svc.now()

    found = api("GET", "alice").body
    (visit,) = found["visits"]
    assert (found["follower"], found["visitor"], found["consented"]) == (False, True, 0)
    assert (visit["scope"], visit["virtual"]) == ("snsapi_base", False)
    assert abs(visit["since"] - now) <= 2
    assert visit["expires"] - visit["since"] == house.svc.settings.visit_days * 86_400


def test_both_at_once_and_the_same_person_elsewhere(api: Api, house: House) -> None:
    bind(house, "tea", "leaf")
    house.phone("alice", "follow")
    house.phone("alice", "follow", "leaf")
    house.work()
    signs_in(house)

    found = api("GET", "alice").body
    assert (found["follower"], found["visitor"], found["nickname"]) == (True, True, "alice")
    assert found["picture"].startswith("http") and found["consented"] == found["visits"][0]["since"]
    assert found["unionid"] == house.world.accounts["tea"].person("alice").unionid
    assert found["same_person"] == [{"account": "leaf", "openid": "alice"}, {"account": "tea", "openid": "alice"}]


def test_the_newest_consent_is_the_one_that_counts(api: Api, house: House) -> None:
    signs_in(house)
    house.advance(10)
    house.world.accounts["tea"].person("alice").nickname = "Alicia"
    signs_in(house)
    house.advance(10)
    signs_in(house, scope="snsapi_base")

    found = api("GET", "alice").body
    assert (found["nickname"], found["consented"]) == ("Alicia", found["visits"][1]["since"])
    assert [visit["scope"] for visit in found["visits"]] == ["snsapi_userinfo", "snsapi_userinfo", "snsapi_base"]


def test_a_snapshot_is_shown_as_what_it_is(api: Api, house: House) -> None:
    bind(house, "tea")
    signs_in(house, snapshot=True)

    found = api("GET", "alice").body
    assert found["visits"][0]["virtual"] is True
    assert (found["unionid"], found["nickname"], found["consented"], found["same_person"]) == ("", "", 0, [])


def test_who_has_left_is_neither_follower_nor_visitor(api: Api, house: House) -> None:
    house.phone("alice", "follow")
    house.phone("alice", "unfollow")

    found = api("GET", "alice")
    assert (found.status, found.body["follower"], found.body["visitor"]) == (200, False, False)


def test_a_visit_that_is_over_is_not_shown(api: Api, house: House) -> None:
    signs_in(house)
    house.advance(31 * 86_400)

    assert api("GET", "alice").status == 404


@pytest.mark.parametrize("openid", ["o-A_b-9", "zhang.san@corp", "-", "_", ".", "X" * 128])
def test_odd_letters_in_an_openid_are_understood_plain_and_escaped(api: Api, house: House, openid: str) -> None:
    house.svc.table.put({"pk": f"person#tea#{openid}", "sk": "profile", "following": True, "changed": 1})

    escaped = "".join(f"%{ord(letter):02X}" for letter in openid)
    assert api("GET", escaped).body["openid"] == openid
    if openid != ".":  # as a step of a path it is walked over before we see it
        assert api("GET", openid).body["openid"] == openid


def test_a_renewal_brings_the_new_nickname(api: Api, house: House) -> None:
    signs_in(house)
    house.world.accounts["tea"].person("alice").nickname = "Alicia"

    assert api("POST", "alice/renewals") == (202, {"openid": "alice"})
    house.work()
    assert api("GET", "alice").body["nickname"] == "Alicia"


def test_without_a_refresh_token_a_renewal_is_refused_in_a_clear_sentence(api: Api, house: House) -> None:
    signs_in(house, scope="snsapi_base")

    refused = api("POST", "alice/renewals")
    assert (refused.status, refused.body["error"]["code"]) == (409, "Conflict")
    assert "No refresh token of this person is kept" in refused.body["error"]["message"]
    assert house.work() == 0


def test_signing_out_ends_every_visit_and_nothing_else(api: Api, house: House) -> None:
    house.phone("alice", "follow")
    cookies = [signs_in(house), signs_in(house, scope="snsapi_base")]
    others = signs_in(house, "bob")

    assert api("DELETE", "alice/visits") == (204, None)
    assert api("DELETE", "alice/visits") == (204, None)

    assert not any(identities.visitor(house.svc, house.tea, cookie) for cookie in cookies)
    assert identities.visitor(house.svc, house.tea, others)
    found = api("GET", "alice").body
    assert (found["follower"], found["visitor"], found["visits"]) == (True, False, [])


def test_no_token_of_a_person_is_ever_shown(api: Api, house: House) -> None:
    signs_in(house)
    (grant,) = house.world.accounts["tea"].grants.values()

    shown = json.dumps(api("GET", "alice").body)
    assert "renewal" not in shown
    assert grant.value not in shown and visits_of(house)[0]["renewal"] not in shown
