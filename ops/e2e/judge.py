"""Is each role given what it needs and nothing else? Its statements against what was asked of AWS in its name."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from .world import Used

Statement = dict[str, Any]
Policies = dict[str, list[Statement]]  # by role
DRAWN = 2
LEADING = "dynamodb:LeadingKeys"


@dataclass(frozen=True)
class Place:
    """One statement of one role."""

    role: str
    number: int

    def __str__(self) -> str:
        return f"{self.role}:{self.number}"


def findings(policies: Policies, used: list[Used]) -> list[str]:
    """What is wrong, a sentence each; nothing if every permission was enough and was needed."""
    denied = [f"{one.principal} was denied {one.action} on {one.resource}" for one in used if not one.allowed]
    return denied + [sentence for place in places(policies) for sentence in _idle(policies, place, used)]


def places(policies: Policies) -> list[Place]:
    return [Place(role, number) for role in sorted(policies) for number in range(len(policies[role]))]


def drawn(policies: Policies, day: date) -> list[Place]:
    """Three statements, others every day, the same all day long."""
    return random.Random(day.isoformat()).sample(places(policies), DRAWN)


def denied(used: list[Used], role: str) -> list[Used]:
    return [one for one in used if one.principal == f"role/{role}" and not one.allowed]


def table(used: list[Used]) -> str:
    """What each role used, a line for each resource."""
    lines: dict[str, dict[str, set[str]]] = {}
    for one in used:
        if one.allowed and one.principal.startswith("role/gaiwan-"):
            what = " ".join((one.action, *one.leading)) + (" (Lambda)" if one.by else "")
            lines.setdefault(one.principal, {}).setdefault(one.resource.split(":", 5)[-1], set()).add(what)
    return "\n".join(_role_lines(role, lines[role]) for role in sorted(lines))


def _role_lines(role: str, resources: dict[str, set[str]]) -> str:
    return "\n".join([role, *(f"    {name}: {', '.join(sorted(resources[name]))}" for name in sorted(resources))])


def _idle(policies: Policies, place: Place, used: list[Used]) -> Iterator[str]:
    """A use counts where no other statement of the role would have allowed it too."""
    statement = policies[place.role][place.number]
    others = [one for number, one in enumerate(policies[place.role]) if number != place.number]
    mine = [one for one in used if one.principal == f"role/{place.role}" and grants(statement, one)]
    name = f"{place} ({statement['Resource'][0].split(':', 5)[-1]})"
    if not mine:
        yield f"{name} is never used"
    elif all(any(grants(other, one) for other in others) for one in mine):
        yield f"{name} allows nothing that another statement of the role does not"
    else:
        for action in statement["Action"]:
            if not any(_fits(action, one.action) for one in mine):
                yield f"{name} allows {action}, which is never used"
        for resource in statement["Resource"]:
            if not any(_fits(resource, one.resource) for one in mine):
                yield f"{name} names {resource}, which is never used"


def grants(statement: Statement, one: Used) -> bool:
    return (
        any(_fits(action, one.action) for action in statement["Action"])
        and any(_fits(resource, one.resource) for resource in statement["Resource"])
        and all(_leads(patterns, one) for patterns in _leading_patterns(statement))
    )


def _leading_patterns(statement: Statement) -> list[list[str]]:
    return [keys[LEADING] for keys in statement.get("Condition", {}).values() if LEADING in keys]


def _leads(patterns: list[str], one: Used) -> bool:
    """The record keeps of a key what stands before its first #."""
    return all(any(_fits(pattern.split("#")[0], kind) for pattern in patterns) for kind in one.leading)


def _fits(pattern: str, value: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), value) is not None
