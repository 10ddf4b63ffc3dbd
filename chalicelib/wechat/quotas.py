"""How often an interface may still be called today, and in a minute.

https://developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .calls import Calls


class Quota(msgspec.Struct, frozen=True):
    """Of a day, until midnight in Shanghai. `at_once` calls in `refresh_seconds`; 0: WeChat names no such limit."""

    limit: int
    used: int
    left: int
    at_once: int = 0
    refresh_seconds: int = 0


class Quotas:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def of(self, path: str) -> Quota:
        """`path` as in /cgi-bin/message/template/send. BadCall (76021) for one that WeChat does not know."""
        answer = self._calls.post("/cgi-bin/openapi/quota/get", {"cgi_path": path})
        day, rate = answer["quota"], answer.get("rate_limit") or {}
        limit, used, left = (_number(day, name) for name in ("daily_limit", "used", "remain"))
        return Quota(limit, used, left, _number(rate, "call_count"), _number(rate, "refresh_second"))


def _number(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name, 0)
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else 0
