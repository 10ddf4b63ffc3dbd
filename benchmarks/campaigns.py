"""(i) A campaign to a million: planned from the index of followers, shelf by shelf, into chunks of a hundred.

Whole pages of the index are canned as DynamoDB gives them, and so are the answers to writes, each after as long as one
takes inside a region. One shelf is planned and counted sixteen times, as sixteen jobs do the same. What counts is
Lambda time of `run_bulk`, which has a share of a core: as much slower as that is, so much shorter is what is canned
made to wait, and so much longer is all of it told.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import threading
import time
import zlib
from collections import Counter
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from . import campaign_sending, canned, handler, segments
from .result import Result

PEOPLE = 1_000_000
ROUNDS = 5
SHELVES = 16
SHELF = 3
A_PAGE_TAKES = 0.08  # seconds, of DynamoDB's own
A_WRITE_TAKES, A_TRANSACTION_TAKES = 0.005, 0.08
MOST_SECONDS = 60.0  # of Lambda time for a million people
FULL_CORE = 1769  # MB at which Lambda gives one core
NOW = segments.TODAY * 86_400 + 100_000
ID = "65a0b1c20000"


def measure(people: int = PEOPLE) -> list[Result]:
    return [*planner(people), *campaign_sending.measure()]


def planner(people: int = PEOPLE, rounds: int = ROUNDS) -> list[Result]:
    """Everybody, and those whom a question of five conditions fits."""
    shelf = _Shelf(people // SHELVES)
    asked: dict[str, dict[str, Any]] = {"everybody": {"all": []}, "a segment of five conditions": segments.QUESTION}
    return [_planned(whom, question, shelf, rounds) for whom, question in asked.items()]


def _planned(whom: str, question: dict[str, Any], shelf: _Shelf, rounds: int) -> Result:
    aws, people = _Aws(shelf, question, _share()), shelf.people * SHELVES
    interval = sys.getswitchinterval()
    sys.setswitchinterval(interval * _share())  # between threads; it too takes as long there as here
    seconds, cpu = min(_of_one_shelf(aws) for _ in range(rounds))
    sys.setswitchinterval(interval)
    # What is canned waits as much shorter as a core here is faster than the share of one there; so all of it, waiting
    # and working side by side, takes so much longer there.
    lambda_seconds = seconds / _share() * SHELVES * PEOPLE / people
    what = f"(i) {PEOPLE:,} followers planned for {whom}, in Lambda time"
    reached = f"{cpu * SHELVES / people * 1e6:.1f} µs CPU each, {aws.planned / max(aws.asked['chunks'], 1):.0f} a chunk"
    met = lambda_seconds <= MOST_SECONDS
    theirs = f"{cpu * SHELVES * PEOPLE / people:.1f} s"
    return Result(what, f"{lambda_seconds:.1f} s", "CPU here", theirs, reached, f"≤ {MOST_SECONDS:.0f} s", met)


def _of_one_shelf(aws: _Aws) -> tuple[float, float]:
    """Seconds, and of CPU, without what it took to play AWS."""
    os.environ |= handler.ENVIRONMENT
    from chalicelib.aws import session
    from chalicelib.features.campaigns import audience
    from chalicelib.services import Services
    from chalicelib.settings import Settings

    session.forget()
    for service in ("dynamodb", "sqs"):
        session.client(service).meta.events.register(f"before-send.{service}", aws.answer)
    svc: Any = Services(Settings(stage="bench"))
    svc.clock = SimpleNamespace(time=lambda: float(NOW), sleep=time.sleep)
    tea: Any = SimpleNamespace(alias="tea")
    aws.begin_anew()
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    audience.plan_shard(svc, tea, ID, SHELF)
    taken = time.perf_counter() - began - aws.cpu, time.process_time() - cpu - aws.cpu
    session.forget()
    return taken


def _share() -> float:
    """Of a core that Lambda gives to `run_bulk`."""
    from pathlib import Path

    config = json.loads((Path(__file__).parent.parent / ".chalice/config.json").read_text())
    memory = int(config["stages"]["prod"]["lambda_functions"]["run_bulk"]["lambda_memory_size"])
    return min(memory / FULL_CORE, 1.0)


class _Shelf:
    """Followers of one shelf, with cards as they are, as whole pages of the index."""

    def __init__(self, people: int) -> None:
        dice = random.Random(7)
        self.people = people
        pages = segments._cut([segments._entry(dice, SHELF, number) for number in range(people)])
        self.pages = {place: _projected(page) for place, page in pages.items()}


def _projected(page: bytes) -> bytes:
    """With the attributes that the planner asks for; DynamoDB still ends it at 1 MB of whole entries."""
    told = json.loads(page)
    told["Items"] = [{name: item[name] for name in ("place", "label")} for item in told["Items"]]
    return json.dumps(told, ensure_ascii=False).encode()


class _Aws:
    """A table that holds one campaign and one shelf of followers, and counts who is planned."""

    def __init__(self, shelf: _Shelf, question: dict[str, Any], share: float) -> None:
        self.begin_anew()
        self._share = share
        self._shelf = shelf
        self._lock = threading.Lock()
        document = {"name": "春茶", "kind": "template", "variants": [{"template": "spring"}], "holdout": 10}
        words = {
            "campaign_id": ID,
            "document": json.dumps(document),
            "phase": "planning",
            "asked": json.dumps(question),
        }
        numbers = {"version": 1, "created_at": NOW, "changed_at": NOW, "started_at": NOW, "buckets": 64}
        self._campaign: dict[str, Any] = {name: {"S": value} for name, value in words.items()}
        self._campaign |= {name: {"N": str(value)} for name, value in numbers.items()}

    def begin_anew(self) -> None:
        self.asked: Counter[str] = Counter()
        self.planned = 0
        self.cpu = 0.0  # of our own answering

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        with self._lock:
            self.asked[operation] += 1
        begun = time.thread_time()
        content = getattr(self, f"_{operation}")(json.loads(request.body))
        headers = {
            "Content-Type": request.headers["Content-Type"],
            "x-amzn-RequestId": "Q" * 52,
            "x-amz-crc32": str(zlib.crc32(content)),
        }
        with self._lock:
            self.cpu += time.thread_time() - begun
        return AWSResponse(request.url, 200, headers, canned.Body(content))

    def _wait(self, seconds: float) -> None:
        time.sleep(seconds * self._share)

    def _GetItem(self, asked: dict[str, Any]) -> bytes:
        self._wait(A_WRITE_TAKES)
        found = asked["Key"]["pk"]["S"].startswith("campaigns#")
        return json.dumps({"Item": self._campaign} if found else {}).encode()

    def _Query(self, asked: dict[str, Any]) -> bytes:
        if "IndexName" not in asked:
            return b'{"Items": [], "Count": 0, "ScannedCount": 0}'
        self._wait(A_PAGE_TAKES)
        return self._shelf.pages[asked["ExpressionAttributeValues"].get(":after", {"S": ""})["S"]]

    def _UpdateItem(self, asked: dict[str, Any]) -> bytes:
        self._wait(A_WRITE_TAKES)
        return b'{"Attributes": {"lease_holder": {"S": "me"}}}'

    def _TransactWriteItems(self, asked: dict[str, Any]) -> bytes:
        self._wait(A_TRANSACTION_TAKES)
        items = [part["Put"]["Item"] for part in asked["TransactItems"] if "Put" in part]
        lists = [item["people"]["S"] for item in items if "people" in item]
        with self._lock:
            self.planned += sum(people.count("\n") + 1 for people in lists)
            self.asked["chunks"] += len(lists)
        return b"{}"


if __name__ == "__main__":
    for result in measure(int(os.environ.get("PEOPLE", PEOPLE))):
        print(*result, sep="  ")
