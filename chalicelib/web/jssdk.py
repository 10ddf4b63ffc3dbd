"""A page asks for its JS-SDK signature."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from ..features import jssdk
from ..services import services
from . import http

bp = Blueprint(__name__)


@bp.route("/jssdk/{account}")
def config(account: str) -> Response:
    """`?url=` is the page; `again=1` says that WeChat called the last signature for it invalid."""
    svc, request = services(), bp.current_request
    asked = http.query(request)
    told = jssdk.config(
        svc,
        svc.accounts[account],
        url=asked.get("url", ""),
        site=http.site(request, svc),
        doubted=asked.get("again") == "1",
    )
    return http.json(told)


@bp.route("/jssdk/{account}", methods=["OPTIONS"])
def may_ask(account: str) -> Response:
    return http.preflight(bp.current_request, services().accounts[account].then_origins, "GET")
