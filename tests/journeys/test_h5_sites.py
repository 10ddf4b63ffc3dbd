"""A front-end team adds gaiwan.js to its page, on our own site or on its own, and looks at it in a real browser."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.house import HTTP, House

pytestmark = pytest.mark.browser

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 "
    "Mobile Safari/537.36 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 NetType/WIFI Language/zh_CN"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN"
)
SHARING = "['updateAppMessageShareData', 'updateTimelineShareData']"
BLANK = '<script type="module">window.gaiwan = await import("{module}")</script>'
# What the README shows.
THREE_LINES = """<p>您好，<b id="who">…</b></p>
<script type="module">
import { me, signIn } from "{module}";
const visitor = (await me()) ?? (await signIn());
document.querySelector("#who").textContent = visitor.openid;
</script>"""
NO_STORAGE = (
    "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
)


class Site(ThreadingHTTPServer):
    """One page, shown at every path below /campaign/; `beside` it, under the same origin, may stand our own server."""

    daemon_threads = True

    def __init__(self, beside: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.beside, self.html = beside, ""
        self.kind = "same" if beside else "other"
        self.origin = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Visit(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        if self.path.startswith("/campaign/") or not self.server.beside:
            self._answer(200, [("Content-Type", "text/html; charset=utf-8")], self.server.html.encode())
        else:
            self._hand_on()

    def _hand_on(self) -> None:
        """As a content delivery network does that has both behind one domain."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        answer = HTTP.request(self.command, self.server.beside + self.path, body=body, headers=told, redirect=False)
        dropped = ("content-length", "transfer-encoding", "connection")
        self._answer(
            answer.status, [(n, v) for n, v in answer.headers.iteritems() if n.lower() not in dropped], answer.data
        )

    do_POST = _hand_on

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests say what they look for."""


@pytest.fixture
def shop(house: House) -> House:
    """The tea shop, with alice as its only follower."""
    house.phone("alice", "follow")
    return house


@pytest.fixture
def phone(chromium: Any) -> Iterator[Any]:
    """WeChat's browser on an Android phone."""
    with opened(chromium, ANDROID) as page:
        yield page


class opened:
    """A browser of its own, with nobody's cookies."""

    def __init__(self, chromium: Any, user_agent: str) -> None:
        size = {"width": 390, "height": 844}
        self.context = chromium.new_context(user_agent=user_agent, viewport=size, locale="zh-CN")

    def __enter__(self) -> Any:
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        return page

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.fixture
def elsewhere(shop: House) -> Iterator[Site]:
    """A site of a front-end team, on the account's list."""
    site = Site()
    listed(shop, site.origin)
    yield site
    site.close()


@pytest.fixture
def ours(shop: House) -> Iterator[Site]:
    """A page that a brand puts beside our own ones, under the one domain that it has for both."""
    site = Site(beside=shop.app)
    shop.svc.settings = replace(shop.svc.settings, public_url=site.origin)
    yield site
    site.close()


