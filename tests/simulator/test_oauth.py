"""Web OAuth as a visitor, a website and the platform see it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.simulator.shop import LEAF, SECRET, TEA, Doors, Json, Shop

EXCHANGE, REFRESH = "/sns/oauth2/access_token", "/sns/oauth2/refresh_token"


def authorize_url(tea: Doors, shop: Shop, **change: str) -> str:
    asked = {
        "appid": TEA,
        "redirect_uri": f"{shop.address}/back?x=1",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "st1",
    } | change
    return f"https://open.weixin.qq.com/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"


def visit(tea: Doors, shop: Shop, **change: str) -> Json:
    """Open the authorize page in Alice's phone; the query that the website got."""
    shop.pages["/back"] = lambda query, _: (200, {"Content-Type": "text/html"}, f"<title>{query['code']}</title>")
    told = tea.phone("alice", "open", url=authorize_url(tea, shop, **change))
    return {name: values[0] for name, values in parse_qs(urlsplit(told["url"]).query).items()}


def exchange(tea: Doors, code: str, **change: str) -> Json:
    asked = {"appid": TEA, "secret": SECRET, "code": code, "grant_type": "authorization_code"} | change
    return tea.call(EXCHANGE, query=asked, token="")


def test_a_visitor_comes_back_with_a_code_for_one_use(tea: Doors, shop: Shop) -> None:
    back = visit(tea, shop)
    assert (back["x"], back["state"]) == ("1", "st1")
    told = exchange(tea, back["code"])
    assert (told["openid"], told["scope"], told["expires_in"]) == ("alice", "snsapi_base", 7200)
    assert exchange(tea, back["code"])["errcode"] == 40163


def test_codes_that_are_not_good_say_why(tea: Doors, shop: Shop) -> None:
    code = visit(tea, shop)["code"]
    tea.advance(300)
    assert exchange(tea, code)["errcode"] == 42003
    assert exchange(tea, "nonsense")["errcode"] == 40029
    assert exchange(tea, "")["errcode"] == 41008
    assert exchange(tea, code, secret="wrong")["errcode"] == 40125
    assert exchange(tea, code, appid="wx0")["errcode"] == 40013
    assert exchange(tea, code, appid=LEAF)["errcode"] == 40029


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("https://example.com/a", ""),
        ("https://www.example.com/a", "10003"),
        ("https://example.com:8443/a", "10003"),
        ("https://evil.example/?example.com", "10003"),
        ("javascript:alert(1)", "10003"),
        ("http://127.0.0.1:8000/a", ""),
    ],
)
def test_the_way_back_must_be_a_listed_host(tea: Doors, shop: Shop, uri: str, error: str) -> None:
    told = tea.phone("alice", "open", url=authorize_url(tea, shop, redirect_uri=uri))
    assert error in told["text"] if error else told["url"].startswith(uri)


def test_a_wrong_kind_of_account_or_scope_is_an_error_page(tea: Doors, shop: Shop) -> None:
    assert "10005" in tea.phone("alice", "open", url=authorize_url(tea, shop, appid=LEAF))["text"]
    assert "10005" in tea.phone("alice", "open", url=authorize_url(tea, shop, scope="snsapi_all"))["text"]


def test_refusing_closes_the_page_and_the_website_learns_nothing(tea: Doors, shop: Shop) -> None:
    url = authorize_url(tea, shop, scope="snsapi_userinfo")
    told = tea.phone("alice", "open", url=url, consent=False)
    assert "open.weixin.qq.com" in told["url"]
    assert "拒绝" in told["title"]


def test_a_profile_needs_consent_to_it(tea: Doors, shop: Shop) -> None:
    base = exchange(tea, visit(tea, shop)["code"])
    full = exchange(tea, visit(tea, shop, scope="snsapi_userinfo")["code"])
    named = {"openid": "alice", "lang": "zh_CN"}
    assert tea.code("/sns/userinfo", query=named | {"access_token": base["access_token"]}, token="") == 48001
    profile = tea.call("/sns/userinfo", query=named | {"access_token": full["access_token"]}, token="")
    assert (profile["nickname"], profile["sex"], profile["city"]) == ("Alice", 0, "")
    asked = {"access_token": full["access_token"], "openid": "bob"}
    assert tea.code("/sns/auth", query=asked, token="") == 40003
    tea.advance(7200)
    assert tea.code("/sns/userinfo", query=named | {"access_token": full["access_token"]}, token="") == 42001


