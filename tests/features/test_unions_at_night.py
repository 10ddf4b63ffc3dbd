"""Who followed before the account was marked is joined as well: at night, or when they first say something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.aws.table import Table
from chalicelib.features import followers, tokens
from chalicelib.features.followers import leaving, sync
from chalicelib.features.identities import unions
from chalicelib.wechat.errors import Unreachable
from simulator.platform import users
from tests.features.test_unions import follows, same, union
from tests.house import House, Json
from tests.signing_in import bind

INFO, MANY = "/cgi-bin/user/info", "/cgi-bin/user/info/batchget"
GUESTS = [f"guest-{number}" for number in range(1, 8)]


@pytest.fixture
def night(house: House) -> House:
    """Seven people followed two bound accounts before our time."""
    bind(house, "tea", "leaf")
    for alias in ("tea", "leaf"):
        house.control("people", account=alias, count=7, prefix="guest-")
    tokens.refresh_all(house.svc)
    return house


def passes(house: House) -> None:
    followers.sync_all(house.svc)
    while house.work():
        pass


def looks(house: House, openids: list[str] | None = None) -> None:
    """What one job of a sync does."""
    sync._look(house.svc, house.tea, openids or GUESTS)


def joined(house: House, alias: str = "tea") -> list[str]:
    return [openid for openid in GUESTS if unions.kept(house.svc, house.svc.accounts[alias], openid)]


def written(house: House, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Fills with each write from now on."""
    found: list[Any] = []
    call = Table._call_all

    def watched(table: Any, operation: str, **arguments: Any) -> Any:
        if operation not in ("get_item", "batch_get_item", "query"):
            found.append(arguments)
        return call(table, operation, **arguments)

    monkeypatch.setattr(Table, "_call_all", watched)
    return found


def killed_after(calls: int) -> Callable[..., Any]:
    """DynamoDB for a job that dies after so many calls."""
    call, left = Table._call_all, iter(range(calls))

    def until_killed(table: Any, operation: str, **arguments: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return call(table, operation, **arguments)

    return until_killed


def test_an_account_without_the_mark_keeps_none(house: House) -> None:
    house.world.accounts["tea"].open_platform = True
    house.control("people", account="tea", count=7, prefix="guest-")
    tokens.refresh_all(house.svc)
    house.says("guest-1", "hello")
    passes(house)

    assert joined(house) == []
    assert house.count(INFO) == 0


def test_unionids_come_with_what_a_sync_asks_anyway(night: House) -> None:
    passes(night)

    assert (night.count(MANY), night.count(INFO)) == (2, 0)


def test_the_first_night_joins_all_who_follow_already(night: House) -> None:
    passes(night)

    assert joined(night) == joined(night, "leaf") == GUESTS
    assert same(night, "guest-7") == [("leaf", "guest-7"), ("tea", "guest-7")]
    assert (union(night, "guest-1") or {})["found_by"] == "sync"


def test_who_was_known_before_the_mark_is_joined_as_well(night: House) -> None:
    for marked in (False, True):
        night.svc.table.update("accounts", "tea", {"open_platform": marked})
        night.svc.forget("accounts")
        night.svc.forget("account#tea")
        assert joined(night) == []
        passes(night)

    assert joined(night) == GUESTS


def test_a_long_page_is_asked_about_in_parts_each_after_its_profiles(
    night: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "PAGE", 5)
    monkeypatch.setattr(sync, "CHUNK", 2)
    passes(night)

    assert joined(night) == GUESTS


def test_the_second_night_writes_nothing_of_anybody(night: House, monkeypatch: pytest.MonkeyPatch) -> None:
    passes(night)
    writes = written(night, monkeypatch)
    passes(night)

    assert [item for item in writes if "person#" in str(item)] == []


def test_nothing_is_written_of_people_of_whom_wechat_tells_none(night: House, monkeypatch: pytest.MonkeyPatch) -> None:
    night.world.accounts["tea"].open_platform = False
    looks(night)
    writes = written(night, monkeypatch)
    looks(night)

    assert writes == []


def test_who_left_before_the_job_ran_is_not_kept(night: House) -> None:
    followers.sync_all(night.svc)
    night.phone("guest-1", "unfollow")
    night.world.accounts["tea"].person("guest-2").unfollow()  # and the event was lost
    while night.work():
        pass

    assert joined(night) == GUESTS[2:]


def test_who_leaves_while_wechat_answers_is_not_kept(night: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = night.tea.wechat.users.batchget

    def slow(openids: list[str]) -> list[Json]:
        told = ask(openids)
        night.advance(1)
        night.phone("guest-1", "unfollow")
        return told

    monkeypatch.setattr(night.tea.wechat.users, "batchget", slow)
    looks(night)

    assert union(night, "guest-1") is None
    assert joined(night) == GUESTS[1:]


@pytest.mark.parametrize("calls", [1, 2, 3, 5, 7, 9, 11])
def test_whoever_is_killed_the_repeat_makes_it_good(night: House, monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    """Guest 1 leaves while WeChat answers, and guest 2 between the death and the repeat."""
    ask = night.tea.wechat.users.batchget

    def slow(openids: list[str]) -> list[Json]:
        told = ask(openids)
        night.world.accounts["tea"].person("guest-1").unfollow()
        leaving.leave(night.svc, night.tea, "guest-1", night.svc.now())
        return told

    with monkeypatch.context() as patch:
        patch.setattr(night.tea.wechat.users, "batchget", slow)
        patch.setattr(Table, "_call_all", killed_after(calls + 5))  # of which five note who leaves
        with pytest.raises(KeyboardInterrupt):
            looks(night, GUESTS[:3])
    night.advance(1)
    night.phone("guest-2", "unfollow")
    looks(night, GUESTS[:3])

    assert joined(night) == ["guest-3"]
    assert "unionid" not in (union(night, "guest-2") or {})
    assert "expires" in (union(night, "guest-1") or {"expires": 0})
    night.advance(601)
    assert same(night, "guest-1") == []


def test_twice_at_the_same_time_keeps_one(night: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = night.tea.wechat.users.batchget

    def meanwhile(openids: list[str]) -> list[Json]:
        told = ask(openids)
        night.says("guest-1", "hello")
        night.work()
        return told

    monkeypatch.setattr(night.tea.wechat.users, "batchget", meanwhile)
    looks(night)

    assert joined(night) == GUESTS
    assert (union(night, "guest-1") or {})["found_by"] == "follow"


def test_while_wechat_is_away_none_is_kept_and_the_repeat_finds_all(night: House) -> None:
    night.control("faults", path=MANY, status=502)

    with pytest.raises(Unreachable):
        looks(night)
    assert joined(night) == []
    looks(night)

    assert joined(night) == GUESTS


def test_who_is_first_met_by_a_message_is_joined_at_once(night: House) -> None:
    night.says("guest-1", "hello")
    night.work()

    assert joined(night) == ["guest-1"]
    night.says("guest-1", "hello again")
    assert night.work() == 0


def test_who_is_unsure_is_nobodys_other_self(night: House) -> None:
    follows(night, "alice", "tea", "leaf")
    night.svc.table.update("person#tea#alice", "union", {"expires": night.svc.now() + 60})

    assert same(night, "alice") == []
    assert unions.kept(night.svc, night.tea, "alice") is None
