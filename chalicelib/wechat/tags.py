"""Tags: names that operators give to groups of followers.

https://developers.weixin.qq.com/doc/service/guide/product/user/Tag_Management.html
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .calls import Calls
from .errors import AlreadyDone
from .users import Page

MOST_AT_ONCE = 50


class Tag(msgspec.Struct, frozen=True):
    """`count`: how many followers have it."""

    tag_id: int
    name: str
    count: int


class Tags:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self) -> tuple[Tag, ...]:
        """All of them, at most a hundred; ids under 100 are WeChat's own."""
        answer = self._calls.get("/cgi-bin/tags/get")
        return tuple(Tag(int(tag["id"]), str(tag["name"]), int(tag.get("count", 0))) for tag in answer["tags"])

    def create(self, name: str) -> int:
        """The id of a new tag; the name has 30 bytes at most, and no other tag has it."""
        return int(self._calls.post("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"])

    def rename(self, tag_id: int, name: str) -> None:
        self._calls.post("/cgi-bin/tags/update", {"tag": {"id": tag_id, "name": name}})

    def delete(self, tag_id: int) -> None:
        """Taken off everybody; refused (45057) while very many have it."""
        self._calls.post("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})

    def put_on(self, tag_id: int, openids: Sequence[str]) -> tuple[str, ...]:
        """Tag at most fifty followers: those whom WeChat left out. A second time changes nothing."""
        return self._change("/cgi-bin/tags/members/batchtagging", tag_id, openids)

    def take_off(self, tag_id: int, openids: Sequence[str]) -> tuple[str, ...]:
        """The same the other way round."""
        return self._change("/cgi-bin/tags/members/batchuntagging", tag_id, openids)

    def of_person(self, openid: str) -> tuple[int, ...]:
        answer = self._calls.post("/cgi-bin/tags/getidlist", {"openid": openid})
        return tuple(int(tag_id) for tag_id in answer["tagid_list"])

    def page(self, tag_id: int, next_openid: str = "") -> Page:
        """At most 10,000 followers who have it; `total` counts this page only."""
        answer = self._calls.post("/cgi-bin/user/tag/get", {"tagid": tag_id, "next_openid": next_openid})
        openids = tuple(str(openid) for openid in answer.get("data", {}).get("openid", ()))
        return Page(openids, str(answer.get("next_openid", "")) if openids else "", int(answer.get("count", 0)))

    def _change(self, path: str, tag_id: int, openids: Sequence[str]) -> tuple[str, ...]:
        if len(openids) > MOST_AT_ONCE:
            raise ValueError(f"at most {MOST_AT_ONCE} people at once")
        try:
            self._calls.post(path, {"openid_list": [*openids], "tagid": tag_id})
        except AlreadyDone as partly:  # 45171 names those it could not do; if it names nobody, who knows who it was
            return tuple(str(openid) for openid in partly.answer.get("fail_openid_list") or openids)
        return ()
