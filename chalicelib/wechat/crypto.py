"""WeChat's signatures and sealed texts, byte for byte; who may send what is decided in envelope.py."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import Any

BLOCK = 32  # WeChat pads to its key's length, not to AES's sixteen bytes
HEAD = 20  # sixteen random bytes and the length of what follows


class BadSignature(Exception):
    """Not from WeChat, too old, or not for this account. One sentence for all of them: a text that told
    a wrong padding from a wrong id would let a stranger read sealed messages byte by byte."""

    def __init__(self) -> None:
        super().__init__("not from WeChat, or not for this account")


def url_signature(token: str, timestamp: str, nonce: str) -> str:
    return sorted_sha1(token, timestamp, nonce)


def msg_signature(token: str, timestamp: str, nonce: str, encrypt: str) -> str:
    return sorted_sha1(token, timestamp, nonce, encrypt)


def sorted_sha1(*parts: str) -> str:
    return hashlib.sha1(as_bytes("".join(sorted(parts)))).hexdigest()  # noqa: S324 (WeChat's choice)


def same(expected: str, given: str) -> bool:
    """In constant time, whatever was given."""
    return hmac.compare_digest(expected.encode(), as_bytes(given))


def as_bytes(text: str) -> bytes:
    """A query may hold anything, halves of characters too."""
    return text.encode("utf-8", "surrogatepass")


def decrypt(aes_key: str, app_id: str, sealed: str) -> bytes:
    """The message inside, if it is whole and for this app id."""
    if not aes_key:
        raise BadSignature  # an account that was only ever in plain mode
    key = aes_bytes(aes_key)
    plain = opened(key, key[:16], sealed)
    end = HEAD + int.from_bytes(plain[16:HEAD])
    if len(plain) < end or not hmac.compare_digest(plain[end:], app_id.encode()):
        raise BadSignature
    return plain[HEAD:end]


def encrypt(aes_key: str, app_id: str, text: str, random16: bytes) -> str:
    key, content = aes_bytes(aes_key), text.encode()
    plain = random16 + len(content).to_bytes(4) + content + app_id.encode()
    padding = BLOCK - len(plain) % BLOCK
    return b64encode(_cipher(key, key[:16]).encrypt(plain + bytes([padding]) * padding)).decode()


def aes_bytes(aes_key: str) -> bytes:
    # Not validated: the 43rd character may carry spare bits that a strict reader refuses.
    return b64decode(aes_key + "=")


def opened(key: bytes, iv: bytes, sealed: str) -> bytes:
    """AES-CBC without its padding, of which every byte is looked at."""
    try:
        padded: bytes = _cipher(key, iv).decrypt(b64decode(sealed, validate=True))
    except ValueError:
        raise BadSignature from None
    padding = padded[-1] if padded else 0
    if not 1 <= padding <= BLOCK or not padded.endswith(bytes([padding]) * padding):
        raise BadSignature
    return padded[:-padding]


def _cipher(key: bytes, iv: bytes) -> Any:
    # 35 ms that a console page, a plain callback and most workers need not wait for.
    from Crypto.Cipher import AES  # noqa: PLC0415

    return AES.new(key, AES.MODE_CBC, iv)
