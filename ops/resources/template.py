"""The template and Chalice's configuration, read: the two files that say what a stage consists of."""

import functools
import json
from pathlib import Path
from typing import Any

import yaml

STACK = Path(__file__).parent / "stack.yaml"
CONFIG = Path(__file__).parent.parent.parent / ".chalice" / "config.json"
WORKERS = {"WorkVisibility": "run_job", "BulkVisibility": "run_bulk"}
PATIENCE = 6  # times a function's time-out is what AWS recommends for its queue's visibility
Json = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """Reads `!Ref Stage` as {"!Ref": "Stage"}, and so with the other short forms."""


def _short_form(loader: _Loader, suffix: str, node: Any) -> Json:
    if isinstance(node, yaml.SequenceNode):
        return {f"!{suffix}": loader.construct_sequence(node, deep=True)}
    return {f"!{suffix}": loader.construct_scalar(node)}


_Loader.add_multi_constructor("!", _short_form)


def body(stage: str) -> str:
    """The template for one stage. Names are written out: CloudFormation looks only for those whether they exist."""
    return STACK.read_text(encoding="utf-8").replace("!Sub gaiwan-${Stage}", f"gaiwan-{stage}")


def resources() -> dict[str, Json]:
    """By logical id, in the order of the file."""
    return _part("Resources")


def parameters() -> dict[str, Json]:
    return _part("Parameters")


@functools.cache
def _part(name: str) -> dict[str, Json]:
    found: dict[str, Json] = yaml.load(STACK.read_text(encoding="utf-8"), _Loader)[name]  # noqa: S506, a safe one
    return found


def functions(stage: str) -> tuple[str, ...]:
    """As app.py calls them."""
    return tuple(_settings(stage)["lambda_functions"])


def function_name(stage: str, function: str) -> str:
    """As Lambda calls it: Chalice names the one for all routes after the stage alone."""
    return f"gaiwan-{stage}" if function == "api_handler" else f"gaiwan-{stage}-{function}"


def api_stage(stage: str) -> str:
    return str(_settings(stage)["api_gateway_stage"])


def visibilities(stage: str) -> dict[str, str]:
    """The template's parameters that follow from Chalice's configuration."""
    settings = _settings(stage)["lambda_functions"]
    return {name: str(PATIENCE * settings[function]["lambda_timeout"]) for name, function in WORKERS.items()}


def access_log(stage: str) -> str:
    return f"/gaiwan/{stage}/access"


def log_groups(stage: str) -> tuple[str, ...]:
    ours = (f"/aws/lambda/{function_name(stage, function)}" for function in functions(stage))
    return (*ours, access_log(stage))


def _settings(stage: str) -> Json:
    """Of the stage; one that is not configured, such as the local one, is like the first."""
    stages: dict[str, Json] = _config()["stages"]
    return stages.get(stage) or next(iter(stages.values()))


@functools.cache
def _config() -> Json:
    found: Json = json.loads(CONFIG.read_text(encoding="utf-8"))
    return found
