"""What may be told: a purchase, attributes that changed elsewhere, or anything custom. Times are unix seconds."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ..followers.card import Value

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Name = Annotated[str, Meta(min_length=1, max_length=40)]
Time = Annotated[int, Meta(ge=0, le=10**11)]
Fen = Annotated[int, Meta(ge=0, le=10**12)]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # receivers have no words for longer ones
Plain = Annotated[str, Meta(max_length=500)] | Whole | float | bool
Text = Annotated[str, Meta(min_length=1, max_length=1000)]


class Person(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"value": "is"}):
    """Exactly one way: `openid`, `unionid`, or `by` an attribute that is marked as an id, and what it `is`."""

    openid: Annotated[str, Meta(max_length=128)] = ""
    unionid: Annotated[str, Meta(max_length=128)] = ""
    by: Annotated[str, Meta(max_length=40)] = ""
    value: Annotated[str, Meta(max_length=200)] = ""


class Agreed(msgspec.Struct, forbid_unknown_fields=True):
    """When the person agreed, and to what words."""

    at: Annotated[int, Meta(gt=0, le=10**11)]
    text: Text


class Purchase(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="purchase", kw_only=True):
    """`at`: when it was bought. The same `order_id` again with another amount, a refund say, is the same order: then
    `changed` is when it came to that amount, and the newest such statement counts, in whatever order they arrive."""

    id: Id
    person: Person
    order_id: Id
    fen: Fen
    at: Time = 0
    changed: Time = 0


class Attributes(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="attributes", kw_only=True):
    """`at`: when they changed; null takes one away. `endpoint`: a CRM endpoint of ours whose mapping translates the
    names and says who wins. `consent` where one of them needs it (phone, address)."""

    id: Id
    person: Person
    attributes: Annotated[dict[Annotated[str, Meta(min_length=1, max_length=100)], Value | None], Meta(max_length=40)]
    at: Time = 0
    consent: Agreed | None = None
    endpoint: Annotated[str, Meta(max_length=64)] = ""


class Custom(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="custom", kw_only=True):
    """Anything else that automations or endpoints should hear of, by name. Its fields are handed on, and not kept."""

    id: Id
    person: Person
    name: Name
    fields: Annotated[dict[Name, Plain], Meta(max_length=20)] = {}
    at: Time = 0


Arrival = Purchase | Attributes | Custom
KINDS = (Purchase, Attributes, Custom)
