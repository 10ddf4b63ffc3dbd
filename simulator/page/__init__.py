"""The phone in a browser: one page, its files, and the view of the world it cannot get from the other doors."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, redirect, request

from simulator.page.state import state
from simulator.world import World

bp = Blueprint("page", __name__, static_folder="static", static_url_path="/page/static")

PHONE_COOKIE = "simulated_phone"
WECHAT_PAGES = "/open.weixin.qq.com/"
LOOPBACK = "http://127.0.0.1:* http://localhost:*"
# Everything is the simulator's own; pictures and framed pages may come from this machine only.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        f"img-src 'self' {LOOPBACK}",
        f"frame-src 'self' {LOOPBACK}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@bp.get("/")
def phone_page() -> Response:
    """Under one host name: pages opened in the phone keep their cookies only if they share it."""
    if request.host.startswith("localhost"):
        return current_app.make_response(redirect(request.url.replace("//localhost", "//127.0.0.1", 1)))
    return bp.send_static_file("page.html")


@bp.get("/page/state")
def page_state() -> Response:
    return jsonify(state(_world(), request.args.get("account", ""), request.args.get("openid", "")))


@bp.before_app_request
def know_whose_phone() -> None:
    """A real browser that holds a phone on this page is that person on WeChat's own pages, and only there."""
    alias, _, openid = request.cookies.get(PHONE_COOKIE, "").partition(":")
    account = _world().accounts.get(alias)
    if request.path.startswith(WECHAT_PAGES) and account and request.args.get("appid") == account.app_id:
        request.environ.setdefault("HTTP_X_SIMULATED_OPENID", openid)


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


@bp.after_request
def closed(response: Response) -> Response:
    """No outside request, no inline script, and an edit of these files shows on the next look."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
    return response
