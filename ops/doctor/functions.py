"""The deployed functions beside the configuration and the policies that they should have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from .. import runtimes
from ..deploy import state
from ..deploy.workspace import stage_policies
from ..resources import template
from ..target import code_of
from .finding import Finding, Text, bad, good, odd, run
from .patient import Patient

ROUTES = "api_handler"
APP_SECRET = "/app_secret"  # noqa: S105 (how its parameter's name ends)
PRIVATE = "GAIWAN_OUTBOUND_PRIVATE"
OLD: Text = ("线上不是最近一次配置", "what runs is not what is configured")
# A plain `chalice deploy` says "any region, any account"; there is only the one that the role is in.
ANYWHERE = re.compile(r"^arn:[^:]*:([^:]*):[^:]*:[^:]*:")

Json = dict[str, Any]
Right = tuple[str, str, str]  # action, resource, condition


def functions(patient: Patient) -> Iterator[Finding]:
    found = {name: _deployed(patient, name) for name in template.functions(patient.stage)}
    missing = [state.full_name(patient.target, name) for name, told in found.items() if told is None]
    if missing:
        yield bad(
            (f"没有函数 {', '.join(missing)}", f"there is no function {', '.join(missing)}"),
            ("还没有部署，或部署中断了", "the stage was not deployed yet, or a deploy was interrupted"),
            run("deploy", patient.stage),
        )
    for name, told in found.items():
        if told is not None:
            yield from _function(patient, name, told)


def runtime(patient: Patient) -> Iterator[Finding]:
    """One line for each Python in use, not one for each function."""
    today = datetime.now(UTC).date()
    found = [_deployed(patient, name) for name in template.functions(patient.stage)]
    for name in sorted({one["Runtime"] for one in found if one}):
        told = runtimes.warning(name, today) if runtimes.supported(name) else _unknown_runtime(name)
        if told:
            yield odd(
                told,
                ("停止维护后没有安全补丁", "then there are no security patches any more"),
                run("deploy", patient.stage),
            )
        else:
            ends = runtimes.RUNTIMES[name].deprecated
            yield good(f"运行时 {name}，AWS 维护到 {ends}", f"runtime {name}, which AWS patches until {ends}")


def triggers(patient: Patient) -> Iterator[Finding]:
    """Of what is deployed: what calls the workers and the schedules."""
    others = [name for name in template.functions(patient.stage) if name != ROUTES and _deployed(patient, name)]
    idle = [name for name in others if not _is_triggered(patient, name)]
    if idle:
        yield bad(
            (f"{', '.join(idle)} 没有触发器，或触发器停用", f"{', '.join(idle)}: no trigger, or a disabled one"),
            ("令牌、任务或定时工作会停下", "tokens, jobs or schedules come to a halt"),
            run("deploy", patient.stage),
        )
    elif others:
        yield good("队列与定时规则都会触发函数", "queues and schedules trigger their functions")


def rights(patient: Patient) -> Iterator[Finding]:
    for name, wanted in _wanted(patient).items():
        found = _deployed(patient, name)
        if found is not None:
            yield from _role(patient, name, found["Role"].rpartition("/")[2], wanted)


def _deployed(patient: Patient, name: str) -> Json | None:
    full = state.full_name(patient.target, name)
    try:
        found: Json = patient.target.client("lambda").get_function_configuration(FunctionName=full)
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return None
    return found


def _function(patient: Patient, name: str, found: Json) -> Iterator[Finding]:
    wanted = patient.config["lambda_functions"][name]
    pairs = (
        ("memory", found["MemorySize"], wanted["lambda_memory_size"]),
        ("time-out", found["Timeout"], wanted["lambda_timeout"]),
        ("architecture", found.get("Architectures", ["x86_64"])[0], patient.config["lambda_architecture"]),
        ("subnets", sorted(found.get("VpcConfig", {}).get("SubnetIds", [])), sorted(wanted.get("subnet_ids", []))),
    )
    differences = [(said, is_now, should) for said, is_now, should in pairs if is_now != should]
    for said, is_now, should in differences:
        what = (
            f"{name} 的 {said} 是 {is_now}，配置为 {should}",
            f"{said} of {name} is {is_now}, configured is {should}",
        )
        yield odd(what, OLD, run("deploy", patient.stage))
    yield from _environment(patient, name, found)
    if found.get("LastUpdateStatus") == "Failed":
        yield bad((f"{name} 上次更新失败", f"the last update of {name} failed"), OLD, run("deploy", patient.stage))
    elif not differences:
        yield good(f"{name} 与配置一致", f"{name} is as configured")


def _environment(patient: Patient, name: str, found: Json) -> Iterator[Finding]:
    """Names only: a value may be an address that nobody else should read."""
    is_now = found.get("Environment", {}).get("Variables", {})
    wanted = patient.config.get("environment_variables", {})
    if is_now.get(PRIVATE):
        yield bad(
            (f"{name} 的 {PRIVATE} 让它能调用内网地址", f"{PRIVATE} lets {name} call addresses that are not public"),
            ("这只给本机用；请从 .chalice/config.json 去掉", "it is for laptops; take it out of .chalice/config.json"),
            run("deploy", patient.stage),
        )
    other = sorted(variable for variable, value in wanted.items() if is_now.get(variable) != value)
    if other:
        told = ", ".join(other)
        what = (f"{name} 的环境变量 {told} 与设置不同", f"{told} in {name}'s environment is not what was set")
        yield odd(what, OLD, run("deploy", patient.stage))


def _unknown_runtime(name: str) -> Text:
    return (
        f"{name} 不在 ops/runtimes.py（{runtimes.AS_OF}）里，请用 {runtimes.NEWEST} 部署",
        f"{name} is not in ops/runtimes.py (of {runtimes.AS_OF}); deploy with {runtimes.NEWEST}",
    )


def _is_triggered(patient: Patient, name: str) -> bool:
    takes_jobs = name in template.WORKERS.values()
    return _takes_jobs(patient, name) if takes_jobs else _is_scheduled(patient, name)


def _takes_jobs(patient: Patient, name: str) -> bool:
    full = state.full_name(patient.target, name)
    found = patient.target.client("lambda").list_event_source_mappings(FunctionName=full)["EventSourceMappings"]
    return any(one.get("State", "Enabled") in ("Enabled", "Creating", "Enabling", "Updating") for one in found)


def _is_scheduled(patient: Patient, name: str) -> bool:
    client = patient.target.client("events")
    try:
        rule = client.describe_rule(Name=patient.target.name(f"{name}-event"))
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return False
    return bool(rule.get("State") == "ENABLED")


def _wanted(patient: Patient) -> dict[str, set[Right]]:
    """By function, what `ops deploy` gives it."""
    return {function: _rights(json.loads(text)) for function, text in stage_policies(patient.target).items()}


def _role(patient: Patient, name: str, role: str, wanted: set[Right]) -> Iterator[Finding]:
    found, every = _granted(patient, role), _every_app_secret(patient)
    reads_every = name == ROUTES and every in found - wanted
    covered = {every} | {right for right in wanted if right[1].endswith(APP_SECRET)} if reads_every else set()
    more = sorted(f"{action} {resource}" for action, resource, _ in found - wanted - covered)
    more += _attached(patient, role)
    less = sorted(f"{action} {resource}" for action, resource, _ in wanted - found - covered)
    if reads_every:
        yield _plain(patient, role)
    if more:
        yield bad(
            (f"{role} 多了权限：{_some(more)}", f"{role} may do more than it needs: {_some(more)}"),
            ("每个函数只该有它用到的权限", "each function should have no right that it does not use"),
            run("deploy", patient.stage),
        )
    if less:
        yield bad(
            (f"{role} 少了权限：{_some(less)}", f"{role} lacks: {_some(less)}"),
            (f"{name} 会被 AWS 拒绝", f"AWS will refuse {name}"),
            run("deploy", patient.stage),
        )
    if not (more or less or reads_every):
        yield good(f"{role} 的权限正好", f"{role} has the rights it needs and no other")


def _granted(patient: Patient, role: str) -> set[Right]:
    """What `ops egress` lets a role do, to join its network, is that command's business."""
    iam, found = patient.target.client("iam"), set[Right]()
    for policy in set(iam.list_role_policies(RoleName=role)["PolicyNames"]) - {patient.target.name("egress")}:
        found |= _rights(iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"])
    return found


def _attached(patient: Patient, role: str) -> list[str]:
    attached = patient.target.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [one["PolicyName"] for one in attached]


def _every_app_secret(patient: Patient) -> Right:
    """As the committed policies say it, which cannot know the accounts of a stage."""
    every = patient.target.parameter(f"accounts/*{APP_SECRET}")
    return "ssm:GetParameter", f"arn:*:ssm:*:*:parameter{every}", "{}"


def _plain(patient: Patient, role: str) -> Finding:
    return odd(
        (f"{role} 能读所有公众号的 AppSecret", f"{role} may read the AppSecret of every account"),
        (
            "这是 chalice deploy 的结果；ops deploy 只给能让访客登录的账号",
            "so a plain `chalice deploy` leaves it; `ops deploy` names only accounts that sign visitors in",
        ),
        run("deploy", patient.stage),
    )


def _rights(document: Json) -> set[Right]:
    return {
        (action, ANYWHERE.sub(r"arn:*:\1:*:*:", resource), json.dumps(statement.get("Condition", {}), sort_keys=True))
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in _listed(statement.get("Action", "not"))
        for resource in _listed(statement.get("Resource", "not"))
    }


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _some(listed: list[str]) -> str:
    return ", ".join(listed[:3]) + (f" (+{len(listed) - 3})" if len(listed) > 3 else "")  # noqa: PLR2004
