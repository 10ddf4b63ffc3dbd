"""Subscription notices: WeChat's library of templates, those the account took from it, and a notice to one person.

https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/intro.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .calls import Calls

Rows = list[dict[str, Any]]


class Notices:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def send(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        page: str = "",
        miniprogram: Mapping[str, str] | None = None,
    ) -> None:
        """It spends one of their consents. A repeat is a second notice: WeChat takes no id of ours and tells none of
        its own, only the event that follows names one. 43101: there is no consent (left)."""
        body = {
            "touser": openid,
            "template_id": template_id,
            "page": page,
            "miniprogram": miniprogram,
            "data": {name: {"value": value} for name, value in data.items()},
        }
        self._calls.post("/cgi-bin/message/subscribe/bizsend", {name: body[name] for name in body if body[name]})

    def list(self) -> Rows:
        """priTmplId, title, content, example, type (2: one consent is one notice, 3: as many as wanted),
        keywordEnumValueList (what a `const` may say)."""
        return _rows(self._calls.get("/wxaapi/newtmpl/gettemplate"))

    def add(self, number: str, keywords: Sequence[int], scene: str) -> str:
        """The template_id of one taken from the library: 2 to 5 of its keywords, in this order; `scene` says what it is
        for, in up to 15 characters."""
        body = {"tid": number, "kidList": list(keywords), "sceneDesc": scene}
        return str(self._calls.post("/wxaapi/newtmpl/addtemplate", body)["priTmplId"])

    def delete(self, template_id: str) -> None:
        self._calls.post("/wxaapi/newtmpl/deltemplate", {"priTmplId": template_id})

    def categories(self) -> Rows:
        """id and name of the account's service categories; the library shows what belongs to them."""
        return _rows(self._calls.get("/wxaapi/newtmpl/getcategory"))

    def titles(self, category_ids: Sequence[int], start: int, limit: int) -> tuple[Rows, int]:
        """tid, title, type, categoryId of at most 30 from `start` on, and how many there are in all."""
        ids = ",".join(map(str, category_ids))
        path = "/wxaapi/newtmpl/getpubtemplatetitles"
        answer = self._calls.get(path, ids=ids, start=str(start), limit=str(limit))
        return _rows(answer), int(answer.get("count", 0))

    def keywords(self, number: str) -> Rows:
        """kid, name, example, rule (its kind: thing, date …) of one of the library."""
        return _rows(self._calls.get("/wxaapi/newtmpl/getpubtemplatekeywords", tid=number))


def _rows(answer: dict[str, Any]) -> Rows:
    rows: Rows = answer.get("data") or []
    return rows
