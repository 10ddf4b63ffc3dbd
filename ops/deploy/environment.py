"""What makes one stage differ from another: its settings, kept in SSM so that every machine deploys the same.

/gaiwan/<stage>/settings/<name>     plain text, and no secrets: whoever may see a function sees its environment
/gaiwan/<stage>/settings/egress     {"subnet_ids": […], "security_group_ids": […]}, for the function that fetches tokens
"""

import json
from collections.abc import Iterator
from typing import Any

from chalicelib.settings import BadSetting, Settings

from ..say import Problem
from ..target import Target

VARIABLES = {
    "public_url": "GAIWAN_PUBLIC_URL",
    "wechat_api": "GAIWAN_WECHAT_API",
    "wechat_open": "GAIWAN_WECHAT_OPEN",
    "wechat_jssdk": "GAIWAN_WECHAT_JSSDK",
    "wechat_https_proxy": "WECHAT_HTTPS_PROXY",
    "log_level": "GAIWAN_LOG_LEVEL",
    "message_days": "GAIWAN_MESSAGE_DAYS",
    "visit_days": "GAIWAN_VISIT_DAYS",
    "held_deliveries": "GAIWAN_HELD_DELIVERIES",
}


TOKENS = "refresh_tokens"
NETWORK = ("subnet_ids", "security_group_ids")


def settings(target: Target) -> dict[str, str]:
    """Only what was set; the rest is as settings.py has it."""
    return dict(_stored(target))


def merged(config: dict[str, Any], stage: str, chosen: dict[str, str]) -> dict[str, Any]:
    """Chalice's config.json for this stage alone; one that the file does not name is made like the first one there."""
    pattern = config["stages"].get(stage) or next(iter(config["stages"].values()))
    own = {VARIABLES[name]: value for name, value in chosen.items() if name in VARIABLES and value}
    environment = {**pattern.get("environment_variables", {}), **own, "GAIWAN_STAGE": stage}
    _must_make_sense(environment)
    functions = {
        name: {**told, "iam_policy_file": policy_file(stage, name)}
        for name, told in pattern["lambda_functions"].items()
    }
    functions[TOKENS] |= _network(chosen.get("egress") or "{}")
    own_stage = {**pattern, "environment_variables": environment, "lambda_functions": functions}
    return {**config, "stages": {stage: own_stage}}


def policy_file(stage: str, function: str) -> str:
    return f"policy-{stage}-{function}.json"


def _must_make_sense(environment: dict[str, str]) -> None:
    """Here rather than when the first message arrives."""
    try:
        Settings.from_env(environment)
    except BadSetting as error:
        raise _unusable(str(error)) from None


def _network(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(name not in NETWORK or not _ids(ids) for name, ids in found.items()):
        raise _unusable('settings/egress must be {"subnet_ids": ["…"], "security_group_ids": ["…"]}')
    return found


def _ids(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


def _unusable(why: str) -> Problem:
    return Problem(
        f"环境的设置有误（SSM 的 settings/ 或 .chalice/config.json）：{why}",
        f"The stage's settings (settings/ in SSM, or .chalice/config.json) are not usable: {why}",
    )


def _stored(target: Target) -> Iterator[tuple[str, str]]:
    pages = target.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=target.parameter("settings"))
    for page in pages:
        for parameter in page["Parameters"]:
            yield parameter["Name"].rpartition("/")[2], parameter["Value"]
