"""/api/{account}/identities: who somebody is, their profile anew, and signing them out everywhere."""

from __future__ import annotations

from urllib.parse import unquote

from chalice.app import Blueprint, Response

from ...errors import NotFound
from ...features import people
from ...features.identities import known, withdrawals
from ...services import services
from .. import http

bp = Blueprint(__name__)


@bp.route("/api/{account}/identities/{item}", methods=["GET"])
def find(account: str, item: str) -> Response:
    svc = services()
    return http.json(known.find(svc, svc.accounts[account], _openid(item)))


@bp.route("/api/{account}/identities/{item}/renewals", methods=["POST"])
def renew(account: str, item: str) -> Response:
    """202: nickname and picture will be asked for at WeChat. 409: no refresh token of this person is kept."""
    svc = services()
    person = known.find(svc, svc.accounts[account], _openid(item))
    withdrawals.order_renewal(svc, svc.accounts[account], person.openid)
    return http.json({"openid": person.openid}, 202)


@bp.route("/api/{account}/identities/{item}/visits", methods=["DELETE"])
def sign_out(account: str, item: str) -> Response:
    svc = services()
    withdrawals.end_visits(svc, svc.accounts[account], _openid(item))
    return Response("", status_code=204)


def _openid(item: str) -> str:
    """API Gateway leaves a path as it was sent, so `@` may come as `%40`; no openid has a percent sign of its own."""
    openid = unquote(item)
    if not people.OPENID.fullmatch(openid):
        raise NotFound(known.UNKNOWN)
    return openid
