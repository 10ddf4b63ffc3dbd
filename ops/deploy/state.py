"""What of a stage is at AWS already, in the words of Chalice's own file: AWS is the memory, so no machine has to be.

Chalice writes .chalice/deployed/<stage>.json at its very end. After an interrupt, or on another machine, it would try
to make everything a second time and fail, or make a second API; so before each deploy the file is written from AWS.
What Chalice finds in the file and not in app.py it deletes: the names here must be exactly those that it gives.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..resources.template import function_name
from ..say import Problem, warn
from ..target import Target

Resource = dict[str, Any]
API = "api_handler"
BY_STACK = "aws:cloudformation:stack-name"


def adopt(target: Target, names: Iterable[str]) -> list[Resource]:
    """`names`: as app.py calls them. What an older app.py had is found by Chalice's tag."""
    found: list[Resource] = []
    for name in dict.fromkeys([*names, *_former(target)]):
        found += [*_role(target, name), *_function(target, name), *_schedule(target, name)]
    return [*found, *_api(target)]


def functions(target: Target) -> dict[str, str]:
    """Of those that are there, by the name that app.py gives them: the ARN."""
    found = [one for name in (API, *_former(target)) for one in _function(target, name)]
    return {one["name"]: one["lambda_arn"] for one in found if one["resource_type"] == "lambda_function"}


def write(folder: Path, stage: str, resources: list[Resource]) -> Path:
    path = file(folder, stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {"resources": resources, "schema_version": "2.0", "backend": "api"}
    path.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    return path


def file(folder: Path, stage: str) -> Path:
    return folder / ".chalice" / "deployed" / f"{stage}.json"


def full_name(target: Target, function: str) -> str:
    return function_name(target.stage, function)


def api_id(target: Target) -> str:
    """Every stage's API has the same name, so it is known by the function that it calls; "" for none."""
    owner = f":function:{target.name()}/invocations"
    client = target.client("apigateway")
    apis = [one for page in client.get_paginator("get_rest_apis").paginate() for one in page["items"]]
    ours = [one for one in apis if any(owner in uri for uri in _called(client, one["id"]))]
    if len(ours) > 1:
        # WeChat's console holds the first one's address.
        ours.sort(key=lambda one: one["createdDate"])
        warn(
            f"有 {len(ours)} 个 API 属于本环境；沿用最早的 {ours[0]['id']}，其余请删除。",
            f"{len(ours)} APIs belong to this stage; the oldest, {ours[0]['id']}, stays; please delete the others.",
        )
    return str(ours[0]["id"]) if ours else ""


def _former(target: Target) -> Iterator[str]:
    """Functions of the stage that Chalice made, by its tag: a name alone could be anybody's."""
    prefix = target.name("x").removesuffix("x")
    for page in target.client("lambda").get_paginator("list_functions").paginate():
        for one in page["Functions"]:
            if one["FunctionName"].startswith(prefix) and _made_for(target, _tags(target, one["FunctionArn"])):
                yield one["FunctionName"].removeprefix(prefix)


def _function(target: Target, name: str) -> Iterator[Resource]:
    client, full = target.client("lambda"), full_name(target, name)
    with suppress(client.exceptions.ResourceNotFoundException):
        arn = client.get_function_configuration(FunctionName=full)["FunctionArn"]
        _must_be_ours(target, full, _tags(target, arn))
        yield {"name": name, "resource_type": "lambda_function", "lambda_arn": arn}
        for mapping in client.list_event_source_mappings(FunctionName=full)["EventSourceMappings"]:
            yield _queue_of(name, arn, mapping)


def _queue_of(name: str, arn: str, mapping: dict[str, Any]) -> Resource:
    queue = mapping["EventSourceArn"]
    return {
        "name": f"{name}-sqs-event-source",
        "resource_type": "sqs_event",
        "queue_arn": queue,
        "event_uuid": mapping["UUID"],
        "queue": queue.rsplit(":", 1)[-1],
        "lambda_arn": arn,
    }


def _role(target: Target, name: str) -> Iterator[Resource]:
    client = target.client("iam")
    with suppress(client.exceptions.NoSuchEntityException):
        role = client.get_role(RoleName=target.name(name))["Role"]
        if "lambda.amazonaws.com" not in json.dumps(role["AssumeRolePolicyDocument"]):
            raise _taken("IAM 角色", "IAM role", role["RoleName"])
        yield {
            "name": f"{name}_role",
            "resource_type": "iam_role",
            "role_arn": role["Arn"],
            "role_name": role["RoleName"],
        }


def _schedule(target: Target, name: str) -> Iterator[Resource]:
    client, rule = target.client("events"), target.name(f"{name}-event")
    with suppress(client.exceptions.ResourceNotFoundException):
        client.describe_rule(Name=rule)
        yield {"name": f"{name}-event", "resource_type": "cloudwatch_event", "rule_name": rule}


def _api(target: Target) -> Iterator[Resource]:
    if found := api_id(target):
        yield {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": found, "rest_api_url": ""}


def _called(client: Any, api: str) -> Iterator[str]:
    for page in client.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"]):
        for resource in page["items"]:
            for method in resource.get("resourceMethods", {}).values():
                yield method.get("methodIntegration", {}).get("uri", "")


def _tags(target: Target, arn: str) -> dict[str, str]:
    found: dict[str, str] = target.client("lambda").list_tags(Resource=arn)["Tags"]
    return found


def _made_for(target: Target, tags: dict[str, str]) -> bool:
    return f":stage={target.stage}:app=gaiwan" in tags.get("aws-chalice", "") and BY_STACK not in tags


def _must_be_ours(target: Target, full: str, tags: dict[str, str]) -> None:
    if BY_STACK in tags:
        raise Problem(
            f"函数 {full} 由 CloudFormation 栈 {tags[BY_STACK]} 管理：请更新该栈，或换一个 --stage。",
            f"The function {full} belongs to the CloudFormation stack {tags[BY_STACK]}: update that, "
            "or choose another --stage.",
        )
    if not _made_for(target, tags):
        raise _taken("函数", "function", full)


def _taken(zh: str, en: str, name: str) -> Problem:
    return Problem(
        f"已有一个不是盖碗建立的{zh} {name}：请改名或删除它，或换一个 --stage。",
        f"There is a {en} {name} already that Gaiwan did not make: rename or delete it, or choose another --stage.",
    )
