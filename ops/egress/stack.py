"""The CloudFormation stack of the fixed address: made, brought up to date, taken down; each may be interrupted."""

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from .. import say
from ..target import Target

TEMPLATE = Path(__file__).parent / "template.yaml"
SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
STILLBORN = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
PATIENT = {"Delay": 5, "MaxAttempts": 360}  # half an hour, as long as Lambda may keep a network card

Stack = dict[str, Any]


def find(target: Target) -> Stack | None:
    try:
        found: Stack = target.client("cloudformation").describe_stacks(StackName=_name(target))["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    return found


def is_settled(found: Stack) -> bool:
    return found["StackStatus"] in SETTLED


def outputs(found: Stack) -> dict[str, str]:
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def apply(target: Target, recipe: str, zone: str) -> Stack:
    """The finished stack. What an earlier attempt left half made is removed first; what is under way is waited for."""
    _wait_for_what_runs(target)
    found = find(target)
    if found is not None and found["StackStatus"] in STILLBORN:
        remove(target)
        found = None
    if found is None:
        _run(target, "create", recipe, {"ParameterKey": "Zone", "ParameterValue": zone})
    else:
        same_zone = {"ParameterKey": "Zone", "UsePreviousValue": True}
        _run(target, "update", recipe, {"ParameterKey": "Zone", "ParameterValue": zone} if zone else same_zone)
    made = find(target)
    assert made is not None
    return made


def remove(target: Target) -> None:
    target.client("cloudformation").delete_stack(StackName=_name(target))
    _wait(target, "delete")


def _run(target: Target, verb: str, recipe: str, zone: dict[str, Any]) -> None:
    client = target.client("cloudformation")
    start = client.create_stack if verb == "create" else client.update_stack
    stage, way = (
        {"ParameterKey": key, "ParameterValue": value} for key, value in (("Stage", target.stage), ("Recipe", recipe))
    )
    try:
        start(
            StackName=_name(target),
            TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
            Parameters=[stage, way, zone],
            Capabilities=["CAPABILITY_IAM"],
        )
    except ClientError as error:
        if "No updates are to be performed" in error.response["Error"]["Message"]:
            return
        raise
    _wait(target, verb)


def _wait_for_what_runs(target: Target) -> None:
    found = find(target)
    for verb in ("create", "update", "delete"):
        if found is not None and found["StackStatus"] == f"{verb.upper()}_IN_PROGRESS":
            _wait(target, verb)


def _wait(target: Target, verb: str) -> None:
    try:
        waiter = target.client("cloudformation").get_waiter(f"stack_{verb}_complete")
        waiter.wait(StackName=_name(target), WaiterConfig=PATIENT)
    except WaiterError:
        reason = _reason(target)
        raise say.Problem(
            f"没有做成：{reason} 处理后再运行一次同样的命令即可。",
            f"It did not work: {reason} Mend that and run the same command again.",
        ) from None


def _reason(target: Target) -> str:
    """The first failure of the last attempt; all that follow are only its consequences."""
    events = target.client("cloudformation").describe_stack_events(StackName=_name(target))["StackEvents"]
    failed = [one for one in events if one["ResourceStatus"].endswith("_FAILED") and "ResourceStatusReason" in one]
    own = [one for one in failed if "cancelled" not in one["ResourceStatusReason"]]
    return f"{own[-1]['LogicalResourceId']}: {own[-1]['ResourceStatusReason']}" if own else "CloudFormation"


def _name(target: Target) -> str:
    return target.name("egress")
