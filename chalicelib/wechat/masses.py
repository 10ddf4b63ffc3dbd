"""Mass messages: one call, and WeChat brings it to many; what came of it is told in numbers, never by person.

Each call carries a `clientmsgid`. The same one again within a day is refused with 45065, which names the message that
there is: so a call whose answer was lost may be made again. To all, an administrator may have to agree (89505, 89504).
https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .calls import Calls
from .errors import AlreadyDone

FEWEST, MOST = 2, 10_000  # openids of one call
LONGEST_ID = 32  # bytes of a clientmsgid
A_DAY = 86_400  # seconds that WeChat knows a clientmsgid
ALREADY, WAITS, IS_PUT = 45065, 89504, 89505
SENT, SENDING, FAILED, DELETED = "SEND_SUCCESS", "SENDING", "SEND_FAIL", "DELETE"  # what `state` answers
SEND_ALL, SEND = "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/send"
PREVIEW = "/cgi-bin/message/mass/preview"

Content = Mapping[str, Any]  # {"msgtype": "text", "content": …}, {"msgtype": "mpnews", "media_id": …}, …


class Taken(msgspec.Struct, frozen=True):
    """`msg_id` 0: WeChat did not say. `again`: it had this clientmsgid before, from whom the answer does not tell.
    `waits`: for the administrator, half an hour at most."""

    msg_id: int
    again: bool = False
    waits: bool = False


class Masses:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def to_all(self, content: Content, client_id: str) -> Taken:
        """Every follower; shows in the account's history."""
        return self._take(SEND_ALL, {"filter": {"is_to_all": True}, **body(content)}, client_id)

    def to_tag(self, tag_id: int, content: Content, client_id: str) -> Taken:
        return self._take(SEND_ALL, {"filter": {"is_to_all": False, "tag_id": tag_id}, **body(content)}, client_id)

    def to_list(self, openids: Sequence[str], content: Content, client_id: str) -> Taken:
        """Two to ten thousand of them."""
        return self._take(SEND, {"touser": list(openids), **body(content)}, client_id)

    def preview(self, openid: str, content: Content) -> None:
        """To one person, a hundred times a day."""
        self._calls.post(PREVIEW, {"touser": openid, **body(content, one=True)})

    def state(self, msg_id: int) -> str:
        """SEND_SUCCESS, SENDING, SEND_FAIL or DELETE."""
        return str(self._calls.post("/cgi-bin/message/mass/get", {"msg_id": msg_id})["msg_status"])

    def delete(self, msg_id: int, article: int = 0) -> None:
        """Articles and videos alone. The card stays on the phones; what it opens is gone. `article`: from 1; 0 all."""
        self._calls.post("/cgi-bin/message/mass/delete", {"msg_id": msg_id, "article_idx": article})

    def _take(self, path: str, told: dict[str, Any], client_id: str) -> Taken:
        try:
            answer: Mapping[str, Any] = self._calls.post(path, {**told, "clientmsgid": client_id})
        except AlreadyDone as error:
            if error.code not in (ALREADY, WAITS, IS_PUT):
                raise
            return Taken(_number(error.answer), error.code == ALREADY, error.code != ALREADY)
        return Taken(int(answer["msg_id"]))


def body(content: Content, one: bool = False) -> dict[str, Any]:
    """As WeChat wants it: {"msgtype": "text", "text": {"content": …}}. Pictures are a list, but to `one` person."""
    kind = str(content["msgtype"])
    told = {name: value for name, value in content.items() if name != "msgtype"}
    if kind == "image" and not one:
        return {"msgtype": kind, "images": {"media_ids": [told["media_id"]]}}
    return {"msgtype": kind, kind: told}


def _number(answer: Mapping[str, Any]) -> int:
    told = str(answer.get("msg_id", ""))
    return int(told) if told.isascii() and told.isdigit() else 0
