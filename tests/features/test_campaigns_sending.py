"""A campaign's chunks are sent: each recipient one message, whatever WeChat answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.features import alarms, days
from chalicelib.features.campaigns import reacting, rounds, sending, store
from tests import campaigning as c
from tests.crowd import follower
from tests.house import House, Json, eventually

SEND = "/cgi-bin/message/template/send"


@pytest.fixture
def shop(house: House) -> House:
    return house


def test_everybody_gets_one_message_and_the_funnel_says_so(shop: House) -> None:
    guests = c.together(shop, 30)
    campaign = c.running(shop, guests)

    c.go(shop, campaign)

    assert all(c.messages(shop, openid) == ["茶友，新茶到了"] for openid in guests)
    assert c.funnel(shop, campaign) == {"planned": 30, "a_accepted": 30}
    assert eventually(lambda: _reported(shop, guests))
    shop.advance(30)
    c.look(shop, campaign)
    assert c.funnel(shop, campaign) == {"planned": 30, "a_delivered": 30}
    c.adds_up(shop, campaign, 30)


def _reported(shop: House, guests: list[str]) -> bool:
    found = [list(shop.svc.table.under(f"person#tea#{one}", "delivery#", fresh=True)) for one in guests]
    return all(items and "outcome" in items[0] for items in found)


def test_the_same_job_twice_and_twice_at_once_sends_once(shop: House) -> None:
    guests = c.together(shop, 20)
    campaign = c.running(shop, guests)

    with ThreadPoolExecutor(3) as crew:
        list(crew.map(lambda _: c.go(shop, campaign), range(3)))
    c.go(shop, campaign)

    assert shop.count(SEND) == 20
    assert c.funnel(shop, campaign) == {"planned": 20, "a_accepted": 20}


def test_a_duplicate_of_a_finished_chunk_asks_wechat_nothing(shop: House) -> None:
    campaign = c.running(shop, c.together(shop, 5))
    c.go(shop, campaign)
    asked = shop.count(SEND)

    c.go(shop, campaign)

    assert shop.count(SEND) == asked
    assert c.queued(shop) == 0


@pytest.mark.parametrize(
    ("fault", "phase"),
    [
        ({"errcode": -1}, "running"),
        ({"status": 500}, "running"),
        ({"status": 500, "after_effect": True}, "running"),
        ({"errcode": 40001}, "running"),
        ({"timeout": True, "after_effect": True}, "running"),
    ],
)
def test_trouble_that_passes_loses_nobody_and_doubles_nobody(shop: House, fault: Json, phase: str) -> None:
    guests = c.together(shop, 12)
    campaign = c.running(shop, guests)
    shop.control("faults", path=SEND, times=5, **fault)

    c.go(shop, campaign)
    assert c.phase(shop, campaign)[0] == phase
    for _ in range(4):
        shop.advance(61)
        c.go(shop, campaign)

    assert [len(c.messages(shop, openid)) for openid in guests] == [1] * 12
    assert c.funnel(shop, campaign) == {"planned": 12, "a_accepted": 12}


def test_what_is_wrong_with_one_person_concerns_nobody_else(shop: House) -> None:
    guests = c.together(shop, 6)
    shop.world.accounts["tea"].person(guests[0]).refuses_templates = "send"
    shop.world.accounts["tea"].person(guests[1]).refuses_templates = "event"
    shop.world.accounts["tea"].person(guests[2]).unfollow()
    campaign = c.running(shop, guests)

    c.go(shop, campaign)
    assert eventually(lambda: _reported(shop, [guests[1], *guests[3:]]))
    shop.advance(30)
    c.look(shop, campaign)

    told = c.fates(shop, campaign)
    assert [told[one] for one in guests] == ["r", "r", "r", "d", "d", "d"]
    c.adds_up(shop, campaign, 6)


def test_whoever_left_or_was_blocked_since_gets_nothing(shop: House) -> None:
    guests = c.together(shop, 4)
    shop.phone(guests[0], "unfollow")
    shop.svc.table.update(f"person#tea#{guests[1]}", "profile", {"blocked": True})
    campaign = c.running(shop, guests)

    c.go(shop, campaign)

    told = c.fates(shop, campaign)
    assert [told[one] for one in guests] == ["s", "s", "a", "a"]
    assert c.funnel(shop, campaign) == {"planned": 4, "suppressed": 2, "a_suppressed": 2, "a_accepted": 2}


def test_an_unknown_word_without_a_default_leaves_its_person_out(shop: House) -> None:
    guests = [*c.together(shop, 1, facts={"city": {"value": "杭州", "source": "form", "at": 1}}),
              *c.together(shop, 1, prefix="other")]  # fmt: skip
    campaign = c.running(shop, guests, c.document("template", {**c.WORDS, "fields": {"thing1": "{facts.city}有新茶"}}))

    c.go(shop, campaign)

    assert c.messages(shop, guests[0]) == ["杭州有新茶"]
    assert c.fates(shop, campaign)[guests[1]] == "s"


def test_held_by_the_platform_is_never_sent_again_and_closed_by_its_report(shop: House) -> None:
    (guest,) = c.together(shop, 1)
    campaign = c.running(shop, [guest])
    shop.control("faults", path=SEND, errcode=40252)

    c.go(shop, campaign)
    c.go(shop, campaign)
    assert c.fates(shop, campaign) == {guest: "h"}
    shop.advance(30)
    assert eventually(lambda: _reported(shop, [guest]))
    c.look(shop, campaign)

    assert c.fates(shop, campaign) == {guest: "d"}
    assert len(c.messages(shop, guest)) == 1


def test_the_minutes_limit_waits_a_minute_and_the_days_limit_until_tomorrow(shop: House) -> None:
    guests = c.together(shop, 40)
    campaign = c.running(shop, guests)
    shop.control("faults", path=SEND, errcode=45011, times=100)
    c.go(shop, campaign)
    assert c.phase(shop, campaign) == ("waiting", "minute")
    assert store.find(shop.svc, shop.tea, campaign.campaign_id).waits_until <= shop.svc.now() + 60
    assert shop.count(SEND) <= rounds.AT_ONCE  # nobody else is asked


def test_the_days_quota_waits_until_after_midnight_in_shanghai(shop: House) -> None:
    guests = c.together(shop, 10)
    campaign = c.running(shop, guests)
    shop.world.accounts["tea"].daily_limits[SEND] = 4

    c.go(shop, campaign)

    assert c.phase(shop, campaign) == ("waiting", "day")
    midnight = days.tomorrow(shop.svc.now())
    assert midnight <= store.find(shop.svc, shop.tea, campaign.campaign_id).waits_until < midnight + 60
    assert c.funnel(shop, campaign) == {"planned": 10, "a_accepted": 4, "a_planned": 6}
    shop.world.accounts["tea"].daily_limits.clear()
    shop.advance(midnight - shop.svc.now() + 61)
    c.tick(shop, campaign)
    c.go(shop, campaign)
    assert [len(c.messages(shop, openid)) for openid in guests] == [1] * 10


def test_a_45009_that_is_of_the_minute_waits_as_long_as_wechat_says(shop: House) -> None:
    campaign = c.running(shop, c.together(shop, 10))
    shop.control("faults", path=SEND, errcode=45009, times=100)

    c.go(shop, campaign)

    assert c.phase(shop, campaign) == ("waiting", "minute")
    assert store.find(shop.svc, shop.tea, campaign.campaign_id).waits_until <= shop.svc.now() + 60


def test_an_unknown_template_pauses_and_an_operator_hears_of_it(shop: House) -> None:
    guests = c.together(shop, 40)
    campaign = c.running(shop, guests)
    shop.world.accounts["tea"].templates.clear()

    c.go(shop, campaign)

    phase, why = c.phase(shop, campaign)
    assert (phase, why[:15]) == ("paused", "template: 40037")
    assert any(what.startswith("campaign#") for what in alarms.ringing(shop.svc, shop.tea))
    assert c.funnel(shop, campaign) == {"planned": 40, "a_planned": 40}


def test_a_field_that_nobody_can_get_pauses_and_names_it(shop: House) -> None:
    guests = c.together(shop, 40)
    campaign = c.running(shop, guests)
    shop.control("faults", path=SEND, errcode=47003, errmsg="argument invalid! data.thing1.value invalid", times=100)

    c.go(shop, campaign)

    phase, why = c.phase(shop, campaign)
    assert phase == "paused" and "data.thing1.value" in why
    assert shop.count(SEND) <= rounds.AT_ONCE + 3
    assert c.funnel(shop, campaign) == {"planned": 40, "a_planned": 40}


def test_a_field_that_only_one_person_cannot_get_fails_for_them_alone(shop: House) -> None:
    guests = c.together(shop, 5)
    campaign = c.running(shop, guests)
    shop.control("faults", path=SEND, errcode=47003, errmsg="argument invalid! data.thing1.value invalid", times=1)

    c.go(shop, campaign)

    assert sorted(c.fates(shop, campaign).values()) == ["a", "a", "a", "a", "f"]
    assert c.phase(shop, campaign) == ("running", "")


def test_an_account_without_the_right_waits_and_an_operator_hears_of_it(shop: House) -> None:
    campaign = c.running(shop, c.together(shop, 30))
    shop.control("faults", path=SEND, errcode=48001, times=100)

    c.go(shop, campaign)

    phase, why = c.phase(shop, campaign)
    assert phase == "waiting" and "48001" in why


def test_a_paused_or_cancelled_campaign_sends_nothing_more(shop: House) -> None:
    guests = c.together(shop, 100)
    campaign = c.running(shop, guests)
    shop.control("faults", path=SEND, latency_ms=1000, times=1000)
    worker = threading.Thread(target=c.go, args=(shop, campaign))
    worker.start()
    assert eventually(lambda: shop.count(SEND) > 5)
    store.move(shop.svc, shop.tea, campaign.campaign_id, ("running",), "cancelled")
    worker.join()
    sent = shop.count(SEND)
    c.go(shop, campaign)

    assert shop.count(SEND) == sent < 100
    assert c.funnel(shop, campaign)["a_accepted"] == sent
    c.adds_up(shop, campaign, 100)


def test_a_pace_is_kept_by_two_workers_together(shop: House) -> None:
    guests = [*c.together(shop, 10), *c.together(shop, 10, shelf="1")]
    campaign = c.running(shop, guests, c.document(per_second=5))
    began = shop.svc.clock.time()
    with ThreadPoolExecutor(2) as crew:
        work = [
            crew.submit(sending.go, shop.svc, shop.tea, campaign.campaign_id, key) for key in c.keys(shop, campaign)
        ]
        [one.result() for one in work]
    took = shop.svc.clock.time() - began

    assert shop.count(SEND) == 20 and took >= 19 / 5 - 0.1


def test_no_more_a_day_than_was_said(shop: House) -> None:
    guests = c.together(shop, 10)
    campaign = c.running(shop, guests, c.document(per_day=4))

    c.go(shop, campaign)
    assert c.funnel(shop, campaign)["a_accepted"] == 4
    c.go(shop, campaign)

    assert c.phase(shop, campaign) == ("waiting", "per_day")
    assert shop.count(SEND) == 4


def test_a_cap_counts_what_an_earlier_campaign_sends_and_is_about_to(shop: House) -> None:
    guests = c.together(shop, 4)
    first = c.running(shop, guests[:2])
    c.go(shop, first)
    second = c.running(shop, guests[2:3], c.document(per_day=1))  # not begun yet
    shop.advance(2)
    third = c.running(shop, guests, c.document(cap=1))

    c.go(shop, third)

    told = c.fates(shop, third)
    assert [told[one] for one in guests] == ["s", "s", "s", "a"]
    assert second.campaign_id != third.campaign_id
    shop.advance(8 * 86_400)
    fourth = c.running(shop, guests, c.document(cap=1))
    c.go(shop, fourth)
    assert sorted(c.fates(shop, fourth).values()) == ["a", "a", "a", "s"]  # the second still plans to


def test_customer_service_goes_to_whom_the_window_is_open_for(shop: House) -> None:
    said, silent = c.together(shop, 2)
    follower(shop, said)
    shop.says(said, "hello")
    shop.advance(120)
    reply = {"label": "A", "reply": {"type": "text", "content": "{name|茶友}，有新茶"}}
    campaign = c.running(shop, [said, silent], c.document("custom", reply))

    c.go(shop, campaign)
    c.go(shop, campaign)

    assert c.messages(shop, said, "custom") == ["茶友，有新茶"]
    assert c.fates(shop, campaign) == {said: "a", silent: "s"}


def test_a_customer_service_message_whose_answer_is_lost_is_never_sent_again(shop: House) -> None:
    (said,) = c.together(shop, 1)
    shop.says(said, "hello")
    reply = {"label": "A", "reply": {"type": "text", "content": "有新茶"}}
    campaign = c.running(shop, [said], c.document("custom", reply))
    shop.control("faults", path="/cgi-bin/message/custom/send", status=500, after_effect=True)

    c.go(shop, campaign)
    c.go(shop, campaign)

    assert c.fates(shop, campaign) == {said: "u"}
    assert c.messages(shop, said, "custom") == ["有新茶"]


def test_the_variants_and_the_holdout_are_counted_by_themselves(shop: House) -> None:
    guests = c.together(shop, 100)
    variants = [{**c.WORDS, "label": "A", "share": 50}, {**c.WORDS, "label": "B", "share": 50}]
    campaign = c.running(shop, guests, c.document("template", *variants, holdout=10))

    c.go(shop, campaign)

    told = c.funnel(shop, campaign)
    assert told["a_accepted"] > 20 and told["b_accepted"] > 20 and 0 < told["o_planned"] < 30
    assert told["a_accepted"] + told["b_accepted"] + told["o_planned"] == 100
    assert shop.count(SEND) == 100 - told["o_planned"]


def test_no_answer_at_all_puts_the_campaign_to_sleep(shop: House) -> None:
    campaign = c.running(shop, c.together(shop, 60))
    shop.control("faults", path=SEND, errcode=-1, times=1000)

    c.go(shop, campaign)

    assert c.phase(shop, campaign) == ("waiting", "busy")
    assert shop.count(SEND) < reacting.A_MINUTE
