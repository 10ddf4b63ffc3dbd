"""QR codes with a scene: we learn it when somebody scans one, or follows by it.

https://developers.weixin.qq.com/doc/service/guide/product/account_management/Generating_a_Parametric_QR_Code.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from .calls import Calls

LONGEST_LIFE = 2_592_000  # seconds: thirty days


class QrCode(msgspec.Struct, frozen=True):
    """`address` is what the picture says, to be drawn by oneself; `ticket` lets WeChat draw it."""

    ticket: str
    address: str
    expires_in: int  # seconds; 0: never


class QrCodes:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def temporary(self, scene: str | int, seconds: int = LONGEST_LIFE) -> QrCode:
        """For thirty days at most. A text of 1 to 64 characters, or a number up to 2**32 - 1."""
        return self._create("QR_STR_SCENE" if isinstance(scene, str) else "QR_SCENE", scene, expire_seconds=seconds)

    def permanent(self, scene: str | int) -> QrCode:
        """An account has 100,000 of them, for good: none can be deleted. A number goes up to 100,000."""
        return self._create("QR_LIMIT_STR_SCENE" if isinstance(scene, str) else "QR_LIMIT_SCENE", scene)

    def _create(self, action: str, scene: str | int, **more: int) -> QrCode:
        told: dict[str, Any] = {"scene_str": scene} if isinstance(scene, str) else {"scene_id": scene}
        body = {"action_name": action, "action_info": {"scene": told}, **more}
        answer = self._calls.post("/cgi-bin/qrcode/create", body)
        return QrCode(str(answer["ticket"]), str(answer["url"]), int(answer.get("expire_seconds", 0)))


def picture_address(ticket: str, base: str = "https://mp.weixin.qq.com") -> str:
    """Where WeChat shows the code as a picture, to anybody, without a token."""
    return f"{base}/cgi-bin/showqrcode?{urlencode({'ticket': ticket})}"
