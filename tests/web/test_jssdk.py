"""A page's script asks for its signature."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.aws import tokens as stored
from chalicelib.wechat.jssdk import signature
from simulator.platform.credentials import live_tickets
from tests.house import HTTP, House

OTHER = "https://shop.example.com"


@pytest.fixture
def listed(house: House) -> House:
    """The tea shop lists another site."""
    house.svc.table.update("accounts", "tea", {"then_origins": [OTHER]})
    house.svc.forget("accounts")
    return house


def ask(house: House, url: str, account: str = "tea", more: str = "", **headers: str) -> Any:
    return house.get(f"/jssdk/{account}?url={quote(url, safe='')}{more}", **headers)


def test_a_page_is_signed_by_its_address_without_the_fragment(house: House) -> None:
    page = f"{house.app}/h5/tea/hello?a=b&c=%E8%8C%B6"

    answer = ask(house, f"{page}#top")

    told, (ticket,) = answer.json(), live_tickets(house.world.accounts["tea"], house.svc.now())
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert told["signature"] == signature(ticket, told["nonceStr"], told["timestamp"], page)
    assert isinstance(told["timestamp"], int)


def test_a_foreign_page_is_refused_in_a_sentence(house: House) -> None:
    answer = ask(house, "https://evil.example/")

    assert (answer.status, answer.json()["error"]["code"]) == (400, "BadInput")
    assert "url" in answer.json()["error"]["message"]


def test_without_an_address_or_an_account_there_is_nothing_to_sign(house: House) -> None:
    assert house.get("/jssdk/tea").status == 400
    assert ask(house, f"{house.app}/", account="nobody").status == 404


def test_without_a_ticket_the_page_is_told_to_try_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 0.2)
    house.control("faults", path="/cgi-bin/ticket/getticket", errcode=-1, times=9)

    answer = ask(house, f"{house.app}/")

    assert (answer.status, answer.json()["error"]["code"]) == (503, "NoToken")


def test_a_page_that_was_refused_gets_another_signature(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 0.2)
    first = ask(house, f"{house.app}/").json()
    house.world.accounts["tea"].tickets.clear()  # WeChat takes the old one no more

    second = ask(house, f"{house.app}/", more="&again=1").json()

    (ticket,) = live_tickets(house.world.accounts["tea"], house.svc.now())
    assert first["signature"] != second["signature"]
    assert second["signature"] == signature(ticket, second["nonceStr"], second["timestamp"], f"{house.app}/")


def test_a_listed_site_may_read_the_answer_and_refusals_and_no_other_may(listed: House) -> None:
    for url, status in ((f"{OTHER}/page", 200), ("https://evil.example/", 400)):
        shared, closed = ask(listed, url, Origin=OTHER), ask(listed, url, Origin="https://evil.example")
        assert (shared.status, shared.headers["Access-Control-Allow-Origin"]) == (status, OTHER)
        assert "Access-Control-Allow-Origin" not in closed.headers
        assert shared.headers["Vary"] == closed.headers["Vary"] == "Origin"


def test_a_browser_that_asks_before_is_answered(listed: House) -> None:
    answer = HTTP.request("OPTIONS", f"{listed.app}/jssdk/tea", headers={"Origin": OTHER})
    stranger = HTTP.request("OPTIONS", f"{listed.app}/jssdk/tea", headers={"Origin": "https://evil.example"})

    assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (204, "GET")
    assert "Access-Control-Allow-Origin" not in stranger.headers
