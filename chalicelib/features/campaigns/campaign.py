"""What a campaign is: the document that operators write, and what becomes of it.

    draft -> scheduled -> planning -> running -> settling -> done        cancelled, from anywhere before `done`
                             paused <-> running <-> waiting              (`waits_until` and `why` say for what)

`settling`: everything is sent, and reports of delivery still come. Times are unix seconds; 0 is never, or not yet.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .. import days
from ..days import A_DAY

KINDS = ("template", "notice", "custom", "mass")
LETTERS = "abcd"  # of the variants, as the tally counts them; "o" is the holdout
PHASES = ("draft", "scheduled", "planning", "running", "paused", "waiting", "settling", "done", "cancelled")
NOT_BEGUN = ("draft", "scheduled")
ACTIVE = ("planning", "running", "paused", "waiting")
REPORTED = frozenset({"template", "notice", "mass"})  # kinds of which WeChat tells what became of each message
WEEK = 7 * A_DAY
QUIET_FROM, QUIET_TO = 22, 8  # hours in Shanghai
AN_HOUR = 3600
CLICKS_END = 3 * A_DAY  # after the sending: by then nearly all who ever click have
QUIET, PER_DAY = "quiet", "per_day"  # why it waits

Told = dict[str, Any]


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side of an A/B split; a campaign usually has one. Of those who get anything, `share` percent get this."""

    label: str = "A"
    share: int = 100
    template: str = ""  # our alias of it
    fields: dict[str, str] = {}  # of a template or notice: words with variables
    link: str = ""
    miniprogram: dict[str, str] | None = None  # {appid, pagepath}; wins over the link
    reply: Told | None = None  # of a customer-service message, as replies are written everywhere
    mass: Told | None = None  # {"msgtype": "text", "content": …} or {"msgtype": "mpnews", "media_id": …}


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """As operators write it, checked (reading.py). Without a segment and a question it is for everybody."""

    name: str
    kind: str
    segment_id: str = ""
    question: Told | None = None
    tag_id: int = 0  # of a mass message to a tag at WeChat; 0: to the audience, by openids
    variants: list[Variant]
    holdout: int = 0  # percent who get nothing, to compare with
    track: bool = True
    goal: Told | None = None
    send_at: int = 0
    best_hour: bool = False
    per_second: int = 0
    per_day: int = 0
    cap: int = 0
    quiet: bool = True
    check_content: bool = False


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """`audience` is how many people were planned, the holdout among them; 0 before that. `version` is the document's.
    `buckets`: into how many a shelf's people are divided (chunks.py)."""

    campaign_id: str
    document: Document
    phase: str
    version: int
    why: str = ""
    waits_until: int = 0
    created_at: int
    changed_at: int
    changed_by: str = ""
    started_at: int = 0
    planned_at: int = 0
    sent_at: int = 0
    done_at: int = 0
    audience: int = 0
    buckets: int = 1


def read(text: str) -> Document:
    """Of what was stored, which was checked before."""
    return _decoder.decode(text)


def write(document: Document) -> str:
    return msgspec.json.encode(document).decode()


def quiet_until(now: int) -> int:
    """When the quiet hours end, in unix seconds; 0 if it is not quiet now. They are 22:00 to 08:00 in Shanghai."""
    hour = days.minute(now) // 60
    if QUIET_TO <= hour < QUIET_FROM:
        return 0
    day = days.today(now) + (hour >= QUIET_FROM)
    return days.begins(day) + QUIET_TO * AN_HOUR


_decoder = msgspec.json.Decoder(Document)
