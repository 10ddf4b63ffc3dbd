"""What an automation is: when, for whom, how often, and a tree of steps; and the same as a plan that can be run.

    {"name": "谢谢", "when": {"kind": "ordered"}, "question": null, "enter": "cause", "steps": [
        {"do": "wait", "minutes": 10},
        {"do": "branch", "if": {"field": "orders", "is": "at_least", "value": 2},
            "then": [{"do": "template", "template": "thanks", "fields": {"thing1": "{name|茶友}，谢谢"}}],
            "else": [{"do": "tag", "tag_id": 100}]}]}

A plan knows of each step which one comes next, so whoever takes somebody up again needs only the step's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

Told = dict[str, Any]

ENTERS = ("person", "cause", "each")
OVER = ""  # the step after the last one
BRANCHES = ("then", "else")
# What comes of itself with a date, and is looked for once a day.
BY_DAY = frozenset({"silent", "date"})


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """As operators write it, checked (reading.py). `question` None is everybody."""

    name: str
    when: Told
    question: Told | None = None
    enter: str = "person"
    steps: list[Told]


class Step(msgspec.Struct, frozen=True):
    """`then` is the next one; of a branch, `yes` and `no` are. `place` is where an operator sees it."""

    step_id: str
    do: str
    told: Told
    then: str
    place: str
    depth: int
    yes: str = OVER
    no: str = OVER


class Plan(msgspec.Struct, frozen=True):
    first: str
    steps: dict[str, Step]  # in the order in which they are read


def read(text: str) -> Document:
    """Of what was stored, which was checked before."""
    return _decoder.decode(text)


def write(document: Document) -> str:
    return msgspec.json.encode(document).decode()


def plan(document: Document) -> Plan:
    steps = {step.step_id: step for step in _steps(document.steps, OVER, "steps", 0)}
    return Plan(_first(document.steps, OVER), steps)


def _steps(told: list[Told], after: str, where: str, depth: int) -> Iterator[Step]:
    for number, one in enumerate(told):
        following = told[number + 1]["step_id"] if number + 1 < len(told) else after
        place = f"{where}[{number}]"
        inner = {name: one.get(name) or [] for name in BRANCHES} if one["do"] == "branch" else {}
        ways = [_first(inner[name], following) for name in inner] or [OVER, OVER]
        yield Step(one["step_id"], one["do"], one, following, place, depth, *ways)
        for name, steps in inner.items():
            yield from _steps(steps, following, f"{place}.{name}", depth + 1)


def _first(steps: list[Told], otherwise: str) -> str:
    return str(steps[0]["step_id"]) if steps else otherwise


_decoder = msgspec.json.Decoder(Document)
