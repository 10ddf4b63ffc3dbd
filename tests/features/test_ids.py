"""What other systems call a person: one person only, found by it, and forgotten with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest

from chalicelib.errors import BadInput, Conflict, NotFound
from chalicelib.features import alarms, followers
from chalicelib.features.followers import ids, leaving, migration
from tests.crowd import follower
from tests.features.test_people_erased import traces
from tests.house import House, Json
from tests.web.operating import everything


@pytest.fixture
def shop(house: House) -> House:
    for openid in ("alice", "bob"):
        follower(house, openid)
    ids.mark(house.svc, house.tea, ["crm_id"])
    return house


def knows(shop: House, openid: str, number: str | int) -> Json:
    return followers.set_facts(shop.svc, shop.tea, openid, {"crm_id": number}, "crm")


def whose(shop: House, number: str | int) -> str:
    found = ids.whose(shop.svc, shop.tea, "crm_id", number)
    return str(found["openid"]) if found else ""


def leftovers(shop: House) -> list[str]:
    """Items that lead from an id to somebody."""
    return [item["pk"]["S"] for item in everything(shop) if item["pk"]["S"].startswith("ids#")]


def test_a_follower_is_found_by_an_id_of_another_system(shop: House) -> None:
    knows(shop, "alice", "C-42")

    assert whose(shop, "C-42") == "alice"
    assert whose(shop, " C-42 ") == "alice"
    assert whose(shop, "C-43") == ""


def test_a_number_and_its_text_are_the_same_id(shop: House) -> None:
    knows(shop, "alice", 42)
    assert whose(shop, "42") == "alice"


def test_what_is_not_marked_finds_nobody(shop: House) -> None:
    followers.set_facts(shop.svc, shop.tea, "alice", {"shoe_size": "42"}, "crm")
    assert ids.whose(shop.svc, shop.tea, "shoe_size", "42") is None


def test_the_second_person_with_the_same_id_is_told(shop: House) -> None:
    knows(shop, "alice", "C-42")

    with pytest.raises(Conflict, match="Another follower has this crm_id"):
        knows(shop, "bob", "C-42")

    assert whose(shop, "C-42") == "alice"
    assert "crm_id" not in (followers.profile(shop.svc, shop.tea, "bob") or {}).get("facts", {})


def test_of_two_at_the_same_moment_one_gets_it(shop: House) -> None:
    people = [f"guest-{number}" for number in range(8)]
    for openid in people:
        follower(shop, openid)

    def claims(openid: str) -> bool:
        try:
            knows(shop, openid, "C-1")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as crew:
        got = [openid for openid, has in zip(people, crew.map(claims, people), strict=True) if has]

    assert len(got) == 1
    assert whose(shop, "C-1") == got[0]


def test_an_id_that_changes_is_free_for_somebody_else(shop: House) -> None:
    knows(shop, "alice", "C-42")
    knows(shop, "alice", "C-43")

    assert (whose(shop, "C-42"), whose(shop, "C-43")) == ("", "alice")
    knows(shop, "bob", "C-42")
    assert whose(shop, "C-42") == "bob"


def test_an_id_that_is_forgotten_is_free(shop: House) -> None:
    knows(shop, "alice", "C-42")
    followers.forget_fact(shop.svc, shop.tea, "alice", "crm_id")

    assert whose(shop, "C-42") == ""
    assert leftovers(shop) == []


def test_who_leaves_is_not_found_any_more_and_erased_altogether(shop: House) -> None:
    knows(shop, "alice", "C-42")
    leaving.leave(shop.svc, shop.tea, "alice", shop.svc.now())
    assert whose(shop, "C-42") == ""

    followers.erase(shop.svc, shop.tea, "alice")

    assert traces(shop) == []
    assert leftovers(shop) == []


def test_an_id_of_somebody_who_was_erased_is_free(shop: House) -> None:
    knows(shop, "alice", "C-42")
    leaving.leave(shop.svc, shop.tea, "alice", shop.svc.now())

    knows(shop, "bob", "C-42")
    followers.erase(shop.svc, shop.tea, "alice")

    assert whose(shop, "C-42") == "bob"


def test_a_worker_that_is_killed_before_the_fact_is_stored_leaves_nothing_for_long(shop: House) -> None:
    with mock.patch.object(followers.facts, "change", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        knows(shop, "alice", "C-42")
    assert whose(shop, "C-42") == ""
    with pytest.raises(Conflict):
        knows(shop, "bob", "C-42")

    shop.advance(ids.UNSURE + 1)

    knows(shop, "bob", "C-42")
    assert whose(shop, "C-42") == "bob"


def test_done_again_after_a_kill_it_is_theirs_for_good(shop: House) -> None:
    with mock.patch.object(ids, "settle", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        knows(shop, "alice", "C-42")
    knows(shop, "alice", "C-42")

    (item,) = shop.svc.table.under("person#tea#alice", "id#", fresh=True)
    assert "expires" not in item


def test_a_stranger_gets_no_id(shop: House) -> None:
    with pytest.raises(NotFound):
        knows(shop, "nobody", "C-42")
    assert whose(shop, "C-42") == ""


@pytest.mark.parametrize("names", [["phone"], ["1st"], [""], [f"a{number}" for number in range(11)]])
def test_what_cannot_be_an_id_is_refused(shop: House, names: list[str]) -> None:
    with pytest.raises(BadInput):
        ids.mark(shop.svc, shop.tea, names)


def test_what_followers_have_already_is_gathered_and_a_collision_rings(shop: House) -> None:
    for openid in ("alice", "bob"):
        followers.set_facts(shop.svc, shop.tea, openid, {"member_no": "7"}, "crm")
    follower(shop, "carol")
    followers.set_facts(shop.svc, shop.tea, "carol", {"member_no": "8"}, "crm")

    ids.mark(shop.svc, shop.tea, ["crm_id", "member_no"])
    with mock.patch.object(ids, "AT_ONCE", 1):
        while shop.work():
            pass

    found = {number: ids.whose(shop.svc, shop.tea, "member_no", number) for number in ("7", "8")}
    assert (found["8"] or {})["openid"] == "carol"
    assert (found["7"] or {})["openid"] in ("alice", "bob")
    assert "member_no" in alarms.ringing(shop.svc, shop.tea)[ids.ALARM]


def test_after_a_migration_the_same_person_is_found_by_the_same_id(shop: House) -> None:
    knows(shop, "alice", "C-42")
    migration.move(shop.svc, shop.tea, "alice", "alice-2")

    assert whose(shop, "C-42") == "alice-2"
    assert traces(shop, "alice#") == []
