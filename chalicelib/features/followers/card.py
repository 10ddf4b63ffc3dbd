"""A follower's card: what lists and segments need to know of a person, short enough to stand in the index itself.

It is the `label` of the profile, compact JSON without what is unknown or nothing:

    n name shown   t tags   s scene   q QR scene   l language   u has a unionid   b blocked   r came back
    f first seen   a last active   m messages   o orders   v spent, in fen   d last order   e recent events   x facts
    h the hour in which they write and tap most

Days are Shanghai's, by number. A card is copied into the index, so of phone, address and picture it tells only that
they are known. It has at most a thousand bytes: the oldest events fall away first, then the longest facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from . import hours

MOST_BYTES = 1000
MOST_FACTS = 40  # of a person; cards hold as many as there is room for
ONLY_KNOWN = frozenset({"phone", "address", "picture"})

Value = str | int | bool


class Card(msgspec.Struct, frozen=True, omit_defaults=True, rename={
    "name": "n", "tags": "t", "scene": "s", "qr_scene": "q", "language": "l", "unionid": "u", "blocked": "b",
    "returned": "r", "first_seen": "f", "last_active": "a", "messages": "m", "orders": "o", "spent": "v",
    "last_order": "d", "recent": "e", "facts": "x", "best_hour": "h",
}):  # fmt: skip
    name: str = ""
    tags: tuple[int, ...] = ()
    scene: str = ""
    qr_scene: str = ""
    language: str = ""
    unionid: int = 0
    blocked: int = 0
    returned: int = 0
    first_seen: int = 0
    last_active: int = 0
    messages: int = 0
    orders: int = 0
    spent: int = 0
    last_order: int = 0
    recent: dict[str, int] = {}
    facts: dict[str, Value] = {}
    best_hour: int = -1  # of Shanghai's day; -1: unknown

    @staticmethod
    def read(text: str) -> Card:
        """Of a follower who was stored before there were cards: an empty one."""
        return _decoder.decode(text) if text else _EMPTY


_decoder = msgspec.json.Decoder(Card)
_encoder = msgspec.json.Encoder()
_EMPTY = Card()


def card(profile: Mapping[str, Any]) -> str:
    """The card of a profile, as text."""
    recent = sorted(profile.get("recent", {}).items(), key=lambda event: (event[1], event[0]))
    facts = sorted(_facts(profile).items(), key=lambda fact: (len(str(fact[1])), fact[0]))
    while True:
        text = _encoder.encode(_card(profile, dict(recent), dict(facts)))
        if len(text) <= MOST_BYTES or not (recent or facts):
            return text.decode()
        if recent:
            recent.pop(0)
        else:
            facts.pop()


def _card(profile: Mapping[str, Any], recent: dict[str, int], facts: dict[str, Value]) -> Card:
    same = ("scene", "qr_scene", "first_seen", "last_active", "messages", "orders", "spent", "last_order")
    nickname = profile.get("facts", {}).get("nickname", {}).get("value", "")
    return Card(
        name=str(profile.get("remark") or nickname),
        tags=tuple(profile.get("tag_ids", ())),
        language=profile.get("lang", ""),
        unionid=int(bool(profile.get("unionid"))),
        blocked=int(bool(profile.get("blocked"))),
        returned=int(bool(profile.get("returned"))),
        recent=recent,
        facts=facts,
        best_hour=hours.best(profile.get("active_hours", "")),
        **{name: profile[name] for name in same if name in profile},
    )


def _facts(profile: Mapping[str, Any]) -> dict[str, Value]:
    told = {name: fact["value"] for name, fact in profile.get("facts", {}).items() if name != "nickname"}
    return {name: True if name in ONLY_KNOWN else value for name, value in told.items()}
