"""The phone in a browser: closed to the outside, truthful about the world, and a chat a newcomer can have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import pytest

from tests.simulator.shop import LEAF, SECRET, TEA, Delivered, Doors, Json, Shop

STATIC = Path(__file__).parents[2] / "simulator" / "page" / "static"
WELCOME = '欢迎 <a href="weixin://bizmsgmenu?msgmenucontent=茶单&msgmenuid=1">看茶单</a> <img src=x onerror=alert(1)>'
MENU = {
    "button": [
        {"type": "click", "name": "今日好茶", "key": "TODAY"},
        {"name": "服务", "sub_button": [{"type": "click", "name": "联系客服", "key": "HELP"}]},
    ]
}


def _answers(delivered: Delivered) -> tuple[int, str]:
    """The tea shop: greets, repeats, names the button that was tapped; "break" breaks it."""
    told = {field.tag: field.text or "" for field in ElementTree.fromstring(delivered.body)}
    if told.get("Content") == "break":
        return 500, ""
    words = {"subscribe": WELCOME, "CLICK": f"按钮 {told.get('EventKey')}"}.get(told.get("Event", ""))
    return 200, _reply(told, words or f"你说 {told.get('Content')}")


def _reply(told: dict[str, str], words: str) -> str:
    return (
        f"<xml><ToUserName>{told['FromUserName']}</ToUserName><FromUserName>{told['ToUserName']}</FromUserName>"
        f"<CreateTime>1700000000</CreateTime><MsgType>text</MsgType><Content><![CDATA[{words}]]></Content></xml>"
    )


def _get(tea: Doors, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Redirects are shown, not followed."""
    connection = HTTPConnection(urlsplit(tea.address).netloc)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    told = answer.status, dict(answer.getheaders()), answer.read().decode()
    connection.close()
    return told


def _state(tea: Doors, **asked: str) -> Json:
    return dict(json.loads(_get(tea, f"/page/state?{urlencode(asked)}")[2]))


