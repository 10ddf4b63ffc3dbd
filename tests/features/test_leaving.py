"""Who leaves is erased within a day, provably; what remains is a number, and a hash that knows a return."""

from __future__ import annotations

import pytest

from chalicelib.features import days, followers, people, templates, tokens
from chalicelib.features.followers import leaving, profile
from chalicelib.wechat import messages
from tests.house import NOTICE, House, Json, eventually


def left_of(house: House, openid: str = "alice") -> list[str]:
    """What the table holds under this person's key."""
    return [item["sk"] for item in house.svc.table.under(people.key(house.tea, openid), fresh=True)]


def gone(house: House) -> list[Json]:
    return list(house.svc.table.under("gone#tea"))


def in_the_night(house: House) -> None:
    leaving.erase_left(house.svc, house.tea)
    house.work()


def told(house: House, name: str, at: int, openid: str = "alice") -> None:
    heard = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(at), "MsgType": "event", "Event": name}
    followers.note(house.svc, house.tea, messages.message(heard))


@pytest.fixture
def alice(house: House) -> House:
    """A follower of whom much is kept."""
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    house.says("alice", "my number is 13900000000")
    consent: followers.Consent = {"at": house.svc.now(), "text": "我同意"}
    followers.set_facts(house.svc, house.tea, "alice", {"phone": "13900000000"}, "answer", consent)
    followers.note_order(house.svc, house.tea, "alice", "order-7", 8900, house.svc.now())
    order = {"openid": "alice", "template_id": NOTICE, "data": {"thing1": "x"}, "once": "n-1"}
    templates.order(house.svc, house.tea, **order)  # type: ignore[arg-type]
    house.work()
    assert eventually(lambda: templates.find(house.svc, house.tea, "alice", "n-1")["stage"] == "delivered")
    house.phone("alice", "open", url=f"{house.app}/oauth/tea/start?then=/h5/tea/hello")
    return house


def test_what_was_said_of_them_is_dropped_the_moment_they_leave(alice: House) -> None:
    alice.phone("alice", "unfollow")

    known = profile(alice.svc, alice.tea, "alice") or {}
    assert set(known) == {"pk", "sk", "following", "changed", "left_at", "version", "shelf", "place"}


def test_the_first_night_leaves_nothing_but_empty_claims(alice: House) -> None:
    alice.phone("alice", "unfollow")
    in_the_night(alice)

    assert {sk.partition("#")[0] for sk in left_of(alice)} == {"message", "profile"}
    for item in alice.svc.table.under(people.key(alice.tea, "alice"), "message#"):
        assert not {"said", "rest", "later"} & item.keys()
        assert item["answer"] is None
        assert item["expires"] <= alice.svc.now() + days.A_DAY


def test_a_day_later_nothing_is_left_at_all(alice: House) -> None:
    alice.phone("alice", "unfollow")
    alice.advance(days.A_DAY + 1)

    in_the_night(alice)

    assert left_of(alice) == []
    assert list(alice.svc.table.shelved("leaving#tea")) == []
    assert "alice" not in str(gone(alice))


def test_an_eraser_that_was_killed_begins_again(alice: House, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.phone("alice", "unfollow")
    alice.advance(days.A_DAY + 1)
    delete, number = type(alice.svc.table).delete, iter(range(2))

    def fatal(table: object, pk: str, sk: str) -> None:
        if next(number, None) is None:
            raise ConnectionError
        delete(table, pk, sk)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(ConnectionError):
        patch.setattr(type(alice.svc.table), "delete", fatal)
        leaving.erase_left(alice.svc, alice.tea)
    assert "profile" in left_of(alice)

    in_the_night(alice)
    assert left_of(alice) == []


def test_more_than_one_job_erases_at_once_are_erased_one_after_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "PEOPLE_AT_ONCE", 2)
    for number in range(5):
        told(house, "subscribe", 1_700_000_000, f"guest-{number}")
        told(house, "unsubscribe", 1_700_000_000 + number, f"guest-{number}")

    in_the_night(house)
    house.work()

    assert [left_of(house, f"guest-{number}") for number in range(5)] == [[]] * 5
    assert len(gone(house)) == 5


def test_who_comes_back_before_the_night_is_not_erased(alice: House) -> None:
    alice.phone("alice", "unfollow")
    alice.advance(60)
    alice.phone("alice", "follow")
    in_the_night(alice)

    known = profile(alice.svc, alice.tea, "alice") or {}
    assert (known["following"], known["returned"]) == (True, True)
    assert "facts" not in known
    assert any(sk.startswith("visit#") for sk in left_of(alice))


def test_a_return_is_known_as_one_after_everything_is_erased(alice: House) -> None:
    alice.phone("alice", "unfollow")
    alice.advance(days.A_DAY + 1)
    in_the_night(alice)

    alice.phone("alice", "follow")
    alice.phone("bob", "follow")

    assert (profile(alice.svc, alice.tea, "alice") or {})["returned"] is True
    assert "returned" not in (profile(alice.svc, alice.tea, "bob") or {})


def test_times_are_counted_once_for_each_leaving(house: House) -> None:
    for at in (100, 200):
        told(house, "subscribe", 1_700_000_000 + at)
        for _ in range(2):
            told(house, "unsubscribe", 1_700_000_000 + at + 50)

    (found,) = gone(house)
    assert (found["times"], found["left_at"], found["since"], found["returned"]) == (
        2, 1_700_000_250, 1_700_000_200, True,
    )  # fmt: skip


def test_erasing_says_what_was_removed_and_leaves_nothing(alice: House) -> None:
    held = left_of(alice)

    removed = followers.erase(alice.svc, alice.tea, "alice")

    assert left_of(alice) == []
    assert sum(removed.values()) == len(held)
    assert {"profile", "message", "visit", "template", "order"} <= removed.keys()
    assert list(alice.svc.table.shelved(followers.shelves.of(alice.tea, "alice"))) == []
    assert followers.erase(alice.svc, alice.tea, "alice") == {}


def test_erasing_one_person_touches_nobody_else(alice: House) -> None:
    alice.phone("alice2", "follow")
    alice.phone("alice", "follow", "leaf")

    followers.erase(alice.svc, alice.tea, "alice")

    assert "profile" in left_of(alice, "alice2")
    assert followers.is_following(alice.svc, alice.leaf, "alice")
