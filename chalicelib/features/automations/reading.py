"""A document as it came, checked whole: what is kept, or every mistake with its place."""

from __future__ import annotations

from typing import Any

from ...services import Account, Services
from .. import segments
from . import places, triggers
from .definition import ENTERS, Document, Told, write
from .places import Mistake, Mistakes
from .steps import Reading

LONGEST_NAME = 40
LARGEST = 60_000  # bytes
FIELDS = {"name", "when", "question", "enter", "steps"}


def check(svc: Services, account: Account, told: Told) -> Document:
    """BadInput tells the first mistake."""
    mistakes = Mistakes()
    document = _read(svc, account, told, mistakes)
    mistakes.insist()
    return document


def mistakes_of(svc: Services, account: Account, told: Told) -> tuple[Document, list[Mistake]]:
    """What could be read, and all that is wrong, for whoever is still writing it."""
    mistakes = Mistakes()
    return _read(svc, account, told, mistakes), mistakes.found


def _read(svc: Services, account: Account, told: Told, mistakes: Mistakes) -> Document:
    kept: dict[str, Any] = {"name": "", "when": {"kind": ""}, "steps": []}
    with mistakes.noted():
        places.only(told, FIELDS, "automation")
    with mistakes.noted():
        kept["name"] = places.text(told.get("name"), "name", LONGEST_NAME)
    with mistakes.noted():
        kept["when"] = triggers.check(told.get("when"))
    with mistakes.noted():
        kept["question"] = _question(told.get("question"))
    with mistakes.noted():
        kept["enter"] = places.one_of(told.get("enter", "person"), "enter", ENTERS)
    reading = Reading(svc, account, str(kept["when"]["kind"]), mistakes)
    kept["steps"] = reading.steps(told.get("steps"), "steps")
    if not kept["steps"] and not mistakes.found:
        with mistakes.noted():
            raise places.wrong("steps", "要有至少一步", "needs at least one step")
    document = Document(**kept)
    with mistakes.noted():
        if len(write(document).encode()) > LARGEST:
            raise places.wrong("steps", "内容太多", "says too much in all")
    return document


def _question(told: Any) -> Told | None:
    """Nothing to ask is everybody."""
    if told in (None, {}, {"all": []}):
        return None
    with places.asked_at("question"):
        segments.read(told)
    question: Told = told
    return question
