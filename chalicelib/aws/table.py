"""The one DynamoDB table, behind the few verbs that features need.

Every item has `pk` and `sk`. `expires` (unix seconds) lets DynamoDB drop it some time later; readers that care check it
themselves. `shelf` and `place` put an item on the one index, `by_shelf`, for things that are listed or become due.

Expressions name attributes as `#name` and values as `:name`; both are spelled out for DynamoDB here, and a condition
with a bare name is refused, so that no attribute can ever collide with one of its reserved words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from . import items, session
from .items import WRITE, Item, key, names, plain, typed, typed_value
from .transactions import TransactionConflict, Transactions

__all__ = ["MOST_AT_ONCE", "Item", "Table", "TransactionConflict"]

_INDEX = "by_shelf"

MOST_AT_ONCE = 100  # items of one BatchGetItem, DynamoDB's own limit


class Table(Transactions):
    def __init__(self, name: str) -> None:
        self._name = name

    def get(self, pk: str, sk: str, fresh: bool = False) -> Item | None:
        """`fresh` costs double and sees every write that has been answered; without it a write may take a moment."""
        found = self._call("get_item", Key=key(pk, sk), ConsistentRead=fresh).get("Item")
        return plain(found) if found else None

    def get_many(self, keys: Sequence[tuple[str, str]], *names: str) -> Iterator[Item]:
        """Those of the items that exist, each with its key and the attributes named; a hundred in a request."""
        wanted = {f"#{name}": name for name in ("pk", "sk", *names)}
        for start in range(0, len(keys), MOST_AT_ONCE):
            left = [key(pk, sk) for pk, sk in keys[start : start + MOST_AT_ONCE]]
            while left:
                ask = {"Keys": left, "ProjectionExpression": ", ".join(wanted), "ExpressionAttributeNames": wanted}
                answer = self._call_all("batch_get_item", RequestItems={self._name: ask})
                yield from map(plain, answer["Responses"].get(self._name, []))
                left = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])

    def put(self, item: Item) -> None:
        self._call("put_item", Item=typed(item))

    def put_new(self, item: Item) -> Item | None:
        """Store the item unless its key is taken: None when stored, else the item that was there (at no extra read)."""
        write = items.new_write()
        try:
            self._call(
                "put_item",
                Item=typed(item | {WRITE: write}),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            earlier = _old_item(error)
            return None if earlier.get(WRITE) == {"S": write} else plain(earlier)
        return None

    def add(self, pk: str, sk: str, numbers: Mapping[str, int]) -> None:
        """Add to the numbers of an item, which is made if it is missing. Not for what must be exact: when AWS's answer
        is lost, nobody knows whether it was added."""
        self._call(
            "update_item",
            Key=key(pk, sk),
            UpdateExpression="ADD " + ", ".join(f"#{name} :{name}" for name in numbers),
            ExpressionAttributeNames={f"#{name}": name for name in numbers},
            ExpressionAttributeValues={f":{name}": typed_value(number) for name, number in numbers.items()},
        )

    def update(
        self,
        pk: str,
        sk: str,
        change: Mapping[str, Any],
        where: str = "",
        remove: tuple[str, ...] = (),
        **values: Any,
    ) -> Item | None:
        """Set `change` and drop `remove`, if `where` holds: the item as it then is, or None if it did not hold.

        A missing item is made, unless `where` asks for one.
        """
        write = items.new_write()
        if where:
            change = {**change, WRITE: write}
        sets = ", ".join(f"#{name} = :set_{name}" for name in change)
        expression = f"SET {sets}" if sets else ""
        if remove:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in remove)
        typed = {f":set_{name}": typed_value(value) for name, value in change.items()}
        typed |= {f":{name}": typed_value(value) for name, value in values.items()}
        extra: Item = {"ConditionExpression": where} if where else {}
        if typed:
            extra["ExpressionAttributeValues"] = typed
        try:
            answer = self._call(
                "update_item",
                Key=key(pk, sk),
                UpdateExpression=expression,
                ExpressionAttributeNames=names(f"{expression} {where}", where),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **extra,
            )
        except ClientError as error:
            earlier = _old_item(error)
            return plain(earlier) if earlier.get(WRITE) == {"S": write} else None
        return plain(answer["Attributes"])

    def take(self, pk: str, sk: str) -> Item | None:
        """Remove an item and return it, so that only one caller ever gets it."""
        gone = self._call("delete_item", Key=key(pk, sk), ReturnValues="ALL_OLD").get("Attributes")
        return plain(gone) if gone else None

    def delete(self, pk: str, sk: str) -> None:
        self._call("delete_item", Key=key(pk, sk))

    def under(self, pk: str, prefix: str = "", fresh: bool = False) -> Iterator[Item]:
        """Everything that shares a pk (and whose sk begins so), in order of sk, in whole 1 MB pages."""
        more = {"begins_with(#sk, :sk)": ("sk", prefix)} if prefix else {}
        yield from self._pages({"#pk = :pk": ("pk", pk)} | more, ConsistentRead=fresh)

    def page(
        self, pk: str, limit: int, after: str = "", newest_first: bool = False, fresh: bool = False
    ) -> tuple[list[Item], str]:
        """One query: at most so many items of a pk behind the sk `after`, and the cursor for more, or ""."""
        behind = f" AND #sk {'<' if newest_first else '>'} :after" if after else ""
        page = self._call(
            "query",
            KeyConditionExpression=f"#pk = :pk{behind}",
            ExpressionAttributeNames={"#pk": "pk"} | ({"#sk": "sk"} if after else {}),
            ExpressionAttributeValues={":pk": {"S": pk}} | ({":after": {"S": after}} if after else {}),
            ScanIndexForward=not newest_first,
            Limit=limit,
            ConsistentRead=fresh,
        )
        items = [plain(item) for item in page["Items"]]
        return items, items[-1]["sk"] if items and "LastEvaluatedKey" in page else ""

    def shelved(self, shelf: str, up_to: str = "") -> Iterator[Item]:
        """The index entries of a shelf in order of place, up to and including a place; keys only, and a moment late."""
        more = {"#place <= :place": ("place", up_to)} if up_to else {}
        yield from self._pages({"#shelf = :shelf": ("shelf", shelf)} | more, IndexName=_INDEX)

    def shelved_page(
        self, shelf: str, limit: int, after: str = "", newest_first: bool = False
    ) -> tuple[list[Item], str]:
        """One query: at most so many entries of a shelf behind the place `after`, and the cursor for more, or "".

        The cursor is the place of the last entry, so it stays good whatever comes and goes.
        """
        page = self._shelf_page(shelf, limit, after, "<" if newest_first else ">", ScanIndexForward=not newest_first)
        items = [plain(item) for item in page["Items"]]
        return items, items[-1]["place"] if items and "LastEvaluatedKey" in page else ""

    def shelved_labels(self, shelf: str, limit: int, after: str = "") -> tuple[list[tuple[str, str]], str]:
        """The same as (place, label) alone, in order of place: for whoever goes through hundreds of thousands."""
        page = self._shelf_page(shelf, limit, after, ">", ProjectionExpression="#place, #label", names=("label",))
        found = [(item["place"]["S"], item["label"]["S"] if "label" in item else "") for item in page["Items"]]
        return found, found[-1][0] if found and "LastEvaluatedKey" in page else ""

    def _shelf_page(
        self, shelf: str, limit: int, after: str, behind: str, names: tuple[str, ...] = (), **query: Any
    ) -> Any:
        condition = f" AND #place {behind} :after" if after else ""
        used = {"shelf", *names} | ({"place"} if after or names else set())
        values = {":shelf": shelf} | ({":after": after} if after else {})
        return self._call(
            "query",
            IndexName=_INDEX,
            KeyConditionExpression=f"#shelf = :shelf{condition}",
            ExpressionAttributeNames={f"#{name}": name for name in sorted(used)},
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
            Limit=limit,
            **query,
        )

    def shelved_between(self, shelf: str, first: str, last: str) -> Iterator[Item]:
        """The index entries of a shelf from one place to another, both included, in order."""
        yield from (plain(item) for page in self._shelf_pages(shelf, first, last) for item in page["Items"])

    def count_shelved(self, shelf: str, first: str = "", last: str = "") -> int:
        """How many entries a shelf has, all or from one place to another; reads them, and sends none."""
        return sum(page["Count"] for page in self._shelf_pages(shelf, first, last, Select="COUNT"))

    def between(self, pk: str, first: str, last: str, *names: str) -> Iterator[Item]:
        """What shares a pk, from one sk to another, both included: the keys and the attributes named."""
        wanted = {f"#{name}": name for name in ("pk", "sk", *names)}
        pages = self._paged(
            KeyConditionExpression="#pk = :pk AND #sk BETWEEN :first AND :last",
            ProjectionExpression=", ".join(wanted),
            ExpressionAttributeNames=wanted,
            ExpressionAttributeValues={":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
        )
        yield from (plain(item) for page in pages for item in page["Items"])

    def delete_if(self, pk: str, sk: str, where: str, **values: Any) -> None:
        """Remove an item if `where` holds of it."""
        try:
            self._call(
                "delete_item",
                Key=key(pk, sk),
                ConditionExpression=where,
                ExpressionAttributeNames=names(where, where),
                ExpressionAttributeValues={f":{name}": typed_value(value) for name, value in values.items()},
            )
        except ClientError as error:
            _old_item(error)  # raises what is not a condition

    def _shelf_pages(self, shelf: str, first: str, last: str, **query: Any) -> Iterator[Any]:
        within = " AND #place BETWEEN :first AND :last" if last else ""
        values = {":shelf": shelf} | ({":first": first, ":last": last} if last else {})
        yield from self._paged(
            IndexName=_INDEX,
            KeyConditionExpression=f"#shelf = :shelf{within}",
            ExpressionAttributeNames={"#shelf": "shelf"} | ({"#place": "place"} if last else {}),
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
            **query,
        )

    def _paged(self, **query: Any) -> Iterator[Any]:
        while True:
            page = self._call("query", **query)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _pages(self, conditions: Mapping[str, tuple[str, str]], **query: Any) -> Iterator[Item]:
        query |= {
            "KeyConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {f"#{name}": name for name, _ in conditions.values()},
            "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in conditions.values()},
        }
        for page in self._paged(**query):
            yield from map(plain, page["Items"])

    def _call(self, operation: str, **arguments: Any) -> Any:
        return self._call_all(operation, TableName=self._name, **arguments)

    def _call_all(self, operation: str, **arguments: Any) -> Any:
        with session.explained():
            return getattr(session.client("dynamodb"), operation)(**arguments)


def _old_item(error: ClientError) -> Item:
    """What stood in the way of a conditional write, still typed; {} if nothing did."""
    response: Any = error.response
    if response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
    item: Item = response.get("Item", {})
    return item
