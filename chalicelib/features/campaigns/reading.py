"""A document as it came, checked whole: what is kept, or every mistake with its place.

What is not written yet is no mistake, so that a draft can be kept at any time; `unfinished` tells of it before a start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import NotFound
from ...services import Account, Services
from .. import segments
from ..automations import places
from ..automations.places import Mistake, Mistakes, wrong
from . import wording
from .campaign import KINDS, LETTERS, Document, Told, Variant, write

LONGEST_NAME = 40
LARGEST = 60_000  # bytes
MOST_HELD_OUT = 50  # percent
FASTEST = 500  # messages a second
MOST_A_DAY = 10_000_000
MOST_A_WEEK = 50
LATEST_GOAL = 30  # days
AHEAD = 60 * 86_400  # seconds that one may be scheduled ahead
GOALS = {"ordered": set[str](), "custom": {"name"}, "tagged": {"tag_id"}}
FIELDS = set(Document.__struct_fields__)

Read = Callable[[Any], Any]


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


def unfinished(document: Document) -> list[Mistake]:
    """What still has to be written before it can start."""
    mistakes = Mistakes()
    for number, variant in enumerate(document.variants):
        with mistakes.noted():
            wording.insist(document.kind, variant, f"variants[{number}]")
    return mistakes.found


def _read(svc: Services, account: Account, told: Told, mistakes: Mistakes) -> Document:
    with mistakes.noted():
        places.only(told, FIELDS, "campaign")
    kind = told.get("kind") if told.get("kind") in KINDS else "template"
    ways: dict[str, Read] = {
        "name": lambda value: places.text(value, "name", LONGEST_NAME),
        "kind": lambda value: places.one_of(value, "kind", KINDS),
        "segment_id": lambda value: _segment(svc, account, value),
        "question": _question,
        "tag_id": lambda value: places.whole(value, "tag_id", 0, 2**53),
        "holdout": lambda value: places.whole(value, "holdout", 0, MOST_HELD_OUT),
        "track": lambda value: places.yes_or_no(value, "track"),
        "goal": _goal,
        "send_at": lambda value: _time(svc, value),
        "best_hour": lambda value: places.yes_or_no(value, "best_hour"),
        "per_second": lambda value: places.whole(value, "per_second", 0, FASTEST),
        "per_day": lambda value: places.whole(value, "per_day", 0, MOST_A_DAY),
        "cap": lambda value: places.whole(value, "cap", 0, MOST_A_WEEK),
        "quiet": lambda value: places.yes_or_no(value, "quiet"),
        "check_content": lambda value: places.yes_or_no(value, "check_content"),
    }
    kept: Told = {"name": "", "kind": kind, "variants": []}
    for name, read in ways.items():
        if name in told or name in ("name", "kind"):
            with mistakes.noted():
                kept[name] = read(told.get(name))
    kept["variants"] = _variants(str(kind), told.get("variants"), mistakes)
    document = Document(**kept)
    with mistakes.noted():
        _agrees(document)
    return document


def _segment(svc: Services, account: Account, told: Any) -> str:
    segment_id = places.text(told, "segment_id", 40, 0)
    if segment_id:
        try:
            segments.find(svc, account, segment_id)
        except NotFound:
            raise wrong("segment_id", "没有这个人群", "is no segment of this account") from None
    return segment_id


def _question(told: Any) -> Told | None:
    """Nothing to ask is everybody."""
    if told in (None, {}, {"all": []}, {"any": []}):
        return None
    segments.read(told)
    question: Told = told
    return question


def _time(svc: Services, told: Any) -> int:
    send_at = places.whole(told, "send_at", 0, 2**40)
    if send_at > svc.now() + AHEAD:
        raise wrong("send_at", "最多提前 60 天", "may be 60 days ahead at most")
    return send_at


def _goal(told: Any) -> Told | None:
    if told is None:
        return None
    told = places.is_object(told, "goal")
    kind = places.one_of(told.get("kind"), "goal.kind", GOALS)
    places.only(told, {"kind", "within_days", *GOALS[kind]}, "goal")
    kept: Told = {"kind": kind, "within_days": places.whole(told.get("within_days", 7), "goal.within_days", 1, 30)}
    if kind == "custom":
        kept["name"] = places.text(told.get("name"), "goal.name", LONGEST_NAME)
    if kind == "tagged":
        kept["tag_id"] = places.whole(told.get("tag_id"), "goal.tag_id", 1, 2**53)
    return kept


def _variants(kind: str, told: Any, mistakes: Mistakes) -> list[Variant]:
    kept: list[Variant] = []
    with mistakes.noted():
        if not isinstance(told, list) or not 0 < len(told) <= len(LETTERS):
            raise wrong("variants", f"要有 1 到 {len(LETTERS)} 个版本", f"must be a list of 1 to {len(LETTERS)}")
        for number, one in enumerate(told):
            with mistakes.noted():
                kept.append(wording.variant(kind, one, f"variants[{number}]", LETTERS[number].upper()))
        if len(kept) == len(told) and sum(one.share for one in kept) != 100:  # noqa: PLR2004 (percent)
            raise wrong("variants", "各版本的比例加起来要是 100", "must have shares that make 100 together")
    return kept


def _agrees(document: Document) -> None:
    """What makes no sense together."""
    if document.segment_id and document.question:
        raise wrong("question", "选人群就不能再写条件", "cannot stand beside a segment")
    if document.kind != "mass" and document.tag_id:
        raise wrong("tag_id", "只有群发才能按标签", "is only for mass messages")
    if document.kind == "mass" and (document.best_hour or document.per_second or document.per_day):
        raise wrong("kind", "群发不能分时段或限速", "mass: has no best hour and no pace")
    if document.tag_id and (document.segment_id or document.question):
        raise wrong("tag_id", "按标签群发就不能再选人群", "cannot stand beside a segment or question")
    if document.tag_id and (document.holdout or len(document.variants) > 1):
        raise wrong("tag_id", "按标签群发不能分版本或对照组", "to a tag everybody gets the same: no split, no holdout")
    if len(write(document).encode()) > LARGEST:
        raise wrong("variants", "内容太多", "say too much in all")
