"""A message handed to another system as WeChat hands it to us, signed and sealed with that system's own keys."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlencode

import msgspec

from .crypto import BadSignature, decrypt, encrypt, msg_signature, same, url_signature
from .envelope import UNSEALED, CallbackKey
from .messages import BadMessage, Message, Reply, fields_of
from .messages.passing import reply_of, xml_of
from .messages.replies import cdata

__all__ = ["MODES", "BadAnswer", "Letter", "Relay", "answer_in", "echo_query", "letter", "relays_of"]

MODES = ("safe", "compatible", "plain")
LARGEST_ANSWER = 64 * 1024  # bytes


class BadAnswer(Exception):
    """What came back is not an answer that WeChat would take; the text says why, and quotes nothing of it."""


class Relay(msgspec.Struct, frozen=True):
    """One system that wants an account's messages too. Its token and key are kept apart, as secrets."""

    name: str
    url: str
    mode: str = "safe"  # as WeChat's console calls them: safe, compatible, plain
    answers: str = "ours"  # whose answer the follower sees: ours, or theirs if they have one
    app_id: str = ""  # empty: the account's own


def relays_of(told: Any) -> tuple[Relay, ...]:
    """As they are stored; what a later version stored besides is not read."""
    return msgspec.convert(told, tuple[Relay, ...])


class Letter(msgspec.Struct, frozen=True):
    url: str
    body: bytes

    def __repr__(self) -> str:
        return "Letter(…)"


def letter(relay: Relay, key: CallbackKey, app_id: str, message: Message, now: int) -> Letter:
    """As WeChat would send it in the relay's mode; each letter has a nonce and a signature of its own."""
    fields, plain = message.fields, xml_of(message.fields)
    nonce = _nonce()
    query = _signed(key.token, now, nonce) | {"openid": message.openid}
    if relay.mode == "plain":
        return Letter(_with(relay.url, query), plain.encode())
    sealed = encrypt(key.aes_key, relay.app_id or app_id, plain, os.urandom(16))
    outside = fields if relay.mode == "compatible" else {"ToUserName": message.original_id}
    body = f"{xml_of(outside).removesuffix('</xml>')}{cdata('Encrypt', sealed)}</xml>"
    query |= {"encrypt_type": "aes", "msg_signature": msg_signature(key.token, str(now), nonce, sealed)}
    return Letter(_with(relay.url, query), body.encode())


def echo_query(url: str, token: str, echo: str, now: int) -> str:
    """The address by which WeChat's console asks a server whether it knows the token: it answers `echo`."""
    return _with(url, _signed(token, now, _nonce()) | {"echostr": echo})


def answer_in(relay: Relay, key: CallbackKey, app_id: str, message: Message, body: bytes) -> Reply | None:
    """What the other system wants to be said; None for nothing. BadAnswer if WeChat would not take it."""
    if len(body) > LARGEST_ANSWER:
        raise BadAnswer("over 64 KiB")
    try:
        # WeChat takes these two in clear, in every mode.
        if body.decode().strip() in UNSEALED:
            return None
        fields = fields_of(body)
        if "Encrypt" in fields:
            fields = _opened(relay, key, app_id, fields)
        elif relay.mode == "safe":
            raise BadAnswer("in clear, though its mode is safe")
        if str(fields.get("ToUserName", "")).strip() != message.openid:
            raise BadAnswer("for somebody else")
        return reply_of(fields)
    except UnicodeDecodeError:
        raise BadAnswer("not UTF-8") from None
    except BadMessage as error:
        raise BadAnswer(str(error)) from None


def _opened(relay: Relay, key: CallbackKey, app_id: str, outside: dict[str, object]) -> dict[str, object]:
    """The answer inside its seal, once the signature over it is right."""
    named = [str(outside.get(name, "")).strip() for name in ("TimeStamp", "Nonce", "Encrypt")]
    if relay.mode == "plain" or not same(
        msg_signature(key.token, *named), str(outside.get("MsgSignature", "")).strip()
    ):
        raise BadAnswer("its signature is wrong")
    try:
        return fields_of(decrypt(key.aes_key, relay.app_id or app_id, named[2]))
    except BadSignature:
        raise BadAnswer("its seal is wrong") from None


def _signed(token: str, now: int, nonce: str) -> dict[str, str]:
    return {"signature": url_signature(token, str(now), nonce), "timestamp": str(now), "nonce": nonce}


def _nonce() -> str:
    return str(int.from_bytes(os.urandom(4)))


def _with(url: str, query: dict[str, str]) -> str:
    """Older systems have a query of their own in their address, as WeChat's console allows."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
