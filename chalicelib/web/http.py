"""Chalice's request and response, in the shapes our views use."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

import msgspec
from chalice.app import Request, Response

from ..errors import BadInput, Forbidden, TooBig
from ..services import Services

T = TypeVar("T")

LARGEST_BODY = 256 * 1024
LONGEST_START = 10  # seconds: a request that waited longer is not ours any more
PRIVATE = "Path=/; Secure; HttpOnly; SameSite="
# What a page may run and load is added by web/pages.py.
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
        from . import wrong  # noqa: PLC0415 (its patterns are for requests that are wrong)

        raise BadInput(wrong.explain(error)) from None


def cookie(request: Request, name: str) -> str:
    """ "" for none. Not http.cookies: one cookie of a brand's other scripts that it cannot read makes it drop all."""
    for pair in request.headers.get("cookie", "").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name:
            return str(value)
    return ""


def cookies(request: Request, prefix: str) -> dict[str, str]:
    """Of ours, those whose name begins so after `__Host-`; by the rest of their names."""
    found = {}
    for pair in request.headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name.startswith(f"__Host-{prefix}"):
            found[name.removeprefix(f"__Host-{prefix}")] = str(value)
    return found


def bearer(request: Request) -> str:
    """The token of `Authorization: Bearer …`, "" for none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def set_cookie(name: str, value: str, seconds: int, same_site: str = "Lax") -> str:
    """`__Host-`: only over https, only this host, not for scripts. Browsers take loopback for secure."""
    return f"__Host-{name}={value}; Max-Age={seconds}; {PRIVATE}{same_site}"


def end_cookie(name: str, same_site: str = "Lax") -> str:
    return set_cookie(name, "", 0, same_site)


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


def empty(cookies: list[str]) -> Response:
    """It is done, and there is nothing to say."""
    return Response("", status_code=204, headers=SAFE | {"Set-Cookie": cookies})


def share(response: Response, request: Request, origins: Collection[str], credentials: bool = True) -> Response:
    """Let a page of these origins read the answer; an origin that is not listed is told nothing."""
    origin = request.headers.get("origin", "")
    response.headers["Vary"] = "Origin"
    if origin and origin in origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        if credentials:
            response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


def preflight(request: Request, origins: Collection[str], method: str) -> Response:
    """What a browser asks before a page of another origin may send `method`."""
    answer = share(Response("", status_code=204, headers=dict(SAFE)), request, origins)
    if "Access-Control-Allow-Origin" in answer.headers:
        answer.headers["Access-Control-Allow-Methods"] = method
        answer.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
        answer.headers["Access-Control-Max-Age"] = "600"
    return answer


def refuse_strangers(request: Request, own_site: str, origins: Collection[str]) -> None:
    """Forbidden if a page of an origin that is neither ours nor listed sent this, for what a cookie alone may do.

    A form on a page with `Referrer-Policy: no-referrer`, as ours have, says `Origin: null`; so may anybody's, and then
    `Sec-Fetch-Site` decides where the browser knows it. Cookies are SameSite=Lax besides.
    """
    origin = request.headers.get("origin", "null")
    ours = "/".join(own_site.split("/")[:3])
    if origin == "null" and request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none"):
        return
    if origin != ours and origin not in origins:
        raise Forbidden("这个网站没有登记。Pages of this site may not ask for that: its origin is not listed.")


def _limited(request: Request) -> bytes:
    content = body(request)
    if len(content) > LARGEST_BODY:
        raise TooBig("内容太大。The request is too big.")
    return content
