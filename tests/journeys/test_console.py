"""Getting into the console, and what holds in every room of it: the unhappy paths, roles, requests, sizes, keyboard."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from ops.doors import eventually
from tests.console_desk import DESK, PHONE, Desk, sitting
from tests.console_town import Town
from tests.journeys.conftest import Seats
from tests.stack import running

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.slow]

ROOMS = (
    *("home", "followers", "tags", "segments", "menus", "qrcodes"),
    *("campaigns", "templates", "automations", "integrations", "operators", "audit"),
)
VIEWS = (
    *ROOMS,
    "tags?view=rules",
    "operators?view=tokens",
    "segments/{segment}",
    "segments/new",
    "menus?menu=1",
    "menus?view=versions",
    "menus?view=clicks",
    "menus?view=try",
    "menus/2",
    "qrcodes/12",
    "followers/{person}",
    "campaigns/{campaign}",
    "campaigns/{waiting}",
    "campaigns/{split}",
    "campaigns/{split}?view=edit",
    "campaigns/new",
    "campaigns?view=compare&items={campaign},{waiting}",
    "automations/{automation}",
    "automations/{automation}?view=edit",
    "automations/new?example=0",
    "integrations?view=in",
    "integrations?view=ids",
    "integrations/{webhook}",
    "integrations/{webhook}?view=edit",
    "integrations/{failing}?view=dead",
    "integrations/{crm}",
    "integrations/{crm}?view=edit",
    "integrations/new",
)
MOST_REQUESTS = 2
EMPTY = (
    ("followers", "还没有粉丝"),
    ("tags", "还没有标签"),
    ("segments", "还没有人群"),
    ("menus", "还没有菜单草稿"),
    ("qrcodes", "还没有二维码"),
    ("campaigns", "还没有活动"),
    ("automations", "还没有自动化"),
    ("integrations", "还没有对接"),
)
# Usable after two as well; then their tags' names, their timeline, picture, numbers by day or campaigns arrive.
WITH_MORE_TO_COME = re.compile("followers|tags$|segments/|menus|qrcodes/|campaigns|automations/|integrations/")
MORE = 4  # a person's page: their timeline, and what they agreed to, are in and got
USABLE = (
    "addEventListener('DOMContentLoaded', () => new MutationObserver(() => {"
    "if (!window.usable && document.querySelector('main[data-ready], main .timeline, main .question, main tbody tr,"
    " main .rows, main .cards, main .tiles, main .poster, main .phone, main .wants, main .want,"
    " main .inward, main .said-all')) window.usable ="
    " performance.getEntriesByType('resource').filter((each) => each.name.includes('/api/')).length"
    "}).observe(document.body, {childList: true, subtree: true}))"
)
NAMELESS = (
    "[...document.querySelectorAll('button, a, input, select, textarea')].filter((each) =>"
    " !each.textContent.trim() && !each.getAttribute('aria-label') && !(each.labels && each.labels.length))"
    ".map((each) => each.outerHTML)"
)
CONTROLS = "main button, main input:not([type=search]), main textarea"
MAY_BE_SEEN = re.compile("SVG|PNG|选中|再试|更多|更早|复制|精确|导出|看|查|清除|关闭")
EVERY_LOOK = [
    f"{size}-{tongue}-{theme}" for size in ("desk", "phone") for tongue in ("zh", "en") for theme in ("light", "dark")
]
LOOKS = (
    EVERY_LOOK
    if "GAIWAN_SCREENSHOTS" in os.environ
    else ["desk-zh-light", "desk-en-dark", "phone-zh-dark", "phone-en-light"]
)


@pytest.fixture
def views(town: Town) -> list[str]:
    person, segment = town.people["王阿姨"].openid, town.segments["柜台来的老客"]
    automation = town.automations["下单后道谢"]
    told, sent = town.endpoints, town.campaigns
    others = {"campaign": sent["春茶到店"], "waiting": sent["夏季茶单"], "split": sent["清明前的一点心意"]}
    others |= {"webhook": told["会员系统"], "failing": told["老仓库"], "crm": told["HubSpot"]}
    return [view.format(person=person, segment=segment, automation=automation, **others) for view in VIEWS]


def label(view: str) -> str:
    """Of a picture: without what is another each time."""
    return re.sub(r"[^a-z]+", "-", re.sub(r"/(?!new)[^?]*", "-one", view))


# Getting in.


def test_a_link_signs_in_at_once_leaves_the_address_and_works_once(chromium: Any, town: Town) -> None:
    link = town.link("小满", "admin")
    for opened in ("盖碗", "登录链接已失效"):
        with sitting(chromium, town) as desk:
            desk.page.goto(link)
            desk.page.get_by_text(opened).first.wait_for()
            gone = eventually(lambda: link.rpartition("/")[2] not in desk.page.url, within=30)
            assert gone, desk.page.url
    assert desk.page.is_closed()


def test_a_spent_link_offers_to_scan_instead(chromium: Any, town: Town) -> None:
    with sitting(chromium, town) as desk:
        desk.page.goto(f"{desk.site}/console#/sign-in/spent")
        desk.page.get_by_role("alert").get_by_text("登录链接已失效").wait_for()
        desk.press("改用扫码")
        desk.page.get_by_role("img", name="登录二维码").wait_for()
        desk.shot("sign-in")


def test_a_fresh_stack_leads_whoever_started_it_into_an_empty_console(chromium: Any, tmp_path: Path) -> None:
    with running(tmp_path / "stack") as own, sitting(chromium, Town(own)) as desk:
        desk.page.goto(own.sign_in_url)
        page = desk.ready("home")
        page.get_by_role("heading", name="店长 Manager，您好").wait_for()
        assert page.url.endswith("/console#/tea/home")
        for room, words in EMPTY:
            desk.walk(room)
            page.locator("main .empty", has_text=words).wait_for()
            desk.shot(f"empty-{room}")


def test_who_binds_their_wechat_comes_back_by_scanning_to_where_they_were(chromium: Any, town: Town) -> None:
    mine = town.people["周小姐"]
    with sitting(chromium, town) as desk:
        desk.page.goto(town.link("周周", "editor"))
        desk.ready("home")
        desk.page.get_by_role("button", name="我是谁: 周周").click()
        desk.page.get_by_role("menuitem", name="绑定我的微信").click()
        desk.dialog().get_by_role("img", name="绑定我的微信").wait_for()
        digits = told(mine.scan(town.newest_code()))[:6]
        desk.dialog().get_by_label("微信里收到的数字").fill(digits)
        desk.dialog().get_by_role("button", name="绑定", exact=True).click()
        desk.toast("已绑定")

        desk.walk("tags")
        desk.context.clear_cookies(name="__Host-operator")
        desk.page.get_by_role("link", name="二维码").click()
        desk.page.get_by_text("登录已过期").wait_for()
        desk.page.get_by_role("img", name="登录二维码").wait_for()
        asked = told(mine.scan(town.newest_code()))
        desk.page.get_by_text("请在手机上点").wait_for()
        mine.say(asked.partition("msgmenucontent=")[2].partition("&")[0])
        desk.ready("qrcodes")
        assert desk.page.url.endswith("#/tea/qrcodes")


def test_who_signs_out_is_asked_who_they_are(chromium: Any, town: Town) -> None:
    with sitting(chromium, town) as desk:
        desk.page.goto(town.link("周周", "editor"))
        desk.ready("home")
        desk.page.get_by_role("button", name="我是谁: 周周").click()
        desk.page.get_by_role("menuitem", name="退出登录").click()
        desk.page.get_by_role("img", name="登录二维码").wait_for()
        desk.page.goto(f"{desk.site}/console#/tea/tags")
        desk.page.get_by_role("img", name="登录二维码").wait_for()


def test_a_link_of_somebody_else_asks_before_it_changes_who_one_is(chromium: Any, town: Town) -> None:
    with sitting(chromium, town) as desk:
        desk.page.goto(town.link("周周", "editor"))
        desk.ready("home")
        desk.page.goto(town.link("吴吴", "viewer"))
        desk.page.get_by_role("link", name="不换，回控制台").click()
        desk.page.get_by_role("button", name="我是谁: 周周").wait_for()
        desk.page.goto(town.link("吴吴", "viewer"))
        desk.press("用这个链接登录")
        desk.page.get_by_role("button", name="我是谁: 吴吴").wait_for()
        assert [said for said in desk.complaints if "409" in said]
        desk.complaints.clear()  # browsers say so of each refusal


def told(shown: Any) -> str:
    """What the chat says."""
    return str(shown["replies"][0]["content"])


# When things go wrong.


def test_a_room_that_fails_says_what_to_do_and_opens_at_the_second_try(desk: Desk) -> None:
    desk.enter("audit")
    for room in ROOMS[:-1]:
        path = {"integrations": "endpoints"}.get(room, room)
        desk.refuse(rf"/api/(tea/)?{path}(\?|$)", 503, "正忙，请稍后再试。Busy; please try again later.")
        page = desk.walk(room)
        page.get_by_text("正忙，请稍后再试。").wait_for()
        desk.press("再试一次")
        page.get_by_role("alert").filter(has_text="正忙").wait_for(state="detached")
        page.locator("main table, main .rows, main .cards, main .tiles").first.wait_for()


def test_who_is_offline_is_told_and_keeps_what_was_typed(desk: Desk) -> None:
    page = desk.enter("tags")
    desk.press("新建标签")
    desk.dialog().get_by_label("标签名").fill("春茶新客")
    desk.context.set_offline(True)
    desk.press("保存", desk.dialog())
    desk.dialog().get_by_text("网络断开了").wait_for()
    assert desk.dialog().get_by_label("标签名").input_value() == "春茶新客"
    desk.context.set_offline(False)
    desk.press("保存", desk.dialog())
    desk.toast("已保存")
    page.locator("main").get_by_text("春茶新客").wait_for()


def test_a_room_that_did_not_open_offline_opens_by_itself_once_the_net_is_back(desk: Desk) -> None:
    page = desk.enter("home")
    desk.context.set_offline(True)
    page.get_by_role("link", name="标签", exact=True).click()
    page.get_by_role("button", name="再试一次").wait_for()
    desk.context.set_offline(False)
    page.locator("main .rows .chip").first.wait_for()


def test_a_write_whose_answer_is_lost_is_sent_again_and_happens_once(desk: Desk) -> None:
    page = desk.enter("tags")
    desk.keys.clear()

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route(re.compile("/api/tea/tags$"), lose, times=1)
    desk.press("新建标签")
    desk.dialog().get_by_label("标签名").fill("晨茶")
    page.keyboard.press("Enter")
    desk.toast("已保存")
    assert len(desk.keys) == 2
    assert len(set(desk.keys)) == 1
    assert page.locator("main .chip", has_text="晨茶").count() == 1


def test_mistakes_stand_below_their_fields_whoever_finds_them(desk: Desk) -> None:
    desk.enter("qrcodes")
    desk.press("新建二维码")
    sheet = desk.dialog()
    sheet.get_by_label("名称").fill("门口")
    sheet.get_by_label("参数").fill("西 湖")
    desk.press("生成二维码", sheet)
    sheet.get_by_text("只能用字母、数字").wait_for()
    assert sheet.get_by_label("参数").get_attribute("aria-invalid") == "true"
    assert not desk.asked("POST")
    sheet.get_by_label("参数").fill("12")
    desk.press("生成二维码", sheet)
    sheet.get_by_text("这个参数已有二维码").wait_for()


def test_a_sheet_asks_before_it_throws_away_what_was_typed(desk: Desk) -> None:
    page = desk.enter("tags")
    desk.press("新建标签")
    page.keyboard.press("Escape")
    desk.dialog().wait_for(state="detached")
    desk.press("新建标签")
    field = desk.dialog().get_by_label("标签名")
    for beside in (False, True):
        field.fill("没存的")
        _ = page.mouse.click(5, 300) if beside else page.keyboard.press("Escape")
        page.get_by_role("heading", name="放弃填写的内容？").wait_for()
        desk.press("取消", desk.dialog().last)
        assert field.input_value() == "没存的"
    desk.press("关闭", desk.dialog())
    desk.press("放弃")
    desk.dialog().first.wait_for(state="detached")
    assert not desk.asked("POST")


def test_a_link_that_was_cut_off_opens_the_console_all_the_same(desk: Desk) -> None:
    page = desk.enter("followers/o%E7%8")
    page.get_by_text("没能打开").wait_for()
    desk.walk("tags")


# Every room.


def test_every_room_is_usable_after_two_requests_from_a_cold_start(desk: Desk, views: list[str]) -> None:
    desk.page.add_init_script(USABLE)
    for view in views:
        page = desk.enter(view)
        assert 0 < page.evaluate("window.usable") <= MOST_REQUESTS, view


def test_walking_into_a_room_asks_for_nothing_twice(desk: Desk, views: list[str]) -> None:
    desk.enter("audit")
    for view in views:
        desk.walk(view)
        # What an editor has checked while one writes comes a moment later, perhaps in the next room.
        asked = [path for path in desk.asked() if not path.endswith("/check")]
        assert len(asked) == len(set(asked)) <= 1 + bool(WITH_MORE_TO_COME.match(view)) * MORE, asked


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_is_no_admin_sees_no_more_than_they_may_use(
    chromium: Any, town: Town, seats: Seats, views: list[str], role: str
) -> None:
    with sitting(chromium, town, storage_state=seats(role)) as desk:
        desk.enter("home")
        for view in views:
            page = desk.walk(view)
            if view.startswith(("operators", "audit")):
                page.get_by_text("只对管理员开放").wait_for()
            elif role == "viewer":
                shown = page.locator(CONTROLS).locator("visible=true")
                free = [each for each in shown.all() if each.is_enabled()]
                words = [each.get_attribute("aria-label") or each.inner_text() or "" for each in free]
                assert not page.locator("main form").filter(has_not_text="openid").count(), view
                assert all(MAY_BE_SEEN.search(each) for each in words if each), (view, words)
            assert page.locator("nav.side a").count() == len(ROOMS) - 2


@pytest.mark.parametrize("look", LOOKS)
def test_every_room_fits_its_screen_and_is_worded_and_named(
    chromium: Any, town: Town, seats: Seats, views: list[str], look: str
) -> None:
    size, tongue, theme = look.split("-")
    told = {"viewport": DESK if size == "desk" else PHONE, "color_scheme": theme}
    locale = "en-US" if tongue == "en" else "zh-CN"
    with sitting(chromium, town, storage_state=seats("admin"), locale=locale, **told) as desk:
        desk.enter("audit")
        for view in views:
            page = desk.walk(view)
            page.wait_for_timeout(400 if len(LOOKS) > 4 else 50)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            assert page.locator("main h1").count() == 1
            assert page.evaluate(NAMELESS) == [], view
            untold = " ".join(page.locator("main, nav").locator("visible=true").all_inner_texts())
            named = page.locator("main :is(code, pre)").all_inner_texts()  # what machines call things
            for name in sorted(named, key=len, reverse=True):
                untold = untold.replace(name, "")
            assert not re.search(r"\b[a-z]+_[a-z_]+\b", re.sub(r"o[\w-]{27}|zh_\w+", "", untold)), view
            desk.shot(f"{look}-{label(view)}")


def test_the_longest_words_fit_the_smallest_screen(chromium: Any, town: Town, seats: Seats) -> None:
    longest, guest = "Longest" * 5 + "Names", town.people["林同学"].openid
    town.api("PUT", f"tea/followers/{guest}/facts", {"facts": {"主页": "https://example.com/" + "a" * 150}})
    code = town.api(
        "POST", "tea/qrcodes", {"scene": "x" * 64, "name": longest, "place": "地" * 60, "kind": "permanent"}
    )
    segment = town.api("POST", "tea/segments", {"name": longest, "question": {"field": "messages", "is": "known"}})
    operator = town.api("POST", "operators", {"name": longest, "role": "viewer"})
    views = (f"followers/{guest}", "qrcodes", f"qrcodes/{'x' * 64}", "segments", "operators", "audit")
    for told in ({"viewport": {"width": 320, "height": 640}}, {}):
        with sitting(chromium, town, storage_state=seats("admin"), **told) as desk:
            desk.enter("home")
            for view in views:
                page = desk.walk(view)
                page.wait_for_timeout(100)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
    town.api("DELETE", f"tea/qrcodes/{code['scene']}")
    town.api("DELETE", f"tea/segments/{segment['segment_id']}")
    town.api("DELETE", f"operators/{operator['operator_id']}")


def test_an_account_that_may_do_little_says_so_and_breaks_nothing(desk: Desk) -> None:
    desk.enter("home", account="leaf")
    for view in ROOMS[:-1]:
        page = desk.walk(view, account="leaf")
        assert page.locator("main h1").count() == 1
        assert not page.get_by_role("alert").filter(has_text="服务器出了问题").count()
        desk.shot(f"leaf-{label(view)}")


def test_the_keyboard_alone_goes_everywhere(desk: Desk) -> None:
    page = desk.enter("home")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("button", name="明暗").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.get_by_role("link", name="粉丝", exact=True).focus()
    page.keyboard.press("Enter")
    desk.ready("followers")
    page.locator("tbody a").first.focus()
    page.keyboard.press("Enter")
    page.locator(".timeline li").first.wait_for()
    eventually(lambda: page.evaluate("document.activeElement.id") == "main")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("tbody tr").first.wait_for()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"


def test_language_and_account_change_without_losing_the_place(desk: Desk) -> None:
    page = desk.enter("segments")
    desk.press("English")
    page.get_by_role("heading", name="Segments").wait_for()
    page.get_by_role("button", name="Account: 一盏茶").click()
    page.get_by_role("menuitemradio", name="茶叶笔记").click()
    page.wait_for_url("**#/leaf/segments")
    desk.ready("segments")
