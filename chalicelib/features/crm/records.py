"""What goes out of a person: the properties that the mapping names, as they are now.

Not what an event says but what is so: an event that comes late or twice, or after a newer one, then changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from ...services import Account, Services
from .. import tags
from ..identities import unions
from ..segments.fields import day_text
from .mapping import KEYS, OURS, Field, Mapping, source

Item = dict[str, Any]
Out = str | int | float | bool | None  # None empties the property

A_MINUTE = 60


class Record(msgspec.Struct, frozen=True):
    """`key` is the value of their unique property. `openid` stays with us, unless it is mapped."""

    openid: str
    key: str
    values: dict[str, Out]


def of(  # noqa: PLR0913, PLR0917 (whose, by which mapping, and what is known)
    svc: Services,
    account: Account,
    endpoint_id: str,
    mapping: Mapping,
    openid: str,
    profile: Item,
    gone: Sequence[str] = (),
) -> Record | None:
    """None of somebody without what is the key here. `gone`: shared attributes that were taken away with us."""
    key = key_of(svc, account, mapping, openid, profile)
    if not key:
        return None
    values: dict[str, Out] = {}
    for field in mapping.map:
        if field.ours in OURS:
            values[field.theirs] = _ours(svc, account, openid, profile, field.ours)
        elif field.leaves and not _is_theirs(profile, field, source(endpoint_id), gone):
            values[field.theirs] = profile.get("facts", {}).get(field.ours, {}).get("value")
        if field.otherwise and field.leaves and values.get(field.theirs, "") is None:
            values[field.theirs] = field.otherwise
    return Record(openid, key, values)


def key_of(svc: Services, account: Account, mapping: Mapping, openid: str, profile: Item) -> str:
    ours = mapping.key.ours
    if ours in KEYS:
        return str(_ours(svc, account, openid, profile, ours) or "")
    return str(profile.get("facts", {}).get(ours, {}).get("value", ""))


def _is_theirs(profile: Item, field: Field, their_source: str, gone: Sequence[str]) -> bool:
    """Of a shared property: they said it themselves, or we know nothing of it and never did."""
    if field.direction != "both":
        return False
    known = profile.get("facts", {}).get(field.ours)
    if known is None:
        return field.ours not in gone
    return bool(known["source"] == their_source)


def _ours(svc: Services, account: Account, openid: str, profile: Item, name: str) -> Out:
    """None for nothing."""
    if name in AS_TOLD:
        return AS_TOLD[name](profile.get(name))
    if name == "openid":
        return openid
    if name == "unionid":
        known = profile.get("unionid") or (unions.kept(svc, account, openid) or {}).get("unionid")
        return str(known) if known else None
    if name == "tags":
        names = svc.cached(f"tag names#{account.alias}", A_MINUTE, lambda: tags.names(svc, account))
        return ";".join(sorted(names.get(tag, str(tag)) for tag in profile.get("tag_ids", ()))) or None
    return profile.get("lang" if name == "language" else name) or None


def _day(value: int | None) -> Out:
    return day_text(value) if value else None


def _moment(value: int | None) -> Out:
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ}" if value else None


AS_TOLD: dict[str, Callable[[Any], Out]] = {
    "following": bool,
    "messages": lambda value: value or 0,
    "orders": lambda value: value or 0,
    "spent": lambda value: (value or 0) / 100,
    "since": _moment,
    "first_seen": _day,
    "last_active": _day,
    "last_order": _day,
}
