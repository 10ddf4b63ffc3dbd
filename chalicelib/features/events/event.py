"""An event as everybody gets it: endpoints, automations and the brand's own integrations."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

VERSION = 1
# What of an event's data a wish may name: {"clicked": ["MENU_TEA"]}; kinds without a field are wished for as a whole.
ABOUT = {
    "followed": "scene",
    "left": "",
    "said": "text",
    "scanned": "scene",
    "clicked": "key",
    "viewed": "url",
    "tagged": "tag_id",
    "untagged": "tag_id",
    "voted": "poll_id",
    "ordered": "",
    "delivered": "outcome",
    "consent_changed": "what",
    "attribute_changed": "attribute",
    "custom": "name",
    "automation": "automation_id",
}
KINDS = tuple(ABOUT)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is unix seconds of what happened; `data` is as kinds.py says for `kind` and `version`."""

    id: str
    kind: str
    version: int = VERSION
    account: str
    at: int
    openid: str
    unionid: str = ""
    data: dict[str, Any] = {}


def event_id(account: str, kind: str, openid: str, cause: str) -> str:
    """The same cause has the same id for ever: by it everybody knows a repeat."""
    return hashlib.sha256("\0".join((account, kind, openid, cause)).encode()).hexdigest()[:32]


def about(event: Event) -> str:
    return about_of(event.kind, event.data)


def about_of(kind: str, data: dict[str, Any]) -> str:
    field = ABOUT[kind]
    return str(data.get(field, "")) if field else ""
