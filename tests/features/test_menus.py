"""The draft of a menu: WeChat's limits told with their place, two operators at once, what changed, what is imported."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import BadInput, Conflict, Forbidden
from chalicelib.features import menus, tokens
from chalicelib.features.menus import Button, Conditional, Menu, When
from chalicelib.features.menus.document import seen, unwired, wire
from chalicelib.wechat.menus import AtWeChat
from chalicelib.wechat.menus import Conditional as Theirs
from tests.house import House
from tests.menu_card import ABOUT, ANDROID, CARD, SHOP, TODAY, at_wechat, drafted, published, with_android


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


def click(**told: Any) -> Button:
    return Button(**{"name": "茶", "type": "click", "key": "K"} | told)


def program(**told: Any) -> Button:
    whole = {"url": "https://a.example.com", "appid": "wx0123456789abcdef", "pagepath": "p"}
    return Button(**{"name": "x", "type": "miniprogram", **whole} | told)


BUTTONS: list[tuple[Any, str, str, str]] = [
    ([], "", "0 个按钮", "0 buttons"),
    ([click()] * 4, "", "4 个按钮", "4 buttons"),
    ([Button(name="x", sub_button=[click()] * 6)], "1", "6 项", "6 items"),
    ([Button(name="x", sub_button=[Button(name="y", sub_button=[click()])])], "1.1", "两级", "two levels"),
    ([click(name="")], "1", "不能为空", "empty"),
    ([click(name="   ")], "1", "不能为空", "empty"),
    ([click(name="六个汉字太长")], "1", "18 字节", "18 bytes"),
    ([click(name="茶🍵🍵🍵🍵")], "1", "19 字节", "19 bytes"),
    ([click(), Button(name="x", sub_button=[click(name="长" * 21)])], "2.1", "63 字节", "63 bytes"),
    ([click(name="a\nb")], "1", "控制字符", "control character"),
    ([click(name=r"\u8336")], "1", r"\uXXXX", r"\uXXXX escape"),
    ([click(key="")], "1", "不能为空", "empty"),
    ([click(key="k" * 129)], "1", "129 字节", "129 bytes"),
    ([click(key=r"a\u00e9")], "1", r"\uXXXX", r"\uXXXX"),
    ([Button(name="x")], "1", "没有动作", "does nothing"),
    ([click(type="telephone")], "1", "没有「telephone」", "no buttons of type telephone"),
    ([Button(name="x", type="view")], "1", "不能为空", "empty"),
    ([Button(name="x", type="view", url="shop.example.com")], "1", "完整网址", "whole http"),
    ([Button(name="x", type="view", url="ftp://a.example.com")], "1", "完整网址", "whole http"),
    ([Button(name="x", type="view", url="https://[a")], "1", "完整网址", "whole http"),
    ([Button(name="x", type="view", url="https://a b")], "1", "完整网址", "whole http"),
    ([Button(name="x", type="view", url="https://a.cn/" + "x" * 1012)], "1", "1025 字节", "1025 bytes"),
    ([program(appid="")], "1", "不能为空", "empty"),
    ([program(appid="gh_1")], "1", "wx 加", "sixteen"),
    ([program(url="")], "1", "不能为空", "empty"),
    ([program(pagepath="")], "1", "不能为空", "empty"),
    ([Button(name="x", type="media_id")], "1", "不能为空", "empty"),
    ([Button(name="x", type="article_view_limited")], "1", "不能为空", "empty"),
    ([click(type="pic_weixin", key="")], "1", "不能为空", "empty"),
]


@pytest.mark.parametrize(("buttons", "at", "chinese", "english"), BUTTONS)
def test_each_limit_is_told_in_both_languages_with_its_place(
    buttons: list[Button], at: str, chinese: str, english: str
) -> None:
    (problem, *_) = [one for one in menus.check(Menu(button=buttons), ()) if one.blocks]
    assert (problem.menu, problem.button) == (0, at)
    assert chinese in problem.says and english in problem.says
    assert problem.says.startswith("默认菜单") and "The ordinary menu" in problem.says
    if at:
        assert f"第 {at[0]} 个按钮" in problem.says and f"button {at[0]}" in problem.says
    # Inside a conditional menu the same is told of that one.
    inside = Menu(button=[click()], conditional=[Conditional(label="常客", when=When(platform="ios"), button=buttons)])
    (problem, *_) = [one for one in menus.check(inside, ()) if one.blocks]
    assert (problem.menu, problem.button) == (1, at)
    assert "「常客」" in problem.says and "conditional menu 1 “常客”" in problem.says.replace("Cond", "cond")


@pytest.mark.parametrize(
    "button",
    [
        click(name="五个汉字名"),
        click(name="🍵🍵🍵🍵"),
        click(name="👩‍🍳 a"),
        click(name="喜欢🩷"),  # newer than this Python's list of letters
        click(key="k" * 128),
        click(key="键" * 42),
        Button(name="x", type="view", url="https://a.cn/" + "x" * 1011),
        Button(name="x", type="view", url="HTTP://A.cn"),
        Button(name="x", sub_button=[click(name="长" * 20)]),
        program(),
        *(click(type=kind) for kind in ("scancode_push", "scancode_waitmsg", "pic_sysphoto", "location_select")),
        Button(name="x", type="view_limited", media_id="m"),
        Button(name="x", type="article_id", article_id="a"),
    ],
)
def test_what_just_fits_is_fine(button: Button) -> None:
    assert not [one for one in menus.check(Menu(button=[button]), ()) if one.blocks]


def test_conditional_menus_have_limits_of_their_own() -> None:
    def told(*conditional: Conditional, tags: tuple[int, ...] = (100,)) -> list[tuple[int, bool, str]]:
        found = menus.check(Menu(button=[TODAY], conditional=list(conditional)), tags)
        return [(one.menu, one.blocks, one.says) for one in found]

    assert "choose a tag" in told(Conditional(button=[TODAY]))[0][2]
    assert "标签 101 已不存在" in told(Conditional(when=When(tag_id=101), button=[TODAY]))[0][2]
    ios = Conditional(when=When(platform="ios"), button=[TODAY])
    narrow = Conditional(when=When(platform="ios", tag_id=100), button=[TODAY])
    assert [(menu, blocks) for menu, blocks, _ in told(ios, narrow)] == [(2, False)]
    assert told(narrow, ios) == []
    far = [Button(name="x", type="view", url=f"https://{n}.example.com/a") for n in range(4)]
    three = Conditional(when=When(platform="ios"), button=far[:3])
    fourth = Conditional(when=When(platform="android"), button=[Button(name="m", sub_button=far[3:])])
    assert told(three) == []
    ((_, blocks, says),) = told(three, fourth)
    assert blocks and "3 个域名" in says and "three domains" in says
    # The ordinary menu may lead anywhere.
    assert not menus.check(Menu(button=[Button(name="x", sub_button=far)], conditional=[three]), ())


def test_what_operators_would_regret_does_not_block() -> None:
    long, twice = click(name="五个汉字名"), click(name="又")
    found = menus.check(Menu(button=[long, twice]), ())
    assert [(one.button, one.field, one.blocks) for one in found] == [("1", "name", False), ("2", "", False)]
    assert "4 个汉字" in found[0].says and "clicks are one" in found[1].says


def test_a_draft_is_kept_with_its_faults(shop: House) -> None:
    broken = Menu(button=[click(name="")])
    saved = menus.save(shop.svc, shop.tea, broken, 0, "小满")
    assert (saved.version, saved.saved_by) == (1, "小满")
    assert menus.draft(shop.svc, shop.tea).menu == broken
    assert menus.problems(shop.svc, shop.tea, broken)
    with pytest.raises(BadInput, match="不能为空"):
        menus.publish(shop.svc, shop.tea, 1, "小满")
    assert at_wechat(shop)["made"] is None


def test_the_second_of_two_operators_is_told_and_shown_the_difference(shop: House) -> None:
    drafted(shop, CARD)
    mine, theirs = Menu(button=[TODAY]), Menu(button=[TODAY, ABOUT, SHOP])
    menus.save(shop.svc, shop.tea, theirs, 1, "小满")

    with pytest.raises(Conflict, match="not saved") as caught:
        menus.save(shop.svc, shop.tea, mine, 1, "阿明")

    told = caught.value.details
    assert told["draft"]["saved_by"] == "小满" and told["draft"]["version"] == 2
    gone = {change["name"] for change in told["difference"] if change["what"] == "removed"}
    assert gone == {"关于", "营业时间", "逛逛"}
    assert menus.draft(shop.svc, shop.tea).menu == theirs
    # Having seen it, they may insist.
    assert menus.save(shop.svc, shop.tea, mine, 2, "阿明").version == 3


def test_pressing_save_twice_saves_once(shop: House) -> None:
    first = menus.save(shop.svc, shop.tea, CARD, 0, "小满")
    assert menus.save(shop.svc, shop.tea, CARD, 0, "小满") == first


def test_a_menu_too_big_to_be_kept_is_refused(shop: House) -> None:
    with pytest.raises(BadInput, match="too big"):
        menus.save(shop.svc, shop.tea, Menu(button=[click(name="x" * 100_001)]), 0, "小满")


def test_an_account_without_the_interface_may_draft_and_not_publish(shop: House) -> None:
    menus.save(shop.svc, shop.leaf, CARD, 0, "小满")
    for does in (menus.look, lambda svc, leaf: menus.publish(svc, leaf, 1, "小满")):
        with pytest.raises(Forbidden, match="verified"):
            does(shop.svc, shop.leaf)


def said(was: Menu, now: Menu) -> list[tuple[str, int, str, str]]:
    return [(one.what, one.menu, one.button, one.was_at) for one in menus.difference(was, now)]


def test_what_changed_is_said_as_an_operator_would_say_it() -> None:
    hours, more = ABOUT.sub_button
    assert said(CARD, CARD) == []
    renamed = menus.difference(CARD, Menu(button=[click(name="今天", key="TODAY"), ABOUT]))
    assert [(one.what, one.button, [(f.field, f.was, f.is_now) for f in one.fields]) for one in renamed] == [
        ("changed", "1", [("name", "今日", "今天")])
    ]
    assert "「今日」→「今天」" in renamed[0].says and "another name" in renamed[0].says
    # What is only pushed on has not moved.
    assert said(CARD, Menu(button=[click(), TODAY, ABOUT])) == [("added", 0, "1", "")]
    assert said(CARD, Menu(button=[ABOUT, TODAY])) == [("moved", 0, "1", "2")]
    five = [click(name=name, key=name) for name in "ABCDE"]
    first_last = Menu(button=[TODAY, Button(name="关于", sub_button=[*five[1:], five[0]])])
    assert said(Menu(button=[TODAY, Button(name="关于", sub_button=five)]), first_last) == [("moved", 0, "2.5", "2.1")]
    out = Menu(button=[TODAY, Button(name="关于", sub_button=[hours]), more])
    assert said(CARD, out) == [("moved", 0, "3", "2.2")]
    assert said(CARD, Menu(button=[TODAY])) == [
        ("removed", 0, "2", ""),
        ("removed", 0, "2.1", ""),
        ("removed", 0, "2.2", ""),
    ]


def test_conditional_menus_are_compared_by_whom_they_are_for() -> None:
    ios = Conditional(when=When(platform="ios"), button=[TODAY])
    both = Menu(button=[TODAY], conditional=[ANDROID, ios])
    assert said(Menu(button=[TODAY], conditional=[ANDROID]), both) == [("added", 2, "", "")]
    assert said(both, Menu(button=[TODAY], conditional=[ios])) == [("moved", 1, "", "2"), ("removed", 1, "", "")]
    other = Conditional(label="安卓", when=When(tag_id=7), button=[SHOP])
    (change,) = menus.difference(with_android(), Menu(button=CARD.button, conditional=[other]))
    assert (change.what, change.fields[0].was, change.fields[0].is_now) == ("changed", "android", "#7")


def test_what_wechat_tells_back_is_read_in_all_its_shapes() -> None:
    told = [{"name": "x", "sub_button": {"list": [{"type": "view", "name": "y", "url": "u", "sub_button": []}]}}]
    assert unwired(told) == [Button(name="x", sub_button=[Button(name="y", type="view", url="u")])]
    both = [Theirs("430", [{"type": "click", "name": "a", "key": "a"}], {"group_id": 2, "client_platform_type": 1})]
    both.append(Theirs("1200", [], {"tag_id": "7", "sex": ""}))
    menu = seen(AtWeChat([], "", both))
    # Ids grow, and the newest is asked first.
    assert [one.when for one in menu.conditional] == [When(tag_id=7), When(tag_id=2, platform="ios")]


def test_what_is_not_of_its_kind_is_not_sent() -> None:
    opens = Button(name="x", type="click", key="K", sub_button=[Button(name="y", type="view", url="u", key="K")])
    assert wire([opens]) == [{"name": "x", "sub_button": [{"type": "view", "name": "y", "url": "u"}]}]


CONSOLE = {
    "is_menu_open": 1,
    "selfmenu_info": {
        "button": [
            {"type": "click", "name": "今日", "key": "TODAY"},
            {"type": "text", "name": "电话", "value": "0571-1234"},
            {
                "name": "更多",
                "sub_button": {
                    "list": [
                        {"type": "view", "name": "官网", "url": "http://www.example.com/"},
                        {
                            "type": "news",
                            "name": "图文",
                            "value": "KQb_w_Tiz-nSdVLoTV35Psmty8hGBulGhEdbb9SKs-o",
                            "news_info": {"list": [{"title": "龙井", "content_url": "http://mp.weixin.qq.com/s/1"}]},
                        },
                        {"type": "video", "name": "视频", "value": "http://v.example.com/1"},
                        {"type": "voice", "name": "语音", "value": "nTXe3aghl"},
                        {"type": "img", "name": "图片", "value": "ax5Whs5dso"},
                    ]
                },
            },
        ]
    },
}


def test_a_menu_made_in_the_console_becomes_a_draft_and_each_loss_is_said(shop: House) -> None:
    draft = menus.import_draft(shop.svc, shop.tea, CONSOLE)

    first, phone, more = draft.menu.button
    assert (first.key, phone.type, phone.key) == ("TODAY", "click", "IMPORTED_2")
    assert more.sub_button[0].url == "http://www.example.com/"
    assert [(note.button, note.kind) for note in draft.notes] == [
        ("2", "text"),
        ("3.2", "news"),
        ("3.3", "video"),
        ("3.4", "voice"),
        ("3.5", "img"),
    ]
    assert draft.notes[0].content == "0571-1234" and "龙井" in draft.notes[1].content
    assert all(note.key in note.says and "write a rule" in note.says for note in draft.notes)
    assert draft == menus.draft(shop.svc, shop.tea)
    assert not [one for one in menus.problems(shop.svc, shop.tea, draft.menu) if one.blocks]


def test_an_import_again_changes_nothing_and_never_an_operators_work(shop: House) -> None:
    first = menus.import_draft(shop.svc, shop.tea, CONSOLE)
    assert menus.import_draft(shop.svc, shop.tea, CONSOLE["selfmenu_info"]) == first  # type: ignore[arg-type]
    menus.save(shop.svc, shop.tea, CARD, first.version, "小满")
    with pytest.raises(Conflict, match="nothing was imported"):
        menus.import_draft(shop.svc, shop.tea, CONSOLE)
    assert menus.draft(shop.svc, shop.tea).menu == CARD


@pytest.mark.parametrize(
    "told", [{}, {"is_menu_open": 0}, {"selfmenu_info": None}, {"selfmenu_info": {"button": None}}]
)
def test_nothing_to_import_is_an_empty_draft(shop: House, told: dict[str, Any]) -> None:
    assert menus.import_draft(shop.svc, shop.tea, told).menu == Menu()


def test_what_is_live_says_who_made_it(shop: House) -> None:
    assert menus.look(shop.svc, shop.tea).made_by == "console"  # the simulator's seed
    published(shop, with_android())
    found = menus.look(shop.svc, shop.tea)
    assert (found.made_by, found.number, found.since_published, found.to_draft) == ("ours", 1, [], [])
    assert found.menu.conditional[0].label == "安卓"

    shop.world.accounts["tea"].made_menu = {"button": [{"type": "click", "name": "别", "key": "X"}]}
    found = menus.look(shop.svc, shop.tea)
    assert found.made_by == "others"
    assert {one.what for one in found.since_published} == {"changed", "removed"}
    kept = menus.to_draft(shop.svc, shop.tea, 1, "小满")
    assert kept.menu.button[0].name == "别"

    account = shop.world.accounts["tea"]
    account.made_menu, account.conditional_menus, account.menu = None, [], {}
    assert menus.look(shop.svc, shop.tea).made_by == "none"
