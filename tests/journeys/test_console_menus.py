"""The console's menus as an operator uses them: changed, moved, published, refused, put back, and worked on by two."""

from __future__ import annotations

from typing import Any

import pytest

from ops.doors import Json, eventually
from tests.console_desk import PHONE, Desk, sitting
from tests.console_town import Town, draft_menu, publish_menu
from tests.journeys.conftest import Seats

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.slow]

TODAY: Json = {"name": "今日", "type": "click", "key": "TODAY"}
SHOP: Json = {"name": "茶铺", "type": "view", "url": "https://shop.example.com/"}
HOURS: Json = {"name": "营业时间", "type": "click", "key": "HOURS"}
NEAR: Json = {"name": "附近门店", "type": "location_select", "key": "NEARBY"}
MORE: Json = {"name": "更多", "sub_button": [HOURS, NEAR]}
MENU: Json = {"button": [TODAY, SHOP, MORE]}


@pytest.fixture
def live(town: Town) -> int:
    """Published, and the draft is the same. Its number."""
    return publish_menu(town, MENU)


def names(desk: Desk) -> list[str]:
    return [each.inner_text() for each in desk.page.locator(".entry .name").all()]


def upcoming(town: Town) -> int:
    """The number that the next version will have; refused ones have numbers too."""
    return int(town.api("GET", "tea/menus")["newest"]["number"]) + 1


def drafted(town: Town) -> Json:
    menu: Json = town.api("GET", "tea/menus")["draft"]["menu"]
    return menu


def test_an_entry_is_added_mended_and_saved_with_its_faults_beside_it(desk: Desk, town: Town, live: int) -> None:
    page = desk.enter("menus")
    page.get_by_text(f"和线上第 {live} 版一样").wait_for()
    page.locator('[data-at="3"] .entry-open').click()
    desk.press("加一项（2/5）")
    form = page.locator(".entry.open")
    form.get_by_text("不能为空").wait_for()
    form.get_by_label("名称").fill("逛逛")
    form.get_by_label("点了以后").select_option("view")
    form.get_by_label("网址").fill("shop.example.com")
    form.get_by_text("要是 http:// 或 https:// 开头的完整网址").wait_for()
    assert form.get_by_label("网址").get_attribute("aria-invalid") == "true"
    desk.press("发布…")
    desk.toast("先改好 1 处")
    form.get_by_label("网址").fill("https://shop.example.com/new")
    page.get_by_text("和线上有 1 处不同").wait_for()
    page.locator(".phone-sub").get_by_text("逛逛").wait_for()
    desk.press("保存草稿")
    page.get_by_role("button", name="保存草稿", disabled=True).wait_for()
    saved = eventually(lambda: (one := drafted(town)["button"][2]["sub_button"][2])["url"].endswith("/new") and one)
    assert (saved["name"], saved["type"], saved["url"]) == ("逛逛", "view", "https://shop.example.com/new")
    desk.press("删掉这一项")
    desk.undo("“逛逛”已移除")
    assert "逛逛" in names(desk)


@pytest.mark.usefixtures("live")
def test_entries_are_moved_by_dragging_by_arrows_and_by_a_form(desk: Desk) -> None:
    page = desk.enter("menus")
    page.locator('[data-at="3.2"]').scroll_into_view_if_needed()
    grip = page.get_by_role("button", name="移动“附近门店”").bounding_box()
    above = page.locator('[data-at="3.1"] .entry-head').bounding_box()
    page.mouse.move(grip["x"] + 9, grip["y"] + 9)
    page.mouse.down()
    page.mouse.move(above["x"] + 80, above["y"] + 8, steps=5)
    assert page.locator(".drop-before").get_attribute("data-at") == "3.1"
    page.mouse.up()
    assert names(desk) == ["今日", "茶铺", "更多", "附近门店", "营业时间"]
    page.get_by_role("button", name="移动“今日”").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "移动“今日”"
    assert page.locator("[aria-live=assertive]").inner_text() == "“今日”现在是第 2 项"
    desk.press("上移“更多”")
    assert names(desk) == ["茶铺", "更多", "附近门店", "营业时间", "今日"]
    page.locator('[data-at="1"] .entry-open').click()
    page.get_by_label("放在").select_option(label="“更多”里面")
    assert names(desk) == ["更多", "附近门店", "营业时间", "茶铺", "今日"]


