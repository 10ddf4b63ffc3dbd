"""`ops doctor`: every check, one line for each finding; exit status 1 if anything is bad, so that CI can ask it."""

from __future__ import annotations

import json

import click

from .. import stage as stages
from ..say import Problem
from ..target import Target, explained, target_options
from . import accounts, callback, depth, domain, functions, others, place, platform, resources, spending, unions
from .examine import Check, examine
from .finding import BAD, OK, WARN, Finding
from .patient import Patient

CHECKS: tuple[Check, ...] = (
    place.credentials,
    place.clock,
    resources.stack_settled,
    resources.table,
    resources.queues,
    resources.bus,
    resources.logs,
    resources.alarms,
    resources.drift,
    functions.functions,
    functions.runtime,
    functions.triggers,
    functions.rights,
    accounts.secrets,
    accounts.tokens,
    accounts.troubles,
    others.token_services,
    others.relays,
    callback.callback,
    platform.reaches_us,
    platform.quotas,
    unions.unionids,
    depth.depth,
    domain.domain,
    domain.console,
    domain.proof_files,
    spending.spending,
)
# All others would say no more than the last of these.
BEFORE_IT_IS_MADE = (place.credentials, place.clock, resources.table)
NAMES = [check.__name__ for check in CHECKS]


@click.command(short_help="体检：哪里不对、为什么、怎么办 / what is wrong, why, and what to do")
@click.option("--only", multiple=True, type=click.Choice(NAMES), metavar="CHECK", help="只做这几项 / only these checks")
@click.option("--json", "as_json", is_flag=True, help="给程序读 / for programs")
@target_options
def doctor(target: Target, only: tuple[str, ...], as_json: bool) -> None:
    """检查一个环境：每条结果一行，写明是什么、为什么要紧、怎么办。有 ✗ 时退出码为 1，可用于 CI。

    Look a stage over. One line for each finding: what, why it matters, what to do. Exit status 1 if anything is bad
    (✗), for CI; a warning (!) leaves it 0, also when something could not be checked.
    """
    found = _found(target, tuple(check for check in CHECKS if not only or check.__name__ in only))
    if as_json:
        click.echo(json.dumps(_told(target, found), ensure_ascii=False, indent=2))
    else:
        _show(found)
    raise SystemExit(1 if any(one.level == BAD for one in found) else 0)


def _found(target: Target, checks: tuple[Check, ...]) -> list[Finding]:
    try:
        with explained():
            target.caller  # noqa: B018 (without credentials every check would say the same)
            patient = Patient(target, stages.services_of(target))
            patient.make_clients()
            is_made = resources.is_made(patient)
    except Problem as problem:
        return [_no_entry(problem)]
    return examine(patient, checks if is_made else BEFORE_IT_IS_MADE)


def _no_entry(problem: Problem) -> Finding:
    nothing = ("什么都没有检查", "nothing was checked")
    again = ("处理后再运行一次", "mend that and run this again")
    return Finding(BAD, (problem.zh, problem.en), nothing, again, place.credentials.__name__)


def _show(found: list[Finding]) -> None:
    colours = {OK: "green", WARN: "yellow", BAD: "red"}
    for one in found:
        mark, rest = one.line()[0], one.line()[1:]
        click.echo(click.style(mark, fg=colours[one.level]) + rest)
    counts = {level: sum(one.level == level for one in found) for level in colours}
    click.echo(
        f"\n{counts[OK]} 项正常，{counts[WARN]} 项要留意，{counts[BAD]} 项有问题 · "
        f"{counts[OK]} fine, {counts[WARN]} to look at, {counts[BAD]} bad"
    )


def _told(target: Target, found: list[Finding]) -> dict[str, object]:
    healthy = not any(one.level == BAD for one in found)
    return {"stage": target.stage, "healthy": healthy, "findings": [one.told() for one in found]}
