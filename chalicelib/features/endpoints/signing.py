"""Secrets of endpoints and what is signed with them: HMAC-SHA256 over "<unix seconds>.<body>".

A secret is derived from the stage's master key, the endpoint and a generation, so it is kept nowhere and can be shown
again. Rotation begins another generation; for a day both sign, so that a receiver can change over in its own time.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from ...errors import Conflict
from ...services import Account, Services
from ..days import A_DAY
from . import endpoint as store
from .endpoint import Endpoint

HEADER = "Gaiwan-Signature"
OVERLAP = A_DAY


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """`previous` still signs until `previous_until` (unix seconds); "" and 0 otherwise."""

    secret: str
    previous: str = ""
    previous_until: int = 0


def secret(svc: Services, account: Account, endpoint_id: str) -> Secret:
    return _secret(svc, account, store.find(svc, account, endpoint_id))


def rotate(svc: Services, account: Account, endpoint_id: str) -> Secret:
    """Another secret, beside the one that was: not again within a day, which would end that one early."""
    endpoint = store.find(svc, account, endpoint_id)
    if endpoint.rotated_at and svc.now() < endpoint.rotated_at + OVERLAP:
        raise Conflict(
            "密钥在 24 小时内换过，旧的还有效；请过后再换。"
            "The secret was changed within a day and the old one is still good; please change it again later."
        )
    told = {"generation": endpoint.generation + 1, "rotated_at": svc.now()}
    after = store.change(svc, account, endpoint_id, told, where="#generation = :seen", seen=endpoint.generation)
    if after is None:
        raise Conflict("正好有人在换。Somebody changes it just now.")
    return _secret(svc, account, after)


def signature(svc: Services, account: Account, endpoint: Endpoint, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex>`, with a second v1 during a rotation."""
    now, known = svc.now(), _secret(svc, account, endpoint)
    signed = str(now).encode() + b"." + body
    with_each = [one for one in (known.secret, known.previous) if one]
    marks = (hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in with_each)
    return ",".join([f"t={now}", *(f"v1={mark}" for mark in marks)])


def _secret(svc: Services, account: Account, endpoint: Endpoint) -> Secret:
    now = _derived(svc, account, endpoint, endpoint.generation)
    until = endpoint.rotated_at + OVERLAP if endpoint.rotated_at else 0
    if svc.now() >= until:
        return Secret(secret=now)
    return Secret(secret=now, previous=_derived(svc, account, endpoint, endpoint.generation - 1), previous_until=until)


def _derived(svc: Services, account: Account, endpoint: Endpoint, generation: int) -> str:
    return "whsec_" + svc.keys.digest("endpoint secret", f"{account.alias}#{endpoint.endpoint_id}#{generation}")
