"""Automations as people live them: they enter, wait, are told, and are through."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import BadInput, Conflict, NotFound
from chalicelib.features import automations, followers, tags, tokens
from chalicelib.features.days import A_DAY
from tests.automating import (
    TEN_MINUTES,
    THANKS,
    buys,
    document,
    happens,
    journeys,
    message,
    notices,
    pass_time,
    people,
    running,
    told,
    trail,
    work,
)
from tests.crowd import follower, profile
from tests.house import House, Json


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


def test_ten_minutes_after_a_purchase_a_thank_you_goes_out_once(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, THANKS)
    follower(shop, "alice")
    buys(shop, "alice")
    buys(shop, "alice")
    pass_time(shop, 540)
    assert notices(shop, "alice") == []

    pass_time(shop, 60)
    pass_time(shop, 3600)

    assert notices(shop, "alice") == ["茶友，谢谢"]
    (journey,) = journeys(shop, "alice")
    assert journey["ending"] == "done" and "shelf" not in journey
    counts = automations.counts(shop.svc, shop.tea, automation.automation_id, ["ten", "thanks"])
    assert (counts.entered, counts.inside, counts.ended) == (1, 0, {"done": 1})
    assert [(one.waiting, one.done) for one in counts.steps] == [(0, 1), (0, 1)]


def test_a_wait_is_counted_from_what_it_follows_and_not_from_when_we_heard_of_it(shop: House) -> None:
    running(shop, TEN_MINUTES, THANKS)
    follower(shop, "alice")
    at = shop.svc.now() - 300
    running_since(shop, at)

    buys(shop, "alice", at=at)

    assert journeys(shop, "alice")[0]["due_at"] == at + 600


def running_since(shop: House, at: int) -> None:
    for one in automations.listed(shop.svc, shop.tea):
        shop.svc.table.update("automations#tea", f"automation#{one.automation_id}", {"since": at})
    shop.svc.forget("automations#tea")


@pytest.mark.parametrize(
    ("enter", "orders", "times"),
    [("person", ["1", "2"], 1), ("cause", ["1", "2", "1"], 2), ("each", ["1", "2"], 2)],
)
def test_how_often_somebody_enters(shop: House, enter: str, orders: list[str], times: int) -> None:
    running(shop, TEN_MINUTES, enter=enter)
    follower(shop, "alice")

    for order in orders:
        buys(shop, "alice", order)

    assert len(journeys(shop, "alice")) == times


def test_the_same_scene_is_another_time_but_no_other_cause(shop: House) -> None:
    by_cause = running(shop, TEN_MINUTES, when={"kind": "scanned", "scene": ""})
    each = running(shop, TEN_MINUTES, when={"kind": "scanned", "scene": ""}, enter="each")
    follower(shop, "alice")

    for scene, cause in (("12", "a"), ("12", "b"), ("13", "c")):
        happens(shop, "alice", "scanned", {"scene": scene}, cause)

    entered = [one["sk"].split("#")[1] for one in journeys(shop, "alice")]
    assert (entered.count(by_cause.automation_id), entered.count(each.automation_id)) == (2, 3)


def test_a_branch_asks_when_it_is_reached(shop: House) -> None:
    branch = {
        "do": "branch",
        "if": {"field": "orders", "is": "at_least", "value": 2},
        "then": [message("再次感谢", "again")],
        "else": [message("欢迎", "first")],
        "step_id": "which",
    }
    running(shop, TEN_MINUTES, branch, {"do": "end", "step_id": "over"})
    for openid in ("alice", "bob"):
        shop.phone(openid, "follow")
        shop.says(openid, "hello")
        buys(shop, openid)
    followers.change(shop.svc, shop.tea, "alice", lambda known: {"orders": 2})

    pass_time(shop, 600)

    assert (told(shop, "alice"), told(shop, "bob")) == (["再次感谢"], ["欢迎"])
    assert trail(shop, "alice") == ["which:yes", "again:done"]


def test_only_whom_the_question_fits_enters_and_only_followers_do(shop: House) -> None:
    running(shop, TEN_MINUTES, question={"field": "orders", "is": "at_least", "value": 2})
    follower(shop, "alice", orders=2)
    follower(shop, "bob", orders=1)

    for openid in ("alice", "bob", "a-stranger"):
        buys(shop, openid)

    assert [len(journeys(shop, openid)) for openid in ("alice", "bob", "a-stranger")] == [1, 0, 0]


def test_an_hour_of_the_day_is_shanghais(shop: House) -> None:
    running(shop, {"do": "wait", "clock": "20:00"}, THANKS)
    follower(shop, "alice")
    buys(shop, "alice")

    (journey,) = journeys(shop, "alice")

    assert (journey["due_at"] + 8 * 3600) % A_DAY == 20 * 3600
    assert 0 <= journey["due_at"] - shop.svc.now() <= A_DAY


def test_a_message_goes_out_inside_its_window_and_is_else_skipped_with_the_reason(shop: House) -> None:
    running(shop, message("{name|茶友}，订单 {event.order_id} 已收到"))
    shop.phone("alice", "follow")
    shop.says("alice", "hello")
    follower(shop, "bob")

    for openid in ("alice", "bob"):
        buys(shop, openid)

    assert (told(shop, "alice"), told(shop, "bob")) == (["茶友，订单 order-1 已收到"], [])
    (journey,) = automations.of_person(shop.svc, shop.tea, "bob")
    assert [(one.outcome, one.reason) for one in journey.trail] == [
        ("skipped", "已过客服消息的时限。Their window is over.")
    ]


def test_tags_attributes_and_a_hand_over(shop: House) -> None:
    tag_id, other = (tags.create(shop.svc, shop.tea, name).tag_id for name in ("熟客", "新客"))
    running(
        shop,
        {"do": "tag", "tag_id": tag_id},
        {"do": "untag", "tag_id": other},
        {"do": "attribute", "attribute": "last_order_id", "value": "{event.order_id}"},
        {"do": "hand_over", "hours": 2},
    )
    follower(shop, "alice", tag_ids=[other])
    shop.says("alice", "hello")

    buys(shop, "alice")

    known = profile(shop, "alice")
    assert known["tag_ids"] == [tag_id] == shop.world.accounts["tea"].person("alice").tags
    assert known["facts"]["last_order_id"]["value"] == "order-1"
    assert shop.phone("alice", "say", text="在吗")["replies"][0]["type"] == "transfer_customer_service"

    shop.advance(2 * 3600 + 1)
    assert shop.says("alice", "在吗").startswith("收到")


def test_somebody_with_a_person_is_answered_by_nobody_where_there_is_no_desk(shop: House) -> None:
    from chalicelib.features import handing  # noqa: PLC0415

    shop.phone("lily", "follow", alias="leaf")
    handing.hand_over(shop.svc, shop.leaf, "lily", shop.svc.now() + 3600)

    assert shop.phone("lily", "say", alias="leaf", text="在吗")["replies"] == []
    assert shop.says("lily", "x", alias="leaf") == ""

    handing.take_back(shop.svc, shop.leaf, "lily")
    assert shop.says("lily", "在吗", alias="leaf").startswith("收到")


def test_leaving_ends_what_was_begun_and_a_return_does_not_take_it_up(shop: House) -> None:
    running(shop, TEN_MINUTES, THANKS)
    for openid in ("alice", "bob"):
        shop.phone(openid, "follow")
        buys(shop, openid)
    shop.phone("alice", "unfollow")
    work(shop)
    assert journeys(shop, "alice")[0]["ending"] == "left"

    shop.advance(120)
    # Nobody told the automations of this one.
    for does in ("unfollow", "follow"):
        shop.phone("bob", does)
    pass_time(shop, 600)

    assert (notices(shop, "alice"), notices(shop, "bob")) == ([], [])
    assert journeys(shop, "bob")[0]["ending"] == "left"


def test_erasing_somebody_leaves_nothing_and_does_nothing_more(shop: House) -> None:
    running(shop, TEN_MINUTES, THANKS)
    follower(shop, "alice")
    buys(shop, "alice")

    removed = followers.erase(shop.svc, shop.tea, "alice")
    pass_time(shop, 600)

    assert removed["journey"] == 1
    assert list(shop.svc.table.under("person#tea#alice", fresh=True)) == []
    assert notices(shop, "alice") == []


def test_what_happened_before_the_start_sets_off_nothing(shop: House) -> None:
    running(shop, TEN_MINUTES)
    follower(shop, "alice")

    buys(shop, "alice", at=shop.svc.now() - 60)

    assert journeys(shop, "alice") == []


def test_a_pause_stops_everybody_and_going_on_takes_them_up(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, THANKS)
    for openid in people(shop, 3):
        buys(shop, openid)
    automations.pause(shop.svc, shop.tea, automation.automation_id)
    buys(shop, follower(shop, "late"))
    pass_time(shop, 600)
    assert [notices(shop, f"guest-{n}") for n in range(3)] == [[], [], []]
    assert journeys(shop, "late") == []
    inside, _ = automations.inside(shop.svc, shop.tea, automation.automation_id)
    assert sorted(one.openid for one in inside) == ["guest-0", "guest-1", "guest-2"]

    shop.advance(A_DAY)
    automations.start(shop.svc, shop.tea, automation.automation_id)
    automations.running.unpark(shop.svc, shop.tea, automation.automation_id)
    pass_time(shop, 10)

    assert [notices(shop, f"guest-{n}") for n in range(3)] == [["茶友，谢谢"]] * 3


def test_a_removed_automation_lets_everybody_go(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, THANKS)
    follower(shop, "alice")
    buys(shop, "alice")
    automations.remove(shop.svc, shop.tea, automation.automation_id)

    pass_time(shop, 600)

    assert notices(shop, "alice") == []
    assert journeys(shop, "alice")[0]["ending"] == "removed"
    with pytest.raises(NotFound):
        automations.find(shop.svc, shop.tea, automation.automation_id)


def test_who_is_inside_finishes_the_version_they_entered(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, THANKS)
    for openid in ("alice", "bob"):
        follower(shop, openid)
    buys(shop, "alice")
    changed = document(TEN_MINUTES, {**THANKS, "fields": {"thing1": "新的话"}})
    automations.change(shop.svc, shop.tea, automation.automation_id, changed, 1, "小满")
    buys(shop, "bob")

    pass_time(shop, 600)

    assert (notices(shop, "alice"), notices(shop, "bob")) == (["茶友，谢谢"], ["新的话"])


def test_of_two_who_edit_one_automation_the_second_is_told_the_difference(shop: House) -> None:
    made = automations.create(shop.svc, shop.tea, document(TEN_MINUTES, THANKS), "小满")
    first = document({**TEN_MINUTES, "minutes": 30}, message("在路上了"), name="谢谢您")
    automations.change(shop.svc, shop.tea, made.automation_id, first, 1, "立夏")

    with pytest.raises(Conflict) as refused:
        automations.change(shop.svc, shop.tea, made.automation_id, document(THANKS), 1, "小满")

    assert "立夏" in str(refused.value)
    assert refused.value.details["version"] == 2
    assert [(one["what"], one["part"], one["after"]) for one in refused.value.details["difference"]] == [
        ("changed", "name", "谢谢您"),
        ("changed", "ten", "等 30 分钟。Wait 30 minutes."),
        ("added", "say", "如果还能发客服消息，说「在路上了」。If their window is open, say “在路上了”."),
        ("removed", "thanks", ""),
    ]
    assert automations.find(shop.svc, shop.tea, made.automation_id).changed_by == "立夏"


def test_a_version_whose_writer_was_killed_is_taken_up_by_the_next(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = automations.create(shop.svc, shop.tea, document(TEN_MINUTES), "小满")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(automations.store, "_step_up", killed)
        with pytest.raises(KeyboardInterrupt):
            automations.change(shop.svc, shop.tea, made.automation_id, document(THANKS), 1, "立夏")

    with pytest.raises(Conflict):
        automations.change(shop.svc, shop.tea, made.automation_id, document(TEN_MINUTES, THANKS), 1, "小满")
    now = automations.find(shop.svc, shop.tea, made.automation_id)
    assert (now.version, [one["do"] for one in now.steps]) == (2, ["template"])


def test_two_automations_that_set_each_other_off_come_to_an_end(shop: House) -> None:
    name = "level"
    when = {"kind": "attribute_changed", "attribute": name}
    running(shop, {"do": "attribute", "attribute": name, "value": "{event.value|x}y"}, when=when, enter="each")
    follower(shop, "alice")

    for number in range(40):
        happens(shop, "alice", "attribute_changed", {"attribute": name, "value": "x"}, str(number))

    assert len(journeys(shop, "alice")) == 24


def test_an_account_has_fifty_automations_at_most(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automations.store, "MOST", 1)
    automations.create(shop.svc, shop.tea, document(TEN_MINUTES), "小满")
    with pytest.raises(BadInput):
        automations.create(shop.svc, shop.tea, document(TEN_MINUTES), "小满")


def test_events_set_it_off_from_the_conversation_itself(shop: House) -> None:
    said: Json = {"kind": "said", "keyword": "龙井"}
    running(shop, message("龙井 89 元"), when=said, enter="each")
    shop.phone("alice", "follow")
    for text in ("你好", "有龙井吗", "龙井呢"):
        shop.says("alice", text)
    work(shop)

    assert told(shop, "alice") == ["龙井 89 元", "龙井 89 元"]
