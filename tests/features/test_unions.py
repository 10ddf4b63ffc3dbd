"""One person in several accounts: joined only by a unionid that is real, and forgotten when they leave."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.features.identities import unions
from chalicelib.wechat.errors import Unreachable
from tests.house import House, Json, logged
from tests.signing_in import bind, signs_in, visits_of

INFO = "/cgi-bin/user/info"


@pytest.fixture
def bound(house: House) -> House:
    bind(house, "tea", "leaf")
    return house


def union(house: House, openid: str = "alice", alias: str = "tea") -> Json | None:
    """What is kept of the unionid, sure or not; an empty item that is about to go is nothing."""
    found = house.svc.table.get(f"person#{alias}#{openid}", "union", fresh=True)
    return found if found and "unionid" in found else None


def same(house: House, openid: str = "alice", alias: str = "tea") -> list[tuple[str, str]]:
    return unions.same_person(house.svc, house.svc.accounts[alias], openid)


def follows(house: House, openid: str, *aliases: str) -> None:
    for alias in aliases:
        house.phone(openid, "follow", alias)
    house.work()


def test_without_the_mark_nobody_is_asked_about(house: House) -> None:
    house.world.accounts["tea"].open_platform = True
    follows(house, "alice", "tea")

    assert union(house) is None
    assert house.count(INFO) == 0


def test_an_account_that_may_not_list_followers_asks_about_nobody(house: House) -> None:
    house.svc.table.update("accounts", "leaf", {"open_platform": True})
    house.svc.forget("accounts")
    house.svc.forget("account#leaf")
    house.phone("alice", "follow", "leaf")

    assert house.work() == 0


def test_a_follower_of_two_accounts_is_one_person(bound: House) -> None:
    follows(bound, "alice", "tea", "leaf")
    follows(bound, "bob", "tea")

    assert same(bound) == same(bound, alias="leaf") == [("leaf", "alice"), ("tea", "alice")]
    assert same(bound, "bob") == [("tea", "bob")]


def test_a_visitor_here_and_a_follower_there_is_one_person(bound: House) -> None:
    signs_in(bound, "alice", alias="tea")
    signs_in(bound, "alice", alias="tea")
    follows(bound, "alice", "leaf")

    assert same(bound) == [("leaf", "alice"), ("tea", "alice")]


def test_a_silent_visitor_joins_nobody(bound: House) -> None:
    signs_in(bound, "alice", "snsapi_base")
    follows(bound, "alice", "leaf")

    assert same(bound) == []
    assert same(bound, alias="leaf") == [("leaf", "alice")]


def test_a_snapshot_joins_nobody(bound: House) -> None:
    signs_in(bound, "alice", snapshot=True)
    follows(bound, "alice", "leaf")

    assert same(bound) == []
    assert same(bound, alias="leaf") == [("leaf", "alice")]


def test_the_index_tells_nobody_a_unionid(bound: House) -> None:
    follows(bound, "alice", "tea")

    item = union(bound) or {}
    unionid = bound.world.accounts["tea"].person("alice").unionid
    assert item["unionid"] == unionid and item["found_by"] == "follow" and "expires" not in item
    assert unionid not in item["shelf"] and item["place"] == "tea#alice"


def test_asking_twice_keeps_one(bound: House) -> None:
    follows(bound, "alice", "tea")
    unions.note_unionid(bound.svc, bound.tea, "alice")

    assert same(bound) == [("tea", "alice")]


def test_who_leaves_is_forgotten(bound: House) -> None:
    follows(bound, "alice", "tea", "leaf")
    bound.phone("alice", "unfollow", "tea")

    assert union(bound) is None
    assert same(bound) == []
    assert same(bound, alias="leaf") == [("leaf", "alice")]


def test_who_leaves_is_forgotten_even_if_the_mark_is_gone(bound: House) -> None:
    follows(bound, "alice", "tea")
    bound.svc.table.update("accounts", "tea", {"open_platform": False})
    bound.svc.forget("accounts")
    bound.svc.forget("account#tea")
    bound.phone("alice", "unfollow")

    assert union(bound) is None


def test_who_left_before_the_job_ran_is_not_kept(bound: House) -> None:
    bound.phone("alice", "follow")
    bound.phone("alice", "unfollow")
    bound.work()

    assert union(bound) is None


def test_who_leaves_while_wechat_answers_is_not_kept(bound: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bound.phone("alice", "follow")
    info = bound.tea.wechat.users.info

    def slow(openid: str) -> Json:
        told = info(openid)
        bound.phone("alice", "unfollow")
        return told

    monkeypatch.setattr(bound.tea.wechat.users, "info", slow)
    unions.note_unionid(bound.svc, bound.tea, "alice")

    assert union(bound) is None


def test_an_unfollow_that_comes_late_forgets_nobody_who_is_back(bound: House) -> None:
    before = bound.svc.now()
    bound.advance(60)
    follows(bound, "alice", "tea")
    bound.phone("alice", "event", Event="unsubscribe", CreateTime=before)

    assert union(bound) is not None


def test_an_account_that_is_bound_to_nothing_keeps_nothing(bound: House) -> None:
    bound.world.accounts["tea"].open_platform = False
    follows(bound, "alice", "tea")

    assert union(bound) is None


@pytest.mark.parametrize("fault", [{"errcode": 40003}, {"errcode": 48001}, {"errcode": 45009}, {"errcode": 40013}])
def test_what_wechat_refuses_is_not_asked_again(bound: House, fault: dict[str, Any]) -> None:
    bound.control("faults", path=INFO, times=9, **fault)
    bound.phone("alice", "follow")

    with logged() as lines:
        assert bound.work() == 1
    assert union(bound) is None
    assert "alice" not in lines.getvalue()


def test_while_wechat_is_away_the_queue_asks_again(bound: House) -> None:
    bound.phone("alice", "follow")
    bound.control("faults", path=INFO, status=502)

    with pytest.raises(Unreachable):
        unions.note_unionid(bound.svc, bound.tea, "alice")
    bound.work()

    assert union(bound) is not None


def test_a_visit_that_is_over_joins_nobody_even_before_it_is_swept(bound: House) -> None:
    signs_in(bound)
    follows(bound, "alice", "leaf")
    assert same(bound, alias="leaf") == [("leaf", "alice"), ("tea", "alice")]

    bound.advance(31 * 86_400)

    assert visits_of(bound)
    assert same(bound, alias="leaf") == [("leaf", "alice")]
    assert same(bound) == []


def test_an_account_that_was_removed_is_not_named(bound: House) -> None:
    follows(bound, "alice", "tea", "leaf")
    bound.svc.table.delete("accounts", "leaf")
    bound.svc.forget("accounts")

    assert same(bound) == [("tea", "alice")]


def test_an_ordinary_message_asks_nothing(bound: House) -> None:
    follows(bound, "alice", "tea")
    asked = bound.count(INFO)
    bound.says("alice", "hello")

    assert bound.work() == 0
    assert bound.count(INFO) == asked
