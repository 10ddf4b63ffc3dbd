"""Signing in: a state works once and in its own browser, and a code that comes twice is one visit."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from chalicelib.errors import BadInput, Conflict, Forbidden, Unavailable
from chalicelib.features import alarms, identities
from chalicelib.features.identities import Finished, Return, Visitor, Wish, rounds, sign_in, visits
from chalicelib.wechat import http
from tests.house import House, eventually, logged
from tests.visiting import PKCE, SHOP, grant, list_sites, ticket_in

SITE = "https://tea.example.com"
EXCHANGE, USERINFO = "/sns/oauth2/access_token", "/sns/userinfo"
ELEVEN_MINUTES, SIX_MINUTES, TWO_HOURS, A_MONTH = 660, 360, 7200, 31 * 86_400

Begun = tuple[str, str]  # the state that went out to WeChat, the cookie that stayed here


def begin(house: House, goes_to: str = "/h5/tea/hello", scope: str = "snsapi_base") -> Begun:
    begun = identities.begin(house.svc, house.tea, SITE, Wish(goes_to, scope))
    return parse_qs(urlsplit(begun.url).query)["state"][0], begun.cookie


def finish(house: House, begun: Begun, code: str = "code-1", alias: str = "tea", held: str = "") -> Finished:
    """`held` is the visitor's cookie from before."""
    state, cookie = begun
    return identities.finish(house.svc, house.svc.accounts[alias], SITE, Return(code, state, cookie, held))


def who(house: House, done: Finished, alias: str = "tea") -> Visitor | None:
    return identities.visitor(house.svc, house.svc.accounts[alias], done.cookie)


def kept_visits(house: House, openid: str = "alice") -> list[dict[str, Any]]:
    return list(house.svc.table.under(f"person#tea#{openid}", "visit#", fresh=True))


def test_a_state_is_worth_nothing_in_another_browser(house: House) -> None:
    state, _ = begin(house)
    _, stolen = begin(house)
    grant(house)

    for cookie in ("", stolen, "x", "\x00", "é"):
        with pytest.raises(BadInput, match="start again"):
            finish(house, (state, cookie))

    assert house.count(EXCHANGE) == 0


def test_a_state_of_another_account_is_worth_nothing(house: House) -> None:
    begun = begin(house)
    grant(house)

    with pytest.raises(BadInput, match="start again"):
        finish(house, begun, alias="leaf")

    assert house.count(EXCHANGE) == 0


def test_a_state_works_once(house: House) -> None:
    begun = begin(house)
    grant(house, "code-1")
    grant(house, "code-2", "mallory")
    finish(house, begun, "code-1")

    with pytest.raises(BadInput, match="start again"):
        finish(house, begun, "code-2")

    assert house.count(EXCHANGE) == 1


def test_two_codes_at_once_for_one_state_are_one_visit(house: House) -> None:
    begun = begin(house)
    grant(house, "code-1", "alice")
    grant(house, "code-2", "mallory")
    house.control("faults", path=EXCHANGE, latency_ms=300, times=2)
    at_once = threading.Barrier(2)

    def come(code: str) -> Finished | None:
        at_once.wait()
        try:
            return finish(house, begun, code)
        except BadInput:
            return None

    with ThreadPoolExecutor(2) as crowd:
        done = list(crowd.map(come, ("code-1", "code-2")))

    assert done.count(None) == 1
    assert len(kept_visits(house, "alice") + kept_visits(house, "mallory")) == 1


def test_a_state_of_ten_minutes_ago_is_too_old(house: House) -> None:
    begun = begin(house)
    house.advance(ELEVEN_MINUTES)
    grant(house)

    with pytest.raises(BadInput, match="start again"):
        finish(house, begun)


def test_a_finished_state_is_too_old_as_well(house: House) -> None:
    begun = begin(house)
    grant(house)
    finish(house, begun)
    house.advance(ELEVEN_MINUTES)

    with pytest.raises(BadInput, match="start again"):
        finish(house, begun)


