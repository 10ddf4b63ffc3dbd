"""Scenes with systems beside us: each reads its keys in the name of the function that may, and nobody is harmed.

Neither stand-in knows the keys that it is asked with, so both are of no use; that nobody is harmed is looked at too.
"""

import json
from typing import Any

from chalicelib.aws.functions import refresh_event

from ..demo import Shop, expect, tell
from ..doors import eventually
from .world import STAGE, World

KEY = "key-of-nobody"


def relays(day: Shop, world: World) -> None:
    """For the list AFTER: it moves the clock."""
    tell("旧系统也要消息，而且先答；但它病了", "An older system wants the messages, and answers first; but it is ill")
    keys = {"crm": {"token": "olderToken", "aes_key": "Q" * 43}}
    told = {"name": {"S": "crm"}, "url": {"S": f"{world.simulator}/older-crm/tea"}, "answers": {"S": "theirs"}}
    keep_secret(world, "accounts/tea/relay", json.dumps(keys))
    _change(world, "tea", "relays", {"L": [{"M": told}]})
    day.controls.outlast_memories()
    shown = day.xiaolin.say("今天的茶单？")
    expect("茉莉花茶" in str(shown["replies"]), "由我们回答 we answer instead", shown)
    rung = eventually(lambda: _item(world, "account#tea", "alarm#relay_crm"))
    expect(bool(rung), "有人被告知 somebody is told", rung)
    # The queue tries twice more; then it is done.
    done = eventually(lambda: _is_done(world, day.xiaolin.openid), within=60)
    expect(bool(done), "试过三次 tried three times", done)
    _change(world, "tea", "relays", {"L": []})
    _gone(world, "account#tea", "alarm#relay_crm")
    day.controls.outlast_memories()


def token_service(day: Shop, world: World) -> None:
    """For the list AFTER: it moves the clock."""
    tell("茶叶笔记的令牌改由集团给；但那边不认钥匙", "The leaf's token comes from the group, who do not know the key")
    keep_secret(world, "accounts/leaf/token_source", KEY)
    _change(world, "leaf", "token_source", {"S": f"{world.simulator}/token-service"})
    day.controls.outlast_memories()
    _gone(world, "account#leaf", "token#access")
    _refresh(world)
    rung = eventually(lambda: _item(world, "account#leaf", "alarm#token"))
    expect(bool(rung), "有人被告知 somebody is told", rung)
    _change(world, "leaf", "token_source", {"S": ""})
    for what in ("token_source", "token"):
        _gone(world, "account#leaf", f"alarm#{what}")
    day.controls.outlast_memories()
    _refresh(world)
    expect(
        bool(eventually(lambda: "token_text" in _item(world, "account#leaf", "token#access"))),
        "改回自己的 AppSecret，又有令牌 back to its own AppSecret, there is a token again",
        {},
    )


def _refresh(world: World) -> None:
    world.client("lambda").invoke(
        FunctionName=f"gaiwan-{STAGE}-refresh_tokens", Payload=json.dumps(refresh_event("leaf"))
    )


def keep_secret(world: World, name: str, value: str) -> None:
    full = f"/gaiwan/{STAGE}/{name}"
    world.client("ssm").put_parameter(Name=full, Value=value, Type="SecureString", Overwrite=True)


def _change(world: World, alias: str, name: str, value: dict[str, Any]) -> None:
    world.client("dynamodb").update_item(
        TableName=f"gaiwan-{STAGE}",
        Key=_key("accounts", alias),
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )


def _is_done(world: World, openid: str) -> bool:
    query = {
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
        "ExpressionAttributeValues": {":pk": {"S": f"person#tea#{openid}"}, ":sk": {"S": "relayed#crm#"}},
    }
    found = world.client("dynamodb").query(TableName=f"gaiwan-{STAGE}", **query)["Items"]
    return bool(found) and all("done" in item for item in found)


def items(world: World, pk: str) -> list[dict[str, Any]]:
    condition: dict[str, Any] = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
    found: list[dict[str, Any]] = world.client("dynamodb").query(TableName=f"gaiwan-{STAGE}", **condition)["Items"]
    return found


def _item(world: World, pk: str, sk: str) -> dict[str, Any]:
    found: dict[str, Any] = world.client("dynamodb").get_item(TableName=f"gaiwan-{STAGE}", Key=_key(pk, sk))
    return dict(found.get("Item", {}))


def _gone(world: World, pk: str, sk: str) -> None:
    world.client("dynamodb").delete_item(TableName=f"gaiwan-{STAGE}", Key=_key(pk, sk))


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
