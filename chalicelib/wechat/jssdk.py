"""What `wx.config` wants to see before it lets a page use WeChat.

https://developers.weixin.qq.com/doc/service/guide/h5/jssdk.html
"""

from __future__ import annotations

import hashlib

from .crypto import as_bytes


def signature(ticket: str, nonce: str, timestamp: int | str, url: str) -> str:
    """For one page and one moment. The address is signed as the browser shows it, without its fragment."""
    page = url.partition("#")[0]
    signed = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(as_bytes(signed)).hexdigest()  # noqa: S324 (WeChat's choice)
