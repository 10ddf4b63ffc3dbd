"""Lets a folder of published test vectors, where there is one, be run against the protocol."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.wechat import crypto, miniprogram
from chalicelib.wechat.crypto import msg_signature, url_signature
from chalicelib.wechat.envelope import CallbackKey, Envelope
from chalicelib.wechat.jssdk import signature as jsapi_signature

__all__ = [
    "card_signature",
    "decrypt",
    "encrypt",
    "jsapi_signature",
    "msg_signature",
    "sorted_sha1",
    "url_signature",
    "wxa_decrypt",
    "wxa_signature",
]

wxa_signature = miniprogram.data_signature


def sorted_sha1(parts: Sequence[str]) -> str:
    return crypto.sorted_sha1(*parts)


card_signature = sorted_sha1


def decrypt(*parts: str) -> str:
    """Asks through the door that WeCom's sealed echo uses: it verifies, decrypts and gives back the text."""
    token, aes_key, receive_id, timestamp, nonce, signature, sealed = parts
    door = Envelope(receive_id, [CallbackKey(token, aes_key)], ["safe"], encrypted_echo=True)
    query = {"timestamp": timestamp, "nonce": nonce, "msg_signature": signature, "echostr": sealed}
    return door.echo(query, now=int(timestamp))


def encrypt(_token: str, aes_key: str, receive_id: str, plaintext: str, random16: str) -> str:
    return crypto.encrypt(aes_key, receive_id, plaintext, random16.encode())


def wxa_decrypt(session_key: str, iv: str, data: str) -> str:
    return miniprogram.open_data(session_key, iv, data).decode()
