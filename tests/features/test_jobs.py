"""Jobs from a queue: what succeeds is gone at once, what fails comes back soon, what never succeeds is set aside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import boto3
import pytest

import app
from chalicelib.aws.queues import Queue
from chalicelib.errors import NotFound, Unavailable
from chalicelib.features import jobs, late, schedules
from chalicelib.services import Account, Services, job_name
from tests.house import NOTICE, House, Json, eventually, logged

A_MINUTE = 60.0


class Shelf:
    """Where jobs of these tests put what they were given."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self._svc = house.svc
        monkeypatch.setitem(jobs.JOBS, "tests.put", self._put)
        monkeypatch.setitem(jobs.JOBS, "tests.fail", self._fail)

    def order(self, name: str, **arguments: Any) -> None:
        self._svc.work.put(name, {"account": "tea", **arguments})

    def _put(self, svc: Services, account: Account, thing: str) -> None:
        self.done.append(f"{account.alias}: {thing}")

    def _fail(self, svc: Services, account: Account) -> None:
        raise ZeroDivisionError


@pytest.fixture
def shelf(house: House, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    return Shelf(house, monkeypatch)


def url(name: str) -> str:
    return str(boto3.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def received(house: House) -> list[Json]:
    found = boto3.client("sqs").receive_message(
        QueueUrl=url(house.svc.settings.work_queue), MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    messages: list[Json] = found.get("Messages", [])
    return messages


def records(messages: list[Json]) -> list[jobs.Record]:
    return [
        jobs.Record(one["Body"], one["ReceiptHandle"], int(one["Attributes"]["ApproximateReceiveCount"]))
        for one in messages
    ]


def work(house: House, seconds_left: Callable[[], float] = lambda: A_MINUTE) -> None:
    jobs.work(house.svc, house.svc.work, records(received(house)), seconds_left)


def as_lambda_has_them(messages: list[Json]) -> list[Json]:
    return [
        {"body": one["Body"], "receiptHandle": one["ReceiptHandle"], "attributes": one["Attributes"]}
        for one in messages
    ]


def in_lambda() -> mock.Mock:
    return mock.Mock(memory_limit_in_mb=512, get_remaining_time_in_millis=lambda: 60_000)


def left(name: str) -> int:
    """Messages in the queue, whether they can be received now or not."""
    told = boto3.client("sqs").get_queue_attributes(QueueUrl=url(name), AttributeNames=["All"])["Attributes"]
    return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])


def test_a_failure_takes_no_neighbour_along_and_comes_back_in_seconds(house: House, shelf: Shelf) -> None:
    shelf.order("tests.put", thing="a cup")
    shelf.order("tests.fail")
    shelf.order("tests.put", thing="a pot")

    with logged() as lines, pytest.raises(jobs.JobsFailed, match="1 of 3"):
        work(house)

    assert sorted(shelf.done) == ["tea: a cup", "tea: a pot"]
    assert left(house.svc.settings.work_queue) == 1
    assert "ZeroDivisionError" in lines.getvalue()
    assert received(house) == []
    assert eventually(lambda: received(house), within=4)


def test_jobs_that_all_succeed_are_gone_and_nothing_is_raised(house: House, shelf: Shelf) -> None:
    shelf.order("tests.put", thing="茶")

    work(house)

    assert shelf.done == ["tea: 茶"]
    assert left(house.svc.settings.work_queue) == 0


@pytest.mark.parametrize(
    "body",
    [
        '{"job": "os.system", "args": {"account": "tea"}}',
        '{"job": "templates.order", "args": {"account": "tea"}}',
        '{"job": "templates.send", "args": {"account": "tea", "colour": "red"}}',
        '{"job": "templates.send", "args": {"account": "nobody", "openid": "alice", "once": "x"}}',
        '{"job": "templates.send", "args": {}}',
        '{"job": ["templates.send"], "args": {}}',
        "[]",
        "not json",
        "",
    ],
)
def test_what_is_no_job_of_ours_is_never_run_and_never_lost(house: House, body: str) -> None:
    record = jobs.Record(body, "receipt", 1)

    with logged() as lines, pytest.raises(jobs.JobsFailed):
        jobs.work(house.svc, house.svc.work, [record], lambda: A_MINUTE)

    assert "a job failed" in lines.getvalue()


def test_every_job_is_a_function_that_is_queued_under_its_own_name() -> None:
    """They are read late, so nobody else would notice a place without one, or two places with one name."""
    names = [job_name(late.find(place)) for place in jobs.PLACES]
    assert sorted(names) == sorted(jobs.JOBS)
    for place in (*schedules.EVERY_MINUTE, *schedules.EVERY_NIGHT):
        assert callable(late.find(place))


def test_a_start_that_fails_keeps_no_other_one_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr("chalicelib.features.templates.start_due", lambda _svc: 1 / 0)
    monkeypatch.setattr("chalicelib.features.automations.due.start_due", lambda _svc: started.append("automations"))

    with logged() as lines, pytest.raises(schedules.StartFailed, match="templates"):
        schedules.start(house.svc, schedules.EVERY_MINUTE)

    assert started == ["automations"]
    assert "could not be started" in lines.getvalue()


def test_an_unknown_job_is_named(house: House) -> None:
    with pytest.raises(jobs.UnknownJob, match="os.system"):
        jobs.run(house.svc, '{"job": "os.system", "args": {}}')
    with pytest.raises(NotFound):
        jobs.run(house.svc, '{"job": "sync.begin", "args": {"account": "nobody", "run": ""}}')


def test_what_fails_five_times_is_set_aside(house: House, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_wait", lambda receives: 0)
    shelf.order("tests.fail")

    for _ in range(5):
        with pytest.raises(jobs.JobsFailed):
            work(house)

    assert received(house) == []
    assert left(house.svc.settings.work_queue + "-dead") == 1
    assert left(house.svc.settings.work_queue) == 0


def test_near_the_end_of_its_time_a_worker_begins_nothing_more(house: House, shelf: Shelf) -> None:
    times = iter([A_MINUTE, 4.0, 3.0])
    for thing in ("a cup", "a pot", "a kettle"):
        shelf.order("tests.put", thing=thing)

    work(house, lambda: next(times))
    assert len(shelf.done) == 1

    work(house)
    assert sorted(shelf.done) == ["tea: a cup", "tea: a kettle", "tea: a pot"]


def test_what_was_never_tried_has_all_its_tries_left(house: House, shelf: Shelf) -> None:
    shelf.order("tests.put", thing="茶")

    for _ in range(7):
        work(house, lambda: 3.0)

    (waiting,) = received(house)
    assert waiting["Attributes"]["ApproximateReceiveCount"] == "1"
    assert (shelf.done, left(house.svc.settings.work_queue + "-dead")) == ([], 0)


def test_while_aws_is_away_what_was_never_tried_stays_where_it_is(
    house: House, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.order("tests.put", thing="a cup")

    def away(queue: Queue, body: str) -> None:
        raise Unavailable("AWS is away")

    with monkeypatch.context() as patch, pytest.raises(jobs.JobsFailed):
        patch.setattr(Queue, "copy", away)
        work(house, lambda: 3.0)

    assert left(house.svc.settings.work_queue) == 1


def test_people_who_wait_do_not_wait_for_each_other(
    house: House, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(10)

    def meet(svc: Services, account: Account) -> None:
        together.wait(timeout=5)

    monkeypatch.setitem(jobs.JOBS, "tests.meet", meet)
    for _ in range(10):
        shelf.order("tests.meet")

    app.run_job({"Records": as_lambda_has_them(received(house))}, in_lambda())

    assert left(house.svc.settings.work_queue) == 0


def test_each_failure_waits_longer_but_never_over_the_limit() -> None:
    for receives, least in ((1, 2), (2, 4), (5, 32), (9, 300), (1000, 300)):
        waits = {jobs._wait(receives) for _ in range(200)}
        assert least <= min(waits)
        assert max(waits) <= least * 1.25


def test_when_the_queue_is_away_neighbours_are_still_worked_on(
    house: House, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.order("tests.put", thing="a cup")
    shelf.order("tests.put", thing="a pot")

    def away(queue: Queue, receipt: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(Queue, "done", away)
    with pytest.raises(jobs.JobsFailed, match="2 of 2"):
        work(house)

    assert len(shelf.done) == 2


def test_the_lambda_reads_records_as_sqs_hands_them_over(house: House, shelf: Shelf) -> None:
    shelf.order("tests.put", thing="a cup")
    shelf.order("tests.fail")

    with pytest.raises(jobs.JobsFailed):
        app.run_job({"Records": as_lambda_has_them(received(house))}, in_lambda())

    assert shelf.done == ["tea: a cup"]


def test_a_message_ordered_on_a_page_goes_through_the_queue(house: House) -> None:
    house.phone("alice", "follow")
    house.svc.table.put({"pk": "account#tea", "sk": "template#notice", "template_id": NOTICE})
    house.phone("alice", "open", url=f"{house.app}/oauth/tea/start?then=/h5/tea/hello")

    shown = house.phone("alice", "open", url=f"{house.app}/h5/tea/notice", method="POST")
    again = house.phone("alice", "open", url=f"{house.app}/h5/tea/notice", method="POST")

    assert (shown["status"], again["status"]) == (200, 200)
    assert "通知已放进队列" in shown["text"]
    house.work()
    assert [item["type"] for item in house.inbox("alice")].count("template") == 1
