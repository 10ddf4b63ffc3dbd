"""Pages of a front-end team, on an origin of its own.

One only shows the ticket that it was brought; one has a server behind it; one signs in all by itself.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, request

from simulator.accounts import Json
from simulator.doors import account_named, world
from simulator.other_site import pages
from simulator.other_site.id_token import NotValid
from simulator.other_site.team import Refusal, Team

ALIAS = "tea"
SESSION, NONCE = "other_site_session", "other_site_nonce"
HERE, SERVER = "/other-site/", "/other-site/server/"
STATIC = Path(__file__).parent / "static"
bp = Blueprint("other_site", __name__, url_prefix="/other-site", static_folder="static", static_url_path="/static")


@bp.get("/")
def visit() -> Response:
    """Whoever looks takes the ticket from here, and exchanges it as a team's server would."""
    return _shown(pages.looker(_start(HERE), request.args.get("ticket", "")))


@bp.get("/server")
def server_slash() -> Response:
    return Response(status=302, headers={"Location": SERVER})


@bp.get("/server/")
def serve() -> Response:
    """The team's own server exchanges the ticket; without an API token it can only show it."""
    ticket = request.args.get("ticket", "")
    guest = _guest()
    if ticket and world().other_site["api_token"]:
        return _come_in(ticket)
    if guest:
        return _shown(pages.welcome(guest, _start(SERVER, "snsapi_userinfo")))
    return _shown(pages.stranger(_start(SERVER), ticket))


def _come_in(ticket: str) -> Response:
    """Own cookie, own session; and the address loses the ticket.

    WeChat may follow the redirect twice, and the second ticket is refused: who has a session by then is in.
    """
    team = _team()
    try:
        session = team.welcome(ticket, request.cookies.get(NONCE, ""))
    except (Refusal, NotValid) as error:
        if _guest():
            return Response(status=303, headers={"Location": SERVER})
        return _shown(pages.refused(str(error), _start(SERVER)), 400)
    response = Response(status=303, headers={"Location": SERVER})
    response.set_cookie(SESSION, session, path=HERE, httponly=True, samesite="Lax")
    return response


@bp.post("/server/sign-out")
def sign_out() -> Response:
    """This site forgets its guest; the sign-in at the brand is another matter."""
    world().guests.pop(request.cookies.get(SESSION, ""), None)
    response = Response(status=303, headers={"Location": SERVER})
    response.delete_cookie(SESSION, path=HERE)
    return response


@bp.get("/page-only")
def page_only_slash() -> Response:
    return Response(status=302, headers={"Location": f"{HERE}page-only/"})


@bp.get("/page-only/")
def page_only() -> Response:
    return _shown(pages.alone(_team().brand))


@bp.get("/page-only/page.js")
def page_script() -> Response:
    """A team would write the brand's address into its file; here it is not known before the stack is up."""
    script = (STATIC / "page.js").read_text().replace("https://wx.brand.example", _team().brand)
    return Response(script, content_type="text/javascript; charset=utf-8")


def _team() -> Team:
    """The brand's sign-in is at the address that WeChat's console knows the brand's server by."""
    brand = account_named(ALIAS).callback_url.removesuffix(f"/wechat/{ALIAS}")
    return Team(world(), brand, ALIAS)


def _guest() -> Json | None:
    guest = world().guests.get(request.cookies.get(SESSION, ""))
    return guest if guest and world().clock.now() < guest["until"] else None


def _nonce() -> str:
    """Of this browser: an ID token that was made for another one is of no use here."""
    return request.cookies.get(NONCE, "") or str(request.environ.setdefault("other_site.nonce", pages.fresh_nonce()))


def _start(page: str, scope: str = "snsapi_base") -> str:
    asked = urlencode({"then": f"{world().home}{page}", "scope": scope, "nonce": _nonce()})
    return f"{_team().brand}/oauth/{ALIAS}/start?{asked}"


def _shown(html: str, status: int = 200) -> Response:
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.set_cookie(NONCE, _nonce(), path=HERE, httponly=True, samesite="Lax")
    return response


@bp.after_request
def closed(response: Response) -> Response:
    """Its own files, and of the outside the brand's module and doors; framed by the phone only."""
    parts = urlsplit(_team().brand)
    brand = f"{parts.scheme}://{parts.netloc}"
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {brand}",
            f"connect-src 'self' {brand}",
            "style-src 'self'",
            f"img-src 'self' {brand}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
