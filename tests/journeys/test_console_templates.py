"""The room of templates, used as an operator does: what there is, what each field takes, adding, naming, deleting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ops.doors import ask, eventually
from ops.local.shop import NEW_TEA, ORDER_READY, TEA_READY
from tests.console_desk import PHONE, Desk, sitting
from tests.console_town import Town

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.slow]


def listed(town: Town, kind: str) -> dict[str, Any]:
    return {one["title"]: one for one in town.api("GET", "tea/templates")["items"] if one["kind"] == kind}


def here(town: Town, kind: str) -> list[str]:
    return [title for title, one in listed(town, kind).items() if one["state"] != "gone"]


@pytest.fixture
def used(town: Town) -> Iterator[str]:
    """A template named `parcel` that a draft of an automation sends."""
    made = town.api(
        "POST", "tea/templates", {"kind": "template", "number": "7001", "keywords": ["单号"], "name": "parcel"}
    )
    step = {"do": "template", "template": "parcel", "fields": {"thing1": "{name|茶友}"}}
    told = {"name": "发货以后", "when": {"kind": "ordered"}, "enter": "cause", "steps": [step]}
    automation = town.api("POST", "tea/automations", told)
    yield str(made["template_id"])
    town.api("DELETE", f"tea/automations/{automation['automation_id']}")


def test_the_room_shows_what_there_is_and_how_many_places_are_left(desk: Desk) -> None:
    page = desk.enter("templates")
    page.get_by_text("25 个位置，用了").wait_for()
    assert page.locator(".slots li").count() == 25
    row = page.locator(".rows li", has_text="取茶提醒")
    assert row.locator("code").inner_text() == "notice"
    row.get_by_text("茶品 · 时间 · 提示").wait_for()
    assert desk.asked() == ["me", "tea/templates"]
    desk.shot("templates")


def test_a_template_says_what_each_field_takes_and_how_it_looks(desk: Desk) -> None:
    page = desk.enter(f"templates/{ORDER_READY}")
    field = page.locator(".field-limits li", has_text="商品")
    field.get_by_text("最多 20 个字。").wait_for()
    assert field.locator("code").inner_text() == "thing2"
    page.locator(".wx-card", has_text="茉莉花茶").wait_for()
    desk.shot("template")
    desk.enter("templates/none").get_by_text("没有这个模板").wait_for()


def test_one_that_wechats_back_office_made_comes_with_a_press(desk: Desk, town: Town) -> None:
    page = desk.enter("templates")
    town.back_office("template/api_add_template", {"template_id_short": "7100", "keyword_name_list": ["茶会"]})
    assert not page.locator(".rows li", has_text="模板 7100").count()
    desk.press("与微信同步")
    page.locator(".rows li", has_text="模板 7100").wait_for()
    desk.press("删除“模板 7100”")
    desk.press("删除", desk.dialog())
    page.locator(".rows li.off", has_text="模板 7100").get_by_text("微信已删").wait_for()


def test_a_template_is_added_by_its_number_named_and_the_name_taken_back(desk: Desk, town: Town) -> None:
    page = desk.enter("templates")
    desk.press("添加模板")
    sheet = desk.dialog()
    sheet.get_by_label("模板编号").fill("不是编号")
    desk.press("添加", sheet)
    sheet.get_by_text("编号只有字母、数字和下划线").wait_for()
    sheet.get_by_label("模板编号").fill("7200")
    sheet.get_by_label("关键词").fill("茶品\n时间")
    sheet.get_by_label("在这里的名字").fill("notice")
    desk.press("添加", sheet)
    sheet.get_by_text("已有模板叫 notice").wait_for()
    assert "模板 7200" not in here(town, "template")
    sheet.get_by_label("在这里的名字").fill("fair")
    desk.press("添加", sheet)
    page.get_by_role("heading", name="模板 7200").wait_for()
    assert listed(town, "template")["模板 7200"]["name"] == "fair"
    desk.press("改名字")
    desk.dialog().get_by_label("在这里的名字").fill("tea_fair")
    desk.press("保存", desk.dialog())
    page.locator(".facts", has_text="tea_fair").wait_for()
    desk.undo("已保存")
    page.locator(".facts .copyable", has_text="fair").first.wait_for()
    assert listed(town, "template")["模板 7200"]["name"] == "fair"


def test_what_is_in_use_says_who_uses_it_before_it_goes(desk: Desk, town: Town, used: str) -> None:
    page = desk.enter("templates")
    page.locator(".rows li", has_text="模板 7001").get_by_text("1 处在用").wait_for()
    desk.press("删除“模板 7001”")
    sheet = desk.dialog()
    sheet.get_by_role("link", name="发货以后").wait_for()
    desk.shot("template-delete")
    page.keyboard.press("Escape")
    assert "模板 7001" in here(town, "template")
    desk.press("删除“模板 7001”")
    desk.press("仍然删除", sheet)
    page.get_by_role("note").filter(has_text="还没有模板").locator("code", has_text="parcel").wait_for()
    assert used not in str(town.back_office("template/get_all_private_template"))
    desk.press("去掉名字 parcel")
    desk.press("删除", desk.dialog())
    page.locator("code", has_text="parcel").wait_for(state="detached")


def test_a_name_that_others_say_moves_only_after_asking(desk: Desk, town: Town, used: str) -> None:
    page = desk.enter(f"templates/{TEA_READY}")
    desk.press("改名字")
    desk.dialog().get_by_label("在这里的名字").fill("parcel")
    desk.press("保存", desk.dialog())
    asked = desk.dialog().filter(has_text="会改变别处发的内容")
    asked.get_by_text("发货以后").first.wait_for()
    asked.get_by_text("字段对不上").wait_for()
    desk.press("取消", asked)
    assert listed(town, "template")["取茶提醒"]["name"] == "notice"
    page.keyboard.press("Escape")
    town.api("DELETE", f"tea/templates/{used}?anyway=true")
    town.api("DELETE", "tea/template-names/parcel")


def test_a_notice_is_looked_for_in_the_library_and_made_of_keywords(desk: Desk, town: Town) -> None:
    page = desk.enter("templates?kind=notice")
    page.get_by_text("50 个位置，用了 1 个").wait_for()
    page.locator(".rows li", has_text="新品到货通知").get_by_text("一次性").wait_for()
    page.get_by_role("link", name="添加模板").click()
    page.get_by_role("heading", name="订阅通知模板库").wait_for()
    page.get_by_text("一个月最多改 5 次").wait_for()
    page.get_by_label("按标题找").fill("取餐")
    page.get_by_role("row", name="取餐提醒").wait_for()
    page.get_by_role("row", name="排队到号提醒").wait_for(state="detached")
    desk.shot("template-library")
    desk.press("选用：取餐提醒")
    sheet = desk.dialog()
    sheet.get_by_label("取餐码").check()
    desk.press("添加", sheet)
    sheet.get_by_text("请选 2 到 5 个").wait_for()
    sheet.get_by_label("商品").check()
    sheet.get_by_label("使用场景").fill("取茶提醒")
    desk.shot("template-keywords")
    desk.press("添加", sheet)
    page.locator("main h1", has_text="取餐提醒").wait_for()
    made = listed(town, "notice")["取餐提醒"]
    assert [field["name"] for field in made["fields"]] == ["character_string2", "thing1"]
    town.api("DELETE", f"tea/templates/{made['template_id']}")


def test_the_library_shows_more_than_a_page(desk: Desk) -> None:
    page = desk.enter("templates/library")
    page.get_by_role("row", name="取餐提醒").wait_for()
    assert page.locator("tbody tr").count() == 30
    desk.press("更多")
    page.get_by_text("共 45").wait_for()
    page.get_by_label("类目", exact=True).select_option(label="食品")
    page.get_by_role("row", name="新品到货通知").get_by_text("已有").wait_for()
    assert eventually(lambda: page.locator("tbody tr").count() == 2)  # that row was among the 45 too


def test_a_person_shows_what_they_agreed_to(desk: Desk, town: Town) -> None:
    wang = town.people["王阿姨"]
    ask("POST", f"{wang.simulator}/phone/tea/{wang.openid}/subscribe", {"answers": {NEW_TEA: "accept"}})
    page = desk.enter(f"followers/{wang.openid}")
    page.locator(".grants li", has_text="新品到货通知").get_by_text("还能发 1 条").wait_for()
    desk.shot("person-grants")


def test_a_viewer_looks_and_changes_nothing(chromium: Any, town: Town, seats: Any) -> None:
    with sitting(chromium, town, storage_state=seats("viewer")) as desk:
        page = desk.enter("templates")
        page.locator(".rows li", has_text="取茶提醒").wait_for()
        for name in ("与微信同步", "添加模板", "删除“取茶提醒”", "给“取茶提醒”起名字"):
            assert not page.get_by_role("button", name=name).count(), name


def test_wechats_silence_is_said_and_can_be_tried_again(desk: Desk, town: Town) -> None:
    page = desk.enter("templates")
    town.controls.fault("/cgi-bin/template/get_all_private_template", errcode=-1)
    desk.press("与微信同步")
    desk.toast("微信暂时没有回应")
    desk.refuse(r"/api/tea/templates$", 503, "微信暂时没有回应。WeChat does not answer.")
    desk.enter("templates")
    page.get_by_text("微信暂时没有回应").wait_for()
    desk.press("再试一次")
    page.locator(".rows li", has_text="取茶提醒").wait_for()


def test_an_account_that_may_send_none_is_told_why(desk: Desk) -> None:
    page = desk.enter("templates", "leaf")
    page.get_by_text("这个公众号还不能发模板消息").wait_for()
    assert not page.get_by_role("button", name="与微信同步").count()


def test_it_fits_a_phone_and_reads_in_english(chromium: Any, town: Town, seats: Any) -> None:
    with sitting(chromium, town, storage_state=seats("admin"), viewport=PHONE) as desk:
        page = desk.enter("templates")
        page.locator(".rows li", has_text="取茶提醒").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        desk.shot("templates-phone")
        desk.walk(f"templates/{NEW_TEA}")
        page.locator(".field-limits li", has_text="备注").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with sitting(chromium, town, storage_state=seats("admin"), locale="en-US") as desk:
        page = desk.enter(f"templates/{NEW_TEA}")
        page.locator(".field-limits li", has_text="备注").get_by_text("Up to 20 characters.").wait_for()
