"""What a mini-program's page hands on: data that WeChat sealed or signed with the visitor's session key.

https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
"""

from __future__ import annotations

import hashlib
from base64 import b64decode

from .crypto import BadSignature, opened


def open_data(session_key: str, iv: str, sealed: str) -> bytes:
    """The JSON inside; whoever asks still compares its watermark's appid."""
    try:
        key, start = b64decode(session_key), b64decode(iv)
    except ValueError:
        raise BadSignature from None
    return opened(key, start, sealed)


def data_signature(raw_data: str, session_key: str) -> str:
    return hashlib.sha1((raw_data + session_key).encode()).hexdigest()  # noqa: S324 (WeChat's choice)