@pytest.mark.parametrize("page", ["/h5/tea/hello?x=1", f"{SHOP}/cart?id=7"])
def test_who_must_start_again_is_shown_the_way(house: House, page: str) -> None:
    list_sites(house, SHOP)
    wish = Wish(page, "snsapi_userinfo", "n-7", PKCE["code_challenge"], "S256")

    def told(code: str, minutes: int = 0) -> str:
        begun = identities.begin(house.svc, house.tea, SITE, wish)
        house.advance(60 * minutes)
        state = parse_qs(urlsplit(begun.url).query)["state"][0]
        with pytest.raises(BadInput) as refusal:
            finish(house, (state, begun.cookie), code)
        return refusal.value.way_on

    for way_on in (told("never-given"), told(""), told("code-1", minutes=11)):
        leads_to = urlsplit(way_on)
        assert f"{leads_to.scheme}://{leads_to.netloc}{leads_to.path}" == f"{SITE}/oauth/tea/start"
        assert dict(parse_qsl(leads_to.query)) == {
            "then": page if page.startswith("https") else SITE + page,
            "scope": "snsapi_userinfo",
            "nonce": "n-7",
            **PKCE,
        }


def test_in_a_browser_that_did_not_begin_no_way_is_shown(house: House) -> None:
    with pytest.raises(BadInput) as refusal:
        finish(house, (begin(house)[0], begin(house)[1]))
    assert refusal.value.way_on == ""


def test_who_refuses_is_told_so(house: House) -> None:
    with pytest.raises(BadInput, match=r"您没有同意授权.*You did not allow it"):
        finish(house, begin(house, scope="snsapi_userinfo"), "")


def test_a_site_that_left_the_list_meanwhile_is_not_gone_to(house: House) -> None:
    list_sites(house, SHOP)
    begun = begin(house, f"{SHOP}/")
    grant(house)
    finished = begin(house, f"{SHOP}/")
    finish(house, finished, grant(house, "code-2"))
    list_sites(house)

    for one, code in ((begun, "code-1"), (finished, "code-2")):
        with pytest.raises(BadInput, match="then must be"):
            finish(house, one, code)
    assert house.count(EXCHANGE) == 1


@pytest.mark.parametrize("code", ["", "x" * 5000])
def test_without_a_code_of_wechats_there_is_no_visit(house: House, code: str) -> None:
    with pytest.raises(BadInput, match="start again"):
        finish(house, begin(house), code)


def used(house: House) -> None:
    house.world.accounts["tea"].codes[grant(house)].used = True


def unknown(house: House) -> None:
    """WeChat never heard of it."""


def expired(house: House) -> None:
    grant(house)
    house.advance(SIX_MINUTES)


@pytest.mark.parametrize("state_of_code", [used, unknown, expired])
def test_a_code_that_wechat_does_not_take_means_start_again(
    house: House, state_of_code: Callable[[House], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "WAIT_FOR_TWIN", 0.2)
    begun = begin(house)
    state_of_code(house)

    with pytest.raises(BadInput, match="start again"):
        finish(house, begun)
    assert kept_visits(house) == []


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 502}, {"timeout": True}, {"errcode": 40125}])
def test_while_wechat_is_away_it_says_so_and_a_reload_goes_on(house: House, fault: dict[str, Any]) -> None:
    begun = begin(house)
    grant(house)
    house.control("faults", path=EXCHANGE, **fault)

    with logged() as lines, pytest.raises(Unavailable, match="WeChat does not answer"):
        finish(house, begun)

    assert who(house, finish(house, begun)) is not None
    assert "code-1" not in lines.getvalue()
    assert "secret-of-tea" not in lines.getvalue()


def test_an_account_that_wechat_refuses_rings_for_a_day(house: House) -> None:
    for errcode in (40125, 40125):
        house.control("faults", path=EXCHANGE, errcode=errcode)
        grant(house)
        with logged() as lines, pytest.raises(Unavailable):
            finish(house, begin(house))
        assert "/sns/oauth2/access_token: 40125" in lines.getvalue()

    assert alarms.ringing(house.svc, house.tea)["sign_in"].startswith("40125: ")
    assert "needs a person" not in lines.getvalue()
    house.advance(86_400 + 60)
    assert alarms.ringing(house.svc, house.tea) == {}


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 502}])
def test_what_passes_by_itself_rings_for_nobody(house: House, fault: dict[str, Any]) -> None:
    house.control("faults", path=EXCHANGE, **fault)
    grant(house)
    with pytest.raises(Unavailable):
        finish(house, begin(house))

    assert alarms.ringing(house.svc, house.tea) == {}


