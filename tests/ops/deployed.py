"""Functions, roles, triggers and an address as a deploy leaves them, made by direct calls: a deploy takes a minute."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

from ops.deploy.workspace import stage_policies
from ops.resources import logs, safeguards, template
from ops.target import Target

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ANYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip  # noqa: E501


def deploy(target: Target, address: str, wechat_api: str) -> None:
    logs.keep_for(target, 30)
    safeguards.apply(target)
    _alarms(target)
    setting(target, "public_url", address)
    setting(target, "wechat_api", wechat_api)
    chosen = {"GAIWAN_STAGE": target.stage, "GAIWAN_PUBLIC_URL": address, "GAIWAN_WECHAT_API": wechat_api}
    for name in template.functions(target.stage):
        _function(target, name, _role(target, name), chosen)
        _trigger(target, name)


def _alarms(target: Target) -> None:
    for alarm in ("dead-letters", "needs-a-person", "server-errors", "throttled", "slow-callback"):
        target.client("cloudwatch").put_metric_alarm(
            AlarmName=target.name(alarm),
            Namespace="Gaiwan",
            MetricName="Any",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[target.arn("sns", target.name("alarms"))],
        )


def setting(target: Target, name: str, value: str) -> None:
    full = target.parameter(f"settings/{name}")
    target.client("ssm").put_parameter(Name=full, Value=value, Type="String", Overwrite=True)


def policy(target: Target, function: str) -> str:
    return stage_policies(target)[function]


def role(target: Target, function: str) -> str:
    return target.name(function)


def _role(target: Target, function: str) -> str:
    iam, name = target.client("iam"), role(target, function)
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ANYBODY))
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy(target, function))
    return str(made["Role"]["Arn"])


def _function(target: Target, function: str, role_arn: str, chosen: dict[str, str]) -> None:
    config = json.loads((Path(template.CONFIG)).read_text())
    wanted = config["stages"]["dev"]["lambda_functions"][function]
    target.client("lambda").create_function(
        FunctionName=template.function_name(target.stage, function),
        Runtime=RUNTIME,
        Role=role_arn,
        Handler="app.app",
        Code={"ZipFile": _zip()},
        MemorySize=wanted["lambda_memory_size"],
        Timeout=wanted["lambda_timeout"],
        Architectures=[config["lambda_architecture"]],
        Environment={"Variables": chosen},
    )


def _trigger(target: Target, function: str) -> None:
    queues = {"run_job": "work", "run_bulk": "bulk"}
    if function in queues:
        queue = target.arn("sqs", target.name(queues[function]))
        full = template.function_name(target.stage, function)
        target.client("lambda").create_event_source_mapping(EventSourceArn=queue, FunctionName=full, Enabled=True)
    elif function != "api_handler":
        rule = target.name(f"{function}-event")
        target.client("events").put_rule(Name=rule, ScheduleExpression="rate(1 day)", State="ENABLED")


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("app.py", "def app(event, context): return None\n")
    return made.getvalue()
