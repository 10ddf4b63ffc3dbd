"""What became of a recipient, in one character each; which may follow which; and how the funnel counts them.

    " " planned     ">" may have been sent under an id by which WeChat knows a repeat; sent again within nine minutes
    a accepted      h held by the platform, which delivers it by itself     d delivered     r refused     f failed
    u unknown: may have arrived, and is never sent again    n no report came    s suppressed    x cancelled    o holdout

A fate only moves towards more knowledge: a report may come before the answer, late, or twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from .campaign import LETTERS

if TYPE_CHECKING:
    from .campaign import Document

PLANNED, BEGUN, ACCEPTED, HELD, DELIVERED, REFUSED, FAILED = " ", ">", "a", "h", "d", "r", "f"
UNKNOWN, UNREPORTED, SUPPRESSED, CANCELLED, HOLDOUT = "u", "n", "s", "x", "o"

# How the tally names them. Whoever is begun is planned still, and so is whoever is held out of it.
STAGES = {
    PLANNED: "planned",
    BEGUN: "planned",
    HOLDOUT: "planned",
    ACCEPTED: "accepted",
    HELD: "held",
    DELIVERED: "delivered",
    REFUSED: "refused",
    FAILED: "failed",
    UNKNOWN: "unknown",
    UNREPORTED: "unreported",
    SUPPRESSED: "suppressed",
    CANCELLED: "cancelled",
}
OPEN = frozenset({PLANNED, BEGUN})  # still to be sent
WAITING = frozenset({ACCEPTED, HELD, UNKNOWN})  # a report may still come
SENT = frozenset({ACCEPTED, HELD, DELIVERED, REFUSED, FAILED, UNKNOWN, UNREPORTED})  # WeChat was asked
REACHED = frozenset({ACCEPTED, HELD, DELIVERED, UNKNOWN, UNREPORTED})  # has it, or may have it: counts for a cap
TAKEN = frozenset({ACCEPTED, HELD, DELIVERED, UNREPORTED})  # by WeChat, from us
_REPORTED = frozenset({DELIVERED, REFUSED, FAILED})
_ANSWERED = _REPORTED | {ACCEPTED, HELD}
_AFTER = {
    PLANNED: frozenset(STAGES) - {PLANNED, HOLDOUT},
    BEGUN: _ANSWERED | {UNKNOWN, SUPPRESSED},
    ACCEPTED: _REPORTED | {UNREPORTED},
    HELD: _REPORTED | {UNREPORTED},
    UNKNOWN: _ANSWERED | {UNREPORTED},
    UNREPORTED: _REPORTED,
    # Cancelled or left out while a worker was asking WeChat: what it heard is what is true.
    CANCELLED: _ANSWERED | {UNKNOWN},
    SUPPRESSED: _ANSWERED | {UNKNOWN},
}
NOBODYS = "o"  # the letter of the holdout
PARTS = 10_000  # of the hash by which people are divided


def may_follow(before: str, after: str) -> bool:
    return after in _AFTER.get(before, frozenset())


def variant_of(campaign_id: str, openid: str, document: Document) -> int | None:
    """Which variant this person gets; None: nothing, to compare with. The same forever, so nobody need keep it."""
    digest = hashlib.sha256(f"{campaign_id}#{openid}".encode()).digest()
    part = int.from_bytes(digest[:4]) % PARTS * 100 // PARTS
    if part < document.holdout:
        return None
    # Of another part of the hash: who is held out says nothing about who gets which.
    part = int.from_bytes(digest[4:8]) % PARTS * 100 // PARTS
    for number, variant in enumerate(document.variants):
        part -= variant.share
        if part < 0:
            return number
    return len(document.variants) - 1


def letter_of(campaign_id: str, openid: str, document: Document) -> str:
    """Under which a person is counted."""
    number = variant_of(campaign_id, openid, document)
    return NOBODYS if number is None else LETTERS[number]


def number_of(letter: str) -> int:
    """The variant's."""
    return LETTERS.index(letter)


def counted(letters: list[str], fates: str) -> Counter[str]:
    """What a new chunk adds to the tally."""
    tally = Counter(f"{letter}_{STAGES[fate]}" for letter, fate in zip(letters, fates, strict=True))
    tally["planned"] = len(fates)
    tally["suppressed"] = fates.count(SUPPRESSED)
    return +tally


def moved(letter: str, before: str, after: str) -> Counter[str]:
    """What one person's move adds to the tally."""
    tally = Counter({f"{letter}_{STAGES[after]}": 1})
    tally[f"{letter}_{STAGES[before]}"] -= 1
    tally["suppressed"] = (after == SUPPRESSED) - (before == SUPPRESSED)
    return tally
