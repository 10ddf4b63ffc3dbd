"""Template messages: what the account may say, and saying it.

https://developers.weixin.qq.com/doc/service/guide/product/template_message/Template_Message_Interface.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .calls import Calls

Rows = list[dict[str, Any]]


class Templates:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def send(  # noqa: PLR0913 (the fields of WeChat's form)
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        url: str = "",
        miniprogram: Mapping[str, str] | None = None,
        client_msg_id: str = "",
    ) -> int:
        """WeChat's id for the delivery event that follows. A repeat to the same person under one `client_msg_id`
        within ten minutes sends nothing new; after that it would."""
        body = {
            "touser": openid,
            "template_id": template_id,
            "url": url,
            "miniprogram": miniprogram,
            "data": {name: {"value": value} for name, value in data.items()},
            "client_msg_id": client_msg_id,
        }
        answer = self._calls.post("/cgi-bin/message/template/send", {name: body[name] for name in body if body[name]})
        return int(answer["msgid"])

    def list(self) -> Rows:
        """template_id, title, content with its {{…DATA}} places, example; at most 25."""
        rows: Rows = self._calls.get("/cgi-bin/template/get_all_private_template")["template_list"]
        return rows

    def add(self, number: str, keywords: Sequence[str] = ()) -> str:
        """The template_id of one taken from WeChat's library, where it has a `number`."""
        body = {"template_id_short": number, "keyword_name_list": list(keywords)}
        return str(self._calls.post("/cgi-bin/template/api_add_template", body)["template_id"])

    def delete(self, template_id: str) -> None:
        self._calls.post("/cgi-bin/template/del_private_template", {"template_id": template_id})

    def industry(self) -> dict[str, Any]:
        """The two trades that decide which templates the library offers."""
        return self._calls.get("/cgi-bin/template/get_industry")
