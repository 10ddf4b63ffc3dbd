"""(e) A sync of 100,000 followers in bulk jobs: calls to WeChat, writes, memory; and one page of fifty.

AWS is played by the emulator and WeChat by the simulator, which run beside us and take most of the time: what is told
is what does not depend on that. Calls are compared with the least that can tell who follows and what WeChat knows of
each: a list of pages of 10,000 and everybody by the hundred.
"""

from __future__ import annotations

import math
import os
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from . import durations
from .result import Result

PEOPLE = 100_000
WITHIN = 0.02
PAGE, A_HUNDRED, FIFTY = 10_000, 100, 50
MOST_MEMORY = 24_000_000  # bytes that a worker may hold at its peak, whatever it works on
FLAT = 1.25
TRACED = 7  # every so many chunks
WRITES = ("PutItem", "UpdateItem", "DeleteItem")


def measure(people: int = PEOPLE) -> list[Result]:
    with durations.furnished() as house:
        from chalicelib.features import tokens

        house.control("people", account="tea", count=people, prefix="o")
        tokens.refresh_all(house.svc)
        first = _night(house)
        second = _night(house)
        return [_calls(first, people), _writes(second), *_memory(first), _page(house)]


def _night(house: Any) -> Counter[str]:
    """One sync, done by a worker of this process."""
    from chalicelib.features import followers

    asked = sum(house.calls()["counts"].values())
    with _watched(house) as told:
        followers.start_sync(house.svc, house.tea)
        _work(house, told)
    state = followers.sync_state(house.svc, house.tea)
    assert state and state["state"] == "done", state
    told["asked"] = sum(house.calls()["counts"].values()) - asked
    return told


def _work(house: Any, told: Counter[str]) -> None:
    """Memory in bytes above what was there before. Of chunks only some are traced: it takes twice the time."""
    from chalicelib.features import jobs

    queue, chunks = house.svc.bulk, 0
    while queue.waiting:
        body = queue.waiting.pop(0)
        is_chunk = '"sync.look"' in body[:40]
        chunks += is_chunk
        if is_chunk and chunks % TRACED != 1:
            jobs.run(house.svc, body)
            continue
        peak = _traced(partial(jobs.run, house.svc, body))
        told["peak"] = max(told["peak"], peak)
        if is_chunk:
            told["last chunk"] = peak
            told["first chunk"] = told["first chunk"] or peak


def _traced(run: Callable[[], object]) -> int:
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


class _Queue:
    """The bulk queue in memory: the emulator's would be most of what is measured."""

    def __init__(self) -> None:
        self.waiting: list[str] = []

    def put(self, job: str, arguments: dict[str, Any], delay: int = 0) -> None:
        import json

        self.waiting.append(json.dumps({"job": job, "args": arguments}))


@contextmanager
def _watched(house: Any) -> Iterator[Counter[str]]:
    """What is written about people meanwhile."""
    from chalicelib.aws import session

    told, events = Counter[str](), session.client("dynamodb").meta.events

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        key = (params.get("Key") or params.get("Item") or {}).get("pk", {}).get("S", "")
        told["writes"] += model.name in WRITES and key.startswith("person#")
        told["queries"] += model.name == "Query"

    house.svc.bulk = _Queue()
    events.register("provide-client-params.dynamodb", note, unique_id="followers")
    yield told
    events.unregister("provide-client-params.dynamodb", unique_id="followers")


def _calls(told: Counter[str], people: int) -> Result:
    least = math.ceil(people / PAGE) + math.ceil(people / A_HUNDRED)
    over = told["asked"] / least - 1
    what = f"(e) calls to WeChat, {people:,} followers synced"
    return Result(what, str(told["asked"]), "the least", str(least), f"+{over:.1%}", f"≤ +{WITHIN:.0%}", over <= WITHIN)


def _writes(told: Counter[str]) -> Result:
    written = told["writes"]
    return Result("(e) profiles written by the second sync", str(written), "", "", str(written), "0", written == 0)


def _memory(told: Counter[str]) -> list[Result]:
    peak, grown = told["peak"], told["last chunk"] / max(told["first chunk"], 1)
    most, first, last = _mb(MOST_MEMORY), _mb(told["first chunk"]), _mb(told["last chunk"])
    return [
        Result("(e) memory of one job at its peak", _mb(peak), "", "", _mb(peak), f"< {most}", peak < MOST_MEMORY),
        Result("(e) memory of a late chunk", last, "the first", first, f"{grown:.2f}", "≤ 1.25", grown <= FLAT),
    ]


def _page(house: Any) -> Result:
    from chalicelib.features import followers

    with _watched(house) as told:
        rows, _ = followers.page(house.svc, house.tea, "", FIFTY)
    asked, full = told["queries"], len(rows) == FIFTY
    return Result("(e) queries for a page of 50 followers", str(asked), "", "", str(asked), "1", full and asked == 1)


def _mb(size: float) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    for result in measure(int(os.environ.get("PEOPLE", PEOPLE))):
        print(*result, sep="  ")
