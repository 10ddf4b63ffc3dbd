"""The short links of campaigns: whoever taps one is led on at once, and counted."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from ..services import services
from . import http

bp = Blueprint(__name__)

# How browsers say that they fetch a page before anybody wants to see it.
IN_ADVANCE = ("sec-purpose", "purpose", "x-purpose", "x-moz")


@bp.route("/go/{code}", methods=["GET"], content_types=["*/*"])
def go(code: str) -> Response:
    from ..features.campaigns import links  # noqa: PLC0415 (messages and sign-ins start without campaigns)

    headers = bp.current_request.headers
    purpose = " ".join(headers[name] for name in IN_ADVANCE if headers.get(name))
    by_person = links.is_person(headers.get("user-agent", ""), purpose)
    return http.redirect(links.follow(services(), code, by_person), [])
