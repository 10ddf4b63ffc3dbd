"""The table and the queues of a stage, made or brought up to date by direct calls; running it again changes nothing.

table  gaiwan-<stage>         index by_shelf, `expires` is its TTL
queues gaiwan-<stage>-work    and -bulk, each with a -dead queue after five receives
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import boto3

RECEIVES = 5
TWO_WEEKS = 14 * 86400
# What lists show without reading each item; a key of the index cannot be added to later without building it again.
SHOWN_IN_LISTS = ["label"]
WORKERS = {"work": "run_job", "bulk": "run_bulk"}
CONFIG = Path(__file__).parent.parent / ".chalice" / "config.json"


def apply(stage: str) -> None:
    """Uses the AWS account, or the emulator, that the environment names."""
    _table(boto3.client("dynamodb"), f"gaiwan-{stage}")
    for queue, function in WORKERS.items():
        _queue_with_dead_letters(boto3.client("sqs"), f"gaiwan-{stage}-{queue}", 6 * _timeout(function))


def _table(dynamodb: Any, name: str) -> None:
    if name not in _table_names(dynamodb):
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_keys("pk", "sk"),
            AttributeDefinitions=[_text(attribute) for attribute in ("pk", "sk", "shelf", "place")],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_shelf",
                    "KeySchema": _keys("shelf", "place"),
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": SHOWN_IN_LISTS},
                }
            ],
        )
        dynamodb.get_waiter("table_exists").wait(TableName=name)
    _expire(dynamodb, name)


def _expire(dynamodb: Any, name: str) -> None:
    status = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
    if status == "DISABLED":
        wanted = {"Enabled": True, "AttributeName": "expires"}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)


def _table_names(dynamodb: Any) -> Iterable[str]:
    for page in dynamodb.get_paginator("list_tables").paginate():
        yield from page["TableNames"]


def _keys(partition: str, order: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": order, "KeyType": "RANGE"}]


def _text(attribute: str) -> dict[str, str]:
    return {"AttributeName": attribute, "AttributeType": "S"}


def _queue_with_dead_letters(sqs: Any, name: str, visibility: int) -> None:
    dead = _queue(sqs, f"{name}-dead", {"MessageRetentionPeriod": str(TWO_WEEKS)})
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES})
    _queue(sqs, name, {"VisibilityTimeout": str(visibility), "RedrivePolicy": redrive})


def _queue(sqs: Any, name: str, attributes: dict[str, str]) -> str:
    """Its URL. A queue that exists with other attributes is changed, which create_queue refuses to do."""
    found = sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", [])
    url = next((one for one in found if one.rsplit("/", 1)[1] == name), None)
    if url is None:
        return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return str(url)


def _timeout(function: str) -> int:
    stage = next(iter(json.loads(CONFIG.read_text(encoding="utf-8"))["stages"].values()))
    return int(stage["lambda_functions"][function]["lambda_timeout"])
