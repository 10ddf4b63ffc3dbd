"""What an ordinary message costs in DynamoDB: these numbers are the bill of a brand with many followers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.aws import session
from chalicelib.features import rules
from tests.house import House, Json

READS = ("GetItem", "Query", "BatchGetItem")


@dataclass
class Bill:
    """What DynamoDB itself says that each request consumed, indexes too."""

    requests: list[str] = field(default_factory=list)
    units: Counter[str] = field(default_factory=Counter)

    def ask(self, params: Json, **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "INDEXES"

    def note(self, parsed: Json, model: Any, **_: Any) -> None:
        self.requests.append(model.name)
        refused: Json = {
            "CapacityUnits": 1
        }  # a condition that does not hold costs as much, and the emulator keeps silent
        told = refused if "Error" in parsed else parsed.get("ConsumedCapacity", [])  # the emulator's BatchGetItem: none
        for used in told if isinstance(told, list) else [told]:  # by table where a request may name several
            self.units["read" if model.name in READS else "write"] += used["CapacityUnits"]
            self.units["index"] += sum(one["CapacityUnits"] for one in used.get("GlobalSecondaryIndexes", {}).values())


@pytest.fixture
def bill() -> Iterator[Bill]:
    kept = Bill()
    events = session.client("dynamodb").meta.events
    for name in ("PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "BatchGetItem", "TransactWriteItems"):
        events.register_first(f"provide-client-params.dynamodb.{name}", kept.ask, unique_id=f"ask {name}")
        events.register(f"after-call.dynamodb.{name}", kept.note, unique_id=f"note {name}")
    yield kept
    session.forget()


@pytest.fixture
def alice(house: House) -> House:
    """A known follower, and a rule that all containers have read."""
    rules.save(house.svc, house.tea, match="exact", pattern="oolong", reply={"type": "text", "content": "乌龙 89 元"})
    house.phone("alice", "follow")
    house.says("alice", "hello")
    return house


def test_an_ordinary_text_costs_two_writes_and_one_read_at_most(alice: House, bill: Bill) -> None:
    assert alice.says("alice", "oolong") == "乌龙 89 元"

    assert bill.units["write"] == 2
    assert bill.units["read"] <= 1
    assert bill.units["index"] == 0
    assert sorted(bill.requests) == ["GetItem", "PutItem", "Query", "UpdateItem"]


def test_a_text_without_a_rule_costs_no_more(alice: House, bill: Bill) -> None:
    alice.says("alice", "anything else")

    assert (bill.units["write"], bill.units["index"]) == (2, 0)
    assert bill.units["read"] <= 1


def test_a_repeat_costs_no_read(alice: House, bill: Bill) -> None:
    same: Json = {"MsgType": "text", "Content": "oolong", "MsgId": "7", "CreateTime": alice.svc.now()}
    first = alice.phone("alice", "event", **same)["replies"]
    asked = len(bill.requests)

    assert alice.phone("alice", "event", **same)["replies"][0]["content"] == first[0]["content"]

    assert bill.requests[asked:] == ["PutItem"]


def test_an_event_that_is_nothing_to_us_costs_two_writes(alice: House, bill: Bill) -> None:
    alice.phone("alice", "locate")

    assert (bill.units["write"], bill.units["index"]) == (2, 0)
    assert bill.units["read"] <= 1


def test_nothing_is_put_into_a_queue_for_an_ordinary_text(alice: House) -> None:
    alice.says("alice", "oolong")

    assert alice.work() == 0
