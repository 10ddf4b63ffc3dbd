"""Tags, segments, QR codes, operators and the audit log of the console, used as an operator does on the real stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.doors import Refused, ask, eventually
from tests.console_desk import Desk, sitting
from tests.console_town import Town

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.slow]


# Tags.


def test_a_tag_is_made_renamed_and_deleted_at_wechat_too(desk: Desk, town: Town) -> None:
    page = desk.enter("tags")
    desk.press("新建标签")
    desk.dialog().get_by_label("标签名").fill("爱喝白茶")
    desk.press("保存", desk.dialog())
    page.locator("main .chip", has_text="爱喝白茶").wait_for()
    desk.press("给“爱喝白茶”改名")
    desk.dialog().get_by_label("标签名").fill("老白茶")
    desk.press("保存", desk.dialog())
    page.locator("main .chip", has_text="老白茶").wait_for()
    assert "老白茶" in names_at_wechat(town)
    desk.page.locator(".toast", has_text="已保存").last.get_by_role("button", name="撤销").click()
    page.locator("main .chip", has_text="爱喝白茶").wait_for()
    wang = town.people["王阿姨"].openid
    number = next(tag["tag_id"] for tag in town.api("GET", "tea/tags")["items"] if tag["name"] == "爱喝白茶")
    town.api("PUT", f"tea/followers/{wang}/tags", {"add": [number]})

    desk.enter("tags")
    desk.press("删除标签“爱喝白茶”")
    desk.dialog().get_by_text("从 1 人身上消失").wait_for()
    page.keyboard.press("Escape")
    assert not desk.asked("DELETE")
    desk.press("删除标签“爱喝白茶”")
    desk.press("删除", desk.dialog())
    page.locator("main .chip", has_text="爱喝白茶").wait_for(state="detached")
    assert "爱喝白茶" not in names_at_wechat(town)
    assert eventually(lambda: number not in town.api("GET", f"tea/followers/{wang}")["tags"])


def names_at_wechat(town: Town) -> list[str]:
    return [tag["name"] for tag in town.back_office("tags/get")["tags"]]


def test_what_was_changed_behind_our_back_is_shown_and_mended(desk: Desk, town: Town) -> None:
    made = town.back_office("tags/create", {"tag": {"name": "雨前新客"}})["tag"]["id"]
    page = desk.enter("tags")
    page.get_by_role("note").get_by_text("雨前新客").wait_for()
    desk.shot("tags-drift")
    desk.press("以微信为准")
    desk.toast("已按微信更新")
    page.locator("main .chip", has_text="雨前新客").wait_for()
    assert not page.get_by_role("note").filter(has_text="雨前新客").count()
    town.back_office("tags/delete", {"tag": {"id": made}})
    desk.enter("tags")
    page.get_by_role("note").get_by_text("雨前新客").wait_for()
    desk.press("以微信为准")
    page.locator("main .chip", has_text="雨前新客").wait_for(state="detached")


def test_a_rule_says_whom_it_would_tag_and_tags_who_comes_after(desk: Desk, town: Town) -> None:
    page = desk.enter("tags?view=rules")
    desk.press("扫过某个码")
    sheet = desk.dialog()
    sheet.get_by_label("哪个码").fill("parcel")
    sheet.get_by_label("规则名").fill("拆过包裹")
    sheet.get_by_label("打上标签").select_option(label="爱喝龙井")
    sheet.get_by_text("现在有 1 人符合").wait_for()
    desk.shot("rule")
    desk.press("保存", sheet)
    page.locator("main li", has_text="拆过包裹").get_by_text("最近 30 天扫过码").wait_for()
    newcomer = town.phone("parcel-1")
    newcomer.scan("parcel")
    got = eventually(lambda: town.tags["爱喝龙井"] in town.api("GET", f"tea/followers/{newcomer.openid}")["tags"])
    assert got
    page.locator("main li", has_text="拆过包裹").get_by_role("button", name="删除规则").click()
    desk.undo("规则已删除")
    page.locator("main li", has_text="拆过包裹").get_by_role("button", name="删除规则").click()
    page.locator("main li", has_text="拆过包裹").wait_for(state="detached")


# Segments.


@pytest.fixture
def members(town: Town) -> Iterator[str]:
    """A segment: members who have not scanned the parcels' code; one of two."""
    scanned = {"event": "scanned", "what": "parcel", "within_days": 30, "at_least": 1}
    parts = [{"field": "tags", "is": "has", "value": town.tags["会员"]}, {"not": scanned}]
    told = {"name": "没拆过包裹的会员", "question": {"all": parts}}
    made = town.api("POST", "tea/segments", told)
    yield str(made["segment_id"])
    for one in town.api("GET", "tea/segments")["items"]:
        if one["name"] == told["name"]:
            town.api("DELETE", f"tea/segments/{one['segment_id']}")


