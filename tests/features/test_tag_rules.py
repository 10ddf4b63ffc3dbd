"""Rules give their tag once for each cause: on the event that makes them true, or in the night."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import BadInput, NotFound, Unavailable
from chalicelib.features import followers, segments, tags
from chalicelib.features.days import A_DAY
from chalicelib.features.tags import TagRule, applying, automatic
from tests.crowd import day, follower, profile
from tests.features.test_budgets import Bill, bill
from tests.house import House, Json

__all__ = ["bill"]

SCANNED: Json = {"event": "scanned", "what": "12", "within_days": 30, "at_least": 1}
BOUGHT: Json = {"field": "orders", "is": "at_least", "value": 2}
SILENT: Json = {"field": "last_active", "is": "before_days", "value": 30}
VOTED: Json = {"event": "voted", "what": "tea-of-the-year"}
FROM_SCENE: Json = {"field": "qr_scene", "is": "is", "value": "12"}
TAGGING = "/cgi-bin/tags/members/batchtagging"


@pytest.fixture
def tag_id(shop: House) -> int:
    return tags.create(shop.svc, shop.tea, "熟客").tag_id


def rule(shop: House, tag_id: int, question: Json, **told: Any) -> TagRule:
    return tags.save_rule(shop.svc, shop.tea, name="a rule", tag_id=tag_id, question=question, **told)


def work(shop: House) -> None:
    while shop.work():
        pass


def night(shop: House) -> None:
    for shelf in range(16):
        applying.review(shop.svc, shop.tea, shelf)


def has(shop: House, openid: str, tag_id: int) -> bool:
    here = tag_id in profile(shop, openid).get("tag_ids", [])
    there = tag_id in shop.world.accounts["tea"].person(openid).tags
    assert here == there
    return here


def test_a_rule_that_makes_no_sense_is_refused(shop: House, tag_id: int) -> None:
    wrong: list[Any] = [{"all": []}, {"field": "x"}, None]
    for question in wrong:
        with pytest.raises(BadInput):
            rule(shop, tag_id, question)
    with pytest.raises(BadInput):
        tags.save_rule(shop.svc, shop.tea, name=" ", tag_id=tag_id, question=BOUGHT)
    with pytest.raises(NotFound):
        rule(shop, 999, BOUGHT)
    with pytest.raises(BadInput):
        rule(shop, 2, BOUGHT)
    with pytest.raises(NotFound):
        rule(shop, tag_id, BOUGHT, rule_id="made-up")
    with pytest.raises(NotFound):
        tags.remove_rule(shop.svc, shop.tea, "made-up")
    assert tags.rules(shop.svc, shop.tea) == []


def test_there_is_an_end_to_rules(shop: House, tag_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "MOST_RULES", 1)
    first = rule(shop, tag_id, BOUGHT)
    with pytest.raises(BadInput):
        rule(shop, tag_id, SILENT)
    assert rule(shop, tag_id, SILENT, rule_id=first.rule_id).question == SILENT


@pytest.fixture
def ruled(shop: House, tag_id: int) -> House:
    """Every kind of rule but one about messages, and somebody who writes."""
    for question in (SCANNED, BOUGHT, SILENT, VOTED, FROM_SCENE):
        rule(shop, tag_id, question)
    shop.phone("alice", "follow")
    shop.says("alice", "hello")
    work(shop)
    return shop


def test_an_ordinary_message_costs_nothing_more_for_rules_that_do_not_ask_for_it(ruled: House, bill: Bill) -> None:
    ruled.says("alice", "anything")

    assert sorted(bill.requests) == ["GetItem", "PutItem", "Query", "UpdateItem"]
    assert (bill.units["write"], bill.units["index"]) == (2, 0)
    assert ruled.work() == 0


def test_whoever_scans_the_stand_gets_its_tag_and_others_do_not(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SCANNED)
    for openid in ("alice", "bob", "carol"):
        shop.phone(openid, "follow")

    shop.phone("alice", "scan", scene="12")
    shop.phone("bob", "scan", scene="13")
    shop.phone("dave", "scan", scene="12")  # who follows by it
    work(shop)

    assert [has(shop, openid, tag_id) for openid in ("alice", "bob", "carol", "dave")] == [True, False, False, True]


def test_whoever_followed_from_a_scene_gets_the_tag(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, FROM_SCENE)
    shop.phone("alice", "scan", scene="12")
    shop.phone("bob", "follow")
    work(shop)

    assert (has(shop, "alice", tag_id), has(shop, "bob", tag_id)) == (True, False)


def test_three_messages_about_tea_are_counted_as_they_come(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, {"event": "said", "what": "tea", "within_days": 7, "at_least": 3})
    shop.phone("alice", "follow")
    for expected in (False, False, True):
        shop.says("alice", "Tea, please")
        work(shop)
        assert has(shop, "alice", tag_id) == expected


def test_a_rule_that_is_switched_off_gives_nothing(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SCANNED, enabled=False)
    shop.phone("alice", "scan", scene="12")
    work(shop)
    night(shop)

    assert not has(shop, "alice", tag_id)


def test_who_fits_a_new_rule_already_gets_its_tag_in_the_first_night_and_not_in_later_ones(
    shop: House, tag_id: int
) -> None:
    for openid in ("alice", "bob"):
        follower(shop, openid)
    followers.note_recent(shop.svc, shop.tea, "alice", "scanned:12", shop.svc.now())
    rule(shop, tag_id, SCANNED)
    night(shop)
    assert has(shop, "alice", tag_id)

    shop.advance(3 * A_DAY)
    followers.note_recent(shop.svc, shop.tea, "bob", "scanned:12", shop.svc.now())  # of which its message would tell
    night(shop)
    assert not has(shop, "bob", tag_id)


def test_a_tag_that_was_taken_off_stays_off_until_there_is_a_new_cause(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SCANNED)
    shop.phone("alice", "scan", scene="12")
    work(shop)
    tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"], remove=True)

    night(shop)
    tags.happened(shop.svc, shop.tea, "alice", ["scanned"])
    assert not has(shop, "alice", tag_id)

    shop.advance(A_DAY)
    shop.phone("alice", "scan", scene="12")
    work(shop)
    assert has(shop, "alice", tag_id)


def test_who_bought_twice_gets_the_tag_when_they_order_or_in_the_night(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, BOUGHT)
    for openid in ("alice", "bob"):
        follower(shop, openid)
        for number in (1, 2):
            assert not has(shop, openid, tag_id)
            followers.note_order(shop.svc, shop.tea, openid, f"order-{number}", 8900, shop.svc.now())
    tags.wake(shop.svc, shop.tea, "alice", ["ordered"])
    work(shop)
    assert (has(shop, "alice", tag_id), has(shop, "bob", tag_id)) == (True, False)

    night(shop)
    assert has(shop, "bob", tag_id)


def test_a_rule_that_gives_another_tag_or_asks_something_else_begins_anew(shop: House, tag_id: int) -> None:
    other = tags.create(shop.svc, shop.tea, "贵客").tag_id
    follower(shop, "alice", orders=3)
    first = rule(shop, tag_id, BOUGHT)
    night(shop)
    rule(shop, other, BOUGHT, rule_id=first.rule_id)
    night(shop)
    assert has(shop, "alice", tag_id) and has(shop, "alice", other)

    tags.tag_person(shop.svc, shop.tea, "alice", remove=[other])
    tags.save_rule(shop.svc, shop.tea, name="another name", tag_id=other, question=BOUGHT, rule_id=first.rule_id)
    night(shop)
    assert not has(shop, "alice", other)
    rule(shop, other, BOUGHT | {"value": 3}, rule_id=first.rule_id)
    night(shop)
    assert has(shop, "alice", other)


def test_who_voted_gets_the_tag(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, VOTED)
    for openid in ("alice", "bob"):
        follower(shop, openid)
    shop.svc.table.put({"pk": "person#tea#alice", "sk": "vote#tea-of-the-year", "voted_at": shop.svc.now()})
    followers.note_recent(shop.svc, shop.tea, "alice", "voted:tea-of-the-year", shop.svc.now())

    tags.wake(shop.svc, shop.tea, "alice", ["voted"])
    work(shop)
    night(shop)

    assert (has(shop, "alice", tag_id), has(shop, "bob", tag_id)) == (True, False)


def test_silence_is_noticed_in_the_night_and_once_for_each_silence(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SILENT)
    follower(shop, "alice", days_ago=90, last_active=day(shop, 30))
    follower(shop, "bob", days_ago=90, last_active=day(shop, 29))
    night(shop)
    assert (has(shop, "alice", tag_id), has(shop, "bob", tag_id)) == (True, False)

    tags.tag_people(shop.svc, shop.tea, tag_id, ["alice"], remove=True)
    night(shop)
    assert not has(shop, "alice", tag_id)

    followers.change(shop.svc, shop.tea, "alice", lambda known: {"last_active": day(shop)})
    shop.advance(31 * A_DAY)
    night(shop)
    assert has(shop, "alice", tag_id)


def test_who_came_back_today_is_not_silent_though_their_card_is_of_yesterday(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SILENT)
    follower(shop, "alice", days_ago=90, last_active=day(shop, 30))
    shop.says("alice", "I am back")

    night(shop)

    assert not has(shop, "alice", tag_id)


def test_a_second_night_asks_wechat_for_nothing(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SILENT)
    for n in range(60):
        follower(shop, f"guest-{n}", days_ago=90)
    night(shop)
    asked = shop.count(TAGGING)
    assert asked <= 16
    assert all(has(shop, f"guest-{n}", tag_id) for n in range(60))

    night(shop)
    assert shop.count(TAGGING) == asked


def test_very_many_are_tagged_by_one_job_after_another(
    shop: House, tag_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "MOST_GIVEN", 1)
    monkeypatch.setattr(applying, "MOST_AT_ONCE", 1)
    rule(shop, tag_id, SILENT)
    for n in range(40):
        follower(shop, f"guest-{n}", days_ago=90)
    night(shop)
    assert not all(has(shop, f"guest-{n}", tag_id) for n in range(40))

    work(shop)
    assert all(has(shop, f"guest-{n}", tag_id) for n in range(40))


def test_rules_that_take_long_are_asked_by_one_job_after_another(
    shop: House, tag_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "AT_A_STRETCH", -1.0)
    others = [tags.create(shop.svc, shop.tea, name).tag_id for name in ("a", "b")]
    for number, one in enumerate([tag_id, *others]):
        rule(shop, one, BOUGHT)
        shop.advance(number)
    follower(shop, "alice", orders=2)
    for shelf in range(16):
        applying.review(shop.svc, shop.tea, shelf)
    assert sum(has(shop, "alice", one) for one in [tag_id, *others]) == 1
    work(shop)
    assert all(has(shop, "alice", one) for one in [tag_id, *others])


def test_whom_wechat_refuses_is_not_asked_about_every_night(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SILENT)
    follower(shop, "alice", days_ago=90)
    shop.world.accounts["tea"].person("alice").follows = False  # and nobody has told us
    night(shop)
    asked = shop.count(TAGGING)

    night(shop)

    assert (asked, shop.count(TAGGING)) == (1, 1)


def test_what_only_waiting_mends_is_tried_again_and_marks_nobody(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SCANNED)
    shop.phone("alice", "follow")
    for _ in range(5):
        shop.control("faults", path=TAGGING, errcode=-1)
    followers.note_recent(shop.svc, shop.tea, "alice", "scanned:12", shop.svc.now())
    with pytest.raises(Unavailable):
        tags.happened(shop.svc, shop.tea, "alice", ["scanned"])
    shop.control("faults", clear=True)

    tags.happened(shop.svc, shop.tea, "alice", ["scanned"])

    assert has(shop, "alice", tag_id)


def test_a_tag_that_is_gone_at_wechat_stops_nothing_else(shop: House, tag_id: int) -> None:
    other = tags.create(shop.svc, shop.tea, "扫码").tag_id
    rule(shop, tag_id, SCANNED)
    rule(shop, other, SCANNED)
    del shop.world.accounts["tea"].tags[str(tag_id)]
    shop.phone("alice", "scan", scene="12")
    work(shop)

    assert has(shop, "alice", other)


def test_a_deleted_tag_switches_its_rules_off(shop: House, tag_id: int) -> None:
    rule(shop, tag_id, SCANNED)
    tags.remove(shop.svc, shop.tea, tag_id)

    assert [one.enabled for one in tags.rules(shop.svc, shop.tea)] == [False]


def test_being_killed_between_the_tag_and_its_mark_does_no_harm(
    shop: House, tag_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(shop, tag_id, SCANNED)
    shop.phone("alice", "follow")
    followers.note_recent(shop.svc, shop.tea, "alice", "scanned:12", shop.svc.now())

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(shop.svc.table), "put", killed)
        patch.setattr(tags.mirror, "count", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            tags.happened(shop.svc, shop.tea, "alice", ["scanned"])

    tags.happened(shop.svc, shop.tea, "alice", ["scanned"])

    assert has(shop, "alice", tag_id)


def test_a_dry_run_counts_who_would_get_the_tag_now(shop: House, tag_id: int) -> None:
    follower(shop, "alice", orders=2)
    follower(shop, "bob", orders=3, tag_ids=[tag_id])
    follower(shop, "carol")

    assert tags.dry_run(shop.svc, shop.tea, BOUGHT, tag_id) == segments.Estimate(1, 3, True)
    assert not has(shop, "alice", tag_id)


def test_the_night_waits_for_the_sync_before_it_looks(shop: House) -> None:
    tags.nightly(shop.svc)

    assert shop.work() == 1  # forgets old reports; all else comes later
