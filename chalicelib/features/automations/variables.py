"""The variables of an automation's words (features/variables.py), and what its events tell for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..variables import (
    BRACE_ALONE,
    EVENT,
    FACT,
    PART,
    are_theirs,
    fill,
    is_fixed,
    names,
    of_person,
    wants_default,
    word,
    wrong_one,
)
from . import places

__all__ = ["EVENT", "FACT", "are_theirs", "check", "fill", "is_fixed", "names", "of_event", "of_person", "word"]

LONGEST_KEPT = 120  # characters of an event's value
EVENT_FIELD = re.compile(r"[A-Za-z_][\w.-]{0,59}")
# What an event of a kind always tells, and what else it may.
TELLS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "followed": (frozenset(), frozenset({"scene"})),
    "scanned": (frozenset({"scene"}), frozenset()),
    "said": (frozenset(), frozenset({"text"})),
    "clicked": (frozenset({"key"}), frozenset()),
    "viewed": (frozenset({"url"}), frozenset()),
    "tagged": (frozenset({"tag_id"}), frozenset({"tag"})),
    "untagged": (frozenset({"tag_id"}), frozenset({"tag"})),
    "voted": (frozenset({"poll_id"}), frozenset()),
    "ordered": (frozenset({"order_id", "amount", "fen"}), frozenset()),
    "attribute_changed": (frozenset({"attribute"}), frozenset({"value"})),
    "silent": (frozenset({"days"}), frozenset()),
    "date": (frozenset({"date"}), frozenset()),
}
FREE = "fields."  # of a custom event, whose fields nobody knows beforehand


def check(words: str, where: str, kind: str) -> None:
    """BadInput says which variable makes no sense for an automation that begins with such an event."""
    for part in PART.finditer(words):
        if part[0] in ("{{", "}}"):
            continue
        if part[1] is None:
            raise places.wrong(where, *BRACE_ALONE)
        _check_one(part[1].strip(), part[2], where, kind)


def of_event(data: Mapping[str, Any], wanted: set[str]) -> dict[str, str]:
    """Of what an event told only what is asked for: this is kept as long as somebody is inside."""
    flat = {name: value for name, value in data.items() if not isinstance(value, dict | list)}
    flat |= {f"{FREE}{name}": value for name, value in (data.get("fields") or {}).items()}
    if "fen" in data:
        flat["amount"] = f"{data['fen'] / 100:.2f}"
    return {name: word(flat[name])[:LONGEST_KEPT] for name in sorted(wanted) if flat.get(name) not in (None, "")}


def _check_one(name: str, default: str | None, where: str, kind: str) -> None:
    if not name.startswith(EVENT):
        for zh, en in wrong_one(name, default):
            raise places.wrong(where, zh, en)
        return
    field, shown = name.removeprefix(EVENT), name[:40]
    always, perhaps = TELLS.get(kind, (frozenset(), frozenset()))
    known = field in always or field in perhaps or (kind == "custom" and bool(EVENT_FIELD.fullmatch(field)))
    if not known:
        raise places.wrong(where, f"没有变量 {{{shown}}}", f"knows no variable {{{shown}}}")
    if field not in always and not (default or "").strip():
        raise places.wrong(where, *wants_default(shown))