def test_a_question_is_estimated_as_it_grows(desk: Desk, town: Town) -> None:
    page = desk.enter("segments/new")
    page.get_by_text("每一组至少要有一个条件").wait_for()
    desk.press("加条件")
    page.get_by_label("值").select_option(label="会员")
    page.get_by_text("共").filter(has_text="位粉丝").wait_for()
    assert page.locator(".figure b").inner_text() == "2"
    desk.press("加一组")
    inner = page.get_by_role("group", name="满足任意一个")
    inner.get_by_role("button", name="加行为").click()
    inner.get_by_label("哪个码").fill("parcel")
    inner.get_by_label("组合方式").select_option("none")
    eventually(lambda: page.locator(".figure b").inner_text() == "1")
    page.get_by_text("标签 有 会员，并且并非（最近 30 天扫过码“parcel”）").wait_for()
    page.get_by_label("人群名").fill("刚存的")
    desk.press("保存")
    desk.toast("已保存")
    page.get_by_role("heading", name="刚存的").wait_for()
    assert len(desk.asked("POST")) <= 7
    town.api("DELETE", f"tea/segments/{desk.page.url.rpartition('/')[2]}")


def test_a_segment_is_counted_explained_and_listed(desk: Desk, town: Town, members: str) -> None:
    page = desk.enter(f"segments/{members}")
    desk.press("精确统计")
    page.get_by_text("精确值 1 人").wait_for()
    for name, inside in (("王阿姨", "在这个人群里"), ("周小姐", "不在这个人群里")):
        page.get_by_label("openid").fill(town.people[name].openid)
        desk.press("查一查")
        page.locator(".explained").get_by_text(inside, exact=True).wait_for()
    assert page.locator(".why li.no").count() == 1
    desk.shot("segment-explained")
    page.get_by_role("link", name="看是哪些人").click()
    desk.ready("followers")
    eventually(lambda: page.locator("tbody tr").count() == 1)
    assert "王阿姨" in page.locator("tbody").inner_text()


@pytest.mark.usefixtures("members")
def test_a_deleted_segment_comes_back(desk: Desk) -> None:
    page = desk.enter("segments")
    desk.press("删除“没拆过包裹的会员”")
    desk.undo("已删除")
    page.get_by_role("link", name="没拆过包裹的会员").wait_for()


def test_a_saved_question_comes_back_as_it_was(desk: Desk, town: Town) -> None:
    segment = f"tea/segments/{town.segments['柜台来的老客']}"
    before = town.api("GET", segment)
    desk.enter(segment.removeprefix("tea/"))
    desk.press("保存")
    desk.toast("已保存")
    assert town.api("GET", segment)["question"] == before["question"]


def test_a_question_that_was_not_saved_waits_for_its_return(desk: Desk, town: Town) -> None:
    segment = f"segments/{town.segments['最近七天新关注']}"
    page = desk.enter(segment)
    page.get_by_label("值").fill("9")
    desk.press("English")
    page.get_by_text("These are changes that you have not saved.").wait_for()
    desk.press("中文")
    desk.walk("audit")
    desk.walk(segment)
    assert page.get_by_label("值").input_value() == "9"
    desk.press("放弃修改")
    page.get_by_text("这是您没有保存的修改。").wait_for(state="detached")
    assert page.get_by_label("值").input_value() == "7"


def test_codes_are_proposed_to_who_has_to_name_one(desk: Desk) -> None:
    page = desk.enter("segments/new")
    desk.press("加行为")
    page.get_by_label("哪个码").focus()
    option = page.locator("datalist option[value='12']")
    option.wait_for(state="attached")
    assert option.get_attribute("label") == "西湖店柜台"


def test_two_who_change_a_segment_at_once_are_told(desk: Desk, town: Town) -> None:
    segment = f"tea/segments/{town.segments['最近七天新关注']}"
    page = desk.enter(segment.removeprefix("tea/"))
    before = town.api("GET", segment)
    town.api("PUT", segment, {"name": before["name"], "question": before["question"]})
    desk.press("保存")
    page.locator("form .notice.bad").wait_for()


# QR codes.


def test_a_code_is_made_scanned_and_counted(desk: Desk, town: Town) -> None:
    page = desk.enter("qrcodes")
    desk.press("新建二维码")
    sheet = desk.dialog()
    sheet.get_by_label("名称").fill("三号茶桌")
    sheet.get_by_label("放在哪里").fill("西湖店二楼")
    sheet.get_by_label("参数").fill("table-03")
    sheet.get_by_label("扫码打标签").select_option(label="茶会常客")
    sheet.get_by_label("扫码回复").fill("三号桌请坐")
    desk.press("生成二维码", sheet)
    page.get_by_role("heading", name="三号茶桌").wait_for()
    page.get_by_text("还没有人扫过").wait_for()

    guests = [town.phone(f"table-{n}") for n in range(2)]
    assert "三号桌请坐" in str([guest.scan("table-03") for guest in guests])
    guests[0].scan("table-03")
    eventually(lambda: town.api("GET", "tea/qrcodes/table-03")["scans"] == 3)
    page = desk.enter("qrcodes/table-03")
    assert page.locator(".tile dd").all_inner_texts() == ["3", "2", "67%"]
    page.get_by_role("img", name="近三十天").wait_for()
    desk.press("删除“三号茶桌”")
    desk.press("删除", desk.dialog())
    desk.ready("qrcodes")
    page.get_by_role("link", name="西湖店柜台").wait_for()
    assert not page.get_by_role("link", name="三号茶桌").count()