@pytest.mark.usefixtures("live")
def test_what_was_not_saved_is_there_when_they_come_back_and_can_be_let_go(desk: Desk, town: Town) -> None:
    page = desk.enter("menus")
    desk.press("上移“更多”")
    desk.walk("tags")
    page = desk.walk("menus")
    page.get_by_text("有没保存的修改").wait_for()
    assert names(desk) == ["今日", "更多", "营业时间", "附近门店", "茶铺"]
    desk.press("放弃修改")
    page.get_by_text("有没保存的修改").wait_for(state="detached")
    eventually(lambda: names(desk) == ["今日", "茶铺", "更多", "营业时间", "附近门店"])
    assert drafted(town) == MENU


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("typed", ["今日", "对方的今日"], ids=["as it was", "as theirs"])
def test_what_is_no_change_any_more_gives_way_to_what_another_saved(desk: Desk, town: Town, typed: str) -> None:
    page, number = desk.enter("menus"), upcoming(town)
    page.locator('[data-at="1"] .entry-open').click()
    page.get_by_label("名称").fill("别的")
    page.get_by_label("名称").fill(typed)
    desk.walk("tags")
    draft_menu(town, {"button": [{**TODAY, "name": "对方的今日"}, SHOP, MORE]})
    page = desk.walk("menus")
    page.locator(".entry .name", has_text="对方的今日").wait_for()
    assert not page.get_by_text("有没保存的修改").count()
    desk.press("发布…")
    desk.press("发布给粉丝", desk.dialog())
    desk.toast(f"第 {number} 版已发布")


@pytest.mark.usefixtures("live")
def test_an_answer_that_did_not_come_is_not_told_as_a_refusal(desk: Desk, town: Town) -> None:
    draft_menu(town, {"button": [{**SHOP, "name": "新铺子"}]})
    page = desk.enter("menus")
    page.route(
        "**/menus/publish", lambda route: route.fulfill(status=504, json={"message": "Endpoint request timed out"})
    )
    desk.press("发布…")
    desk.press("发布给粉丝", desk.dialog())
    desk.dialog().get_by_text("还不知道发布成了没有").wait_for()
    assert not desk.dialog().get_by_text("没有发布", exact=True).count()


@pytest.mark.usefixtures("live")
def test_a_publication_that_goes_on_is_looked_at_until_it_ends(desk: Desk, town: Town) -> None:
    draft_menu(town, {"button": [{**SHOP, "name": "新铺子"}]})
    page, number = desk.enter("menus"), upcoming(town)
    town.controls.fault("/cgi-bin/menu/create", errcode=-1)
    looks = f"**/menus/versions/{number}"
    page.route(looks, lambda route: route.fulfill(status=502, body=""), times=1)
    desk.press("发布…")
    desk.press("发布给粉丝", desk.dialog())
    desk.dialog().get_by_text("后台会继续").first.wait_for()
    for _ in range(2):
        with page.expect_request(looks):
            pass  # the first answer was lost
    assert not desk.dialog().get_by_text("没有发布", exact=True).count()
    desk.page.reload()
    page.get_by_text(f"第 {number} 版正在发布").wait_for()
    assert eventually(lambda: (town.api("GET", "tea/menus")["live"] or {}).get("number") == number, within=30)


def test_a_menu_is_published_after_its_difference_and_put_back(desk: Desk, town: Town, live: int) -> None:
    page, number = desk.enter("menus"), upcoming(town)
    page.locator('[data-at="1"] .entry-open').click()
    page.get_by_label("名称").fill("春茶")
    desk.press("发布…")
    told = desk.dialog().locator(".changes li", has_text="春茶")
    told.get_by_text("今日").wait_for()
    assert desk.dialog().locator(".changes li").count() == 1
    desk.shot("menus-publish")
    desk.press("发布给粉丝", desk.dialog())
    desk.toast(f"第 {number} 版已发布")
    assert town.back_office("menu/get")["menu"]["button"][0]["name"] == "春茶"
    page.get_by_text(f"和线上第 {number} 版一样").wait_for()

    page = desk.walk("menus?view=versions")
    row = page.locator("tbody tr", has_text=f"第 {live} 版").first
    row.get_by_role("button", name="退回这版").click()
    desk.press("退回", desk.dialog())
    desk.toast(f"第 {number + 1} 版已发布")
    page.locator("tbody tr", has_text=f"退回到第 {live} 版").wait_for()
    assert town.back_office("menu/get")["menu"]["button"][0]["name"] == "今日"
    assert drafted(town)["button"][0]["name"] == "春茶"
    page.locator("tbody tr", has_text=f"第 {live} 版").last.get_by_role("button", name="放进草稿").click()
    desk.undo(f"第 {live} 版已放进草稿")
    eventually(lambda: drafted(town)["button"][0]["name"] == "春茶")


