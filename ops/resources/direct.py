"""The template's table, queues and bus by direct calls, for the local stack and the tests: a stage in no time.

Nothing is listed: a test run makes thousands of stages in one emulator.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3

from . import template

Known = dict[str, str]  # what a `!Ref` or `!GetAtt` stands for
OF_CREATE_TABLE = ("TableName", "BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")


def apply(stage: str) -> None:
    """In the AWS account, or the emulator, that the environment names. What exists is brought up to date."""
    known = {"Stage": stage, **template.visibilities(stage)}
    for name, resource in template.resources().items():
        make = MAKERS.get(resource["Type"])
        if make:
            known[f"{name}.Arn"] = make(_filled(resource["Properties"], known))


def _filled(value: Any, known: Known) -> Any:
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    for form in ("!Ref", "!GetAtt"):
        if form in value:
            return known[value[form]]
    if "!Sub" in value:
        return re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], value["!Sub"])
    return {key: _filled(inner, known) for key, inner in value.items()}


def _table(wanted: template.Json) -> str:
    dynamodb, name = boto3.client("dynamodb"), wanted["TableName"]
    if _create(dynamodb, wanted) or not _expires(dynamodb, name):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted["TimeToLiveSpecification"])
    return ""


def _create(dynamodb: Any, wanted: template.Json) -> bool:
    """False if it was there."""
    try:
        made = dynamodb.create_table(**{key: wanted[key] for key in OF_CREATE_TABLE})["TableDescription"]
    except dynamodb.exceptions.ResourceInUseException:
        return False
    if made["TableStatus"] != "ACTIVE":
        dynamodb.get_waiter("table_exists").wait(TableName=wanted["TableName"])
    return True


def _expires(dynamodb: Any, name: str) -> bool:
    status = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
    return bool(status != "DISABLED")


def _queue(wanted: template.Json) -> str:
    """Its ARN. A queue that exists with other attributes is changed, which create_queue refuses to do."""
    sqs, name = boto3.client("sqs"), wanted["QueueName"]
    attributes = {key: _text(value) for key, value in wanted.items() if key != "QueueName"}
    try:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    except sqs.exceptions.QueueNameExists:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _bus(wanted: template.Json) -> str:
    events = boto3.client("events")
    with suppress(events.exceptions.ResourceAlreadyExistsException):
        events.create_event_bus(Name=wanted["Name"])
    return ""


MAKERS: dict[str, Callable[[template.Json], str]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::SQS::Queue": _queue,
    "AWS::Events::EventBus": _bus,
}
