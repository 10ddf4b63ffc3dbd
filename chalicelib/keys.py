"""What we seal, what we hash and what we sign, all derived from one secret of the stage."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import Misconfigured

if TYPE_CHECKING:
    from Crypto.PublicKey.ECC import EccKey

MASTER_BYTES = 32
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


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
        sealed, tag = cipher.encrypt_and_digest(_json(value))
        return _encoded(cipher.nonce + tag + sealed)

    def unseal(self, purpose: str, text: str) -> dict[str, Any] | None:
        """What was sealed, or None for anything that this stage did not seal for this purpose."""
        from Crypto.Cipher import AES  # noqa: PLC0415

        key = self._key(purpose)
        try:
            raw = _decoded(text)
            cipher = AES.new(key, AES.MODE_GCM, nonce=raw[:12])
            value: dict[str, Any] = json.loads(cipher.decrypt_and_verify(raw[28:], raw[12:28]))
        except ValueError:
            return None
        return value

    def sign_token(self, claims: Mapping[str, Any]) -> str:
        """A JWT that anybody can check against `jwks()`: ES256, RFC 7515 and 7518."""
        from Crypto.Hash import SHA256  # noqa: PLC0415 (50 ms that only sign-ins of other sites need)
        from Crypto.Signature import DSS  # noqa: PLC0415

        signed = f"{self._token_header}.{_encoded(_json(claims))}"
        signer = DSS.new(self._signing_key, "deterministic-rfc6979", encoding="binary")
        return f"{signed}.{_encoded(signer.sign(SHA256.new(signed.encode())))}"

    def open_token(self, token: str, now: int) -> dict[str, Any] | None:
        """The claims of a JWT that this stage signed and that lasts beyond `now` (0: whenever it ended), or None."""
        from Crypto.Hash import SHA256  # noqa: PLC0415
        from Crypto.Signature import DSS  # noqa: PLC0415

        signed, _, signature = token.rpartition(".")
        header, _, payload = signed.partition(".")
        # Ours has one way to write it, so whoever asks for another algorithm or key has altered it.
        if header != self._token_header:
            return None
        try:
            checker = DSS.new(self._signing_key, "deterministic-rfc6979", encoding="binary")
            checker.verify(SHA256.new(signed.encode()), _decoded(signature))
            claims: dict[str, Any] = json.loads(_decoded(payload))
        except ValueError:
            return None
        return claims if claims["exp"] > now else None

    def jwks(self) -> dict[str, Any]:
        """RFC 7517: the public half of the key that signs ID tokens."""
        return {"keys": [{**self._public, "use": "sig", "alg": "ES256", "kid": self._kid}]}

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
    def _signing_key(self) -> EccKey:
        from Crypto.PublicKey import ECC  # noqa: PLC0415

        # 512 bits for a number of 256: what is left over by the division favours no key.
        far = int.from_bytes(hmac.new(self._master, b"id token", hashlib.sha512).digest(), "big")
        return ECC.construct(curve="P-256", d=far % (ORDER_OF_P256 - 1) + 1)

    @cached_property
    def _public(self) -> dict[str, str]:
        point = self._signing_key.pointQ
        x, y = (_encoded(int(number).to_bytes(32, "big")) for number in (point.x, point.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    @cached_property
    def _kid(self) -> str:
        """RFC 7638: the key's own thumbprint, so another key has another name by itself."""
        return _encoded(hashlib.sha256(_json(self._public)).digest())

    @cached_property
    def _token_header(self) -> str:
        return _encoded(_json({"alg": "ES256", "typ": "JWT", "kid": self._kid}))

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


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """ValueError for anything but the one way in which `_encoded` writes it."""
    raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _encoded(raw) != text:
        raise ValueError("another spelling of the same bytes")
    return raw