def test_a_permanent_code_is_not_asked_for_its_days(desk: Desk) -> None:
    desk.enter("qrcodes")
    desk.press("新建二维码")
    days = desk.dialog().get_by_label("天数")
    days.fill("99")
    desk.dialog().get_by_label("有效期").select_option("permanent")
    days.wait_for(state="hidden")
    desk.dialog().get_by_label("有效期").select_option("temporary")
    days.wait_for()
    desk.press("取消", desk.dialog())


def test_a_code_is_drawn_for_print_and_for_screens(desk: Desk) -> None:
    page = desk.enter("qrcodes/12")
    picture = page.get_by_role("img", name="“西湖店柜台”的二维码")
    assert picture.evaluate("(each) => each.decode().then(() => each.naturalWidth)") > 0
    for name, begins in (("SVG", b"<?xml"), ("PNG", b"\x89PNG")):
        with page.expect_download() as coming:
            desk.press(name)
        content = Path(coming.value.path()).read_bytes()
        assert content.startswith(begins)
        assert coming.value.suggested_filename == f"12.{name.lower()}"


def test_a_new_picture_for_a_code_that_ends_soon_is_asked_for(desk: Desk) -> None:
    page = desk.enter("qrcodes/stand-7")
    desk.press("换新图")
    desk.dialog().get_by_text("印出去的要换").wait_for()
    desk.press("换新图", desk.dialog())
    desk.toast("已保存")
    page.get_by_text("还有 30 天").wait_for()


# Operators, tokens, the audit log.


def test_an_editor_is_added_comes_in_by_the_link_and_sees_what_editors_may(
    desk: Desk, town: Town, chromium: Any
) -> None:
    page = desk.enter("operators")
    desk.press("添加人员")
    desk.dialog().get_by_label("名字").fill("小林")
    desk.dialog().get_by_label("角色").select_option("editor")
    desk.press("保存", desk.dialog())
    desk.toast("已添加")
    page.locator("main li", has_text="小林").get_by_role("button", name="登录链接").click()
    link = desk.dialog().locator("code").inner_text()
    assert "/console#/sign-in/" in link
    page.keyboard.press("Escape")
    page.get_by_text(link).wait_for(state="detached")

    with sitting(chromium, town) as other:
        other.page.goto(link)
        other.ready("home").get_by_role("heading", name="小林，您好").wait_for()
        assert not other.page.locator("nav.side a", has_text="运营人员").count()
        other.walk("operators").get_by_text("只对管理员开放").wait_for()
        other.walk("tags").get_by_role("button", name="新建标签").wait_for()
        page.locator("main li", has_text="小林").get_by_role("button", name="移除 小林").click()
        desk.press("移除", desk.dialog())
        desk.toast("小林 已移除")
        other.page.get_by_role("link", name="人群").click()
        other.page.get_by_text("登录已过期").wait_for()


def test_a_token_is_shown_once_opens_what_it_may_and_nothing_once_revoked(desk: Desk, town: Town) -> None:
    page = desk.enter("operators?view=tokens")
    desk.press("发放令牌")
    desk.dialog().get_by_label("给谁用").fill("看板")
    desk.press("发放", desk.dialog())
    desk.dialog().get_by_text("请填写").wait_for()
    desk.dialog().get_by_label("粉丝 · 读").check()
    desk.press("发放", desk.dialog())
    token = desk.dialog().locator("code", has_text="gaiwan_").inner_text()
    page.keyboard.press("Escape")
    page.get_by_text(token).wait_for(state="detached")
    assert ask("GET", f"{desk.site}/api/tea/followers?limit=1", token=token)["items"]
    with pytest.raises(Refused, match="403"):
        ask("GET", f"{desk.site}/api/tea/tags", token=token)
    page.locator("main li", has_text="看板").get_by_role("button", name="收回").click()
    desk.press("收回", desk.dialog())
    desk.toast("看板 的令牌已收回")
    with pytest.raises(Refused, match="401"):
        ask("GET", f"{desk.site}/api/tea/followers?limit=1", token=token)


def test_the_audit_log_tells_what_was_done_and_by_whom(desk: Desk) -> None:
    desk.enter("tags")
    desk.press("新建标签")
    desk.dialog().get_by_label("标签名").fill("记一笔")
    desk.press("保存", desk.dialog())
    desk.toast("已保存")
    desk.press("删除标签“记一笔”")
    desk.press("删除", desk.dialog())
    desk.toast("已删除")
    page = desk.walk("audit")
    first = page.locator("tbody tr").first
    assert "小满" in first.inner_text() and "标签 · 删除" in first.inner_text()
    page.get_by_label("谁（全名）").fill("local stack")
    page.get_by_label("做了什么").select_option("segments")
    page.locator("tbody").get_by_text("人群 · 新建").first.wait_for()
    assert "who=local" in page.url and "did=segments" in page.url
    page.get_by_label("谁（全名）").fill("没有这个人")
    page.get_by_text("没有这样的记录").wait_for()
