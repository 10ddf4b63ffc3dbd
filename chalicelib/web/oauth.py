"""Log in with WeChat: out to WeChat and back, and who is here."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from ..features import identities
from ..features.days import A_DAY
from ..services import services
from . import http

bp = Blueprint(__name__)

BROWSER, VISIT = "browser", "visit"  # our two cookies, each with __Host- before its name
TEN_MINUTES = 600


@bp.route("/oauth/{account}/start")
def start(account: str) -> Response:
    svc = services()
    asked = http.query(bp.current_request)
    beginning = identities.begin(
        svc,
        svc.accounts[account],
        goes_to=asked.get("then", "/"),
        site=http.site(bp.current_request, svc),
        browser=http.cookie(bp.current_request, f"__Host-{BROWSER}"),
        scope=asked.get("scope", "snsapi_base"),
    )
    return http.redirect(beginning.url, [http.set_cookie(BROWSER, beginning.browser, TEN_MINUTES)])


@bp.route("/oauth/{account}/return")
def finish(account: str) -> Response:
    svc = services()
    came = http.query(bp.current_request)
    visit = identities.finish(
        svc,
        svc.accounts[account],
        code=came.get("code", ""),
        state=came.get("state", ""),
        browser=http.cookie(bp.current_request, f"__Host-{BROWSER}"),
    )
    days = svc.settings.visit_days
    return http.redirect(visit.goes_to, [http.set_cookie(f"{VISIT}-{account}", visit.cookie, days * A_DAY)])


@bp.route("/oauth/{account}/me")
def me(account: str) -> Response:
    """{"signed_in", "openid", "virtual", "since"}: a page's own script may ask who is here."""
    who = visitor(account)
    if who is None:
        return http.json({"signed_in": False})
    return http.json({"signed_in": True, "openid": who.openid, "virtual": who.virtual, "since": who.since})


def visitor(account: str) -> identities.Visitor | None:
    svc = services()
    cookie = http.cookie(bp.current_request, f"__Host-{VISIT}-{account}")
    return identities.visitor(svc, svc.accounts[account], cookie)