@pytest.fixture(params=["same", "other"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue("ours" if request.param == "same" else "elsewhere")
    return found


def listed(shop: House, *origins: str) -> None:
    shop.svc.table.update("accounts", "tea", {"then_origins": list(origins)})
    for name in ("accounts", "account#tea"):
        shop.svc.forget(name)


def visit(
    page: Any, shop: House, site: Site, path: str = "/campaign/", html: str = BLANK, account: str = "tea"
) -> None:
    module = f"{site.origin if site.beside else shop.app}/h5/gaiwan.js?account={account}"
    site.html = f'<!doctype html><meta charset="utf-8"><title>山房茶会</title>{html.replace("{module}", module)}'
    page.goto(site.origin + path)
    if html is BLANK:
        page.wait_for_function("window.gaiwan")


def allow(page: Any) -> None:
    """WeChat asks a browser that is nobody's whom it plays."""
    page.get_by_role("link", name=re.compile("允许")).click()


def sign_in(page: Any, options: str = "") -> None:
    page.evaluate(f"void gaiwan.signIn({options})")
    allow(page)
    page.wait_for_function("window.gaiwan")


def refusal(page: Any, script: str) -> str:
    """Why it rejected."""
    told = page.evaluate(f"{script}.then(() => 'it did not reject', error => `${{error.name}}: ${{error.message}}`)")
    return str(told)


def requests(page: Any, word: str) -> list[str]:
    """Fills with the addresses that hold the word, as they are asked for; CORS questions do not count."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if word in request.url else None)
    return seen


def shot(page: Any, label: str) -> None:
    """A picture to look at, where somebody asked for them."""
    if folder := os.environ.get("GAIWAN_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{label}.png")


def test_three_lines_are_all_that_it_takes(shop: House, phone: Any, site: Site) -> None:
    visit(phone, shop, site, "/campaign/?a=%E8%8C%B6&flag#/tea|list", THREE_LINES)
    allow(phone)
    phone.locator("#who", has_text="alice").wait_for()
    shot(phone, f"three-lines-{site.kind}")

    assert phone.url in [f"{site.origin}/campaign/?a=%E8%8C%B6&flag#/tea{bar}list" for bar in ("|", "%7C")]
    phone.reload()
    phone.locator("#who", has_text="alice").wait_for()


def test_nobody_is_signed_in_before_and_after(shop: House, phone: Any, site: Site) -> None:
    visit(phone, shop, site)
    assert phone.evaluate("gaiwan.me()") is None

    sign_in(phone)
    assert phone.evaluate("gaiwan.me()")["openid"] == "alice"
    phone.reload()
    phone.wait_for_function("window.gaiwan")
    assert phone.evaluate("gaiwan.me()")["openid"] == "alice"

    phone.evaluate("gaiwan.signOut()")
    assert phone.evaluate("gaiwan.me()") is None
    phone.reload()
    phone.wait_for_function("window.gaiwan")
    assert phone.evaluate("gaiwan.me()") is None


def test_the_page_learns_nickname_and_picture_if_it_asks_for_them(shop: House, phone: Any, site: Site) -> None:
    visit(phone, shop, site)
    sign_in(phone)
    silent = phone.evaluate("gaiwan.me()")
    sign_in(phone, "{profile: true}")
    told = phone.evaluate("gaiwan.me()")

    names = {"signed_in", "openid", "unionid", "follower", "virtual", "scope", "nickname", "picture", "since"}
    assert set(silent) == set(told) == names
    assert (silent["scope"], silent["nickname"], silent["picture"]) == ("snsapi_base", "", "")
    assert told["scope"] == "snsapi_userinfo"
    assert told["nickname"]
    assert told["picture"].startswith("http")
    assert (told["follower"], told["virtual"]) == (True, False)


@pytest.mark.parametrize(
    "path",
    ["/campaign/a?b=c&d=%20#e", "/campaign/?ticket=mine&b=1#x", "/campaign/?b=1&ticket=mine", "/campaign/?#/r?x=1"],
)
def test_the_visitor_comes_back_to_the_very_page_it_was_told(
    shop: House, phone: Any, elsewhere: Site, path: str
) -> None:
    visit(phone, shop, elsewhere)
    sign_in(phone, f"{{then: '{path}'}}")

    came = phone.url
    assert phone.evaluate("gaiwan.me()")["openid"] == "alice"

    assert parse_qs(urlsplit(came).query)["ticket"] != ["mine"]
    clean = re.sub(r"\?$", "", re.sub(r"ticket=mine&?", "", path.partition("#")[0]).removesuffix("&"))
    assert phone.url.removeprefix(elsewhere.origin) == clean + "".join(path.partition("#")[1:])


def test_asked_twice_at_once_it_exchanges_once(shop: House, phone: Any, elsewhere: Site) -> None:
    visit(phone, shop, elsewhere)
    exchanges = requests(phone, "/exchange")
    sign_in(phone)

    found = phone.evaluate("Promise.all([gaiwan.me(), gaiwan.me(), gaiwan.me()])")

    assert [each["openid"] for each in found] == ["alice"] * 3
    assert len(exchanges) == 1


def test_a_ticket_that_was_used_is_worth_nothing(shop: House, chromium: Any, phone: Any, elsewhere: Site) -> None:
    visit(phone, shop, elsewhere)
    sign_in(phone)
    came = phone.url
    phone.evaluate("gaiwan.me()")

    phone.goto(came)
    phone.wait_for_function("window.gaiwan")
    assert phone.evaluate("gaiwan.me()")["openid"] == "alice"

    with opened(chromium, ANDROID) as stranger:
        exchanges = requests(stranger, "/exchange")
        stranger.goto(came)
        stranger.wait_for_function("window.gaiwan")
        assert stranger.evaluate("gaiwan.me()") is None
        assert exchanges == []


def test_a_ticket_of_the_pages_own_is_left_where_it_is(shop: House, phone: Any, elsewhere: Site) -> None:
    exchanges = requests(phone, "/exchange")
    visit(phone, shop, elsewhere, "/campaign/?ticket=A12&x=1")

    assert phone.evaluate("gaiwan.me()") is None
    assert phone.url == f"{elsewhere.origin}/campaign/?ticket=A12&x=1"
    assert exchanges == []


def test_a_stolen_ticket_is_of_no_use_to_who_did_not_begin(
    shop: House, chromium: Any, phone: Any, elsewhere: Site
) -> None:
    visit(phone, shop, elsewhere)
    sign_in(phone)

    with opened(chromium, ANDROID) as thief:
        visit(thief, shop, elsewhere)
        thief.evaluate("sessionStorage.setItem('gaiwan-tea-verifier', 'a'.repeat(43))")
        thief.goto(phone.url)
        thief.wait_for_function("window.gaiwan")
        assert thief.evaluate("gaiwan.me()") is None

    assert phone.evaluate("gaiwan.me()")["openid"] == "alice"


def test_what_broke_on_the_way_may_be_tried_again(shop: House, phone: Any, elsewhere: Site) -> None:
    visit(phone, shop, elsewhere)
    sign_in(phone)
    phone.context.route("**/exchange", lambda route: route.abort())

    said = refusal(phone, "gaiwan.me()")
    assert said.startswith("Error: gaiwan: no answer from")
    assert elsewhere.origin in said

    phone.context.unroute("**/exchange")
    assert phone.evaluate("gaiwan.me()")["openid"] == "alice"


def test_after_ten_minutes_another_site_asks_again_and_our_own_need_not(shop: House, phone: Any, site: Site) -> None:
    visit(phone, shop, site)
    sign_in(phone)
    assert phone.evaluate("gaiwan.me()")

    shop.advance(601)

    assert bool(phone.evaluate("gaiwan.me()")) == (site.kind == "same")


def test_without_sessionstorage_our_own_site_works_and_another_says_why_not(
    shop: House, phone: Any, site: Site
) -> None:
    phone.add_init_script(NO_STORAGE)
    visit(phone, shop, site)
    assert phone.evaluate("gaiwan.me()") is None

    if site.kind == "same":
        sign_in(phone)
        assert phone.evaluate("gaiwan.me()")["openid"] == "alice"
    else:
        assert "sessionStorage" in refusal(phone, "gaiwan.signIn()")


def test_a_site_that_is_not_listed_gets_no_module(shop: House, phone: Any, elsewhere: Site) -> None:
    listed(shop, "https://shop.example.com")
    elsewhere.html = "<!doctype html><title>x</title>"
    phone.goto(elsewhere.origin)

    assert "TypeError" in refusal(phone, f"import('{shop.app}/h5/gaiwan.js?account=tea')")


def test_a_site_that_was_struck_off_the_list_is_told_why_nothing_answers(
    shop: House, phone: Any, elsewhere: Site
) -> None:
    visit(phone, shop, elsewhere)
    listed(shop, "https://shop.example.com")

    assert f"is {elsewhere.origin} listed there?" in refusal(phone, f"gaiwan.configureJssdk({SHARING})")


def test_trouble_at_the_server_is_told_in_its_own_words(shop: House, phone: Any, ours: Site) -> None:
    visit(phone, shop, ours, account="nobody")

    assert "There is no account of that name" in refusal(phone, "gaiwan.me()")


def test_two_accounts_on_a_page_know_nothing_of_each_other(shop: House, phone: Any, elsewhere: Site) -> None:
    leaf = BLANK.replace("gaiwan =", "leaf =").replace("{module}", f"{shop.app}/h5/gaiwan.js?account=leaf")
    shop.svc.table.update("accounts", "leaf", {"then_origins": [elsewhere.origin]})
    visit(phone, shop, elsewhere, html=BLANK + leaf)
    phone.wait_for_function("window.gaiwan && window.leaf")
    sign_in(phone)
    phone.wait_for_function("window.leaf")

    assert phone.evaluate("gaiwan.me()")["openid"] == "alice"
    assert phone.evaluate("leaf.me()") is None


def test_a_page_sets_its_share_card_through_the_jssdk(shop: House, phone: Any, site: Site) -> None:
    visit(phone, shop, site, "/campaign/?a=1#top")

    told = phone.evaluate(
        f"gaiwan.configureJssdk({SHARING}).then(wx => new Promise(complete => wx.updateAppMessageShareData("
        "{title: '春茶', desc: '', link: location.href, imgUrl: '', complete})))"
    )

    assert told["errMsg"] == "updateAppMessageShareData:ok"


def test_a_wrong_signature_is_told_in_wechats_words_after_a_second_try(shop: House, phone: Any, site: Site) -> None:
    def spoilt(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"signature": "0" * 40})

    phone.context.route("**/jssdk/tea?**", spoilt)
    visit(phone, shop, site)
    asked = requests(phone, "/jssdk/tea?")

    assert "config:invalid signature" in refusal(phone, f"gaiwan.configureJssdk({SHARING})")
    assert [parse_qs(urlsplit(url).query)["again"] for url in asked] == [["0"], ["1"]]


def test_other_refusals_are_not_tried_again(shop: House, phone: Any, site: Site) -> None:
    shop.control("settings", account="tea", js_domains=["example.com"])
    visit(phone, shop, site)
    asked = requests(phone, "/jssdk/tea?")

    assert "config:invalid url domain" in refusal(phone, f"gaiwan.configureJssdk({SHARING})")
    assert len(asked) == 1


def test_a_ticket_that_wechat_takes_no_more_is_mended_by_the_second_try(shop: House, phone: Any, site: Site) -> None:
    visit(phone, shop, site)
    phone.evaluate(f"gaiwan.configureJssdk({SHARING}).then(() => null)")
    shop.world.accounts["tea"].tickets.clear()

    assert phone.evaluate(f"gaiwan.configureJssdk({SHARING}).then(() => 'ok')") == "ok"


@pytest.mark.parametrize(("user_agent", "signs"), [(ANDROID, "/campaign/second"), (IPHONE, "/campaign/first")])
def test_a_single_page_app_is_signed_for_the_address_that_its_wechat_checks(
    shop: House, chromium: Any, elsewhere: Site, user_agent: str, signs: str
) -> None:
    with opened(chromium, user_agent) as page:
        visit(page, shop, elsewhere, "/campaign/first")
        asked = requests(page, "/jssdk/tea?")
        page.evaluate("history.pushState(null, '', '/campaign/second#x')")

        assert page.evaluate(f"gaiwan.configureJssdk({SHARING}).then(() => 'ok')") == "ok"

    assert [parse_qs(urlsplit(url).query)["url"] for url in asked] == [[elsewhere.origin + signs]]


def test_on_an_iphone_the_page_that_a_ticket_came_with_is_the_one_that_is_checked(
    shop: House, chromium: Any, elsewhere: Site
) -> None:
    with opened(chromium, IPHONE) as page:
        visit(page, shop, elsewhere)
        sign_in(page)
        page.evaluate("gaiwan.me()")
        asked = requests(page, "/jssdk/tea?")

        assert page.evaluate(f"gaiwan.configureJssdk({SHARING}).then(() => 'ok')") == "ok"

    assert len(asked) == 1


def test_a_page_that_loaded_the_jssdk_itself_keeps_its_own(shop: House, phone: Any, site: Site) -> None:
    loaded = f'<script src="{shop.svc.settings.wechat_jssdk}"></script><script>window.mine = wx</script>{BLANK}'
    visit(phone, shop, site, html=loaded)
    phone.wait_for_function("window.gaiwan")

    assert phone.evaluate(f"gaiwan.configureJssdk({SHARING}).then(wx => wx === mine)") is True


def test_two_that_configure_at_once_both_get_an_answer(shop: House, phone: Any, site: Site) -> None:
    visit(phone, shop, site)

    both = f"[gaiwan.configureJssdk({SHARING}), gaiwan.configureJssdk(['scanQRCode'])]"

    assert phone.evaluate(f"Promise.all({both}).then(all => all.length)") == 2


def test_a_jssdk_that_does_not_load_is_told(shop: House, phone: Any, site: Site) -> None:
    phone.context.route("**/jweixin-*", lambda route: route.abort())
    visit(phone, shop, site)

    assert "the JS-SDK does not load" in refusal(phone, f"gaiwan.configureJssdk({SHARING})")


def test_a_browser_that_is_not_wechats_is_told_after_a_while(shop: House, phone: Any, ours: Site) -> None:
    """There the real JS-SDK calls nobody back, ever."""
    phone.clock.install()
    silent = "<script>configured = []; wx = {config() { configured.push(1) }, ready() {}, error() {}}</script>"
    visit(phone, shop, ours, html=silent + BLANK)
    phone.wait_for_function("window.gaiwan")

    phone.evaluate(f"window.outcome = gaiwan.configureJssdk({SHARING}); outcome.catch(() => null); null")
    phone.wait_for_function("configured.length")
    phone.clock.fast_forward(10_000)
    assert "is this page open in it?" in refusal(phone, "outcome")


def test_the_hosted_page_signs_in_too(shop: House, phone: Any) -> None:
    phone.goto(f"{shop.app}/h5/tea/hello")
    phone.get_by_role("link", name="微信登录").click()
    allow(phone)

    phone.get_by_role("heading", name="您好，茶友").wait_for()
    shot(phone, "hosted-page")


def test_a_site_without_a_server_of_its_own_signs_in_and_out(shop: House, phone: Any) -> None:
    listed(shop, shop.simulator)
    phone.goto(f"{shop.simulator}/other-site/page-only/")
    phone.get_by_role("button", name="用微信登录").click()
    allow(phone)

    phone.locator("main", has_text="alice").wait_for()
    phone.locator("#jssdk", has_text="config:ok").wait_for()
    shot(phone, "page-only")
    phone.get_by_role("button", name="退出登录").click()
    phone.get_by_role("button", name="用微信登录").wait_for()
