"""(h) Ten automations with conditions beside none, on a message that matches none; and 100,000 people due at once.

For the first, AWS's answers are canned and what is asked is counted; CPU time is taken of the whole `api_handler`, with
and without, in turn. For the second, whole pages of the index are canned as DynamoDB gives them, each after as long as
one takes inside a region, and so are SQS's answers; CPU time is taken as well, because `tick` has 256 MB and so about a
seventh of a core. What a step costs after that is counted by consumed requests, since the emulator, not we, would be
measured.
"""

from __future__ import annotations

import json
import os
import threading
import time
import zlib
from collections import Counter
from statistics import median
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from . import canned, handler, timing
from .result import Result

PEOPLE = 100_000
SHELVES = 16
A_PAGE = 1_000_000  # bytes
A_PAGE_TAKES = 0.08  # seconds, of DynamoDB's own
A_BATCH_TAKES = 0.02  # seconds, of SQS's own
MOST_MS = 0.2
MOST_SECONDS = 60.0
SHARE = 256 / 1769  # of a core that Lambda gives to `tick`: one at 1,769 MB
AUTOMATIONS = 10
ROUNDS = 151


def measure(people: int = PEOPLE, rounds: int = ROUNDS) -> list[Result]:
    return [*_message(rounds), _due(people)]


def _message(rounds: int) -> list[Result]:
    """The interest of ten automations is what a message meets: it is in memory, as is that there is none."""
    os.environ |= handler.ENVIRONMENT
    answer, client = handler.answering()
    from chalicelib.features import events
    from chalicelib.services import services

    svc = services()
    wanted = {
        "said": tuple(f"单丛{number} 的价格" for number in range(AUTOMATIONS)),
        "scanned": tuple(str(number) for number in range(AUTOMATIONS)),
        "left": (),
    }
    asked = len(handler.calls_of(client, answer))

    def with_interest(interest: dict[str, Any]) -> Any:
        def run() -> float:
            svc._cache["interest#tea"] = (svc.clock.time(), interest)
            began = time.process_time_ns()
            for _ in range(10):
                answer()
            return (time.process_time_ns() - began) / 10e9

        return run

    contestants = {"none": with_interest({}), "ten": with_interest({"automations": wanted})}
    taken = timing.in_turn(contestants, rounds)
    added = median(ten - none for ten, none in zip(taken["ten"], taken["none"], strict=True)) * 1000
    svc._cache["interest#tea"] = (svc.clock.time(), {"automations": wanted})
    assert events.is_asked(svc, svc.accounts["tea"], "said")  # it is this that messages meet
    more = len(handler.calls_of(client, answer)) - asked
    ours, theirs = (f"{median(taken[name]) * 1000:.2f} ms" for name in ("ten", "none"))
    what = f"(h) a message, {AUTOMATIONS} automations that it is none of"
    return [
        Result(what, ours, "no automation", theirs, f"{added:+.3f} ms", f"≤ {MOST_MS} ms", added <= MOST_MS),
        Result("(h) requests to AWS that they add", str(more), "", "", str(more), "0", more == 0),
    ]


def _due(people: int) -> Result:
    os.environ |= handler.ENVIRONMENT
    from chalicelib.aws import session
    from chalicelib.features import automations
    from chalicelib.services import Services
    from chalicelib.settings import Settings

    session.forget()
    now = 1_800_000_000
    aws = _Aws(people, now)
    for service in ("dynamodb", "sqs"):
        session.client(service).meta.events.register(f"before-send.{service}", aws.answer)
    svc: Any = Services(Settings(stage="bench"))
    svc.clock = SimpleNamespace(time=lambda: float(now), sleep=time.sleep)
    began, cpu = time.perf_counter(), time.process_time()
    automations.start_due(svc)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    session.forget()
    assert aws.handed == people, aws.handed
    # Waiting for AWS costs no CPU; what does is as much slower as the share of a core is smaller.
    lambda_seconds = max(seconds - cpu, 0) + cpu / SHARE
    what = f"(h) {people:,} due steps started, in Lambda time of `tick`"
    ours = f"{lambda_seconds:.1f} s"
    reached = f"{aws.asked['Query']} queries, {aws.asked['SendMessageBatch']} batches"
    met = lambda_seconds * PEOPLE / people <= MOST_SECONDS
    return Result(what, ours, "CPU here", f"{cpu:.1f} s", reached, f"≤ {MOST_SECONDS:.0f} s", met)


