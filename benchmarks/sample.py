"""The message that everything here is measured with: a text of a follower, sealed as WeChat seals it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from chalicelib.wechat.envelope import encrypt, msg_signature, url_signature

APP_ID, ORIGINAL_ID, OPENID = "wx0a1b2c3d4e5f6789", "gh_0123456789ab", "oTea0123456789abcdefghijklmn"
TOKEN, AES_KEY = "benchtoken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
QUESTION, ANSWER = "请问今天的凤凰单丛多少钱一泡？", "您好！凤凰单丛 89 元一泡，今天第二泡半价。"


class Delivery(NamedTuple):
    query: dict[str, str]
    body: bytes
    at: int  # the moment it was signed; it is accepted for five minutes


Answer = Callable[[Delivery], str]  # a delivery -> the sealed answer


def delivery() -> Delivery:
    """As WeChat would send it now."""
    at, nonce = int(time.time()), "1372623149"
    sealed = encrypt(AES_KEY, APP_ID, _xml(at), os.urandom(16))
    query = {
        "signature": url_signature(TOKEN, str(at), nonce),
        "timestamp": str(at),
        "nonce": nonce,
        "openid": OPENID,
        "encrypt_type": "aes",
        "msg_signature": msg_signature(TOKEN, str(at), nonce, sealed),
    }
    body = f"<xml><ToUserName><![CDATA[{ORIGINAL_ID}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    return Delivery(query, body.encode(), at)


def _xml(at: int) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{ORIGINAL_ID}]]></ToUserName><FromUserName><![CDATA[{OPENID}]]></FromUserName>"
        f"<CreateTime>{at}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{QUESTION}]]></Content>"
        "<MsgId>24012345678901234</MsgId></xml>"
    )
