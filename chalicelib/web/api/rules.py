"""/api/{account}/rules: what the account answers."""

from __future__ import annotations

from typing import Any

import msgspec
from chalice.app import Blueprint, Response

from ...features import rules
from ...services import services
from .. import http

bp = Blueprint(__name__)


class RuleBody(msgspec.Struct, forbid_unknown_fields=True):
    match: str
    pattern: str
    reply: dict[str, Any]
    label: str = ""
    priority: int = 0
    enabled: bool = True


@bp.route("/api/{account}/rules", methods=["GET"])
def listed(account: str) -> Response:
    svc = services()
    return http.json({"rules": rules.listed(svc, svc.accounts[account])})


@bp.route("/api/{account}/rules", methods=["POST"])
def create(account: str) -> Response:
    svc = services()
    asked = http.json_body(bp.current_request, RuleBody)
    return http.json(rules.save(svc, svc.accounts[account], **msgspec.structs.asdict(asked)), 201)


@bp.route("/api/{account}/rules/{item}", methods=["PUT"])
def change(account: str, item: str) -> Response:
    svc = services()
    asked = http.json_body(bp.current_request, RuleBody)
    return http.json(rules.save(svc, svc.accounts[account], rule_id=item, **msgspec.structs.asdict(asked)))


@bp.route("/api/{account}/rules/{item}", methods=["DELETE"])
def remove(account: str, item: str) -> Response:
    svc = services()
    rules.remove(svc, svc.accounts[account], item)
    return Response("", status_code=204)
