"""The JS-SDK: what tickets live, what WeChat says to a page's signature, and what a page may do then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.browsing import ANDROID, IPHONE, a_browser
from tests.simulator.shop import LEAF, TEA, Doors, Json, Shop

PAGE = "http://127.0.0.1:8000/poll?id=7"
SHARE = "updateAppMessageShareData"


def ticket(tea: Doors) -> Json:
    return tea.call("/cgi-bin/ticket/getticket", query={"type": "jsapi"}, token=tea.rotated())


def signed(value: str, url: str, **change: Any) -> Json:
    told = {"appId": TEA, "timestamp": 1414587457, "nonceStr": "Wm3WZYTPz0wzccnW", "jsApiList": [SHARE], "url": url}
    line = f"jsapi_ticket={value}&noncestr={told['nonceStr']}&timestamp={told['timestamp']}&url={url}"
    return told | {"signature": hashlib.sha1(line.encode()).hexdigest()} | change


def check(tea: Doors, told: Json) -> str:
    return str(json.loads(tea.ask("POST", "/page/jssdk/check", told)[1])["errMsg"])


# ---- tickets


def test_a_ticket_stays_the_same_until_five_minutes_before_its_end(tea: Doors) -> None:
    first = ticket(tea)
    assert first["expires_in"] == 7200
    tea.advance(6899)
    assert ticket(tea) == first | {"expires_in": 301}
    tea.advance(1)
    assert ticket(tea)["ticket"] != first["ticket"]


def test_a_replaced_ticket_is_good_for_five_minutes_more(tea: Doors) -> None:
    old = ticket(tea)["ticket"]
    tea.advance(7000)
    assert ticket(tea)["ticket"] != old
    tea.advance(299)
    assert check(tea, signed(old, PAGE)) == "config:ok"
    tea.advance(1)
    assert check(tea, signed(old, PAGE)) == "config:invalid signature"


def test_a_ticket_that_nobody_replaced_ends_by_itself(tea: Doors) -> None:
    old = ticket(tea)["ticket"]
    tea.advance(7200)
    assert check(tea, signed(old, PAGE)) == "config:invalid signature"


# ---- what WeChat says


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "config:ok"),
        ({"url": PAGE + "#/second"}, "config:ok"),
        ({"timestamp": "1414587457"}, "config:ok"),
        ({"timestamp": 1414587458}, "config:invalid signature"),
        ({"timestamp": None}, "config:invalid signature"),
        ({"nonceStr": ""}, "config:invalid signature"),
        ({"nonceStr": "another"}, "config:invalid signature"),
        ({"signature": ""}, "config:invalid signature"),
        ({"signature": "0" * 40}, "config:invalid signature"),
        ({"url": "http://127.0.0.1:8000/poll"}, "config:invalid signature"),
        ({"url": "https://evil.example/poll"}, "config:invalid url domain"),
        ({"url": "https://example.com:8443/poll"}, "config:invalid url domain"),
        ({"url": ""}, "config:invalid url domain"),
        ({"appId": "wx0"}, "config:fail,Error: AppID 无效"),
        ({"appId": LEAF}, "config:invalid url domain"),
    ],
)
def test_the_signature_must_be_of_this_page_by_a_live_ticket(tea: Doors, change: Json, said: str) -> None:
    assert check(tea, signed(ticket(tea)["ticket"], PAGE) | change) == said


def test_another_accounts_ticket_signs_nothing_here(tea: Doors, leaf: Doors) -> None:
    ticket(tea)
    assert check(tea, signed(ticket(leaf)["ticket"], PAGE)) == "config:invalid signature"


def test_js_domains_are_a_list_of_their_own_where_they_are_set(tea: Doors) -> None:
    told = signed(ticket(tea)["ticket"], PAGE)
    tea.set(js_domains=["h5.example.com"])
    assert check(tea, told) == "config:invalid url domain"


def test_on_a_snapshot_page_there_is_no_js_sdk(tea: Doors, shop: Shop) -> None:
    tea.set(openid="alice", snapshot=True)
    shop.pages["/back"] = lambda *_: (200, {}, "")
    asked = f"appid={TEA}&response_type=code&scope=snsapi_base&redirect_uri={shop.address}/back"
    tea.phone("alice", "open", url=f"https://open.weixin.qq.com/connect/oauth2/authorize?{asked}")
    told = signed(ticket(tea)["ticket"], PAGE)
    assert "快照页" in check(tea, told | {"openid": "alice"})
    assert check(tea, told | {"openid": "bob"}) == "config:ok"


def test_an_unverified_account_shares_no_cards_of_its_own(tea: Doors, leaf: Doors) -> None:
    leaf.set(js_domains=["127.0.0.1"])
    told = signed(ticket(leaf)["ticket"], PAGE, appId=LEAF, jsApiList=[SHARE, "scanQRCode"])
    assert json.loads(tea.ask("POST", "/page/jssdk/check", told)[1]) == {"errMsg": "config:ok", "may": ["scanQRCode"]}


def test_every_origin_may_ask(tea: Doors) -> None:
    status, _ = tea.ask("OPTIONS", "/page/jssdk/check", Origin="http://127.0.0.1:1")
    assert status == 204
    assert tea.ask("POST", "/page/jssdk/nonsense", {})[0] == 404
    assert tea.ask("GET", "/res.wx.qq.com/open/js/jweixin-1.6.0.js?ask=nonsense")[0] == 400


# ---- in a real browser

HTML = """<!doctype html><meta charset="utf-8"><title>茶</title><script src="{sdk}"></script><script>
const said = [];
const all = {{ success: r => said.push("success " + r.errMsg), fail: r => said.push("fail " + r.errMsg),
  cancel: r => said.push("cancel " + r.errMsg) }};
