"""Writes to several items of the table, all or none. They cost twice the write units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from ..errors import Conflict
from . import items
from .items import WRITE, Item, key, names, plain, typed, typed_value

# Why DynamoDB cancels a transaction that may well succeed if it is asked for again.
_IN_EACH_OTHERS_WAY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class TransactionConflict(Conflict):
    """Nothing was written, because somebody else is writing the same items; trying again helps."""


class Transactions:
    """The part of a table that writes so."""

    _name: str

    def put_new_and_add(self, item: Item, pk: str, sk: str, add: Mapping[str, int]) -> Item | None:
        """`put_new`, and with it `add` to the numbers of another item, which is made if it is missing: both or neither.

        Four write units for small items. TransactionConflict when somebody else writes one of the two just now.
        """
        write = items.new_write()
        new = {
            "TableName": self._name,
            "Item": typed(item | {WRITE: write}),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            # botocore gives it a token of its own, by which DynamoDB recognises the repeat of a lost answer.
            self._call_all("transact_write_items", TransactItems=[{"Put": new}, self._sums(pk, sk, add)])
        except ClientError as error:
            earlier = _item_in_the_way(error)
            return None if earlier.get(WRITE) == {"S": write} else plain(earlier)
        return None

    def put_all_new_and_add(self, new: Sequence[Item], pk: str, sk: str, add: Mapping[str, int]) -> bool:
        """`put_new` of up to 99 items, and with them `add` to the numbers of another: all or nothing; False if a key
        was taken. Twice the write units of all. TransactionConflict when somebody else writes one of them just now."""
        write = items.new_write()
        puts: list[Item] = [
            {
                "Put": {
                    "TableName": self._name,
                    "Item": typed(item | {WRITE: write}),
                    "ConditionExpression": "attribute_not_exists(pk)",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
            for item in new
        ]
        try:
            self._call_all("transact_write_items", TransactItems=[self._sums(pk, sk, add), *puts])
        except ClientError as error:
            return _all_are_ours(error, write)
        return True

    def update_and_add(  # noqa: PLR0913 (an update, and what is added where)
        self,
        pk: str,
        sk: str,
        change: Mapping[str, Any],
        add_pk: str,
        add_sk: str,
        add: Mapping[str, int],
        *,
        where: str,
        remove: tuple[str, ...] = (),
        values: Mapping[str, Any] | None = None,
    ) -> bool:
        """`update` of an item if `where` holds, and with it `add` to the numbers of another, which is made if it is
        missing: whether it held; both or neither, and once, even if an answer of AWS's is lost.

        Twice the write units of both. TransactionConflict when somebody else writes one of the two just now.
        """
        write = items.new_write()
        sets = {**change, WRITE: write}
        expression = "SET " + ", ".join(f"#{name} = :set_{name}" for name in sets)
        if remove:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in remove)
        told = {f":set_{name}": typed_value(value) for name, value in sets.items()}
        told |= {f":{name}": typed_value(value) for name, value in (values or {}).items()}
        update = {
            "TableName": self._name,
            "Key": key(pk, sk),
            "UpdateExpression": expression,
            "ConditionExpression": where,
            "ExpressionAttributeNames": names(f"{expression} {where}", where),
            "ExpressionAttributeValues": told,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            self._call_all("transact_write_items", TransactItems=[{"Update": update}, self._sums(add_pk, add_sk, add)])
        except ClientError as error:
            return bool(_item_in_the_way(error).get(WRITE) == {"S": write})
        return True

    def _sums(self, pk: str, sk: str, add: Mapping[str, int]) -> Item:
        """The part of a transaction that adds."""
        update = {
            "TableName": self._name,
            "Key": key(pk, sk),
            "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in add),
            "ExpressionAttributeNames": {f"#{name}": name for name in add},
            "ExpressionAttributeValues": {f":{name}": typed_value(number) for name, number in add.items()},
        }
        return {"Update": update}

    def _call_all(self, operation: str, **arguments: Any) -> Any:
        raise NotImplementedError


def _item_in_the_way(error: ClientError) -> Item:
    """What stood in the way of a transaction whose first condition alone can fail, still typed."""
    response: Any = error.response
    code, reasons = response["Error"]["Code"], response.get("CancellationReasons", [])
    if code == "TransactionCanceledException" and reasons[0]["Code"] == "ConditionalCheckFailed":
        item: Item = reasons[0].get("Item", {})
        return item
    if code == "TransactionInProgressException" or _IN_EACH_OTHERS_WAY & {reason["Code"] for reason in reasons}:
        raise TransactionConflict(
            "正好有人在改同样的内容，请再试一次。Somebody changes the same just now; please try again."
        ) from None
    raise error


def _all_are_ours(error: ClientError, write: str) -> bool:
    """Whether a transaction was broken by its own first attempt, whose answer was lost."""
    response: Any = error.response
    reasons = response.get("CancellationReasons", [])
    taken = [reason for reason in reasons if reason["Code"] == "ConditionalCheckFailed"]
    if not taken:
        _item_in_the_way(error)  # raises what is not a condition
    return bool(taken) and all(one.get("Item", {}).get(WRITE) == {"S": write} for one in taken)
