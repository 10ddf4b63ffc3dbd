"""Runs the app's functions as AWS would: SQS polls, schedules and invocations, in threads of the app process.

What runs when is read from the app itself, so the local stack and `chalice deploy` cannot differ in it.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Semaphore, Thread
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Chalice, ScheduledEventConfig, SQSEventConfig
from chalice.config import Config
from chalice.local import LambdaContext

from chalicelib.aws.functions import refresh_event
from chalicelib.observe import log
from chalicelib.services import Services

from .schedules import Minutes, Schedule

AT_ONCE = 4  # batches of a queue; AWS starts with five
HURRY = 1  # seconds of a long poll: the emulator's clean stop waits for an open one
LOOK_EVERY = 0.2  # seconds between looks at the clock, which somebody may have moved


class Lambdas:
    def __init__(self, app: Chalice, module: Any, config: Config) -> None:
        self._sources = app.event_sources
        self._functions = {
            source.name: getattr(module, source.handler_string.rpartition(".")[2]) for source in self._sources
        }
        self._config = config
        # One thread for each scheduled function: its own runs never overlap, and a slow one delays no other.
        self._pools = {source.name: ThreadPoolExecutor(1, source.name) for source in self._sources}

    def start(self, svc: Services) -> None:
        svc.functions = LocalFunctions(self)  # type: ignore[assignment]
        sqs = boto3.client("sqs")
        for source in self._sources:
            if isinstance(source, SQSEventConfig):
                Thread(target=self._poll, args=(sqs, source), daemon=True).start()
        Thread(target=self._follow_the_clock, args=(svc,), daemon=True).start()

    def run(self, name: str, event: dict[str, Any]) -> None:
        """As an asynchronous invocation: the caller does not wait, and a failure is only logged."""
        done = self._pools[name].submit(self._functions[name], event, self._context(name))
        done.add_done_callback(partial(_tell_failure, name))

    def _poll(self, sqs: Any, source: SQSEventConfig) -> None:
        """What Lambda's event source mapping does: receive, run, and delete the batch unless the function failed."""
        url = sqs.get_queue_url(QueueName=source.queue)["QueueUrl"]
        pool, room = ThreadPoolExecutor(AT_ONCE), Semaphore(AT_ONCE)
        while True:
            room.acquire()
            batch = self._receive(sqs, url, source.batch_size)
            if batch:
                done = pool.submit(self._functions[source.name], {"Records": batch}, self._context(source.name))
                done.add_done_callback(partial(_finish, sqs, url, batch))
                done.add_done_callback(lambda _: room.release())
            else:
                room.release()

    def _receive(self, sqs: Any, url: str, most: int) -> list[dict[str, Any]]:
        try:
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(most, 10),
                WaitTimeSeconds=HURRY,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError):
            time.sleep(HURRY)
            return []
        return [_record(url, message) for message in answer.get("Messages", [])]

    def _follow_the_clock(self, svc: Services) -> None:
        schedules = list(self._schedules())
        for schedule in schedules:
            if schedule.expression.startswith("rate"):
                self.run(schedule.function, schedule.event(svc.now()))
        minutes = Minutes(svc.now())
        while True:
            time.sleep(LOOK_EVERY)
            passed = list(minutes.passed(svc.now()))
            for schedule in schedules:
                for minute in schedule.due_of(passed):
                    self.run(schedule.function, schedule.event(minute * 60))

    def _schedules(self) -> Iterator[Schedule]:
        for source in self._sources:
            if isinstance(source, ScheduledEventConfig):
                expression = source.schedule_expression
                yield Schedule(source.name, expression if isinstance(expression, str) else expression.to_string())

    def _context(self, function: str) -> LambdaContext:
        return LambdaContext(
            function_name=f"gaiwan-local-{function}",
            memory_size=self._config.scope("dev", function).lambda_memory_size or 128,
            max_runtime_ms=1000 * (self._config.scope("dev", function).lambda_timeout or 60),
        )


class LocalFunctions:
    """In place of chalicelib/aws/functions.py: the same door, without a Lambda service behind it."""

    def __init__(self, lambdas: Lambdas) -> None:
        self._lambdas = lambdas

    def refresh_tokens(self, alias: str) -> None:
        self._lambdas.run("refresh_tokens", refresh_event(alias))


def _tell_failure(name: str, done: Future[Any]) -> None:
    if done.exception() is not None:
        log.error("%s failed", name, exc_info=done.exception())


def _finish(sqs: Any, url: str, batch: list[dict[str, Any]], future: Future[Any]) -> None:
    if future.exception() is None:
        entries = [{"Id": str(n), "ReceiptHandle": record["receiptHandle"]} for n, record in enumerate(batch)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)


def _record(url: str, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:local:{url.rsplit('/', 2)[1]}:{url.rsplit('/', 1)[1]}",
        "awsRegion": "local",
    }
