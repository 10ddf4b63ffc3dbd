"""Another system's side of the conversation: a message written again as XML, and its answer read as a Reply."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .reading import BadMessage
from .replies import Article, Image, Music, News, Reply, Text, Transfer, Video, Voice, cdata

ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
NUMBER = re.compile(r"[0-9]{1,20}")

Fields = dict[str, Any]


def xml_of(fields: Fields) -> str:
    """The message as WeChat would write it; a message that came as JSON becomes XML too."""
    return f"<xml>{_inside(fields)}</xml>"


def reply_of(fields: Fields) -> Reply | None:
    """What a system answered; None if it has nothing to say. BadMessage if it is none of WeChat's kinds of answer."""
    read = READERS.get(_text(fields, "MsgType").strip())
    if read is None:
        raise BadMessage("not one of the kinds of answer")
    return read(fields)


def _inside(fields: Fields) -> str:
    return "".join(_element(name, value) for name, value in fields.items() if ELEMENT.fullmatch(name))


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, each) for each in value)
    if isinstance(value, dict):
        return f"<{name}>{_inside(value)}</{name}>"
    return f"<{name}>{value}</{name}>" if NUMBER.fullmatch(str(value)) else cdata(name, str(value))


def _read_text(fields: Fields) -> Reply | None:
    content = _text(fields, "Content")
    return Text(content) if content.strip() else None


def _read_image(fields: Fields) -> Reply:
    return Image(_media(fields, "Image"))


def _read_voice(fields: Fields) -> Reply:
    return Voice(_media(fields, "Voice"))


def _read_video(fields: Fields) -> Reply:
    video = _part(fields, "Video")
    return Video(_media(fields, "Video"), title=_text(video, "Title"), description=_text(video, "Description"))


def _read_music(fields: Fields) -> Reply:
    music = _part(fields, "Music")
    return Music(
        _needed(music, "ThumbMediaId"),
        title=_text(music, "Title"),
        description=_text(music, "Description"),
        url=_text(music, "MusicUrl") or _text(music, "MusicURL"),
        hq_url=_text(music, "HQMusicUrl"),
    )


def _read_news(fields: Fields) -> Reply | None:
    found = _part(fields, "Articles").get("item", [])
    items = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
    articles = [
        Article(
            _text(item, "Title"),
            description=_text(item, "Description"),
            pic_url=_text(item, "PicUrl"),
            url=_text(item, "Url"),
        )
        for item in items
    ]
    return News(tuple(articles)) if articles else None


def _read_transfer(fields: Fields) -> Reply:
    info = fields.get("TransInfo")
    return Transfer(_text(info, "KfAccount") if isinstance(info, dict) else "")


READERS: dict[str, Callable[[Fields], Reply | None]] = {
    "text": _read_text,
    "image": _read_image,
    "voice": _read_voice,
    "video": _read_video,
    "music": _read_music,
    "news": _read_news,
    "transfer_customer_service": _read_transfer,
}


def _media(fields: Fields, part: str) -> str:
    return _needed(_part(fields, part), "MediaId")


def _needed(fields: Fields, name: str) -> str:
    found = _text(fields, name).strip()
    if not found:
        raise BadMessage(f"no {name}")
    return found


def _part(fields: Fields, name: str) -> Fields:
    found = fields.get(name)
    if not isinstance(found, dict):
        raise BadMessage(f"no {name}")
    return found


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
