"""/console: the page, its files, and the ways in and out; as a browser, and as whoever would like to be one."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from chalicelib.features import operators
from chalicelib.features.operators import SESSION, TEN_MINUTES
from chalicelib.web import console
from tests.house import House
from tests.web.asking import Answer, refused
from tests.web.operating import Browser, everything, signed_in

NAMED = re.compile(r'(?:href|src)="(console/files/[^"]+)"')
CREATE = "/cgi-bin/qrcode/create"
DOORS = (
    ("POST", "/console/sign-in"),
    ("POST", "/console/sign-in/scan"),
    ("GET", "/console/sign-in/scan"),
    ("POST", "/console/sign-out"),
)


@pytest.fixture
def browser(shop: House) -> Browser:
    return Browser(shop)


def link(shop: House, role: str = "admin") -> str:
    return operators.link(shop.svc, operators.add(shop.svc, f"{role} 小满", role))


# The page and its files.


def test_the_page_runs_nothing_but_its_own_files_and_stands_in_no_frame(browser: Browser) -> None:
    page = browser.ask("GET", "/console")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    policy = page.headers["Content-Security-Policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=|https?://|//", page.data.decode())


def test_each_file_that_the_page_names_is_there_and_is_kept_as_told(browser: Browser) -> None:
    named = NAMED.findall(browser.ask("GET", "/console").data.decode())
    assert len(named) > 20
    for path in named:
        answer = browser.ask("GET", f"/{path}")
        assert answer.status == 200, path
        assert answer.headers["Cache-Control"] == (console.FOREVER if "?v=" in path else console.LOOK_AGAIN)
        again = browser.ask("GET", f"/{path}", **{"If-None-Match": f"W/{answer.headers['ETag']}"})
        assert (again.status, again.data) == (304, b"")
        assert again.headers["ETag"] == answer.headers["ETag"]


def test_a_file_of_another_version_is_not_kept(browser: Browser) -> None:
    """While a deploy is under way the old page may get the new file, and must not keep it under the old name."""
    for version in ("", "0" * 12, "{{version}}"):
        kept = browser.ask("GET", f"/console/files/app.js?v={version}").headers["Cache-Control"]
        assert kept == console.LOOK_AGAIN


@pytest.mark.parametrize(
    "name", ["index.html", "none.js", "..%2Fapp.js", "..%2F..%2Fapp.py", "%2e%2e", "app.js%00", "A" * 3000, "app.JS"]
)
def test_what_is_no_file_of_the_console_is_not_found(browser: Browser, name: str) -> None:
    answer = browser.ask("GET", f"/console/files/{name}")
    assert answer.status in (403, 404)
    assert b"import" not in answer.data


# In by a link.


@pytest.mark.parametrize("body", [None, {}, [], {"code": 7}, {"code": ""}, {"code": "x"}, {"code": "x", "more": 1}])
def test_what_is_no_link_lets_nobody_in(browser: Browser, body: object) -> None:
    answer = browser.ask("POST", "/console/sign-in", body)
    assert answer.status == 400
    assert "。" in answer.json()["error"]["message"]
    assert not browser.cookies


def test_a_link_lets_in_once(shop: House, browser: Browser) -> None:
    code = link(shop)
    assert browser.enter(code).status == 204
    assert browser.is_in
    other = Browser(shop)
    assert other.enter(code).status == 400
    assert not other.is_in
    assert browser.is_in


def test_of_two_who_use_a_link_at_once_one_gets_in(shop: House) -> None:
    code, browsers = link(shop), [Browser(shop) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda browser: browser.enter(code), browsers))
    assert sum(browser.is_in for browser in browsers) == 1


def test_links_of_the_api_are_for_ten_minutes_and_once(shop: House) -> None:
    admin, browser = signed_in(shop), Browser(shop)
    made = admin("POST", "operators", {"name": "谷雨", "role": "editor"}).body
    told = admin("POST", f"operators/{made['operator_id']}/sign-in-link")
    assert told.status == 201
    site, _, code = told.body["url"].partition("/console#/sign-in/")
    assert site == shop.app
    assert told.body["expires"] - shop.svc.now() in range(TEN_MINUTES - 10, TEN_MINUTES + 1)
    assert browser.enter(code).status == 204
    assert browser("GET", "me").body["name"] == "谷雨"
    assert Browser(shop).enter(code).status == 400


def test_the_cookie_is_for_this_host_alone_and_not_for_scripts(shop: House, browser: Browser) -> None:
    browser.enter(link(shop))
    told = next(line for line in browser.told if line.startswith("__Host-operator="))
    assert told.split("; ")[1:] == [f"Max-Age={SESSION}", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"]
    assert len(browser.cookies["__Host-operator"]) >= 43


def test_signing_in_anew_ends_the_session_before(shop: House, browser: Browser) -> None:
    browser.enter(link(shop))
    before = Browser(shop)
    before.cookies = dict(browser.cookies)
    assert browser.ask("POST", "/console/sign-in", {"code": link(shop, "viewer"), "instead": True}).status == 204
    assert browser("GET", "me").body["role"] == "viewer"
    assert not before.is_in


def test_a_link_that_somebody_sent_makes_nobody_another_operator_unasked(shop: House, browser: Browser) -> None:
    """Else an editor could have an admin work, and tie their WeChat, under the editor's name."""
    browser.enter(link(shop))
    editors = link(shop, "editor")
    assert "not used up" in refused(Answer(*told(browser.enter(editors))), 409)
    assert browser("GET", "me").body["role"] == "admin"
    other = Browser(shop)
    assert other.enter(editors).status == 204
    assert other("GET", "me").body["role"] == "editor"


