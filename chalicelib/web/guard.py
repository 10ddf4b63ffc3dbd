"""What every HTTP request passes through, outermost first (see app.py)."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import Request, Response

from ..errors import AppError, Unavailable
from ..observe import log
from ..services import services
from . import callers, http, pages

Next = Callable[[Request], Response]

BUG = 500
OURS = "我们这里出了错，请稍后再试。Something went wrong on our side; please try again in a moment."

# What Chalice refuses by itself, before any view is asked.
REFUSED = (404, 405, 415)
NO_SUCH_WAY = "这个地址不接受这种请求。This address cannot be asked for in this way."
NOT_SO = "这个页面不能这样打开。This page cannot be asked for in this way."

# Everything else needs an operator or an API token. tests/test_house.py walks all routes.
OPEN = frozenset(
    {
        "/wechat/{account}",
        "/oauth/{account}/start",
        "/oauth/{account}/return",
        "/oauth/{account}/me",
        "/oauth/{account}/exchange",
        "/oauth/{account}/sign-out",
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
        "/jssdk/{account}",
        "/crm/{account}/{item}",  # HubSpot signs what it tells
        "/go/{code}",  # a campaign's link, which says by its signature that it is ours
        "/h5/gaiwan.js",
        "/h5/gaiwan.d.ts",
        "/h5/polls/{poll}",
        "/h5/quizzes/{poll}",
        # The console's page, its files and its doors; what it shows comes from the API, which asks who looks.
        "/console",
        "/console/files/{file}",
        "/console/sign-in",
        "/console/sign-in/scan",
        "/console/sign-out",
        "/h5/{account}/hello",
        "/h5/{account}/notice",
        # Proof files; whatever else is asked for below them is not found.
        "/{first}",
        "/{first}/{second}",
        "/{first}/{second}/{third}",
        "/.well-known/{file}",
        "/.well-known/{file}/{third}",
        "/h5/{account}",
        "/h5/{account}/{file}",
    }
)
# Seen by people in WeChat's browser, who get a page where machines get JSON.
SEEN = ("/oauth/", "/h5/", "/go/")
# Machines, and the console's own scripts, which read one shape of refusals.
MACHINES = ("/api/", "/console/")
REFUSALS = 400
# Asked by scripts, also by those of the sites that an account lists.
SHARED = frozenset(
    {"/oauth/{account}/me", "/oauth/{account}/exchange", "/oauth/{account}/sign-out", "/jssdk/{account}"}
)


def explain_errors(request: Request, get_response: Next) -> Response:
    """What a feature could explain, as a page or as JSON. A bug is Chalice's 500, with its log line."""
    try:
        response = get_response(request)
    except AppError as error:
        if isinstance(error, Unavailable):
            log.error("%s %s could not be answered: %s", request.method, request.path, error)
        response = _explained(request, error)
    if response.status_code == BUG and _seen(request):
        response = pages.problem(OURS, BUG)
    if response.status_code in REFUSED and _seen(request) and _refused_bare(request, response):
        response = pages.problem(NOT_SO, response.status_code)
    if request.path.startswith(MACHINES) and response.status_code >= REFUSALS and isinstance(response.body, dict):
        response = _in_our_shape(response)
    return _shared(request, response)


def require_operator(request: Request, get_response: Next) -> Response:
    """Closed unless listed open, so no route can forget."""
    if request.path not in OPEN:
        callers.note(request, callers.identify(request, services()))
    return get_response(request)


def _explained(request: Request, error: AppError) -> Response:
    if _seen(request):
        return pages.problem(str(error), error.status, error.way_on)
    told = {"code": type(error).__name__, "message": str(error)}
    return http.json({"error": told | ({"details": error.details} if error.details else {})}, error.status)


def _in_our_shape(response: Response) -> Response:
    """What Chalice refuses by itself, or a bug, which it has logged: {"Code", "Message"}."""
    code, words = str(response.body.get("Code", "")), OURS if response.status_code == BUG else NO_SUCH_WAY
    return http.json({"error": {"code": code, "message": words}}, response.status_code)


def _seen(request: Request) -> bool:
    """A form that signs out is seen by a person; a script that does so says that it takes anything."""
    if request.path in SHARED:
        return request.path.endswith("/sign-out") and "text/html" in request.headers.get("accept", "")
    return bool(request.path.startswith(SEEN))


def _refused_bare(request: Request, response: Response) -> bool:
    """In Chalice's own words, to a browser that wants a page; what we explain is text by now."""
    return not isinstance(response.body, str) and "text/html" in request.headers.get("accept", "")


def _shared(request: Request, response: Response) -> Response:
    """A script of a listed site may read what it was answered, refusals too."""
    if request.path not in SHARED:
        return response
    try:
        origins = services().accounts[(request.uri_params or {})["account"]].then_origins
    except AppError:
        origins = ()
    return http.share(response, request, origins)
