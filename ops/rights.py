"""The table of `ops/policies.py` as a person reads it: what each function may do, in docs/security.md.

Run `python -m ops.rights` after a change of policies; tests/ops/test_rights.py compares.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from . import pages
from .policies import Statement, policies

PAGE = Path(__file__).parent.parent / "docs" / "security.md"
STAGE = "dev"
COLUMNS = {"dynamodb": "DynamoDB", "sqs": "SQS", "ssm": "SSM"}
OWN = re.compile(rf".*gaiwan[-/]{STAGE}(?:[-/](.+))?$")


def table() -> str:
    head = ["function", *COLUMNS.values(), "other"]
    rows = [head, ["---"] * len(head)]
    rows += [[f"`{name}`", *_cells(statements)] for name, statements in policies(STAGE).items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _cells(statements: Iterable[Statement]) -> list[str]:
    """What may be done is said once, after all that it may be done with."""
    told: dict[str, dict[str, list[str]]] = {column: {} for column in (*COLUMNS, "other")}
    for statement in statements:
        service = statement["Action"][0].partition(":")[0]
        column = told[service if service in COLUMNS else "other"]
        column.setdefault(_doing(statement), []).extend(_short(one) for one in statement["Resource"])
    return ["; ".join(f"{', '.join(names)}: {doing}" for doing, names in words.items()) for words in told.values()]


def _doing(statement: Statement) -> str:
    actions = " ".join(action.partition(":")[2] for action in statement["Action"])
    only = [f" (only {', '.join(*keys.values())})" for keys in statement.get("Condition", {}).values()]
    return actions + "".join(only)


def _short(resource: str) -> str:
    """Without what all have in common; of the stage's one table, or bus, what it is."""
    found = OWN.fullmatch(resource)
    return (found and found[1]) or resource.rpartition(":")[2].partition("/")[0]


if __name__ == "__main__":
    pages.fill(PAGE, "rights", table())
