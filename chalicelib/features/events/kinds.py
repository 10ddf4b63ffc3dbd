"""What each kind of event says: the `data` of version 1, and the JSON Schemas that are served and documented.

A kind may gain fields without a new version; receivers ignore what they do not know. A field that goes, or means
something else, makes another version.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from .event import VERSION

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Value = str | int | float | bool | None


class Followed(msgspec.Struct, kw_only=True):
    """有人关注了。Somebody followed the account."""

    found_by: Annotated[str, Meta(description="code: by scanning a code of ours; other: in another way")]
    scene: Annotated[str, Meta(description="the code's scene, or empty")]


class Left(msgspec.Struct, kw_only=True):
    """有人取消了关注。Somebody unfollowed; what is known of them is erased within a day."""


class Said(msgspec.Struct, kw_only=True):
    """有人发来消息。Somebody sent a message."""

    text: Annotated[str, Meta(max_length=600, description="as typed or recognised from speech; empty for pictures")]
    type: Annotated[str, Meta(description="text, image, voice, video, shortvideo, location, link, ...")]


class Scanned(msgspec.Struct, kw_only=True):
    """有人扫了码。Somebody scanned a code with a scene; also if they followed by it."""

    scene: str


class Clicked(msgspec.Struct, kw_only=True):
    """有人点了菜单。Somebody tapped an entry of the menu."""

    key: Annotated[str, Meta(max_length=200)]
    menu_version: Annotated[int, Meta(description="the published version of the menu, where it is known")] = 0


class Viewed(msgspec.Struct, kw_only=True):
    """有人从菜单打开了页面。Somebody opened a page from the menu."""

    url: Annotated[str, Meta(max_length=1000)]


class Tagged(msgspec.Struct, kw_only=True):
    """打上了标签。A tag was put on somebody."""

    tag_id: int
    tag: Annotated[str, Meta(description="its name")]


class Untagged(msgspec.Struct, kw_only=True):
    """取下了标签。A tag was taken off somebody."""

    tag_id: int
    tag: Annotated[str, Meta(description="its name")]


class Voted(msgspec.Struct, kw_only=True):
    """投了票。Somebody voted."""

    poll_id: str
    options: Annotated[list[list[str]], Meta(description="for each question the texts of the options that were ticked")]


class Ordered(msgspec.Struct, kw_only=True):
    """下了单。Somebody bought something."""

    order_id: str
    fen: Annotated[int, Meta(ge=0, description="the amount, in hundredths of a yuan")]
    correction: Annotated[bool, Meta(description="another amount of an order told of before; 0: paid back")] = False


class Delivered(msgspec.Struct, kw_only=True):
    """一条消息有了结果。A message of ours reached them, or did not."""

    message: Annotated[str, Meta(description="template, or campaign")]
    once: Annotated[str, Meta(description="the name under which it was ordered, or the campaign's id")]
    outcome: Annotated[str, Meta(description="delivered, refused (by the person) or failed")]
    reason: str


class ConsentChanged(msgspec.Struct, kw_only=True):
    """同意或收回了授权。Somebody agreed that something of theirs is kept, or took that back."""

    what: Annotated[str, Meta(description="the attribute; profile: nickname and picture, taken back at WeChat")]
    given: bool


class AttributeChanged(msgspec.Struct, kw_only=True):
    """一项资料变了。Something that is known of somebody changed."""

    attribute: str
    value: Annotated[Value, Meta(description="null: it is known no more")]
    source: Annotated[str, Meta(description="platform, h5, answer, location, crm:<endpoint>, api:<label>, ...")]


class Custom(msgspec.Struct, kw_only=True):
    """别的系统报来的事件。Something that another system told us (POST /api/{account}/events)."""

    name: str
    fields: dict[str, Any]


class OfAutomation(msgspec.Struct, kw_only=True):
    """自动化里的一步。A step of an automation that tells other systems."""

    automation_id: str
    step_id: str
    fields: dict[str, Any]


DATA: dict[str, type[msgspec.Struct]] = {
    "followed": Followed,
    "left": Left,
    "said": Said,
    "scanned": Scanned,
    "clicked": Clicked,
    "viewed": Viewed,
    "tagged": Tagged,
    "untagged": Untagged,
    "voted": Voted,
    "ordered": Ordered,
    "delivered": Delivered,
    "consent_changed": ConsentChanged,
    "attribute_changed": AttributeChanged,
    "custom": Custom,
    "automation": OfAutomation,
}
ENVELOPE: dict[str, Any] = {
    "id": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "the same for every delivery of this event"},
    "account": {"type": "string", "description": "the account's alias"},
    "at": {"type": "integer", "description": "when it happened, in unix seconds"},
    "openid": {"type": "string"},
    "unionid": {"type": "string", "description": "empty where it is not known"},
}


def schemas() -> dict[str, Any]:
    """{version, kinds: {kind: JSON Schema of the whole event}}; each schema stands by itself."""
    return {"version": VERSION, "kinds": {kind: schema(kind) for kind in DATA}}


def schema(kind: str) -> dict[str, Any]:
    data = msgspec.json.schema(DATA[kind])["$defs"][DATA[kind].__name__]
    about = data.pop("description", "")
    of_kind = {"kind": {"const": kind}, "version": {"const": VERSION}}
    return {
        "$schema": DRAFT,
        "$id": f"urn:gaiwan:event:{kind}:{VERSION}",
        "title": kind,
        "description": about,
        "type": "object",
        "properties": {**ENVELOPE, **of_kind, "data": data},
        "required": ["id", "kind", "version", "account", "at", "openid", "data"],
    }
