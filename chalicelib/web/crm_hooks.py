"""What HubSpot tells us: its webhooks, each signed with the app's secret, and taken over in the background."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from ..errors import TooBig
from ..services import services
from . import http

bp = Blueprint(__name__)


@bp.route("/crm/{account}/{item}", methods=["POST"], content_types=["*/*"])
def hear(account: str, item: str) -> Response:
    """HubSpot waits five seconds and sends again what was not taken; `item` is the endpoint."""
    from ..features.crm import inward  # noqa: PLC0415 (most containers never hear of a CRM)

    svc, request = services(), bp.current_request
    body = http.body(request)
    if len(body) > http.LARGEST_BODY:
        raise TooBig("内容太大。The request is too big.")
    told = inward.Told(
        method=request.method,
        url=f"{http.site(request, svc)}/crm/{account}/{item}",
        body=body,
        signature=request.headers.get("x-hubspot-signature-v3", ""),
        timestamp=request.headers.get("x-hubspot-request-timestamp", ""),
    )
    return http.json({"taken": inward.receive(svc, svc.accounts[account], item, told)})