def test_an_answer_of_wechats_that_was_lost_means_start_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WAIT_FOR_TWIN", 0.2)
    begun = begin(house)
    grant(house)
    house.control("faults", path=EXCHANGE, status=502, after_effect=True)

    with pytest.raises(Unavailable):
        finish(house, begun)
    with pytest.raises(BadInput, match="start again"):
        finish(house, begun)


def test_the_same_redirect_twice_is_one_visit(house: House) -> None:
    begun = begin(house)
    grant(house)

    assert finish(house, begun) == finish(house, begun)
    assert house.count(EXCHANGE) == 1


def test_the_same_redirect_five_times_at_once_is_one_visit(house: House) -> None:
    begun = begin(house)
    grant(house)
    house.control("faults", path=EXCHANGE, latency_ms=300, times=5)
    at_once = threading.Barrier(5)

    def come(_: int) -> Finished:
        at_once.wait()
        return finish(house, begun)

    with ThreadPoolExecutor(5) as crowd:
        done = set(crowd.map(come, range(5)))

    assert len(done) == 1
    assert len(kept_visits(house)) == 1


def test_a_code_of_somebody_else_gives_nobody_their_visit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WAIT_FOR_TWIN", 0.2)
    grant(house)
    finish(house, begin(house))

    with pytest.raises(BadInput, match="start again"):
        finish(house, begin(house), "code-1")


