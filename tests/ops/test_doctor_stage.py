"""What the doctor says of a stage at AWS, beside its template, configuration and policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.aws import session
from ops import policies, runtimes
from ops.doctor import depth, spending
from ops.doctor import resources as resource_checks
from ops.doctor.examine import examine
from ops.doctor.finding import BAD, OK, WARN, Finding
from ops.doctor.patient import Patient
from ops.resources import template
from ops.target import Target
from tests.ops import deployed
from tests.ops.emulated import run
from tests.ops.visit import Visit, visit

Json = dict[str, Any]


__all__ = ["visit"]


STACK = {"StackName": "s", "StackStatus": "UPDATE_COMPLETE", "CreationTime": datetime.now(UTC)}


@pytest.fixture
def stubbed(aws: str) -> Iterator[Callable[[str], tuple[Patient, Stubber]]]:
    """A patient of whom one AWS service answers what the test says."""
    stubbers: list[Stubber] = []

    def make(service: str) -> tuple[Patient, Stubber]:
        target = Target("stubbed")
        stubber = Stubber(target.client(service))
        stubber.activate()
        stubbers.append(stubber)
        return Patient(target, None), stubber  # type: ignore[arg-type]

    yield make
    for stubber in stubbers:
        stubber.assert_no_pending_responses()


def levels(found: Iterator[Finding]) -> list[str]:
    return [one.level for one in found]


def test_a_table_without_backups_is_bad(visit: Visit) -> None:
    off = {"PointInTimeRecoveryEnabled": False}
    boto3.client("dynamodb").update_continuous_backups(
        TableName=visit.target.name(), PointInTimeRecoverySpecification=off
    )

    assert visit.says("table", BAD) == [
        f"the table is without: point-in-time recovery | run `python -m ops resources --stage {visit.target.stage}`"
    ]


def test_a_queue_that_shows_jobs_again_too_early_is_bad(visit: Visit) -> None:
    queue = session.client("sqs").get_queue_url(QueueName=visit.target.name("work"))["QueueUrl"]
    session.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "30"})

    told = visit.says("queues", BAD)[0]
    assert told.startswith(f"VisibilityTimeout of {visit.target.name('work')} is 30 instead of 360")


def test_a_queue_without_its_dead_letters_is_bad(visit: Visit) -> None:
    queue = session.client("sqs").get_queue_url(QueueName=visit.target.name("bulk"))["QueueUrl"]
    session.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": ""})

    assert any("dead letters" in one for one in visit.says("queues", BAD))


def test_a_lost_bus_and_endless_logs_are_told(visit: Visit) -> None:
    visit.target.client("events").delete_event_bus(Name=visit.target.name())
    visit.target.client("logs").delete_retention_policy(logGroupName=f"/aws/lambda/{visit.target.name('tick')}")

    assert "there is no event bus" in visit.says("bus", BAD)[0]
    assert visit.target.name("tick") in visit.says("logs", WARN)[0]


def test_drift_names_what_was_changed_by_hand(stubbed: Callable[[str], tuple[Patient, Stubber]]) -> None:
    patient, cloudformation = stubbed("cloudformation")
    cloudformation.add_response("describe_stacks", {"Stacks": [STACK]})
    cloudformation.add_response("detect_stack_drift", {"StackDriftDetectionId": "one"})
    status = {"StackId": "s", "StackDriftDetectionId": "one", "Timestamp": datetime.now(UTC)}
    drifted = {"DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": "DRIFTED"}
    cloudformation.add_response("describe_stack_drift_detection_status", {**status, **drifted})
    one = {
        "StackId": "s",
        "LogicalResourceId": "Work",
        "ResourceType": "AWS::SQS::Queue",
        "StackResourceDriftStatus": "MODIFIED",
        "Timestamp": datetime.now(UTC),
    }
    cloudformation.add_response("describe_stack_resource_drifts", {"StackResourceDrifts": [one]})

    found = list(resource_checks.drift(patient))

    assert [one.what[1] for one in found] == ["Work was changed by hand (modified)"]


def test_no_drift_is_good(stubbed: Callable[[str], tuple[Patient, Stubber]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_checks, "DRIFT_PAUSE", 0)
    patient, cloudformation = stubbed("cloudformation")
    cloudformation.add_response("describe_stacks", {"Stacks": [STACK]})
    cloudformation.add_response("detect_stack_drift", {"StackDriftDetectionId": "one"})
    status = {"StackId": "s", "StackDriftDetectionId": "one", "Timestamp": datetime.now(UTC)}
    for told in ("DETECTION_IN_PROGRESS", "DETECTION_COMPLETE"):
        cloudformation.add_response(
            "describe_stack_drift_detection_status", {**status, "DetectionStatus": told, "StackDriftStatus": "IN_SYNC"}
        )

    assert levels(resource_checks.drift(patient)) == [OK]


def test_a_ringing_alarm_and_alarms_that_tell_nobody(stubbed: Callable[[str], tuple[Patient, Stubber]]) -> None:
    patient, cloudwatch = stubbed("cloudwatch")
    alarm = {
        "AlarmName": "gaiwan-stubbed-throttled",
        "StateValue": "ALARM",
        "AlarmDescription": "并发不够。Too little.",
    }
    cloudwatch.add_response("describe_alarms", {"MetricAlarms": [alarm]})

    found = list(resource_checks.alarms(patient))

    missing, ringing, silent = found
    assert [missing.level, ringing.level, silent.level] == [BAD, BAD, WARN]
    assert "gaiwan-stubbed-throttled" not in missing.what[1] and "gaiwan-stubbed-needs-a-person" in missing.what[1]
    assert ringing.why == ("并发不够", "Too little.")


def test_alarms_that_were_deleted_are_bad_and_named(visit: Visit) -> None:
    assert visit.is_content("alarms")
    names = [visit.target.name(alarm) for alarm in ("throttled", "slow-callback")]
    visit.target.client("cloudwatch").delete_alarms(AlarmNames=names)

    ran = visit.run("--only", "alarms")

    assert ran.exit_code == 1
    assert f"alarms that are not there: {names[1]}, {names[0]}" in ran.output
    assert f"python -m ops resources --stage {visit.target.stage}" in ran.output
    assert "✓ alarms" not in ran.output


def test_the_alarms_that_resources_makes_are_those_that_it_looks_for(stage: str) -> None:
    assert run("resources", "--stage", stage, "--alarm-email", "ops@example.com").exit_code == 0

    (found,) = resource_checks.alarms(Patient(Target(stage), None))  # type: ignore[arg-type]

    assert (found.level, found.what[1]) == (OK, "alarms: 5, all that the template has")


def test_a_stage_whose_alarms_are_all_gone_is_not_fine(visit: Visit) -> None:
    alarms = visit.target.client("cloudwatch").describe_alarms(AlarmNamePrefix=visit.target.name())["MetricAlarms"]
    visit.target.client("cloudwatch").delete_alarms(AlarmNames=[one["AlarmName"] for one in alarms])

    (told,) = visit.says("alarms")
    assert told.count(visit.target.name()) == 5 and visit.says("alarms", BAD)


def test_a_function_that_is_missing_or_other_than_configured(visit: Visit) -> None:
    functions = visit.target.client("lambda")
    functions.delete_function(FunctionName=visit.target.name("nightly"))
    functions.update_function_configuration(FunctionName=visit.target.name("tick"), MemorySize=1024)

    assert f"there is no function {visit.target.name('nightly')} " in visit.says("functions", BAD)[0]
    assert "memory of tick is 1024, configured is 256" in visit.says("functions", WARN)[0]


def test_a_setting_that_was_not_deployed_yet_is_named_without_its_value(visit: Visit) -> None:
    deployed.setting(visit.target, "log_level", "DEBUG")

    shown = " ".join(visit.says("functions", WARN))
    assert "GAIWAN_LOG_LEVEL" in shown and "DEBUG" not in shown


def test_a_stage_that_may_call_private_addresses_is_bad(visit: Visit) -> None:
    name, functions = visit.target.name("run_job"), visit.target.client("lambda")
    known = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    more = {"Variables": known | {"GAIWAN_OUTBOUND_PRIVATE": "10.0.0.1:80"}}
    functions.update_function_configuration(FunctionName=name, Environment=more)

    assert "not public" in visit.says("functions", BAD)[0] and "10.0.0.1" not in visit.says("functions", BAD)[0]


def test_a_disabled_schedule_is_bad(visit: Visit) -> None:
    visit.target.client("events").disable_rule(Name=visit.target.name("refresh_tokens-event"))

    assert visit.says("triggers", BAD)[0].startswith("refresh_tokens: no trigger")


def test_a_runtime_that_aws_gives_up_is_told_in_time(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    assert visit.is_content("runtime")

    soon = runtimes.RUNTIMES[deployed.RUNTIME]._replace(deprecated=datetime.now(UTC).date())
    monkeypatch.setitem(runtimes.RUNTIMES, deployed.RUNTIME, soon)

    assert deployed.RUNTIME in visit.says("runtime", WARN)[0]


def test_a_right_too_many_and_a_right_too_few_are_bad(visit: Visit) -> None:
    iam, name = visit.target.client("iam"), deployed.role(visit.target, "tick")
    document = json.loads(deployed.policy(visit.target, "tick"))
    document["Statement"] = [*document["Statement"][1:], {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(document))

    more, less = visit.says("rights", BAD)
    assert f"{name} may do more than it needs: s3:* *" in more
    assert f"{name} lacks: logs:" in less


def test_what_a_plain_chalice_deploy_lets_the_routes_read_is_odd_and_does_not_fail(visit: Visit) -> None:
    committed = {path.stem: text for path, text in policies.files()}
    for function in template.functions(visit.target.stage):
        neutral = committed[f"policy-dev-{function}"].replace("gaiwan-dev", visit.target.name())
        text = neutral.replace("gaiwan/dev", f"gaiwan/{visit.target.stage}")
        _give(visit.target, function, text)

    ran = visit.run("--only", "rights")

    assert ran.exit_code == 0, ran.output
    assert "may read the AppSecret of every account" in ran.output and "chalice deploy" in ran.output
    assert ran.output.count("! rights") == 1


def test_another_function_that_may_read_every_app_secret_is_bad(visit: Visit) -> None:
    document = json.loads(deployed.policy(visit.target, "tick"))
    every = f"arn:aws:ssm:*:*:parameter{visit.target.parameter('accounts/*/app_secret')}"
    document["Statement"].append({"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": every})
    _give(visit.target, "tick", json.dumps(document))

    assert "may do more than it needs" in visit.says("rights", BAD)[0]


def _give(target: Target, function: str, document: str) -> None:
    name = deployed.role(target, function)
    target.client("iam").put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=document)


def test_a_policy_attached_by_hand_is_bad(visit: Visit) -> None:
    iam = visit.target.client("iam")
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    everything = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    made = iam.create_policy(PolicyName=visit.target.name("by-hand"), PolicyDocument=everything)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=deployed.role(visit.target, "nightly"), PolicyArn=made)

    assert visit.target.name("by-hand") in visit.says("rights", BAD)[0]


def test_what_egress_lets_the_refresher_do_is_not_too_much(visit: Visit) -> None:
    join = {"Effect": "Allow", "Action": "ec2:CreateNetworkInterface", "Resource": "*"}
    visit.target.client("iam").put_role_policy(
        RoleName=deployed.role(visit.target, "refresh_tokens"),
        PolicyName=visit.target.name("egress"),
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [join]}),
    )

    assert visit.is_content("rights")


def test_a_job_that_was_given_up_is_bad(visit: Visit) -> None:
    sqs = session.client("sqs")
    url = sqs.get_queue_url(QueueName=visit.target.name("work-dead"))["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")

    told = visit.says("depth", BAD)[0]
    assert f"{visit.target.name('work-dead')} holds 1 failed jobs" in told and "ops redrive" in told


@pytest.mark.parametrize(("age", "level"), [(30, OK), (700, WARN), (4000, BAD)])
def test_a_queue_in_which_a_job_waits_too_long_is_told(visit: Visit, age: int, level: str) -> None:
    stubber = Stubber(visit.target.client("cloudwatch"))
    for _ in range(2):
        stubber.add_response("get_metric_statistics", {"Datapoints": [{"Maximum": age}]})
    stubber.activate()

    found = examine(visit.patient, [depth.depth])

    assert [one.level for one in found if "-dead" not in one.what[1]] == [level, level]


def test_the_month_so_far_is_counts_times_prices(visit: Visit) -> None:
    target = Target(visit.target.stage, "us-east-1")
    target._clients["cloudwatch"] = Counts({"Invocations": 1_000_000, "Duration": 50_000_000})
    target._clients["dynamodb"] = visit.target.client("dynamodb")

    uses = list(spending.Month(Patient(target, visit.house.svc)).uses())

    requests = sum(use.quantity for use in uses if use.item == "lambda_requests")
    assert requests == 6_000_000
    assert sum(use.quantity for use in uses if use.item == "api_requests") == 1_000_000
    # 50,000 seconds each: four functions of 512 MB and two of 256.
    assert sum(use.quantity for use in uses if use.item == "lambda_gb_seconds") == 50_000 * (4 * 0.5 + 2 * 0.25)


class Counts:
    """CloudWatch, with these sums for every function."""

    def __init__(self, sums: dict[str, float]) -> None:
        self._sums = sums

    def get_metric_statistics(self, MetricName: str, **_: Any) -> Json:  # noqa: N803 (AWS's word)
        return {"Datapoints": [{"Sum": self._sums[MetricName]}] if MetricName in self._sums else []}


def test_where_prices_are_unknown_the_month_says_so(visit: Visit) -> None:
    assert "prices unknown" in visit.says("spending")[0]
