"""/console: the operators' page, its files, and how they sign in. What it shows comes from the API."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import msgspec
from chalice.app import Blueprint, Response

from ..errors import BadInput, NotFound
from ..features import operators
from ..features.operators import NotConfirmed, NotScanned, NotTied, Operator, Session
from ..services import Services, services
from . import callers, http

bp = Blueprint(__name__)

FOLDER = Path(__file__).parent.parent / "console"
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}
SCAN = "console-scan"  # the cookie of the browser that shows a code, with __Host- before it
FOREVER = "public, max-age=31536000, immutable"
LOOK_AGAIN = "public, no-cache"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class LinkBody(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    instead: bool = False  # of whoever is signed in here


@bp.route("/console")
def page() -> Response:
    """Kept by nobody, so that a deploy shows at once; its files are, under the digest of all of them."""
    response = http.text(_page(), "text/html")
    response.headers |= {"Content-Security-Policy": POLICY, "Cross-Origin-Opener-Policy": "same-origin"}
    return response


@bp.route("/console/files/{file}")
def asset(file: str) -> Response:
    """Under the `?v=` of this very version for good; else looked at again by its ETag, a short answer each."""
    kept = _files().get(file)
    if kept is None:
        raise NotFound("没有这个文件。There is no such file.")
    content, kind, tag = kept
    is_this = http.query(bp.current_request).get("v") == _version()
    headers = http.SAFE | {"ETag": tag, "Cache-Control": FOREVER if is_this else LOOK_AGAIN}
    if tag in bp.current_request.headers.get("if-none-match", ""):
        return Response("", status_code=304, headers=headers)
    return Response(content, headers=headers | {"Content-Type": f"{kind}; charset=utf-8"})


@bp.route("/console/sign-in", methods=["POST"], content_types=["*/*"])
def sign_in() -> Response:
    """The code of a one-time link for a session; 409, which spends nothing, if somebody else is signed in here."""
    svc = _console()
    body = http.json_body(bp.current_request, LinkBody)
    here = None if body.instead else operators.open_session(svc, _session())
    operator, session = operators.redeem(svc, body.code, here)
    return _welcome(svc, operator, session, "by a link", Response("", status_code=204, headers=dict(http.SAFE)))


@bp.route("/console/sign-in/scan", methods=["POST"], content_types=["*/*"])
def show_code() -> Response:
    """{"picture", "seconds"}: a QR code to be scanned with the WeChat that an operator tied to themselves."""
    asked = operators.begin_scan(_console())
    response = http.json({"picture": operators.picture(asked.address), "seconds": asked.seconds})
    response.headers["Set-Cookie"] = [http.set_cookie(SCAN, asked.secret, asked.seconds, "Strict")]
    return response


@bp.route("/console/sign-in/scan", methods=["GET"])
def look_at_code() -> Response:
    """{"state": "waiting", "scanned", "signed_in", "unknown" or "expired"}; the session comes with the answer, once."""
    svc = _console()
    try:
        operator, session = operators.finish_scan(svc, http.cookie(bp.current_request, f"__Host-{SCAN}"))
    except NotScanned as error:
        return http.json({"state": "scanned" if isinstance(error, NotConfirmed) else "waiting"})
    except BadInput as error:
        return http.json({"state": "unknown" if isinstance(error, NotTied) else "expired"})
    return _welcome(svc, operator, session, "by scanning", http.json({"state": "signed_in"}))


@bp.route("/console/sign-out", methods=["POST"], content_types=["*/*"])
def sign_out() -> Response:
    operators.end(_console(), _session())
    response = Response("", status_code=204, headers=dict(http.SAFE))
    response.headers["Set-Cookie"] = [http.end_cookie(callers.SESSION, "Strict")]
    return response


def _console() -> Services:
    """For what only our own page may ask, whoever is at it."""
    svc = services()
    callers.from_the_console(bp.current_request, svc)
    return svc


def _session() -> str:
    """The cookie that this browser holds, "" for none."""
    return http.cookie(bp.current_request, f"__Host-{callers.SESSION}")


def _welcome(svc: Services, operator: Operator, session: Session, how: str, response: Response) -> Response:
    """With the new session's cookie; the one that this browser had before ends."""
    operators.note_deed(svc, operator.who, "sign_in", how)
    operators.end(svc, _session())
    begun = http.set_cookie(callers.SESSION, session.cookie, session.seconds, "Strict")
    response.headers["Set-Cookie"] = [begun, http.end_cookie(SCAN, "Strict")]
    return response


@cache
def _files() -> dict[str, tuple[str, str, str]]:
    """name -> (content, kind, ETag), read once in a container."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in KINDS:
            content = path.read_text(encoding="utf-8")
            tag = hashlib.sha256(content.encode()).hexdigest()[:20]
            found[path.name] = (content, KINDS[path.suffix], f'"{tag}"')
    return found


@cache
def _version() -> str:
    """Of all files together."""
    return hashlib.sha256("".join(tag for _, _, tag in _files().values()).encode()).hexdigest()[:12]


@cache
def _page() -> str:
    return (FOLDER / "index.html").read_text(encoding="utf-8").replace("{{version}}", _version())
