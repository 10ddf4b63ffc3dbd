"""Who follows is known, whatever order the events come in and whatever was missed."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.features import followers, tokens
from chalicelib.features.followers import profile
from chalicelib.wechat import messages
from simulator.platform import users
from tests.house import House, Json

NOON = 1_900_000_000


def told(house: House, name: str, at: int, openid: str = "alice", **fields: str) -> None:
    """The listener hears of an event that WeChat dates so."""
    heard = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(at), "MsgType": "event", "Event": name}
    followers.note(house.svc, house.tea, messages.message(heard | fields))


def says(house: House, at: int, openid: str = "alice") -> None:
    said = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(at), "MsgType": "text", "Content": "hi"}
    followers.note(house.svc, house.tea, messages.message(said | {"MsgId": str(at)}))


def known(house: House, openid: str = "alice", alias: str = "tea") -> Json:
    return profile(house.svc, house.svc.accounts[alias], openid) or {}


def on_shelves(house: House, alias: str = "tea") -> list[str]:
    entries = [entry for n in range(16) for entry in house.svc.table.shelved(f"followers#{alias}#{n:x}")]
    return sorted(entry["pk"].rpartition("#")[2] for entry in entries)


def test_an_old_subscribe_does_not_bring_back_who_has_left(house: House) -> None:
    told(house, "unsubscribe", NOON + 10)
    told(house, "subscribe", NOON)

    assert known(house)["following"] is False
    assert on_shelves(house) == []


def test_an_old_unsubscribe_does_not_send_away_who_came_back(house: House) -> None:
    told(house, "subscribe", NOON)
    told(house, "subscribe", NOON + 20)
    told(house, "unsubscribe", NOON + 10)

    assert known(house)["following"] is True
    assert known(house)["since"] == NOON + 20
    assert on_shelves(house) == ["alice"]


def test_the_same_event_twice_changes_nothing(house: House) -> None:
    told(house, "subscribe", NOON, EventKey="qrscene_window")
    first = known(house)
    house.advance(100)
    told(house, "subscribe", NOON, EventKey="qrscene_window")

    assert known(house) == first


def test_who_leaves_is_forgotten_but_for_the_fact(house: House) -> None:
    told(house, "subscribe", NOON, EventKey="qrscene_window")
    told(house, "unsubscribe", NOON + 10)

    assert set(known(house)) == {"pk", "sk", "following", "changed"}


def test_who_comes_back_is_a_follower_from_then_on(house: House) -> None:
    told(house, "subscribe", NOON, EventKey="qrscene_window")
    told(house, "unsubscribe", NOON + 10)
    told(house, "subscribe", NOON + 20)

    found = known(house)
    assert (found["following"], found["since"], found["scene"]) == (True, NOON + 20, "")
    assert on_shelves(house) == ["alice"]


def test_where_a_follower_came_from_is_kept(house: House) -> None:
    house.phone("alice", "scan", scene="window-7")

    assert known(house)["scene"] == "window-7"
    assert followers.is_following(house.svc, house.tea, "alice")


def test_a_scan_of_a_follower_changes_nothing(house: House) -> None:
    house.phone("alice", "scan", scene="window-7")
    before = known(house)

    house.phone("alice", "scan", scene="door-1")

    assert known(house) == before


def test_somebody_unknown_who_writes_must_be_a_follower(house: House) -> None:
    says(house, NOON)

    assert (known(house)["following"], known(house)["found_by"]) == (True, "message")
    assert on_shelves(house) == ["alice"]


def test_who_writes_after_leaving_has_come_back(house: House) -> None:
    told(house, "subscribe", NOON)
    told(house, "unsubscribe", NOON + 10)
    says(house, NOON + 5)
    assert known(house)["following"] is False

    says(house, NOON + 20)

    assert (known(house)["following"], known(house)["since"]) == (True, NOON + 20)
    assert on_shelves(house) == ["alice"]


@pytest.mark.parametrize(
    "event", ["TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "user_authorization_revoke", "VIEW_OLD"]
)
def test_what_is_only_about_somebody_makes_nobody_a_follower(house: House, event: str) -> None:
    told(house, event, NOON, MsgID="1", Status="success", OpenID="bob")

    assert known(house) == known(house, "bob") == {}


def test_the_same_person_at_two_accounts_is_two_people(house: House) -> None:
    house.phone("alice", "follow")
    house.phone("alice", "follow", "leaf")
    house.phone("alice", "unfollow", "leaf")

    assert followers.is_following(house.svc, house.tea, "alice")
    assert not followers.is_following(house.svc, house.leaf, "alice")


@pytest.fixture
def pages(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Seven people followed before our time, and WeChat tells three on a page."""
    monkeypatch.setattr(users, "PAGE", 3)
    house.control("people", account="tea", count=7, prefix="guest-")
    tokens.refresh_all(house.svc)
    return house


