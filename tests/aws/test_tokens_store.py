"""Where tokens are kept: leases, serials, and who may wake the refresher."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.aws import tokens as stored
from chalicelib.aws.tokens import NoToken, StoredTokens
from tests.house import House

TWO_HOURS = 7200


class Clock:
    """Sleeping makes it later, and nobody waits."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0
        self.reads = 0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Shop:
    """One account's tokens, as several containers see them."""

    def __init__(self, house: House) -> None:
        self.clock = Clock()
        self.woken: list[str] = []
        self._table = house.svc.table

    def container(self) -> StoredTokens:
        return StoredTokens(self._table, self.clock, "tea", self.woken.append)

    def give(self, text: str, lives: int = TWO_HOURS) -> None:
        tokens = self.container()
        leased = tokens.lease("access")
        assert leased is not None
        tokens.store("access", leased, text, lives)


@pytest.fixture
def shop(house: House) -> Shop:
    return Shop(house)


def test_without_a_token_the_refresher_is_woken_once_and_the_caller_hears_why(shop: Shop) -> None:
    for _ in range(3):
        with pytest.raises(NoToken, match="no access token yet"):
            shop.container().current()

    assert shop.woken == ["tea"]


def test_a_token_is_read_once_a_minute(shop: Shop) -> None:
    shop.give("one")
    tokens = shop.container()
    assert tokens.current() == "one"
    shop.give("two")

    assert tokens.current() == "one"
    shop.clock.now += stored.REMEMBER + 1
    assert tokens.current() == "two"


def test_a_token_near_its_end_is_looked_up_again(shop: Shop) -> None:
    shop.give("one", lives=stored.MARGIN + 10)
    tokens = shop.container()
    assert tokens.current() == "one"
    shop.give("two")

    shop.clock.now += 11

    assert tokens.current() == "two"


def test_of_all_that_are_refused_one_wakes_the_refresher(shop: Shop) -> None:
    shop.give("one")
    containers = [shop.container() for _ in range(10)]
    at_once = threading.Barrier(10)

    def refused(tokens: StoredTokens) -> str | None:
        at_once.wait()
        return tokens.rejected("one")

    with ThreadPoolExecutor(10) as crowd:
        assert set(crowd.map(refused, containers)) == {None}

    assert shop.woken == ["tea"]


def test_who_was_refused_an_older_token_wakes_nobody(shop: Shop) -> None:
    shop.give("one")
    shop.give("two")

    assert shop.container().rejected("one") == "two"
    assert shop.woken == []


def test_a_new_token_may_be_refused_in_its_turn(shop: Shop) -> None:
    shop.give("one")
    shop.container().rejected("one")
    shop.give("two")
    shop.container().rejected("two")

    assert shop.woken == ["tea", "tea"]


def test_the_same_value_again_is_the_same_token(shop: Shop) -> None:
    shop.give("one")
    before = shop.container().read("access")["serial"]
    shop.give("one", lives=100)

    assert shop.container().read("access")["serial"] == before


def test_a_lease_is_one_holders_until_it_ends(shop: Shop) -> None:
    first, second = shop.container(), shop.container()
    leased = first.lease("access")
    assert leased is not None
    assert second.lease("access") is None

    first.end_lease("access", leased, failing=False)

    assert second.lease("access") is not None


def test_a_dead_holders_lease_ends_and_its_late_word_is_not_heard(shop: Shop) -> None:
    dead = shop.container()
    leased = dead.lease("access")
    assert leased is not None
    shop.clock.now += stored.LEASE + 1
    shop.give("two")

    dead.store("access", leased, "late", TWO_HOURS)
    dead.note_forced("access", leased, 1, 1)

    kept = shop.container().read("access")
    assert (kept["token_text"], "forced_today" in kept) == ("two", False)


def test_a_ticket_has_a_place_of_its_own(shop: Shop) -> None:
    shop.give("one")

    assert shop.container().read("jsapi") == {}
    assert shop.container().lease("jsapi") is not None
