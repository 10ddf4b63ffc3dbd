"""/api/{account}/templates: send a template message to one person, now or at a time."""

from __future__ import annotations

import msgspec

from ...features import template_names, templates
from .door import Call, door

PATH = "/api/{account}/templates/messages"


class OrderBody(msgspec.Struct, forbid_unknown_fields=True):
    """`template_id`, or `template`: its name here, which is the same in every account."""

    openid: str
    data: dict[str, str]
    once: str
    template_id: str = ""
    template: str = ""
    url: str = ""
    miniprogram: dict[str, str] | None = None
    at: int = 0


class Ordered(msgspec.Struct):
    once: str
    stage: str


class Fate(msgspec.Struct, omit_defaults=True):
    """How far a message got; `reason` says why, where it went no further."""

    once: str
    stage: str
    msgid: str = ""
    reason: str = ""
    send_at: int = 0


class FindQuery(msgspec.Struct):
    openid: str = ""
    once: str = ""


@door(
    "POST",
    PATH,
    needs="templates:write",
    takes=OrderBody,
    gives=Ordered,
    status=202,
    says="发模板消息，同一个 once 只发一次。Send a template message, once for each `once`.",
)
def order(call: Call, account: str) -> Ordered:
    svc, asked = call.svc, call.body
    content = msgspec.structs.asdict(asked)
    content["template_id"] = template_names.resolve(
        svc, svc.accounts[account], asked.template_id, content.pop("template")
    )
    return Ordered(asked.once, templates.order(svc, svc.accounts[account], **content))


@door(
    "GET",
    PATH,
    needs="templates:read",
    asks=FindQuery,
    gives=Fate,
    says="这条消息发到哪一步了。How far this message got.",
)
def find(call: Call, account: str) -> Fate:
    asked: FindQuery = call.query
    return msgspec.convert(templates.find(call.svc, call.svc.accounts[account], asked.openid, asked.once), Fate)
