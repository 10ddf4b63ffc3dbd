"""Killed, delayed or cut off between any two writes: nothing lost, nothing told twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.aws import session
from chalicelib.errors import Unavailable
from chalicelib.features import conversations, inbox, jobs, replies
from chalicelib.features.claims import Claim
from chalicelib.services import Account, Services
from chalicelib.wechat import messages
from chalicelib.wechat.messages import Message, Reply, Text, Transfer
from tests.house import House, eventually


def says(text: str, seconds: float = 0) -> Callable[[Services, Account, Message], Reply | None]:
    def reply(svc: Services, account: Account, message: Message) -> Reply | None:
        time.sleep(seconds)
        return Text(text)

    return reply


def message(openid: str = "alice", number: int = 1) -> Message:
    return messages.message(
        {
            "MsgType": "text",
            "FromUserName": openid,
            "ToUserName": "gh_tea",
            "CreateTime": "1800000000",
            "Content": "hello",
            "MsgId": str(number),
        }
    )


def data(text: str) -> dict[str, Any]:
    return messages.reply_data(Text(text))


def told(house: House, openid: str = "alice") -> list[str]:
    return [str(item.get("content")) for item in house.inbox(openid) if item["channel"] == "custom"]


@contextmanager
def queue_fails_once(house: House, job: str) -> Iterator[None]:
    put = house.svc.work.put
    failed: list[str] = []

    def fail(name: str, *args: Any, **more: Any) -> None:
        if name == job and not failed:
            failed.append(name)
            raise Unavailable("killed here")
        put(name, *args, **more)

    house.svc.work.put = fail  # type: ignore[assignment,method-assign]
    yield
    house.svc.work.put = put  # type: ignore[method-assign]


@contextmanager
def answer_lost(holding: bytes) -> Iterator[list[bytes]]:
    """The first write to the table that holds these bytes is done, and its answer never arrives."""
    http = session.client("dynamodb")._endpoint.http_session
    send = http.send
    lost: list[bytes] = []

    def lose(request: Any) -> Any:
        answer = send(request)
        if not lost and holding in (request.body or b""):
            lost.append(holding)
            raise ReadTimeoutError(endpoint_url="aws")
        return answer

    http.send = lose
    yield lost
    http.send = send


@pytest.mark.slow
def test_an_answer_made_while_the_job_was_being_queued_is_told_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "REPLIERS", (says("late", 1.6),))
    monkeypatch.setattr(inbox, "SETTLED_AFTER", 1)
    house.phone("alice", "follow")
    put = house.svc.work.put

    def slowly(*args: Any, **more: Any) -> None:
        time.sleep(0.2)
        put(*args, **more)

    house.svc.work.put = slowly  # type: ignore[method-assign]
    assert house.says("alice", "hello") == "late"
    house.svc.work.put = put  # type: ignore[method-assign]
    time.sleep(1.2)
    house.work()
    assert told(house) == []


def test_a_first_delivery_that_came_late_to_us_does_not_cost_the_last_its_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cold start of 1.3 s: the third delivery finds a claim of 8.7 s."""
    claim = Claim(house.svc, house.tea, message(), arrived=house.svc.clock.time() - 8.7)
    assert claim.take() is None
    claim.hand_to_job()
    monkeypatch.setattr(inbox, "HELD_LAST", 0.2)
    assert "稍后给您答复" in inbox.receive(house.svc, house.tea, message())


def test_an_account_that_cannot_write_by_itself_promises_only_what_it_can_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Claim(house.svc, house.leaf, message(), arrived=house.svc.clock.time() - 10)
    assert claim.take() is None
    claim.hand_to_job()
    monkeypatch.setattr(inbox, "HELD_LAST", 0.2)
    assert "再发一条消息" in inbox.receive(house.svc, house.leaf, message())


def test_the_rest_of_a_long_answer_is_told_though_the_queue_failed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.phone("alice", "follow")
    monkeypatch.setattr(replies, "REPLIERS", (says("茶" * 1500),))
    with queue_fails_once(house, "conversations.tell"):
        house.says("alice", "hello")
        assert eventually(lambda: (house.work(), len(told(house)) == 2)[1], within=8)
    assert [len(item["content"]) for item in house.inbox("alice")][-3:] == [682, 682, 136]


