"""Chalice's request and response, in the shapes our views use."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from chalice.app import Request, Response

from ..errors import BadInput, TooBig
from ..services import Services

T = TypeVar("T")

LARGEST_BODY = 256 * 1024
LONGEST_START = 10  # seconds: a request that waited longer is not ours any more
PRIVATE = "Path=/; Secure; HttpOnly; SameSite=Lax"
# Pages carry no script and load nothing; `style-src` is added by web/pages.py.
SAFE: dict[str, str | list[str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def query(request: Request) -> dict[str, str]:
    """Of a parameter that is given twice the last counts, everywhere the same."""
    return dict(request.query_params or {})


def body(request: Request) -> bytes:
    raw = request.raw_body
    return raw if isinstance(raw, bytes) else raw.encode()


def json_body(request: Request, shape: type[T]) -> T:
    """The body as this shape; BadInput says which field is wrong."""
    try:
        return msgspec.json.decode(_limited(request), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"请求内容有误：{error}。The request is not valid: {error}.") from None


def cookie(request: Request, name: str) -> str:
    """ "" for none. Not http.cookies: one cookie of a brand's other scripts that it cannot read makes it drop all."""
    for pair in request.headers.get("cookie", "").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name:
            return str(value)
    return ""


def set_cookie(name: str, value: str, seconds: int) -> str:
    """`__Host-`: only over https, only this host, not for scripts. Browsers take loopback for secure."""
    return f"__Host-{name}={value}; Max-Age={seconds}; {PRIVATE}"


def site(request: Request, svc: Services) -> str:
    """Our own public address without a slash at its end: as configured, else as the request came."""
    if svc.settings.public_url:
        return svc.settings.public_url
    context = request.context
    stage = context.get("stage", "")
    prefix = f"/{stage}" if stage and str(context.get("path", "")).startswith(f"/{stage}/") else ""
    return f"https://{context.get('domainName', request.headers.get('host', 'localhost'))}{prefix}"


def arrived(request: Request, now: float) -> float:
    """When API Gateway took the request, in unix seconds: before a cold start, which WeChat's five seconds include."""
    taken = request.context.get("requestTimeEpoch", 0) / 1000
    # The local stack's clock may be elsewhere, and then only ours counts.
    return taken if 0 <= now - taken < LONGEST_START else now


def text(content: str, content_type: str = "text/plain", status: int = 200) -> Response:
    return Response(content, status_code=status, headers=SAFE | {"Content-Type": f"{content_type}; charset=utf-8"})


def json(content: Any, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(content).decode(),
        status_code=status,
        headers=SAFE | {"Content-Type": "application/json; charset=utf-8"},
    )


def redirect(url: str, cookies: list[str], status: int = 302) -> Response:
    """Chalice looks for newlines only in plain strings, so what could hold one is checked here."""
    if any(not part.isprintable() for part in (url, *cookies)):
        raise BadInput("地址不对。This is not an address.")
    return Response("", status_code=status, headers=SAFE | {"Location": url, "Set-Cookie": cookies})


def _limited(request: Request) -> bytes:
    content = body(request)
    if len(content) > LARGEST_BODY:
        raise TooBig("内容太大。The request is too big.")
    return content
