"""The platform token of an account whose brand has a token service of its own: asked for, kept, never refreshed by us.

A group with many systems lets one of them talk to `stable_token`, and the others ask that one. The protocol is in
docs/integrations/token-service.md. The answer is kept in the table like a token of our own, so that the service is
asked shortly before its end, or when WeChat refuses it: then with the fingerprint of the refused one, so that the
service knows which. We never ask WeChat for a token of such an account, and force nothing.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from ..errors import AppError, Misconfigured, Unavailable
from ..outbound import AddressRefused, Outbound, Unreachable
from ..services import Account, Services
from ..wechat.credentials import Issued

PATIENCE = 5.0  # seconds
OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 401, 403, 404
TOKEN = re.compile(r"[\x21-\x7e]{1,2000}")  # WeChat says to leave room for 512
LONGEST_LIFE = 86_400  # seconds


class Told(msgspec.Struct):
    """The service's answer; what else it says is not read."""

    access_token: str
    expires_in: int


class ServiceDown(Unavailable):
    """The token service gives no token; the one that is kept stays in use until its end."""


def ask(svc: Services, account: Account, refused: str = "") -> Issued:
    """The token that the service has now. `refused` is one that WeChat did not take.

    ServiceDown if no token came; Misconfigured if the service does not know our key or the account.
    """
    key = svc.secrets.read(f"accounts/{account.alias}/token_source")
    return ask_at(svc.outbound, account.token_source, key, account.app_id, refused)


def ask_at(outbound: Outbound, url: str, key: str, app_id: str, refused: str = "") -> Issued:
    """The same, of a service that is not kept yet."""
    told = {"app_id": app_id} | ({"rejected": fingerprint(refused)} if refused else {})
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    try:
        answer = outbound.send("POST", url, msgspec.json.encode(told), headers, PATIENCE)
    except (Unreachable, AddressRefused) as error:
        raise ServiceDown(f"令牌服务没有回应：{error}。The token service does not answer: {error}.") from None
    if answer.status != OK:
        raise _refusal(answer.status)
    return _issued(answer.body)


def fingerprint(token: str) -> str:
    """Names a token without giving it away: the SHA-256 of it, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def _issued(body: bytes) -> Issued:
    try:
        told = msgspec.json.decode(body, type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ServiceDown(
            "令牌服务的回答无法理解。The token service's answer has no access_token and expires_in."
        ) from None
    if not TOKEN.fullmatch(told.access_token) or not 0 < told.expires_in <= LONGEST_LIFE:
        raise ServiceDown("令牌服务给的令牌不可用。What the token service gives is not a usable token.")
    return Issued(told.access_token, told.expires_in)


def _refusal(status: int) -> AppError:
    if status in (UNAUTHORIZED, FORBIDDEN):
        return Misconfigured(
            f"令牌服务不认我们的密钥（{status}）。The token service does not take our key ({status}): "
            "python -m ops account token-source ALIAS --key"
        )
    if status == NOT_FOUND:
        return Misconfigured(
            f"令牌服务不认识这个 AppID（{status}）。The token service does not know this AppID ({status})."
        )
    return ServiceDown(f"令牌服务答 {status}。The token service answers {status}.")
