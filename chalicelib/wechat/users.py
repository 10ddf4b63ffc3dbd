"""Who follows the account.

https://developers.weixin.qq.com/doc/service/guide/product/user/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .calls import Calls

MOST_AT_ONCE = 100
MOST_BLOCKED = 20  # in one call
MIGRATED = "ok"  # WeChat's word in err_msg


class Moved(msgspec.Struct, frozen=True):
    """What became of one openid when its account was migrated; `new` is "" where WeChat gives a reason instead."""

    old: str
    new: str
    reason: str


class Page(msgspec.Struct, frozen=True):
    """At most 10,000 openids; `next_openid` asks for the following page and is "" after the last."""

    openids: tuple[str, ...]
    next_openid: str
    total: int


class Users:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def page(self, next_openid: str = "") -> Page:
        return _page(self._calls.get("/cgi-bin/user/get", next_openid=next_openid))

    def blacklist(self, begin_openid: str = "") -> Page:
        """Whom the account has blocked; followers or not."""
        return _page(self._calls.post("/cgi-bin/tags/members/getblacklist", {"begin_openid": begin_openid}))

    def block(self, openids: Sequence[str]) -> None:
        _at_most(MOST_BLOCKED, openids)
        self._calls.post("/cgi-bin/tags/members/batchblacklist", {"openid_list": list(openids)})

    def unblock(self, openids: Sequence[str]) -> None:
        _at_most(MOST_BLOCKED, openids)
        self._calls.post("/cgi-bin/tags/members/batchunblacklist", {"openid_list": list(openids)})

    def info(self, openid: str, lang: str = "zh_CN") -> dict[str, Any]:
        """Since 2021-12-27 without nickname and picture; of someone who left, only the openid."""
        return self._calls.get("/cgi-bin/user/info", openid=openid, lang=lang)

    def batchget(self, openids: Sequence[str], lang: str = "zh_CN") -> list[dict[str, Any]]:
        """Like `info`, for at most a hundred people."""
        _at_most(MOST_AT_ONCE, openids)
        body = {"user_list": [{"openid": openid, "lang": lang} for openid in openids]}
        found: list[dict[str, Any]] = self._calls.post("/cgi-bin/user/info/batchget", body)["user_info_list"]
        return found

    def remark(self, openid: str, remark: str) -> None:
        """The account's own name for this person, under 30 bytes."""
        self._calls.post("/cgi-bin/user/info/updateremark", {"openid": openid, "remark": remark})

    def change_openids(self, from_id: str, openids: Sequence[str]) -> list[Moved]:
        """Of at most a hundred people of the account before its migration; for fifteen days after it.

        `from_id` is that account's original id (gh_…), though the document calls it an appid.
        """
        _at_most(MOST_AT_ONCE, openids)
        body = {"from_appid": from_id, "openid_list": list(openids)}
        return [_moved(told) for told in self._calls.post("/cgi-bin/changeopenid", body)["result_list"]]


def _page(answer: dict[str, Any]) -> Page:
    openids = tuple(str(openid) for openid in (answer.get("data") or {}).get("openid", ()))
    # WeChat names the last openid once more at the end of the list.
    following = str(answer.get("next_openid", "")) if openids else ""
    return Page(openids, following, int(answer.get("total", 0)))


def _moved(told: dict[str, Any]) -> Moved:
    reason = str(told.get("err_msg", ""))
    new = str(told.get("new_openid") or "") if reason == MIGRATED else ""
    return Moved(str(told.get("ori_openid", "")), new, "" if new else reason or "no new openid")


def _at_most(most: int, openids: Sequence[str]) -> None:
    if len(openids) > most:
        raise ValueError(f"at most {most} people at once")