def test_the_page_may_ask_nothing_of_the_outside(tea: Doors) -> None:
    policy = _get(tea, "/")[1]["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_no_file_of_the_page_names_an_outside_address_or_makes_markup_of_words() -> None:
    for file in STATIC.iterdir():
        text = file.read_text()
        outside = set(re.findall(r"https?://([\w.-]+)", text)) - {"www.w3.org", "example.com"}
        assert outside == set(), file.name
        assert "innerHTML" not in text, file.name
    assert re.findall(r"<script(?![^>]*src=)", (STATIC / "page.html").read_text()) == []


def test_every_file_that_the_page_needs_is_served(tea: Doors) -> None:
    named = re.findall(r'(?:href|src)="(/[^"]+)"', _get(tea, "/")[2])
    named += [f"/page/static/{file.name}" for file in STATIC.iterdir()]

    assert {_get(tea, path)[0] for path in named} == {200}


def test_every_sentence_exists_in_both_languages() -> None:
    pairs = set(re.findall(r'^  (\w+): \["[^"]*", "[^"]*"\],$', (STATIC / "words.js").read_text(), re.MULTILINE))
    used = set(re.findall(r'(?:say|sayBoth|trouble)\("(\w+)"', "".join(f.read_text() for f in STATIC.glob("*.js"))))
    used |= set(re.findall(r'data-(?:say|label)="(\w+)"', (STATIC / "page.html").read_text()))

    assert used - pairs == set()


def test_localhost_is_sent_to_the_host_whose_cookies_the_opened_pages_share(tea: Doors) -> None:
    status, headers, _ = _get(tea, "/", Host="localhost:9000")

    assert (status, headers["Location"]) == (302, "http://127.0.0.1:9000/")


def test_the_state_names_accounts_people_and_what_each_got(tea: Doors, shop: Shop) -> None:
    shop.answer = _answers
    tea.phone("bob", "say", text="茶单")

    known = _state(tea, account="tea", openid="bob")["accounts"][0]

    assert (known["alias"], known["name"]) == ("tea", "盖碗茶铺")
    alice, bob = known["people"]
    assert (alice["nickname"], alice["follows"], alice["received"]) == ("Alice", True, 0)
    assert (bob["received"], bob["items"]) == (1, 2)


def test_the_state_shows_the_menu_as_it_is_now(tea: Doors) -> None:
    tea.call("/cgi-bin/menu/create", MENU)

    names = [button["name"] for button in _state(tea, account="tea", openid="alice")["menu"]]

    assert names == ["今日好茶", "服务"]


def test_looking_at_a_stranger_or_at_no_account_makes_nobody(tea: Doors) -> None:
    assert _state(tea, account="tea", openid="nobody")["menu"] == []
    assert _state(tea, account="none", openid="x")["menu"] == []
    assert [person["openid"] for person in _state(tea)["accounts"][0]["people"]] == ["alice", "bob"]


def test_of_a_crowd_the_page_gets_the_first_and_the_one_it_looks_at(tea: Doors) -> None:
    tea.control("people", account="tea", count=300)

    people = _state(tea, account="tea", openid="crowd-300")["accounts"][0]["people"]

    assert len(people) == 201
    assert people[-1]["openid"] == "crowd-300"


def test_no_secret_is_part_of_the_state(tea: Doors) -> None:
    assert SECRET not in json.dumps(_state(tea))


@pytest.mark.parametrize(
    ("holds", "app_id", "known"),
    [("tea:bob", TEA, True), ("leaf:carol", TEA, False), ("", TEA, False), ("tea:bob", LEAF, False)],
)
def test_wechats_own_pages_know_whose_phone_the_browser_holds(tea: Doors, holds: str, app_id: str, known: bool) -> None:
    asked = {"appid": app_id, "response_type": "code", "scope": "snsapi_base", "state": "1"}
    asked |= {"redirect_uri": "http://127.0.0.1:8000/"}

    _, headers, _ = _get(
        tea, f"/open.weixin.qq.com/connect/oauth2/authorize?{urlencode(asked)}", Cookie=f"simulated_phone={holds}"
    )

    assert ("code=" in headers.get("Location", "")) is known


# ---- in a real browser


@pytest.fixture
def page(chromium: Any, tea: Doors, shop: Shop) -> Iterator[Any]:
    """The phone of zoe, whom tea has met but who does not follow it."""
    shop.answer = _answers
    tea.call("/cgi-bin/menu/create", MENU)
    tea.phone("zoe", "unfollow")
    troubles: list[str] = []
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.set_default_timeout(10_000)
    page.goto(f"{tea.address}/#tea/zoe")
    yield page
    page.close()
    assert troubles == []


def _say(page: Any, words: str) -> None:
    page.get_by_role("button", name="切换到键盘").click()
    page.get_by_label("输入消息，回车发送").fill(words)
    page.keyboard.press("Enter")


def test_a_newcomer_follows_talks_taps_and_gets_a_template_message(page: Any, tea: Doors) -> None:
    page.click("#follow")
    page.locator(".theirs .bubble", has_text="欢迎").wait_for()
    assert page.locator(".bubble img").count() == 0  # markup from outside is only words

    _say(page, "有龙井吗")
    page.locator(".theirs .bubble", has_text="你说 有龙井吗").wait_for()
    assert page.locator(".mine .bubble").all_inner_texts() == ["有龙井吗"]

    page.get_by_role("button", name="切换到菜单").click()
    page.get_by_role("menuitem", name="服务").click()
    page.get_by_role("menuitem", name="联系客服").click()
    page.locator(".theirs .bubble", has_text="按钮 HELP").wait_for()

    data = {"thing1": {"value": "明前龙井"}, "amount2": {"value": "89元"}}
    message = {"touser": "zoe", "template_id": "order", "url": f"{tea.address}/phone/", "data": data}
    assert tea.code("/cgi-bin/message/template/send", message) == 0
    page.locator("article.template", has_text="明前龙井").wait_for()
    page.click("article.template")
    assert page.locator(".browser iframe").get_attribute("src") == f"{tea.address}/phone/"


def test_a_page_opened_in_the_phone_learns_who_holds_it(page: Any, tea: Doors, shop: Shop) -> None:
    asked = {"appid": TEA, "response_type": "code", "scope": "snsapi_base", "state": "1"}
    asked |= {"redirect_uri": f"{shop.address}/back"}
    authorize = f"{tea.address}/open.weixin.qq.com/connect/oauth2/authorize?{urlencode(asked)}"
    shop.pages["/h5"] = lambda query, cookies: (302, {"Location": authorize}, "")
    shop.pages["/back"] = lambda query, cookies: (200, {"Content-Type": "text/html"}, f"<p>{query['code']}</p>")
    page.click("#follow")

    message = {
        "touser": "zoe",
        "template_id": "free",
        "url": f"{shop.address}/h5",
        "data": {"first": {"value": "你好"}},
    }
    assert tea.code("/cgi-bin/message/template/send", message) == 0
    page.click("article.template")

    code = page.frame_locator(".browser iframe").locator("p").inner_text()
    exchange = {"appid": TEA, "secret": SECRET, "code": code, "grant_type": "authorization_code"}
    assert tea.call("/sns/oauth2/access_token", query=exchange, token="")["openid"] == "zoe"


def test_a_link_of_a_menu_message_says_its_sentence(page: Any) -> None:
    page.click("#follow")
    page.get_by_role("link", name="看茶单").click()

    page.locator(".theirs .bubble", has_text="你说 茶单").wait_for()


def test_a_broken_server_shows_the_failure_notice_and_its_tries_in_the_drawer(page: Any) -> None:
    page.click("#follow")
    _say(page, "break")

    page.locator(".notice", has_text="服务出现故障").wait_for()
    page.locator(".mine .bubble").click()
    behind = page.locator(".exchange.chosen")
    assert "<Content>" in behind.inner_text()
    assert behind.locator(".try.failed").count() == 3


def test_english_is_remembered(page: Any) -> None:
    page.get_by_role("button", name="切换到英文").click()
    page.reload()

    page.get_by_role("button", name="Follow", exact=True).wait_for()
