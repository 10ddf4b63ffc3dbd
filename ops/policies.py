"""What each Lambda function may do, and nothing else: the source of the policy files in `.chalice/`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
STAGES = ("dev", "prod")
Statement = dict[str, Any]

# What Lambda's poller asks for, and what the worker does with each record.
TAKE_JOBS = ("ReceiveMessage", "GetQueueAttributes", "DeleteMessage", "ChangeMessageVisibility", "GetQueueUrl")
GIVE_JOBS = ("SendMessage", "GetQueueUrl")


def policies(stage: str) -> dict[str, list[Statement]]:
    """By function. No statement names everything, and none can write a secret.

    tests/ops/test_policies.py lets each function work, and compares.
    """
    app_secrets = _secret(stage, "accounts/*/app_secret")
    master = _secret(stage, "master_key")
    relays = _secret(stage, "accounts/*/relay")
    crms = _allow(
        ("ssm:GetParameter",), *(_parameter(stage, f"accounts/*/crm_{one}") for one in ("hubspot", "salesforce"))
    )
    wake = _wake_refresher(stage)
    return {
        "api_handler": [
            _table(stage, "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
            _shelves(stage),
            _queues(stage, GIVE_JOBS, "work", "bulk"),
            master,
            _secret(stage, "accounts/*/callback"),
            relays,  # for a system whose answers go first
            _secret(stage, "accounts/*/crm_hubspot_hook"),  # for webhooks, which HubSpot signs with it
            app_secrets,  # for the sign-in's code exchange
            wake,  # for a page that needs a JS-SDK ticket or a QR code, and for operators' calls
            _bus(stage),  # for an operator's test event
        ],
        "run_job": [
            _table(stage, "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
            _queues(stage, (*TAKE_JOBS, *GIVE_JOBS), "work"),
            _shelves(stage),  # to see how many a campaign will reach, before it starts
            _queues(stage, GIVE_JOBS, "bulk"),  # for campaigns, and who goes on within minutes in an automation
            master,
            relays,
            crms,
            wake,
            _bus(stage),
        ],
        "run_bulk": [
            _table(stage, "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
            _shelves(stage),
            _queues(stage, (*TAKE_JOBS, *GIVE_JOBS), "bulk"),
            _queues(stage, GIVE_JOBS, "work"),  # for what automations and campaigns tell the other systems
            master,  # for the hash by which a return is known, and the digest that stands for a unionid
            crms,  # for the first sync
            wake,
        ],
        "refresh_tokens": [
            _table(stage, "GetItem", "Query", "UpdateItem", "DeleteItem", keys=("accounts", "account#*")),
            app_secrets,
            _secret(stage, "accounts/*/token_source"),
        ],
        "tick": [
            _table(stage, "GetItem", "Query", "UpdateItem"),
            _shelves(stage),
            _queues(stage, GIVE_JOBS, "work"),
            _queues(stage, GIVE_JOBS, "bulk"),
        ],
        "nightly": [_table(stage, "Query", keys=("accounts",)), _queues(stage, GIVE_JOBS, "bulk")],
    }


def files() -> Iterable[tuple[Path, str]]:
    for stage in STAGES:
        for function, statements in policies(stage).items():
            policy = {"Version": "2012-10-17", "Statement": [_logs(stage, function), *statements]}
            yield ROOT / f".chalice/policy-{stage}-{function}.json", json.dumps(policy, indent=2) + "\n"


def _allow(actions: Iterable[str], *resources: str) -> Statement:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}


# `arn:*:` as in the policies that Chalice makes itself: the partition is aws, or aws-cn in China.
def _logs(stage: str, function: str) -> Statement:
    """Into its own group, which `ops resources` made."""
    name = f"gaiwan-{stage}" if function == "api_handler" else f"gaiwan-{stage}-{function}"
    return _allow(("logs:CreateLogStream", "logs:PutLogEvents"), f"arn:*:logs:*:*:log-group:/aws/lambda/{name}:*")


def _table(stage: str, *actions: str, keys: tuple[str, ...] = ()) -> Statement:
    """`keys`: what a pk must be like, for functions that know no people."""
    allowed = _allow((f"dynamodb:{action}" for action in actions), f"arn:*:dynamodb:*:*:table/gaiwan-{stage}")
    condition = {"Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}}}
    return allowed | condition if keys else allowed


def _shelves(stage: str) -> Statement:
    return _allow(("dynamodb:Query",), f"arn:*:dynamodb:*:*:table/gaiwan-{stage}/index/by_shelf")


def _queues(stage: str, actions: Iterable[str], *names: str) -> Statement:
    return _allow({f"sqs:{action}" for action in actions}, *(f"arn:*:sqs:*:*:gaiwan-{stage}-{name}" for name in names))


def _bus(stage: str) -> Statement:
    return _allow(("events:PutEvents",), f"arn:*:events:*:*:event-bus/gaiwan-{stage}")


def _secret(stage: str, name: str) -> Statement:
    return _allow(("ssm:GetParameter",), _parameter(stage, name))


def _parameter(stage: str, name: str) -> str:
    return f"arn:*:ssm:*:*:parameter/gaiwan/{stage}/{name}"


def _wake_refresher(stage: str) -> Statement:
    """For those that call WeChat with a platform token, which may be refused."""
    return _allow(("lambda:InvokeFunction",), f"arn:*:lambda:*:*:function:gaiwan-{stage}-refresh_tokens")


if __name__ == "__main__":
    for path, text in files():
        path.write_text(text, encoding="utf-8")
