"""What Chalice leaves at AWS, made by the same calls without Chalice; and how an operator's command is read."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import boto3
from click.testing import CliRunner, Result

from ops.__main__ import main
from ops.deploy import state, workspace
from ops.resources import apply
from ops.target import Target

Json = dict[str, Any]

SEEN = Path(__file__).parent / "deployed.json"  # what Chalice itself wrote after a deploy to the emulator
CONFIG = workspace.config_of(workspace.ROOT)
QUEUES = {"run_job": "work", "run_bulk": "bulk"}
SCHEDULES = ("refresh_tokens", "tick", "nightly")
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def assert_told(result: Result, sentence: str) -> None:
    assert result.exit_code == 1
    assert sentence in result.output
    assert isinstance(result.exception, SystemExit), result.exception


def function_names() -> list[str]:
    return list(CONFIG["stages"]["dev"]["lambda_functions"])


def made_by_chalice(target: Target) -> None:
    """All that a deploy makes, by the calls that Chalice makes."""
    apply(target.stage)
    for name in function_names():
        role(target, name)
        arn = function(target, name)
        if name in QUEUES:
            queue = f"arn:aws:sqs:ap-northeast-1:000000000000:{target.name(QUEUES[name])}"
            boto3.client("lambda").create_event_source_mapping(FunctionName=arn, EventSourceArn=queue)
        if name in SCHEDULES:
            boto3.client("events").put_rule(Name=target.name(f"{name}-event"), ScheduleExpression="rate(1 hour)")
    api(target)


def role(target: Target, name: str, service: str = "lambda.amazonaws.com") -> None:
    trust = json.dumps(TRUST).replace("lambda.amazonaws.com", service)
    boto3.client("iam").create_role(RoleName=target.name(name), AssumeRolePolicyDocument=trust)


def function(target: Target, name: str, tags: Json | None = None, code: str = "new") -> str:
    by_chalice = {"aws-chalice": f"version=1.34.0:stage={target.stage}:app=gaiwan"}
    made = boto3.client("lambda").create_function(
        FunctionName=state.full_name(target, name),
        Runtime="python3.11",
        Role=f"arn:aws:iam::000000000000:role/{target.name(name)}",
        Handler="app.app",
        Code={"ZipFile": archive(code)},
        Architectures=["arm64"],
        Tags=by_chalice if tags is None else tags,
    )
    return str(made["FunctionArn"])


def api(target: Target) -> str:
    client = boto3.client("apigateway")
    made = str(client.create_rest_api(name="gaiwan")["id"])
    (top,) = client.get_resources(restApiId=made)["items"]
    method = {"restApiId": made, "resourceId": top["id"], "httpMethod": "GET"}
    client.put_method(**method, authorizationType="NONE")
    function = f"arn:aws:lambda:ap-northeast-1:000000000000:function:{target.name()}"
    uri = f"arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/{function}/invocations"
    client.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    return made


def archive(content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(zipfile.ZipInfo("app.py"), f"# {content}")
    return packed.getvalue()


def comparable(resources: list[Json]) -> list[list[tuple[str, str]]]:
    """Without what differs from one deploy to the next."""
    given = ("event_uuid", "rest_api_id", "rest_api_url")
    return sorted(sorted((key, value) for key, value in one.items() if key not in given) for one in resources)
