"""Consent as a person gives it, refuses it and takes it back; and the snapshot page before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest

from tests.simulator.browsing import a_browser
from tests.simulator.shop import SECRET, TEA, Doors, Json, Shop

EXCHANGE, REFRESH = "/sns/oauth2/access_token", "/sns/oauth2/refresh_token"
BACK = "page of the brand"


def authorize_url(tea: Doors, shop: Shop, **change: str) -> str:
    asked = {"appid": TEA, "redirect_uri": f"{shop.address}/back", "response_type": "code"}
    asked |= {"scope": "snsapi_userinfo", "state": "st1"} | change
    return f"{tea.address}/open.weixin.qq.com/connect/oauth2/authorize?{urlencode(asked)}"


def exchange(tea: Doors, url: str) -> Json:
    code = parse_qs(urlsplit(url).query)["code"][0]
    asked = {"appid": TEA, "secret": SECRET, "code": code, "grant_type": "authorization_code"}
    return tea.call(EXCHANGE, query=asked, token="")


def signed_in(tea: Doors, shop: Shop, **change: str) -> Json:
    """Through the in-app browser of a script, which allows what it is asked."""
    return exchange(tea, tea.phone("alice", "open", url=authorize_url(tea, shop, **change))["url"])


def profile_code(tea: Doors, told: Json) -> int:
    named = {"openid": told["openid"], "access_token": told["access_token"]}
    return tea.code("/sns/userinfo", query=named, token="")


def refresh_code(tea: Doors, told: Json) -> int:
    asked = {"appid": TEA, "grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    return tea.code(REFRESH, query=asked, token="")


def events(shop: Shop) -> list[dict[str, str]]:
    return [{field.tag: field.text or "" for field in ElementTree.fromstring(one.body)} for one in shop.got]


@pytest.fixture(autouse=True)
def brand(shop: Shop) -> None:
    shop.pages["/back"] = lambda *_: (200, {"Content-Type": "text/html"}, f"<p>{BACK}</p>")


@pytest.fixture
def phone(tea: Doors) -> Iterator[Any]:
    """A real browser that holds Alice's phone, outside the chat."""
    with a_browser() as page:
        holds = {"name": "simulated_phone", "value": "tea:alice", "domain": "127.0.0.1", "path": "/open.weixin.qq.com"}
        page.context.add_cookies([holds])
        yield page


# ---- the page


def test_consent_is_asked_by_name_and_allowing_goes_back_with_a_code(phone: Any, tea: Doors, shop: Shop) -> None:
    phone.goto(authorize_url(tea, shop))

    words = phone.inner_text("main")
    assert all(part in words for part in ("盖碗茶铺", "获得你的公开信息（昵称、头像等）", "Alice", "拒绝", "允许"))
    assert [image.evaluate("i => i.naturalWidth > 1") for image in phone.locator("img").all()] == [True, True]
    phone.get_by_role("link", name="允许").click()
    phone.get_by_text(BACK).wait_for()
    assert exchange(tea, phone.url)["openid"] == "alice"


def test_refusing_stays_with_wechat_and_the_brand_gets_nothing(phone: Any, tea: Doors, shop: Shop) -> None:
    phone.goto(authorize_url(tea, shop))
    phone.get_by_role("link", name="拒绝").click()

    assert "已拒绝" in phone.title()
    assert phone.url.startswith(f"{tea.address}/open.weixin.qq.com/")
    phone.goto(authorize_url(tea, shop))
    assert phone.get_by_role("link", name="允许").is_visible()


def test_the_bare_openid_is_given_silently(phone: Any, tea: Doors, shop: Shop) -> None:
    phone.goto(authorize_url(tea, shop, scope="snsapi_base"))
    assert phone.inner_text("p") == BACK


def test_who_allowed_once_is_asked_again_only_by_force_or_after_withdrawing(phone: Any, tea: Doors, shop: Shop) -> None:
    phone.goto(authorize_url(tea, shop))
    phone.get_by_role("link", name="允许").click()

    phone.goto(authorize_url(tea, shop))
    assert phone.inner_text("p") == BACK
    phone.goto(authorize_url(tea, shop, forcePopup="true"))
    assert phone.get_by_role("link", name="允许").is_visible()
    tea.phone("alice", "revoke", what=[205])
    phone.goto(authorize_url(tea, shop))
    assert phone.get_by_role("link", name="允许").is_visible()


@pytest.mark.parametrize(
    ("settings", "force", "asked"), [({}, "", False), ({}, "true", False), ({"silent_for_followers": False}, "", True)]
)
def test_a_follower_who_comes_from_the_chat_is_not_asked(
    tea: Doors, shop: Shop, settings: Json, force: str, asked: bool
) -> None:
    tea.set(**settings)
    with a_browser() as page:
        framed = in_the_phone(page, tea, authorize_url(tea, shop, forcePopup=force))
        framed.get_by_text("允许" if asked else BACK).first.wait_for()


def in_the_phone(page: Any, tea: Doors, url: str) -> Any:
    page.goto(f"{tea.address}/#tea/alice")
    message = {"touser": "alice", "template_id": "free", "url": url, "data": {"first": {"value": "x"}}}
    assert tea.code("/cgi-bin/message/template/send", message) == 0
    page.click("article.template")
    return page.frame_locator(".browser iframe")


