"""The template brought to AWS: one change set after another, so that every run ends where the template says."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from ..say import Problem, done, step
from ..target import Target
from . import template

LONGEST = 900  # seconds that one change may take before we stop watching it
QUICK, SLOW = 0.2, 3.0  # seconds between two looks
STILLBORN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed")

Stack = dict[str, Any]


def name(target: Target) -> str:
    return target.name("resources")


def find(target: Target) -> Stack | None:
    try:
        found: Stack = target.client("cloudformation").describe_stacks(StackName=name(target))["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        return None
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def apply(target: Target, chosen: Mapping[str, str]) -> None:
    """`chosen`: parameters of the template; those that are not named stay as they are."""
    before = _ready(target)
    change = _change_set(target, before, chosen)
    if not change:
        done(
            "表、队列、告警与模板一致，无需改动", "table, queues and alarms are as the template says; nothing to change"
        )
        return
    seen = {event["EventId"] for event in _events(target)}
    target.client("cloudformation").execute_change_set(StackName=name(target), ChangeSetName=change)
    _follow(target, seen)


def delete(target: Target) -> None:
    """The table stays: the template says so."""
    if find(target) is None:
        return
    seen = {event["EventId"] for event in _events(target)}
    stack_id = _wait_for_what_runs(target)["StackId"]
    target.client("cloudformation").delete_stack(StackName=name(target))
    _follow(target, seen, stack_id)


def _ready(target: Target) -> Stack | None:
    """The stack as it can be updated, or None to be created. What a failed creation left is cleared away."""
    if find(target) is None:
        return None
    stack = _wait_for_what_runs(target)
    if stack["StackStatus"] in STILLBORN:
        step("清理上次没有建成的堆栈", f"clearing away the stack that failed earlier ({stack['StackStatus']})")
        delete(target)
        return None
    if stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED":
        raise Problem(
            f"堆栈 {name(target)} 更新失败且无法退回。先运行 aws cloudformation continue-update-rollback "
            f"--stack-name {name(target)}，再运行本命令。",
            f"The stack {name(target)} failed to update and to go back. Run `aws cloudformation "
            f"continue-update-rollback --stack-name {name(target)}`, then this command again.",
        )
    return stack


def _change_set(target: Target, before: Stack | None, chosen: Mapping[str, str]) -> str:
    """Its id; "" if nothing would change."""
    client = target.client("cloudformation")
    fresh = before is None or before["StackStatus"] == "REVIEW_IN_PROGRESS"
    made: str = client.create_change_set(
        StackName=name(target),
        ChangeSetName=f"ops-{time.time_ns()}",
        ChangeSetType="CREATE" if fresh else "UPDATE",
        TemplateBody=template.body(target.stage),
        Parameters=list(_parameters(before, chosen)),
        # The table that an earlier stack left behind, as it must, comes home: CloudFormation finds it by its name.
        ImportExistingResources=True,
        Tags=[{"Key": "gaiwan-stage", "Value": target.stage}],
    )["Id"]
    for _ in _looks():
        found = client.describe_change_set(ChangeSetName=made, StackName=name(target))
        if found["Status"] == "CREATE_COMPLETE":
            return made
        if found["Status"] == "FAILED":
            return _no_change_set(target, made, str(found.get("StatusReason", "")))
    raise _still_working(target)


def _no_change_set(target: Target, change: str, why: str) -> str:
    if not any(words in why for words in NOTHING_TO_DO):
        raise _failed(why)
    target.client("cloudformation").delete_change_set(ChangeSetName=change, StackName=name(target))
    return ""


def _parameters(before: Stack | None, chosen: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    known = {one["ParameterKey"] for one in (before or {}).get("Parameters", [])}
    for key, value in chosen.items():
        yield {"ParameterKey": key, "ParameterValue": value}
    for key in sorted((known & set(template.parameters())) - set(chosen)):
        yield {"ParameterKey": key, "UsePreviousValue": True}


def _wait_for_what_runs(target: Target) -> Stack:
    for _ in _looks():
        stack = find(target)
        if stack is None:
            return {"StackStatus": "DELETE_COMPLETE", "StackId": ""}
        if not _runs(stack["StackStatus"]):
            return stack
    raise _still_working(target)


def _runs(status: str) -> bool:
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def _is_the_stack(event: dict[str, Any]) -> bool:
    return bool(event["LogicalResourceId"] == event["StackName"])


def _follow(target: Target, seen: set[str], stack_id: str = "") -> None:
    """One line for each resource as it is finished; a Problem with AWS's own first reason if it fails."""
    for _ in _looks():
        fresh = _fresh(target, seen, stack_id)
        for event in fresh:
            _tell(event)
        # The stack's own status may still be that of before; its events are of this change.
        if any(_is_the_stack(event) and not _runs(event["ResourceStatus"]) for event in fresh):
            break
    else:
        raise _still_working(target)
    status = _by_id(target, stack_id)["StackStatus"]
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"):
        raise _failed(_reason(target, stack_id) or status)


