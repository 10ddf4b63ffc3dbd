"""A menu goes live or what was live stays: killed, refused, silent, twice at once, rolled back, deleted by others."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest

from chalicelib.errors import AppError, BadInput, Conflict, NotFound, Unavailable
from chalicelib.features import alarms, menus, tags, tokens
from chalicelib.features.menus import Button, Conditional, Menu, Version, When, converging, publishing, versions
from chalicelib.features.menus.document import wire
from chalicelib.wechat.menus import Menus
from tests.crowd import follower
from tests.house import House
from tests.menu_card import (
    ABOUT,
    ADD,
    ANDROID,
    CARD,
    CREATE,
    DELETE,
    DROP,
    GET,
    PLAIN,
    SHOP,
    TODAY,
    at_wechat,
    changes,
    drafted,
    published,
    shown,
    tagged,
    with_android,
)


class Killed(BaseException):
    """As SIGKILL: no code of ours sees it."""


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    follower(house, "alice")
    follower(house, "bob")
    house.control("settings", account="tea", openid="bob", client_platform="2")
    return house


def all_versions(shop: House) -> list[tuple[int, str]]:
    return [(one.number, one.stage) for one in menus.page(shop.svc, shop.tea)[0]]


def carry_on(shop: House, seconds: float = 101) -> None:
    """The job that was queued before WeChat was asked."""
    shop.advance(seconds)
    newest = menus.newest(shop.svc, shop.tea)
    assert newest
    publishing.carry_on(shop.svc, shop.tea, newest.number)


def menu_ids(shop: House) -> list[int]:
    return [one["menuid"] for one in at_wechat(shop)["conditional"]]


def test_a_menu_goes_live_and_each_follower_sees_theirs(shop: House) -> None:
    menu, tag_id = tagged(shop)
    tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"])

    version = published(shop, menu)

    assert (version.number, version.stage, version.reason, version.made_by) == (1, "live", "", "小满")
    assert shown(shop, "alice") == ["今日"]
    assert shown(shop, "bob") == ["逛逛"]
    follower(shop, "carol")
    assert shown(shop, "carol") == ["今日", "关于"]
    # The first of the document is asked first, so it was made last.
    assert version.menu_ids[1:] == [str(one) for one in reversed(menu_ids(shop))]
    assert version.menu_ids[0]


def test_emoji_and_chinese_arrive_as_they_were_typed(shop: House) -> None:
    published(shop, Menu(button=[Button(name="茶🍵 é", type="click", key="键")]))
    assert at_wechat(shop)["made"]["button"] == [{"type": "click", "name": "茶🍵 é", "key": "键"}]


def test_what_stays_the_same_is_not_touched(shop: House) -> None:
    first = published(shop, with_android())
    added = shop.count(ADD)

    second = published(shop, with_android(PLAIN))

    assert (shop.count(ADD), shop.count(DROP)) == (added, 0)
    assert second.menu_ids[1:] == first.menu_ids[1:]
    assert all_versions(shop) == [(2, "live"), (1, "replaced")]


def test_pressing_publish_twice_makes_one_version(shop: House) -> None:
    version = drafted(shop, CARD)
    first = menus.publish(shop.svc, shop.tea, version, "小满")
    asked = changes(shop)
    assert menus.publish(shop.svc, shop.tea, version, "小满") == first
    assert changes(shop) == asked


def test_two_who_publish_at_once_make_one_menu(shop: House) -> None:
    version = drafted(shop, with_android())
    shop.control("faults", path=ADD, latency_ms=300)

    def press(who: str) -> Version | AppError:
        try:
            return menus.publish(shop.svc, shop.tea, version, who)
        except AppError as error:
            return error

    with ThreadPoolExecutor(4) as crew:
        told = list(crew.map(press, ("a", "b", "c", "d")))

    assert sum(isinstance(one, Version) for one in told) == 1
    assert all(isinstance(one, Conflict) and "being published" in str(one) for one in told if isinstance(one, AppError))
    assert all_versions(shop) == [(1, "live")]
    assert len(menu_ids(shop)) == 1


def test_a_draft_that_changed_after_one_looked_is_not_published(shop: House) -> None:
    seen = drafted(shop, CARD)
    drafted(shop, PLAIN)
    with pytest.raises(Conflict, match="look again") as caught:
        menus.publish(shop.svc, shop.tea, seen, "小满")
    assert caught.value.details["draft"]["version"] == 2
    assert changes(shop) == 0


def test_nothing_is_published_before_there_is_a_draft(shop: House) -> None:
    with pytest.raises(BadInput, match="no draft"):
        menus.publish(shop.svc, shop.tea, 0, "小满")
    with pytest.raises(NotFound):
        menus.roll_back(shop.svc, shop.tea, 7, "小满")


@pytest.mark.parametrize("path", [CREATE, ADD])
@pytest.mark.parametrize(
    ("errcode", "told"),
    [
        (40033, "escapes"),
        (40054, "domain of an item"),
        (45009, "quota of today"),
        (45028, "allowance"),
        (45064, "not linked"),
        (65309, "switched off"),
        (65317, "65317"),
        (99999, "not in our catalogue"),
    ],
)
def test_what_wechat_refuses_leaves_the_live_menu_and_says_why(shop: House, path: str, errcode: int, told: str) -> None:
    published(shop, with_android(PLAIN))
    before = at_wechat(shop)
    menu, _ = tagged(shop)
    shop.control("faults", path=path, errcode=errcode)

    with pytest.raises(Conflict) as caught:
        published(shop, menu)

    words = str(caught.value)
    assert told in words and "线上菜单没有变" in words
    assert f"（{errcode}）" in words and f"({errcode})" in words
    assert ("the ordinary menu" if path == CREATE else "conditional menu 2 “安卓”") in words
    assert at_wechat(shop) == before
    assert all_versions(shop) == [(2, "refused"), (1, "live")]
    version = menus.find_version(shop.svc, shop.tea, 2)
    assert version.reason == words
    # Mended, the same draft goes live.
    assert menus.publish(shop.svc, shop.tea, 2, "小满").number == 3


def test_a_refusal_of_the_last_menu_takes_the_others_back(shop: House) -> None:
    published(shop, PLAIN)
    before = at_wechat(shop)
    menu, _ = tagged(shop)
    add = Menus.add_conditional

    def second_fails(self: Menus, buttons: Any, rule: Any) -> str:
        if "tag_id" in rule:
            shop.control("faults", path=ADD, errcode=40054)
        return add(self, buttons, rule)

    with mock.patch.object(Menus, "add_conditional", second_fails), pytest.raises(Conflict, match="conditional menu 1"):
        published(shop, menu)
    assert at_wechat(shop) == before
    assert shown(shop, "bob") == ["旧"]


def test_the_first_menu_of_an_account_that_is_refused_leaves_none(shop: House) -> None:
    account = shop.world.accounts["tea"]
    account.menu = {}
    shop.control("faults", path=ADD, errcode=65309)
    with pytest.raises(Conflict, match="switched off"):
        published(shop, with_android())
    assert at_wechat(shop) == {"made": None, "conditional": []}


def test_a_menu_of_the_console_comes_back_as_far_as_the_api_can_make_it(shop: House) -> None:
    shop.world.accounts["tea"].menu = {"button": [{"type": "text", "name": "电话", "value": "1"}, *wired(PLAIN)]}
    shop.control("faults", path=ADD, errcode=65309)
    with pytest.raises(Conflict, match="as far as the API"):
        published(shop, with_android())
    assert shown(shop, "alice") == ["电话", "旧"]


def wired(menu: Menu) -> list[dict[str, Any]]:
    return wire(menu.button)


def test_what_cannot_be_put_back_either_rings_and_is_said(shop: House) -> None:
    published(shop, PLAIN)
    menu, _ = tagged(shop)
    shop.control("faults", path=CREATE, errcode=40054)
    shop.control("faults", path=DROP, errcode=45009, times=9)
    with pytest.raises(Conflict, match="could not be put back"):
        published(shop, menu)
    assert all_versions(shop)[0] == (2, "half")
    assert "menu" in alarms.ringing(shop.svc, shop.tea)

    shop.control("faults", clear=True)
    assert published(shop, with_android(PLAIN)).stage == "live"
    assert len(menu_ids(shop)) == 1
    assert "menu" not in alarms.ringing(shop.svc, shop.tea)


def dying(does: Callable[..., Any], which: int, after: bool) -> Callable[..., Any]:
    """Its worker is killed at this call, before or after it had its effect."""
    calls = itertools.count()

    def dies(self: Menus, *args: Any) -> Any:
        if next(calls) != which:
            return does(self, *args)
        if after:
            does(self, *args)
        raise Killed

    return dies


STEPS = ["create", "add_conditional", "delete_conditional", "get"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("live", [False, True], ids=["first", "another"])
def test_whoever_is_killed_leaves_work_that_another_finishes(  # noqa: PLR0913, PLR0917
    shop: House, step: str, which: int, after: bool, live: bool
) -> None:
    menu, _ = tagged(shop)
    if live:
        published(shop, Menu(button=PLAIN.button, conditional=[Conditional(when=When(platform="ios"), button=[SHOP])]))
    version = drafted(shop, menu)
    with mock.patch.object(Menus, step, dying(getattr(Menus, step), which, after)), contextlib.suppress(Killed):
        menus.publish(shop.svc, shop.tea, version, "小满")

    newest = menus.newest(shop.svc, shop.tea)
    if newest and newest.stage == "publishing":
        carry_on(shop)
    else:
        menus.publish(shop.svc, shop.tea, version, "小满")  # killed before it began, or not at all

    assert menus.look(shop.svc, shop.tea).made_by == "ours"
    assert len(menu_ids(shop)) == 2
    live_one = menus.live_version(shop.svc, shop.tea)
    assert live_one and live_one.menu == menu
    assert live_one.menu_ids[1:] == [str(one) for one in reversed(menu_ids(shop))]
    assert [stage for _, stage in all_versions(shop)].count("live") == 1


def test_nobody_else_goes_on_while_somebody_works(shop: House) -> None:
    drafted(shop, with_android())
    with mock.patch.object(Menus, "add_conditional", side_effect=Killed), pytest.raises(Killed):
        menus.publish(shop.svc, shop.tea, 1, "小满")
    # `finally` gave the desk back, as no SIGKILL does.
    now_ms = int(shop.svc.clock.time() * 1000)
    shop.svc.table.update(versions.pk(shop.tea), "desk", {"held_until_ms": now_ms + 60_000})
    with pytest.raises(Unavailable):
        publishing.carry_on(shop.svc, shop.tea, 1)
    with pytest.raises(Conflict, match="being published"):
        menus.publish(shop.svc, shop.tea, 1, "小满")
    carry_on(shop)
    carry_on(shop)
    assert all_versions(shop) == [(1, "live")]


def test_what_nobody_finished_is_given_up_for_the_next(shop: House) -> None:
    published(shop, PLAIN)
    before = at_wechat(shop)
    menu, _ = tagged(shop)
    drafted(shop, menu)
    with mock.patch.object(Menus, "create", side_effect=Killed), pytest.raises(Killed):
        menus.publish(shop.svc, shop.tea, 2, "小满")
    assert len(menu_ids(shop)) == 2
    shop.advance(101)
    shop.control("faults", path=CREATE, errcode=40054)

    with pytest.raises(Conflict):
        published(shop, CARD)

    # Back to what followers saw before both.
    assert at_wechat(shop) == before
    assert all_versions(shop) == [(3, "refused"), (2, "given_up"), (1, "live")]
    publishing.carry_on(shop.svc, shop.tea, 2)
    assert at_wechat(shop) == before


@pytest.mark.parametrize("path", [CREATE, ADD, GET])
@pytest.mark.parametrize(
    "fault",
    [{"timeout": True}, {"timeout": True, "after_effect": True}, {"errcode": -1}, {"status": 502}, {"errcode": 45011}],
)
def test_while_wechat_is_silent_publishing_goes_on_in_the_background(
    shop: House, path: str, fault: dict[str, Any]
) -> None:
    published(shop, PLAIN)
    menu, _ = tagged(shop)
    drafted(shop, menu)
    get = Menus.get

    def later(self: Menus) -> Any:
        shop.control("faults", path=path, **fault)
        with mock.patch.object(Menus, "get", get):
            return get(self)

    if path == GET:
        shop.control("faults", path=path, **fault)
        with pytest.raises(Unavailable):
            menus.publish(shop.svc, shop.tea, 2, "小满")
        assert all_versions(shop) == [(1, "live")]
        assert menus.publish(shop.svc, shop.tea, 2, "小满").stage == "live"
    else:
        shop.control("faults", path=path, **fault)
        told = menus.publish(shop.svc, shop.tea, 2, "小满")
        assert (told.stage, "goes on in the background" in told.reason) == ("publishing", True)
        carry_on(shop, 11)
    assert all_versions(shop)[0] == (2, "live")
    assert menus.look(shop.svc, shop.tea).made_by == "ours"
    assert len(menu_ids(shop)) == 2


def test_silence_before_anything_is_begun_leaves_nothing_held(shop: House) -> None:
    drafted(shop, CARD)
    shop.control("faults", path="/cgi-bin/get_current_selfmenu_info", errcode=-1)
    with pytest.raises(Unavailable):
        menus.publish(shop.svc, shop.tea, 1, "小满")
    assert menus.publish(shop.svc, shop.tea, 1, "小满").number == 1


def test_an_hour_of_silence_is_told_and_left_to_a_person(shop: House) -> None:
    drafted(shop, with_android())
    shop.control("faults", path=ADD, errcode=-1, times=99)
    menus.publish(shop.svc, shop.tea, 1, "小满")
    carry_on(shop)
    assert all_versions(shop) == [(1, "publishing")]
    carry_on(shop, 3601)
    assert all_versions(shop) == [(1, "given_up")]
    assert "menu" in alarms.ringing(shop.svc, shop.tea)


def test_silence_while_putting_back_is_waited_out_too(shop: House) -> None:
    published(shop, PLAIN)
    before = at_wechat(shop)
    menu, _ = tagged(shop)
    drafted(shop, menu)
    shop.control("faults", path=CREATE, errcode=40054)
    shop.control("faults", path=DROP, errcode=-1)
    told = menus.publish(shop.svc, shop.tea, 2, "小满")
    assert (told.stage, "40054" in told.reason) == ("restoring", True)
    carry_on(shop, 11)
    assert all_versions(shop)[0] == (2, "refused")
    assert at_wechat(shop) == before


def test_a_rollback_is_a_version_of_its_own_and_leaves_the_draft(shop: House) -> None:
    published(shop, with_android(PLAIN))
    published(shop, CARD)
    drafted(shop, Menu(button=[ABOUT]))

    back = menus.roll_back(shop.svc, shop.tea, 1, "阿明")

    assert (back.number, back.origin, back.stage, back.menu.conditional[0].label) == (3, 1, "live", "安卓")
    assert shown(shop, "alice") == ["旧"] and shown(shop, "bob") == ["逛逛"]
    assert menus.draft(shop.svc, shop.tea).menu == Menu(button=[ABOUT])


@pytest.mark.parametrize("where", ["here", "at WeChat"])
def test_a_version_whose_tag_is_gone_is_not_rolled_back_to_but_can_be_mended(shop: House, where: str) -> None:
    menu, tag_id = tagged(shop)
    published(shop, menu)
    published(shop, PLAIN)
    if where == "here":
        tags.remove(shop.svc, shop.tea, tag_id)
    else:
        del shop.world.accounts["tea"].tags[str(tag_id)]
    asked = changes(shop)

    with pytest.raises(BadInput, match=f"the tag {tag_id} does not exist"):
        menus.roll_back(shop.svc, shop.tea, 1, "小满")

    assert changes(shop) == asked
    draft = menus.version_to_draft(shop.svc, shop.tea, 1, 2, "小满")
    assert draft.menu == menu
    mended = Menu(button=menu.button, conditional=menu.conditional[1:])
    assert published(shop, mended).stage == "live"


def test_a_menu_that_somebody_deleted_at_wechat_is_made_again(shop: House) -> None:
    published(shop, with_android())
    shop.tea.wechat.menus.delete()
    assert menus.look(shop.svc, shop.tea).made_by == "none"
    assert menus.publish(shop.svc, shop.tea, 1, "小满").number == 2
    assert shown(shop, "bob") == ["逛逛"] and shown(shop, "alice") == ["今日", "关于"]


def test_a_menu_deleted_while_we_publish_is_made_again(shop: House) -> None:
    published(shop, with_android(PLAIN))
    menu, _ = tagged(shop)
    drafted(shop, menu)
    with mock.patch.object(Menus, "create", side_effect=Killed), pytest.raises(Killed):
        menus.publish(shop.svc, shop.tea, 2, "小满")
    shop.tea.wechat.menus.delete()
    carry_on(shop)
    assert menus.look(shop.svc, shop.tea).made_by == "ours"


def test_conditional_menus_of_others_go_when_ours_is_published(shop: House) -> None:
    published(shop, CARD)
    shop.tea.wechat.menus.add_conditional(wired(PLAIN), {"client_platform_type": "2"})
    assert shown(shop, "bob") == ["旧"]
    assert menus.look(shop.svc, shop.tea).made_by == "others"
    assert published(shop, CARD).number == 2
    assert shown(shop, "bob") == ["今日", "关于"]


def leads_to(*hosts: str) -> Menu:
    buttons = [Button(name=host[:5], type="view", url=f"https://{host}/") for host in hosts]
    return Menu(button=[TODAY], conditional=[Conditional(when=When(platform="android"), button=buttons)])


def test_three_domains_give_way_to_three_others(shop: House) -> None:
    published(shop, leads_to("a.example.com", "b.example.com", "c.example.com"))
    assert published(shop, leads_to("d.example.com", "e.example.com", "f.example.com")).stage == "live"
    assert len(menu_ids(shop)) == 1


def test_if_the_others_are_refused_the_three_domains_come_back(shop: House) -> None:
    published(shop, leads_to("a.example.com", "b.example.com", "c.example.com"))
    seen = shown(shop, "bob")
    shop.control("faults", path=ADD, errcode=40054)
    with pytest.raises(Conflict, match="domain of an item"):
        published(shop, leads_to("d.example.com", "e.example.com", "f.example.com"))
    assert shown(shop, "bob") == seen
    assert menus.look(shop.svc, shop.tea).made_by == "ours"


def test_room_is_made_where_wechat_allows_fewer_menus_than_old_and_new_together(shop: House) -> None:
    shop.control("settings", account="tea", most_conditional_menus=2)
    first, _ = tagged(shop)
    published(shop, first)
    turned = Menu(button=first.button, conditional=[*reversed(first.conditional)])
    assert published(shop, turned).stage == "live"
    assert len(menu_ids(shop)) == 2


def test_a_day_has_so_many_changes(shop: House) -> None:
    menu = with_android()
    published(shop, menu)
    shop.svc.table.update(versions.pk(shop.tea), "desk", {"adds": 1999})
    with pytest.raises(Conflict, match="nearly spent"):
        published(shop, with_android(PLAIN))
    assert all_versions(shop) == [(1, "live")]
    shop.advance(86_400)
    tokens.refresh_all(shop.svc)
    assert menus.publish(shop.svc, shop.tea, 2, "小满").stage == "live"


def test_very_many_conditional_menus_are_made_in_the_background(shop: House) -> None:
    many = [
        Conditional(when=When(tag_id=tags.create(shop.svc, shop.tea, f"t{n}").tag_id), button=[TODAY])
        for n in range(20)
    ]
    told = published(shop, Menu(button=CARD.button, conditional=many))
    assert (told.stage, changes(shop)) == ("publishing", 0)
    shop.work()
    assert all_versions(shop) == [(1, "live")]
    assert menus.look(shop.svc, shop.tea).made_by == "ours"
    assert len(menu_ids(shop)) == 20


def test_what_wechat_keeps_otherwise_than_it_was_sent_is_said(shop: House) -> None:
    create = Menus.create

    def shortened(self: Menus, buttons: Any) -> None:
        create(self, [dict(one, name=one["name"][:1]) for one in buttons])

    with mock.patch.object(Menus, "create", shortened), mock.patch.object(converging, "same", lambda *_: True):
        version = published(shop, Menu(button=[TODAY]))
    assert version.stage == "live" and "keeps something else" in version.reason
    assert menus.look(shop.svc, shop.tea).made_by == "others"


def test_versions_are_listed_newest_first_in_pages(shop: House) -> None:
    for number in range(5):
        published(shop, Menu(button=[Button(name="x", type="click", key=f"K{number}")]))
    first, cursor = menus.page(shop.svc, shop.tea, limit=3)
    second, end = menus.page(shop.svc, shop.tea, cursor, limit=3)
    assert [one.number for one in first + second] == [5, 4, 3, 2, 1]
    assert end == ""


def test_who_is_tried_sees_what_wechat_says_and_we_reckon_the_same(shop: House) -> None:
    menu, tag_id = tagged(shop)
    published(shop, menu)
    tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"])
    drafted(shop, PLAIN)

    alice = menus.try_as(shop.svc, shop.tea, "alice")
    assert (alice.menu, alice.ours.menus, alice.agree, alice.in_draft.menus) == (1, [1], True, [0])
    assert alice.buttons[0].name == "今日" and alice.tag_ids == [tag_id]
    bob = menus.try_as(shop.svc, shop.tea, "bob")
    # Nobody told us of the phone; WeChat knows.
    assert (bob.menu, bob.ours.menus, bob.agree, bob.platform) == (2, [2, 0], True, "")
    assert "do not have the tag" in bob.ours.says[0] and "do not know their phone" in bob.ours.says[1]


def test_of_several_tags_the_last_decides_and_only_wechat_knows_which(shop: House) -> None:
    menu, tag_id = tagged(shop)
    other = tags.create(shop.svc, shop.tea, "别的").tag_id
    published(shop, menu)
    for each in (tag_id, other):
        tags.tag_people(shop.svc, shop.tea, each, ["alice"])
    alice = menus.try_as(shop.svc, shop.tea, "alice")
    assert (alice.menu, alice.agree) == (0, True)
    assert set(alice.ours.menus) == {0, 1, 2}
    assert "last one given decides" in alice.ours.says[0]


def test_who_does_not_follow_cannot_be_tried(shop: House) -> None:
    published(shop, CARD)
    for stranger in ("nobody", "carol"):
        with pytest.raises(NotFound, match="do not follow"):
            menus.try_as(shop.svc, shop.tea, stranger)
    with pytest.raises(BadInput):
        menus.try_as(shop.svc, shop.tea, "a#b")
    shop.control("faults", path="/cgi-bin/menu/trymatch", errcode=45009)
    with pytest.raises(Unavailable, match="quota of today"):
        menus.try_as(shop.svc, shop.tea, "alice")
    shop.control("faults", path="/cgi-bin/menu/trymatch", errcode=-1)
    with pytest.raises(Unavailable, match="right now"):
        menus.try_as(shop.svc, shop.tea, "alice")


def test_deleting_what_is_gone_is_fine(shop: House) -> None:
    shop.tea.wechat.menus.delete_conditional("430")
    assert shop.count(DROP) == 1
    shop.control("faults", path=DELETE, errcode=46003)
    shop.tea.wechat.menus.delete()


def test_android_is_for_android(shop: House) -> None:
    published(shop, Menu(button=CARD.button, conditional=[ANDROID]))
    assert menus.try_as(shop.svc, shop.tea, "bob").menu == 1


class Worker:
    """Publishes, and is killed at its n-th note in our own table or queue; what it had queued is done later."""

    def __init__(self, shop: House, dies_at: int = -1, after: bool = True) -> None:
        self.shop, self.dies_at, self.after = shop, dies_at, after
        self.notes, self.dead, self.queued = 0, False, list[int]()

    def publishes(self, version: int) -> None:
        svc = type(self.shop.svc)
        table = type(self.shop.svc.table)
        with (
            mock.patch.object(table, "put", self._note(table.put)),
            mock.patch.object(table, "update", self._note(table.update)),
            mock.patch.object(svc, "later_by", self._note(self._queue)),
            contextlib.suppress(Killed),
        ):
            menus.publish(self.shop.svc, self.shop.tea, version, "小满")

    def _queue(self, *_args: Any, number: int) -> None:
        self.queued.append(number)

    def _note(self, does: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **told: Any) -> Any:
            now, self.notes = self.notes == self.dies_at, self.notes + 1
            found = does(*args, **told) if not self.dead and (self.after or not now) else None
            self.dead |= now
            if self.dead:
                raise Killed
            return found

        return noted


def one_live_version(shop: House) -> bool:
    """The newest, which WeChat shows; and nothing that nobody will finish."""
    stages = [stage for _, stage in all_versions(shop)]
    told = {"publishing", "restoring"} & {*stages}, stages[0], stages.count("live")
    return menus.look(shop.svc, shop.tea).made_by == "ours" and told == (set(), "live", 1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("dies_at", range(9))
def test_a_kill_between_two_notes_of_ours_leaves_one_live_version_in_the_end(
    shop: House, dies_at: int, after: bool
) -> None:
    menu, _ = tagged(shop)
    published(shop, with_android(PLAIN))
    version = drafted(shop, menu)

    worker = Worker(shop, dies_at, after)
    worker.publishes(version)
    shop.advance(101)
    for number in worker.queued:
        publishing.carry_on(shop.svc, shop.tea, number)

    assert one_live_version(shop)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("dies_at", range(7))
def test_what_was_left_half_done_is_finished_though_the_next_worker_was_killed_too(
    shop: House, dies_at: int, after: bool
) -> None:
    published(shop, PLAIN)
    menu, _ = tagged(shop)
    first, second = Worker(shop), Worker(shop, dies_at, after)
    with mock.patch.object(Menus, "create", side_effect=Killed):
        first.publishes(drafted(shop, menu))
    second.publishes(drafted(shop, with_android()))

    shop.advance(101)
    for number in [*second.queued, *first.queued, *second.queued]:
        publishing.carry_on(shop.svc, shop.tea, number)

    assert one_live_version(shop)


def test_after_two_who_were_killed_a_refusal_leads_back_to_before_both(shop: House) -> None:
    published(shop, PLAIN)
    before = at_wechat(shop)
    menu, _ = tagged(shop)
    with mock.patch.object(Menus, "create", side_effect=Killed):
        Worker(shop).publishes(drafted(shop, menu))
    shop.advance(91)
    Worker(shop, dies_at=1).publishes(drafted(shop, with_android()))
    shop.advance(101)
    shop.control("faults", path=CREATE, errcode=40054)

    with pytest.raises(Conflict):
        published(shop, CARD)

    assert at_wechat(shop) == before


def test_a_version_that_another_took_over_from_does_not_say_that_it_goes_on(shop: House) -> None:
    published(shop, PLAIN)
    shop.control("faults", path=CREATE, errcode=-1)
    assert published(shop, CARD).stage == "publishing"
    assert published(shop, with_android()).stage == "live"
    told = menus.find_version(shop.svc, shop.tea, 2)
    assert (told.stage, "goes on" in told.reason, "the next publication" in told.reason) == ("given_up", False, True)


def test_taps_are_counted_for_their_menu_after_it_was_put_back(shop: House) -> None:
    three = leads_to("a.example.com", "b.example.com", "c.example.com")
    page = three.conditional[0].button[0]
    published(shop, Menu(button=[page], conditional=three.conditional))
    shop.control("faults", path=ADD, errcode=40054)
    with pytest.raises(Conflict):
        published(shop, leads_to("d.example.com", "e.example.com", "f.example.com"))

    shop.advance(1)
    shop.phone("bob", "tap", url=page.url)

    (tapped,) = [one for one in menus.counted(shop.svc, shop.tea, 0, 999_999) if one.clicks]
    assert (tapped.number, tapped.menu, tapped.button) == (1, 1, "1")


def test_of_two_menus_with_the_same_entries_the_one_that_fits_is_named(shop: House) -> None:
    menu, tag_id = tagged(shop, Menu(button=[TODAY]))
    published(shop, menu)
    tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"])
    alice = menus.try_as(shop.svc, shop.tea, "alice")
    assert (alice.menu, alice.ours.menus, alice.agree) == (1, [1], True)


def test_whose_tags_we_do_not_know_may_have_any(shop: House) -> None:
    menu, tag_id = tagged(shop)
    published(shop, menu)
    tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"])
    shop.svc.table.delete("person#tea#alice", "profile")
    alice = menus.try_as(shop.svc, shop.tea, "alice")
    assert (alice.menu, alice.agree, alice.ours.menus) == (1, True, [1, 2, 0])
    assert "do not know their tags" in alice.ours.says[0]
