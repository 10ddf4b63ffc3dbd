"""Items as DynamoDB writes them, and expressions with their names spelled out: the table's own dialect."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = dict[str, Any]

NAMES = re.compile(r"#(\w+)")
BARE = re.compile(r"(?<![#:\w])(?!(?:AND|OR|NOT|BETWEEN|IN|pk|sk)\b)[A-Za-z_]\w*(?!\w|\()")

# Names the last conditional write of an item. When an answer is lost, botocore asks again, and finds the condition
# broken by its own first attempt: by this it knows that write for ours. Nobody else sees it.
WRITE = "write_id"


@cache
def names(expression: str, condition: str = "") -> dict[str, str]:
    """What its `#name`s stand for. Expressions are written in the code, so there are few of them."""
    if bare := BARE.search(condition):
        raise ValueError(f"a condition names an attribute as #name: {bare[0]}")
    return {f"#{name}": name for name in NAMES.findall(expression)}


def new_write() -> str:
    return secrets.token_urlsafe(6)


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


# boto3's own (de)serialiser goes through Decimal contexts and costs more than the request's signature;
# ours knows the six kinds of value that an item of ours may hold.
def typed(item: Item) -> Item:
    return {name: typed_value(value) for name, value in item.items()}


def typed_value(value: Any) -> Item:  # noqa: PLR0911 (one line for each kind of value)
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, Mapping):
        return {"M": {name: typed_value(inner) for name, inner in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"L": [typed_value(inner) for inner in value]}
    raise TypeError(f"an item cannot hold a {type(value).__name__}")


def plain(item: Item) -> Item:
    # Nearly all that is read a thousand at a time are texts, so they are looked for first.
    return {name: value["S"] if "S" in value else plain_value(value) for name, value in item.items() if name != WRITE}


def plain_value(value: Item) -> Any:
    ((kind, inner),) = value.items()
    if kind == "N":
        return int(inner) if inner.lstrip("-").isdigit() else Decimal(inner)
    if kind == "M":
        return plain(inner)
    if kind == "L":
        return [plain_value(one) for one in inner]
    return None if kind == "NULL" else inner
