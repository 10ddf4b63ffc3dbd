"""Looks at what a deploy made, by direct calls: in templates the emulator ignores TTL, recovery and protection."""

import json
from typing import Any

from botocore.exceptions import ClientError

from ..demo import Surprise, expect
from .judge import Place, Policies, Statement
from .world import STAGE, World

NAME = f"gaiwan-{STAGE}"
ONE_OF_EACH = {"functions": 6, "queue mappings": 2, "schedules": 3, "APIs": 1, "roles": 6, "queues": 4}


def table_is_safe(world: World) -> None:
    """The items that have run out go, nothing else does."""
    dynamodb = world.client("dynamodb")
    expires = dynamodb.describe_time_to_live(TableName=NAME)["TimeToLiveDescription"]
    expect(expires["TimeToLiveStatus"] == "ENABLED", "TTL: 过期的数据会删除 what has expired is dropped", expires)
    backups = dynamodb.describe_continuous_backups(TableName=NAME)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    expect(recovery == "ENABLED", "PITR: 可恢复到 35 天内任一秒 any second of 35 days can be restored", backups)
    expect(_refuses_deletion(dynamodb), "删除保护：表删不掉 deletion protection: the table cannot be deleted", {})


def is_whole(world: World) -> None:
    """However often it was deployed, there is one of each."""
    seen = counts(world)
    expect(
        seen == ONE_OF_EACH, "函数、角色、队列、日程一个不多 not one function, role, queue or schedule too many", seen
    )


def is_gone(world: World) -> None:
    """Nothing that runs or may do something is left; people's data is."""
    seen = counts(world)
    expect(not any(seen.values()), "函数、角色、队列、日程都拆了 functions, roles, queues and schedules are gone", seen)
    expect(NAME in world.client("dynamodb").list_tables()["TableNames"], "数据还在 the data is kept", {})


def counts(world: World) -> dict[str, int]:
    functions, apis = world.client("lambda"), world.client("apigateway")
    return {
        "functions": len(functions.list_functions()["Functions"]),
        "queue mappings": len(functions.list_event_source_mappings()["EventSourceMappings"]),
        "schedules": len(world.client("events").list_rules(NamePrefix=NAME)["Rules"]),
        "APIs": len(apis.get_rest_apis()["items"]),
        "roles": len(_roles(world)),
        "queues": len(world.client("sqs").list_queues(QueueNamePrefix=NAME).get("QueueUrls", [])),
    }


def code(world: World) -> set[str]:
    """Digests of the code that the functions run; one, if they all run the same."""
    return {function["CodeSha256"] for function in world.client("lambda").list_functions()["Functions"]}


def policies(world: World) -> Policies:
    """As IAM has them, not as our files say."""
    return {role: _document(world, role)["Statement"] for role in _roles(world)}


def take(world: World, place: Place) -> Statement:
    """Take a statement from its role; functions start anew, so that none remembers what it was allowed to read."""
    document = _document(world, place.role)
    taken: Statement = document["Statement"].pop(place.number)
    name = _policy_name(world, place.role)
    put = world.client("iam").put_role_policy
    put(RoleName=place.role, PolicyName=name, PolicyDocument=json.dumps(document))
    _start_anew(world)
    return taken


def _start_anew(world: World) -> None:
    functions = world.client("lambda")
    for function in functions.list_functions()["Functions"]:
        functions.update_function_configuration(
            FunctionName=function["FunctionName"], Timeout=function["Timeout"], Environment=function["Environment"]
        )


def _roles(world: World) -> list[str]:
    found = [role["RoleName"] for role in world.client("iam").list_roles()["Roles"]]
    return sorted(name for name in found if name.startswith(f"{NAME}-"))


def _policy_name(world: World, role: str) -> str:
    (name,) = world.client("iam").list_role_policies(RoleName=role)["PolicyNames"]
    return str(name)


def _document(world: World, role: str) -> dict[str, Any]:
    name = _policy_name(world, role)
    found: dict[str, Any] = world.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return found


def _refuses_deletion(dynamodb: Any) -> bool:
    try:
        dynamodb.delete_table(TableName=NAME)
    except ClientError as error:
        return "protect" in error.response["Error"]["Message"].lower()
    raise Surprise("the table was deleted")
