"""What may be asked of a follower: each field with its kind, its names, and where a card keeps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from .. import days
from ..followers import Row
from ..followers.card import ONLY_KNOWN

if TYPE_CHECKING:
    from .questions import Compare

Value = str | int | bool | tuple[int, ...]

KNOWN = frozenset({"known", "unknown"})
TEXT = frozenset({"is", "is_not", "contains", "starts_with"}) | KNOWN
NUMBER = frozenset({"is", "at_least", "at_most"}) | KNOWN
IN_DAYS = frozenset({"within_days", "before_days"})
# Operators by the kind of a field; a fact may be a text or a number.
OPERATORS: dict[str, frozenset[str]] = {
    "text": TEXT,
    "number": NUMBER,
    "money": NUMBER,
    "day": NUMBER | IN_DAYS,
    "list": frozenset({"has", "has_not"}),
    "flag": frozenset({"is"}),
    "fact": TEXT | NUMBER,
    "secret": KNOWN,
}
FACT = "facts."
EPOCH = date(1970, 1, 1).toordinal()


class Field(NamedTuple):
    """`read` gives the value, or what its kind has for nothing: "", 0, False, ()."""

    kind: str
    zh: str
    en: str
    read: Callable[[Row], Value]


def _followed(row: Row) -> int:
    return days.today(row.since)


def _active(row: Row) -> int:
    """Whoever was never active has been silent since they followed."""
    return row.card.last_active or _followed(row)


def _text(row: Row, fact: str) -> str:
    """What their last sign-in at a page of ours told, as of last night."""
    return str(row.card.facts.get(fact, ""))


FIELDS: dict[str, Field] = {
    "tags": Field("list", "标签", "Tags", lambda row: row.card.tags),
    "since": Field("day", "关注", "Followed", _followed),
    "first_seen": Field("day", "第一次见到", "First seen", lambda row: row.card.first_seen or _followed(row)),
    "last_active": Field("day", "最近活跃", "Last active", _active),
    "messages": Field("number", "消息数", "Messages", lambda row: row.card.messages),
    "scene": Field("text", "来源", "Found by", lambda row: row.card.scene),
    "qr_scene": Field("text", "来自二维码", "QR code", lambda row: row.card.qr_scene),
    "language": Field("text", "语言", "Language", lambda row: row.card.language),
    "name": Field("text", "名字", "Name", lambda row: row.card.name),
    "orders": Field("number", "订单数", "Orders", lambda row: row.card.orders),
    "spent": Field("money", "消费", "Spent", lambda row: row.card.spent),
    "last_order": Field("day", "最近下单", "Last order", lambda row: row.card.last_order),
    "device": Field("text", "设备", "Device", lambda row: _text(row, "device")),
    "wechat_version": Field("text", "微信版本", "WeChat version", lambda row: _text(row, "wechat_version")),
    "unionid": Field("flag", "有 UnionID", "Has a unionid", lambda row: bool(row.card.unionid)),
    "blocked": Field("flag", "在黑名单", "Blocked", lambda row: bool(row.card.blocked)),
    "returned": Field("flag", "曾离开又回来", "Came back", lambda row: bool(row.card.returned)),
}


def field(name: str) -> Field | None:
    """Also `facts.<name>`, for any fact; of phone, address and picture a card says only that they are known."""
    if not name.startswith(FACT):
        return FIELDS.get(name)
    fact = name.removeprefix(FACT)
    kind = "secret" if fact in ONLY_KNOWN else "fact"
    return Field(kind, fact, fact, lambda row: row.card.facts.get(fact, "")) if fact else None


def day_value(leaf: Compare, row: Row) -> int:
    """The day that a condition looks at; 0 if it looks at no day, or at one that is unknown."""
    known = field(leaf.field)
    value = known.read(row) if known and known.kind == "day" else 0
    return value if isinstance(value, int) else 0


def day_number(text: str) -> int:
    """Of `2026-11-20`, as Shanghai's days are numbered; ValueError for what is no day."""
    return date.fromisoformat(text).toordinal() - EPOCH


def day_text(number: int) -> str:
    return date.fromordinal(number + EPOCH).isoformat()