def test_killed_between_the_two_writes_it_means_start_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WAIT_FOR_TWIN", 0.2)
    begun = begin(house)
    grant(house)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(house.svc.table, "put_new", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(house, begun)
    assert len(kept_visits(house)) == 1

    with pytest.raises(BadInput, match="start again"):
        finish(house, begun)
    grant(house, "code-2")
    assert who(house, finish(house, begin(house), "code-2")) is not None


def test_a_twin_may_take_as_long_as_the_profile_does_and_our_function_lasts_longer() -> None:
    stages = json.loads((Path(__file__).parents[2] / ".chalice/config.json").read_text())["stages"]

    assert sign_in.WAIT_FOR_TWIN > http.CONNECT + http.READ
    for stage in stages.values():
        assert stage["lambda_functions"]["api_handler"]["lambda_timeout"] > sign_in.LONGEST > sign_in.WAIT_FOR_TWIN


def test_a_slow_twin_is_waited_for(house: House) -> None:
    begun = begin(house)
    grant(house)
    house.control("faults", path=EXCHANGE, latency_ms=1000, times=1)

    with ThreadPoolExecutor(1) as crowd:
        first = crowd.submit(finish, house, begun)
        assert eventually(lambda: house.count(EXCHANGE) == 1)
        assert finish(house, begun) == first.result()


def test_a_visit_lasts_as_long_as_it_says(house: House) -> None:
    grant(house)
    done = finish(house, begin(house))
    found = who(house, done)
    assert found is not None
    assert (found.openid, found.virtual, found.scope) == ("alice", False, "snsapi_base")
    assert done.seconds == 30 * 86_400

    house.advance(A_MONTH)

    assert who(house, done) is None


def test_a_visit_that_is_erased_is_over(house: House) -> None:
    grant(house)
    done = finish(house, begin(house))
    for item in list(house.svc.table.under("person#tea#alice")):
        house.svc.table.delete(item["pk"], item["sk"])

    assert who(house, done) is None


def test_a_visitor_who_signs_out_is_a_stranger_in_this_browser_only(house: House) -> None:
    grant(house)
    phone = finish(house, begin(house))
    grant(house, "code-2")
    tablet = finish(house, begin(house), "code-2")

    identities.sign_out(house.svc, house.tea, phone.cookie)
    identities.sign_out(house.svc, house.tea, phone.cookie)
    identities.sign_out(house.svc, house.tea, "x")

    assert who(house, phone) is None
    assert who(house, tablet) is not None


def test_a_silent_sign_in_keeps_the_nickname_that_was_allowed(house: House) -> None:
    list_sites(house, SHOP)
    house.world.accounts["tea"].person("alice").nickname = "爱丽丝"
    grant(house, scope="snsapi_userinfo")
    allowed = finish(house, begin(house, scope="snsapi_userinfo"))

    begun = begin(house, f"{SHOP}/")
    done = finish(house, begun, grant(house, "code-2"), held=allowed.cookie)

    assert done.cookie == allowed.cookie
    assert len(kept_visits(house)) == 1
    ticket = identities.look_at(house.svc, house.tea, ticket_in(done.goes_to))
    got = identities.exchange(house.svc, house.tea, SITE, ticket, "")
    assert (got.visitor.nickname, got.visitor.scope) == ("爱丽丝", "snsapi_userinfo")
    assert finish(house, begun, "code-2") == done


def test_signing_in_silently_again_and_again_is_one_visit(house: House) -> None:
    held = ""
    for turn in range(5):
        held = finish(house, begin(house), grant(house, f"code-{turn}"), held=held).cookie

    assert len(kept_visits(house)) == 1


def somebody_elses(house: House) -> str:
    return finish(house, begin(house), grant(house, "code-2", "bob")).cookie


def over(house: House) -> str:
    cookie = finish(house, begin(house), grant(house, "code-2")).cookie
    identities.sign_out(house.svc, house.tea, cookie)
    return cookie


def of_the_last_hour(house: House) -> str:
    cookie = finish(house, begin(house), grant(house, "code-2")).cookie
    house.advance(30 * 86_400 - 3000)
    return cookie


def of_a_snapshot(house: House) -> str:
    """As if the made-up openid of a snapshot were that of a person."""
    cookie = finish(house, begin(house), grant(house, "code-2")).cookie
    (kept,) = kept_visits(house)
    house.svc.table.update(kept["pk"], kept["sk"], {"is_virtual": True})
    return cookie


def of_another_account(house: House) -> str:
    held = house.svc.keys.unseal("visit", finish(house, begin(house), grant(house, "code-2")).cookie)
    return house.svc.keys.seal("visit", {**(held or {}), "account": "leaf"})


def nonsense(house: House) -> str:
    return "x"


@pytest.mark.parametrize(
    "before", [somebody_elses, over, of_the_last_hour, of_a_snapshot, of_another_account, nonsense]
)
def test_any_other_visit_from_before_is_left_for_a_new_one(house: House, before: Callable[[House], str]) -> None:
    held = before(house)

    done = finish(house, begin(house), grant(house), held=held)

    assert done.cookie != held
    found = who(house, done)
    assert found is not None
    assert (found.openid, found.virtual) == ("alice", False)


def test_who_allows_more_than_before_begins_a_new_visit(house: House) -> None:
    held = finish(house, begin(house), grant(house)).cookie
    grant(house, "code-2", scope="snsapi_userinfo")

    found = who(house, finish(house, begin(house, scope="snsapi_userinfo"), "code-2", held=held))

    assert found is not None
    assert found.scope == "snsapi_userinfo"


def test_an_older_visit_outlives_a_return_that_came_too_late(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    held = finish(house, begin(house), grant(house)).cookie
    begun = begin(house)
    with monkeypatch.context() as patch:
        patch.setattr(house.svc.table, "put_new", lambda item: item | {"code_mark": "of another code"})
        with pytest.raises(BadInput, match="start again"):
            finish(house, begun, grant(house, "code-2"), held=held)

    assert len(kept_visits(house)) == 1


def test_who_agrees_is_known_by_nickname_and_picture(house: House) -> None:
    grant(house, scope="snsapi_userinfo")
    house.world.accounts["tea"].person("alice").nickname = "爱丽丝🍵"
    found = who(house, finish(house, begin(house, scope="snsapi_userinfo")))

    assert found is not None
    assert (found.nickname, found.scope, found.unionid) == ("爱丽丝🍵", "snsapi_userinfo", "")
    assert found.picture.startswith("http")
    (kept,) = kept_visits(house)
    assert kept["consented"] == kept["since"]
    (granted,) = house.world.accounts["tea"].grants
    assert house.svc.keys.unseal("renewal", kept["renewal"]) == {"token": granted}
    assert granted not in str(kept)


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 502}, {"errcode": 48001}])
def test_without_the_profile_they_are_signed_in_all_the_same(house: House, fault: dict[str, Any]) -> None:
    openid = "oAbCdEfGhIjKlMnOpQrStUvWxYz1"
    grant(house, openid=openid, scope="snsapi_userinfo")
    house.control("faults", path=USERINFO, **fault)

    with logged() as lines:
        found = who(house, finish(house, begin(house, scope="snsapi_userinfo")))

    assert found is not None
    assert (found.nickname, found.picture, found.scope) == ("", "", "snsapi_userinfo")
    assert "without a profile" in lines.getvalue()
    assert openid not in lines.getvalue()


