"""Reports on a campaign's messages: late, lost, doubled, before the answer; whose they are; what they cost."""

from __future__ import annotations

import pytest

from chalicelib.features import events, notices, template_library, templates
from chalicelib.features.campaigns import chunks, sending, store
from chalicelib.features.followers import leaving
from simulator.accounts import NoticeTemplate
from tests import campaigning as c
from tests.features.test_budgets import Bill, bill
from tests.house import NOTICE, House, Json, eventually

__all__ = ["bill"]

SEND = "/cgi-bin/message/template/send"


def reports(house: House, openid: str) -> list[Json]:
    return list(house.svc.table.under(f"person#tea#{openid}", "delivery#", fresh=True))


def reported(house: House, *guests: str) -> bool:
    return eventually(lambda: all(any("outcome" in one for one in reports(house, guest)) for guest in guests))


@pytest.mark.parametrize("event", ["late", "doubled", "before"])
def test_a_report_that_is_late_doubled_or_early_is_counted_once(house: House, event: str) -> None:
    guests = c.together(house, 3)
    campaign = c.running(house, guests)
    house.control("faults", event=event, times=3, delay_s=40)

    c.go(house, campaign)
    house.advance(60)
    assert reported(house, *guests)
    c.look(house, campaign)
    c.look(house, campaign)

    assert c.funnel(house, campaign) == {"planned": 3, "a_delivered": 3}


def test_a_report_that_is_lost_for_three_days_is_none(house: House) -> None:
    (guest,) = c.together(house, 1)
    campaign = c.running(house, [guest])
    house.control("faults", event="lost")
    c.go(house, campaign)
    store.move(house.svc, house.tea, campaign.campaign_id, ("running",), "settling", sent_at=house.svc.now())

    house.advance(2 * 86_400)
    c.look(house, campaign)
    assert c.fates(house, campaign) == {guest: "a"}
    house.advance(86_400)
    c.look(house, campaign)

    assert c.funnel(house, campaign) == {"planned": 1, "a_unreported": 1}


def test_a_report_is_not_claimed_and_costs_one_write(house: House, bill: Bill) -> None:
    (guest,) = c.together(house, 1)
    message: Json = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": 7, "Status": "success"}
    house.says(guest, "hello")
    before = bill.units["write"]

    house.phone(guest, "event", **message)

    assert bill.units["write"] - before == 1
    events_kept = [one for one in house.svc.table.under(f"person#tea#{guest}", "message#") if one["kind"] == "event"]
    assert not [one for one in events_kept if one.get("event") == "templatesendjobfinish"]