class _Aws:
    """The sixteen shelves as whole pages, and a queue that counts whom it is handed."""

    def __init__(self, people: int, now: int) -> None:
        self.asked: Counter[str] = Counter()
        self.handed = 0
        self._lock = threading.Lock()
        self._now = now
        shelves: list[list[dict[str, Any]]] = [[] for _ in range(SHELVES)]
        for number in range(people):
            shelves[number % SHELVES].append(_entry(number, now))
        self._pages = {f"{number:x}": _cut(entries) for number, entries in enumerate(shelves)}

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        asked = json.loads(request.body)
        with self._lock:
            self.asked[operation] += 1
        content = getattr(self, f"_{operation}")(asked)
        headers = {
            "Content-Type": request.headers["Content-Type"],
            "x-amzn-RequestId": "Q" * 52,
            "x-amz-crc32": str(zlib.crc32(content)),
        }
        return AWSResponse(request.url, 200, headers, canned.Body(content))

    def _GetItem(self, asked: dict[str, Any]) -> bytes:
        numbers = {"handed_to": self._now - 60, "swept_at": self._now, "reviewed_day": (self._now + 28_800) // 86_400}
        item = {"pk": {"S": "automations"}, "sk": {"S": "handed"}}
        return json.dumps({"Item": item | {name: {"N": str(value)} for name, value in numbers.items()}}).encode()

    def _UpdateItem(self, asked: dict[str, Any]) -> bytes:
        return b'{"Attributes": {}}'

    def _Query(self, asked: dict[str, Any]) -> bytes:
        if "IndexName" not in asked:
            return canned.ACCOUNTS
        time.sleep(A_PAGE_TAKES)
        shelf = asked["ExpressionAttributeValues"][":shelf"]["S"].rpartition("#")[2]
        return self._pages[shelf][asked.get("ExclusiveStartKey", {}).get("place", {"S": ""})["S"]]

    def _GetQueueUrl(self, asked: dict[str, Any]) -> bytes:
        return b'{"QueueUrl": "https://sqs.ap-northeast-1.amazonaws.com/1/bulk"}'

    def _SendMessageBatch(self, asked: dict[str, Any]) -> bytes:
        time.sleep(A_BATCH_TAKES)
        done = []
        for entry in asked["Entries"]:
            persons = json.loads(entry["MessageBody"])["args"]["persons"]
            done.append({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": _md5(entry["MessageBody"])})
            with self._lock:
                self.handed += len(persons)
        return json.dumps({"Successful": done, "Failed": []}).encode()


def _md5(body: str) -> str:
    import hashlib

    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def _entry(number: int, now: int) -> dict[str, Any]:
    openid = f"o{number:027d}"
    named = {
        "pk": f"person#tea#{openid}",
        "sk": "journey#0123456789ab#0123456789abcdef",
        "shelf": f"journeys#{number % SHELVES:x}",
        "place": f"{now + 30:011d}#0123456789ab#{openid}",
        "label": f"a1b2c3|{now}",
    }
    return {name: {"S": value} for name, value in named.items()}


def _cut(entries: list[dict[str, Any]]) -> dict[str, bytes]:
    """{place behind which a page begins: the page}"""
    pages: dict[str, bytes] = {}
    begun, page, size = "", list[dict[str, Any]](), 0
    for entry in entries:
        page.append(entry)
        size += sum(len(name) + len(value["S"].encode()) for name, value in entry.items()) + 100
        if size >= A_PAGE:
            pages[begun] = _told(page, entry)
            begun, page, size = entry["place"]["S"], [], 0
    return pages | {begun: _told(page, None)}


def _told(page: list[dict[str, Any]], last: dict[str, Any] | None) -> bytes:
    names = ("pk", "sk", "shelf", "place")
    more = {"LastEvaluatedKey": {name: last[name] for name in names}} if last else {}
    return json.dumps({"Items": page, "Count": len(page), "ScannedCount": len(page), **more}).encode()


if __name__ == "__main__":
    for result in measure(int(os.environ.get("PEOPLE", PEOPLE)), int(os.environ.get("ROUNDS", ROUNDS))):
        print(*result, sep="  ")
