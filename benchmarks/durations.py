"""What `ops cost` reckons with: `python -m benchmarks.durations` measures each piece of work and writes it down.

Measured is what does not depend on where we run: our own processor time, the calls to AWS and to WeChat, and the units
that the table says they consumed. How long AWS takes to answer is not measured; the file names what is assumed instead.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from ops.local.processes import HOST, Program, free_port

from . import campaign_sending, handler

FILE = Path(__file__).parent.parent / "ops" / "cost" / "measured.json"
ROUNDS = 31
HOW = (
    "python -m benchmarks.durations on {machine}, Python {python}. The message: the whole handler, AWS's answers "
    "canned, as in benchmarks/handler.py. The others: in process, beside AWS's emulator and WeChat's simulator. "
    "Processor time of the working thread, median of {rounds} rounds. A recipient: one worker of "
    "benchmarks/campaign_sending.py, WeChat 80 ms away. Nothing was run on AWS."
)
ASSUMED = {
    "about": "Not measured, but usual: an answer inside a region and one from WeChat, what Lambda and we write into "
    "the log for each run, and API Gateway for each request. "
    "Lambda gives a whole processor at full_speed_mb, and less below.",
    "aws_call_ms": 10,
    "wechat_call_ms": 150,
    "log_bytes_per_run": 600,
    "log_bytes_per_request": 300,
    "full_speed_mb": 1769,
}
READS = ("GetItem", "Query", "BatchGetItem")
Measured = dict[str, float]
Work = Callable[[], object]


def main() -> None:
    from chalicelib.aws import session

    with furnished() as house:
        others = _others(house)
    session.forget()
    work = {"message": _message(), **others}
    how = HOW.format(
        machine=f"{os.cpu_count()} cores, {platform.machine()}", python=platform.python_version(), rounds=ROUNDS
    )
    told = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "how": how,
        "work": work,
        "recipient": campaign_sending.recipient()._asdict(),
        "assumed": ASSUMED,
    }
    FILE.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _message() -> Measured:
    """An ordinary text of a known follower; its units are its budget, to which tests hold it."""
    answer, client = handler.answering()
    calls = len(handler.calls_of(client, answer))
    return {
        "cpu_ms": _cpu_ms(answer, time.process_time),
        "aws_calls": calls,
        "wechat_calls": 0,
        "reads": 1,
        "writes": 2,
    }


def _others(house: Any) -> dict[str, Measured]:
    from chalicelib.features import templates, tokens

    svc, tea = house.svc, house.tea
    tokens.refresh_all(svc)
    return {
        "tick": _measured(house, lambda: templates.start_due(svc)),
        "refresh_tokens": _measured(house, lambda: tokens.refresh(svc, tea)),
    }


def _measured(house: Any, work: Work) -> Measured:
    """One run's; it has been done before."""
    work()
    asked = _platform_calls(house)
    with _bill() as bill:
        work()
    asked = _platform_calls(house) - asked
    units = {"reads": bill["read"], "writes": bill["write"]}
    return {"cpu_ms": _cpu_ms(work, time.thread_time), "aws_calls": bill["calls"], "wechat_calls": asked, **units}


def _cpu_ms(work: Work, clock: Callable[[], float]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = clock()
        work()
        taken.append(clock() - began)
    return round(median(taken) * 1000, 2)


def _platform_calls(house: Any) -> int:
    return sum(house.calls()["counts"].values())


@contextmanager
def _bill() -> Iterator[Counter[str]]:
    """What DynamoDB says that each request consumed."""
    from chalicelib.aws import session

    events, bill = session.client("dynamodb").meta.events, Counter[str]()

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def note(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        # A condition that does not hold costs as much, and the emulator keeps silent about it.
        used = 1 if "Error" in parsed else parsed["ConsumedCapacity"]["CapacityUnits"]
        bill["read" if model.name in READS else "write"] += used
        bill["calls"] += 1

    events.register_first("provide-client-params.dynamodb", ask)
    events.register("after-call.dynamodb", note)
    yield bill
    events.unregister("provide-client-params.dynamodb", ask)
    events.unregister("after-call.dynamodb", note)


@contextmanager
def furnished() -> Iterator[Any]:
    """The tea shop of the tests, with its own emulator and simulator."""
    os.environ |= handler.ENVIRONMENT
    with tempfile.TemporaryDirectory() as name, ExitStack() as closing:
        port = free_port()
        env = {"BIND_HOST": HOST, "GATEWAY_PORT": str(port), "LOG_LEVEL": "WARNING", "TMPDIR": name}
        emulator = Program("AWS emulator", ["-m", "ministack"], env, Path(name) / "aws.log")
        closing.callback(emulator.stop, 3)
        emulator.wait_for(port)
        os.environ["AWS_ENDPOINT_URL"] = f"http://{HOST}:{port}"
        yield _tea_shop(closing)
        del os.environ["AWS_ENDPOINT_URL"]


def _tea_shop(closing: ExitStack) -> Any:
    from chalicelib.services import Services
    from chalicelib.settings import Settings
    from tests import house as houses

    accounts = [houses.account("tea", "http://127.0.0.1:9")]
    world, address = closing.enter_context(houses.weixin(accounts))
    svc = Services(Settings(stage="measure", wechat_api=f"{address}/api.weixin.qq.com"))
    houses.resources_for(svc, accounts)
    return houses.House(svc, world, address, "http://127.0.0.1:9")


if __name__ == "__main__":
    main()