def test_a_silent_sign_in_asks_for_no_profile(house: House) -> None:
    grant(house)
    finish(house, begin(house))

    (kept,) = kept_visits(house)
    assert kept.keys() == {"pk", "sk", "since", "granted", "is_virtual", "expires"}
    assert house.count(USERINFO) == 0


def test_a_unionid_puts_the_visit_on_the_shelf_of_the_person(house: House) -> None:
    house.world.accounts["tea"].open_platform = True
    grant(house, scope="snsapi_userinfo")
    found = who(house, finish(house, begin(house, scope="snsapi_userinfo")))

    unionid = house.world.accounts["tea"].person("alice").unionid
    assert found is not None
    assert found.unionid == unionid
    (entry,) = house.svc.table.shelved(f"union#{house.svc.keys.digest('union', unionid)}")
    assert entry["place"] == "tea#alice"


def test_a_followers_unionid_is_told_of_a_silent_visitor_too(house: House) -> None:
    house.svc.table.update("accounts", "tea", {"open_platform": True})
    house.svc._cache.clear()
    house.svc.table.put({"pk": "person#tea#alice", "sk": "union", "unionid": "u-alice"})
    grant(house)

    found = who(house, finish(house, begin(house)))

    assert found is not None
    assert found.unionid == "u-alice"


def test_of_a_snapshot_nothing_is_kept_for_longer_than_an_hour(house: House) -> None:
    tea = house.world.accounts["tea"]
    tea.open_platform, tea.person("alice").snapshot = True, True
    grant(house, scope="snsapi_userinfo")
    done = finish(house, begin(house, scope="snsapi_userinfo"))

    found = who(house, done)
    assert found is not None
    assert (found.virtual, found.unionid, found.nickname, done.seconds) == (True, "", "", visits.AN_HOUR)
    (kept,) = kept_visits(house, found.openid)
    assert kept.keys() == {"pk", "sk", "since", "granted", "is_virtual", "expires"}
    house.advance(TWO_HOURS)
    assert who(house, done) is None


def test_a_cookie_is_opaque_and_worth_nothing_elsewhere_or_changed(house: House) -> None:
    grant(house)
    done = finish(house, begin(house))

    assert "alice" not in done.cookie
    assert who(house, done, alias="leaf") is None
    changed = done.cookie[:-2] + ("AA" if done.cookie[-2:] != "AA" else "BB")
    for worthless in ("", "x", "é", "a" * 5000, "%00", changed, house.svc.keys.seal("another", {"account": "tea"})):
        assert identities.visitor(house.svc, house.tea, worthless) is None


def test_what_began_is_opaque_too(house: House) -> None:
    _, cookie = begin(house, "/secret-page")

    assert "secret" not in cookie
    assert len(cookie) < 1000


