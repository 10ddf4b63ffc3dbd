"""Automations where two things meet: a refusal, a kill, a departure, an edit, a memory that is a moment too old."""

from __future__ import annotations

import random
from datetime import date
from functools import partial
from typing import Any

import pytest

from chalicelib.features import automations, events, followers, tags, tokens
from chalicelib.features.automations import Automation
from chalicelib.features.days import A_DAY
from chalicelib.features.segments.fields import EPOCH
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
    running,
    tick,
    told,
    trail,
    undelayed,
    work,
)
from tests.crowd import day, follower, profile
from tests.features.test_automations_days import born, dry_run, to_three_in_the_morning
from tests.house import House, Json
from tests.mortal import Killed, deliver, mortal_house

WORDS = {
    "微信不接受：模板不存在：已删除，或属于其他公众号（40037）。"
    "WeChat refuses: template unknown: deleted, or of another account (40037).",
    "微信不接受：接收者未关注（43004）。WeChat refuses: not a follower (43004).",
}
SEND = "/cgi-bin/message/template/send"


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


def counts(shop: House, automation: Automation, *steps: str) -> automations.Counts:
    return automations.counts(shop.svc, shop.tea, automation.automation_id, list(steps))


def in_an_older_memory(shop: House, does: Any) -> None:
    """As a container does that has not heard yet of what others changed within the last minute."""
    remembered = shop.svc._cache["automations#tea"]
    does()
    shop.svc._cache["automations#tea"] = remembered


@pytest.mark.parametrize(("code", "outcome"), [(40037, "failed"), (43004, "skipped")])
def test_a_template_message_that_wechat_refuses_is_not_told_as_sent(shop: House, code: int, outcome: str) -> None:
    automation = running(shop, THANKS, {"do": "attribute", "attribute": "thanked", "value": True, "step_id": "note"})
    follower(shop, "alice")
    shop.control("faults", path=SEND, errcode=code, times=1)

    buys(shop, "alice")

    (journey,) = automations.of_person(shop.svc, shop.tea, "alice")
    assert [one.outcome for one in journey.trail] == [outcome, "done"]
    assert journey.trail[0].reason in WORDS
    (thanks,) = counts(shop, automation, "thanks").steps
    assert (thanks.done, getattr(thanks, outcome)) == (0, 1)


def test_a_step_knows_what_the_steps_before_it_have_changed(shop: House) -> None:
    tag_id = tags.create(shop.svc, shop.tea, "熟客").tag_id
    is_gold = {"field": "facts.level", "is": "is", "value": "gold"}

    def asked(step_id: str, then: str) -> Json:
        return {"do": "branch", "if": is_gold, "then": [message(then, f"{step_id}y")], "else": [], "step_id": step_id}

    running(
        shop,
        {"do": "tag", "tag_id": tag_id, "step_id": "on"},
        asked("first", "不会说"),
        {"do": "attribute", "attribute": "level", "value": "gold", "step_id": "gold"},
        {"do": "untag", "tag_id": tag_id, "step_id": "off"},
        asked("second", "您是 {facts.level|普通}"),
    )
    shop.phone("alice", "follow")
    shop.says("alice", "hello")

    buys(shop, "alice")

    assert trail(shop, "alice") == ["on:done", "first:no", "gold:done", "off:done", "second:yes", "secondy:done"]
    assert told(shop, "alice") == ["您是 gold"]
    assert profile(shop, "alice").get("tag_ids", []) == [] == shop.world.accounts["tea"].person("alice").tags


def test_who_leaves_on_the_way_is_inside_no_more_and_waits_nowhere(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, THANKS)
    for openid in ("alice", "bob"):
        shop.phone(openid, "follow")
        buys(shop, openid)
    shop.phone("alice", "unfollow")
    work(shop)
    shop.advance(120)
    # Of this one nobody told the automations.
    for does in ("unfollow", "follow"):
        shop.phone("bob", does)
    automations.heed(shop.svc, shop.tea, left(shop, "alice"))
    pass_time(shop, 600)

    now = counts(shop, automation, "ten")
    assert (now.entered, now.inside, now.ended) == (2, 0, {"left": 2})
    assert (now.steps[0].waiting, now.steps[0].done) == (0, 0)


def left(shop: House, openid: str) -> events.Event:
    """The same once more."""
    return events.Event(id="0" * 32, kind="left", account="tea", at=shop.svc.now(), openid=openid)


def test_who_leaves_while_all_is_paused_is_let_go_as_well(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, THANKS)
    shop.phone("alice", "follow")
    buys(shop, "alice")
    automations.pause(shop.svc, shop.tea, automation.automation_id)

    shop.phone("alice", "unfollow")
    work(shop)

    assert journeys(shop, "alice")[0]["ending"] == "left"
    assert counts(shop, automation).inside == 0


