"""The table's verbs, against a real engine: what they promise, and that no attribute can meet a reserved word."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import parsers
from botocore.exceptions import ClientError
from ministack.services._dynamodb_keywords import AWS_KEYWORDS

from chalicelib.aws import items, session, table
from chalicelib.aws.table import Table, TransactionConflict
from chalicelib.errors import Unavailable
from tests.house import House

# Of the words that DynamoDB reserves, those somebody would name an attribute by; the emulator takes them all.
RESERVED = {
    "name", "status", "state", "date", "time", "timestamp", "data", "key", "value", "values", "count", "type", "user",
    "owner", "order", "level", "language", "location", "source", "token", "url", "year", "zone", "counter", "items",
    "hash", "range", "index", "role", "size", "sequence", "session", "text", "ttl", "uuid", "view", "comment", "action",
    "day", "month", "hour", "minute", "second", "number", "object", "path", "percent", "plan", "public", "region",
    "reply", "result", "scope", "section", "stage", "start", "end", "subject", "target", "title", "total", "work",
}  # fmt: skip


@pytest.fixture
def shelf(house: House) -> Table:
    return house.svc.table


@pytest.fixture
def requests() -> Iterator[list[dict[str, Any]]]:
    """Every request to DynamoDB, as it is sent."""
    sent: list[dict[str, Any]] = []
    events = session.client("dynamodb").meta.events
    events.register("provide-client-params.dynamodb", lambda params, **_: sent.append(params), unique_id="watch")
    yield sent
    events.unregister("provide-client-params.dynamodb", unique_id="watch")


def cup(**more: Any) -> dict[str, Any]:
    return {"pk": "cup#1", "sk": "cup", **more}


def test_only_one_of_many_stores_a_new_item_and_the_others_see_it(shelf: Table) -> None:
    at_once = threading.Barrier(12)

    def put(n: int) -> Any:
        at_once.wait()
        return shelf.put_new(cup(owner=n))

    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(put, range(12)))

    assert answers.count(None) == 1
    kept = shelf.get("cup#1", "cup", fresh=True)
    assert all(answer == kept for answer in answers if answer is not None)


TRANSACT = "dynamodb.TransactWriteItems"


@contextmanager
def answering(code: str, *reasons: str) -> Iterator[None]:
    """DynamoDB refuses each transaction with this."""
    why = [{"Code": reason} for reason in reasons]
    refusal = SimpleNamespace(status_code=400), {"Error": {"Code": code}, "CancellationReasons": why}
    events = session.client("dynamodb").meta.events
    events.register(f"before-call.{TRANSACT}", lambda **_: refusal, unique_id="refuse")
    yield
    events.unregister(f"before-call.{TRANSACT}", unique_id="refuse")


CANCELLED = "TransactionCanceledException"


@pytest.mark.parametrize(
    "answer",
    [
        (CANCELLED, "None", "TransactionConflict"),
        (CANCELLED, "TransactionConflict", "None"),
        (CANCELLED, "ThrottlingError", "None"),
        (CANCELLED, "None", "ProvisionedThroughputExceeded"),
        ("TransactionInProgressException",),
    ],
)
def test_two_transactions_in_each_others_way_are_told_apart_from_mistakes(
    shelf: Table, answer: tuple[str, ...]
) -> None:
    with answering(*answer), pytest.raises(TransactionConflict) as told:
        shelf.put_new_and_add(cup(), "sum#1", "sum", {"cups": 1})

    assert told.value.status == 409
    assert shelf.get("cup#1", "cup") is None
    assert shelf.get("sum#1", "sum") is None


def test_a_broken_transaction_is_a_mistake_and_a_busy_aws_is_not(shelf: Table) -> None:
    with answering(CANCELLED, "None", "ValidationError"), pytest.raises(ClientError):
        shelf.put_new_and_add(cup(), "sum#1", "sum", {"cups": 1})
    with answering("ThrottlingException"), pytest.raises(Unavailable):
        shelf.put_new_and_add(cup(), "sum#1", "sum", {"cups": 1})
    with pytest.raises(ClientError):
        shelf.put_new_and_add(cup(), "", "sum", {"cups": 1})


def test_a_number_that_is_no_number_stores_nothing(shelf: Table) -> None:
    shelf.put({"pk": "sum#1", "sk": "sum", "cups": "many"})
    with pytest.raises(ClientError):
        shelf.put_new_and_add(cup(), "sum#1", "sum", {"cups": 1})

    assert shelf.get("cup#1", "cup") is None


def test_a_key_that_is_taken_adds_nothing_and_brings_the_item_along(shelf: Table) -> None:
    assert shelf.put_new_and_add(cup(owner="alice"), "sum#1", "sum", {"cups": 1, "status": 2}) is None
    assert shelf.put_new_and_add(cup(owner="bob"), "sum#1", "sum", {"cups": 1, "status": 2}) == cup(owner="alice")

    assert shelf.get("cup#1", "cup") == cup(owner="alice")
    assert shelf.get("sum#1", "sum") == {"pk": "sum#1", "sk": "sum", "cups": 1, "status": 2}


def test_only_one_of_many_stores_and_adds(shelf: Table) -> None:
    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda n: shelf.put_new_and_add(cup(owner=n), "sum#1", "sum", {"cups": 1}), range(12)))

    assert answers.count(None) == 1
    assert (shelf.get("sum#1", "sum", fresh=True) or {})["cups"] == 1


def test_everybody_adds_to_one_sum(shelf: Table) -> None:
    with ThreadPoolExecutor(8) as crowd:
        items = [cup() | {"pk": f"cup#{n}"} for n in range(40)]
        list(crowd.map(lambda item: shelf.put_new_and_add(item, "sum#1", "sum", {"cups": 1, "price": 89}), items))

    assert shelf.get("sum#1", "sum", fresh=True) == {"pk": "sum#1", "sk": "sum", "cups": 40, "price": 40 * 89}


def test_a_transaction_whose_answer_was_lost_counts_once(shelf: Table) -> None:
    """botocore asks again; the second answer is the one that we get."""
    sent: list[Any] = []

    def lose_the_first(**_: Any) -> float | None:
        sent.append("request")
        return 0.0 if len(sent) == 1 else None

    events = session.client("dynamodb").meta.events
    events.register_first(f"needs-retry.{TRANSACT}", lose_the_first, unique_id="lose")
    stored = shelf.put_new_and_add(cup(), "sum#1", "sum", {"cups": 1})
    events.unregister(f"needs-retry.{TRANSACT}", unique_id="lose")

    assert (len(sent), stored) == (2, None)
    assert (shelf.get("sum#1", "sum") or {})["cups"] == 1


def test_a_transaction_knows_its_own_earlier_write(shelf: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "new_write", lambda: "the same")

    assert [shelf.put_new_and_add(cup(), "sum#1", "sum", {"cups": 1}) for _ in range(2)] == [None, None]
    assert shelf.get("sum#1", "sum") == {"pk": "sum#1", "sk": "sum", "cups": 1}


def fill(shelf: Table, cups: int, where: str = "#cups = :seen", **values: Any) -> bool:
    change = {"cups": cups, "owner": "bob"}
    return shelf.update_and_add("cup#1", "cup", change, "sum#1", "sum", {"cups": 1}, where=where, values=values)


def test_a_change_and_a_sum_are_written_together_or_not_at_all(shelf: Table) -> None:
    shelf.put(cup(cups=1, tea="oolong"))

    assert fill(shelf, 2, seen=1)
    assert not fill(shelf, 3, seen=1)

    assert shelf.get("cup#1", "cup") == cup(cups=2, tea="oolong", owner="bob")
    assert (shelf.get("sum#1", "sum") or {})["cups"] == 1


def test_a_change_with_a_sum_may_drop_what_is_no_more(shelf: Table) -> None:
    shelf.put(cup(cups=1, tea="oolong"))
    where, told = "attribute_exists(#tea)", {"cups": 5}

    assert shelf.update_and_add("cup#1", "cup", told, "sum#1", "sum", {"cups": -1}, where=where, remove=("tea",))

    assert shelf.get("cup#1", "cup") == cup(cups=5)
    assert (shelf.get("sum#1", "sum") or {})["cups"] == -1


def test_a_change_with_a_sum_whose_answer_was_lost_counts_once(shelf: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(cup(cups=1))
    monkeypatch.setattr(items, "new_write", lambda: "the same")

    assert [fill(shelf, 2, seen=1), fill(shelf, 2, seen=1)] == [True, True]
    assert (shelf.get("sum#1", "sum") or {})["cups"] == 1


def test_only_one_of_many_changes_and_adds(shelf: Table) -> None:
    shelf.put(cup(cups=0))

    def change(_: int) -> bool:
        while True:
            try:
                return fill(shelf, 1, seen=0)
            except TransactionConflict:
                continue

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(change, range(8)))

    assert answers.count(True) == 1
    assert (shelf.get("sum#1", "sum", fresh=True) or {})["cups"] == 1


def test_a_change_with_a_sum_that_meets_another_says_so(shelf: Table) -> None:
    shelf.put(cup(cups=1))
    with answering(CANCELLED, "None", "TransactionConflict"), pytest.raises(TransactionConflict):
        fill(shelf, 2, seen=1)
    with answering(CANCELLED, "None", "ValidationError"), pytest.raises(ClientError):
        fill(shelf, 2, seen=1)


def test_many_items_and_a_sum_are_written_together_or_not_at_all(shelf: Table) -> None:
    cups = [cup() | {"pk": f"cup#{number}"} for number in range(80)]

    assert shelf.put_all_new_and_add(cups[:79], "sum#1", "sum", {"cups": 79})
    assert not shelf.put_all_new_and_add(cups[78:], "sum#1", "sum", {"cups": 2})

    assert shelf.get("cup#79", "cup") is None
    assert (shelf.get("sum#1", "sum") or {})["cups"] == 79


def test_many_items_whose_answer_was_lost_count_once(shelf: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "new_write", lambda: "the same")
    cups = [cup() | {"pk": f"cup#{number}"} for number in range(3)]

    assert [shelf.put_all_new_and_add(cups, "sum#1", "sum", {"cups": 3}) for _ in range(2)] == [True, True]
    assert (shelf.get("sum#1", "sum") or {})["cups"] == 3


def test_many_items_that_meet_others_say_so(shelf: Table) -> None:
    with answering(CANCELLED, "TransactionConflict", "None"), pytest.raises(TransactionConflict):
        shelf.put_all_new_and_add([cup()], "sum#1", "sum", {"cups": 1})
    with answering(CANCELLED, "ValidationError", "None"), pytest.raises(ClientError):
        shelf.put_all_new_and_add([cup()], "sum#1", "sum", {"cups": 1})


def test_items_are_read_as_they_came_and_not_value_by_value(shelf: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(cup(owner="alice", cups=2, marks=[1, "x", None, True, {"a": 1}]))

    def never(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(parsers.BaseJSONParser, "_handle_map", never)
    assert shelf.get("cup#1", "cup") == cup(owner="alice", cups=2, marks=[1, "x", None, True, {"a": 1}])


def test_a_shelf_tells_places_and_labels_alone(shelf: Table) -> None:
    shelf.put(cup(owner="alice", label="oolong", shelf="cups", place="1"))
    shelf.put(cup(shelf="cups", place="2") | {"pk": "cup#2"})
    assert shelf.shelved_labels("cups", 10) == ([("1", "oolong"), ("2", "")], "")
    assert shelf.shelved_labels("cups", 1) == ([("1", "oolong")], "1")
    assert shelf.shelved_labels("cups", 10, "1") == ([("2", "")], "")


def test_only_one_of_many_takes_an_item(shelf: Table) -> None:
    shelf.put(cup(tea="oolong"))
    with ThreadPoolExecutor(8) as crowd:
        taken = list(crowd.map(lambda _: shelf.take("cup#1", "cup"), range(8)))

    assert [item for item in taken if item] == [cup(tea="oolong")]
    assert shelf.get("cup#1", "cup") is None


def test_what_is_not_there_is_none(shelf: Table) -> None:
    assert shelf.get("cup#1", "cup") is None
    assert shelf.take("cup#1", "cup") is None
    assert list(shelf.under("cup#1")) == []
    assert list(shelf.shelved("cups")) == []
    assert shelf.shelved_page("cups", 3) == ([], "")
    assert list(shelf.get_many([("cup#1", "cup")])) == []
    assert list(shelf.get_many([])) == []
    shelf.delete("cup#1", "cup")


@pytest.mark.parametrize(
    "value", ["", "茶", 0, -7, 10**20, True, False, None, [], ["a", 1, [None]], {}, {"a": {"b": [1, "x"]}}]
)
def test_what_goes_in_comes_out(shelf: Table, value: Any) -> None:
    shelf.put(cup(thing=value))

    assert shelf.get("cup#1", "cup") == cup(thing=value)


@pytest.mark.parametrize("value", [1.5, b"x", object(), {1, 2}])
def test_what_an_item_cannot_hold_is_told_by_kind_and_not_by_value(shelf: Table, value: Any) -> None:
    with pytest.raises(TypeError, match=f"cannot hold a {type(value).__name__}$"):
        shelf.put(cup(thing=value))


def test_an_update_changes_drops_and_returns(shelf: Table) -> None:
    shelf.put(cup(tea="oolong", old=1))

    assert shelf.update("cup#1", "cup", {"tea": "puer"}, remove=("old",)) == cup(tea="puer")
    assert shelf.update("cup#1", "cup", {}, remove=("tea",)) == cup()
    assert shelf.update("cup#2", "cup", {"tea": "new"}) == {"pk": "cup#2", "sk": "cup", "tea": "new"}


def test_an_update_holds_to_its_condition(shelf: Table) -> None:
    shelf.put(cup(serial=1))

    assert shelf.update("cup#1", "cup", {"serial": 2}, where="#serial = :seen", seen=1) == cup(serial=2)
    assert shelf.update("cup#1", "cup", {"serial": 3}, where="#serial = :seen", seen=1) is None
    assert shelf.update("cup#9", "cup", {"serial": 3}, where="attribute_exists(pk)") is None
    assert shelf.get("cup#1", "cup") == cup(serial=2)
    assert shelf.get("cup#9", "cup") is None


def test_no_attribute_of_ours_is_a_word_that_aws_reserves() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "data.md").read_text()
    rows = [[cell.strip() for cell in row.split("|")] for row in page.splitlines() if row.startswith("| `")]
    names = {name.strip() for row in rows if len(row) > 5 for name in row[3].split(",")}
    assert {"answer", "following", "token_text"} <= names
    assert not {name for name in names if name.upper() in AWS_KEYWORDS}


@pytest.mark.parametrize("where", ["status = :a", "attribute_exists(pk) AND #a < two", "NOT size(#a) > :a OR ten"])
def test_a_condition_with_a_bare_name_is_refused_before_it_is_sent(
    shelf: Table, requests: list[dict[str, Any]], where: str
) -> None:
    with pytest.raises(ValueError, match="#name"):
        shelf.update("cup#1", "cup", {"a": 1}, where, a=1)
    with pytest.raises(ValueError, match="#name"):
        shelf.delete_if("cup#1", "cup", where, a=1)
    assert requests == []


def test_every_attribute_may_be_a_reserved_word(shelf: Table, requests: list[dict[str, Any]]) -> None:
    for word in sorted(RESERVED):
        shelf.update("cup#1", "cup", {word: 1}, where=f"attribute_not_exists(#{word})")
    shelf.update("cup#1", "cup", {"a": 1}, where="#status = :one", remove=("name", "date"), one=1)
    list(shelf.get_many([("cup#1", "cup")], "status", "value"))
    list(shelf.under("cup#1", "c"))
    list(shelf.shelved("cups", up_to="x"))
    shelf.shelved_page("cups", 1, "x", newest_first=True)
    shelf.put_new_and_add({"pk": "cup#2", "sk": "cup"}, "sum#1", "sum", dict.fromkeys(RESERVED, 1))
    told = dict.fromkeys(RESERVED, 2)
    shelf.update_and_add("cup#2", "cup", told, "sum#1", "sum", dict.fromkeys(RESERVED, 1), where="attribute_exists(pk)")

    for request in requests:
        written = " ".join(str(value) for name, value in _expressions(request))
        bare = {
            word for word in written.replace("(", " ").replace(")", " ").replace(",", " ").split() if word[0].isalpha()
        }
        assert not {word for word in bare if word.lower() in RESERVED}, request


def _expressions(request: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in request.items():
        if name.endswith("Expression"):
            yield name, value
        elif isinstance(value, dict):
            yield from _expressions(value)
        elif name == "TransactItems":
            for action in value:
                yield from _expressions(action)


def test_things_under_one_key_come_in_order_of_sk(shelf: Table) -> None:
    for sk in ("b#2", "a#1", "b#10", "c"):
        shelf.put({"pk": "cup#1", "sk": sk})

    assert [item["sk"] for item in shelf.under("cup#1")] == ["a#1", "b#10", "b#2", "c"]
    assert [item["sk"] for item in shelf.under("cup#1", "b#", fresh=True)] == ["b#10", "b#2"]


def test_more_than_a_page_is_read_whole(shelf: Table) -> None:
    for n in range(5):
        shelf.put({"pk": "cup#1", "sk": f"{n}", "tea": "x" * 300_000})

    assert len(list(shelf.under("cup#1"))) == 5


def test_a_shelf_holds_what_has_a_place_on_it_up_to_a_place(shelf: Table) -> None:
    for n in (1, 2, 3):
        shelf.put({"pk": f"cup#{n}", "sk": "cup", "shelf": "cups", "place": f"{n:03d}", "tea": "oolong"})
    shelf.update("cup#1", "cup", {}, remove=("shelf", "place"))

    assert [item["pk"] for item in shelf.shelved("cups")] == ["cup#2", "cup#3"]
    assert [item["pk"] for item in shelf.shelved("cups", up_to="002")] == ["cup#2"]
    assert all("tea" not in item for item in shelf.shelved("cups"))


def test_many_are_read_a_hundred_at_a_time(
    shelf: Table, requests: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_AT_ONCE", 10)
    keys = [(f"cup#{n}", "cup") for n in range(25)]
    for pk, sk in keys[::2]:
        shelf.put({"pk": pk, "sk": sk, "tea": "oolong", "price": 89})
    requests.clear()

    found = {item["pk"]: item for item in shelf.get_many(keys, "tea")}

    assert found.keys() == {pk for pk, _ in keys[::2]}
    assert found["cup#0"] == cup(tea="oolong") | {"pk": "cup#0"}
    assert len(requests) == 3


def test_what_dynamodb_did_not_get_to_is_asked_for_again(shelf: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(cup(tea="oolong"))
    asked: list[Any] = []
    call = shelf._call_all

    def busy_first(operation: str, **arguments: Any) -> Any:
        asked.append(operation)
        if len(asked) == 1:
            return {"Responses": {}, "UnprocessedKeys": arguments["RequestItems"]}
        return call(operation, **arguments)

    monkeypatch.setattr(shelf, "_call_all", busy_first)

    assert [item["pk"] for item in shelf.get_many([("cup#1", "cup")])] == ["cup#1"]


def test_a_mistake_of_ours_stays_a_mistake(shelf: Table) -> None:
    with pytest.raises(ClientError):
        shelf.put({"pk": "", "sk": "x"})
    with pytest.raises(ClientError):
        shelf.update("cup#1", "cup", {"a": 1}, where="#a = (")


def test_a_verb_is_one_request_and_an_ordinary_read_is_not_consistent(
    shelf: Table, requests: list[dict[str, Any]]
) -> None:
    shelf.put_new(cup())
    shelf.put_new(cup())
    shelf.update("cup#1", "cup", {"a": 1})
    shelf.get("cup#1", "cup")
    shelf.get("cup#1", "cup", fresh=True)

    assert len(requests) == 5
    assert [one["ConsistentRead"] for one in requests[3:]] == [False, True]


def test_a_shelf_is_read_page_by_page_from_either_end_and_between_places(shelf: Table) -> None:
    for n in range(5):
        shelf.put({"pk": f"cup#{n}", "sk": "cup", "shelf": "cups", "place": f"{n}"})

    first, cursor = shelf.shelved_page("cups", 2, newest_first=True)
    second, _ = shelf.shelved_page("cups", 2, cursor, newest_first=True)
    everything, end = shelf.shelved_page("cups", 9)

    assert [item["place"] for item in (*first, *second)] == ["4", "3", "2", "1"]
    assert (len(everything), end, shelf.count_shelved("cups")) == (5, "", 5)
    assert [item["place"] for item in shelf.shelved_between("cups", "1", "3")] == ["1", "2", "3"]


def test_a_stretch_of_one_key_is_read_with_what_was_asked_for(shelf: Table) -> None:
    for n in range(5):
        shelf.put({"pk": "cup#1", "sk": f"sip#{n}", "size": n, "colour": "red"})

    found = list(shelf.between("cup#1", "sip#1", "sip#3", "size"))

    assert [item["size"] for item in found] == [1, 2, 3]
    assert all("colour" not in item for item in found)


def test_only_what_is_as_it_was_seen_is_removed(shelf: Table) -> None:
    shelf.put(cup(owner="alice"))

    shelf.delete_if("cup#1", "cup", "#owner = :seen", seen="bob")
    assert shelf.get("cup#1", "cup", fresh=True) is not None

    shelf.delete_if("cup#1", "cup", "#owner = :seen", seen="alice")
    assert shelf.get("cup#1", "cup", fresh=True) is None
