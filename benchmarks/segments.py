"""(f) A segment over 100,000 followers: counted exactly by sixteen shards side by side, and estimated.

AWS's answers are canned below botocore, whole pages of 1 MB as DynamoDB gives them, each after as long as one takes
inside a region; so what is measured is our own work and how well the sixteen go beside each other.
"""

from __future__ import annotations

import json
import os
import random
import time
import zlib
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from . import canned, handler
from .result import Result

PEOPLE = 100_000
A_PAGE = 1_000_000  # bytes
A_PAGE_TAKES = 0.08  # seconds, of DynamoDB's own; what we do with it comes on top
MOST_SECONDS = 6.0  # that an operator waits, before counting goes on in the background
SHELVES = 16
TODAY = 20_700
QUESTION = {
    "all": [
        {"field": "orders", "is": "at_least", "value": 2},
        {"any": [
            {"field": "tags", "is": "has", "value": 103},
            {"field": "last_active", "is": "within_days", "value": 30},
            {"event": "scanned", "what": "12", "within_days": 30},
        ]},
        {"not": {"field": "language", "is": "is", "value": "en"}},
    ]
}  # fmt: skip


def measure(people: int = PEOPLE) -> list[Result]:
    os.environ |= handler.ENVIRONMENT
    from chalicelib.aws import session
    from chalicelib.features import segments
    from chalicelib.services import Services
    from chalicelib.settings import Settings

    session.forget()
    table = _Table(people)
    session.client("dynamodb").meta.events.register("before-send.dynamodb", table.answer)
    svc: Any = Services(Settings(stage="bench"))
    svc.clock = SimpleNamespace(time=lambda: TODAY * 86_400.0, sleep=time.sleep)
    tea: Any = SimpleNamespace(alias="tea")

    counted = _timed(lambda: segments.count_exact(svc, tea, QUESTION), table)
    alone = _timed(lambda: _one_by_one(svc, tea), table)
    estimated = _timed(lambda: segments.estimate(svc, tea, segments.read(QUESTION)), table)
    session.forget()

    assert counted["result"] == (alone["result"], people), counted["result"]
    return [_count(counted, alone, people), _estimate(estimated, counted)]


def _one_by_one(svc: Any, tea: Any) -> int:
    from chalicelib.features import followers, segments

    fits = segments.fitting(svc, tea, segments.read(QUESTION))
    return sum(fits.surely(row) for shelf in range(SHELVES) for row in followers.everyone(svc, tea, shelf))


def _count(counted: dict[str, Any], alone: dict[str, Any], people: int) -> Result:
    what = f"(f) {people:,} followers counted by {SHELVES} shards"
    ours, theirs = f"{counted['seconds']:.2f} s", f"{alone['seconds']:.2f} s"
    reached = f"{counted['queries']} queries, {counted['at once']} at once"
    met = counted["seconds"] <= MOST_SECONDS and counted["at once"] == SHELVES
    return Result(what, ours, "one by one", theirs, reached, f"≤ {MOST_SECONDS:.0f} s", met)


def _estimate(estimated: dict[str, Any], counted: dict[str, Any]) -> Result:
    told, people = estimated["result"], counted["result"].people
    off = abs(told.about - people)
    what = f"(f) the same estimated, in {estimated['seconds']:.2f} s"
    reached = f"off by {off}, {estimated['queries']} queries"
    met = off <= told.give_or_take and estimated["queries"] * 8 <= counted["queries"]
    return Result(what, str(told.about), "counted", str(people), reached, f"± {told.give_or_take}", met)


def _timed(run: Callable[[], Any], table: _Table) -> dict[str, Any]:
    table.asked.clear()
    began = time.perf_counter()
    result = run()
    return {"result": result, "seconds": time.perf_counter() - began, **table.asked}


class _Table:
    """The index of followers, as whole pages: {shelf: {place behind which: page}}."""

    def __init__(self, people: int) -> None:
        self.asked: Counter[str] = Counter()
        self._now = 0
        dice = random.Random(7)
        shelves: list[list[dict[str, Any]]] = [[] for _ in range(SHELVES)]
        for number in range(people):
            shelf = dice.randrange(SHELVES)
            shelves[shelf].append(_entry(dice, shelf, number))
        self._pages = {str(number): _cut(entries) for number, entries in enumerate(shelves)}

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        asked = json.loads(request.body)
        self.asked["queries"] += 1
        self._now += 1
        self.asked["at once"] = max(self.asked["at once"], self._now)
        time.sleep(A_PAGE_TAKES)
        self._now -= 1
        content = self._page(asked)
        headers = {
            "Content-Type": request.headers["Content-Type"],
            "x-amzn-RequestId": "Q" * 52,
            "x-amz-crc32": str(zlib.crc32(content)),
        }
        return AWSResponse(request.url, 200, headers, canned.Body(content))

    def _page(self, asked: dict[str, Any]) -> bytes:
        values = asked["ExpressionAttributeValues"]
        shelf = str(int(values[":shelf"]["S"].rpartition("#")[2], 16))
        return self._pages[shelf][asked.get("ExclusiveStartKey", {}).get("place", {"S": ""})["S"]]


def _entry(dice: random.Random, shelf: int, number: int) -> dict[str, Any]:
    since = TODAY * 86_400 - 60 * (PEOPLE - number)
    openid = f"o{number:027d}"
    card = {
        "n": f"客人 {number}",
        "t": sorted({dice.randrange(100, 110) for _ in range(dice.randrange(4))}),
        "s": "ADD_SCENE_QR_CODE",
        "q": str(dice.randrange(40)),
        "l": "en" if dice.random() < 0.05 else "zh_CN",
        "f": since // 86_400,
        "a": TODAY - dice.randrange(200),
        "m": dice.randrange(30),
        "o": dice.randrange(5),
        "v": dice.randrange(50_000),
        "e": {f"scanned:{dice.randrange(40)}": TODAY - dice.randrange(90)},
    }
    named = {
        "pk": f"person#tea#{openid}",
        "sk": "profile",
        "shelf": f"followers#tea#{shelf:x}",
        "place": f"{since:011d}#{openid}",
        "label": json.dumps(card, separators=(",", ":"), ensure_ascii=False),
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
    for result in measure(int(os.environ.get("PEOPLE", PEOPLE))):
        print(*result, sep="  ")
