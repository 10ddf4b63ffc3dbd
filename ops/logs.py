"""`logs`: what the functions of a stage write, oldest first, from one of them or from all."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
from botocore.exceptions import ClientError

from .resources import template
from .say import Problem
from .target import Target, code_of, target_options

LONGEST = 3650  # days; CloudWatch keeps hardly anything longer
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
AGAIN = 2.0  # seconds between two looks
LATE = 30  # seconds by which CloudWatch may show a line late
PLATFORM = ("START ", "END ", "REPORT ", "INIT_START ", "EXTENSION")
Event = dict[str, Any]


@click.command(short_help="看日志 / what the functions write")
@click.argument("function", required=False, default="")
@click.option("--since", default="10m", show_default=True, help="多久以内：30s 10m 2h 1d / how far back")
@click.option("--follow", is_flag=True, help="不停地看，Ctrl-C 结束 / go on until Ctrl-C")
@target_options
def logs(target: Target, function: str, since: str, follow: bool) -> None:
    """函数写下的日志，可指定其一（api_handler、run_job……或 access）。openid 与密钥从不写进日志。

    What the functions write; name one (api_handler, run_job, … or access), or see all. No openid or secret is in there.
    """
    groups, begin, seen = _groups(target, function), time.time() - seconds(since), set[str]()
    while True:
        for event in _fresh(target, groups, begin, seen):
            click.echo(line(event))
        if not follow:
            return
        begin = max(begin, time.time() - LATE)
        time.sleep(AGAIN)


def seconds(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,5})([smhd])", text)
    if not found:
        raise Problem(f"看不懂 {text}：请写 30s、10m、2h 或 1d。", f"{text} is not a time: write 30s, 10m, 2h or 1d.")
    asked = int(found[1]) * UNITS[found[2]]
    if asked > LONGEST * UNITS["d"]:
        raise Problem(f"{text} 太久了：最多 {LONGEST}d。", f"{text} is too far back: at most {LONGEST}d.")
    return asked


def line(event: Event) -> str:
    """Our JSON told in one line; what is not ours as it is."""
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).strftime("%H:%M:%S")
    return f"{at} {event['function']:<14} {_told(event['message'].rstrip())}"


def _told(text: str) -> str:
    try:
        told = json.loads(text)
    except ValueError:
        return text
    if not isinstance(told, dict) or "message" not in told:
        return text
    trace = f"\n{told['exception']}" if told.get("exception") else ""
    return f"{told.get('level', ''):<7} {told['message']}{trace}"


def _groups(target: Target, function: str) -> dict[str, str]:
    """Log group -> what it is called here."""
    names = {template.access_log(target.stage): "access"}
    for one in template.functions(target.stage):
        names[f"/aws/lambda/{template.function_name(target.stage, one)}"] = one
    if function and function not in names.values():
        known = ", ".join(names.values())
        raise Problem(f"没有函数 {function}，有：{known}", f"There is no function {function}; there are: {known}")
    return {group: name for group, name in names.items() if name == function or (not function and name != "access")}


def _fresh(target: Target, groups: dict[str, str], begin: float, seen: set[str]) -> list[Event]:
    found = [event for group, name in groups.items() for event in _events(target, group, name, begin)]
    fresh = [event for event in found if event["eventId"] not in seen]
    seen |= {event["eventId"] for event in fresh}
    return sorted(fresh, key=lambda event: event["timestamp"])


def _events(target: Target, group: str, name: str, begin: float) -> Iterator[Event]:
    pages = target.client("logs").get_paginator("filter_log_events")
    try:
        for page in pages.paginate(logGroupName=group, startTime=int(begin * 1000)):
            for event in page["events"]:
                if not event["message"].startswith(PLATFORM):
                    yield {**event, "function": name}
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise


COMMANDS = (logs,)
