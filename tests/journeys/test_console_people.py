"""Home and Followers of the console on the real stack: people who really followed, said, scanned and voted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.doors import Json, Phone, ask, eventually
from tests.console_desk import Desk
from tests.console_town import Town

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def wang(town: Town) -> Phone:
    return town.people["王阿姨"]


def known(town: Town, person: Phone) -> Json:
    return town.api("GET", f"tea/followers/{person.openid}")


# Home.


def test_home_counts_and_a_sync_is_watched_to_its_end(desk: Desk, town: Town) -> None:
    ask("POST", f"{town.stack.simulator}/controls/people", {"account": "tea", "count": 40, "prefix": "oLate"})
    # The town's own may have ended by now: other tests move its clock.
    town.api("POST", "tea/qrcodes", {"scene": "soon-over", "name": "周末市集", "kind": "temporary", "days": 2})
    town.controls.advance(61)  # what is to do is remembered for a minute
    page = desk.enter("home")
    before = int(page.locator(".tile.lead dd").inner_text().replace(",", ""))
    page.get_by_role("img", name="三十天增长").wait_for()
    page.get_by_role("link", name="二维码三天内到期").wait_for()
    desk.press("再同步一次")
    page.get_by_role("progressbar").wait_for()
    desk.shot("home-syncing")
    desk.toast("同步完成")
    page.get_by_text("今天完成").wait_for()
    page = desk.enter("home")
    assert int(page.locator(".tile.lead dd").inner_text().replace(",", "")) >= before + 40


# Followers.


def test_finding_somebody_and_nobody(desk: Desk, wang: Phone) -> None:
    page = desk.enter("followers")
    rows = page.locator("tbody tr")
    assert rows.count() == 50
    desk.press("更多")
    page.get_by_text("已显示 100 条").wait_for()
    for words in ("王阿", wang.openid[:9]):
        page.get_by_label("找备注").fill(words)
        eventually(lambda: rows.count() == 1)
        assert "王阿姨" in rows.inner_text()
    page.get_by_label("找备注").fill("没有这个人")
    page.get_by_text("没有找到").wait_for()
    desk.press("清除筛选")
    page.get_by_label("全部标签").select_option(label="老客 · 2")
    eventually(lambda: rows.count() == 2)
    assert "陈老师" in rows.first.inner_text()
    page.get_by_label("全部人群").focus()
    page.get_by_label("全部标签").select_option(index=0)
    page.get_by_label("全部人群").select_option(label="柜台来的老客")
    eventually(lambda: rows.count() == 2 and "王阿姨" in rows.all_inner_texts()[1])


def test_a_person_with_everything_that_happened(desk: Desk, wang: Phone) -> None:
    page = desk.enter(f"followers/{wang.openid}")
    page.locator(".timeline li").first.wait_for()
    past = page.locator(".timeline").inner_text()
    for words in (
        "关注",
        "今天的茶单？",
        "扫码",
        "西湖店柜台",
        "投票",
        "春茶上新",
        "访问网页",
        "点菜单",
        "模板消息",
        "明前龙井",
    ):
        assert words in past
    page.locator(".timeline").get_by_text("今日茶单：茉莉花茶").first.wait_for()
    wang.say("下次留两泡桂花乌龙")
    desk.page.reload()
    desk.page.locator(".timeline li", has_text="下次留两泡桂花乌龙").wait_for()


def test_a_remark_is_changed_and_taken_back(desk: Desk, town: Town) -> None:
    sun = town.people["孙先生"]
    page = desk.enter(f"followers/{sun.openid}")
    desk.press("备注名")
    desk.dialog().get_by_label("备注名").fill("一二三四五六七八九十")
    desk.press("保存", desk.dialog())
    desk.dialog().get_by_text("太长了").wait_for()
    desk.dialog().get_by_label("备注名").fill("孙博士")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="孙博士").wait_for()
    assert known(town, sun)["remark"] == "孙博士"
    desk.undo("已保存")
    page.get_by_role("heading", name="孙先生").wait_for()


def test_tags_of_a_person_are_changed_and_taken_back(desk: Desk, town: Town) -> None:
    sun = town.people["孙先生"]
    page = desk.enter(f"followers/{sun.openid}")
    page.get_by_label("加标签").select_option(label="会员")
    page.get_by_role("button", name="移除 会员").wait_for()
    assert town.tags["会员"] in known(town, sun)["tags"]
    desk.undo("标签已改")
    page.get_by_role("button", name="移除 会员").wait_for(state="detached")
    assert town.tags["会员"] not in known(town, sun)["tags"]


def test_what_needs_consent_is_kept_only_with_it_and_can_be_forgotten(desk: Desk, town: Town) -> None:
    sun = town.people["孙先生"]
    page = desk.enter(f"followers/{sun.openid}")
    desk.press("添一项")
    desk.dialog().get_by_label("资料名").fill("phone")
    desk.dialog().get_by_label("内容").fill("13800138000")
    desk.press("保存", desk.dialog())
    desk.dialog().get_by_text("同意", exact=False).last.wait_for()
    desk.dialog().get_by_label("本人同意").fill("门店登记表")
    desk.press("保存", desk.dialog())
    page.locator(".fact", has_text="13800138000").get_by_text("已同意").wait_for()
    desk.press("抹去“电话”")
    desk.press("抹去", desk.dialog())
    page.locator(".fact", has_text="13800138000").wait_for(state="detached")
    assert known(town, sun)["facts"] == []


def test_blocking_asks_first_and_can_be_undone(desk: Desk, town: Town) -> None:
    zhao = town.people["赵叔"]
    page = desk.enter(f"followers/{zhao.openid}")
    desk.press("拉黑")
    desk.press("取消", desk.dialog())
    assert not desk.asked("PUT")
    desk.press("拉黑")
    desk.press("拉黑", desk.dialog())
    page.get_by_role("button", name="移出黑名单").wait_for()
    assert known(town, zhao)["blocked"]
    desk.undo("已拉黑")
    page.get_by_role("button", name="拉黑", exact=True).wait_for()
    assert not known(town, zhao)["blocked"]


def test_tagging_many_and_taking_it_back(desk: Desk, town: Town) -> None:
    page = desk.enter("followers?search=oGuest0")
    page.locator("tbody tr").first.wait_for()
    page.get_by_label("全选").check()
    chosen = page.locator("tbody tr").count()
    desk.press("打标签")
    desk.dialog().get_by_label("标签").select_option(label="茶会常客")
    desk.press("打标签", desk.dialog())
    desk.toast(f"正在给 {chosen} 人打标签")
    page.locator("tbody .chip", has_text="茶会常客").nth(chosen - 1).wait_for()
    desk.undo("打标签")
    eventually(lambda: not _tagged(town, "茶会常客", "oGuest0"))


def _tagged(town: Town, tag: str, search: str) -> list[Json]:
    found: list[Json] = town.api("GET", f"tea/followers?search={search}&tag={town.tags[tag]}")["items"]
    return found


def test_who_has_left_is_shown_as_gone(desk: Desk, town: Town) -> None:
    passer_by = town.phone("passer-by")
    passer_by.follow()
    passer_by.unfollow()
    page = desk.enter(f"followers/{passer_by.openid}")
    page.get_by_text("已取关").wait_for()


# CSV.


@pytest.fixture
def give(desk: Desk) -> Callable[[bytes], Any]:
    """Hands a file to the import's sheet."""

    def handed(content: bytes) -> Any:
        if not desk.dialog().count():
            desk.press("导入 CSV")
        file = {"name": "fans.csv", "mimeType": "text/csv", "buffer": content}
        desk.page.set_input_files("dialog input[type=file]", files=[file])
        return desk.dialog()

    return handed