def test_an_account_that_may_not_sign_visitors_in_says_so(house: House) -> None:
    with pytest.raises(Forbidden, match="Only verified service accounts"):
        identities.begin(house.svc, house.leaf, SITE, Wish("/"))


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (Wish("/", "snsapi_everything"), "scope"),
        (Wish("/", nonce="n" * 101), "nonce"),
        (Wish("/", nonce="a b"), "nonce"),
        (Wish("/", nonce="茶"), "nonce"),
        (Wish("/", challenge="c" * 43), "S256"),
        (Wish("/", challenge="c" * 43, method="plain"), "S256"),
        (Wish("/", challenge="c" * 42, method="S256"), "43 characters"),
        (Wish("/", challenge="c" * 43 + "=", method="S256"), "43 characters"),
        (Wish("/", method="S256"), "43 characters"),
    ],
)
def test_what_makes_no_sense_is_not_begun(house: House, wish: Wish, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        identities.begin(house.svc, house.tea, SITE, wish)


def test_a_state_is_of_letters_and_digits_and_never_the_same(house: House) -> None:
    states = {begin(house)[0] for _ in range(20)}

    assert len(states) == 20
    assert all(state.isalnum() and state.isascii() and len(state) == 43 for state in states)


def test_to_a_listed_site_the_visitor_brings_a_ticket(house: House) -> None:
    list_sites(house, SHOP)
    grant(house)
    done = finish(house, begin(house, f"{SHOP}/cart?id=7&ticket=old&%74icket=older#top"))

    assert done.goes_to.startswith(f"{SHOP}/cart?id=7&ticket=")
    assert done.goes_to.endswith("#top")
    assert "old" not in done.goes_to.partition("ticket=")[2].partition("#")[0][:3]
    assert done.goes_to.count("ticket") == 1
    assert len(ticket_in(done.goes_to)) > 100


def test_the_same_redirect_twice_is_one_ticket(house: House) -> None:
    list_sites(house, SHOP)
    grant(house)
    begun = begin(house, f"{SHOP}/")

    assert finish(house, begun) == finish(house, begun)


def test_to_our_own_site_no_ticket_is_needed(house: House) -> None:
    grant(house)

    assert finish(house, begin(house, "/h5/x?ticket=mine")).goes_to == f"{SITE}/h5/x?ticket=mine"


def round_and_round(times: int, page: str = f"{SITE}/a", now: int = 1000) -> str:
    counted = ""
    for _ in range(times):
        counted = rounds.count(counted, page, now)
    return counted


def test_the_eleventh_sign_in_within_a_minute_is_a_circle() -> None:
    rounds.stop_circles(round_and_round(rounds.MOST_ROUNDS - 1), f"{SITE}/a", 1010)
    with pytest.raises(Conflict, match="goes round in circles"):
        rounds.stop_circles(round_and_round(rounds.MOST_ROUNDS), f"{SITE}/a?again=1#x", 1059)


@pytest.mark.parametrize(
    ("page", "now"), [(f"{SITE}/a", 1060), (f"{SITE}/a", 999), (f"{SITE}/b", 1010), (f"{SHOP}/a", 1010)]
)
def test_a_minute_later_or_for_another_page_it_is_none(page: str, now: int) -> None:
    rounds.stop_circles(round_and_round(rounds.MOST_ROUNDS), page, now)
    assert rounds.count(round_and_round(rounds.MOST_ROUNDS), page, now).startswith("1.")


@pytest.mark.parametrize("counted", ["", "x", "9", "9.1", "9999.1000.0", "-9.1000.0", "９.1000.0123456789abcdef"])
def test_what_is_no_count_counts_nothing(counted: str) -> None:
    rounds.stop_circles(counted, f"{SITE}/a", 1000)
    assert rounds.count(counted, f"{SITE}/a", 1000).startswith("1.1000.")


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


@pytest.mark.parametrize("address", [f"{SHOP}/cart?id=7#x", SHOP, f"{SITE}/h5/x", f"{SITE}/" + "x" * 1500])
def test_the_origin_of_a_listed_address_is_told(house: House, address: str) -> None:
    list_sites(house, SHOP)

    assert identities.listed_origin(house.tea, SITE, address) == "/".join(address.split("/")[:3])


@pytest.mark.parametrize("address", [*EVIL[:-1], "/h5/tea/hello", f"{SHOP}.evil.example/", f"{SHOP}:8443/"])
def test_of_any_other_address_none_is_told(house: House, address: str) -> None:
    list_sites(house, SHOP)

    assert identities.listed_origin(house.tea, SITE, address) == ""
