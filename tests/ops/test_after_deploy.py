"""What Chalice lacks is set after each deploy: limits, access logs that tell nothing, few retries."""

import json
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from ops.resources import gateway, logs
from ops.target import Target
from tests.ops.emulated import deploy_api, deploy_functions


@pytest.fixture
def deployed(stage: str) -> tuple[Target, str]:
    """A stage that was deployed, and its API's id."""
    target = Target(stage)
    logs.keep_for(target, 0)
    deploy_functions(stage)
    return target, deploy_api(stage)


def test_an_access_log_that_may_not_be_switched_on_is_told_and_stops_nothing(
    deployed: tuple[Target, str], capsys: pytest.CaptureFixture[str]
) -> None:
    target, api = deployed
    with Stubber(target.client("apigateway")) as aws:
        aws.add_response("update_stage", {}, {"restApiId": api, "stageName": "v1", "patchOperations": ANY})
        aws.add_client_error("get_account", "AccessDeniedException", "no")
        gateway.after_deploy(target, api)
    assert "stay silent" in capsys.readouterr().err
    assert _retries(target, "tick") == 0


def test_a_role_that_aws_does_not_know_everywhere_yet_is_offered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "PAUSE", 0.0)
    target = Target("dev", "ap-northeast-1")
    target.__dict__["caller"] = "arn:aws:iam::123456789012:user/me"
    with Stubber(target.client("apigateway")) as api, Stubber(target.client("iam")) as iam:
        api.add_response("get_account", {})
        iam.add_client_error("create_role", "EntityAlreadyExists")
        iam.add_response("attach_role_policy", {})
        api.add_client_error("update_account", "BadRequestException")  # not seen on AWS
        api.add_response("update_account", {})
        gateway._let_gateway_log(target)
        api.assert_no_pending_responses()


def test_a_log_role_that_the_aws_account_has_already_is_left_alone() -> None:
    target = Target("dev", "ap-northeast-1")
    with Stubber(target.client("apigateway")) as api:
        api.add_response("get_account", {"cloudwatchRoleArn": "arn:aws:iam::123456789012:role/theirs"})
        gateway._let_gateway_log(target)


def test_requests_are_limited_and_schedules_hardly_repeat(deployed: tuple[Target, str]) -> None:
    target, api = deployed
    for _ in range(2):
        gateway.after_deploy(target, api)

    limits = _stage(api)["methodSettings"]["*/*"]
    assert (limits["throttlingRateLimit"], limits["throttlingBurstLimit"]) == (50.0, 100)
    assert [_retries(target, name) for name in ("tick", "refresh_tokens", "nightly")] == [0, 1, 1]


def test_the_access_log_has_no_query_no_path_as_asked_and_no_address(deployed: tuple[Target, str]) -> None:
    target, api = deployed
    gateway.after_deploy(target, api)

    told = _stage(api)["accessLogSettings"]
    assert told["destinationArn"].endswith(f":log-group:/gaiwan/{target.stage}/access")
    for private in ("querystring", "context.path", "sourceIp", "protocol", "userAgent", "identity"):
        assert private not in told["format"]


def test_a_line_of_the_access_log_is_json_with_a_number_for_the_metric() -> None:
    line = gateway.access_format("dev").replace("$context.responseLatency", "37")
    told = json.loads(line)
    assert told["milliseconds"] == 37
    assert (told["service"], told["stage"]) == ("gaiwan", "dev")
    assert {"method", "path", "status"} <= set(told)


def _stage(api: str) -> dict[str, Any]:
    found: dict[str, Any] = boto3.client("apigateway").get_stage(restApiId=api, stageName="v1")
    return found


def _retries(target: Target, function: str) -> int:
    found = boto3.client("lambda").get_function_event_invoke_config(FunctionName=target.name(function))
    return int(found["MaximumRetryAttempts"])
