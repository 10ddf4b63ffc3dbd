"""Where followers are listed: on sixteen shelves of the index, by hash, since they can be millions."""

from __future__ import annotations

import hashlib

from ...services import Account

SHELVES = 16
MARK_BYTES = 8


def names(account: Account) -> list[str]:
    """All sixteen, for whoever reads every follower."""
    return [f"followers#{account.alias}#{number:x}" for number in range(SHELVES)]


def of(account: Account, openid: str) -> str:
    return names(account)[number(mark(openid))]


def place(since: int, openid: str) -> str:
    return f"{since:011d}#{openid}"


def openid_at(place: str) -> str:
    return place.partition("#")[2]


def mark(openid: str) -> int:
    """64 bits that stand for a person where the openids of all would be too many."""
    return int.from_bytes(hashlib.sha256(openid.encode()).digest()[:MARK_BYTES])


def number(mark: int) -> int:
    """Of the shelf: the mark's first hexadecimal digit."""
    return mark >> (8 * MARK_BYTES - 4)