def test_a_broken_row_is_named_and_nothing_is_changed_till_all_are_fine(desk: Desk, town: Town, give: Any) -> None:
    people = [town.people[name] for name in ("周小姐", "林同学")]
    rows = [f'{person.openid},"友，{n}",爱喝普洱,钱塘' for n, person in enumerate(people)]
    desk.enter("followers")
    sheet = give("\n".join(["openid,remark,tags,城区", *rows, "nobody-at-all,李,,"]).encode("gbk"))
    sheet.get_by_text("文件是 GBK 编码").wait_for()
    sheet.get_by_role("cell", name="4", exact=True).wait_for()
    assert sheet.get_by_role("button", name="写入").count() == 0
    desk.shot("import-refused")
    desk.press("换一个文件", sheet)
    sheet = give("\n".join(["openid,remark,tags,城区", *rows]).encode("gbk"))
    sheet.get_by_role("cell", name="友，1").wait_for()
    assert known(town, people[1])["remark"] == "林同学"
    desk.shot("import")
    desk.press("写入 2 行", sheet)
    sheet.get_by_role("progressbar").wait_for()
    desk.toast("已写入 2 行")
    told = known(town, people[1])
    assert told["remark"] == "友，1"
    assert town.tags["爱喝普洱"] in told["tags"]
    assert [fact["value"] for fact in told["facts"] if fact["name"] == "城区"] == ["钱塘"]
    for name, person in zip(("周小姐", "林同学"), people, strict=True):
        town.api("PUT", f"tea/followers/{person.openid}/remark", {"remark": name})


