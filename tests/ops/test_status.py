"""`status`, `logs` and `redrive`: what runs, what waits and what is wrong; and another try for jobs that failed."""

import json
import re
import time
from typing import Any

import boto3
import pytest

from ops import logs, resources, status
from ops.target import Target
from tests.ops.emulated import deploy_functions, fresh_stage, put_job, run


@pytest.fixture
def made(aws: str) -> str:
    """The name of a stage that has its table and queues."""
    name = fresh_stage()
    resources.apply(name)
    return name


def test_of_a_stage_that_was_never_made_status_says_how_to_make_it(aws: str) -> None:
    result = run("status", "--stage", fresh_stage())
    assert result.exit_code == 0, result.output
    for command in ("ops resources", "ops deploy", "ops account add"):
        assert command in result.output


def test_dead_letters_are_told_with_the_command_that_helps(made: str) -> None:
    put_job(made, "work-dead", job="templates.send", args={})
    told = run("status", "--stage", made).output
    assert "work: 0 waiting, 1 failed five times: python -m ops redrive work" in told
    assert "bulk: 0 waiting, no dead letters" in told


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ({}, "has no token yet"),
        ({"good_until": 1_000, "serial": 1}, "its token is dead"),
        ({"good_until": 9_999_999_999, "serial": 1, "rejected_serial": 1}, "its token is dead"),
        ({"good_until": 9_999_999_999, "serial": 2, "rejected_serial": 1}, "its token is good for"),
    ],
)
def test_each_accounts_token_is_told_but_never_shown(made: str, token: dict[str, int], said: str) -> None:
    _put(made, "accounts", "tea")
    if token:
        _put(made, "account#tea", "token#access", token_text="the-token", **token)
    told = run("status", "--stage", made).output
    assert f"tea{':' if 'its' in said else ''} {said}" in told
    assert "the-token" not in told


def test_what_the_service_found_that_a_person_must_mend_is_told(made: str) -> None:
    _put(made, "accounts", "tea")
    _put(made, "account#tea", "alarm#token", since=int(time.time()) - 7200, words="40125: invalid appsecret")
    told = run("status", "--stage", made).output
    assert "40125: invalid appsecret" in told
    assert "tea needs a person since 2 h" in told


def test_a_ringing_alarm_is_told_and_another_stages_is_not(made: str) -> None:
    for name in (f"gaiwan-{made}-dead-letters", f"gaiwan-{made}x-throttled"):
        _ring(name)
    assert [alarm["AlarmName"] for alarm in status.ringing(Target(made))] == [f"gaiwan-{made}-dead-letters"]


def test_what_runs_is_told_with_its_version_and_when_it_came(made: str) -> None:
    deploy_functions(made)
    told = run("status", "--stage", made).output
    assert re.search(r"run_bulk +\S{8} python3.11 · deployed \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d UTC", told)


def test_logs_of_a_function_that_there_is_not_are_refused_with_those_that_are(made: str) -> None:
    result = run("logs", "nobody", "--stage", made)
    assert result.exit_code == 1
    assert "api_handler" in result.output


@pytest.mark.parametrize("since", ["yesterday", "10", "-5m", "5w"])
def test_a_time_that_is_none_is_refused(aws: str, since: str) -> None:
    assert "30s, 10m, 2h or 1d" in run("logs", "--since", since).output


def test_a_time_before_there_was_a_cloud_is_refused(made: str) -> None:
    assert "at most 3650d" in run("logs", "--stage", made, "--since", "99999d").output
    assert run("logs", "--stage", made, "--since", "3650d").exit_code == 0


def test_logs_before_anything_ran_are_empty(made: str) -> None:
    assert run("logs", "--stage", made).output == ""


def test_logs_are_told_in_order_from_all_functions_and_only_as_far_back_as_asked(made: str) -> None:
    _write(made, "run_job", "too long ago", age=3600)
    _write(made, "run_job", "second", age=10)
    _write(made, "tick", "first", age=20)
    _write(made, "tick", "START RequestId: 1", age=5)
    told = run("logs", "--stage", made, "--since", "10m").output
    assert [line.split()[1:] for line in told.splitlines()] == [["tick", "first"], ["run_job", "second"]]


def test_our_own_lines_are_told_without_their_json() -> None:
    message = json.dumps({"level": "ERROR", "message": "account tea needs a person", "exception": "Traceback …"})
    told = logs.line({"timestamp": 0, "function": "tick", "message": message})
    assert told == "00:00:00 tick           ERROR   account tea needs a person\nTraceback …"


def test_redrive_before_there_are_queues_says_how_to_make_them(aws: str) -> None:
    result = run("redrive", "--stage", fresh_stage())
    assert result.exit_code == 1
    assert "ops resources" in result.output


def test_redrive_tells_the_names_of_jobs_and_nothing_of_their_contents(made: str) -> None:
    put_job(made, "work-dead", job="templates.send", args={"openid": "oAbCdEfGhIjKlMnOpQrStUvWxYz1"})
    boto3.client("sqs").send_message(QueueUrl=_url(made, "work-dead"), MessageBody="not a job")
    told = run("redrive", "work", "--stage", made, typed="n\n").output
    assert "templates.send × 1" in told
    assert "? × 1" in told
    assert "openid" not in told.lower()
    assert "not a job" not in told


def test_who_says_no_finds_everything_where_it_was(made: str) -> None:
    put_job(made, "bulk-dead", job="followers.sync_page")
    run("redrive", "--stage", made, typed="n\n")
    assert (_waiting(made, "bulk-dead"), _waiting(made, "bulk")) == (1, 0)


def test_who_says_yes_has_every_job_back_in_its_queue_once(made: str) -> None:
    for number in range(23):
        put_job(made, "work-dead", job="templates.send", args={"number": number})
    told = run("redrive", "--stage", made, typed="y\n").output
    assert "work: 23 jobs are back" in told
    assert (_waiting(made, "work-dead"), _waiting(made, "work")) == (0, 23)


def _put(stage: str, pk: str, sk: str, **more: Any) -> None:
    boto3.resource("dynamodb").Table(f"gaiwan-{stage}").put_item(Item={"pk": pk, "sk": sk, **more})


def _ring(name: str) -> None:
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Gaiwan",
        MetricName="NeedsAPerson",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")


def _write(stage: str, function: str, text: str, age: int) -> None:
    client, group = boto3.client("logs"), f"/aws/lambda/gaiwan-{stage}-{function}"
    if not client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName="one")
    event = {"timestamp": int((time.time() - age) * 1000), "message": text}
    client.put_log_events(logGroupName=group, logStreamName="one", logEvents=[event])


def _url(stage: str, queue: str) -> str:
    return str(boto3.client("sqs").get_queue_url(QueueName=f"gaiwan-{stage}-{queue}")["QueueUrl"])


def _waiting(stage: str, queue: str) -> int:
    name = "ApproximateNumberOfMessages"
    found = boto3.client("sqs").get_queue_attributes(QueueUrl=_url(stage, queue), AttributeNames=[name])
    return int(found["Attributes"][name])
