"""`Idempotency-Key`: a write that is sent again gets the first answer, and happens once.

    pk once#<fingerprint>   sk once   {digest, busy_until, worker, answer, expires}      24 hours at least

The fingerprint is of the caller and the key, the digest of what was asked. `answer` is sealed: it may hold what is
shown once, such as a token. Only success is remembered: what was refused may be sent again, mended, with the same key.
Whoever dies between the deed and its answer leaves a claim of one minute, after which the deed is done again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from chalice.app import Request, Response

from ...errors import BadInput, Conflict
from ...features.days import A_DAY
from ...features.operators import Who
from ...services import Services
from .. import http

KEY = re.compile(r"[\x21-\x7e]{1,128}")
WORKING = 60  # seconds after which whoever began is taken for dead
LONGEST_KEPT = 100_000  # bytes of an answer
OTHER = "这个 Idempotency-Key 已用于另一个请求。This Idempotency-Key was used for another request."
BUSY = "同一个请求正在处理，请稍候再试。The same request is being worked on; please try again in a moment."
TOO_LONG = "这个请求已经做完，但答复太长，没有保存。This was done already; its answer was too long to be kept."
PURPOSE = "answer of a write"

Place = tuple[str, str]


def once(svc: Services, who: Who, request: Request, do: Callable[[], Response], then: Callable[[], None]) -> Response:
    """Without the header the request is simply done. `then` follows a deed, and no repeat of it."""
    key = str(request.headers.get("idempotency-key", ""))
    if not key:
        response = do()
    else:
        if not KEY.fullmatch(key):
            raise BadInput(
                "Idempotency-Key 应为 1 到 128 个可见的 ASCII 字符。It has 1 to 128 visible ASCII characters."
            )
        place = (f"once#{svc.keys.fingerprint(f'{who.kind} {who.mark} {key}')}", "once")
        worker = secrets.token_hex(6)
        earlier = _claim(svc, place, worker, _digest(svc, request))
        if earlier is not None:
            return _again(svc, earlier)
        response = _do(svc, place, worker, do)
    then()
    return response


def _claim(svc: Services, place: Place, worker: str, digest: str) -> dict[str, Any] | None:
    """None: ours to do. Else what was done the first time."""
    claim = {"busy_until": svc.now() + WORKING, "worker": worker}
    item = {"pk": place[0], "sk": place[1], "digest": digest, **claim}
    earlier = svc.table.put_new({**item, "expires": svc.now() + A_DAY})
    if earlier is None:
        return None
    if earlier["digest"] != digest:
        raise Conflict(OTHER)
    if "answer" in earlier:
        return earlier
    where = "#busy_until < :now AND attribute_not_exists(#answer)"
    if svc.table.update(*place, claim, where=where, now=svc.now()) is None:
        raise Conflict(BUSY)
    return None


def _do(svc: Services, place: Place, worker: str, do: Callable[[], Response]) -> Response:
    """A failure gives the key back."""
    try:
        response = do()
    except BaseException:
        svc.table.delete_if(*place, where="#worker = :worker", worker=worker)
        raise
    _keep(svc, place, worker, response)
    return response


def _keep(svc: Services, place: Place, worker: str, response: Response) -> None:
    body, kind = response.body, response.headers.get("Content-Type", "")
    text = body if isinstance(body, str) and len(body.encode()) <= LONGEST_KEPT else None
    told = {"status": response.status_code, "kind": kind, "text": text}
    svc.table.update(*place, {"answer": svc.keys.seal(PURPOSE, told)}, where="#worker = :worker", worker=worker)


def _again(svc: Services, earlier: dict[str, Any]) -> Response:
    told = svc.keys.unseal(PURPOSE, earlier["answer"])
    if told is None or told["text"] is None:
        raise Conflict(TOO_LONG)
    headers = (
        dict(http.SAFE) | {"Idempotency-Replayed": "true"} | ({"Content-Type": told["kind"]} if told["kind"] else {})
    )
    return Response(told["text"], status_code=told["status"], headers=headers)


def _digest(svc: Services, request: Request) -> str:
    names, query = sorted((request.uri_params or {}).items()), sorted(http.query(request).items())
    asked = f"{request.method} {request.path} {names} {query} ".encode() + http.body(request)
    return svc.keys.fingerprint(asked.hex())