def test_what_is_no_text_is_refused(desk: Desk, give: Any) -> None:
    desk.enter("followers")
    give(b"\x80\xff\xfe\x00\xd8\xff").get_by_text("读不懂这个文件的编码").wait_for()


def test_a_long_file_goes_in_pieces_that_the_api_takes(desk: Desk, town: Town, give: Any) -> None:
    """Of Chinese text, which takes three bytes a letter; row numbers are the file's."""
    row = f"{town.people['周小姐'].openid}2,友,{'茶' * 180}\n"
    desk.enter("followers")
    give(("openid,remark,爱喝\n" + row * 1100).encode())
    desk.dialog().get_by_role("button", name="换一个文件").wait_for()
    assert desk.asked("POST").count("tea/followers/import") > 2
    assert desk.dialog().get_by_text("1,100 行").count()


def test_an_export_holds_everybody_and_runs_in_no_spreadsheet(desk: Desk, town: Town) -> None:
    chen = town.people["陈老师"]
    town.api("PUT", f"tea/followers/{chen.openid}/facts", {"facts": {"留言": "=1+1"}})
    page = desk.enter("followers")
    with page.expect_download() as coming:
        desk.press("导出 CSV")
    content = Path(coming.value.path()).read_bytes()
    lines = content.decode("utf-8-sig").splitlines()
    assert content.startswith(b"\xef\xbb\xbf")
    assert len(lines) == town.api("GET", "tea/home")["followers"] + 1
    line = next(each for each in lines if chen.openid in each)
    assert "陈老师" in line and ",'=1+1" in line
    town.api("DELETE", f"tea/followers/{chen.openid}/facts/%E7%95%99%E8%A8%80")


def test_an_export_holds_whom_the_list_shows(desk: Desk) -> None:
    page = desk.enter("followers?search=王阿")
    with page.expect_download() as coming:
        desk.press("导出 CSV")
    lines = Path(coming.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "王阿姨" in lines[1]


def test_coming_back_from_somebody_leads_to_where_one_was_in_the_list(desk: Desk) -> None:
    page = desk.enter("followers?sort=old")
    desk.press("更多")
    page.get_by_text("已显示 100 条").wait_for()
    person = page.locator("tbody tr a").nth(80)
    name = person.inner_text()
    for back in (page.get_by_role("link", name="粉丝").last.click, page.go_back):
        person.click()
        page.locator("main h1", has_text=name.split()[-1]).wait_for()
        back()
        page.get_by_text("已显示 100 条").wait_for()
        eventually(lambda: page.evaluate("window.scrollY") > 2000)
        assert person.inner_text() == name
        assert page.get_by_label("排序").input_value() == "old"


def test_a_row_is_chosen_by_its_name(desk: Desk) -> None:
    page = desk.enter("followers?search=王阿")
    page.get_by_role("checkbox", name="选中 王阿姨").check()
    page.get_by_text("已选 1 人").wait_for()
