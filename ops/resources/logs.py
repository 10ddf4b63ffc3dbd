"""The log groups of a stage: made before anything writes, adopted where a plain `chalice deploy` was first."""

from ..say import done
from ..target import Target
from . import template

DAYS = 30


def keep_for(target: Target, days: int) -> None:
    """A group that keeps its lines for ever is given an end; 0 days: what an operator chose stays, else DAYS."""
    logs, there = target.client("logs"), _there(target)
    for name in template.log_groups(target.stage):
        if name not in there:
            logs.create_log_group(logGroupName=name)
        if there.get(name, 0) != days or not days:
            _give_end(target, name, days or there.get(name) or DAYS, there.get(name, 0))
    found = len(template.log_groups(target.stage))
    done(f"{found} 个日志组，到期自动清理", f"{found} log groups, each with an end to its lines")


def _give_end(target: Target, name: str, days: int, before: int) -> None:
    if days != before:
        target.client("logs").put_retention_policy(logGroupName=name, retentionInDays=days)


def _there(target: Target) -> dict[str, int]:
    """By name, how many days it keeps its lines; 0 is for ever."""
    found: dict[str, int] = {}
    for name in template.log_groups(target.stage):
        for group in target.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            found[group["logGroupName"]] = group.get("retentionInDays", 0)
    return found