def test_ones_own_link_asks_nothing_and_a_session_that_is_over_is_nobodys(shop: House, browser: Browser) -> None:
    mai = operators.add(shop.svc, "小满", "admin")
    for _ in range(2):
        assert browser.enter(operators.link(shop.svc, mai)).status == 204
    shop.advance(SESSION + 1)
    assert browser.enter(link(shop, "viewer")).status == 204


def told(answer: urllib3.BaseHTTPResponse) -> tuple[int, Any]:
    return answer.status, answer.json()


# In by a scan.


def tied(shop: House, openid: str = "alice", role: str = "admin") -> Browser:
    """Somebody who signed in by a link and then tied their WeChat by scanning."""
    browser = signed_in(shop, role)
    shop.phone(openid, "follow")
    offer = browser("POST", "me/wechat")
    assert offer.status == 201
    told = scan(shop, openid)
    assert browser("PUT", "me/wechat", {"code": offer.body["code"], "digits": told[:6]}).status == 204
    return browser


def scan(shop: House, openid: str) -> str:
    """The newest code; what the chat says to it."""
    return str(shop.phone(openid, "scan", url=newest(shop))["replies"][0]["content"])


def tap(shop: House, openid: str, told: str) -> None:
    shop.says(openid, told.partition("msgmenucontent=")[2].partition("&")[0])


def newest(shop: House) -> str:
    return list(shop.world.accounts["tea"].qrcodes.values())[-1].url


def test_scanning_and_tapping_leads_in(shop: House, browser: Browser) -> None:
    tied(shop)
    offer = browser.ask("POST", "/console/sign-in/scan", {})
    assert offer.json()["picture"].startswith("data:image/png;base64,")
    assert browser.told[-1].endswith("Path=/; Secure; HttpOnly; SameSite=Strict")
    assert browser.cookies["__Host-console-scan"] not in offer.data.decode()

    assert browser.state() == "waiting"
    told = scan(shop, "alice")
    assert browser.state() == "scanned"
    assert not browser.is_in
    tap(shop, "alice", told)
    assert browser.state() == "signed_in"

    assert browser("GET", "me").body["role"] == "admin"
    assert "__Host-console-scan" not in browser.cookies
    assert browser.state() == "expired"


