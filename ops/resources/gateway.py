"""After a deploy, what Chalice cannot say: request limits, access logs without queries, few retries of schedules."""

import json
import time

from botocore.exceptions import ClientError

from ..say import done, warn
from ..target import Target, code_of
from . import template

RATE, BURST = 50, 100  # requests a second, and at once; far above a busy account and far below a bill
# No query string, no path as asked, no address: a code, a state or a signature would be in there.
ACCESS = {
    "service": "gaiwan",
    "time": "$context.requestTimeEpoch",
    "request": "$context.requestId",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
}
# Seconds after which a late start is of no use, and how often it is tried again; the next one comes by itself.
SCHEDULED = {"tick": (60, 0), "refresh_tokens": (300, 1), "nightly": (3600, 1)}
LOG_ROLE = "gaiwan-api-gateway-logs"
LOG_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
TRIES, PAUSE = 10, 3.0  # a new role is known everywhere only after some seconds


def after_deploy(target: Target, api_id: str, rate: int = RATE, burst: int = BURST) -> None:
    """However often: a redeploy keeps these settings, and this changes only what differs."""
    _change_stage(target, api_id, {"/*/*/throttling/rateLimit": str(rate), "/*/*/throttling/burstLimit": str(burst)})
    done(f"每秒最多 {rate} 个请求", f"at most {rate} requests a second, {burst} at once")
    _log_access(target, api_id)
    for function, (age, retries) in SCHEDULED.items():
        target.client("lambda").put_function_event_invoke_config(
            FunctionName=template.function_name(target.stage, function),
            MaximumEventAgeInSeconds=age,
            MaximumRetryAttempts=retries,
        )
    done("定时任务至多重试一次", "schedules are tried again once at most")


def access_format(stage: str) -> str:
    # `milliseconds` is a number, for the metric; the rest is quoted, since "-" stands for what there is not.
    return json.dumps({**ACCESS, "stage": stage})[:-1] + ', "milliseconds": $context.responseLatency}'


def _change_stage(target: Target, api_id: str, changes: dict[str, str]) -> None:
    target.client("apigateway").update_stage(
        restApiId=api_id,
        stageName=template.api_stage(target.stage),
        patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in changes.items()],
    )


def _log_access(target: Target, api_id: str) -> None:
    """Not worth failing a deploy for: without it two alarms are silent, and that is told."""
    group = target.arn("logs", f"log-group:{template.access_log(target.stage)}")
    changes = {"/accessLogSettings/destinationArn": group, "/accessLogSettings/format": access_format(target.stage)}
    try:
        _let_gateway_log(target)
        _change_stage(target, api_id, changes)
    except ClientError as error:
        warn(
            f"访问日志没有打开（{code_of(error)}）：5xx 与回调用时两个告警不会响。",
            f"The access log is off ({code_of(error)}: {error.response['Error'].get('Message', '')}), "
            "so the alarms on 5xx and on callback time stay silent.",
        )
    else:
        done("访问日志（不含查询串）", "access log, without query strings")


def _let_gateway_log(target: Target) -> None:
    """One setting for the whole AWS account and region; one that is there is left alone."""
    client = target.client("apigateway")
    if client.get_account().get("cloudwatchRoleArn"):
        return
    role = _role(target)
    wanted = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
    for left in reversed(range(TRIES)):
        try:
            client.update_account(patchOperations=wanted)
            return
        except ClientError as error:
            if code_of(error) != "BadRequestException" or not left:
                raise
            time.sleep(PAUSE)


def _role(target: Target) -> str:
    iam = target.client("iam")
    try:
        iam.create_role(RoleName=LOG_ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
    except ClientError as error:
        if code_of(error) != "EntityAlreadyExists":
            raise
    iam.attach_role_policy(RoleName=LOG_ROLE, PolicyArn=f"arn:{target.partition}:iam::aws:policy/{LOG_POLICY}")
    return target.arn("iam", f"role/{LOG_ROLE}")
