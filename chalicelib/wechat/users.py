"""Who follows the account.

https://developers.weixin.qq.com/doc/service/guide/product/user/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .calls import Calls

MOST_AT_ONCE = 100


class Page(msgspec.Struct, frozen=True):
    """At most 10,000 openids; `next_openid` asks for the following page and is "" after the last."""

    openids: tuple[str, ...]
    next_openid: str
    total: int


class Users:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def page(self, next_openid: str = "") -> Page:
        answer = self._calls.get("/cgi-bin/user/get", next_openid=next_openid)
        openids = tuple(str(openid) for openid in answer.get("data", {}).get("openid", ()))
        # WeChat names the last openid once more at the end of the list.
        following = str(answer.get("next_openid", "")) if openids else ""
        return Page(openids, following, int(answer.get("total", 0)))

    def info(self, openid: str, lang: str = "zh_CN") -> dict[str, Any]:
        """Since 2021-12-27 without nickname and picture; of someone who left, only the openid."""
        return self._calls.get("/cgi-bin/user/info", openid=openid, lang=lang)

    def batchget(self, openids: Sequence[str], lang: str = "zh_CN") -> list[dict[str, Any]]:
        """Like `info`, for at most a hundred people."""
        if len(openids) > MOST_AT_ONCE:
            raise ValueError(f"at most {MOST_AT_ONCE} people at once")
        body = {"user_list": [{"openid": openid, "lang": lang} for openid in openids]}
        found: list[dict[str, Any]] = self._calls.post("/cgi-bin/user/info/batchget", body)["user_info_list"]
        return found

    def remark(self, openid: str, remark: str) -> None:
        """The account's own name for this person, under 30 bytes."""
        self._calls.post("/cgi-bin/user/info/updateremark", {"openid": openid, "remark": remark})
