"""Takes an account off a stage; what people left behind goes only when that is asked for."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from chalicelib.services import Account, Services

from .. import stage
from ..target import Target
from . import crm

MOST_AT_ONCE = 25  # DynamoDB's own limit for one BatchWriteItem
SECRETS = ("callback", "app_secret", "relay", "token_source", *crm.secret_names())
WORKING_ITEMS = ("token#", "alarm#", "stopped#")  # of no use without the account

Key = dict[str, dict[str, str]]


def remove(target: Target, svc: Services, account: Account) -> None:
    """The account, its secrets and tokens; the item first, so that nothing is answered without secrets."""
    svc.table.delete("accounts", account.alias)
    for name in SECRETS:
        stage.delete_secret(target, f"accounts/{account.alias}/{name}")
    for prefix in WORKING_ITEMS:
        for item in svc.table.under(f"account#{account.alias}", prefix):
            svc.table.delete(item["pk"], item["sk"])


def erase_data(target: Target, alias: str) -> int:
    """Everything that is kept under the account's name, people too: how many items that was."""
    gone = 0
    keys = _keys_of(target, alias)
    while batch := list(islice(keys, MOST_AT_ONCE)):
        _delete(target, batch)
        gone += len(batch)
    return gone


def _keys_of(target: Target, alias: str) -> Iterator[Key]:
    """By reading the whole table: whoever unfollowed is on no list, and must be found too."""
    scan = target.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(
        TableName=target.name(),
        ProjectionExpression="#pk, #sk",
        FilterExpression="begins_with(#pk, :person) OR begins_with(#pk, :ids) "
        "OR #pk IN (:account, :rules, :crm, :farewells)",
        ExpressionAttributeNames={"#pk": "pk", "#sk": "sk"},
        ExpressionAttributeValues={
            ":person": {"S": f"person#{alias}#"},
            ":account": {"S": f"account#{alias}"},
            ":rules": {"S": f"rules#{alias}"},
            ":ids": {"S": f"ids#{alias}#"},
            ":crm": {"S": f"crm#{alias}"},
            ":farewells": {"S": f"farewells#{alias}"},
        },
    )
    for page in pages:
        yield from page["Items"]


def _delete(target: Target, keys: list[Key]) -> None:
    left: Any = {target.name(): [{"DeleteRequest": {"Key": key}} for key in keys]}
    while left:
        left = target.client("dynamodb").batch_write_item(RequestItems=left).get("UnprocessedItems")
