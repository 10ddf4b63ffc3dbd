"""The sign-in as a browser lives through it: out to WeChat, back, and in; or a page that says what to do."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from simulator.accounts import Grant
from tests.house import House, Json, logged

EXCHANGE = "/sns/oauth2/access_token"
AGAIN = "请重新开始"


def start(house: House, **query: str) -> urllib3.BaseHTTPResponse:
    return house.get("/oauth/tea/start?" + urlencode({"then": "/h5/tea/hello"} | query))


def cookies(answer: urllib3.BaseHTTPResponse) -> str:
    return "; ".join(line.partition(";")[0] for line in answer.headers.getlist("Set-Cookie"))


def came_back(house: House, code: str = "code-1", browser: str | None = None, known: bool = True) -> Any:
    """The browser at our door again, with the state that went out."""
    begun = start(house)
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    if known:
        until = house.world.clock.now() + 300
        house.world.accounts["tea"].codes[code] = Grant(code, "alice", "snsapi_base", until)
    path = f"/oauth/tea/return?code={code}&state={state}"
    cookie = cookies(begun) if browser is None else browser
    return lambda **more: house.get(path, Cookie=cookie, **more)


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


def test_a_state_taken_to_another_browser_opens_nothing(house: House) -> None:
    thief = came_back(house, browser="__Host-browser=" + "s" * 43)()

    assert (thief.status, AGAIN in thief.data.decode()) == (400, True)
    assert "Set-Cookie" not in thief.headers
    assert came_back(house, browser="")().status == 400


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=&state=", "?code=x&state=" + "y" * 43])
def test_a_return_without_a_beginning_says_start_again(house: House, query: str) -> None:
    answer = house.get(f"/oauth/tea/return{query}", Cookie="__Host-browser=" + "m" * 43)

    assert (answer.status, AGAIN in answer.data.decode()) == (400, True)
    assert answer.headers["Content-Type"].startswith("text/html")


def test_an_unknown_code_says_start_again(house: House) -> None:
    answer = came_back(house, known=False)()

    assert (answer.status, AGAIN in answer.data.decode()) == (400, True)


def test_an_expired_code_and_an_expired_state_say_start_again(house: House) -> None:
    come = came_back(house)
    house.advance(301)
    assert come().status == 400

    late = came_back(house, "code-2")
    house.advance(601)
    assert AGAIN in late().data.decode()


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 500}, {"timeout": True}])
def test_while_wechat_is_away_there_is_a_page_that_says_so(house: House, fault: Json) -> None:
    come = came_back(house)
    house.control("faults", path=EXCHANGE, **fault)

    with logged() as lines:
        answer = come()

    assert answer.status == 503
    assert "微信暂时没有回应" in answer.data.decode()
    assert "code-1" not in lines.getvalue()


@pytest.mark.parametrize("how", ["setting", "fault"])
def test_a_redirect_that_wechat_follows_twice_at_once_is_one_sign_in(house: House, how: str) -> None:
    if how == "setting":
        house.control("settings", account="tea", double_redirect=True)
    else:
        house.control("faults", event="double_redirect", account="tea")

    shown = opens(house, "/oauth/tea/start?then=/h5/tea/hello")

    assert (shown["status"], "您好" in shown["text"]) == (200, True)
    assert house.count(EXCHANGE) == 1
    visits = list(house.svc.table.under("person#tea#alice", "visit#"))
    assert len(visits) == 1


def test_a_reload_of_the_return_page_gets_the_same_visit(house: House) -> None:
    come = came_back(house)
    first, second = come(), come()

    assert (first.status, second.status) == (302, 302)
    assert first.headers["Set-Cookie"] == second.headers["Set-Cookie"]


def test_cookies_are_for_this_host_over_https_and_not_for_scripts(house: House) -> None:
    come = came_back(house)
    for answer in (start(house), come()):
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-")
        for word in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age="):
            assert word in cookie
        assert "Domain" not in cookie


def test_other_cookies_of_the_brand_do_not_end_a_visit(house: House) -> None:
    visit = cookies(came_back(house)())

    for other in (
        'prefs={"a": [1, 2]}',
        "a b=c",
        "=x",
        "path=/; ;;",
        'q="unclosed',
        "ключ=значение".encode().decode("latin-1"),
    ):
        answer = house.get("/oauth/tea/me", Cookie=f"{other}; {visit}")
        assert answer.json()["signed_in"] is True, other


def test_a_cookie_that_is_not_ours_is_never_sent_back(house: House) -> None:
    answer = house.get("/oauth/tea/start?then=/", Cookie='__Host-browser="x\\073 Path=/evil\\015\\012Set-Cookie: a=b"')

    assert answer.status == 302
    assert "evil" not in str(answer.headers)


def test_a_snapshot_of_wechat_is_nobody(house: House) -> None:
    house.control("settings", account="tea", openid="alice", snapshot=True)
    opens(house, "/oauth/tea/start?then=/h5/tea/hello")

    told = me(house)
    assert '"virtual":true' in told
    assert "alice" not in told
    refused = opens(house, "/h5/tea/notice", method="POST")
    assert (refused["status"], "完整页面" in refused["text"]) == (400, True)
    assert house.work() == 0


def test_a_visit_of_one_account_is_none_at_another(house: House) -> None:
    visit = cookies(came_back(house)())

    as_leaf = visit.replace("visit-tea", "visit-leaf")
    assert house.get("/oauth/leaf/me", Cookie=as_leaf).json() == {"signed_in": False}


def test_an_account_that_may_not_sign_visitors_in_says_so_on_a_page(house: House) -> None:
    answer = house.get("/oauth/leaf/start?then=/")

    assert (answer.status, "只有已认证的服务号" in answer.data.decode()) == (403, True)
    assert house.get("/oauth/leaf/return?code=x&state=y").status == 400
    assert house.get("/oauth/nobody/start?then=/").status == 404


@pytest.mark.parametrize(
    "then",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "/\r\nSet-Cookie: a=b",
        "/\t/x",
        "",
    ],
)
def test_a_sign_in_leads_to_no_other_site(house: House, then: str) -> None:
    answer = start(house, then=then)

    assert (answer.status, "then must be" in answer.data.decode()) == (400, True)
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_the_scope_is_one_of_wechats(house: House) -> None:
    assert start(house, scope="snsapi_userinfo").status == 302
    assert start(house, scope="x").status == 400


def test_who_refuses_stays_a_stranger(house: House) -> None:
    opens(house, "/oauth/tea/start?then=/h5/tea/hello&scope=snsapi_userinfo", consent=False)

    assert me(house) == '{"signed_in":false}'
    assert "请先登录" in opens(house, "/h5/tea/notice", method="POST")["text"]


def test_nothing_about_a_visitor_is_logged(house: House) -> None:
    openid = "oAbCdEfGhIjKlMnOpQrStUvWxYz1"
    with logged() as lines:
        opens(house, "/oauth/tea/start?then=/h5/tea/hello", openid)
        house.control("settings", account="tea", openid=openid, snapshot=False)
        came_back(house, known=False)()

    assert openid not in lines.getvalue()
    assert "secret-of-tea" not in lines.getvalue()
