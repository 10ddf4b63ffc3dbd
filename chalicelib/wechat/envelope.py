"""The signed and sealed wrapper around every callback: there is no way to a Message but through `open`."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from .crypto import BadSignature, decrypt, encrypt, msg_signature, same, sorted_sha1, url_signature
from .messages import BadMessage, Message, fields_of, message

__all__ = [
    "BadMessage",
    "BadSignature",
    "CallbackKey",
    "Envelope",
    "Opened",
    "TooBig",
    "decrypt",
    "encrypt",
    "msg_signature",
    "url_signature",
]

LARGEST = 64 * 1024  # bytes that are parsed for somebody who has shown nothing yet
LARGEST_SIGNED = 512 * 1024  # the same once the query's signature is right; see docs/decisions/0010
MODES = frozenset({"plain", "compatible", "safe"})
UNSEALED = frozenset({"", "success"})  # WeChat wants these two in clear, in every mode

AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
UNIX_SECONDS = re.compile(r"[0-9]{1,12}")


class TooBig(Exception):
    """Over 64 KiB, or 512 of whoever knows the token; nothing of it was read."""


class CallbackKey(msgspec.Struct, frozen=True):
    """What the account's server configuration says: Token and EncodingAESKey."""

    token: str
    aes_key: str = ""

    def __repr__(self) -> str:
        return "CallbackKey(…)"


class Opened:
    """A message that is WeChat's beyond doubt, and the way to answer it."""

    def __init__(self, message: Message, app_id: str, key: CallbackKey | None, as_json: bool) -> None:
        self.message = message
        self._app_id = app_id
        self._key = key
        self._as_json = as_json

    def seal(self, xml: str, now: int) -> str:
        """As the message came: in clear, or sealed with the same key."""
        if self._key is None or xml in UNSEALED:
            return xml
        nonce = str(int.from_bytes(os.urandom(4)))
        sealed = encrypt(self._key.aes_key, self._app_id, xml, os.urandom(16))
        signature = msg_signature(self._key.token, str(now), nonce, sealed)
        return _wrapped(sealed, signature, now, nonce, self._as_json)


class Envelope:
    """One account's. `keys`: the current one, then the one before, so that a change of keys loses no message."""

    def __init__(
        self,
        app_id: str,
        keys: Sequence[CallbackKey],
        modes: Collection[str],
        window: int = 300,
        encrypted_echo: bool = False,
    ) -> None:
        self._app_id = app_id
        self._keys = [_checked(key) for key in keys]
        self._modes = frozenset(modes)
        self._window = window
        self._encrypted_echo = encrypted_echo
        if not self._modes <= MODES:
            raise ValueError(f"modes are {', '.join(sorted(MODES))}")

    def echo(self, query: Mapping[str, str], now: int) -> str:
        """What to answer when the address is saved in WeChat's console (or WeCom's, which seals it)."""
        self._must_be_fresh(query, now)
        echo = query.get("echostr", "")
        if self._encrypted_echo:
            return self._unsealed(query, echo)[1].decode("utf-8", "replace")
        self._must_be_signed(query)
        return echo

    def open(self, query: Mapping[str, str], body: bytes, now: int) -> Opened:
        """Verify, decrypt, parse. Raises TooBig, BadSignature, or (it is WeChat's, but unreadable) BadMessage."""
        if len(body) > LARGEST_SIGNED:
            raise TooBig("over 512 KiB")
        self._must_be_fresh(query, now)
        # Only WeCom leaves this one out; its msg_signature covers the body, and is verified below.
        if "signature" in query or "msg_signature" not in query:
            self._must_be_signed(query)
        elif len(body) > LARGEST:
            raise TooBig("over 64 KiB")
        fields = _outside(query, body)
        if "Encrypt" in fields:
            return self._open_sealed(query, fields, as_json=body.lstrip()[:1] == b"{")
        return self._open_plain(query, fields)

    def _open_plain(self, query: Mapping[str, str], fields: dict[str, Any]) -> Opened:
        announced = query.get("encrypt_type") == "aes" or "msg_signature" in query
        if announced or "plain" not in self._modes:
            raise BadSignature
        return Opened(message(fields), self._app_id, None, as_json=False)

    def _open_sealed(self, query: Mapping[str, str], fields: dict[str, Any], as_json: bool) -> Opened:
        # In compatible mode the plain fields stand beside the sealed ones. Nobody signed them: they are not read.
        mode = "compatible" if "FromUserName" in fields or "MsgType" in fields else "safe"
        sealed = fields["Encrypt"]
        if mode not in self._modes or not isinstance(sealed, str):
            raise BadSignature
        key, content = self._unsealed(query, sealed.strip())
        return Opened(message(fields_of(content)), self._app_id, key, as_json)

    def _unsealed(self, query: Mapping[str, str], sealed: str) -> tuple[CallbackKey, bytes]:
        for key in self._keys_that_signed(query.get("msg_signature", ""), query, sealed):
            try:
                return key, decrypt(key.aes_key, self._app_id, sealed)
            except BadSignature:
                continue  # the token outlives a change of the EncodingAESKey: the next one may fit
        raise BadSignature

    def _must_be_signed(self, query: Mapping[str, str]) -> None:
        if not any(self._keys_that_signed(query.get("signature", ""), query)):
            raise BadSignature

    def _keys_that_signed(self, given: str, query: Mapping[str, str], *sealed: str) -> Iterator[CallbackKey]:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        return (key for key in self._keys if same(sorted_sha1(key.token, timestamp, nonce, *sealed), given))

    def _must_be_fresh(self, query: Mapping[str, str], now: int) -> None:
        timestamp = query.get("timestamp", "")
        if not UNIX_SECONDS.fullmatch(timestamp) or abs(now - int(timestamp)) > self._window:
            raise BadSignature


def _outside(query: Mapping[str, str], body: bytes) -> dict[str, Any]:
    try:
        return fields_of(body)
    except BadMessage:
        if "signature" not in query:
            raise BadSignature from None  # nothing has been verified yet
        raise


def _checked(key: CallbackKey) -> CallbackKey:
    if not key.token:
        raise ValueError("an empty Token would let anyone sign")
    if key.aes_key and not AES_KEY.fullmatch(key.aes_key):
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return key


def _wrapped(sealed: str, signature: str, now: int, nonce: str, as_json: bool) -> str:
    if as_json:
        answer = {"Encrypt": sealed, "MsgSignature": signature, "TimeStamp": now, "Nonce": nonce}
        return msgspec.json.encode(answer).decode()
    return (
        f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
        f"<TimeStamp>{now}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    )
