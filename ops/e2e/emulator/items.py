"""dynamodb:LeadingKeys, which ministack does not know; without it such a condition would let everything pass."""

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_actions

Json = dict[str, Any]
EQUALS = re.compile(r"\s*\S+\s*=\s*(:\w+)")


def tell_leading_keys() -> None:
    ministacks = iam_actions.dynamodb_service_context

    def context(body: bytes) -> Json:
        keys = leading_keys(json.loads(body or b"{}"))
        return {**ministacks(body), **({"dynamodb:LeadingKeys": keys} if keys else {})}

    iam_actions.dynamodb_service_context = context


def leading_keys(asked: Json) -> list[str]:
    """The partition keys that a request names: of the table, or of the index that it queries."""
    keys = [item["pk"]["S"] for item in _items(asked) if item]
    found = EQUALS.match(asked.get("KeyConditionExpression", ""))
    return keys + ([asked["ExpressionAttributeValues"][found[1]]["S"]] if found else [])


def _items(asked: Json) -> Iterator[Json | None]:
    yield from (asked.get("Key"), asked.get("Item"))
    for wanted in (asked.get("RequestItems") or {}).values():
        if isinstance(wanted, dict):
            yield from wanted.get("Keys", [])
        else:
            yield from (_item(write) for write in wanted)
    yield from (_item(write) for write in asked.get("TransactItems", []))


def _item(write: Json) -> Json | None:
    """{"Put": {"Item": …}}, {"DeleteRequest": {"Key": …}} and the like."""
    ((_, inner),) = write.items()
    found: Json | None = inner.get("Item") or inner.get("Key")
    return found