def test_the_rest_belongs_to_the_answer_that_was_stored_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim(house.svc, house.tea, message())
    claim.take()
    queued: list[Any] = []
    monkeypatch.setattr(house.svc.work, "put", lambda job, args, delay=0: queued.append(args["reply"]["content"][0]))
    claim.store([data("A" * 2000), data("A" * 1000)])
    monkeypatch.setattr(replies, "REPLIERS", (says("B" * 3000),))
    inbox._make_answer(house.svc, house.tea, message(), claim)
    assert queued == ["A"]


def test_settling_is_done_again_when_it_was_killed_half_way(house: House) -> None:
    claim = Claim(house.svc, house.tea, message())
    claim.take()
    claim.hand_to_job()
    claim.store([data("late")])
    with queue_fails_once(house, "conversations.tell"), pytest.raises(Unavailable):
        inbox.settle(house.svc, house.tea, message().fields)
    house.phone("alice", "follow")
    inbox.settle(house.svc, house.tea, message().fields)
    inbox.settle(house.svc, house.tea, message().fields)
    house.work()
    assert told(house) == ["late"]


def test_with_no_line_free_the_message_of_a_dead_worker_is_still_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "REPLIERS", (says("here"),))
    object.__setattr__(house.svc.settings, "held_deliveries", 0)
    house.phone("alice", "follow")
    assert Claim(house.svc, house.tea, message()).take() is None
    assert inbox.receive(house.svc, house.tea, message()) == inbox.NOTHING
    house.work()
    house.work()
    assert told(house) == ["here"]


def test_what_is_owed_is_given_to_one_of_two_messages_that_come_at_once(house: House) -> None:
    conversations.tell(house.svc, house.leaf, "bob", data("owed"), "k#0")
    given: list[Reply | None] = []

    def ask(number: int) -> None:
        given.append(conversations.with_owed(house.svc, house.leaf, message("bob", number), None))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply for reply in given if reply] == [Text("owed")]


def test_what_is_owed_and_the_answer_of_the_day_both_arrive(house: House) -> None:
    """An account that may write gives today's answer at once, and what it owed after it."""
    house.phone("alice", "follow")
    conversations._owe(house.svc, house.tea, "alice", data("茶" * 600), "k#0")
    assert "收到" in house.says("alice", "hello")
    house.work()
    assert told(house) == ["茶" * 600]
    assert "收到" in house.says("alice", "hello again")
    house.work()
    assert told(house) == ["茶" * 600]


def test_a_claim_whose_answer_from_aws_was_lost_is_known_for_ours(house: House) -> None:
    house.phone("alice", "follow")
    with answer_lost(b"first_ms") as lost:
        shown = house.phone("alice", "say", text="hello")
    assert lost
    assert shown["elapsed_ms"] < 4000
    assert shown["deliveries"] == 1


def test_a_told_message_whose_answer_from_aws_was_lost_is_told(house: House) -> None:
    house.phone("alice", "follow")
    with answer_lost(b"told#k#0") as lost:
        conversations.tell(house.svc, house.tea, "alice", data("news"), "k#0")
    assert lost
    assert told(house) == ["news"]


@pytest.mark.parametrize("errcode", [45009, 45015, 48001])
def test_what_may_not_be_sent_today_is_owed(house: House, errcode: int) -> None:
    house.phone("alice", "follow")
    house.control("faults", path="/cgi-bin/message/custom/send", errcode=errcode, times=1)
    conversations.tell(house.svc, house.tea, "alice", data("news"), "k#0")
    assert [item["sk"] for item in house.svc.table.under("person#tea#alice", "owed#")] == ["owed#k#0"]


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"errcode": 45011}])
def test_what_wechat_had_no_time_for_is_told_when_the_queue_comes_again(house: House, fault: dict[str, Any]) -> None:
    house.phone("alice", "follow")
    house.control("faults", path="/cgi-bin/message/custom/send", times=1, **fault)
    house.svc.later(conversations.tell, house.tea, openid="alice", reply=data("news"), once="k#0")
    with pytest.raises(jobs.JobsFailed):
        house.work()
    assert eventually(lambda: (house.work(), told(house) == ["news"])[1], within=8)


def test_a_message_that_may_have_arrived_is_not_told_twice(house: House) -> None:
    house.phone("alice", "follow")
    house.control("faults", path="/cgi-bin/message/custom/send", timeout=True, after_effect=True, times=1)
    for _ in range(3):
        conversations.tell(house.svc, house.tea, "alice", data("news"), "k#0")
    assert told(house) == ["news"]


def test_a_hand_over_that_comes_too_late_is_let_go(house: House) -> None:
    house.phone("alice", "follow")
    conversations.tell(house.svc, house.tea, "alice", messages.reply_data(Transfer()), "k#0")
    assert told(house) == []
