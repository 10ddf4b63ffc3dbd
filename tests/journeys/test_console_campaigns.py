"""The room of the campaigns, used as an operator does on the real stack: written, checked, sent, paused, understood."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ops.doors import Json, eventually
from tests.console_desk import PHONE, Desk, sitting
from tests.console_town import Town, went
from tests.journeys.conftest import Seats

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.slow]

SPRING, SUMMER, DRAFT = "春茶到店", "夏季茶单", "清明前的一点心意"
WORDS = {"thing1": "{name|茶友}，新茶到了", "time2": "{today}", "thing3": "到店先尝一杯"}
FOUR_DAYS = 4 * 86_400


def made(town: Town, name: str, **more: Any) -> str:
    """A draft, by the API."""
    variants = [{"template": "notice", "fields": WORDS}]
    told: Json = {"name": name, "kind": "template", "quiet": False, "variants": variants, **more}
    return str(town.api("POST", "tea/campaigns", {"document": told})["campaign_id"])


def started(town: Town, name: str, **more: Any) -> str:
    found = made(town, name, **more)
    town.api("POST", f"tea/campaigns/{found}/start", {})
    return found


def forget(town: Town, campaign_id: str) -> None:
    """As soon as it is over; the clock is helped on."""
    assert eventually(lambda: removed(town, campaign_id), within=60)


def removed(town: Town, campaign_id: str) -> bool:
    path = f"tea/campaigns/{campaign_id}"
    if town.api("GET", path)["phase"] not in ("draft", "done", "cancelled"):
        town.controls.advance(61)
        return False
    town.api("DELETE", path)
    return True


def kept(town: Town, name: str) -> Any:
    items = town.api("GET", "tea/campaigns")["items"]
    return next((one for one in items if one["document"]["name"] == name), None)


def field(desk: Desk, label: str) -> Any:
    return desk.page.locator(".variant").get_by_label(label, exact=True)


def write(desk: Desk, name: str) -> Any:
    """All of a template message but its last field."""
    page = desk.enter("campaigns/new")
    page.get_by_label("名称").fill(name)
    page.get_by_label("给谁").select_option(label="柜台来的老客")
    page.get_by_label("模板").select_option(label="取茶提醒")
    field(desk, "茶品").fill("到了，")
    page.get_by_label("插入变量").select_option("name|")
    field(desk, "时间").fill("2026年11月24日 10:00")
    page.get_by_label("夜里 22:00 到 8:00 不发").uncheck()
    return page


def test_words_are_counted_and_shown_as_a_phone_does_with_somebodys_data(desk: Desk) -> None:
    page = write(desk, "看看样子")
    assert field(desk, "茶品").input_value() == "到了，{name|茶友}"
    page.locator(".counted", has_text="约 5/20").wait_for()
    page.locator(".campaign-preview .wx-card", has_text="到了，茶友").wait_for()
    page.get_by_label("换成谁").fill("王阿姨")
    page.locator(".found").get_by_role("button", name="王阿姨").click()
    page.get_by_text("王阿姨 会看到的").wait_for()
    desk.press("发到我的手机")
    page.locator(".toast.bad", has_text="绑定").wait_for()


def test_one_is_checked_beside_its_fields_sent_and_seen_to_arrive(desk: Desk, town: Town) -> None:
    page = write(desk, "王阿姨的新茶")
    page.locator(".answer .figure b").wait_for()
    desk.press("检查并发送")
    wrong = page.locator("[data-where='variants.0.fields.thing3'] > .mistake")
    wrong.get_by_text("没有内容").wait_for()
    assert kept(town, "王阿姨的新茶") is None
    field(desk, "提示").fill("请到店品尝")
    desk.press("检查并发送")
    desk.dialog().get_by_text("收不回来").wait_for()
    desk.press("开始发送", desk.dialog())
    desk.toast("开始了")
    sent = kept(town, "王阿姨的新茶")["campaign_id"]
    assert eventually(lambda: went(town, f"tea/campaigns/{sent}"), within=60)
    page.locator(".funnel .is-sent b", has_text=re.compile("[1-9]")).wait_for(timeout=30_000)
    got = town.people["王阿姨"].inbox()[-1]["data"]
    assert (got["thing1"], got["thing3"]) == ("到了，茶友", "请到店品尝")
    forget(town, sent)


def test_a_field_that_is_too_long_is_counted_and_told_and_a_choice_of_two_wordings_is_shared_out(desk: Desk) -> None:
    page = desk.enter("campaigns/new")
    page.get_by_label("模板").select_option(label="取茶提醒")
    field(desk, "茶品").fill("明前龙井" * 6)
    page.locator(".count.bad", has_text="24/20").wait_for()
    field(desk, "时间").focus()
    page.locator("[data-where='variants.0.fields.thing1'] > .mistake", has_text="20").wait_for()
    field(desk, "茶品").fill("明前龙井")
    desk.press("比一比两种说法（A/B）")
    page.get_by_role("tab", name="版本 B").wait_for()
    assert field(desk, "茶品").input_value() == "明前龙井"
    assert page.get_by_label("版本 B 占百分之几").input_value() == "50"
    page.get_by_label("版本 B 占百分之几").fill("30")
    page.get_by_label("版本 B 占百分之几").press("Tab")
    page.locator("[data-where=variants] > .mistake", has_text="100").wait_for()
    desk.press("平分")
    assert page.get_by_label("版本 A 占百分之几").input_value() == "50"
    desk.press("去掉版本 B")
    assert not page.get_by_role("tab").count()


def test_the_page_says_when_how_fast_and_what_for_and_keeps_it(desk: Desk, town: Town) -> None:
    page = desk.enter("campaigns/new")
    page.get_by_label("名称").fill("定时的")
    page.get_by_label("什么时候").select_option("at")
    page.get_by_label("哪天几点").fill("2036-03-01T10:00")
    page.get_by_label("速度").select_option("second")
    page.get_by_role("spinbutton", name="每秒最多").fill("50")
    page.get_by_role("spinbutton", name="每人上限").fill("2")
    page.get_by_label("目的").select_option("ordered")
    page.get_by_role("spinbutton", name="几天内").fill("3")
    page.get_by_role("spinbutton", name="留出百分之几").fill("10")
    desk.walk("tags")
    page = desk.walk("campaigns/new")
    page.get_by_text("没有保存的修改").wait_for()
    assert page.get_by_label("名称").input_value() == "定时的"
    desk.press("存为草稿")
    page.get_by_text("60 天").first.wait_for()
    page.get_by_label("什么时候").select_option("now")
    desk.press("存为草稿")
    desk.toast("已保存")
    document = kept(town, "定时的")["document"]
    told = {name: document.get(name) for name in ("per_second", "cap", "holdout", "goal")}
    assert told == {"per_second": 50, "cap": 2, "holdout": 10, "goal": {"kind": "ordered", "within_days": 3}}
    removed(town, kept(town, "定时的")["campaign_id"])


def test_an_empty_question_is_not_everybody(desk: Desk, town: Town) -> None:
    page = desk.enter("campaigns/new")
    page.get_by_label("名称").fill("写了一半")
    page.get_by_label("给谁").select_option("question:")
    desk.press("存为草稿")
    page.locator(".saying .notice").wait_for()
    assert kept(town, "写了一半") is None


def test_who_comes_second_is_shown_the_difference_and_chooses(desk: Desk, town: Town) -> None:
    found = made(town, "两个人写的")
    page = desk.enter(f"campaigns/{found}?view=edit")
    page.get_by_label("名称").fill("我写的")
    other = town.api("GET", f"tea/campaigns/{found}")["document"]
    other["variants"][0]["fields"]["thing3"] = "别人写的"
    town.api("PUT", f"tea/campaigns/{found}", {"document": other, "version": 1})
    desk.press("存为草稿")
    page.locator(".differences").get_by_text("别人写的").wait_for()
    assert page.get_by_label("名称").input_value() == "我写的"
    desk.press("以我的为准")
    desk.toast("已保存")
    now = town.api("GET", f"tea/campaigns/{found}")
    assert (now["document"]["name"], now["version"]) == ("我写的", 3)
    desk.complaints.clear()  # browsers say so of each refusal
    removed(town, found)


def test_a_run_is_watched_paused_with_a_way_back_and_cancelled(desk: Desk, town: Town) -> None:
    found = started(town, "慢慢发", per_second=1)
    page = desk.enter(f"campaigns/{found}")
    page.get_by_text("正在发送").wait_for(timeout=30_000)
    page.locator(".run b", has_text="%").wait_for()
    page.locator(".funnel .is-planned b", has_text=re.compile(r"\d\d")).wait_for()
    desk.press("暂停")
    desk.toast("已暂停")
    page.get_by_text("点“继续”接着发").wait_for()
    assert kept(town, "慢慢发")["phase"] == "paused"
    desk.undo("已暂停")
    assert kept(town, "慢慢发")["phase"] == "running"
    desk.press("取消活动")
    desk.dialog().get_by_text("已发的收不回来").wait_for()
    desk.press("取消活动", desk.dialog())
    desk.toast("已取消")
    page.locator("h1 .badge", has_text="已取消").wait_for()
    assert kept(town, "慢慢发")["phase"] == "cancelled"
    removed_(desk, town, "慢慢发")


def removed_(desk: Desk, town: Town, name: str) -> None:
    desk.press(f"删除“{name}”")
    desk.press("删除", desk.dialog())
    desk.toast("已删除")
    desk.page.locator("main .rows").wait_for()
    assert kept(town, name) is None


def test_why_it_waits_and_until_when_is_said(desk: Desk, town: Town) -> None:
    page = desk.enter(f"campaigns/{town.campaigns[SUMMER]}")
    page.locator(".notice", has_text="自己接着发").wait_for()
    page.locator("h1 .badge", has_text="等待中").wait_for()
    page = desk.enter("campaigns")
    row = page.locator("main .rows > li", has_text=SUMMER)
    row.locator("progress").wait_for()


def test_the_funnel_leads_to_its_people_and_all_are_exported(desk: Desk, town: Town, tmp_path: Path) -> None:
    page = desk.enter(f"campaigns/{town.campaigns[SPRING]}")
    page.locator(".funnel .is-clicked b", has_text="1").wait_for()
    desk.press("看名单")
    page.locator(".recipients").get_by_role("link", name="王阿姨").wait_for()
    page.get_by_label("后来").select_option("suppressed")
    page.get_by_text("这里没有人").wait_for()
    with page.expect_download() as fetched:
        desk.press("导出 CSV")
    fetched.value.save_as(tmp_path / "all.csv")
    text = (tmp_path / "all.csv").read_text(encoding="utf-8-sig")
    assert text.startswith("openid,name,variant,stage,why")
    assert town.people["王阿姨"].openid in text


def test_a_verdict_is_given_when_it_is_time_and_not_before(desk: Desk, town: Town) -> None:
    said = {"template": "notice", "fields": WORDS, "link": f"{town.stack.app}/h5/tea/hello", "share": 50}
    found = started(town, "两种说法", variants=[said, {**said, "label": "B"}])
    path = f"tea/campaigns/{found}"
    assert eventually(lambda: went(town, path), within=60)
    page = desk.enter(f"campaigns/{found}")
    page.get_by_text("还没到约定的时间").wait_for()
    town.controls.advance(FOUR_DAYS)
    assert eventually(lambda: town.api("GET", f"{path}/results")["phase"] == "done", within=60)
    page = desk.enter(f"campaigns/{found}")
    page.locator(".verdict.too_few, .verdict.cannot_tell").get_by_text("分不出高下").first.wait_for()
    assert page.locator(".arms .interval").count() == 2
    desk.press("复制“两种说法”")
    desk.toast("已复制")
    page.get_by_role("tab", name="版本 B").wait_for()
    copied = next(one for one in town.api("GET", "tea/campaigns")["items"] if one["phase"] == "draft")
    for one in (copied["campaign_id"], found):
        removed(town, one)


def test_some_are_chosen_and_compared(desk: Desk) -> None:
    page = desk.enter("campaigns")
    for name in (SPRING, SUMMER):
        page.get_by_label(f"选中 {name}").check()
    page.get_by_role("link", name="比较活动").click()
    page.locator(".compared th", has_text=SPRING).wait_for()
    assert page.locator(".compared thead th").count() == 3


def test_results_that_do_not_come_say_so_and_can_be_asked_again(desk: Desk, town: Town) -> None:
    desk.refuse(r"/results$", 503, "正忙，请稍后再试。Busy; please try again later.")
    page = desk.enter(f"campaigns/{town.campaigns[SPRING]}")
    page.get_by_text("正忙").wait_for()
    desk.press("再试一次")
    page.locator(".funnel").wait_for()


def test_what_an_account_may_not_do_is_said_before(desk: Desk) -> None:
    page = desk.enter("campaigns/new", account="leaf")
    page.get_by_label("名称").fill("发不了的")
    page.get_by_label("用什么发").select_option("template")
    desk.press("检查并发送")
    page.locator("[data-where^=kind] > .mistake").get_by_text("不能发模板消息").first.wait_for()


def test_a_viewer_reads_and_a_phone_holds_it(chromium: Any, town: Town, seats: Seats) -> None:
    views = ("campaigns", "campaigns/new", *(f"campaigns/{one}" for one in town.campaigns.values()))
    with sitting(chromium, town, storage_state=seats("viewer"), viewport=PHONE) as desk:
        for view in views:
            page = desk.enter(view)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            for words in ("暂停", "取消活动", "修改", "新建活动", "检查并发送", "不等了"):
                assert not page.locator("main").get_by_role("button", name=words).count(), (view, words)
        desk.enter("campaigns/new").get_by_text("您的角色是“只读”").wait_for()
    with sitting(chromium, town, storage_state=seats("admin"), viewport=PHONE, locale="en-US") as desk:
        for view in (*views, f"campaigns/{town.campaigns[DRAFT]}?view=edit"):
            page = desk.enter(view)
            page.wait_for_timeout(500)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
