"""The table of `ops/policies.py` as a person reads it: what each function may do, in docs/security.md.

Run `python -m ops.rights` after a change of policies; tests/ops/test_rights.py compares.
"""

import re
from collections.abc import Iterable, Iterator
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
    told: dict[str, list[str]] = {column: [] for column in (*COLUMNS, "other")}
    for statement in statements:
        service = statement["Action"][0].partition(":")[0]
        told[service if service in COLUMNS else "other"] += _in_words(statement)
    return ["; ".join(words) for words in told.values()]


def _in_words(statement: Statement) -> Iterator[str]:
    actions = " ".join(action.partition(":")[2] for action in statement["Action"])
    only = [f" (only {', '.join(*keys.values())})" for keys in statement.get("Condition", {}).values()]
    yield f"{', '.join(_short(one) for one in statement['Resource'])}: {actions}{''.join(only)}"


def _short(resource: str) -> str:
    found = OWN.fullmatch(resource)
    return found[1] if found and found[1] else "table"


if __name__ == "__main__":
    pages.fill(PAGE, "rights", table())
