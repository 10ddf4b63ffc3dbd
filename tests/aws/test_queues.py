"""The queues: Chinese goes in as it is, delays hold, and a lost receipt is nobody's trouble."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib.aws import session
from chalicelib.aws.queues import LONGEST_DELAY, Queue
from chalicelib.errors import Unavailable
from chalicelib.features import templates
from chalicelib.services import job_name
from tests.house import House, Json


def waiting(queue: Queue) -> list[Json]:
    found: list[Json] = (
        boto3.client("sqs").receive_message(QueueUrl=queue._address(), MaxNumberOfMessages=10).get("Messages", [])
    )
    return found


def test_a_job_is_small_json_that_people_can_read(house: House) -> None:
    house.svc.work.put("templates.send", {"account": "tea", "once": "取茶"})

    (message,) = waiting(house.svc.work)
    assert message["Body"] == '{"job":"templates.send","args":{"account":"tea","once":"取茶"}}'


def test_later_names_the_job_and_the_account(house: House) -> None:
    house.svc.later(templates.send, house.tea, openid="alice", once="order-7")

    (message,) = waiting(house.svc.work)
    assert job_name(templates.send) == "templates.send"
    assert message["Body"] == '{"job":"templates.send","args":{"account":"tea","openid":"alice","once":"order-7"}}'
    assert waiting(house.svc.bulk) == []


def test_long_work_has_a_queue_of_its_own(house: House) -> None:
    house.svc.in_bulk(templates.send, house.tea, openid="alice", once="order-7")

    assert (len(waiting(house.svc.work)), len(waiting(house.svc.bulk))) == (0, 1)


def test_what_is_delayed_cannot_be_had_yet(house: House) -> None:
    house.svc.later_by(30, templates.send, house.tea, openid="alice", once="order-7")

    assert waiting(house.svc.work) == []


@pytest.mark.parametrize(("asked", "given"), [(-5, 0), (0, 0), (60, 60), (10**6, LONGEST_DELAY)])
def test_a_delay_stays_within_what_sqs_takes(
    house: House, monkeypatch: pytest.MonkeyPatch, asked: int, given: int
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("chalicelib.aws.session.client", lambda service: Recorder(sent))

    house.svc.work.put("x", {}, delay=asked)

    assert sent[-1]["DelaySeconds"] == given


class Recorder:
    def __init__(self, sent: list[Any]) -> None:
        self._sent = sent

    def get_queue_url(self, **_: Any) -> Json:
        return {"QueueUrl": "queue"}

    def send_message(self, **message: Any) -> None:
        self._sent.append(message)


def test_a_receipt_that_has_run_out_is_nobodys_trouble(house: House) -> None:
    house.svc.work.again("no such receipt", 5)


def test_when_sqs_is_away_the_caller_is_told_and_a_failed_job_only_waits_longer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.svc.work._address()
    once = Config(retries={"total_max_attempts": 1})
    monkeypatch.setattr(session, "PATIENCE", session.PATIENCE.merge(once))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    session.forget()
    try:
        with pytest.raises(Unavailable, match="AWS cannot be reached"):
            house.svc.work.put("x", {})
        with pytest.raises(Unavailable):
            house.svc.work.done("receipt")
        house.svc.work.again("receipt", 5)
    finally:
        monkeypatch.undo()
        session.forget()
