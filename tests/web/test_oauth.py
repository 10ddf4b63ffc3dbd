"""The sign-in as a browser lives through it: out to WeChat, back, and in; or a page that says what to do."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from chalicelib.features import identities
from chalicelib.features.identities import sign_in
from chalicelib.wechat import oauth
from tests.house import House, Json, logged
from tests.visiting import HELLO, PKCE, SHOP, Browser, ask, exchange, grant, list_sites, server

EXCHANGE = "/sns/oauth2/access_token"
AGAIN = "请重新开始"


@pytest.fixture
def browser(house: House) -> Browser:
    return Browser(house)


def opens(house: House, path: str, openid: str = "alice", **told: Any) -> Json:
    return house.phone(openid, "open", url=house.app + path, **told)


def me(house: House, openid: str = "alice") -> str:
    return str(opens(house, "/oauth/tea/me", openid)["text"])


def test_a_visitor_signs_in_and_is_known(house: House) -> None:
    shown = opens(house, "/oauth/tea/start?then=/h5/tea/hello")

    assert (shown["status"], shown["url"]) == (200, f"{house.app}/h5/tea/hello")
    assert "您好，访客" in shown["text"]
    assert '"openid":"alice"' in me(house)
    assert me(house, "bob") == '{"signed_in":false}'


def test_a_follower_is_greeted_as_one(house: House) -> None:
    house.phone("alice", "follow")

    assert "您好，茶友" in opens(house, "/oauth/tea/start?then=/h5/tea/hello")["text"]


def test_me_tells_all_that_a_page_may_know(house: House, browser: Browser) -> None:
    house.world.accounts["tea"].open_platform = True
    person = house.world.accounts["tea"].person("alice")
    person.nickname = "爱丽丝"
    house.phone("alice", "follow")
    browser.sign_in(scope="snsapi_userinfo")

    told = browser.me()

    assert told.pop("picture").startswith("http")
    assert abs(told.pop("since") - house.svc.now()) < 10
    assert told == {
        "signed_in": True,
        "openid": "alice",
        "unionid": person.unionid,
        "follower": True,
        "virtual": False,
        "scope": "snsapi_userinfo",
        "nickname": "爱丽丝",
    }


def test_any_browser_may_begin(browser: Browser) -> None:
    assert browser.get("/oauth/tea/start", User_Agent="curl/8").status == 302


def test_a_state_taken_to_another_browser_opens_nothing(house: House, browser: Browser) -> None:
    state = browser.begin()
    grant(house)
    thief = Browser(house)
    thief.begin()

    answer = thief.back(state)

    assert (answer.status, AGAIN in answer.data.decode()) == (400, True)
    assert "Set-Cookie" not in answer.headers
    assert browser.back(state).status == 302


def test_a_browser_without_cookies_is_told_what_to_do(house: House) -> None:
    forgetful = Browser(house, keeps_cookies=False)
    answer = forgetful.sign_in()

    assert answer.status == 400
    for words in ("请在微信中打开", "允许 Cookie", "please open in WeChat", "allow cookies"):
        assert words in answer.data.decode()
    assert house.count(EXCHANGE) == 0


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=&state=", "?code=x&state=" + "y" * 43])
def test_a_return_without_a_beginning_says_start_again(browser: Browser, query: str) -> None:
    browser.begin()
    answer = browser.get(f"/oauth/tea/return{query}")

    assert (answer.status, AGAIN in answer.data.decode()) == (400, True)
    assert answer.headers["Content-Type"].startswith("text/html")


def test_an_unknown_code_says_start_again(browser: Browser) -> None:
    answer = browser.back(browser.begin(), "never-given")

    assert (answer.status, AGAIN in answer.data.decode()) == (400, True)


def test_an_expired_code_and_an_expired_state_say_start_again(house: House, browser: Browser) -> None:
    state = browser.begin()
    grant(house)
    house.advance(301)
    assert browser.back(state).status == 400

    house.advance(301)
    grant(house, "code-2")
    assert AGAIN in browser.back(state, "code-2").data.decode()


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 500}, {"timeout": True}])
def test_while_wechat_is_away_a_page_says_so_and_a_reload_signs_in(house: House, browser: Browser, fault: Json) -> None:
    state = browser.begin()
    grant(house)
    house.control("faults", path=EXCHANGE, **fault)

    with logged() as lines:
        answer = browser.back(state)

    assert answer.status == 503
    assert "微信暂时没有回应" in answer.data.decode()
    assert "code-1" not in lines.getvalue()
    assert browser.back(state).status == 302
    assert browser.me()["signed_in"] is True


@pytest.mark.parametrize("how", ["setting", "fault"])
def test_a_redirect_that_wechat_follows_twice_at_once_is_one_sign_in(house: House, how: str) -> None:
    if how == "setting":
        house.control("settings", account="tea", double_redirect=True)
    else:
        house.control("faults", event="double_redirect", account="tea")

    shown = opens(house, "/oauth/tea/start?then=/h5/tea/hello")

    assert (shown["status"], "您好" in shown["text"]) == (200, True)
    assert len(list(house.svc.table.under("person#tea#alice", "visit#"))) == 1
    assert '"signed_in":true' in me(house)


def test_a_reload_of_the_return_page_gets_the_same_answer(house: House, browser: Browser) -> None:
    state = browser.begin()
    grant(house)
    first, second = browser.back(state), browser.back(state)

    assert (first.status, second.status) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]
    assert visit_in(first) == visit_in(second)


def visit_in(answer: Any) -> list[str]:
    return [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Host-visit-")]


def test_killed_between_visit_and_state_one_starts_again(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "WAIT_FOR_TWIN", 0.2)
    state = browser.begin()
    grant(house)
    with monkeypatch.context() as patch:
        patch.setattr(house.svc.table, "put_new", lambda _: 1 / 0)
        answer = browser.back(state)
    assert (answer.status, answer.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "我们这里出了错" in answer.data.decode()

    answer = browser.back(state)
    assert (answer.status, AGAIN in answer.data.decode()) == (400, True)

    browser.sign_in(code="code-2")
    assert browser.me()["signed_in"] is True


def test_two_tabs_do_not_disturb_each_other(house: House, browser: Browser) -> None:
    first, second = browser.begin("/h5/tea/hello?tab=1"), browser.begin("/h5/tea/hello?tab=2")
    grant(house, "code-1")
    grant(house, "code-2")

    assert browser.back(second, "code-2").headers["Location"].endswith("tab=2")
    assert browser.back(first, "code-1").headers["Location"].endswith("tab=1")


def test_of_many_beginnings_a_browser_keeps_four(house: House, browser: Browser) -> None:
    states = []
    for tab in range(7):
        states.append(browser.begin(f"/h5/tea/hello?tab={tab}"))
        house.advance(1)

    begun = [name for name in browser.cookies if name.startswith("__Host-begun-")]
    assert sorted(begun) == sorted(f"__Host-begun-{state[:8]}" for state in states[-4:])
    grant(house)
    assert AGAIN in browser.back(states[0]).data.decode()
    assert browser.back(states[3]).status == 302


def test_long_beginnings_are_kept_by_their_bytes(house: House, browser: Browser) -> None:
    list_sites(house, SHOP)
    page = f"{SHOP}/?" + "x" * 900
    for _ in range(4):
        state = browser.begin(page, nonce="\\" * 100, **PKCE)
        house.advance(1)

    begun = {name: value for name, value in browser.cookies.items() if name.startswith("__Host-begun-")}
    assert f"__Host-begun-{state[:8]}" in begun
    assert sum(len(name) + len(value) for name, value in begun.items()) <= 4096
    assert browser.back(state, grant(house)).status == 302


def test_beginnings_that_are_over_leave_the_browser(house: House, browser: Browser) -> None:
    browser.begin()
    browser.cookies["__Host-begun-nonsense"] = "x"
    house.advance(601)
    state = browser.begin()

    assert [name for name in browser.cookies if name.startswith("__Host-begun-")] == [f"__Host-begun-{state[:8]}"]


def test_a_page_that_keeps_nobody_signed_in_is_told_so(house: House, browser: Browser) -> None:
    for turn in range(10):
        browser.sign_in(f"{HELLO}?turn={turn}", code=f"code-{turn}")

    answer = browser.start()
    assert answer.status == 409
    assert "登录一直在打转" in answer.data.decode()
    assert "goes round in circles" in answer.data.decode()
    assert Browser(house).start().status == 302

    house.advance(61)
    assert browser.start().status == 302


def test_a_page_that_is_reloaded_goes_in_no_circle(house: House, browser: Browser) -> None:
    state = browser.begin()
    grant(house)
    for _ in range(13):
        assert browser.back(state).status == 302

    assert browser.start().status == 302


def test_signing_out_and_in_is_no_circle(browser: Browser) -> None:
    for turn in range(13):
        assert browser.sign_in(code=f"code-{turn}").status == 302
        assert browser.send("POST", "/oauth/tea/sign-out").status == 204


def test_cookies_are_for_this_host_over_https_and_not_for_scripts(house: House, browser: Browser) -> None:
    begun = browser.start()
    done = browser.sign_in()
    for answer in (begun, done):
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert cookie.startswith("__Host-")
            for word in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age="):
                assert word in cookie
            assert "Domain" not in cookie


def test_other_cookies_of_the_brand_do_not_end_a_visit(browser: Browser) -> None:
    browser.sign_in()
    visit = "__Host-visit-tea=" + browser.cookies["__Host-visit-tea"]

    for other in (
        'prefs={"a": [1, 2]}',
        "a b=c",
        "=x",
        "path=/; ;;",
        'q="unclosed',
        "ключ=значение".encode().decode("latin-1"),
    ):
        answer = browser.get("/oauth/tea/me", Cookie=f"{other}; {visit}")
        assert answer.json()["signed_in"] is True, other


def test_a_cookie_that_is_not_ours_is_never_sent_back(browser: Browser) -> None:
    for name in ("begun-x", "begun-", "begun-\xe9", "rounds", "visit-tea"):
        cookie = f'__Host-{name}="x\\073 Path=/evil\\015\\012Set-Cookie: a=b"'
        answer = browser.get("/oauth/tea/start?then=/", Cookie=cookie)

        assert answer.status == 302
        assert "evil" not in str(answer.headers)


def test_a_snapshot_of_wechat_is_nobody(house: House) -> None:
    house.control("settings", account="tea", openid="alice", snapshot=True)
    opens(house, "/oauth/tea/start?then=/h5/tea/hello")

    told = me(house)
    assert '"virtual":true' in told
    assert '"follower":false' in told
    assert "alice" not in told
    refused = opens(house, "/h5/tea/notice", method="POST")
    assert (refused["status"], "完整页面" in refused["text"]) == (400, True)
    assert house.work() == 0


@pytest.mark.parametrize("asked", [{}, {"scope": "snsapi_userinfo", "nonce": "n-7", **PKCE}])
def test_who_leaves_a_snapshot_by_its_button_begins_anew_and_is_somebody(
    house: House, browser: Browser, asked: dict[str, str]
) -> None:
    """The button sends the same state with a new code."""
    house.world.accounts["tea"].person("alice").snapshot = True
    state = browser.begin(**asked)
    browser.back(state, grant(house, "code-of-nobody"))
    house.world.accounts["tea"].person("alice").snapshot = False

    again = browser.back(state, grant(house, "code-of-alice"))

    assert again.status == 302
    leads_to = urlsplit(again.headers["Location"])
    assert leads_to.path == "/oauth/tea/start"
    assert dict(parse_qsl(leads_to.query)) == {"then": f"{house.app}{HELLO}", "scope": "snsapi_base", **asked}
    assert browser.me()["virtual"] is True
    fresh = browser.get(f"{leads_to.path}?{leads_to.query}")
    browser.back(parse_qs(urlsplit(fresh.headers["Location"]).query)["state"][0], "code-of-alice")
    assert (browser.me()["openid"], browser.me()["virtual"]) == ("alice", False)


def test_a_snapshot_is_signed_out_within_the_hour(house: House, browser: Browser) -> None:
    house.world.accounts["tea"].person("alice").snapshot = True
    done = browser.sign_in(scope="snsapi_userinfo")

    assert "Max-Age=3600;" in visit_in(done)[0]
    assert (browser.me()["nickname"], browser.me()["unionid"]) == ("", "")
    house.advance(3602)
    assert browser.me() == {"signed_in": False}


def test_a_visit_of_one_account_is_none_at_another(browser: Browser) -> None:
    browser.sign_in()
    browser.cookies["__Host-visit-leaf"] = browser.cookies["__Host-visit-tea"]

    assert browser.me("leaf") == {"signed_in": False}
    assert browser.me()["signed_in"] is True


def test_an_account_that_may_not_sign_visitors_in_says_so_on_a_page(house: House) -> None:
    answer = house.get("/oauth/leaf/start?then=/")

    assert (answer.status, "只有已认证的服务号" in answer.data.decode()) == (403, True)
    assert house.get("/oauth/leaf/return?code=x&state=y").status == 400
    assert house.get("/oauth/nobody/start?then=/").status == 404


def test_the_scope_is_one_of_wechats(browser: Browser) -> None:
    assert browser.start(scope="snsapi_userinfo").status == 302
    assert browser.start(scope="x").status == 400


def test_who_refuses_stays_a_stranger(house: House) -> None:
    opens(house, "/oauth/tea/start?then=/h5/tea/hello&scope=snsapi_userinfo", consent=False)

    assert me(house) == '{"signed_in":false}'
    assert "请先登录" in opens(house, "/h5/tea/notice", method="POST")["text"]


def test_who_refuses_is_told_so_and_may_change_their_mind(house: House, browser: Browser) -> None:
    state = browser.begin(f"{HELLO}?a=1&b=2", scope="snsapi_userinfo")
    answer = browser.get(f"/oauth/tea/return?state={state}")

    page = answer.data.decode()
    assert (answer.status, "您没有同意授权" in page, "You did not allow it" in page) == (400, True, True)
    again = browser.get(way_on(page).removeprefix(house.app))
    assert "scope=snsapi_userinfo" in again.headers["Location"]


def test_a_sign_in_that_was_lost_is_begun_again_with_one_press(house: House, browser: Browser) -> None:
    page = browser.back(browser.begin(), "never-given").data.decode()
    assert AGAIN in page

    fresh = browser.get(way_on(page).removeprefix(house.app))
    grant(house)
    browser.back(parse_qs(urlsplit(fresh.headers["Location"]).query)["state"][0])
    assert browser.me()["openid"] == "alice"


def test_a_stranger_to_the_beginning_is_shown_no_way_on(house: House, browser: Browser) -> None:
    thief = Browser(house)
    thief.begin()

    assert "class=button" not in thief.back(browser.begin()).data.decode()


def way_on(page: str) -> str:
    """Where the one button of a page leads."""
    (found,) = re.findall(r'<a class=button href="([^"]+)"', page)
    return unescape(str(found))


def test_a_silent_sign_in_elsewhere_leaves_nickname_and_visit_as_they_are(house: House, browser: Browser) -> None:
    list_sites(house, SHOP)
    house.world.accounts["tea"].person("alice").nickname = "爱丽丝"
    browser.sign_in(scope="snsapi_userinfo")
    visit = browser.cookies["__Host-visit-tea"]

    for turn in range(3):
        browser.ticket(code=f"code-of-{turn}", **PKCE)

    assert browser.cookies["__Host-visit-tea"] == visit
    assert browser.me()["nickname"] == "爱丽丝"
    assert len(list(house.svc.table.under("person#tea#alice", "visit#", fresh=True))) == 1


@pytest.mark.parametrize("odd", [{"openid": None}, {"openid": ""}, {"openid": "a#b"}])
def test_two_visitors_without_a_name_are_not_one_person(
    house: House, odd: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = oauth._token
    monkeypatch.setattr(oauth, "_token", lambda told: real(told | odd))

    for code in ("code-1", "code-2"):
        visitor = Browser(house)
        answer = visitor.sign_in(code=code)
        assert (answer.status, "微信暂时没有回应" in answer.data.decode()) == (503, True)
        assert visitor.me() == {"signed_in": False}


def test_two_visitors_without_a_unionid_are_not_one_person(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    real = oauth._token
    monkeypatch.setattr(oauth, "_token", lambda told: real(told | {"unionid": None, "refresh_token": None}))

    for openid in ("alice", "bob"):
        visitor = Browser(house)
        visitor.sign_in(openid=openid, code=f"code-of-{openid}", scope="snsapi_userinfo")
        assert (visitor.me()["openid"], visitor.me()["unionid"]) == (openid, "")
        assert identities.same_person(house.svc, house.tea, openid) == []


def test_who_signs_out_is_a_stranger_and_their_cookie_is_worth_nothing(browser: Browser) -> None:
    browser.sign_in()
    kept = dict(browser.cookies)

    answer = browser.send("POST", "/oauth/tea/sign-out")

    assert (answer.status, answer.data) == (204, b"")
    assert "__Host-visit-tea" not in browser.cookies
    browser.cookies = kept
    assert browser.me() == {"signed_in": False}
    assert browser.send("POST", "/oauth/tea/sign-out").status == 204


def test_a_form_that_signs_out_leads_on_to_a_page_of_ours_only(house: House, browser: Browser) -> None:
    browser.sign_in()
    form = {"Accept": "text/html", "Origin": "null", "Sec_Fetch_Site": "same-origin"}

    refused = browser.send("POST", "/oauth/tea/sign-out?then=//evil.example", **form)
    assert (refused.status, refused.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert browser.me()["signed_in"] is True

    gone = browser.send("POST", "/oauth/tea/sign-out?then=/h5/tea/hello", b"", **form)
    assert (gone.status, gone.headers["Location"]) == (303, f"{house.app}/h5/tea/hello")
    assert browser.me() == {"signed_in": False}


def test_a_link_signs_nobody_out(browser: Browser) -> None:
    browser.sign_in()

    assert browser.get("/oauth/tea/sign-out").status >= 400
    assert browser.me()["signed_in"] is True


@pytest.mark.parametrize(
    ("origin", "site", "status"),
    [
        ("https://evil.example", "", 403),
        ("https://evil.example", "same-origin", 403),
        ("null", "cross-site", 403),
        ("null", "same-site", 403),
        (SHOP + ".evil.example", "", 403),
        (SHOP, "cross-site", 204),
        ("", "", 204),
    ],
)
def test_other_sites_sign_nobody_out(house: House, browser: Browser, origin: str, site: str, status: int) -> None:
    list_sites(house, SHOP)
    browser.sign_in()
    headers = {name: value for name, value in (("Origin", origin), ("Sec_Fetch_Site", site)) if value}

    assert browser.send("POST", "/oauth/tea/sign-out", **headers).status == status
    assert browser.me()["signed_in"] is (status == 403)


def test_our_own_page_signs_out(house: House, browser: Browser) -> None:
    browser.sign_in()

    assert browser.send("POST", "/oauth/tea/sign-out", Origin=house.app).status == 204


CORS = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")


@pytest.mark.parametrize(("door", "method"), [("me", "GET"), ("exchange", "POST"), ("sign-out", "POST")])
def test_scripts_of_listed_sites_may_read_the_answers(house: House, door: str, method: str) -> None:
    list_sites(house, SHOP, "http://127.0.0.1:9000")
    path = f"/oauth/tea/{door}"

    for origin in (SHOP, "http://127.0.0.1:9000"):
        asked = ask(house, "OPTIONS", path, Origin=origin, Access_Control_Request_Method=method)
        assert (asked.status, asked.data) == (204, b"")
        assert [asked.headers[name] for name in CORS] == [origin, "true"]
        assert asked.headers["Access-Control-Allow-Methods"] == method
        assert asked.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
        assert asked.headers["Access-Control-Max-Age"] == "600"
        answer = ask(house, method, path, b"{}", Origin=origin)
        assert [answer.headers[name] for name in CORS] == [origin, "true"]
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{SHOP}:8443", "http://shop.example.com", "*", ""])
@pytest.mark.parametrize("door", ["me", "exchange", "sign-out", "start", "return"])
def test_scripts_of_other_sites_may_not(house: House, origin: str, door: str) -> None:
    list_sites(house, SHOP)
    for method in ("OPTIONS", "GET", "POST"):
        answer = ask(house, method, f"/oauth/tea/{door}", b"{}", Origin=origin)
        assert not set(CORS) & set(answer.headers)


def test_a_refusal_may_be_read_by_the_site_that_asked(house: House) -> None:
    list_sites(house, SHOP)

    for path, method in (("me", "GET"), ("exchange", "POST")):
        answer = ask(house, method, f"/oauth/tea/{path}", b"{}", Origin=SHOP, Authorization="Bearer x.y.z")
        assert answer.status in (400, 401)
        assert answer.json()["error"]["message"]
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Access-Control-Allow-Origin" not in ask(house, "GET", "/oauth/nobody/me", Origin=SHOP).headers


def test_with_its_id_token_another_site_asks_who_is_here(house: House, browser: Browser) -> None:
    list_sites(house, SHOP)
    token = exchange(house, browser.ticket(f"{SHOP}/"), **server(house)).json()["id_token"]
    shown = {"Authorization": f"Bearer {token}", "Origin": SHOP}

    told = ask(house, "GET", "/oauth/tea/me", **shown).json()
    assert (told["signed_in"], told["openid"], told["scope"]) == (True, "alice", "snsapi_base")

    house.advance(601)
    ended = ask(house, "GET", "/oauth/tea/me", **shown)
    assert (ended.status, "重新登录" in ended.json()["error"]["message"]) == (401, True)

    assert ask(house, "POST", "/oauth/tea/sign-out", **shown).status == 204
    assert browser.me() == {"signed_in": False}


def test_an_id_token_ends_with_its_visit(house: House, browser: Browser) -> None:
    list_sites(house, SHOP)
    token = exchange(house, browser.ticket(f"{SHOP}/"), **server(house)).json()["id_token"]
    browser.send("POST", "/oauth/tea/sign-out")

    answer = ask(house, "GET", "/oauth/tea/me", Authorization=f"Bearer {token}", Origin=SHOP)

    assert answer.json() == {"signed_in": False}


def test_nothing_about_a_visitor_is_logged(house: House, browser: Browser) -> None:
    openid = "oAbCdEfGhIjKlMnOpQrStUvWxYz1"
    list_sites(house, SHOP)
    with logged() as lines:
        opens(house, "/oauth/tea/start?then=/h5/tea/hello", openid)
        ticket = browser.ticket(f"{SHOP}/", openid)
        token = exchange(house, ticket, **server(house)).json()["id_token"]
        ask(house, "GET", "/oauth/tea/me", Authorization=f"Bearer {token}x", Origin=SHOP)
        browser.back(browser.begin(), "never-given")

    for secret in (openid, "secret-of-tea", ticket, token, browser.cookies["__Host-visit-tea"]):
        assert secret not in lines.getvalue()


def test_addresses_are_absolute_and_our_own(house: House, browser: Browser) -> None:
    done = browser.sign_in("/h5/tea/hello?x=1")

    assert done.headers["Location"] == f"{house.app}/h5/tea/hello?x=1"
    assert identities.origin_of(done.headers["Location"]) == f"http://{urlsplit(house.app).netloc}"