def test_what_an_event_said_is_kept_only_as_long_as_somebody_is_inside(shop: House) -> None:
    thanks = {**THANKS, "fields": {"thing1": "{event.order_id}"}}
    running(shop, TEN_MINUTES, thanks)
    for openid in ("alice", "bob"):
        shop.phone(openid, "follow")
        buys(shop, openid, "order-7")
    assert journeys(shop, "alice")[0]["about"] == {"order_id": "order-7"}
    shop.phone("bob", "unfollow")
    work(shop)
    pass_time(shop, 600)

    assert notices(shop, "alice") == ["order-7"]
    for openid in ("alice", "bob"):
        (journey,) = journeys(shop, openid)
        assert journey["ending"] and "about" not in journey


def test_whoever_was_erased_at_the_moment_of_entering_is_erased_in_the_end(shop: House) -> None:
    running(shop, TEN_MINUTES, THANKS)
    follower(shop, "alice")
    buys(shop, "alice")
    (journey,) = journeys(shop, "alice")
    followers.erase(shop.svc, shop.tea, "alice")
    shop.svc.table.put(journey)  # by a worker who had asked a moment before whether they follow

    pass_time(shop, 600)

    assert list(shop.svc.table.under("person#tea#alice", fresh=True)) == []
    assert notices(shop, "alice") == []


@pytest.mark.slow
def test_a_start_may_be_killed_anywhere_and_strands_nobody_who_was_waiting(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, THANKS)
    mortal = mortal_house(shop, random.Random(7))
    number, died = 0, True
    while died:
        number += 1
        openid = follower(shop, f"guest-{number}")
        buys(shop, openid)
        automations.pause(shop.svc, shop.tea, automation.automation_id)
        shop.advance(600)
        minutes(shop, mortal, 1)
        died = killed_at(mortal, number, partial(automations.start, shop.svc, shop.tea, automation.automation_id))
        automations.start(shop.svc, shop.tea, automation.automation_id)
        minutes(shop, mortal, 5)

        assert notices(shop, openid) == ["茶友，谢谢"], number
    assert number > 5


@pytest.mark.slow
def test_a_removal_may_be_killed_anywhere_and_lets_everybody_go(shop: House) -> None:
    mortal = mortal_house(shop, random.Random(7))
    number, died = 0, True
    while died:
        number += 1
        automation = running(shop, TEN_MINUTES, THANKS)
        openid = follower(shop, f"guest-{number}")
        buys(shop, openid)
        automations.pause(shop.svc, shop.tea, automation.automation_id)
        shop.advance(600)
        minutes(shop, mortal, 1)
        died = killed_at(mortal, number, partial(automations.remove, shop.svc, shop.tea, automation.automation_id))
        if automations.listed(shop.svc, shop.tea):
            automations.remove(shop.svc, shop.tea, automation.automation_id)
        minutes(shop, mortal, 5)

        assert [one["ending"] for one in journeys(shop, openid)] == ["removed"], number
        assert notices(shop, openid) == []
    assert number > 4


def killed_at(mortal: Any, number: int, does: Any) -> bool:
    mortal.lives(number)
    try:
        does()
    except Killed:
        return True
    finally:
        mortal.lives()
    return False


def minutes(shop: House, mortal: Any, number: int) -> None:
    for _ in range(number):
        tokens.refresh_all(shop.svc)
        automations.start_due(shop.svc)
        shop.advance(60)
        deliver(shop, mortal)


def test_figures_of_a_removed_automation_do_not_come_back(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, THANKS)
    follower(shop, "alice")
    buys(shop, "alice")
    automations.remove(shop.svc, shop.tea, automation.automation_id)

    pass_time(shop, 600)

    assert journeys(shop, "alice")[0]["ending"] == "removed"
    assert list(shop.svc.table.under("automations#tea", fresh=True)) == []


def test_what_happened_during_a_pause_sets_off_nothing_whoever_hears_of_it_when(shop: House) -> None:
    automation = running(shop, TEN_MINUTES)
    follower(shop, "alice")
    buys(shop, "nobody")
    shop.advance(10)

    def paused_for_a_moment() -> None:
        automations.pause(shop.svc, shop.tea, automation.automation_id)
        shop.advance(20)
        automations.start(shop.svc, shop.tea, automation.automation_id)

    in_an_older_memory(shop, paused_for_a_moment)
    buys(shop, "alice", at=shop.svc.now() - 10)

    assert journeys(shop, "alice") == []


def test_an_event_that_the_newest_version_does_not_wait_for_lets_nobody_in(shop: House) -> None:
    automation = running(shop, TEN_MINUTES, when={"kind": "scanned", "scene": "12"})
    follower(shop, "alice")
    happens(shop, "alice", "scanned", {"scene": "13"}, "a")
    buying = document(TEN_MINUTES)
    in_an_older_memory(
        shop, lambda: automations.change(shop.svc, shop.tea, automation.automation_id, buying, 1, "小满")
    )

    happens(shop, "alice", "scanned", {"scene": "12"}, "b")

    assert journeys(shop, "alice") == []


