"""Which of our attributes is which property of theirs, which way it goes, who wins: data, an endpoint's `fields`.

Nothing leaves, and nothing comes in, but what stands here. The decisions are in docs/decisions/0023-crm.md.
"""

from __future__ import annotations

from collections.abc import Mapping as Told
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ...errors import BadInput
from ..followers.card import Value
from ..followers.facts import NAME, ONLY_WITH_CONSENT, Beats, Fact

Direction = Literal["out", "in", "both"]
Wins = Literal["", "ours", "theirs", "later"]
Leaving = Literal["keep", "blank", "remove"]
Theirs = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")]

# What we know of a follower besides facts; it comes from WeChat or from our own counting, so nobody else may change it.
OURS = (
    "openid", "unionid", "following", "remark", "language", "scene", "qr_scene", "since", "first_seen", "last_active",
    "messages", "orders", "spent", "last_order", "tags",
)  # fmt: skip
KEYS = ("openid", "unionid")
USUAL_WINNER: dict[str, Wins] = {"out": "ours", "in": "theirs", "both": "later"}
MOST_FIELDS = 60

# Where a fact is from: told by a machine without a mapping, or through the mapping of an endpoint.
ANY_CRM = "crm"


def source(endpoint_id: str) -> str:
    return f"{ANY_CRM}:{endpoint_id}" if endpoint_id else ANY_CRM


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which both sides know a person: `openid`, `unionid`, or a fact that is marked as an id; and their unique
    property (HubSpot) or external id (Salesforce)."""

    theirs: Theirs
    ours: Annotated[str, Meta(min_length=1, max_length=40)] = "openid"


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`wins` is who wins where both have a value: by default `ours` going out, `theirs` coming in, and for what is
    shared whoever wrote later. `otherwise` is sent where we know nothing, instead of emptying the property."""

    ours: Annotated[str, Meta(min_length=1, max_length=40)]
    theirs: Theirs
    direction: Direction = "out"
    wins: Wins = ""
    otherwise: Annotated[str, Meta(max_length=200)] = ""

    @property
    def winner(self) -> Wins:
        return self.wins or USUAL_WINNER[self.direction]

    @property
    def leaves(self) -> bool:
        return self.direction in ("out", "both")

    @property
    def enters(self) -> bool:
        return self.direction in ("in", "both")


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`object`: what a person is there (Salesforce: Contact, Lead, …). `record_id`: the attribute that keeps their own
    number of the record. `leaving`: what becomes of the record when somebody leaves or is erased: it is kept as it
    is, or emptied of all that is mapped (`blank`), or removed."""

    key: Key
    map: Annotated[tuple[Field, ...], Meta(max_length=MOST_FIELDS)] = ()
    object: Annotated[str, Meta(pattern=r"^([A-Za-z][A-Za-z0-9_]{0,79})?$")] = ""
    record_id: Annotated[str, Meta(max_length=40)] = ""
    leaving: Leaving = "keep"

    def of_theirs(self, name: str) -> Field | None:
        return next((field for field in self.map if field.theirs == name and field.enters), None)


def read(fields: Any) -> Mapping:
    """BadInput names what is wrong."""
    try:
        mapping = msgspec.convert(fields, Mapping)
    except msgspec.ValidationError as error:
        raise BadInput(f"字段映射有误：{error}。The field mapping is not valid: {error}.") from None
    _check(mapping)
    return mapping


def _check(mapping: Mapping) -> None:
    if mapping.key.ours not in KEYS and not NAME.fullmatch(mapping.key.ours):
        raise BadInput("key.ours 应为 openid、unionid 或一个编号属性。key.ours is openid, unionid or an attribute.")
    if mapping.record_id and not _may_hold_a_number(mapping.record_id):
        raise BadInput("record_id 要是我们的一个属性名。record_id is the name of an attribute of ours.")
    seen: set[str] = {mapping.key.theirs}
    for field in mapping.map:
        if field.theirs in seen:
            raise BadInput(f"{field.theirs} 在映射里出现了两次。{field.theirs} stands in the mapping twice.")
        seen.add(field.theirs)
        _check_field(field)


def _may_hold_a_number(name: str) -> bool:
    """It becomes an id of the person (followers/ids.py)."""
    return name not in OURS and name not in ONLY_WITH_CONSENT and bool(NAME.fullmatch(name))


def _check_field(field: Field) -> None:
    if field.ours not in OURS and not NAME.fullmatch(field.ours):
        raise BadInput(f"{field.ours} 不是属性名。{field.ours} is no name of an attribute.")
    if field.ours in OURS and field.enters:
        raise BadInput(
            f"{field.ours} 由微信或我们自己统计，只能 out。{field.ours} is WeChat's or our own count: out only."
        )
    if field.wins and field.direction == "out" and field.wins != "ours":
        raise BadInput(f"{field.theirs} 只出不进，只能 ours 优先。{field.theirs} only goes out, so ours wins.")
    if field.wins and field.direction == "in" and field.wins != "theirs":
        raise BadInput(f"{field.theirs} 只进不出，只能 theirs 优先。{field.theirs} only comes in, so theirs wins.")


def translated(
    mapping: Mapping, endpoint_id: str, told: Told[str, Value | None]
) -> tuple[dict[str, Value | None], Beats]:
    """What of their properties may come in, under our names, and who wins over what is known."""
    fields = {field.ours: field for name in told if (field := mapping.of_theirs(name))}
    values = {name: told[field.theirs] for name, field in fields.items()}
    return {name: None if value == "" else value for name, value in values.items()}, _by(fields, source(endpoint_id))


def by_time(name: str, known: Told[str, Any] | None, told: Fact) -> bool:
    """Without a mapping: whoever wrote later. What is known already need not be said again, and keeps its source."""
    return known is None or (known["value"] != told["value"] and told["at"] >= known["at"])


def _by(fields: Told[str, Field], theirs: str) -> Beats:
    def beats(name: str, known: Told[str, Any] | None, told: Fact) -> bool:
        if known is None or known["source"] == theirs:
            return by_time(name, known, told)
        winner = fields[name].winner
        return winner != "ours" and (
            by_time(name, known, told) if winner == "later" else known["value"] != told["value"]
        )

    return beats