def sync(house: House) -> None:
    followers.sync_all(house.svc)
    while house.work():
        pass


def test_everybody_on_every_page_becomes_known(pages: House) -> None:
    sync(pages)

    assert on_shelves(pages) == [f"guest-{n}" for n in range(1, 8)]
    assert known(pages, "guest-7")["found_by"] == "sync"


def test_the_second_night_writes_nothing(pages: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sync(pages)
    written: list[Any] = []
    call = type(pages.svc.table)._call_all

    def watched(table: Any, operation: str, **arguments: Any) -> Any:
        if operation in ("put_item", "update_item", "delete_item", "batch_write_item"):
            written.append(arguments)
        return call(table, operation, **arguments)

    monkeypatch.setattr(type(pages.svc.table), "_call_all", watched)
    sync(pages)

    assert written == []


def test_who_is_known_keeps_what_is_known(pages: House) -> None:
    told(pages, "subscribe", NOON, "guest-1", EventKey="qrscene_window")
    before = known(pages, "guest-1")

    sync(pages)

    assert known(pages, "guest-1") == before


def test_who_came_back_unheard_is_found_in_the_night(pages: House) -> None:
    told(pages, "unsubscribe", pages.svc.now() - 100, "guest-1")
    told(pages, "unsubscribe", pages.svc.now() + 100, "guest-2")  # left while the page was being read

    sync(pages)

    assert known(pages, "guest-1")["following"] is True
    assert known(pages, "guest-2")["following"] is False


def test_who_was_killed_in_the_middle_of_a_page_begins_it_again(pages: House, monkeypatch: pytest.MonkeyPatch) -> None:
    store = followers._store_unless_following
    left = iter([True] * 4)

    def until_killed(*arguments: Any) -> None:
        if not next(left, False):
            raise KeyboardInterrupt
        store(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(followers, "_store_unless_following", until_killed)
        followers.sync_page(pages.svc, pages.tea, "")
        with pytest.raises(KeyboardInterrupt):
            followers.sync_page(pages.svc, pages.tea, "guest-3")
    assert len(on_shelves(pages)) == 4

    followers.sync_page(pages.svc, pages.tea, "guest-3")
    while pages.work():
        pass

    assert len(on_shelves(pages)) == 7


def test_a_job_writes_no_more_than_it_has_time_for(pages: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followers, "MOST_WRITES", 2)

    followers.sync_page(pages.svc, pages.tea, "")
    assert len(on_shelves(pages)) == 2

    while pages.work():
        pass
    assert on_shelves(pages) == [f"guest-{n}" for n in range(1, 8)]
    assert pages.count("/cgi-bin/user/get") == 4


def test_who_left_after_the_list_was_read_is_not_brought_back_by_a_late_job(pages: House) -> None:
    read_at = pages.svc.now()
    told(pages, "unsubscribe", read_at + 10, "guest-1")

    followers.note_found(pages.svc, pages.tea, openids=["guest-1", "guest-2"], seen_at=read_at)

    assert on_shelves(pages) == ["guest-2"]


def test_an_account_without_followers_is_one_empty_page(house: House) -> None:
    tokens.refresh_all(house.svc)

    sync(house)

    assert on_shelves(house) == []


def test_an_account_that_may_not_ask_is_not_asked(house: House) -> None:
    tokens.refresh_all(house.svc)
    sync(house)

    asked = [call["account"] for call in house.calls()["calls"] if call["path"] == "/cgi-bin/user/get"]
    assert set(asked) == {"tea"}
