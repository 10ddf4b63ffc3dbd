"""Signing in: a state works once and in its own browser, and a code that comes twice is one visit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.errors import BadInput, Conflict, Forbidden, Unavailable
from chalicelib.features import identities
from chalicelib.features.identities import Visit
from simulator.accounts import Grant
from tests.house import House, logged

SITE = "https://tea.example.com"
EXCHANGE = "/sns/oauth2/access_token"
ELEVEN_MINUTES, SIX_MINUTES, A_MONTH = 660, 360, 31 * 86_400
MINE, STOLEN = "m" * 43, "s" * 43


def begin(house: House, goes_to: str = "/h5/tea/hello", browser: str = MINE) -> str:
    """The state that went out to WeChat."""
    begun = identities.begin(house.svc, house.tea, goes_to, SITE, browser, "snsapi_base")
    return parse_qs(urlsplit(begun.url).query)["state"][0]


def code(house: House, name: str = "code-1", openid: str = "alice") -> str:
    """What WeChat sends back for a person who said yes."""
    account = house.world.accounts["tea"]
    account.codes[name] = Grant(name, openid, "snsapi_base", house.world.clock.now() + 300)
    return name


def finish(house: House, state: str, given: str = "code-1", browser: str = MINE, alias: str = "tea") -> Visit:
    return identities.finish(house.svc, house.svc.accounts[alias], given, state, browser)


def who(house: House, visit: Visit, alias: str = "tea") -> identities.Visitor | None:
    return identities.visitor(house.svc, house.svc.accounts[alias], visit.cookie)


def test_a_state_is_worth_nothing_in_another_browser_and_then_in_none(house: House) -> None:
    state = begin(house)
    code(house)

    with pytest.raises(BadInput, match="start again"):
        finish(house, state, browser=STOLEN)
    with pytest.raises(BadInput, match="start again"):
        finish(house, state)

    assert house.count(EXCHANGE) == 0


def test_a_state_works_once(house: House) -> None:
    state = begin(house)
    code(house, "code-1")
    code(house, "code-2")
    finish(house, state, "code-1")

    with pytest.raises(BadInput, match="start again"):
        finish(house, state, "code-2")


def test_a_state_of_ten_minutes_ago_is_too_old(house: House) -> None:
    state = begin(house)
    house.advance(ELEVEN_MINUTES)
    code(house)

    with pytest.raises(BadInput, match="start again"):
        finish(house, state)


@pytest.mark.parametrize(("given", "browser"), [("", MINE), ("code-1", ""), ("code-1", "\x00")])
def test_without_a_code_or_a_cookie_there_is_no_visit(house: House, given: str, browser: str) -> None:
    state = begin(house)
    code(house)

    with pytest.raises(BadInput, match="start again"):
        finish(house, state, given, browser)


def used(house: House) -> None:
    house.world.accounts["tea"].codes[code(house)].used = True


def unknown(house: House) -> None:
    """WeChat never heard of it."""


def expired(house: House) -> None:
    code(house)
    house.advance(SIX_MINUTES)


@pytest.mark.parametrize("state_of_code", [used, unknown, expired])
def test_a_code_that_wechat_does_not_take_means_start_again(
    house: House, state_of_code: Callable[[House], None]
) -> None:
    state = begin(house)
    state_of_code(house)

    for _ in range(2):
        with pytest.raises(BadInput, match="start again"):
            finish(house, state)
    assert house.count(EXCHANGE) == 1


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 502}, {"timeout": True}, {"errcode": 40125}])
def test_while_wechat_is_away_it_says_so_and_a_reload_means_start_again(house: House, fault: dict[str, Any]) -> None:
    state = begin(house)
    code(house)
    house.control("faults", path=EXCHANGE, **fault)

    with logged() as lines, pytest.raises(Unavailable, match="WeChat does not answer"):
        finish(house, state)
    with pytest.raises(BadInput, match="start again"):
        finish(house, state)

    assert "code-1" not in lines.getvalue()
    assert "secret-of-tea" not in lines.getvalue()


def test_the_same_redirect_twice_is_one_visit(house: House) -> None:
    state = begin(house)
    code(house)

    assert finish(house, state) == finish(house, state)
    assert house.count(EXCHANGE) == 1


def test_the_same_redirect_five_times_at_once_is_one_visit(house: House) -> None:
    state = begin(house)
    code(house)
    house.control("faults", path=EXCHANGE, latency_ms=300)
    at_once = threading.Barrier(5)

    def come(_: int) -> Visit:
        at_once.wait()
        return finish(house, state)

    with ThreadPoolExecutor(5) as crowd:
        visits = set(crowd.map(come, range(5)))

    assert len(visits) == 1
    assert house.count(EXCHANGE) == 1


def test_a_code_of_somebody_else_gives_nobody_their_visit(house: House) -> None:
    code(house)
    finish(house, begin(house))
    mine = begin(house, browser=STOLEN)

    with pytest.raises(BadInput, match="start again"):
        finish(house, mine, "code-1", browser=STOLEN)


def test_who_comes_second_does_not_wait_forever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "WAIT_FOR_TWIN", 0.2)
    state = begin(house)

    def killed(*_: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(identities, "_visit", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(house, state)

    with pytest.raises(Conflict):
        finish(house, state)


def test_a_visit_lasts_as_long_as_it_says(house: House) -> None:
    code(house)
    visit = finish(house, begin(house))
    found = who(house, visit)
    assert found is not None
    assert (found.openid, found.virtual) == ("alice", False)

    house.advance(A_MONTH)

    assert who(house, visit) is None


def test_a_visit_that_is_erased_is_over(house: House) -> None:
    code(house)
    visit = finish(house, begin(house))
    for item in list(house.svc.table.under("person#tea#alice")):
        house.svc.table.delete(item["pk"], item["sk"])

    assert who(house, visit) is None


def test_a_cookie_is_opaque_and_worth_nothing_elsewhere_or_changed(house: House) -> None:
    code(house)
    visit = finish(house, begin(house))

    assert "alice" not in visit.cookie
    assert who(house, visit, alias="leaf") is None
    changed = Visit(visit.cookie[:-2] + ("AA" if visit.cookie[-2:] != "AA" else "BB"), visit.goes_to)
    assert who(house, changed) is None
    for worthless in ("", "x", "é", "a" * 5000, "%00", house.svc.keys.seal("another purpose", {"account": "tea"})):
        assert who(house, Visit(worthless, "/")) is None


def test_an_account_that_may_not_sign_visitors_in_says_so(house: House) -> None:
    with pytest.raises(Forbidden, match="Only verified service accounts"):
        identities.begin(house.svc, house.leaf, "/", SITE, "", "snsapi_base")


def test_only_wechats_scopes_are_asked_for(house: House) -> None:
    with pytest.raises(BadInput, match="scope"):
        identities.begin(house.svc, house.tea, "/", SITE, "", "snsapi_everything")


def test_a_state_is_of_letters_and_digits_and_never_the_same(house: House) -> None:
    states = {begin(house) for _ in range(20)}

    assert len(states) == 20
    assert all(state.isalnum() and state.isascii() and len(state) == 43 for state in states)


@pytest.mark.parametrize("browser", ["", "short", "x; Path=/evil", "ü" * 43, "a" * 44, "a\r\nSet-Cookie: b=c"])
def test_a_cookie_that_is_not_ours_is_replaced(house: House, browser: str) -> None:
    begun = identities.begin(house.svc, house.tea, "/", SITE, browser, "snsapi_base")

    assert begun.browser != browser
    assert identities.BROWSER.fullmatch(begun.browser)


@pytest.mark.parametrize(
    ("goes_to", "lands"),
    [
        ("/", f"{SITE}/"),
        ("/h5/tea/hello?sent=1#top", f"{SITE}/h5/tea/hello?sent=1#top"),
        (f"{SITE}/h5/x", f"{SITE}/h5/x"),
        (SITE, SITE),
        (f"{SITE}//evil.example", f"{SITE}//evil.example"),
        ("/a/https://evil.example/", f"{SITE}/a/https://evil.example/"),
        ("/%0d%0aSet-Cookie:x", f"{SITE}/%0d%0aSet-Cookie:x"),
    ],
)
def test_pages_of_our_own_are_gone_to(goes_to: str, lands: str) -> None:
    assert identities.allowed_page(goes_to, SITE, ()) == lands


def test_under_a_prefix_pages_stay_under_it() -> None:
    assert identities.allowed_page("/h5/tea/hello", f"{SITE}/v1", ()) == f"{SITE}/v1/h5/tea/hello"
    assert identities.allowed_page(f"{SITE}/v1/h5/tea/hello", f"{SITE}/v1", ()) == f"{SITE}/v1/h5/tea/hello"


def test_pages_of_a_listed_site_are_gone_to() -> None:
    shop = "https://shop.example.com"

    assert identities.allowed_page(f"{shop}/cart?id=7", SITE, (shop,)) == f"{shop}/cart?id=7"
    for other in (f"{shop}.evil.example/", "http://shop.example.com/", f"{shop}:8443/", f"{shop}@evil.example/"):
        with pytest.raises(BadInput, match="listed"):
            identities.allowed_page(other, SITE, (shop,))


EVIL = [
    "",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example/",
    "http://tea.example.com/",
    "HTTPS://tea.example.com.evil.example/",
    "https://tea.example.com.evil.example/",
    "https://tea.example.com@evil.example/",
    "https://tea.example.com:443@evil.example/",
    "https://user@tea.example.com/",
    "https://tea.example.com:8443/",
    "https://tea.example.com:80:80/",
    "https://tea.example.com\\.evil.example/",
    "https://tea.example.com/\\evil.example",
    "https://tea。example.com/",
    "https://teа.example.com/",  # a Cyrillic a
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "h5/tea/hello",
    " /h5",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/x\r\nSet-Cookie: a=b",
    "/x\x00",
    "/x\x7f",
    "/x y",
    '/x"',
    "/茶",
    "/\u2028",
    "/\u202e",
    "／／evil.example",
    "/" + "x" * 2000,
]


@pytest.mark.parametrize("goes_to", EVIL)
def test_no_other_address_is_gone_to(goes_to: str) -> None:
    for site in (SITE, f"{SITE}/v1"):
        with pytest.raises(BadInput, match="then must be"):
            identities.allowed_page(goes_to, site, ("https://shop.example.com",))
