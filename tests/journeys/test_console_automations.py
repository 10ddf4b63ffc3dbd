"""The room of the automations, used as an operator does on the real stack: written, tried, started, changed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ops.doors import eventually
from tests.console_desk import PHONE, Desk, sitting
from tests.console_town import Town
from tests.journeys.conftest import Seats

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.slow]

THANKS, BUYERS = "下单后道谢", ("王阿姨", "李掌柜")
ORDER = "[...document.querySelectorAll('li.step')].map((each) => each.className.match(/is-(\\w+)/)[1])"


def newest(desk: Desk) -> Any:
    return desk.page.locator("li.step").last


def add(desk: Desk, kind: str) -> None:
    desk.page.get_by_label("加一步").last.select_option(kind)


def steps(desk: Desk) -> list[str]:
    found: list[str] = desk.page.evaluate(ORDER)
    return found


def kept(town: Town, name: str) -> Any:
    items = town.api("GET", "tea/automations")["items"]
    return next((one for one in items if one["name"] == name), None)


def forget(town: Town, name: str) -> None:
    town.api("DELETE", f"tea/automations/{kept(town, name)['automation_id']}")


def test_one_is_written_from_nothing_and_tried_on_last_week(desk: Desk, town: Town) -> None:
    page = desk.enter("automations/new")
    page.get_by_label("名称").fill("说到茶会")
    page.get_by_label("什么时候").select_option("said")
    page.get_by_label("哪个词").fill("茶单")
    add(desk, "tag")
    newest(desk).get_by_label("标签", exact=True).select_option(label="茶会常客")
    add(desk, "wait")
    newest(desk).get_by_label("多久").fill("3")
    newest(desk).get_by_label("单位").select_option("1440")
    add(desk, "message")
    newest(desk).get_by_label("说什么").fill("茶会见，")
    newest(desk).get_by_label("插入变量").select_option("name|")
    assert newest(desk).get_by_label("说什么").input_value() == "茶会见，{name|茶友}"
    page.locator(".flow").get_by_text("等 3 天").wait_for()
    desk.press("用上周试跑")
    page.get_by_text("会发出 ").wait_for()
    desk.press("保存")
    desk.toast("已保存")
    page.get_by_text("还是草稿").wait_for()
    assert kept(town, "说到茶会")["phase"] == "draft"
    forget(town, "说到茶会")


def test_one_is_started_paused_with_a_way_back_and_removed(desk: Desk, town: Town) -> None:
    told = {"name": "一声谢", "when": {"kind": "ordered"}, "steps": [{"do": "end"}]}
    desk.enter(f"automations/{town.api('POST', 'tea/automations', told)['automation_id']}")
    desk.press("启动")
    desk.toast("开始运行")
    assert kept(town, "一声谢")["phase"] == "running"
    desk.press("暂停")
    desk.undo("已暂停")
    assert kept(town, "一声谢")["phase"] == "running"
    desk.press("删除“一声谢”")
    desk.dialog().get_by_text("现在里面有 0 人").wait_for()
    desk.press("删除", desk.dialog())
    desk.toast("已删除")
    desk.page.locator("main .rows").wait_for()
    assert kept(town, "一声谢") is None


def test_figures_stand_beside_the_steps_and_people_are_named(desk: Desk, town: Town) -> None:
    assert eventually(lambda: kept(town, THANKS)["inside"] >= len(BUYERS))
    page = desk.enter(f"automations/{town.automations[THANKS]}")
    page.locator(".flow li", has_text="等 20 天").get_by_text(re.compile(r"\d+ 人在等")).wait_for()
    for name in BUYERS:
        page.locator(".insiders").get_by_role("link", name=name).wait_for()
    desk.press("用上周试跑")
    page.locator("[data-dry]", has_text="上周").first.wait_for()
    page = desk.enter("automations")
    row = page.locator("main .rows > li", has_text=THANKS)
    assert re.search(r"正在里面\s*[2-9]", row.inner_text())


def test_a_persons_page_tells_which_automations_they_are_in_and_what_was_done(desk: Desk, town: Town) -> None:
    assert eventually(lambda: kept(town, THANKS)["inside"] >= len(BUYERS))
    page = desk.enter(f"followers/{town.people[BUYERS[0]].openid}")
    inside = page.locator(".journeys li", has_text=THANKS).first
    inside.get_by_text("正在里面").wait_for()
    inside.get_by_text("等 20 天").wait_for()
    inside.get_by_text("做了什么").click()
    inside.get_by_text("通知其他系统").wait_for()
    page.locator(".timeline li", has_text=THANKS).get_by_text("进入自动化").wait_for()
    desk.shot("person-automations")


def test_steps_are_moved_by_keys_into_a_branch_and_out(desk: Desk) -> None:
    page = desk.enter("automations/new?example=0")
    assert steps(desk) == ["wait", "branch", "message", "template"]
    page.get_by_role("button", name="挪动“等一会儿”").focus()
    page.keyboard.press("ArrowDown")
    assert steps(desk) == ["branch", "wait", "message", "template"]
    assert page.locator(".lane.then li.step.is-wait").count() == 1
    page.get_by_text("现在是第 2 步，共 4 步").wait_for()
    page.keyboard.press("ArrowUp")
    assert steps(desk) == ["wait", "branch", "message", "template"]


def test_steps_are_carried_by_pointer_and_taken_out_with_a_way_back(desk: Desk) -> None:
    page = desk.enter("automations/new?example=0")
    handle = page.get_by_role("button", name="挪动“发模板消息”")
    handle.scroll_into_view_if_needed()
    start = handle.bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    goal = page.locator("li.step.is-message").bounding_box()
    page.mouse.move(goal["x"] + 20, goal["y"] + 3, steps=4)
    page.locator(".drop-here").wait_for(state="attached")
    page.mouse.up()
    assert steps(desk) == ["wait", "branch", "template", "message"]
    assert page.locator(".lane.then li.step").count() == 2
    desk.press("去掉“发模板消息”")
    assert steps(desk) == ["wait", "branch", "message"]
    desk.undo("去掉了")
    assert steps(desk) == ["wait", "branch", "template", "message"]


def test_what_is_wrong_is_told_beside_its_step_and_nothing_is_saved(desk: Desk, town: Town) -> None:
    page = desk.enter("automations/new?example=1")
    desk.press("保存")
    wrong = page.locator("li.step.is-template > .mistake")
    wrong.get_by_text("还没有配置模板 thanks").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    page.locator("li.step.is-wait").get_by_label("多久").fill("")
    page.locator("li.step.is-wait > .mistake").get_by_text("请填写").wait_for()
    assert kept(town, "下单后，道声谢") is None


def test_who_comes_second_is_shown_the_difference_and_chooses(desk: Desk, town: Town) -> None:
    told = {"name": "生日问候", "when": {"kind": "date", "attribute": "birthday"}, "steps": [{"do": "end"}]}
    made = town.api("POST", "tea/automations", told)
    path = f"tea/automations/{made['automation_id']}"
    page = desk.enter(f"automations/{made['automation_id']}?view=edit")
    page.get_by_label("名称").fill("生日快乐")
    others = {**told, "steps": [{"do": "wait", "minutes": 60}, *made["steps"]], "version": 1}
    town.api("PUT", path, others)
    desk.press("保存")
    page.locator(".differences").get_by_text("等 1 小时").wait_for()
    desk.press("以我的为准")
    desk.toast("已保存")
    now = town.api("GET", path)["automation"]
    assert (now["name"], now["version"], len(now["steps"])) == ("生日快乐", 3, 1)
    desk.complaints.clear()  # browsers say so of each refusal
    forget(town, "生日快乐")


def test_before_a_change_is_saved_it_is_said_what_becomes_of_those_inside(desk: Desk, town: Town) -> None:
    assert eventually(lambda: kept(town, THANKS)["inside"] >= len(BUYERS))
    page = desk.enter(f"automations/{town.automations[THANKS]}?view=edit")
    page.get_by_text("人各自走完进来时的那一版").wait_for()
    page.get_by_label("名称").fill("下单后的谢意")
    desk.walk("tags")
    page = desk.walk(f"automations/{town.automations[THANKS]}?view=edit")
    page.get_by_text("没有保存的修改").wait_for()
    assert page.get_by_label("名称").input_value() == "下单后的谢意"
    desk.press("保存")
    desk.undo("已保存")
    assert eventually(lambda: kept(town, THANKS))


def test_a_viewer_reads_and_a_phone_holds_it(chromium: Any, town: Town, seats: Seats) -> None:
    with sitting(chromium, town, storage_state=seats("viewer"), viewport=PHONE) as desk:
        for view in ("automations", f"automations/{town.automations[THANKS]}", "automations/new"):
            page = desk.enter(view)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            for words in ("暂停", "启动", "修改", "新建自动化", "用上周试跑", "保存"):
                assert not page.locator("main").get_by_role("button", name=words).count(), (view, words)
        page.get_by_text("您的角色是“只读”").wait_for()
