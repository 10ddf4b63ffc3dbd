"""Letters as WeChat writes, signs and seals them, for the tests of the protocol."""

from __future__ import annotations

from typing import Any

from chalicelib.wechat.envelope import CallbackKey, Envelope, encrypt, msg_signature, url_signature

APP_ID = "wx0a1b2c3d4e5f6789"
TOKEN = "simtoken01"
AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
OTHER_AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOW = 1_700_000_000
NONCE = "87654321"

TEA_SHOP = CallbackKey(TOKEN, AES_KEY)
EVERY_MODE = ("plain", "compatible", "safe")


def door(*modes: str, keys: tuple[CallbackKey, ...] = (TEA_SHOP,), **settings: Any) -> Envelope:
    return Envelope(APP_ID, keys, modes or EVERY_MODE, **settings)


def xml(**fields: str) -> bytes:
    """A text from alice unless the fields say otherwise; an empty field is left out."""
    usual = {
        "ToUserName": "gh_tea",
        "FromUserName": "alice",
        "CreateTime": str(NOW),
        "MsgType": "text",
        "Content": "oolong?",
        "MsgId": "7",
    }
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in (usual | fields).items() if value != "")
    return f"<xml>{inside}</xml>".encode()


def event(name: str, inside: str = "") -> bytes:
    whole = xml(MsgType="event", Event=name, Content="", MsgId="").decode()
    return whole.replace("</xml>", f"{inside}</xml>").encode()


def signed(token: str = TOKEN, timestamp: str = str(NOW), nonce: str = NONCE) -> dict[str, str]:
    return {"signature": url_signature(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}


def seal(content: bytes | str, key: CallbackKey = TEA_SHOP, app_id: str = APP_ID) -> str:
    text = content if isinstance(content, str) else content.decode()
    return encrypt(key.aes_key, app_id, text, b"0123456789abcdef")


def covering(sealed: str, token: str = TOKEN, timestamp: str = str(NOW)) -> dict[str, str]:
    """The query of an encrypted push."""
    over_all = {"encrypt_type": "aes", "msg_signature": msg_signature(token, timestamp, NONCE, sealed)}
    return signed(token, timestamp) | over_all


def safe(sealed: str, beside: str = "") -> bytes:
    """The body of an encrypted push; in compatible mode with the plain fields `beside`."""
    return f"<xml><ToUserName>gh_tea</ToUserName>{beside}<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