</script><body><p>page</p>"""


@pytest.fixture
def h5(tea: Doors, shop: Shop) -> Iterator[Any]:
    """Another origin's page with the JS-SDK on it, under a policy that knows only the file's address."""
    with a_page(tea, shop, ANDROID) as page:
        yield page


def a_page(tea: Doors, shop: Shop, agent: str) -> Any:
    sdk = f"{tea.address}/res.wx.qq.com/open/js/jweixin-1.6.0.js"
    policy = f"default-src 'none'; script-src 'unsafe-inline' {sdk}"
    headers = {"Content-Type": "text/html", "Content-Security-Policy": policy}
    shop.pages["/h5"] = lambda *_: (200, headers, HTML.format(sdk=sdk))
    return a_browser(user_agent=agent)


def configured(page: Any, told: Json) -> str:
    return str(
        page.evaluate(
            "told => new Promise(done => { wx.config(told); wx.ready(() => done('ready'));"
            " wx.error(wrong => done(wrong.errMsg)); })",
            told,
        )
    )


def called(page: Any, name: str, **options: Any) -> list[str]:
    ask = f"wx.{name}({{ ...told, ...all, complete: () => done(said) }})"
    return list(page.evaluate(f"told => new Promise(done => {{ said.length = 0; {ask}; }})", options))


def test_a_signed_page_may_do_what_it_listed_and_nothing_else(h5: Any, tea: Doors, shop: Shop) -> None:
    h5.goto(f"{shop.address}/h5?id=1#top")
    told = signed(ticket(tea)["ticket"], f"{shop.address}/h5?id=1", jsApiList=[SHARE, "chooseWXPay", "scanQRCode"])

    assert configured(h5, told) == "ready"
    assert called(h5, "scanQRCode") == ["success scanQRCode:ok"]
    assert called(h5, "chooseWXPay") == ["cancel chooseWXPay:cancel"]
    assert called(h5, "updateTimelineShareData") == ["fail updateTimelineShareData:permission denied"]
    assert called(h5, SHARE, title="投票", link=f"{shop.address}/h5") == [f"success {SHARE}:ok"]
    assert "fail" in called(h5, SHARE, title="投票", link="https://evil.example/")[0]
    (share,) = tea.look("shares", account="tea")["shares"]
    assert (share["title"], share["link"], share["sent"]) == ("投票", f"{shop.address}/h5", False)


def test_a_badly_signed_page_is_told_so_and_may_do_nothing(h5: Any, tea: Doors, shop: Shop) -> None:
    h5.goto(f"{shop.address}/h5")
    alerts: list[str] = []

    def read(box: Any) -> None:
        alerts.append(box.message)
        box.accept()

    h5.on("dialog", read)

    told = signed(ticket(tea)["ticket"], "http://127.0.0.1:1/other", jsApiList=["scanQRCode"], debug=True)
    assert configured(h5, told) == "config:invalid signature"
    assert alerts == ['{"errMsg":"config:invalid signature"}']
    assert called(h5, "scanQRCode")[0] == "fail scanQRCode:permission denied"
    assert configured(h5, signed(ticket(tea)["ticket"], f"{shop.address}/h5")) == "ready"


def test_a_policy_of_nonces_is_asked_around_by_post(tea: Doors, shop: Shop) -> None:
    with a_page(tea, shop, ANDROID) as page:
        policy = f"default-src 'none'; script-src 'nonce-x'; connect-src {tea.address}"
        html = shop.pages["/h5"]({}, "")[2].replace("<script", '<script nonce="x"')
        headers = {"Content-Type": "text/html", "Content-Security-Policy": policy}
        shop.pages["/h5"] = lambda *_: (200, headers, html)
        page.goto(f"{shop.address}/h5")
        assert configured(page, signed(ticket(tea)["ticket"], f"{shop.address}/h5")) == "ready"


@pytest.mark.parametrize(("agent", "where"), [(IPHONE, "/h5?landing"), (ANDROID, "/h5?second")])
def test_an_iphone_knows_a_page_by_where_it_was_entered(tea: Doors, shop: Shop, agent: str, where: str) -> None:
    with a_page(tea, shop, agent) as page:
        page.goto(f"{shop.address}/h5?landing")
        page.evaluate("history.pushState(null, '', '/h5?second')")
        value = ticket(tea)["ticket"]
        said = {path: configured(page, signed(value, shop.address + path)) for path in ("/h5?landing", "/h5?second")}
        assert [path for path, words in said.items() if words == "ready"] == [where]


def test_the_phone_shows_the_card_that_its_page_set_and_sends_it_on(tea: Doors, shop: Shop) -> None:
    with a_page(tea, shop, ANDROID) as page:
        shop.pages["/next"] = lambda *_: (200, {"Content-Type": "text/html"}, "<p>next</p>")
        opened_in_phone(page, tea, shop)
        frame = page.frame(url=f"{shop.address}/h5")
        assert not page.locator("#share").is_visible()

        assert configured(frame, signed(ticket(tea)["ticket"], f"{shop.address}/h5")) == "ready"
        called(frame, SHARE, title="投票：最爱的茶", desc="三道题", link=f"{shop.address}/h5")
        page.get_by_role("button", name="分享").click()
        assert page.locator(".share-card strong").inner_text() == "投票：最爱的茶"
        page.get_by_role("button", name="发送给朋友").click()
        page.get_by_text("已分享").wait_for()

        page.evaluate("where => { document.querySelector('.browser iframe').src = where; }", f"{shop.address}/next")
        page.locator("#share").wait_for(state="hidden")

    sent = [one for one in tea.look("shares", openid="alice")["shares"] if one["sent"]]
    assert [(one["title"], one["to"]) for one in sent] == [("投票：最爱的茶", "friend")]


def opened_in_phone(page: Any, tea: Doors, shop: Shop) -> None:
    page.goto(f"{tea.address}/#tea/alice")
    message = {"touser": "alice", "template_id": "free", "url": f"{shop.address}/h5", "data": {"first": {"value": "x"}}}
    assert tea.code("/cgi-bin/message/template/send", message) == 0
    page.click("article.template")
    page.frame_locator(".browser iframe").get_by_text("page").wait_for()
