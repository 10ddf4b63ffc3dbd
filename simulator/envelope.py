"""WeChat's half of the envelope: build a callback's XML, sign and encrypt it, and read the sealed answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import struct
from typing import Any
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.accounts import Account, Json

BLOCK = 32
# What XML 1.0 cannot hold; a phone's keyboard does not make these.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadEnvelope(Exception):
    """The answer's seal is not what WeChat would accept; the text says why."""


def to_xml(fields: Json) -> str:
    return f"<xml>{_children(fields)}</xml>"


def _children(fields: Json) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    """Numbers stand bare, texts in CDATA, a list is the element repeated: as in WeChat's samples."""
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        return f"<{name}>{_children(value)}</{name}>"
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    text = _FORBIDDEN.sub("", str(value)).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{text}]]></{name}>"


def from_xml(text: str | bytes) -> ElementTree.Element:
    """The root `<xml>` of an answer."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise BadEnvelope(f"not XML: {error}") from None
    if root.tag != "xml":
        raise BadEnvelope(f"the root is <{root.tag}>, not <xml>")
    return root


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def signed_query(account: Account, timestamp: int, nonce: str, openid: str, sealed: str = "") -> dict[str, str]:
    """The query string of one try; each try has its own timestamp, nonce and signature."""
    stamp = str(timestamp)
    query = {"signature": signature(account.token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": openid}
    if sealed:
        query |= {"encrypt_type": "aes", "msg_signature": signature(account.token, stamp, nonce, sealed)}
    return query


def request_body(account: Account, fields: Json) -> tuple[bytes, str]:
    """The body as the account's mode wants it, and the sealed part ("" in plain mode)."""
    plain = to_xml(fields)
    if account.mode == "plain":
        return plain.encode(), ""
    sealed = encrypt(account, plain)
    outer = {"ToUserName": fields["ToUserName"], "Encrypt": sealed}
    both = fields | {"Encrypt": sealed} if account.mode == "compatible" else outer
    return to_xml(both).encode(), sealed


def encrypt(account: Account, plain: str) -> str:
    message = plain.encode()
    packet = os.urandom(16) + struct.pack(">I", len(message)) + message + account.app_id.encode()
    pad = BLOCK - len(packet) % BLOCK
    encryptor = _cipher(account).encryptor()
    return base64.b64encode(encryptor.update(packet + bytes([pad]) * pad) + encryptor.finalize()).decode()


def open_answer(account: Account, root: ElementTree.Element) -> str:
    """The XML inside a sealed answer, or why WeChat would not take it."""
    named = {name: root.findtext(name, "") for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")}
    if not all(named.values()):
        raise BadEnvelope("a sealed answer needs Encrypt, MsgSignature, TimeStamp and Nonce")
    due = signature(account.token, named["TimeStamp"], named["Nonce"], named["Encrypt"])
    if due != named["MsgSignature"]:
        raise BadEnvelope("MsgSignature does not fit")
    return decrypt(account, named["Encrypt"])


def decrypt(account: Account, sealed: str) -> str:
    try:
        decryptor = _cipher(account).decryptor()
        packet = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
        packet = packet[: -packet[-1]]
        end = 20 + struct.unpack(">I", packet[16:20])[0]
        message, app_id = packet[20:end].decode(), packet[end:].decode()
    except (ValueError, IndexError, struct.error, binascii.Error):
        raise BadEnvelope("it does not decrypt") from None
    if app_id != account.app_id:
        raise BadEnvelope("it was sealed for another app id")
    return message


def _cipher(account: Account) -> Cipher[modes.CBC]:
    # Not strict: the last character of an EncodingAESKey may carry bits to spare.
    key = base64.b64decode(account.aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
