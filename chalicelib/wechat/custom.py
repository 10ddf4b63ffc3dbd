"""Customer-service messages: an answer after the answer, while the person's window is open.

No idempotency key exists here, so a repeat is a second message: callers choose at most once.
https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .calls import Calls
from .messages import Image, Music, News, Reply, Text, Video, Voice, split_text


class Custom:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def send_text(self, openid: str, text: str) -> None:
        """One message for every 2048 bytes, in order; each counts against the five a person's message allows."""
        for part in split_text(text):
            self._send(openid, "text", {"content": part})

    def send(self, openid: str, reply: Reply) -> None:
        """Any reply but Transfer, which only a passive answer can do."""
        if isinstance(reply, Text):
            self.send_text(openid, reply.content)
        elif type(reply) in BODIES:
            self._send(openid, str(reply.__struct_config__.tag), BODIES[type(reply)](reply))
        else:
            raise ValueError(f"{type(reply).__name__} cannot be sent as a customer-service message")

    def typing(self, openid: str, on: bool = True) -> None:
        """Shows "typing…" for fifteen seconds or until the next message."""
        command = "Typing" if on else "CancelTyping"
        self._calls.post("/cgi-bin/message/custom/typing", {"touser": openid, "command": command})

    def _send(self, openid: str, kind: str, content: dict[str, Any]) -> None:
        self._calls.post("/cgi-bin/message/custom/send", {"touser": openid, "msgtype": kind, kind: content})


def _media(reply: Image | Voice) -> dict[str, Any]:
    return {"media_id": reply.media_id}


def _video(video: Video) -> dict[str, Any]:
    words = {"title": video.title, "description": video.description, "thumb_media_id": video.thumb_media_id}
    return {"media_id": video.media_id} | {name: value for name, value in words.items() if value}


def _music(music: Music) -> dict[str, Any]:
    return {
        "title": music.title,
        "description": music.description,
        "musicurl": music.url,
        "hqmusicurl": music.hq_url,
        "thumb_media_id": music.thumb_media_id,
    }


def _news(news: News) -> dict[str, Any]:
    # A second article is 45008, and nothing is sent.
    return {
        "articles": [
            {"title": each.title, "description": each.description, "url": each.url, "picurl": each.pic_url}
            for each in news.articles[:1]
        ]
    }


BODIES: dict[type, Callable[[Any], dict[str, Any]]] = {
    Image: _media,
    Voice: _media,
    Video: _video,
    Music: _music,
    News: _news,
}
