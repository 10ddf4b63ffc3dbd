"""Pages are signed with a ticket that WeChat still takes, and WeChat is asked for one no more than it must be."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.aws import tokens as stored
from chalicelib.errors import BadInput, Forbidden, Unavailable
from chalicelib.features import jssdk, tokens
from chalicelib.services import Account
from chalicelib.wechat.credentials import Credentials, Issued
from chalicelib.wechat.errors import Unreachable
from chalicelib.wechat.jssdk import signature
from simulator.platform.credentials import live_tickets
from tests.house import House

TICKET = "/cgi-bin/ticket/getticket"
SITE = "https://wx.example.com"
TWO_HOURS, FIVE_MINUTES = 7200, 300
LISTED = ("https://shop.example.com", "http://127.0.0.1:9000")


def tea(house: House, **changed: Any) -> Account:
    return replace(house.tea, **{"then_origins": LISTED, **changed})


def config(house: House, url: str = f"{SITE}/page", **more: Any) -> dict[str, Any]:
    return jssdk.config(house.svc, tea(house), url, SITE, **more)


def is_taken(house: House, told: dict[str, Any], url: str = f"{SITE}/page") -> bool:
    """Whether WeChat would take this signature now."""
    live = live_tickets(house.world.accounts["tea"], house.svc.now())
    return told["signature"] in [signature(each, told["nonceStr"], told["timestamp"], url) for each in live]


@pytest.mark.parametrize("kind", ["miniprogram", "wecom", "shop"])
def test_accounts_without_a_jssdk_are_told_so(house: House, kind: str) -> None:
    with pytest.raises(Forbidden, match="JS-SDK"):
        jssdk.config(house.svc, tea(house, kind=kind), f"{SITE}/page", SITE)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/page",
        "//wx.example.com/page",
        "wx.example.com/page",
        "http://wx.example.com/page",
        "https://wx.example.com:443/page",
        "https://WX.example.com/page",
        "https://wx.example.com.evil.example/page",
        "https://wx.example.com@evil.example/page",
        "https://wx.example.com:x@evil.example/",
        "https://evil.example/https://wx.example.com/",
        "https://evil.example#https://wx.example.com/",
        "https://evil.example/",
        "https:wx.example.com/",
        "https://wx.example.com\\@evil.example/",
        "https://wx.example.com?page",
        "https://wx.example.com/茶",
        "https://wx.example.com/a b",
        "https://wx.example.com/\n",
        "https://wx.example.com/" + "a" * 2000,
        "https%3A%2F%2Fwx.example.com%2Fpage",
        "http://127.0.0.1:9001/",
        "http://127.0.0.1/",
        "javascript:alert(1)//https://wx.example.com/",
    ],
)
def test_only_pages_of_our_site_and_of_listed_ones_are_signed(house: House, url: str) -> None:
    with pytest.raises(BadInput, match="url"):
        config(house, url)
    assert house.count(TICKET) == 0


@pytest.mark.parametrize(
    "url",
    [
        SITE,
        f"{SITE}/",
        f"{SITE}/page?a=%E8%8C%B6&b={{x|y}}^&from=singlemessage#/route?x=1",
        "https://shop.example.com/a?b=c",
        "http://127.0.0.1:9000/other-site/",
    ],
)
def test_a_page_is_signed_as_the_browser_shows_it_but_for_the_fragment(house: House, url: str) -> None:
    told = config(house, url)

    assert set(told) == {"appId", "timestamp", "nonceStr", "signature"}
    assert told["appId"] == house.tea.app_id
    assert 0 <= house.svc.now() - told["timestamp"] < 5
    assert is_taken(house, told, url.partition("#")[0])


def test_our_own_site_may_stand_below_a_path(house: House) -> None:
    told = jssdk.config(house.svc, tea(house), f"{SITE}/v1/h5/hello", f"{SITE}/v1")

    assert is_taken(house, told, f"{SITE}/v1/h5/hello")


def test_no_two_signatures_share_a_nonce(house: House) -> None:
    assert len({config(house)["nonceStr"] for _ in range(20)}) == 20


def test_the_ticket_is_read_once_a_minute(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    config(house)
    monkeypatch.setattr(house.tea.tokens, "read", lambda kind: pytest.fail("read again"))

    for _ in range(5):
        config(house)

    assert house.count(TICKET) == 1


def test_an_account_without_a_ticket_gets_one_at_once(house: House) -> None:
    assert is_taken(house, config(house))
    assert house.svc.functions.woken == 1  # type: ignore[attr-defined]


def test_while_wechat_is_away_a_page_is_told_to_come_back_and_the_refresher_is_woken_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 0.3)
    house.control("faults", path=TICKET, errcode=-1, times=1)
    for _ in range(3):
        with pytest.raises(Unavailable, match="try again"):
            config(house)
    assert house.svc.functions.woken == 1  # type: ignore[attr-defined]

    house.advance(stored.WOKEN_APART + 1)
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 3.0)

    assert is_taken(house, config(house))


def test_a_ticket_that_ended_between_two_schedules_is_replaced_by_whoever_signs_next(house: House) -> None:
    # WeChat hands out one that is about to end, and the next schedule is five minutes off.
    house.control("settings", account="tea", ticket_lifetime_s=7)
    tokens.refresh(house.svc, house.tea)
    house.control("settings", account="tea", ticket_lifetime_s=TWO_HOURS)
    assert is_taken(house, config(house))

    house.advance(8)

    assert is_taken(house, config(house))


def test_twenty_pages_that_find_the_ticket_ended_wake_the_refresher_once(house: House) -> None:
    tokens.refresh(house.svc, house.tea)
    house.advance(TWO_HOURS + 1)
    begin = threading.Barrier(20)

    def page(_: int) -> bool:
        another_container = house.svc.accounts._build(house.svc.accounts._items()["tea"])
        begin.wait()
        return is_taken(house, jssdk.config(house.svc, another_container, f"{SITE}/page", SITE))

    with ThreadPoolExecutor(20) as crowd:
        assert all(crowd.map(page, range(20)))
    assert house.svc.functions.woken == 1  # type: ignore[attr-defined]
    assert house.count(TICKET) == 2


def handed_out(monkeypatch: pytest.MonkeyPatch, ticket: str) -> None:
    """What WeChat answers to getticket from now on, always with two whole hours, as the real one does."""
    monkeypatch.setattr(Credentials, "jsapi_ticket", lambda *_: Issued(ticket, TWO_HOURS))


def test_a_ticket_that_is_handed_out_again_with_two_new_hours_keeps_its_first_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_out(monkeypatch, "first")
    tokens.refresh(house.svc, house.tea)
    end = house.tea.tokens.read("jsapi")["good_until"]

    house.advance(TWO_HOURS - FIVE_MINUTES)
    tokens.refresh(house.svc, house.tea)

    assert house.tea.tokens.read("jsapi")["good_until"] == end


def test_one_that_is_handed_out_past_its_end_is_trusted_until_the_next_schedule_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_out(monkeypatch, "first")
    tokens.refresh(house.svc, house.tea)
    house.advance(TWO_HOURS + 1)
    tokens.refresh(house.svc, house.tea)
    left = house.tea.tokens.read("jsapi")["good_until"] - house.svc.now()
    assert 0 < left <= FIVE_MINUTES
    assert house.tea.tokens.ticket() == "first"

    handed_out(monkeypatch, "second")
    house.advance(FIVE_MINUTES + 1)

    assert house.tea.tokens.ticket() == "second"
    assert house.tea.tokens.read("jsapi")["good_until"] > house.svc.now() + TWO_HOURS - 10


def test_a_ticket_that_wechat_no_longer_takes_is_replaced_when_a_page_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_out(monkeypatch, "taken by another system first, and ending before we think")
    config(house)
    handed_out(monkeypatch, "fresh")

    assert house.tea.tokens.ticket(doubted=True) == "fresh"
    assert house.tea.tokens.ticket() == "fresh"


def test_who_doubts_a_good_ticket_costs_one_question_however_often(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 0.3)
    config(house)
    asked = house.count(TICKET)

    answers = [config(house, doubted=True) for _ in range(5)]

    assert all(is_taken(house, each) for each in answers)
    assert house.count(TICKET) == asked + 1
    assert "forced_at" not in house.tea.tokens.read("jsapi")


def test_a_ticket_that_wechat_gives_again_is_doubted_no_more_until_five_minutes_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 60)  # nobody waits for another once WeChat has spoken
    config(house)
    config(house, doubted=True)
    asked = house.count(TICKET)
    for _ in range(3):
        tokens.refresh(house.svc, house.tea)
        config(house, doubted=True)
    assert house.count(TICKET) == asked

    house.advance(stored.DOUBTED_APART + 1)
    handed_out(monkeypatch, "second")

    assert house.tea.tokens.ticket(doubted=True) == "second"


def test_while_wechat_cannot_be_asked_a_doubt_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 0.3)
    handed_out(monkeypatch, "first")
    config(house)
    with monkeypatch.context() as away:
        away.setattr(Credentials, "jsapi_ticket", unreachable)
        assert house.tea.tokens.ticket(doubted=True) == "first"
    handed_out(monkeypatch, "second")

    tokens.refresh(house.svc, house.tea)

    house.advance(stored.REMEMBER + 1)
    assert house.tea.tokens.ticket() == "second"


def unreachable(*_: object) -> Issued:
    raise Unreachable(TICKET, "away", sent=True)