def test_the_first_start_of_all_greets_nobody_whose_day_is_over(shop: House) -> None:
    to_three_in_the_morning(shop)
    for openid, ago in (("alice", 0), ("bob", 1), ("carol", 2)):
        born(shop, openid, f"--{date.fromordinal(day(shop) - ago + EPOCH):%m-%d}")
    running(shop, TEN_MINUTES, when={"kind": "date", "attribute": "birthday"})

    tick(shop)

    assert [len(journeys(shop, openid)) for openid in ("alice", "bob", "carol")] == [1, 0, 0]


def test_another_amount_of_an_order_is_not_another_purchase(shop: House) -> None:
    running(shop, TEN_MINUTES, enter="each")
    follower(shop, "alice")

    for order, fen in (("order-1", 8900), ("order-1", 9900), ("order-2", 8900)):
        told_of = {"order_id": order, "fen": fen} | ({"correction": True} if fen > 8900 else {})
        happens(shop, "alice", "ordered", told_of, f"{order}#{fen}")

    assert len(journeys(shop, "alice")) == 2


def test_an_automation_that_gives_itself_new_causes_comes_to_an_end(shop: House) -> None:
    when: Json = {"kind": "attribute_changed", "attribute": "level"}
    running(shop, {"do": "attribute", "attribute": "level", "value": "{event.value|x}y"}, when=when)
    follower(shop, "alice")

    followers.set_facts(shop.svc, shop.tea, "alice", {"level": "x"}, "crm")
    work(shop)

    assert len(journeys(shop, "alice")) == 24


def test_two_tags_that_take_each_other_off_and_on_come_to_an_end(shop: House) -> None:
    tag_id = tags.create(shop.svc, shop.tea, "熟客").tag_id
    running(shop, {"do": "untag", "tag_id": tag_id}, when={"kind": "tagged", "tag_id": tag_id}, enter="each")
    running(shop, {"do": "tag", "tag_id": tag_id}, when={"kind": "untagged", "tag_id": tag_id}, enter="each")
    follower(shop, "alice")

    tags.tagging.apply(shop.svc, shop.tea, tag_id, ["alice"])
    work(shop)

    assert len(journeys(shop, "alice")) == 48


def test_yes_and_no_are_written_as_everywhere_else(shop: House) -> None:
    when: Json = {"kind": "attribute_changed", "attribute": "member", "value": "true"}
    running(shop, message("会员：{event.value|不详}，{facts.member|不详}"), when=when, enter="each")
    shop.phone("alice", "follow")
    shop.says("alice", "hello")
    followers.set_facts(shop.svc, shop.tea, "alice", {"member": False}, "crm")
    followers.set_facts(shop.svc, shop.tea, "alice", {"member": True}, "crm")
    work(shop)

    assert told(shop, "alice") == ["会员：true，true"]


def test_a_dry_run_counts_only_messages_whose_window_was_open(shop: House) -> None:
    for openid in ("alice", "bob"):
        shop.phone(openid, "follow")
    shop.says("alice", "hello")
    shop.advance(2 * A_DAY - 60)
    at = shop.svc.now()
    for openid in ("alice", "bob"):
        shop.svc.table.put({"pk": f"person#tea#{openid}", "sk": "order#1", "fen": 100, "bought_at": at})
    shop.advance(600)

    found = dry_run(shop, document(message("谢谢"), TEN_MINUTES, message("还在吗", "later")))

    assert (found.entered, found.sent) == (2, 1)
    assert {one.step_id: (one.done, one.skipped) for one in found.steps} == {
        "say": (1, 1),
        "ten": (2, 0),
        "later": (0, 2),
    }


def test_who_comes_back_after_they_were_erased_is_told_of_as_somebody_new(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[str] = []
    monkeypatch.setattr(events, "publish", lambda *_, cause, **__: published.append(cause))
    running(shop, {"do": "webhook", "step_id": "tell"}, enter="person")
    for _ in range(2):
        follower(shop, "alice")
        buys(shop, "alice")
        followers.erase(shop.svc, shop.tea, "alice")
        shop.advance(A_DAY)

    assert len(set(published)) == len(published) == 2


def test_hours_with_a_person_begin_when_they_are_handed_over_however_late(shop: House) -> None:
    running(shop, TEN_MINUTES, {"do": "hand_over", "hours": 1})
    follower(shop, "alice")
    buys(shop, "alice")

    shop.advance(600 + 2 * 3600)
    with undelayed(shop):
        automations.start_due(shop.svc)
        work(shop)

    left = profile(shop, "alice")["handed"]["ends_at"] - shop.svc.now()
    assert 3600 - 30 <= left <= 3600  # a busy machine may look some seconds later