def test_a_report_that_could_not_be_kept_is_kept_from_the_queue(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (guest,) = c.together(house, 1)
    message: Json = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": 7, "Status": "success"}
    with monkeypatch.context() as patch:
        patch.setattr(templates, "OUTCOMES", None)  # a bug
        house.phone(guest, "event", **message)
    assert reports(house, guest) == []

    house.work()

    assert [one["outcome"] for one in reports(house, guest)] == ["delivered"]


def test_a_campaigns_report_closes_no_other_message_that_waits_for_one(house: House) -> None:
    (guest,) = c.together(house, 1)
    content: Json = {"openid": guest, "template_id": NOTICE, "data": {"thing1": "x"}, "once": "order-1"}
    templates.order(house.svc, house.tea, **content, queued=False)
    house.svc.table.update(f"person#tea#{guest}", "template#order-1", {"stage": "unknown"})
    campaign = c.running(house, [guest])

    c.go(house, campaign)
    assert reported(house, guest)
    house.advance(30)
    c.look(house, campaign)

    assert c.fates(house, campaign) == {guest: "d"}
    assert templates.find(house.svc, house.tea, guest, "order-1")["stage"] == "unknown"


def test_a_message_whose_answer_never_came_is_closed_by_the_one_report_that_is_nobody_elses(house: House) -> None:
    (guest,) = c.together(house, 1)
    first = c.running(house, [guest])
    c.go(house, first)
    second = c.running(house, [guest], c.document("template", {**c.WORDS, "fields": {"thing1": "再来"}}))
    house.control("faults", path=SEND, status=500, after_effect=True)
    c.go(house, second)
    house.advance(600)
    c.go(house, second)
    assert c.fates(house, second) == {guest: "u"}
    assert eventually(lambda: len(reports(house, guest)) == 2)

    c.look(house, second)
    c.look(house, first)

    assert (c.fates(house, first), c.fates(house, second)) == ({guest: "d"}, {guest: "d"})


def test_two_messages_without_an_answer_are_not_guessed_apart(house: House) -> None:
    (guest,) = c.together(house, 1)
    both = []
    for words in ("一", "二"):
        campaign = c.running(house, [guest], c.document("template", {**c.WORDS, "fields": {"thing1": words}}))
        house.control("faults", path=SEND, status=500, after_effect=True)
        c.go(house, campaign)
        both.append(campaign)
    house.advance(600)
    for campaign in both:
        c.go(house, campaign)
    assert eventually(lambda: len(reports(house, guest)) == 2)

    for campaign in both:
        c.look(house, campaign)
        assert c.fates(house, campaign) == {guest: "u"}


def test_whoever_asks_for_deliveries_is_told_of_a_campaigns(house: House) -> None:
    guests = c.together(house, 2)
    events.set_interest(house.svc, house.tea, "automations", {"delivered": []})
    campaign = c.running(house, guests)
    c.go(house, campaign)
    assert reported(house, *guests)
    house.advance(30)
    told: list[Json] = []
    house.svc.work.put = lambda job, arguments, delay=0: told.append(arguments)  # type: ignore[method-assign]

    c.look(house, campaign)

    assert {one["event"]["openid"] for one in told} == set(guests)
    assert told[0]["event"]["data"] == {
        "message": "campaign", "once": campaign.campaign_id, "outcome": "delivered", "reason": ""
    }  # fmt: skip


def test_a_worker_that_died_is_relieved_within_two_minutes(house: House) -> None:
    (guest,) = c.together(house, 1)
    campaign = c.running(house, [guest])
    key = c.keys(house, campaign)[0]
    now = int(house.svc.clock.time() * 1000)
    chunk = chunks.take(house.svc, house.tea, campaign, key, "dead", now + sending.LEASE)
    assert isinstance(chunk, chunks.Chunk)
    desk = chunks.Desk({"begun": [0, 1, now]})
    chunks.settle(house.svc, house.tea, campaign, key, {}, seen=chunk, desk=desk)

    c.look(house, campaign)
    assert c.queued(house) == 0
    house.advance(70)
    c.look(house, campaign)
    assert c.queued(house) == 1
    house.work()

    assert c.fates(house, campaign) == {guest: "a"}


def test_a_notice_goes_to_whom_agreed_and_each_consent_is_spent_once(house: House) -> None:
    asked, silent = c.together(house, 2)
    agrees(house, asked)
    campaign = c.running(house, [asked, silent], c.document("notice"))

    c.go(house, campaign)
    c.go(house, campaign)

    assert c.fates(house, campaign) == {asked: "a", silent: "s"}
    assert notices.grants(house.svc, house.tea, [asked], NOTICE) == {asked: False}


def test_a_consent_is_given_back_when_nothing_was_sent_and_spent_when_it_may_have_been(house: House) -> None:
    asked, other = c.together(house, 2)
    agrees(house, asked)
    agrees(house, other)
    campaign = c.running(house, [asked], c.document("notice"))
    house.control("faults", path="/cgi-bin/message/subscribe/bizsend", errcode=-1)
    c.go(house, campaign)
    assert notices.grants(house.svc, house.tea, [asked], NOTICE) == {asked: True}

    second = c.running(house, [other], c.document("notice"))
    house.control("faults", path="/cgi-bin/message/subscribe/bizsend", status=500, after_effect=True)
    c.go(house, second)

    assert c.fates(house, second) == {other: "u"}
    assert notices.grants(house.svc, house.tea, [other], NOTICE) == {other: False}


@pytest.mark.parametrize(("code", "may"), [(43004, True), (40003, True), (43101, False)])
def test_who_is_refused_a_notice_keeps_the_consent_unless_wechat_has_none(house: House, code: int, may: bool) -> None:
    (asked,) = c.together(house, 1)
    agrees(house, asked)
    house.control("faults", path="/cgi-bin/message/subscribe/bizsend", errcode=code)
    campaign = c.running(house, [asked], c.document("notice"))
    c.go(house, campaign)

    assert c.fates(house, campaign) == {asked: "r"}
    assert notices.grants(house.svc, house.tea, [asked], NOTICE) == {asked: may}


def test_what_became_of_a_notice_is_what_wechat_told_since(house: House) -> None:
    (asked,) = c.together(house, 1)
    agrees(house, asked)
    campaign = c.running(house, [asked], c.document("notice"))
    c.go(house, campaign)
    assert eventually(lambda: house.svc.table.get(f"person#tea#{asked}", f"noticed#{NOTICE}", fresh=True))
    house.advance(30)

    c.look(house, campaign)

    assert c.fates(house, campaign) == {asked: "d"}


def agrees(house: House, openid: str) -> None:
    house.world.accounts["tea"].notices[NOTICE] = NoticeTemplate(NOTICE, "到货通知", "商品:{{thing1.DATA}}")
    template_library.sync(house.svc, house.tea)
    house.phone(openid, "subscribe", answers={NOTICE: "accept"})


def test_who_leaves_or_is_erased_is_on_no_list_but_is_counted(house: House) -> None:
    guests = c.together(house, 3)
    campaign = c.running(house, guests)
    c.go(house, campaign)

    leaving.erase(house.svc, house.tea, guests[0])
    house.phone(guests[1], "unfollow")
    house.advance(2 * 86_400)
    house.svc.forget("campaigns#tea")
    leaving.erase_left(house.svc, house.tea)

    lists = [one["people"] for one in house.svc.table.under(f"campaign#tea#{campaign.campaign_id}", "people#")]
    assert guests[0] not in "\n".join(lists) and guests[1] not in "\n".join(lists) and guests[2] in "\n".join(lists)
    assert chunks.find_person(house.svc, house.tea, campaign, guests[0]) is None
    c.look(house, campaign)
    c.adds_up(house, campaign, 3)


def test_a_recipient_costs_less_than_two_writes_and_a_twentieth_of_a_request(house: House, bill: Bill) -> None:
    """From the planning of the chunk to its last report; SQS requests counted at the client."""
    guests = c.together(house, 100)
    before, shelves = bill.units["write"], bill.units["index"]
    campaign = c.running(house, guests)
    c.go(house, campaign)
    assert reported(house, *guests)
    house.advance(30)
    c.look(house, campaign)
    house.advance(60)
    c.look(house, campaign)

    assert c.funnel(house, campaign) == {"planned": 100, "a_delivered": 100}
    each = (bill.units["write"] - before) / 100
    assert each <= 1.6  # and each further look at its chunk a fifteenth
    assert bill.units["index"] - shelves <= 5  # the campaign's own place on the clock's shelf
