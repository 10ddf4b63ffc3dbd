"""What each Lambda function may do, and nothing else: the source of the policy files in `.chalice/`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
STAGES = ("dev", "prod")
Statement = dict[str, Any]

TABLE = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
TAKE_JOBS = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl")
GIVE_JOBS = ("SendMessage", "GetQueueUrl")


def policies(stage: str) -> dict[str, list[Statement]]:
    """By function. No statement names everything, and none can write a secret."""
    table, give, wake = _table(stage), _queues(stage, GIVE_JOBS, "work", "bulk"), _wake_refresher(stage)
    master = _secrets(stage, "master_key")
    callback_keys = _secrets(stage, "accounts/*/callback")
    # The sign-in's code exchange and the refresher need the AppSecret; jobs get by with the stored token.
    app_secrets = _secrets(stage, "accounts/*/app_secret")
    return {
        "api_handler": [table, give, wake, master, callback_keys, app_secrets],
        "run_job": [table, give, wake, master, callback_keys, _queues(stage, TAKE_JOBS, "work")],
        "run_bulk": [table, give, wake, master, callback_keys, _queues(stage, TAKE_JOBS, "bulk")],
        "refresh_tokens": [table, master, callback_keys, app_secrets],
        "tick": [table, give, wake, master, callback_keys],
        "nightly": [table, give, wake, master, callback_keys],
    }


def files() -> Iterable[tuple[Path, str]]:
    for stage in STAGES:
        for function, statements in policies(stage).items():
            policy = {"Version": "2012-10-17", "Statement": [_logs(stage), *statements]}
            yield ROOT / f".chalice/policy-{stage}-{function}.json", json.dumps(policy, indent=2) + "\n"


def _allow(actions: Iterable[str], *resources: str) -> Statement:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}


def _logs(stage: str) -> Statement:
    return _allow(
        ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        f"arn:aws:logs:*:*:log-group:/aws/lambda/gaiwan-{stage}",
        f"arn:aws:logs:*:*:log-group:/aws/lambda/gaiwan-{stage}:*",
        f"arn:aws:logs:*:*:log-group:/aws/lambda/gaiwan-{stage}-*",
    )


def _table(stage: str) -> Statement:
    name = f"arn:aws:dynamodb:*:*:table/gaiwan-{stage}"
    return _allow((f"dynamodb:{action}" for action in TABLE), name, f"{name}/index/by_shelf")


def _queues(stage: str, actions: Iterable[str], *names: str) -> Statement:
    return _allow(
        (f"sqs:{action}" for action in actions), *(f"arn:aws:sqs:*:*:gaiwan-{stage}-{name}" for name in names)
    )


def _secrets(stage: str, name: str) -> Statement:
    return _allow(("ssm:GetParameter", "ssm:GetParameters"), f"arn:aws:ssm:*:*:parameter/gaiwan/{stage}/{name}")


def _wake_refresher(stage: str) -> Statement:
    return _allow(("lambda:InvokeFunction",), f"arn:aws:lambda:*:*:function:gaiwan-{stage}-refresh_tokens")


if __name__ == "__main__":
    for path, text in files():
        path.write_text(text, encoding="utf-8")