@pytest.mark.usefixtures("live")
def test_what_wechat_refuses_is_told_in_words_and_the_draft_is_kept(desk: Desk, town: Town) -> None:
    draft_menu(town, {"button": [{**SHOP, "name": "新铺子"}]})
    page, number = desk.enter("menus"), upcoming(town)
    town.controls.fault("/cgi-bin/menu/create", errcode=40055)
    desk.press("发布…")
    desk.press("发布给粉丝", desk.dialog())
    desk.dialog().get_by_text("一级按钮的域名不可用（40055）。线上菜单没有变。").wait_for()
    desk.shot("menus-refused")
    desk.dialog().get_by_role("button", name="关闭").last.click()
    page.get_by_text(f"上次发布（第 {number} 版）没有成").wait_for()
    assert names(desk) == ["新铺子"]
    assert town.back_office("menu/get")["menu"]["button"][0]["name"] == "今日"


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(("choice", "stays"), [("留我的", "我的今日"), ("用对方的", "对方的今日")])
def test_two_who_change_it_at_once_choose_whose_stays(desk: Desk, town: Town, choice: str, stays: str) -> None:
    page = desk.enter("menus")
    page.locator('[data-at="1"] .entry-open').click()
    page.get_by_label("名称").fill("我的今日")
    draft_menu(town, {"button": [{**TODAY, "name": "对方的今日"}, SHOP, MORE]})
    desk.press("保存草稿")
    desk.dialog().locator(".changes li").get_by_text("对方的今日").wait_for()
    assert desk.dialog().locator(".phone").count() == 2
    desk.press(choice, desk.dialog())
    page.locator(".entry .name", has_text=stays).wait_for()
    page.get_by_text("保存", exact=False).first.wait_for()
    assert eventually(lambda: drafted(town)["button"][0]["name"] == stays)


@pytest.mark.usefixtures("live")
def test_a_menu_for_some_is_made_and_a_follower_of_them_sees_it(desk: Desk, town: Town) -> None:
    page, number = desk.enter("menus"), upcoming(town)
    desk.press("个性化菜单")
    page.get_by_label("叫什么").fill("茶会")
    page.get_by_label("有标签").select_option(label="茶会常客")
    page.locator('[data-at="1"] .entry-open').click()
    page.get_by_label("名称").fill("茶会报名")
    page.get_by_label("KEY").fill("PARTY")
    desk.press("发布…")
    desk.press("发布给粉丝", desk.dialog())
    desk.toast(f"第 {number} 版已发布")
    guest = town.people["林同学"]
    page = desk.walk(f"menus?view=try&openid={guest.openid}")
    page.locator(".try-result .phone").get_by_text("茶会报名").wait_for()
    page.get_by_text(f"第 {number} 版的个性化菜单 1").wait_for()
    page.get_by_text("一致", exact=True).wait_for()
    guest.tap("茶会报名")
    page = desk.walk("menus?view=clicks")
    page.locator(".taps li", has_text="茶会报名").get_by_text("100%").wait_for()


def test_an_imported_draft_says_what_became_of_each_entry(desk: Desk, town: Town) -> None:
    draft_menu(town, MENU)
    note = {"button": "1", "name": "今日", "kind": "text", "content": "龙井、碧螺春", "key": "TODAY"}
    note["says"] = "第 1 个「今日」回复一段文字，已改成点击。Button 1 “今日” answered with a text."

    def with_note(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        told["draft"]["notes"] = [note]
        route.fulfill(response=answer, json=told)

    desk.page.route("**/api/tea/menus", with_note)
    page = desk.enter("menus")
    page.get_by_text("从微信后台导入，有 1 项要看一下").wait_for()
    beside = page.locator('[data-at="1"] .entry-note')
    assert "已改成点击" in beside.inner_text()
    assert "龙井、碧螺春" in beside.inner_text()


@pytest.mark.usefixtures("live")
def test_a_viewer_taps_through_the_phone_and_changes_nothing(chromium: Any, town: Town, seats: Seats) -> None:
    with sitting(chromium, town, storage_state=seats("viewer"), viewport=PHONE) as desk:
        page = desk.enter("menus")
        page.get_by_role("button", name="看“更多”").click()
        page.get_by_role("button", name="看“营业时间”").click()
        page.locator(".phone-bubble").get_by_text("HOURS").wait_for()
        page.get_by_role("button", name="看“更多”").click()
        page.get_by_role("button", name="看“营业时间”").wait_for(state="detached")
        assert not page.locator("main :is(input, select, .grip)").count()