def test_a_stranger_who_scans_is_unknown_and_a_code_is_over_in_five_minutes(shop: House, browser: Browser) -> None:
    tied(shop)
    browser.ask("POST", "/console/sign-in/scan", {})
    shop.phone("bob", "scan", url=newest(shop))
    assert browser.state() == "unknown"
    assert browser.state() == "expired"
    browser.ask("POST", "/console/sign-in/scan", {})
    assert browser.state() == "waiting"
    shop.advance(301)
    assert browser.state() == "expired"
    assert Browser(shop).state() == "expired"
    assert not browser.is_in


def test_another_browser_that_saw_the_code_gets_nothing(shop: House, browser: Browser) -> None:
    tied(shop)
    browser.ask("POST", "/console/sign-in/scan", {})
    thief = Browser(shop)
    scene = list(shop.world.accounts["tea"].qrcodes.values())[-1].scene
    tap(shop, "alice", scan(shop, "alice"))
    for seen in (scene, scene.removeprefix("console_")):
        thief.cookies["__Host-console-scan"] = seen
        assert thief.state() == "expired"
    assert browser.state() == "signed_in"


def test_of_two_looks_at_once_one_is_the_session(shop: House, browser: Browser) -> None:
    tied(shop)
    browser.ask("POST", "/console/sign-in/scan", {})
    tap(shop, "alice", scan(shop, "alice"))
    looks = [Browser(shop) for _ in range(6)]
    for one in looks:
        one.cookies = dict(browser.cookies)
    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lambda one: one.state(), looks))
    assert sorted(states) == ["expired"] * 5 + ["signed_in"]


def test_a_wechat_that_is_untied_leads_nowhere(shop: House, browser: Browser) -> None:
    admin = tied(shop)
    (me,) = admin("GET", "operators").body["items"]
    assert me["wechat"] == ["tea"]
    assert admin("DELETE", "me/wechat").status == 204
    assert admin("GET", "operators").body["items"][0]["wechat"] == []
    browser.ask("POST", "/console/sign-in/scan", {})
    shop.phone("alice", "scan", url=newest(shop))
    assert browser.state() == "unknown"


def test_an_admin_unties_a_lost_phone(shop: House) -> None:
    tied(shop, "bob", "viewer")
    admin = signed_in(shop)
    one = next(each for each in admin("GET", "operators").body["items"] if each["role"] == "viewer")
    assert one["wechat"] == ["tea"]
    assert admin("DELETE", f"operators/{one['operator_id']}/wechat").status == 204
    assert admin("DELETE", "operators/000000000000/wechat").status == 404
    assert not any(each["wechat"] for each in admin("GET", "operators").body["items"])


def test_a_machine_has_no_wechat(shop: House, browser: Browser) -> None:
    token = operators.issue_token(shop.svc, "till")
    for method in ("POST", "PUT", "DELETE"):
        digits = {"code": "0" * 40, "digits": "123456"}
        assert browser.ask(method, "/api/me/wechat", digits, Authorization=f"Bearer {token}").status == 400
    assert shop.count(CREATE) == 0


# Others who would like to.


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_a_page_of_somebody_else_cannot_use_the_doors(shop: House, method: str, path: str) -> None:
    browser = signed_in(shop)
    before = everything(shop)
    browser.header = False
    assert browser.ask(method, path, {"code": link(shop, "viewer")}).status == 403
    browser.header = True
    for origin, more in (
        ("https://evil.example", {}),
        ("null", {"Sec-Fetch-Site": "cross-site"}),
        (shop.app + ".evil.example", {}),
        ("https" + shop.app.removeprefix("http"), {}),
    ):
        browser.origin = origin
        told = more if method == "POST" else more | {"Origin": origin}
        assert browser.ask(method, path, {"code": "x"}, **told).status == 403, origin
    after = [item for item in everything(shop) if not item["pk"]["S"].startswith(("sign_in#", "operators"))]
    assert after == [item for item in before if not item["pk"]["S"].startswith("operators")]
    browser.origin = shop.app
    assert browser.is_in


