"""A template message reaches its follower once, whatever is lost, late, doubled or killed on the way."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from chalicelib.aws import tokens as stored
from chalicelib.errors import BadInput, NotFound, Unavailable
from chalicelib.features import alarms, stops, templates, tokens
from chalicelib.wechat.errors import Busy, Unreachable
from tests.house import NOTICE, House, Json, eventually, logged

SEND = "/cgi-bin/message/template/send"
ELEVEN_MINUTES, AN_HOUR, A_DAY = 660, 3600, 86_400
TEA_IS_READY = {"thing1": "龙井一壶"}


@pytest.fixture
def shop(house: House) -> Iterator[House]:
    """Alice follows the tea shop, which has its token."""
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    yield house


def order(house: House, once: str = "order-7", **changes: Any) -> str:
    usual: Json = {"openid": "alice", "template_id": NOTICE, "data": TEA_IS_READY}
    return templates.order(house.svc, house.tea, once=once, **(usual | changes))


def send(house: House, once: str = "order-7", openid: str = "alice") -> None:
    templates.send(house.svc, house.tea, openid=openid, once=once)


def stage(house: House, once: str = "order-7", openid: str = "alice") -> str:
    return str(templates.find(house.svc, house.tea, openid, once)["stage"])


def cards(house: House, openid: str = "alice") -> list[Json]:
    return [item for item in house.inbox(openid) if item["type"] == "template"]


def becomes(house: House, wanted: str, once: str = "order-7") -> bool:
    return eventually(lambda: stage(house, once) == wanted)


def fault(house: House, **told: Any) -> None:
    house.control("faults", path=SEND, **told)


def event(house: House, kind: str) -> None:
    house.control("faults", event=kind)


def answer_lost(house: House) -> None:
    fault(house, timeout=True, after_effect=True)


def try_and_lose_the_answer(house: House) -> None:
    answer_lost(house)
    with pytest.raises(Unreachable):
        send(house)


def together(number: int, do: Any) -> None:
    begin = threading.Barrier(number)

    def one(_: int) -> None:
        begin.wait()
        do()

    with ThreadPoolExecutor(number) as crowd:
        list(crowd.map(one, range(number)))


def test_ordered_twice_it_is_one_message(shop: House) -> None:
    assert [order(shop), order(shop, data={"thing1": "别的"})] == ["planned", "planned"]
    shop.work()

    assert [card["content"] for card in cards(shop)] == ["龙井一壶"]
    assert becomes(shop, "delivered")
    assert order(shop) == "delivered"
    assert shop.work() == 0


def test_ordered_by_two_at_once_it_is_one_message(shop: House) -> None:
    together(8, lambda: order(shop))
    shop.work()

    assert len(cards(shop)) == 1


def test_two_workers_at_once_send_one_message(shop: House) -> None:
    order(shop)

    together(6, lambda: send(shop))

    assert len(cards(shop)) == 1
    assert becomes(shop, "delivered")


def test_the_same_order_of_two_followers_is_two_messages(shop: House) -> None:
    shop.phone("bob", "follow")
    order(shop)
    order(shop, openid="bob")
    shop.work()

    assert [len(cards(shop, who)) for who in ("alice", "bob")] == [1, 1]


def test_when_the_answer_is_lost_it_is_sent_again_and_arrives_once(shop: House) -> None:
    order(shop)
    try_and_lose_the_answer(shop)
    assert (stage(shop), len(cards(shop))) == ("sending", 1)

    shop.advance(300)
    send(shop)

    assert becomes(shop, "delivered")
    assert len(cards(shop)) == 1


def test_after_ten_minutes_it_is_never_sent_again_but_closed_by_its_event(shop: House) -> None:
    order(shop)
    event(shop, "lost")
    try_and_lose_the_answer(shop)
    shop.advance(ELEVEN_MINUTES)
    send(shop)
    assert stage(shop) == "unknown"
    assert order(shop) == "unknown"
    send(shop)
    assert shop.count(SEND) == 1

    msgid = cards(shop)[0]["msgid"]
    shop.phone("alice", "event", Event="TEMPLATESENDJOBFINISH", MsgID=msgid, Status="success")

    assert stage(shop) == "delivered"


def test_after_ten_minutes_an_event_that_has_come_already_closes_it_too(shop: House) -> None:
    order(shop)
    try_and_lose_the_answer(shop)
    reported = f"delivery#{cards(shop)[0]['msgid']}"
    assert eventually(lambda: shop.svc.table.get("person#tea#alice", reported))

    shop.advance(ELEVEN_MINUTES)
    send(shop)

    assert stage(shop) == "delivered"
    assert shop.count(SEND) == 1


@pytest.mark.parametrize("trouble", [{"errcode": -1}, {"errcode": 45009}])
def test_a_refusal_after_a_lost_answer_does_not_begin_the_ten_minutes_anew(shop: House, trouble: Json) -> None:
    order(shop)
    event(shop, "lost")
    try_and_lose_the_answer(shop)
    fault(shop, **trouble)
    with contextlib.suppress(Busy):
        send(shop)

    shop.advance(A_DAY)
    tokens.refresh_all(shop.svc)
    templates.start_due(shop.svc)
    shop.work()
    send(shop)

    assert len(cards(shop)) == 1
    assert stage(shop) == "unknown"


def test_what_certainly_did_not_go_out_may_be_sent_hours_later(shop: House) -> None:
    order(shop)
    fault(shop, errcode=-1)
    with pytest.raises(Busy):
        send(shop)
    assert stage(shop) == "planned"

    shop.advance(AN_HOUR)
    send(shop)

    assert len(cards(shop)) == 1
    assert becomes(shop, "delivered")


def test_without_a_token_nothing_was_sent(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 0.0)
    shop.svc.table.delete("account#tea", "token#access")
    shop.svc.forget("account#tea")  # another container, which has never seen the token
    shop.control("faults", path="/cgi-bin/stable_token", errcode=-1)
    order(shop)
    with pytest.raises(Unavailable):
        send(shop)
    assert stage(shop) == "planned"

    tokens.refresh_all(shop.svc)
    shop.advance(ELEVEN_MINUTES)
    send(shop)

    assert len(cards(shop)) == 1


def test_an_event_that_comes_before_the_answer_closes_it(shop: House) -> None:
    order(shop)
    event(shop, "before")

    send(shop)

    assert stage(shop) == "delivered"
    assert templates.find(shop.svc, shop.tea, "alice", "order-7")["msgid"] == str(cards(shop)[0]["msgid"])


def test_killed_while_it_notes_what_wechat_said_it_is_closed_by_its_event_all_the_same(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(shop)
    event(shop, "late")
    update = type(shop.svc.table).update

    def killed(table: Any, pk: str, sk: str, change: Json, *more: Any, **values: Any) -> Any:
        if change.get("stage") == "accepted":
            raise KeyboardInterrupt
        return update(table, pk, sk, change, *more, **values)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(type(shop.svc.table), "update", killed)
        send(shop)
    shop.advance(61)

    assert becomes(shop, "delivered")
    send(shop)
    assert (len(cards(shop)), shop.count(SEND)) == (1, 1)
    assert templates.find(shop.svc, shop.tea, "alice", "order-7")["msgid"] == str(cards(shop)[0]["msgid"])


def test_killed_after_its_event_has_come_it_is_closed_when_it_is_too_old_to_repeat(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(shop)
    event(shop, "before")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(templates, "_close", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        send(shop)
    shop.svc.table.update("person#tea#alice", "template#order-7", {"stage": "sending"})  # killed one write earlier

    shop.advance(ELEVEN_MINUTES)
    send(shop)

    assert stage(shop) == "delivered"
    assert shop.count(SEND) == 1


def test_an_event_of_one_message_does_not_close_another(shop: House) -> None:
    order(shop, "first")
    event(shop, "lost")
    answer_lost(shop)
    with pytest.raises(Unreachable):
        send(shop, "first")
    shop.advance(ELEVEN_MINUTES)
    send(shop, "first")

    order(shop, "second")
    event(shop, "before")
    send(shop, "second")

    assert (stage(shop, "first"), stage(shop, "second")) == ("unknown", "delivered")


def test_an_event_may_be_late(shop: House) -> None:
    order(shop)
    event(shop, "late")
    send(shop)
    assert stage(shop) == "accepted"

    shop.advance(61)

    assert becomes(shop, "delivered")


def test_an_event_may_be_lost_and_nothing_is_sent_again(shop: House) -> None:
    order(shop)
    event(shop, "lost")
    send(shop)
    shop.advance(AN_HOUR)

    send(shop)

    assert stage(shop) == "accepted"
    assert shop.count(SEND) == 1


def test_an_event_may_be_doubled_and_the_first_word_holds(shop: House) -> None:
    order(shop)
    event(shop, "doubled")
    send(shop)
    assert becomes(shop, "delivered")

    msgid = cards(shop)[0]["msgid"]
    shop.phone("alice", "event", Event="TEMPLATESENDJOBFINISH", MsgID=msgid, Status="failed: system failed")

    assert stage(shop) == "delivered"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("success", "delivered"), ("failed:user block", "refused"), ("failed: system failed", "failed"), ("", "failed")],
)
def test_the_event_says_how_it_ended(shop: House, status: str, outcome: str) -> None:
    order(shop)
    event(shop, "lost")
    send(shop)

    msgid = cards(shop)[0]["msgid"]
    shop.phone("alice", "event", Event="TEMPLATESENDJOBFINISH", MsgID=msgid, Status=status)

    assert stage(shop) == outcome


@pytest.mark.parametrize("refuses", ["send", "event"])
def test_who_refuses_them_is_left_alone(shop: House, refuses: str) -> None:
    shop.control("settings", account="tea", openid="alice", refuses_templates=refuses)
    order(shop)
    shop.work()

    assert becomes(shop, "refused")
    send(shop)
    assert shop.count(SEND) == 1
    assert alarms.ringing(shop.svc, shop.tea) == {}


def test_who_left_or_never_followed_is_left_alone(shop: House) -> None:
    shop.phone("alice", "unfollow")
    order(shop)
    order(shop, openid="nobody")
    shop.work()

    assert stage(shop) == "refused"
    assert stage(shop, openid="nobody") == "refused"


@pytest.mark.parametrize(
    "wrong", [{"template_id": "gone"}, {"data": {"thing1": "一二三四五" * 5}}, {"data": {"other": "x"}}]
)
def test_what_repeating_would_not_mend_rings_one_alarm(shop: House, wrong: Json) -> None:
    with logged() as lines:
        for once in ("one", "two"):
            order(shop, once, **wrong)
        shop.work()

    assert (stage(shop, "one"), stage(shop, "two")) == ("failed", "failed")
    assert len(alarms.ringing(shop.svc, shop.tea)) == 1
    assert lines.getvalue().count("needs a person") == 1


@pytest.mark.parametrize("errcode", [40037, 40249, 43116])
def test_a_template_at_fault_is_not_asked_for_again_for_a_while(shop: House, errcode: int) -> None:
    fault(shop, errcode=errcode)
    for once in ("one", "two", "three"):
        order(shop, once)
    shop.work()

    assert [stage(shop, once) for once in ("one", "two", "three")] == ["failed"] * 3
    assert templates.find(shop.svc, shop.tea, "alice", "three")["reason"].startswith(str(errcode))
    assert shop.count(SEND) == 1

    shop.advance(ELEVEN_MINUTES)
    order(shop, "four")
    shop.work()
    assert becomes(shop, "delivered", "four")


def test_one_templates_fault_is_not_anothers(shop: House) -> None:
    order(shop, "one", template_id="gone")
    order(shop, "two")
    shop.work()

    assert (stage(shop, "one"), becomes(shop, "delivered", "two")) == ("failed", True)


def test_words_that_do_not_fit_stop_only_their_own_message(shop: House) -> None:
    order(shop, "one", data={"thing1": "一二三四五" * 5})
    order(shop, "two")
    shop.work()

    assert (stage(shop, "one"), becomes(shop, "delivered", "two")) == ("failed", True)


@pytest.mark.parametrize("errcode", [48001, 40164, 50007, 89503])
def test_while_an_account_needs_a_person_its_messages_wait_and_then_go_out(shop: House, errcode: int) -> None:
    fault(shop, errcode=errcode, errmsg="refused")
    for once in ("one", "two", "three"):
        order(shop, once)
    with logged() as lines:
        shop.work()

    assert [stage(shop, once) for once in ("one", "two", "three")] == ["planned"] * 3
    assert templates.find(shop.svc, shop.tea, "alice", "two")["reason"].startswith(str(errcode))
    assert shop.count(SEND) == 1
    assert lines.getvalue().count("needs a person") == 1

    shop.advance(ELEVEN_MINUTES)
    templates.start_due(shop.svc)
    shop.work()
    for once in ("one", "two", "three"):
        assert becomes(shop, "delivered", once)


def test_an_account_that_nobody_mends_is_asked_once_in_ten_minutes_and_after_a_day_they_fail(shop: House) -> None:
    fault(shop, errcode=48001, times=99)
    for once in ("one", "two"):
        order(shop, once)
    shop.work()
    for _ in range(3):
        shop.advance(ELEVEN_MINUTES)
        templates.start_due(shop.svc)
        shop.work()
    assert shop.count(SEND) == 4

    shop.advance(A_DAY)
    tokens.refresh_all(shop.svc)
    templates.start_due(shop.svc)
    shop.work()

    assert (stage(shop, "one"), stage(shop, "two")) == ("failed", "failed")
    assert len(cards(shop)) == 0


def test_a_stop_at_one_account_is_none_at_another(shop: House) -> None:
    stops.stop(shop.svc, shop.leaf, "templates", "48001")
    order(shop)
    shop.work()

    assert becomes(shop, "delivered")


def test_whether_something_is_stopped_costs_no_read_for_each_message(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    under = type(shop.svc.table).under

    def counted(table: Any, pk: str, prefix: str = "", fresh: bool = False) -> Any:
        looks.append(prefix)
        return under(table, pk, prefix, fresh)

    monkeypatch.setattr(type(shop.svc.table), "under", counted)
    for n in range(5):
        order(shop, f"order-{n}")
    shop.work()

    assert looks.count("stopped#") == 1


def test_when_todays_messages_are_used_up_it_goes_out_tomorrow(shop: House) -> None:
    shop.control("settings", account="tea", daily_limits={SEND: 0})
    order(shop)
    shop.work()
    assert stage(shop) == "planned"

    shop.advance(A_DAY)
    shop.control("settings", account="tea", daily_limits={})
    tokens.refresh_all(shop.svc)
    templates.start_due(shop.svc)
    shop.work()

    assert becomes(shop, "delivered")
    assert len(cards(shop)) == 1


def test_tomorrow_begins_at_midnight_in_shanghai(shop: House) -> None:
    shop.control("settings", account="tea", daily_limits={SEND: 0})
    order(shop)
    shop.work()

    (entry,) = shop.svc.table.shelved("due")
    at = int(entry["place"].partition("#")[0])
    assert 0 <= (at + 8 * AN_HOUR) % A_DAY < 600
    assert 0 < at - shop.svc.now() <= A_DAY + 600


@pytest.mark.parametrize("errcode", [45011, 40241])
def test_too_many_this_minute_waits_a_minute_in_the_queue(shop: House, errcode: int) -> None:
    fault(shop, errcode=errcode)
    order(shop)
    shop.work()

    assert stage(shop) == "planned"
    url = boto3.client("sqs").get_queue_url(QueueName=shop.svc.settings.work_queue)["QueueUrl"]
    waiting = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert waiting["ApproximateNumberOfMessagesDelayed"] == "1"
    send(shop)
    assert becomes(shop, "delivered")


def test_equal_words_after_a_lost_answer_are_our_own(shop: House) -> None:
    order(shop)
    event(shop, "late")
    try_and_lose_the_answer(shop)
    fault(shop, errcode=40241)
    send(shop)
    assert stage(shop) == "held"

    shop.advance(61)

    assert becomes(shop, "delivered")
    assert len(cards(shop)) == 1


def test_what_wechat_holds_for_a_look_is_not_sent_again(shop: House) -> None:
    fault(shop, errcode=40252)
    order(shop)
    shop.work()
    assert (stage(shop), cards(shop)) == ("held", [])
    send(shop)
    assert order(shop) == "held"

    shop.advance(3)

    assert becomes(shop, "delivered")
    assert (len(cards(shop)), shop.count(SEND)) == (1, 1)


def test_a_planned_one_waits_for_its_time_and_goes_out_once(shop: House) -> None:
    assert order(shop, at=shop.svc.now() + AN_HOUR) == "planned"
    templates.start_due(shop.svc)
    assert order(shop, at=shop.svc.now() + AN_HOUR) == "planned"
    assert shop.work() == 0

    shop.advance(AN_HOUR)
    together(4, lambda: templates.start_due(shop.svc))
    templates.start_due(shop.svc)
    shop.work()
    templates.start_due(shop.svc)

    assert shop.work() == 0
    assert len(cards(shop)) == 1
    assert becomes(shop, "delivered")


def test_a_tick_that_was_killed_in_the_middle_loses_nothing(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    order(shop, at=shop.svc.now() + 60)
    shop.advance(61)
    with monkeypatch.context() as patch:
        patch.setattr(type(shop.svc.table), "update", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            templates.start_due(shop.svc)

    templates.start_due(shop.svc)
    shop.work()

    assert len(cards(shop)) == 1


def test_a_tick_does_not_drop_what_a_quick_worker_put_off(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    order(shop, at=shop.svc.now() + 60)
    shop.advance(61)
    shop.control("settings", account="tea", daily_limits={SEND: 0})
    later = shop.svc.later

    def later_and_at_once(*job: Any, **arguments: Any) -> None:
        later(*job, **arguments)
        shop.work()

    with monkeypatch.context() as patch:
        patch.setattr(shop.svc, "later", later_and_at_once)
        templates.start_due(shop.svc)
    shop.control("settings", account="tea", daily_limits={})
    shop.advance(A_DAY)
    tokens.refresh_all(shop.svc)
    templates.start_due(shop.svc)
    shop.work()

    assert becomes(shop, "delivered")


def test_what_was_planned_for_an_account_that_is_gone_does_not_stop_the_others(shop: House) -> None:
    at = shop.svc.now() + 60
    shop.svc.table.put(
        {
            "pk": "person#gone#alice",
            "sk": "template#x",
            "stage": "planned",
            "shelf": "due",
            "place": f"{at:011d}#gone#x",
        }
    )
    order(shop, at=at + 1)
    shop.advance(62)

    templates.start_due(shop.svc)
    shop.work()

    assert len(cards(shop)) == 1
    assert list(shop.svc.table.shelved("due")) == []


def test_an_order_whose_caller_died_before_the_queue_is_put_there_by_a_repeat(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shop.svc, "later", lambda *_, **__: None)
        order(shop)
    assert shop.work() == 0

    order(shop)

    assert shop.work() == 1
    assert len(cards(shop)) == 1


def test_an_account_that_may_not_send_them_is_told_so(house: House) -> None:
    with pytest.raises(BadInput, match="Only verified service accounts"):
        templates.order(house.svc, house.leaf, openid="alice", template_id=NOTICE, data=TEA_IS_READY, once="x")
    assert house.work() == 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"openid": "a#b"}, "openid"),
        ({"openid": "x" * 129}, "openid"),
        ({"once": ""}, "once"),
        ({"once": "a#b"}, "once"),
        ({"template_id": ""}, "template_id"),
        ({"data": {}}, "data"),
        ({"at": -1}, "at must"),
        ({"at": 10**12}, "at must"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_sentence(shop: House, wrong: Json, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        order(shop, **({"once": "x"} | wrong))


def test_an_unknown_one_is_not_found(shop: House) -> None:
    for openid, once in (("alice", "never"), ("", ""), ("x" * 5000, "y"), ("alice", "z" * 5000)):
        with pytest.raises(NotFound):
            templates.find(shop.svc, shop.tea, openid, once)


def test_the_same_once_at_another_account_is_another_message(shop: House) -> None:
    order(shop)

    with pytest.raises(NotFound):
        templates.find(shop.svc, shop.leaf, "alice", "order-7")
