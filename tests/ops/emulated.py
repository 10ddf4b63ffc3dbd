"""What tests of the operator's commands share: a command run as it is typed, and a job in a queue."""

import io
import json
import uuid
import zipfile
from typing import Any

import boto3
from click.testing import CliRunner, Result

from ops.__main__ import main
from ops.resources import template


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, list(words), input=typed)


def fresh_stage() -> str:
    return f"t{uuid.uuid4().hex[:10]}"


def put_job(stage: str, queue: str, **job: Any) -> None:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=f"gaiwan-{stage}-{queue}")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(job))


def deploy_functions(stage: str) -> None:
    """As far as a test needs it: every function of the stage, with nothing in it."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def app(event, context): return None\n")
    for function in template.functions(stage):
        boto3.client("lambda").create_function(
            FunctionName=template.function_name(stage, function),
            Role="arn:aws:iam::000000000000:role/none",
            Code={"ZipFile": code.getvalue()},
            Handler="app.app",
            Runtime="python3.11",
            Tags={"aws-chalice": f"version=1.34.0:stage={stage}:app=gaiwan"},
        )


def deploy_api(stage: str) -> str:
    """An API with the stage that Chalice would make; its id."""
    client = boto3.client("apigateway")
    api = str(client.create_rest_api(name="gaiwan")["id"])
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    client.create_deployment(restApiId=api, stageName=template.api_stage(stage))
    return api
