"""What every HTTP request passes through, outermost first (see app.py)."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import Request, Response

from ..errors import AppError, NotSignedIn, Unavailable
from ..features import operators
from ..observe import log
from ..services import services
from . import http, pages

Next = Callable[[Request], Response]

# Everything else needs an operator or an API token. tests/test_house.py walks all routes.
OPEN = frozenset(
    {
        "/wechat/{account}",
        "/oauth/{account}/start",
        "/oauth/{account}/return",
        "/oauth/{account}/me",
        "/h5/{account}/hello",
        "/h5/{account}/notice",
        # Proof files; whatever else is asked for below them is not found.
        "/{first}",
        "/{first}/{second}",
        "/{first}/{second}/{third}",
        "/h5/{account}",
        "/h5/{account}/{file}",
    }
)
# Seen by people in WeChat's browser, who get a page where machines get JSON.
SEEN = ("/oauth/", "/h5/")


def explain_errors(request: Request, get_response: Next) -> Response:
    """What a feature could explain, as a page or as JSON. A bug is Chalice's 500, with its log line."""
    try:
        return get_response(request)
    except AppError as error:
        if isinstance(error, Unavailable):
            log.error("%s %s could not be answered: %s", request.method, request.path, error)
        return _explained(request, error)


def require_operator(request: Request, get_response: Next) -> Response:
    """Closed unless listed open, so no route can forget."""
    if request.path not in OPEN:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn("请提供 API 令牌。An API token is needed: Authorization: Bearer gaiwan_…")
        operators.identify(services(), token.strip())
    return get_response(request)


def _explained(request: Request, error: AppError) -> Response:
    if request.path.startswith(SEEN) and not request.path.endswith("/me"):
        return pages.problem(str(error), error.status)
    return http.json({"error": {"code": type(error).__name__, "message": str(error)}}, error.status)
