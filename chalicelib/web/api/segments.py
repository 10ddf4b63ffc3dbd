"""/api/{account}/segments: saved questions about followers, how many people they fit, and who."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...features import days, segments, tags
from ...features.followers import Row
from ...features.segments import Estimate, Explained, Segment
from ...features.segments.fields import day_text
from .door import Call, door

MOST_LISTED = 1000
LONGEST_CURSOR = 300


class SegmentList(msgspec.Struct):
    """By name; all of them, so there is never a cursor."""

    items: list[Segment]
    cursor: str = ""


class SegmentBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    question: dict[str, Any]


class ChangedSegment(msgspec.Struct, forbid_unknown_fields=True):
    """`version`: the one that was seen; if there is a newer one by now, nothing is changed (409)."""

    name: str
    question: dict[str, Any]
    version: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    question: dict[str, Any]


class Counted(msgspec.Struct):
    people: int
    counted_at: int


class SegmentPerson(msgspec.Struct):
    openid: str
    name: str
    since: int
    tags: list[int]
    last_active: str  # a day, or ""
    messages: int


class SegmentPeople(msgspec.Struct):
    """A page may be shorter than asked for, even empty, and yet have a cursor: go on until that is ""."""

    items: list[SegmentPerson]
    cursor: str


class PeopleQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(max_length=LONGEST_CURSOR)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


class ExplainQuery(msgspec.Struct):
    openid: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


@door("GET", "/api/{account}/segments", needs="segments:read", gives=SegmentList, says="人群。The segments.")
def listed(call: Call, account: str) -> SegmentList:
    return SegmentList(segments.listed(call.svc, call.svc.accounts[account]))


@door(
    "POST",
    "/api/{account}/segments",
    needs="segments:write",
    takes=SegmentBody,
    gives=Segment,
    status=201,
    says="存一个人群。Save a segment.",
)
def create(call: Call, account: str) -> Segment:
    return segments.create(call.svc, call.svc.accounts[account], call.body.name, call.body.question)


@door("GET", "/api/{account}/segments/{item}", needs="segments:read", gives=Segment, says="一个人群。One segment.")
def one(call: Call, account: str, item: str) -> Segment:
    return segments.find(call.svc, call.svc.accounts[account], item)


@door(
    "PUT",
    "/api/{account}/segments/{item}",
    needs="segments:write",
    takes=ChangedSegment,
    gives=Segment,
    says="修改人群。Change a segment.",
)
def change(call: Call, account: str, item: str) -> Segment:
    body: ChangedSegment = call.body
    return segments.change(call.svc, call.svc.accounts[account], item, body.name, body.question, body.version)


@door("DELETE", "/api/{account}/segments/{item}", needs="segments:write", says="删除人群。Remove a segment.")
def remove(call: Call, account: str, item: str) -> None:
    segments.remove(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/segments/estimate",
    needs="segments:read",
    takes=Asked,
    gives=Estimate,
    says="大约多少人，很快；人少时是准数。About how many people, quickly; exact while followers are few.",
)
def estimate(call: Call, account: str) -> Estimate:
    return segments.estimate(call.svc, call.svc.accounts[account], segments.read(call.body.question))


@door(
    "POST",
    "/api/{account}/segments/{item}/count",
    needs="segments:read",
    gives=Counted,
    says="数清楚；人太多时转到后台数（409）。Count exactly; where that takes long it goes on in the background (409).",
)
def count(call: Call, account: str, item: str) -> Counted:
    """The number is kept only if whoever asks may change segments."""
    keep = call.who.may("segments:write")
    segment = segments.count(call.svc, call.svc.accounts[account], item, keep)
    return Counted(segment.counted, segment.counted_at)


@door(
    "GET",
    "/api/{account}/segments/{item}/people",
    needs="segments:read",
    asks=PeopleQuery,
    gives=SegmentPeople,
    says="人群里的人。The people of a segment.",
)
def people(call: Call, account: str, item: str) -> SegmentPeople:
    svc, tea = call.svc, call.svc.accounts[account]
    question = segments.find(svc, tea, item).question
    rows, cursor = segments.page(svc, tea, question, call.query.cursor, call.query.limit)
    return SegmentPeople([_person(row) for row in rows], cursor)


@door(
    "GET",
    "/api/{account}/segments/{item}/explain",
    needs="segments:read",
    asks=ExplainQuery,
    gives=Explained,
    says="某人为什么在或不在人群里。Why somebody is in a segment, or is not.",
)
def explain(call: Call, account: str, item: str) -> Explained:
    svc, tea = call.svc, call.svc.accounts[account]
    question = segments.find(svc, tea, item).question
    return segments.explain(svc, tea, question, call.query.openid, tags.names(svc, tea))


def _person(row: Row) -> SegmentPerson:
    card = row.card
    active = day_text(card.last_active or days.today(row.since))
    return SegmentPerson(row.openid, card.name, row.since, list(card.tags), active, card.messages)
