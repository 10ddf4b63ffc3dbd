"""Taps on the menu: counted once, per entry and version and day, at one small write; nothing else pays for it."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import Conflict
from chalicelib.features import days, inbox, menus, tokens
from chalicelib.features.menus import Button, Conditional, Menu, When, clicks, publishing
from chalicelib.wechat import messages
from tests.crowd import follower
from tests.features.test_budgets import Bill, bill
from tests.house import House, Json
from tests.menu_card import ABOUT, CARD, SHOP, TODAY, drafted, published, with_android

__all__ = ["bill"]

A_DAY = 86_400


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    follower(house, "alice")
    follower(house, "bob")
    house.control("settings", account="tea", openid="bob", client_platform="2")
    return house


def tap(shop: House, openid: str, **button: Any) -> None:
    """A second later: WeChat tells events of one person apart by their second."""
    shop.advance(1)
    shop.phone(openid, "tap", **button)


def counted(shop: House, number: int = 0, ago: int = 0) -> dict[tuple[int, int, str], int]:
    today = days.today(shop.svc.now())
    found = menus.counted(shop.svc, shop.tea, today - ago, today, number)
    return {(one.number, one.menu, one.button): one.clicks for one in found if one.clicks}


def test_each_entry_is_counted_for_its_menu(shop: House) -> None:
    published(shop, with_android())
    tap(shop, "alice", key="TODAY")
    tap(shop, "alice", key="TODAY")
    tap(shop, "alice", url=SHOP.url)
    tap(shop, "bob", url=SHOP.url)  # on the Android menu, which WeChat's MenuId tells

    assert counted(shop) == {(1, 0, "1"): 2, (1, 0, "2.2"): 1, (1, 1, "1"): 1}
    told = menus.counted(shop.svc, shop.tea, 0, 999_999)
    assert [(one.menu, one.button, one.name, one.kind, one.clicks) for one in told] == [
        (0, "1", "今日", "click", 2),
        (0, "2.1", "营业时间", "click", 0),
        (0, "2.2", "逛逛", "view", 1),
        (1, "1", "逛逛", "view", 1),
    ]


def test_every_kind_that_wechat_tells_of_is_counted(shop: House) -> None:
    kinds = ("scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select")
    program = Button(
        name="小程序", type="miniprogram", url="https://a.cn", appid="wx0123456789abcdef", pagepath="p?a=1"
    )
    buttons = [Button(name=str(n), type=kind, key=f"K{n}") for n, kind in enumerate(kinds)]
    published(
        shop, Menu(button=[Button(name="a", sub_button=buttons[:4]), Button(name="b", sub_button=buttons[4:]), program])
    )
    for number in range(6):
        tap(shop, "alice", key=f"K{number}")
    tap(shop, "alice", index=[2])
    assert sorted(counted(shop)) == [(1, 0, at) for at in ("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "3")]


def test_a_tap_that_is_told_again_counts_once(shop: House) -> None:
    published(shop, CARD)
    tapped: Json = {"Event": "CLICK", "EventKey": "TODAY", "CreateTime": shop.svc.now()}
    for _ in range(3):
        shop.phone("alice", "event", **tapped)
    # The queue, a second worker, a takeover: listeners may be told twice.
    (delivered, *_) = shop.world.record.deliveries[-1:]
    message = messages.parse(delivered.plain.encode())
    inbox.listen(shop.svc, shop.tea, message.fields, "clicks.note")
    assert counted(shop) == {(1, 0, "1"): 1}


def test_versions_are_told_apart_and_phones_that_show_an_earlier_one_too(shop: House) -> None:
    published(shop, CARD)
    tap(shop, "alice", key="HOURS")
    shop.advance(60)
    published(shop, Menu(button=[TODAY]))
    tap(shop, "alice", key="TODAY")
    # Her phone looks for a new menu every five minutes.
    shop.phone("alice", "event", Event="CLICK", EventKey="HOURS")
    shop.phone("alice", "event", Event="CLICK", EventKey="NEVER_OURS")

    assert counted(shop) == {(1, 0, "2.1"): 2, (2, 0, "1"): 1}
    assert counted(shop, number=2) == {(2, 0, "1"): 1}


def test_a_tap_is_known_though_another_container_published_a_moment_ago(shop: House) -> None:
    published(shop, CARD)
    tap(shop, "alice", key="TODAY")
    stale: Any = shop.svc._cache["menus#tea"]
    published(shop, Menu(button=[Button(name="新", type="click", key="NEW")]))
    shop.svc._cache["menus#tea"] = stale
    tap(shop, "alice", key="NEW")
    assert counted(shop)[2, 0, "1"] == 1


def test_a_menu_that_we_did_not_publish_is_not_counted(shop: House, bill: Bill) -> None:
    tap(shop, "alice", key="MENU")  # the seed's
    before = len(bill.requests)
    tap(shop, "alice", key="MENU")
    assert bill.requests[before:].count("PutItem") == 1  # the claim
    assert counted(shop) == {}


def test_a_tap_costs_one_write_more_and_a_text_nothing(shop: House, bill: Bill) -> None:
    published(shop, CARD)
    tap(shop, "alice", key="TODAY")
    shop.says("alice", "您好")

    before, spent = len(bill.requests), bill.units["write"]
    shop.says("alice", "您好吗")
    assert sorted(bill.requests[before:]) == ["GetItem", "PutItem", "Query", "UpdateItem"]
    assert bill.units["write"] - spent == 2

    before, spent = len(bill.requests), bill.units["write"]
    tap(shop, "alice", key="TODAY")
    assert sorted(bill.requests[before:]) == ["GetItem", "PutItem", "PutItem", "Query", "UpdateItem"]
    assert (bill.units["write"] - spent, bill.units["index"]) == (3, 0)


def test_what_is_counted_names_nobody(shop: House) -> None:
    published(shop, CARD)
    tap(shop, "alice", key="TODAY")
    (item,) = shop.svc.table.under(f"menuclicks#tea#{days.today(shop.svc.now())}")
    assert "alice" not in str(item) and item["entry"] == "1:0:1"
    assert item["expires"] == pytest.approx(shop.svc.now() + 10 * A_DAY, abs=60)


def test_the_night_adds_up_and_figures_stay_the_same(shop: House) -> None:
    published(shop, CARD)
    for _ in range(3):
        tap(shop, "alice", key="TODAY")
    shop.advance(A_DAY)
    tokens.refresh_all(shop.svc)
    tap(shop, "alice", key="HOURS")
    expected = {(1, 0, "1"): 3, (1, 0, "2.1"): 1}
    assert counted(shop, ago=3) == expected

    menus.nightly(shop.svc)
    while shop.work():
        pass
    assert counted(shop, ago=3) == expected
    shop.advance(2 * A_DAY)
    clicks.count_days(shop.svc, shop.tea)
    for day in range(4):  # what the nights have added up is all that is left
        for item in list(shop.svc.table.under(f"menuclicks#tea#{days.today(shop.svc.now()) - day}")):
            shop.svc.table.delete(item["pk"], item["sk"])
    assert counted(shop, ago=5) == expected
    one = menus.counted(shop.svc, shop.tea, 0, 999_999)[0]
    assert list(one.days.values()) == [3]


def test_a_night_that_did_not_happen_is_made_up_for(shop: House) -> None:
    published(shop, CARD)
    tap(shop, "alice", key="TODAY")
    shop.advance(6 * A_DAY)
    assert counted(shop, ago=9) == {(1, 0, "1"): 1}
    clicks.count_days(shop.svc, shop.tea)
    shop.advance(6 * A_DAY)
    assert counted(shop, ago=20) == {(1, 0, "1"): 1}


def test_the_same_key_in_two_menus_is_counted_for_the_first(shop: House) -> None:
    published(
        shop, Menu(button=[TODAY], conditional=[Conditional(when=When(platform="android"), button=[TODAY, ABOUT])])
    )
    tap(shop, "bob", key="TODAY")
    assert counted(shop) == {(1, 0, "1"): 1}


def test_which_version_a_tap_was_on_can_be_asked_for_by_others(shop: House) -> None:
    published(shop, CARD)
    fields = {"MsgType": "event", "Event": "CLICK", "EventKey": "HOURS", "FromUserName": "alice"}
    message = messages.message(fields | {"ToUserName": "gh_tea", "CreateTime": str(shop.svc.now())})
    assert menus.tapped(shop.svc, shop.tea, message) == (1, (0, "2.1"))


def test_the_job_that_goes_on_is_queued_before_wechat_is_asked_to_change_anything(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setattr(type(shop.svc.work), "put", lambda _queue, job, *_args, **_told: order.append(job))
    monkeypatch.setattr(publishing, "_go_on", lambda *_: order.append("WeChat"))
    drafted(shop, CARD)
    menus.publish(shop.svc, shop.tea, 1, "小满")
    assert order == ["publishing.carry_on", "WeChat"]


NEW = Button(name="新", type="click", key="NEW")


def test_a_tap_on_what_only_the_new_menu_has_counts_while_it_is_still_being_published(shop: House) -> None:
    published(shop, CARD)
    shop.control("faults", path="/cgi-bin/menu/create", timeout=True, after_effect=True)
    assert published(shop, Menu(button=[NEW, TODAY])).stage == "publishing"
    tap(shop, "alice", key="NEW")
    tap(shop, "alice", key="TODAY")  # on which menu it was, nobody can tell
    assert counted(shop) == {(2, 0, "1"): 1, (1, 0, "1"): 1}

    shop.advance(11)
    publishing.carry_on(shop.svc, shop.tea, 2)
    tap(shop, "alice", key="TODAY")
    assert counted(shop)[2, 0, "2"] == 1


def test_a_tap_told_with_an_earlier_second_than_the_publication_ended_is_counted(shop: House) -> None:
    published(shop, CARD)
    shop.advance(60)
    published(shop, Menu(button=[NEW]))
    # WeChat's clock and ours differ by a little.
    shop.phone("alice", "event", Event="CLICK", EventKey="NEW", CreateTime=shop.svc.now() - 2)
    assert counted(shop) == {(2, 0, "1"): 1}


def test_however_many_were_refused_since_taps_on_the_live_menu_are_counted(shop: House) -> None:
    published(shop, CARD)
    shop.control("faults", path="/cgi-bin/menu/create", errcode=40054, times=99)
    for number in range(21):
        with pytest.raises(Conflict):
            published(shop, Menu(button=[Button(name="x", type="click", key=f"K{number}")]))
    tap(shop, "alice", key="TODAY")
    assert counted(shop) == {(1, 0, "1"): 1}
