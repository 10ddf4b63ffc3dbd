"""Who asks at a closed door: a machine with an API token, or an operator with a session of the console."""

from __future__ import annotations

from chalice.app import Request

from ..errors import Forbidden, NotSignedIn
from ..features import operators
from ..features.operators import Who
from ..services import Services
from . import http

SESSION = "operator"  # the cookie, with __Host- before it
READS = frozenset({"GET", "HEAD", "OPTIONS"})
WHO = "gaiwan_who"
UNKNOWN = "请登录控制台，或提供 API 令牌。Sign in to the console, or send an API token: Authorization: Bearer gaiwan_…"


def identify(request: Request, svc: Services) -> Who:
    """NotSignedIn for a stranger. A token goes before a cookie, so that a tool in a browser is itself."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            raise NotSignedIn(UNKNOWN)
        return operators.identify(svc, token.strip())
    who = operators.open_session(svc, http.cookie(request, f"__Host-{SESSION}"))
    if who is None:
        raise NotSignedIn(UNKNOWN)
    if request.method not in READS:
        from_the_console(request, svc)
    return who


def from_the_console(request: Request, svc: Services) -> None:
    """Forbidden unless our own page asks: others cannot send this header, and browsers say where a write is from."""
    http.refuse_strangers(request, http.site(request, svc), ())
    if request.headers.get("x-gaiwan-console") != "1":
        raise Forbidden("请在控制台里操作。Please do this in the console.")


def note(request: Request, who: Who) -> None:
    request.context[WHO] = who


def known(request: Request) -> Who:
    """Whom the guard let in."""
    who: Who = request.context[WHO]
    return who