def test_a_refresh_token_lives_thirty_days(tea: Doors, shop: Shop) -> None:
    first = exchange(tea, visit(tea, shop)["code"])
    asked = {"appid": TEA, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    again = tea.call(REFRESH, query=asked, token="")
    assert again["access_token"] != first["access_token"]
    assert tea.code(REFRESH, query=asked | {"refresh_token": "nonsense"}, token="") == 40030
    tea.advance(30 * 86400)
    assert tea.code(REFRESH, query=asked, token="") == 42002


def test_on_a_snapshot_page_nobody_is_real(tea: Doors, shop: Shop) -> None:
    tea.set(openid="alice", snapshot=True)
    told = exchange(tea, visit(tea, shop, scope="snsapi_userinfo")["code"])
    assert told["is_snapshotuser"] == 1
    assert told["openid"] != "alice"


@pytest.mark.parametrize("how", ["setting", "fault"])
def test_the_browser_can_ask_twice_with_one_code(tea: Doors, shop: Shop, how: str) -> None:
    seen: list[str] = []

    def page(query: Json, _: str) -> tuple[int, dict[str, str], str]:
        seen.append(query["code"])
        return 200, {}, "ok"

    shop.pages["/back"] = page
    if how == "setting":
        tea.set(double_redirect=True)
    else:
        tea.control("faults", event="double_redirect")
    tea.phone("alice", "open", url=authorize_url(tea, shop))
    assert len(seen) == 2
    assert len(set(seen)) == 1


def test_a_browser_of_nobody_chooses_whom_it_plays(tea: Doors, shop: Shop) -> None:
    url = authorize_url(tea, shop).removeprefix("https:/").partition("#")[0]
    status, page = tea.ask("GET", url)
    assert status == 200
    assert "允许 Allow · Alice" in page.decode()
    code = page.decode().partition("code=")[2].partition("&")[0]
    assert exchange(tea, code)["openid"] == "alice"


def test_another_site_sends_its_visitor_to_sign_in(tea: Doors, shop: Shop) -> None:
    told = tea.phone("alice", "open", url=f"{tea.address}/other-site/?ticket=<t>")
    assert "<t>" in told["text"]
    assert f"{shop.address}/oauth/tea/start?then=http%3A".encode() in tea.ask("GET", "/other-site/")[1]


def test_the_browser_keeps_a_persons_cookies_and_no_one_elses(tea: Doors, shop: Shop) -> None:
    cookie = "__Host-visit=7; Path=/; Secure; HttpOnly; SameSite=Lax"
    bad = "__Host-bad=1; Path=/h5; Secure"
    shop.pages["/in"] = lambda *_: (302, {"Set-Cookie": cookie, "Location": "/me"}, "")
    shop.pages["/other"] = lambda *_: (200, {"Set-Cookie": bad}, "")
    shop.pages["/me"] = lambda _, cookies: (
        200,
        {"Content-Type": "text/html"},
        f"<title>我</title><script>x</script>{cookies}",
    )
    tea.phone("alice", "open", url=shop.address + "/other")
    told = tea.phone("alice", "open", url=shop.address + "/in")
    assert (told["url"], told["status"], told["title"]) == (shop.address + "/me", 200, "我")
    assert told["text"] == "__Host-visit=7"
    assert tea.phone("bob", "open", url=shop.address + "/me")["text"] == ""
    assert tea.phone("alice", "open", url="https://example.com/")["status"] == 0


def test_a_button_of_a_page_can_be_pressed(tea: Doors, shop: Shop) -> None:
    shop.pages["/press"] = lambda _, body: (200, {}, body)
    told = tea.phone("alice", "open", url=shop.address + "/press", method="POST", form={"a": "茶"})
    assert told["text"] == "a=%E8%8C%B6"
    told = tea.phone("alice", "open", url=shop.address + "/press", method="POST", json={"a": "茶"})
    assert told["text"] == '{"a": "茶"}'
