"""A stage's resources: made once, brought up to date however often, and what fails is said so that it helps."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from ops.resources import logs, safeguards, stack, template
from ops.say import Problem
from ops.target import Target
from tests.ops.emulated import run


def test_after_a_creation_that_failed_the_next_run_makes_the_stage(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = template.STACK.read_text(encoding="utf-8")
    template.STACK.write_text(good.replace("AWS/SQS\n      MetricName: Approx", "AWS/SQS\n      Unheard: Approx", 1))
    assert run("resources", "--stage", stage).exit_code == 1
    template.STACK.write_text(good)

    result = run("resources", "--stage", stage)

    assert result.exit_code == 0, result.output
    assert "clearing away the stack that failed earlier" in result.output


def test_an_interrupt_before_the_change_began_is_mended_by_running_again(stage: str) -> None:
    target = Target(stage)
    logs.keep_for(target, 0)
    stack._change_set(target, None, {"Stage": stage, "AccessLogGroup": template.access_log(stage)})

    assert run("resources", "--stage", stage).exit_code == 0
    assert _found(target)["StackStatus"] == "CREATE_COMPLETE"


def test_applying_twice_changes_nothing_the_second_time(stage: str) -> None:
    first, second = run("resources", "--stage", stage), run("resources", "--stage", stage)
    assert first.exit_code == second.exit_code == 0, first.output + second.output
    assert "Work（AWS::SQS::Queue） · create complete" in first.output
    assert "nothing to change" in second.output


def test_what_was_chosen_once_stays_chosen(stage: str) -> None:
    run("resources", "--stage", stage, "--alarm-email", "shop@example.com", "--no-dashboard")
    run("resources", "--stage", stage)

    chosen = {one["ParameterKey"]: one["ParameterValue"] for one in _found(Target(stage))["Parameters"]}
    assert chosen["AlarmEmail"] == "shop@example.com"
    assert chosen["WithDashboard"] == "no"


def test_a_changed_timeout_reaches_the_queue(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("resources", "--stage", stage)
    monkeypatch.setattr(template, "PATIENCE", 7)

    run("resources", "--stage", stage)

    assert _queue(f"gaiwan-{stage}-work")["VisibilityTimeout"] == "420"


def test_the_table_cannot_be_deleted_and_is_backed_up_and_forgets(stage: str) -> None:
    run("resources", "--stage", stage)
    assert list(safeguards.missing(Target(stage))) == []
    with pytest.raises(ClientError):
        boto3.client("dynamodb").delete_table(TableName=f"gaiwan-{stage}")


def test_a_safeguard_that_somebody_turned_off_is_found_and_turned_on_again(stage: str) -> None:
    run("resources", "--stage", stage)
    boto3.client("dynamodb").update_table(TableName=f"gaiwan-{stage}", DeletionProtectionEnabled=False)
    assert [one.en for one in safeguards.missing(Target(stage))] == ["protection from deletion"]

    run("resources", "--stage", stage)

    assert list(safeguards.missing(Target(stage))) == []


def test_a_log_group_that_a_plain_chalice_deploy_made_is_adopted(stage: str) -> None:
    boto3.client("logs").create_log_group(logGroupName=f"/aws/lambda/gaiwan-{stage}-tick")

    assert run("resources", "--stage", stage).exit_code == 0

    assert _retention(f"/aws/lambda/gaiwan-{stage}-tick") == logs.DAYS


def test_a_number_of_days_that_cloudwatch_does_not_take_is_refused_before_anything_is_made(stage: str) -> None:
    result = run("resources", "--stage", stage, "--log-days", "45")
    assert result.exit_code == 2
    assert "'60'" in result.output
    assert not boto3.client("logs").describe_log_groups(logGroupNamePrefix=f"/gaiwan/{stage}/")["logGroups"]


def test_how_long_logs_are_kept_is_the_operators_choice_and_stays(stage: str) -> None:
    run("resources", "--stage", stage, "--log-days", "7")
    run("resources", "--stage", stage)
    assert _retention(f"/aws/lambda/gaiwan-{stage}") == 7
    assert _retention(f"/gaiwan/{stage}/access") == 7


def test_there_is_a_log_group_for_each_function_and_one_for_the_api() -> None:
    assert len(template.log_groups("dev")) == len(template.functions("dev")) + 1
    assert "/aws/lambda/gaiwan-dev" in template.log_groups("dev")
    assert "/aws/lambda/gaiwan-dev-run_job" in template.log_groups("dev")


def test_the_master_key_is_made_once_and_never_shown(stage: str) -> None:
    first = run("resources", "--stage", stage)
    key = _parameter(f"/gaiwan/{stage}/master_key")
    second = run("resources", "--stage", stage)

    assert key["Type"] == "SecureString"
    assert _parameter(f"/gaiwan/{stage}/master_key")["Value"] == key["Value"]
    assert key["Value"] not in first.output + second.output


def test_two_stages_of_one_aws_account_leave_each_other_alone(stage: str) -> None:
    run("resources", "--stage", stage)
    before = _found(Target(stage))
    run("resources", "--stage", f"{stage}b")
    assert _found(Target(stage)) == before


# --- not seen on AWS: what follows is what AWS's documentation says, played by a stub ---


@pytest.mark.parametrize(
    ("status", "why", "said"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "Resource handler returned: no such key", "Bus: Resource handler returned"),
        ("ROLLBACK_COMPLETE", "gaiwan-dev already exists in stack other", "A name is taken: Bus: gaiwan-dev already"),
        ("ROLLBACK_COMPLETE", "You must wait 60 seconds after deleting a queue", "SQS waits a minute"),
    ],
)
def test_a_change_that_aws_takes_back_is_told_with_its_first_reason(status: str, why: str, said: str) -> None:
    target = Target("dev", "ap-northeast-1")
    with Stubber(target.client("cloudformation")) as aws:
        ended = _event("gaiwan-dev-resources", status, "")
        cancelled = _event("Table", "CREATE_FAILED", "Resource creation cancelled")
        events = {"StackEvents": [ended, cancelled, _event("Bus", "CREATE_FAILED", why)]}
        aws.add_response("describe_stack_events", events)
        aws.add_response("describe_stacks", _stacks(status))
        aws.add_response("describe_stack_events", events)
        with pytest.raises(Problem) as problem:
            stack._follow(target, set())
    assert said in problem.value.en


def test_a_name_that_somebody_else_has_stops_everything_before_it_begins() -> None:
    target = Target("dev", "ap-northeast-1")
    with Stubber(target.client("cloudformation")) as aws:
        aws.add_response("create_change_set", {"Id": "arn:aws:cloudformation:change"})
        why = "attempting to import some resources because they already exist in your account: Work"
        aws.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": why})
        with pytest.raises(Problem) as problem:
            stack._change_set(target, None, {"Stage": "dev"})
    assert problem.value.en.startswith("A name is taken")


def test_a_stack_that_could_not_go_back_is_not_touched_but_explained() -> None:
    target = Target("dev", "ap-northeast-1")
    with Stubber(target.client("cloudformation")) as aws:
        for _ in range(2):
            aws.add_response("describe_stacks", _stacks("UPDATE_ROLLBACK_FAILED"))
        with pytest.raises(Problem, match="continue-update-rollback"):
            stack._ready(target)


def test_a_change_is_over_when_its_own_events_say_so_not_when_the_status_of_before_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stack, "QUICK", 0.0)
    target = Target("dev", "ap-northeast-1")
    with Stubber(target.client("cloudformation")) as aws:
        aws.add_response("describe_stack_events", {"StackEvents": []})
        ended = _event("gaiwan-dev-resources", "UPDATE_COMPLETE", "")
        aws.add_response("describe_stack_events", {"StackEvents": [ended]})
        aws.add_response("describe_stacks", _stacks("UPDATE_COMPLETE"))
        stack._follow(target, set())
        aws.assert_no_pending_responses()


def test_a_change_that_an_interrupted_run_began_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "QUICK", 0.0)
    target = Target("dev", "ap-northeast-1")
    with Stubber(target.client("cloudformation")) as aws:
        for status in ("UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"):
            aws.add_response("describe_stacks", _stacks(status))
        found = stack._ready(target)
    assert found is not None
    assert found["StackStatus"] == "UPDATE_COMPLETE"


def test_backups_that_are_not_ready_for_a_new_table_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safeguards, "PAUSE", 0.0)
    target, backups = Target("dev", "ap-northeast-1"), safeguards.ALL[1]
    with Stubber(target.client("dynamodb")) as aws:
        aws.add_client_error("update_continuous_backups", "ContinuousBackupsUnavailableException")
        aws.add_response("describe_continuous_backups", _backups("DISABLED"))
        aws.add_response("update_continuous_backups", _backups("ENABLED"), ANY_BACKUPS)
        aws.add_response("describe_continuous_backups", _backups("ENABLED"))
        safeguards._turn_on(target, backups)
        aws.assert_no_pending_responses()


ANY_BACKUPS = {"TableName": "gaiwan-dev", "PointInTimeRecoverySpecification": ANY}


def _found(target: Target) -> dict[str, Any]:
    found = stack.find(target)
    assert found is not None
    return found


def _queue(name: str) -> dict[str, str]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {key: value for key, value in found.items() if not key.endswith("Timestamp")}


def _retention(group: str) -> int:
    found = boto3.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return next(int(one["retentionInDays"]) for one in found if one["logGroupName"] == group)


def _parameter(name: str) -> dict[str, str]:
    found: dict[str, str] = boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    return found


def _stacks(status: str) -> dict[str, Any]:
    at = "2026-11-23T00:00:00Z"
    return {"Stacks": [{"StackName": "gaiwan-dev-resources", "CreationTime": at, "StackStatus": status}]}


def _event(logical: str, status: str, why: str) -> dict[str, Any]:
    return {
        "StackId": "arn",
        "EventId": logical,
        "StackName": "gaiwan-dev-resources",
        "Timestamp": "2026-11-23T00:00:00Z",
        "LogicalResourceId": logical,
        "ResourceType": "AWS::Events::EventBus",
        "ResourceStatus": status,
        "ResourceStatusReason": why,
    }


def _backups(status: str) -> dict[str, Any]:
    told = {"PointInTimeRecoveryStatus": status}
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": told,
        }
    }
