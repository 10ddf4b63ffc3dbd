"""The template: sound, cheap, careful with data; and the local stack's short way makes the same of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

from ops import resources
from ops.resources import template
from tests.ops.emulated import fresh_stage, run

REGIONS = ("ap-northeast-1", "eu-central-1", "us-east-1", "cn-north-1")


def test_cfn_lint_has_nothing_to_say_about_the_template() -> None:
    lint = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", *REGIONS, "--template", str(template.STACK)]
    found = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_a_stage_costs_five_alarms_and_five_metrics_at_most() -> None:
    kinds = [resource["Type"] for resource in template.resources().values()]
    assert kinds.count("AWS::CloudWatch::Alarm") <= 5
    assert kinds.count("AWS::Logs::MetricFilter") + len({"NeedsAPerson"}) <= 5


def test_the_table_outlives_its_stack() -> None:
    table = template.resources()["Table"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"


def test_the_short_way_makes_what_the_template_says(stage: str) -> None:
    short = fresh_stage()
    resources.apply(short)
    run("resources", "--stage", stage)

    for queue in ("work", "bulk", "work-dead", "bulk-dead"):
        made, told = _queue(f"gaiwan-{short}-{queue}"), _queue(f"gaiwan-{stage}-{queue}")
        assert made == {name: value.replace(stage, short) for name, value in told.items()}
    assert _table(short) == _table(stage)


def test_the_short_way_twice_changes_nothing_and_fails_nowhere(aws: str) -> None:
    resources.apply("twice")
    before = _queue("gaiwan-twice-work")
    resources.apply("twice")
    assert _queue("gaiwan-twice-work") == before


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
    if "RedrivePolicy" in found:
        found["RedrivePolicy"] = json.dumps(json.loads(found["RedrivePolicy"]))
    return {key: value for key, value in found.items() if not key.endswith("Timestamp")}


def _table(stage: str) -> dict[str, Any]:
    table = boto3.client("dynamodb").describe_table(TableName=f"gaiwan-{stage}")["Table"]
    ttl = boto3.client("dynamodb").describe_time_to_live(TableName=f"gaiwan-{stage}")["TimeToLiveDescription"]
    index = {name: table["GlobalSecondaryIndexes"][0][name] for name in ("IndexName", "KeySchema", "Projection")}
    return {"keys": table["KeySchema"], "index": index, "attributes": table["AttributeDefinitions"], "ttl": ttl}
