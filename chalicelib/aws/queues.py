"""The two job queues: `work` answers people, `bulk` moves crowds."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from . import session

LONGEST_DELAY = 900  # seconds, SQS's own limit


class Queue:
    def __init__(self, name: str) -> None:
        self._name = name
        self._url = ""

    def put(self, job: str, arguments: dict[str, Any], delay: int = 0) -> None:
        """Arguments are JSON; Chinese goes as it is, since SQS bills by 64 KiB."""
        body = json.dumps({"job": job, "args": arguments}, ensure_ascii=False, separators=(",", ":"))
        self.copy(body, delay)

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

    def _address(self) -> str:
        if not self._url:
            self._url = session.client("sqs").get_queue_url(QueueName=self._name)["QueueUrl"]
        return self._url