def test_pictures_die_when_their_owner_changes(tea: Doors, shop: Shop) -> None:
    told = signed_in(tea, shop)
    named = {"openid": "alice", "access_token": told["access_token"]}
    picture = tea.call("/sns/userinfo", query=named, token="")["headimgurl"].removeprefix(tea.address)
    assert tea.ask("GET", picture)[0] == 200
    tea.phone("alice", "rename", nickname="爱丽丝")
    assert tea.ask("GET", picture)[0] == 404


# ---- snapshots


def test_a_snapshot_shows_itself_and_its_button_opens_the_page_as_the_full_person(tea: Doors, shop: Shop) -> None:
    with a_browser() as page:
        framed = in_the_phone(page, tea, authorize_url(tea, shop, forceSnapShot="true"))
        framed.get_by_text(BACK).wait_for()
        page.get_by_role("button", name="使用完整服务").click()
        framed.get_by_role("link", name="允许").click()
        framed.get_by_text(BACK).wait_for()
        page.locator("#snapshot").wait_for(state="hidden")
        full = page.frame(url=f"{shop.address}/back**").url
    assert "is_snapshotuser" not in exchange(tea, full)


def test_what_a_snapshot_tells_stays_nobodys_when_the_person_comes_in_full(tea: Doors, shop: Shop) -> None:
    told = signed_in(tea, shop, forceSnapShot="true")
    assert (told["is_snapshotuser"], told["openid"] == "alice") == (1, False)
    assert signed_in(tea, shop, full="1")["openid"] == "alice"
    named = {"openid": told["openid"], "access_token": told["access_token"]}
    assert tea.call("/sns/userinfo", query=named, token="")["nickname"] == "微信用户"


def test_a_snapshots_unionid_is_virtual_too(tea: Doors, shop: Shop) -> None:
    tea.set(open_platform=True)
    real = signed_in(tea, shop)["unionid"]
    assert signed_in(tea, shop, forceSnapShot="true")["unionid"] != real


# ---- taking back


@pytest.mark.parametrize("what", [[205], ["205"], [301], [206, 205]])
def test_withdrawing_ends_what_was_allowed_and_the_account_hears_of_it(tea: Doors, shop: Shop, what: list[Any]) -> None:
    profile, bare = signed_in(tea, shop), signed_in(tea, shop, scope="snsapi_base")
    tea.phone("alice", "revoke", what=what)

    assert (profile_code(tea, profile), refresh_code(tea, profile), refresh_code(tea, bare)) == (42001, 42002, 0)
    (event,) = events(shop)
    assert (event["Event"], event["OpenID"], event["AppID"]) == ("user_authorization_revoke", "alice", TEA)
    assert event["RevokeInfo"] == ",".join(map(str, what))
    assert event["FromUserName"] != "alice"


def test_a_code_that_was_not_yet_exchanged_dies_with_the_consent(tea: Doors, shop: Shop) -> None:
    url = tea.phone("alice", "open", url=authorize_url(tea, shop))["url"]
    tea.phone("alice", "revoke", what=[205])
    assert exchange(tea, url)["errcode"] == 42003


def test_withdrawing_something_else_leaves_the_profile_alone(tea: Doors, shop: Shop) -> None:
    told = signed_in(tea, shop)
    tea.phone("alice", "revoke", what=[206])
    assert profile_code(tea, told) == 0


@pytest.mark.parametrize("what", [[], [1], "205", [{}], None])
def test_only_what_exists_can_be_withdrawn(tea: Doors, shop: Shop, what: Any) -> None:
    assert tea.ask("POST", "/phone/tea/alice/revoke", {"what": what})[0] == 400
    assert shop.got == []


def test_a_deleted_wechat_account_follows_nothing_and_allowed_nothing(tea: Doors, shop: Shop) -> None:
    tea.set(open_platform=True)
    told = signed_in(tea, shop)
    tea.phone("alice", "cancel")

    (event,) = events(shop)
    assert (event["Event"], event["OpenID"]) == ("user_authorization_cancellation", "alice")
    assert event["UnionID"] == told["unionid"]
    assert refresh_code(tea, told) == 42002
    assert tea.call("/cgi-bin/user/info", query={"openid": "alice"})["subscribe"] == 0


def test_a_new_nickname_is_told_as_a_change_without_the_name(tea: Doors, shop: Shop) -> None:
    told = signed_in(tea, shop)
    tea.phone("alice", "rename", nickname="爱丽丝")

    (event,) = events(shop)
    assert event["Event"] == "user_info_modified"
    assert "爱丽丝" not in event.values()
    named = {"openid": "alice", "access_token": told["access_token"]}
    assert tea.call("/sns/userinfo", query=named, token="")["nickname"] == "爱丽丝"
    assert tea.ask("POST", "/phone/tea/alice/rename", {"nickname": " "})[0] == 400


def test_the_phones_profile_offers_what_wechats_settings_offer(tea: Doors, shop: Shop) -> None:
    with a_browser() as page:
        page.goto(f"{tea.address}/#tea/alice")
        page.get_by_role("button", name="公众号资料").click()
        for name, done, event in (
            ("撤回授权", "已撤回授权", "user_authorization_revoke"),
            ("注销微信", "已注销", "user_authorization_cancellation"),
        ):
            page.get_by_role("button", name=name).click()
            page.get_by_role("button", name="确定").click()
            page.locator(".toast", has_text=done).wait_for()
            assert shop.kinds()[-1] == event
