"""A stage's table and queues: made once, and brought up to date however often."""

import json

import boto3

from ops import resources


def test_applying_twice_changes_nothing_and_fails_nowhere(aws: str) -> None:
    resources.apply("twice")
    before = _queue("gaiwan-twice-work")
    resources.apply("twice")
    assert _queue("gaiwan-twice-work") == before


def test_the_table_lets_items_expire_and_lists_them_by_shelf(aws: str) -> None:
    resources.apply("shelves")
    table = boto3.client("dynamodb").describe_table(TableName="gaiwan-shelves")["Table"]
    ttl = boto3.client("dynamodb").describe_time_to_live(TableName="gaiwan-shelves")["TimeToLiveDescription"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by_shelf"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_a_job_that_fails_five_times_is_set_aside(aws: str) -> None:
    resources.apply("dead")
    redrive = json.loads(_queue("gaiwan-dead-bulk")["RedrivePolicy"])
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"].endswith(":gaiwan-dead-bulk-dead")


def test_a_queue_hides_a_job_for_six_times_its_workers_longest_run(aws: str) -> None:
    resources.apply("hide")
    assert _queue("gaiwan-hide-work")["VisibilityTimeout"] == "360"
    assert _queue("gaiwan-hide-bulk")["VisibilityTimeout"] == "480"


def test_a_changed_timeout_reaches_a_queue_that_exists(aws: str) -> None:
    resources.apply("change")
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="gaiwan-change-work")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    resources.apply("change")
    assert _queue("gaiwan-change-work")["VisibilityTimeout"] == "360"


def _queue(name: str) -> dict[str, str]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {key: value for key, value in found.items() if not key.endswith("Timestamp")}
