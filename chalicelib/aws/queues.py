"""The two job queues: `work` answers people, `bulk` moves crowds."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import Unavailable
from . import session

LONGEST_DELAY = 900  # seconds, SQS's own limit
MOST_AT_ONCE = 10  # messages of one request, SQS's own limit
LARGEST_AT_ONCE = 200_000  # bytes of one request; SQS takes 256 KiB


class Queue:
    def __init__(self, name: str) -> None:
        self._name = name
        self._url = ""

    def put(self, job: str, arguments: dict[str, Any], delay: int = 0) -> None:
        """Arguments are JSON; Chinese goes as it is, since SQS bills by 64 KiB."""
        self.copy(_body(job, arguments), delay)

    def put_many(self, job: str, orders: Iterable[tuple[dict[str, Any], int]]) -> None:
        """Many at once, each with its arguments and its delay; ten in a request. Unavailable if any was not taken:
        then all may be put in again, since jobs may run twice."""
        entries: list[dict[str, Any]] = []
        size = 0
        for arguments, delay in orders:
            body = _body(job, arguments)
            length = len(body.encode())
            if entries and (len(entries) == MOST_AT_ONCE or size + length > LARGEST_AT_ONCE):
                self._send_batch(entries)
                entries, size = [], 0
            seconds = min(max(delay, 0), LONGEST_DELAY)
            entries.append({"Id": str(len(entries)), "MessageBody": body, "DelaySeconds": seconds})
            size += length
        if entries:
            self._send_batch(entries)

    def copy(self, body: str, delay: int = 0) -> None:
        """What was received, as a message that was never tried."""
        with session.explained():
            session.client("sqs").send_message(
                QueueUrl=self._address(), MessageBody=body, DelaySeconds=min(max(delay, 0), LONGEST_DELAY)
            )

    def done(self, receipt: str) -> None:
        with session.explained():
            session.client("sqs").delete_message(QueueUrl=self._address(), ReceiptHandle=receipt)

    def again(self, receipt: str, seconds: int) -> None:
        """Let the message be received again after so long, instead of after the queue's whole time-out."""
        # A receipt that has run out already belongs to another worker, which is what we want.
        # When AWS is away the message waits for the whole time-out.
        with contextlib.suppress(ClientError, BotoCoreError):
            session.client("sqs").change_message_visibility(
                QueueUrl=self._address(), ReceiptHandle=receipt, VisibilityTimeout=seconds
            )

    def _send_batch(self, entries: list[dict[str, Any]]) -> None:
        with session.explained():
            answer = session.client("sqs").send_message_batch(QueueUrl=self._address(), Entries=entries)
        if answer.get("Failed"):
            raise Unavailable("队列暂时忙。The queue is busy.")

    def _address(self) -> str:
        if not self._url:
            self._url = session.client("sqs").get_queue_url(QueueName=self._name)["QueueUrl"]
        return self._url


def _body(job: str, arguments: dict[str, Any]) -> str:
    return json.dumps({"job": job, "args": arguments}, ensure_ascii=False, separators=(",", ":"))
