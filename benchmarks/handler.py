"""(b) The whole `api_handler` for that message, beside the bare botocore calls that it cannot do without.

The event is API Gateway's, the answers are canned below botocore, the account and its rules are remembered, as they
are in a container that has answered before. The floor makes the very same calls with the very same answers, by a client
as botocore makes it for anybody: what ours saves of its own is ours.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.session import Session

from . import canned, sample, timing
from .result import Result, compared

WITHIN = 1.5
ENVIRONMENT = {
    "GAIWAN_STAGE": "bench",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_EC2_METADATA_DISABLED": "true",
}
CONTEXT = SimpleNamespace(
    function_name="gaiwan-bench",
    function_version="$LATEST",
    memory_limit_in_mb="512",
    invoked_function_arn="arn:aws:lambda:ap-northeast-1:000000000000:function:gaiwan-bench",
    aws_request_id="00000000-0000-0000-0000-000000000000",
    get_remaining_time_in_millis=lambda: 10_000,
)

Call = tuple[str, dict[str, Any]]


def measure(rounds: int = 151) -> list[Result]:
    os.environ |= ENVIRONMENT
    ours, client = answering()
    calls = calls_of(client, ours)
    contestants = {
        "ours": timing.calls(ours),
        "floor": timing.calls(_make, _plain(), calls),
    }
    taken = timing.in_turn(contestants, rounds)
    beside = f"{len(calls)} bare botocore calls"
    return [compared("(b) api_handler, that message", taken["ours"], beside, taken["floor"], at_most=WITHIN)]


def answering() -> tuple[Callable[[], object], Any]:
    """The app answering one message, and its client for DynamoDB."""
    import app
    from chalicelib.aws import session

    for service in ("dynamodb", "ssm"):
        canned.answer_by(session.client(service))
    event = _event(sample.delivery())
    answer = app.app(event, CONTEXT)
    assert answer["statusCode"] == 200 and "<Encrypt>" in answer["body"], answer
    return lambda: app.app(event, CONTEXT), session.client("dynamodb")


def _plain() -> Any:
    """DynamoDB's client without anything of ours."""
    client = Session().create_client("dynamodb")
    canned.answer_by(client)
    return client


def _event(sent: sample.Delivery) -> dict[str, Any]:
    """What API Gateway's REST API hands to Lambda."""
    headers = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0", "Host": "wx.example.com", "Accept": "*/*"}
    return {
        "resource": "/wechat/{account}",
        "path": "/wechat/tea",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": sent.query,
        "multiValueQueryStringParameters": {name: [value] for name, value in sent.query.items()},
        "pathParameters": {"account": "tea"},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/wechat/{account}",
            "httpMethod": "POST",
            "path": "/v1/wechat/tea",
            "stage": "v1",
            "domainName": "wx.example.com",
            "requestId": "00000000-0000-0000-0000-000000000000",
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": sent.body.decode(),
        "isBase64Encoded": False,
    }


def calls_of(client: Any, run: Callable[[], object]) -> list[Call]:
    """Every call that one run makes, with its arguments."""
    calls: list[Call] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        calls.append((xform_name(model.name), json.loads(json.dumps(params))))

    client.meta.events.register("provide-client-params.dynamodb", note)
    run()
    client.meta.events.unregister("provide-client-params.dynamodb", note)
    return calls


def _make(client: Any, calls: list[Call]) -> None:
    for operation, arguments in calls:
        getattr(client, operation)(**arguments)