def _by_id(target: Target, stack_id: str) -> Stack:
    """A deleted stack is found by its id only."""
    found: Stack = target.client("cloudformation").describe_stacks(StackName=stack_id or name(target))["Stacks"][0]
    return found


def _events(target: Target, stack_id: str = "") -> list[dict[str, Any]]:
    """The latest hundred, newest first."""
    try:
        answer = target.client("cloudformation").describe_stack_events(StackName=stack_id or name(target))
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        return []
    return list(answer["StackEvents"])


def _fresh(target: Target, seen: set[str], stack_id: str) -> list[dict[str, Any]]:
    found = [event for event in reversed(_events(target, stack_id)) if event["EventId"] not in seen]
    seen |= {event["EventId"] for event in found}
    return found


def _tell(event: dict[str, Any]) -> None:
    status, logical = str(event["ResourceStatus"]), event["LogicalResourceId"]
    if not _is_the_stack(event) and status.endswith(("_COMPLETE", "_SKIPPED")):
        done(f"{logical}（{event['ResourceType']}）", status.lower().replace("_", " "))


def _reason(target: Target, stack_id: str) -> str:
    """Of the last attempt's failures the first; all later ones follow from it."""
    found = ""
    for event in _events(target, stack_id):
        why = str(event.get("ResourceStatusReason", ""))
        if _is_the_stack(event) and why == "User Initiated":
            break
        if event["ResourceStatus"].endswith("_FAILED") and why and "cancelled" not in why:
            found = f"{event['LogicalResourceId']}: {why}"
    return found


def _failed(why: str) -> Problem:
    if "already exist" in why or "AlreadyExists" in why:
        return Problem(
            f"名字已被占用：{why} 换一个 --stage，或移走占用者，再运行一次。",
            f"A name is taken: {why} Choose another --stage, or move what has the name, and run this again.",
        )
    if "QueueDeletedRecently" in why or "60 seconds" in why:
        return Problem(
            "同名队列刚被删除，SQS 要等一分钟：请稍后再运行一次。",
            "A queue of this name was just deleted, and SQS waits a minute: run this again then.",
        )
    return Problem(
        f"CloudFormation 没有做成：{why} 处理后再运行一次即可。",
        f"CloudFormation did not succeed: {why} Mend that and run this again.",
    )


def _still_working(target: Target) -> Problem:
    return Problem(
        f"CloudFormation 还在忙（{name(target)}）：再运行一次会接着等。",
        f"CloudFormation is still at work on {name(target)}: run this again to go on waiting.",
    )


def _looks() -> Iterator[None]:
    """Often at first, then seldom, and not for ever."""
    give_up, pause = time.monotonic() + LONGEST, QUICK
    while time.monotonic() < give_up:
        yield
        time.sleep(pause)
        pause = min(SLOW, pause * 1.5)
