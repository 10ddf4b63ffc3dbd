"""Many at once are spread; and what a step costs is counted."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from chalicelib.features import automations, rules, tokens
from chalicelib.features.automations import due
from chalicelib.features.automations import journeys as kept
from tests.automating import (
    TEN_MINUTES,
    THANKS,
    buys,
    journeys,
    message,
    notices,
    people,
    running,
    told,
    undelayed,
    work,
)
from tests.crowd import follower
from tests.features.test_budgets import Bill, bill
from tests.house import House, Json
from tests.mortal import Post, deliver, mortal_house, posts

__all__ = ["bill"]

SEND = "/cgi-bin/message/template/send"
MINUTE = 45011


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


def entry(number: int, due_at: int) -> Json:
    openid = f"o{number:027d}"
    return {"pk": f"person#tea#{openid}", "sk": "journey#0123456789ab#once", "place": f"{due_at:011d}#x#{openid}"}


def test_fifty_thousand_who_are_due_at_once_are_begun_within_a_minute_a_thousand_a_second() -> None:
    import itertools  # noqa: PLC0415

    now, number = 1_800_000_000, itertools.count()
    orders = list(due._orders((entry(one, now) for one in range(50_000)), now, number))

    assert sum(len(told["persons"]) for told, _ in orders) == 50_000
    assert max(len(told["persons"]) for told, _ in orders) == 100
    a_second = Counter(delay for _, delay in orders)
    assert max(a_second.values()) == 10 and max(a_second) < 60


def test_nobody_is_begun_before_their_time_nor_ten_seconds_after_it() -> None:
    import itertools  # noqa: PLC0415

    dice, now = random.Random(5), 1_800_000_000
    dues = sorted(now + dice.randrange(-500, 75) for _ in range(400))
    entries = [entry(number, at) for number, at in enumerate(dues)]
    by_openid = {kept.openid_of(one): kept.due_of(one) for one in entries}

    for job, delay in due._orders(iter(entries), now, itertools.repeat(0)):
        for openid, _ in job["persons"]:
            at = max(by_openid[openid], now)
            assert at <= now + delay <= at + due.WITHIN


def test_the_limit_of_the_minute_puts_people_off_into_the_next_ones_and_harms_no_answer(shop: House) -> None:
    mortal = mortal_house(shop, random.Random(3))
    running(shop, TEN_MINUTES, THANKS)
    rules.save(shop.svc, shop.tea, match="exact", pattern="oolong", reply={"type": "text", "content": "乌龙 89 元"})
    names = people(shop, 30)
    for openid in names:
        buys(shop, openid)
    shop.advance(610)
    shop.control("faults", path=SEND, errcode=MINUTE, times=1000)
    automations.start_due(shop.svc)
    shop.advance(5)  # sixteen jobs, ten a second
    deliver(shop, mortal)

    # A few who were under way meet the limit; the others are put off without asking, and nothing is in the other queue.
    assert shop.count(SEND) <= 20
    assert all("ended_at" not in journeys(shop, openid)[0] for openid in names)
    later = {journeys(shop, openid)[0]["due_at"] - shop.svc.now() for openid in names}
    assert min(later) >= 55 and len(later) > 10
    assert not posts(shop)[0].waiting
    assert shop.says(names[0], "oolong") == "乌龙 89 元"

    shop.control("faults", clear=True)
    for _ in range(4):
        shop.advance(60)
        automations.start_due(shop.svc)
        deliver(shop, mortal)
    assert all(notices(shop, openid) == ["茶友，谢谢"] for openid in names)


def test_the_limit_of_the_day_leaves_the_message_to_tomorrow_and_goes_on(shop: House) -> None:
    running(shop, THANKS)
    follower(shop, "alice")
    shop.control("faults", path=SEND, errcode=45009, times=1)

    buys(shop, "alice")

    assert journeys(shop, "alice")[0]["ending"] == "done"
    (item,) = shop.svc.table.under("person#tea#alice", "template#auto:", fresh=True)
    assert item["stage"] == "planned" and item["send_at"] > shop.svc.now()


def test_what_is_away_for_a_moment_is_tried_again_and_a_message_is_still_told_once(shop: House) -> None:
    running(shop, message("谢谢"))
    shop.phone("alice", "follow")
    shop.says("alice", "hello")
    shop.control("faults", path="/cgi-bin/message/custom/send", errcode=-1, times=5)
    buys(shop, "alice")
    assert told(shop, "alice") == []
    assert journeys(shop, "alice")[0]["tries"] == 1

    shop.control("faults", clear=True)
    shop.advance(120)
    with undelayed(shop):
        automations.start_due(shop.svc)
        work(shop)

    assert told(shop, "alice") == ["谢谢"]


def test_a_message_whose_answer_was_lost_is_not_sent_again(shop: House) -> None:
    running(shop, message("谢谢"))
    shop.phone("alice", "follow")
    shop.says("alice", "hello")
    shop.control("faults", path="/cgi-bin/message/custom/send", status=502, after_effect=True, times=1)

    buys(shop, "alice")

    assert told(shop, "alice") == ["谢谢"]
    (journey,) = automations.of_person(shop.svc, shop.tea, "alice")
    assert (journey.ending, journey.trail[0].reason) == (
        "done",
        "可能已送达，不再重发。It may have arrived, and is not repeated.",
    )


def test_a_wait_and_a_tag_that_is_there_already_cost_five_writes_in_all(shop: House, bill: Bill) -> None:
    """Enter 1 (and 1 of the index), take 1, end 1 (and 1 of the index), figures 1 for a whole job."""
    from chalicelib.features import tags  # noqa: PLC0415

    tag_id = tags.create(shop.svc, shop.tea, "熟客").tag_id
    running(shop, TEN_MINUTES, {"do": "tag", "tag_id": tag_id})
    follower(shop, "alice", tag_ids=[tag_id])
    buys(shop, follower(shop, "bob", tag_ids=[tag_id]))  # what a container remembers
    bill.requests.clear()
    bill.units.clear()

    buys(shop, "alice")
    # Entering and its figure; the index gets one entry. The count is one more for a single person.
    assert bill.units["write"] - bill.units["index"] == 2
    assert bill.units["index"] == 1
    entered = bill.units["read"]
    assert entered <= 2

    shop.advance(600)
    bill.units.clear()
    bill.requests.clear()
    automations.running.go(shop.svc, shop.tea, [kept.person_of(journeys(shop, "alice")[0])])
    assert journeys(shop, "alice")[0]["ending"] == "done"
    # Taken, ended, counted; the index loses its entry.
    assert bill.units["write"] - bill.units["index"] == 3
    assert bill.units["index"] == 1


def test_a_hundred_people_share_one_write_for_their_figures(shop: House, bill: Bill) -> None:
    running(shop, TEN_MINUTES, {"do": "attribute", "attribute": "seen", "value": "{event.order_id}"})
    names = people(shop, 20)
    for openid in names:
        buys(shop, openid)
    persons = [kept.person_of(journeys(shop, openid)[0]) for openid in names]
    shop.advance(600)
    bill.units.clear()
    bill.requests.clear()

    automations.running.go(shop.svc, shop.tea, persons)

    # Each: taken, the attribute (with its card in the index), ended. And one figure.
    assert bill.requests.count("UpdateItem") == 3 * 20 + 1


def test_a_message_that_sets_off_nothing_costs_no_request_for_ten_automations(shop: House, bill: Bill) -> None:
    for number in range(10):
        when = {"kind": "said", "keyword": f"单丛{number}"}
        question = {"field": "orders", "is": "at_least", "value": number}
        running(shop, THANKS, when=when, question=question)
    shop.phone("alice", "follow")
    shop.says("alice", "hello")
    bill.requests.clear()
    bill.units.clear()

    shop.says("alice", "anything else")

    assert sorted(bill.requests) == ["GetItem", "PutItem", "Query", "UpdateItem"]
    assert (bill.units["write"], bill.units["index"]) == (2, 0)
    assert shop.work() == 0


def test_the_queue_in_memory_is_as_slow_as_it_says() -> None:
    clock = [0]
    post = Post(lambda: clock[0], random.Random(1))
    post.put("x", {}, delay=5)
    assert post.receive() is None
    clock[0] = 5
    assert post.receive() is not None