@pytest.mark.parametrize(("method", "path"), [("POST", "operators"), ("DELETE", "tea/rules/x"), ("PUT", "tea/rules/x")])
def test_a_page_of_somebody_else_cannot_write_with_the_session(shop: House, method: str, path: str) -> None:
    browser = signed_in(shop)
    body = {"name": "mallory", "role": "admin"}
    browser.header = False
    assert browser(method, path, body).status == 403
    assert browser(method, path, body, **{"X-Gaiwan-Console": "0"}).status == 403
    browser.header, browser.origin = True, "https://evil.example"
    assert browser(method, path, body).status == 403
    browser.origin = None
    assert browser(method, path, body, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert [one.name for one in operators.operators(shop.svc)] == ["admin 小满"]


def test_no_other_site_is_told_that_it_may(shop: House) -> None:
    browser = signed_in(shop)
    for method, path in (*DOORS, ("OPTIONS", "/api/operators"), ("OPTIONS", "/console/sign-in"), ("GET", "/api/me")):
        answer = browser.ask(method, path, {}, Origin="https://evil.example")
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_token_is_itself_whatever_cookie_comes_with_it(shop: House) -> None:
    browser = signed_in(shop)
    till = f"Bearer {operators.issue_token(shop.svc, 'till', ['rules:read'])}"
    assert browser("GET", "me", Authorization=till).body["name"] == "till"
    for wrong in ("Bearer gaiwan_x", "Bearer ", "Basic eDp5", "Bearer"):
        assert browser("GET", "me", Authorization=wrong).status == 401


# Out.


def test_who_signs_out_is_out_also_for_a_thief_of_the_cookie(shop: House) -> None:
    browser = signed_in(shop)
    thief = Browser(shop)
    thief.cookies = dict(browser.cookies)
    assert browser.ask("POST", "/console/sign-out", {}).status == 204
    assert "__Host-operator" not in browser.cookies
    assert not thief.is_in
    assert browser.ask("POST", "/console/sign-out", {}).status == 204


@pytest.mark.parametrize("deed", ["disabled", "removed"])
def test_who_is_disabled_or_removed_is_out_with_the_next_request(shop: House, deed: str) -> None:
    admin, other = signed_in(shop, "admin", "谷雨"), signed_in(shop, "editor", "小满")
    operator = next(one for one in operators.operators(shop.svc) if one.name == "小满")
    assert other.is_in
    if deed == "disabled":
        body = {"name": "小满", "role": "editor", "disabled": True}
        assert admin("PUT", f"operators/{operator.operator_id}", body).status == 200
        assert admin("POST", f"operators/{operator.operator_id}/sign-in-link").status == 400
    else:
        assert admin("DELETE", f"operators/{operator.operator_id}").status == 204
    assert not other.is_in
    if deed == "disabled":
        admin("PUT", f"operators/{operator.operator_id}", {"name": "小满", "role": "editor"})
        assert not other.is_in


def test_a_role_that_is_taken_away_is_gone_with_the_next_request(shop: House) -> None:
    admin, other = signed_in(shop, "admin", "谷雨"), signed_in(shop, "admin", "小满")
    operator = next(one for one in operators.operators(shop.svc) if one.name == "小满")
    admin("PUT", f"operators/{operator.operator_id}", {"name": "小满", "role": "viewer"})
    assert other("GET", "operators").status == 403
    assert other("POST", "tea/tags", {"name": "x"}).status == 403
    assert other("GET", "me").body["role"] == "viewer"


def test_a_session_is_over_after_a_week(shop: House) -> None:
    browser = signed_in(shop)
    shop.advance(SESSION + 1)
    assert not browser.is_in
