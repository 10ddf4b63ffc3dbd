"""What we seal and what we hash, all derived from one secret of the stage."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from functools import cached_property
from typing import Any

from .errors import Misconfigured

MASTER_BYTES = 32


class Keys:
    """`read_master` is asked once, on first use: 32 random bytes in base64."""

    def __init__(self, read_master: Callable[[], str]) -> None:
        self._read_master = read_master

    def person(self, openid: str) -> str:
        """How logs name a person: the same each time, and of no use to anyone without the key."""
        return "person-" + self.digest("person", openid)[:12]

    def digest(self, purpose: str, text: str) -> str:
        """A keyed hash in hex; other purposes give unrelated hashes of the same text."""
        return hmac.new(self._key(purpose), text.encode(), hashlib.sha256).hexdigest()

    def seal(self, purpose: str, value: dict[str, Any]) -> str:
        """The value as URL-safe text that only this stage can open, and only for the same purpose."""
        from Crypto.Cipher import AES  # noqa: PLC0415 (28 ms that most requests never need)

        cipher = AES.new(self._key(purpose), AES.MODE_GCM, nonce=secrets.token_bytes(12))
        sealed, tag = cipher.encrypt_and_digest(json.dumps(value, separators=(",", ":")).encode())
        return base64.urlsafe_b64encode(cipher.nonce + tag + sealed).decode().rstrip("=")

    def unseal(self, purpose: str, text: str) -> dict[str, Any] | None:
        """What was sealed, or None for anything that this stage did not seal for this purpose."""
        from Crypto.Cipher import AES  # noqa: PLC0415

        key = self._key(purpose)
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            cipher = AES.new(key, AES.MODE_GCM, nonce=raw[:12])
            value: dict[str, Any] = json.loads(cipher.decrypt_and_verify(raw[28:], raw[12:28]))
        except ValueError:
            return None
        return value

    @staticmethod
    def one_time() -> str:
        """A fresh secret that nobody can guess: 256 bits, URL-safe."""
        return secrets.token_urlsafe(32)

    @staticmethod
    def fingerprint(text: str) -> str:
        """How a one-time secret is kept: enough to recognise it, not to use it."""
        return hashlib.sha256(text.encode()).hexdigest()

    def _key(self, purpose: str) -> bytes:
        return hmac.new(self._master, purpose.encode(), hashlib.sha256).digest()

    @cached_property
    def _master(self) -> bytes:
        written = self._read_master()
        try:
            master = base64.b64decode(written, validate=True)
        except ValueError:
            master = b""
        if len(master) != MASTER_BYTES:
            raise Misconfigured("主密钥有误：应为 32 字节的 base64。The master key must be 32 bytes in base64.")
        return master
