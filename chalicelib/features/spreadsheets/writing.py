"""Rows as a CSV file that every spreadsheet opens right, and of which none runs anything.

A cell that begins like a formula gets an apostrophe before it; reading takes it off again (checking.py).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# The wide ones too: Chinese spreadsheets take them for the narrow.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
GUARD = "'"

Cell = str | int | bool | Sequence[str]


def write(rows: Iterable[Sequence[Cell]]) -> str:
    """With a byte order mark, for Excel reads Chinese right only then."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_safe(_words(cell)) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


def is_risky(text: str) -> bool:
    """Whether a spreadsheet may take it for a formula; a plain number is none."""
    return text.startswith(RISKY) and not NUMBER.fullmatch(text)


def _safe(text: str) -> str:
    return GUARD + text if is_risky(text) else text


def _words(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return str(cell) if isinstance(cell, int) else ";".join(cell)
