"""What a person sends: a text, a picture, a voice, a place; each kind with its fields."""

from __future__ import annotations

import base64
from collections.abc import Callable

from simulator.accounts import Json, Media
from simulator.doors import CannotDo
from simulator.phone.act import Act
from simulator.pictures import A_PIXEL
from simulator.world import random_text


def say(act: Act, told: Json) -> Json:
    """`{"text": ...}`, or `{"type": ...}`: image, voice, video, shortvideo, location, link or file."""
    kind = str(told.get("type", "text"))
    if kind not in _SAID:
        raise CannotDo(400, f"不能发送这种消息 no such kind of message: {kind}")
    _SAID[kind](act, told)
    return act.told()


def _say_text(act: Act, told: Json) -> None:
    text = told.get("text", told.get("content"))
    if not isinstance(text, str) or not text:
        raise CannotDo(400, '需要 {"text": "…"} a text is needed')
    tapped = {"bizmsgmenuid": str(told["bizmsgmenuid"])} if "bizmsgmenuid" in told else {}
    act.message("text", {"content": text}, Content=text, **tapped)


def say_image(act: Act, told: Json) -> None:
    media = _from_phone(act, "image", told)
    url = told.get("pic_url", media.url)
    act.message("image", {"media_id": media.media_id, "url": url}, PicUrl=url, MediaId=media.media_id)


def _say_voice(act: Act, told: Json) -> None:
    media = _from_phone(act, "voice", told)
    heard = {"Recognition": told["recognition"]} if "recognition" in told else {}
    mine = {"media_id": media.media_id, "content": told.get("recognition", "")}
    act.message("voice", mine, MediaId=media.media_id, Format="amr", **heard)


def _say_video(act: Act, told: Json) -> None:
    media, thumb = _from_phone(act, "video", told), _from_phone(act, "thumb", {})
    kind = str(told["type"])
    act.message(kind, {"media_id": media.media_id}, MediaId=media.media_id, ThumbMediaId=thumb.media_id)


def say_location(act: Act, told: Json) -> None:
    x, y = told.get("latitude", 31.230416), told.get("longitude", 121.473701)
    label, scale = told.get("label", "上海市人民广场"), told.get("scale", 16)
    mine = {"latitude": x, "longitude": y, "label": label}
    act.message("location", mine, Location_X=x, Location_Y=y, Scale=scale, Label=label)


def _say_link(act: Act, told: Json) -> None:
    mine = {name: told.get(name, "") for name in ("title", "description", "url")}
    act.message("link", mine, Title=mine["title"], Description=mine["description"], Url=mine["url"])


def _say_file(act: Act, told: Json) -> None:
    title = told.get("title", "a.pdf")
    key, digest = random_text(24), "d41d8cd98f00b204e9800998ecf8427e"
    length = told.get("length", 1024)
    act.message("file", {"title": title}, Title=title, Description="", FileKey=key, FileMd5=digest, FileTotalLen=length)


_SAID: dict[str, Callable[[Act, Json], None]] = {
    "text": _say_text,
    "image": say_image,
    "voice": _say_voice,
    "video": _say_video,
    "shortvideo": _say_video,
    "location": say_location,
    "link": _say_link,
    "file": _say_file,
}


def _from_phone(act: Act, kind: str, told: Json) -> Media:
    """What a phone sends is kept as temporary media, so that media/get finds it."""
    known = act.account.media.get(str(told.get("media_id")))
    if known:
        return known
    media_id, now = str(told.get("media_id") or random_text(64)), act.world.clock.seconds()
    url = f"{act.world.home}/mmbiz.qpic.cn/{media_id}"
    content = str(told.get("base64") or base64.b64encode(A_PIXEL).decode())
    media = Media(media_id, kind, f"{kind}.png", content, "image/png", now, url=url)
    with act.world.lock:
        act.account.media[media_id] = media
    return media
