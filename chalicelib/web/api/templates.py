"""/api/{account}/templates: send a template message to one person, now or at a time."""

from __future__ import annotations

import msgspec
from chalice.app import Blueprint, Response

from ...features import template_names, templates
from ...services import services
from .. import http

bp = Blueprint(__name__)


class OrderBody(msgspec.Struct, forbid_unknown_fields=True):
    openid: str
    data: dict[str, str]
    once: str
    template_id: str = ""
    template: str = ""  # or its name here, which is the same in every account
    url: str = ""
    miniprogram: dict[str, str] | None = None
    at: int = 0


@bp.route("/api/{account}/templates/messages", methods=["POST"])
def order(account: str) -> Response:
    """202 and the stage. The same `once` to the same person is one message, so a caller may repeat without fear."""
    svc = services()
    asked = http.json_body(bp.current_request, OrderBody)
    content = msgspec.structs.asdict(asked)
    content["template_id"] = template_names.resolve(
        svc, svc.accounts[account], asked.template_id, content.pop("template")
    )
    stage = templates.order(svc, svc.accounts[account], **content)
    return http.json({"once": asked.once, "stage": stage}, 202)


@bp.route("/api/{account}/templates/messages", methods=["GET"])
def find(account: str) -> Response:
    """?openid=&once=: how far it got."""
    svc = services()
    asked = http.query(bp.current_request)
    return http.json(templates.find(svc, svc.accounts[account], asked.get("openid", ""), asked.get("once", "")))
