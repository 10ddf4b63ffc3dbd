"""What signing in costs in DynamoDB: four write units at most, on either kind of site."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from chalicelib.features import tags
from tests.features.test_budgets import Bill, bill
from tests.house import House
from tests.visiting import HELLO, PKCE, SHOP, VERIFIER, Browser, exchange, grant, list_sites, server, ticket_in

__all__ = ["bill"]

LONG = "茶" * 32
TALKATIVE = (
    f"Mozilla/5.0 (Linux; Android 14; {'M' * 40} Build/X) MicroMessenger/54321.54321.54321.54321 Language/zho_Hant"
)
LONGEST_PAGE = f"{SHOP}/" + urlencode({"a": "x" * 900})


def about(house: House, unionid: bool) -> None:
    """The worst case: a long nickname, the longest address, everything asked for; and a browser that says much."""
    list_sites(house, SHOP)
    tags.asks(house.svc, house.tea, {"visited"})  # a container remembers its rules for a minute
    house.world.accounts["tea"].open_platform = unionid
    house.world.accounts["tea"].person("alice").nickname = LONG


@pytest.mark.parametrize(
    ("scope", "unionid", "writes", "index"),
    [("snsapi_base", False, 2, 0), ("snsapi_userinfo", False, 2, 0), ("snsapi_userinfo", True, 3, 1)],
)
def test_on_the_same_site(house: House, bill: Bill, scope: str, unionid: bool, writes: int, index: int) -> None:
    about(house, unionid)
    bill.units.clear()

    assert Browser(house, user_agent=TALKATIVE).sign_in(HELLO, scope=scope).status == 302

    assert (bill.units["write"], bill.units["index"]) == (writes, index)
    assert bill.units["read"] <= 1


@pytest.mark.parametrize(("unionid", "writes"), [(False, 3), (True, 4)])
@pytest.mark.parametrize("by_page", [False, True])
def test_on_another_site(house: House, bill: Bill, unionid: bool, writes: int, by_page: bool) -> None:
    about(house, unionid)
    shop = server(house)
    bill.units.clear()

    asked = {"scope": "snsapi_userinfo", "nonce": "n" * 100} | (PKCE if by_page else {})
    done = Browser(house, user_agent=TALKATIVE).sign_in(LONGEST_PAGE, **asked)
    ticket = ticket_in(done.headers["Location"])
    got = exchange(house, ticket, verifier=VERIFIER, Origin=SHOP) if by_page else exchange(house, ticket, **shop)

    assert (got.status, got.json()["nickname"]) == (200, LONG)
    assert bill.units["write"] == writes


def test_who_is_here_already_costs_one_write_less_on_another_site(house: House, bill: Bill) -> None:
    about(house, unionid=True)
    browser, shop = Browser(house), server(house)
    browser.sign_in(HELLO, scope="snsapi_userinfo")
    bill.units.clear()

    got = exchange(house, browser.ticket(LONGEST_PAGE, code="code-2"), **shop)

    assert (got.status, got.json()["nickname"]) == (200, LONG)
    assert (bill.units["write"], bill.units["index"]) == (2, 0)


def test_no_item_outgrows_one_unit(house: House) -> None:
    """The emulator may not count by size; DynamoDB charges each KB that is begun."""
    about(house, unionid=True)
    done = Browser(house, user_agent=TALKATIVE).sign_in(LONGEST_PAGE, scope="snsapi_userinfo", nonce="n" * 100, **PKCE)
    exchange(house, ticket_in(done.headers["Location"]), verifier=VERIFIER, Origin=SHOP)

    items = [item for pk in ("person#", "state#", "ticket#") for item in found(house, pk)]

    assert len(items) == 3
    for item in items:
        assert sum(len(name) + len(str(value).encode()) for name, value in item.items()) <= 1024 - 50, item["pk"]


def test_beginning_writes_nothing(house: House, bill: Bill) -> None:
    Browser(house).begin()
    bill.units.clear()

    Browser(house).begin()

    assert bill.requests.count("PutItem") == 0
    assert bill.units["write"] == 0


def test_a_reload_writes_nothing(house: House, bill: Bill) -> None:
    browser = Browser(house)
    state = browser.begin()
    browser.back(state, grant(house))
    bill.units.clear()

    assert browser.back(state).status == 302

    assert bill.units["write"] == 0


def found(house: House, pk: str) -> list[dict[str, object]]:
    everything = house.svc.table._call("scan")["Items"]
    plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in everything]
    return [item for item in plain if str(item["pk"]).startswith(pk)]
