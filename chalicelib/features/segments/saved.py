"""Questions that were given a name, and how many people they fitted when that was last counted.

    pk segments#<account>   sk segment#<id>   {segment_id, label, question, counted, counted_at, created,
        changed, version}

`question` is JSON text, as it was given. Whoever changes a segment may say which version they saw; if somebody else
was quicker they get a Conflict, and lose nothing but a moment.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from ...errors import BadInput, Conflict, NotFound
from ...services import Account, Services
from . import counting
from .questions import read

LONGEST_NAME = 40
MOST_SEGMENTS = 200
PATIENCE = 6.0  # seconds that an operator waits for an exact number; then it goes on in the background
AT_A_STRETCH = 30.0  # seconds that one job counts, before it leaves the rest to the next
COUNTING = (
    "人很多，正在后台数，过几分钟再来看。So many people are counted in the background; look again in a few minutes."
)


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """`counted` people at the time `counted_at`; 0 as long as nobody has counted."""

    segment_id: str
    name: str
    question: dict[str, Any]
    counted: int = 0
    counted_at: int = 0
    created: int
    changed: int
    version: int


def listed(svc: Services, account: Account) -> list[Segment]:
    """All of the account, by name."""
    found = [_segment(item) for item in svc.table.under(_pk(account), "segment#")]
    return sorted(found, key=lambda one: (one.name, one.segment_id))


def find(svc: Services, account: Account, segment_id: str) -> Segment:
    item = svc.table.get(_pk(account), f"segment#{segment_id}", fresh=True)
    if item is None:
        raise NotFound("没有这个人群。There is no such segment.")
    return _segment(item)


def create(svc: Services, account: Account, name: str, question: Any) -> Segment:
    told = _checked(name, question)
    if len(listed(svc, account)) >= MOST_SEGMENTS:
        raise BadInput(f"最多 {MOST_SEGMENTS} 个人群。An account may have {MOST_SEGMENTS} segments at most.")
    made = uuid.uuid4().hex[:12]
    times = {"created": svc.now(), "changed": svc.now(), "counted": 0, "counted_at": 0, "version": 1}
    item = {"pk": _pk(account), "sk": f"segment#{made}", "segment_id": made, **told, **times}
    svc.table.put(item)
    return _segment(item)


def change(  # noqa: PLR0913, PLR0917 (which, its form, and the version that was seen)
    svc: Services, account: Account, segment_id: str, name: str, question: Any, version: int | None = None
) -> Segment:
    """Another question has not been counted yet."""
    told = _checked(name, question)
    before = find(svc, account, segment_id)
    seen = before.version if version is None else version
    same = before.question == question
    news = {**told, "changed": svc.now(), "version": seen + 1} | ({} if same else {"counted": 0, "counted_at": 0})
    stored = svc.table.update(_pk(account), f"segment#{segment_id}", news, where="#version = :seen", seen=seen)
    if stored is None:
        raise Conflict(
            "别人刚改过这个人群，请看看再改。Somebody else has just changed this segment; please look again."
        )
    return _segment(stored)


def remove(svc: Services, account: Account, segment_id: str) -> None:
    if svc.table.take(_pk(account), f"segment#{segment_id}") is None:
        raise NotFound("没有这个人群。There is no such segment.")


def count(svc: Services, account: Account, segment_id: str, keep: bool = True) -> Segment:
    """Exactly, now. Conflict says that it takes longer, and is done in the background."""
    segment = find(svc, account, segment_id)
    try:
        people = counting.count_exact(svc, account, segment.question, PATIENCE).people
    except counting.TooLong:
        svc.in_bulk(count_on, account, segment_id=segment_id, version=segment.version, cursor="", so_far=0)
        raise Conflict(COUNTING) from None
    return _note(svc, account, segment, people) if keep else _counted(svc, segment, people)


def count_on(  # noqa: PLR0913, PLR0917 (what, and how far it is)
    svc: Services, account: Account, segment_id: str, version: int, cursor: str, so_far: int
) -> None:
    """A job: count for half a minute, then leave the rest to another. For nothing if the question changed meanwhile."""
    try:
        segment = find(svc, account, segment_id)
    except NotFound:
        return
    if segment.version != version:
        return
    give_up = svc.clock.time() + AT_A_STRETCH
    for page in counting.stream(svc, account, segment.question, cursor):
        so_far += len(page.openids)
        if page.cursor and svc.clock.time() > give_up:
            rest = {"segment_id": segment_id, "version": version, "cursor": page.cursor, "so_far": so_far}
            svc.in_bulk(count_on, account, **rest)
            return
    _note(svc, account, segment, so_far)


def _note(svc: Services, account: Account, segment: Segment, people: int) -> Segment:
    """Unless the question became another one meanwhile."""
    news = {"counted": people, "counted_at": svc.now()}
    where = "attribute_exists(pk) AND #version = :seen"
    stored = svc.table.update(_pk(account), f"segment#{segment.segment_id}", news, where=where, seen=segment.version)
    return _segment(stored) if stored else _counted(svc, segment, people)


def _counted(svc: Services, segment: Segment, people: int) -> Segment:
    return msgspec.structs.replace(segment, counted=people, counted_at=svc.now())


def _checked(name: str, question: Any) -> dict[str, str]:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BadInput(f"名称要有 1 到 {LONGEST_NAME} 个字。A segment's name has 1 to {LONGEST_NAME} characters.")
    read(question)
    return {"label": name.strip(), "question": msgspec.json.encode(question).decode()}


def _segment(item: dict[str, Any]) -> Segment:
    read = {"name": item["label"], "question": msgspec.json.decode(item["question"])}
    return msgspec.convert({**item, **read}, Segment)


def _pk(account: Account) -> str:
    return f"segments#{account.alias}"
