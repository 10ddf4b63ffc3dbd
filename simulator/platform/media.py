"""Temporary media and permanent material: cgi-bin/media/*, cgi-bin/material/*."""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

from flask import Response

from simulator.accounts import Json, Media
from simulator.platform.call import OK, Call, File
from simulator.platform.errors import Refused, insist
from simulator.world import World, random_text

THREE_DAYS = 3 * 86400
MB = 1 << 20
MOST_IN_PAGE = 20
MOST_ARTICLES = 8


class Kind(NamedTuple):
    formats: set[str]
    largest: int
    too_large: int


TEMPORARY = {
    "image": Kind({"png", "jpg", "jpeg", "gif"}, 10 * MB, 40009),
    "voice": Kind({"amr", "mp3"}, 2 * MB, 40010),
    "video": Kind({"mp4"}, 10 * MB, 40011),
    "thumb": Kind({"jpg", "jpeg"}, 64 << 10, 40012),
}
PERMANENT = {
    "image": Kind({"png", "jpg", "jpeg", "gif", "bmp"}, 10 * MB, 40009),
    "voice": Kind({"amr", "mp3", "wma", "wav"}, 2 * MB, 40010),
    "video": Kind({"mp4"}, 10 * MB, 40011),
    "thumb": Kind({"jpg", "jpeg"}, 64 << 10, 40012),
}
ARTICLE_IMAGE = Kind({"png", "jpg", "jpeg"}, MB, 40009)
MAGIC = {
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpg",
    b"GIF8": "gif",
    b"#!AMR": "amr",
    b"ID3": "mp3",
    b"\xff\xfb": "mp3",
    b"BM": "bmp",
    b"RIFF": "wav",
}
MIME = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "amr": "audio/amr",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
}


def upload(call: Call) -> Json:
    kind = call.query.get("type") or call.form.get("type", "")
    media = _keep(call, kind, TEMPORARY, permanent=False)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: media.media_id, "created_at": media.created}


def _keep(call: Call, kind: str, kinds: dict[str, Kind], permanent: bool) -> Media:
    insist(kind in kinds, 40004)
    file = _file(call)
    form = _check(file, kinds[kind])
    media_id, encoded = random_text(64), base64.b64encode(file.content).decode()
    media = Media(media_id, kind, file.name, encoded, MIME.get(form, "application/octet-stream"), int(call.now))
    media.permanent, media.url = permanent, f"{call.world.home}/mmbiz.qpic.cn/{media_id}"
    call.account.media[media_id] = media
    return media


def _file(call: Call) -> File:
    if call.file is None:
        raise Refused(41005)
    insist(call.file.content, 44001)
    return call.file


def _check(file: File, kind: Kind) -> str:
    """By its first bytes or by its name: WeChat is content with either. The real format, as far as known."""
    named = file.name.rpartition(".")[2].lower()
    real = "mp4" if file.content[4:8] == b"ftyp" else ""
    real = real or next((form for magic, form in MAGIC.items() if file.content.startswith(magic)), named)
    insist({real, named} & kind.formats, 40005)
    insist(len(file.content) <= kind.largest, kind.too_large)
    return real


def download(call: Call) -> Json | Response:
    media = call.account.media.get(call.query.get("media_id", ""))
    if media is None or _gone(media, call.now):
        raise Refused(40007)
    return {"video_url": media.url} if media.kind == "video" else _bytes(media)


def _gone(media: Media, now: float) -> bool:
    return not media.permanent and now >= media.created + THREE_DAYS


def _bytes(media: Media) -> Response:
    ending = media.mime.rpartition("/")[2]
    named = {"Content-Disposition": f'attachment; filename="{media.media_id[:16]}.{ending}"'}
    return Response(base64.b64decode(media.content), content_type=media.mime, headers=named)


def upload_article_image(call: Call) -> Json:
    """Not counted in the library; only its address is told."""
    file = _file(call)
    _check(file, ARTICLE_IMAGE)
    media = _keep(call, "image", PERMANENT, permanent=False)
    return {"url": media.url}


def picture(world: World, wanted: str) -> Response:
    """A picture's own address, open to everybody as on mmbiz.qpic.cn."""
    media = next((a.media[wanted] for a in world.accounts.values() if wanted in a.media), None)
    if media is None or not media.mime.startswith("image/"):
        return Response(status=404)
    # On the page's own origin, so nothing that was uploaded may pass for something else than a picture.
    return Response(
        base64.b64decode(media.content), content_type=media.mime, headers={"X-Content-Type-Options": "nosniff"}
    )


def add_material(call: Call) -> Json:
    kind = call.query.get("type") or call.form.get("type", "")
    media = _keep(call, kind, PERMANENT, permanent=True)
    if kind == "video":
        _describe(media, call.form.get("description", ""))
    return {"media_id": media.media_id} | ({"url": media.url} if kind in {"image", "thumb"} else {})


def _describe(media: Media, told: str) -> None:
    try:
        words = json.loads(told)
        media.title, media.introduction = str(words["title"]), str(words["introduction"])
    except (ValueError, LookupError, TypeError):
        raise Refused(47001) from None


def add_news(call: Call) -> Json:
    articles = call.list("articles")
    insist(0 < len(articles) <= MOST_ARTICLES, 45008)
    media = Media(random_text(64), "news", "", "", "", int(call.now), permanent=True, articles=articles)
    call.account.media[media.media_id] = media
    return {"media_id": media.media_id}


def update_news(call: Call) -> Json:
    media, index = _permanent(call), call.number("index", 0)
    insist(0 <= index < len(media.articles), 40114)
    media.articles[index] = call.part("articles")
    return OK


def get_material(call: Call) -> Json | Response:
    media = _permanent(call)
    if media.kind == "news":
        return {"news_item": media.articles}
    if media.kind == "video":
        return {"title": media.title, "description": media.introduction, "down_url": media.url}
    return _bytes(media)


def delete_material(call: Call) -> Json:
    del call.account.media[_permanent(call).media_id]
    return OK


def _permanent(call: Call) -> Media:
    media = call.account.media.get(str(call.body.get("media_id")))
    if media is None or not media.permanent:
        raise Refused(40007)
    return media


def _library(call: Call, kind: str) -> list[Media]:
    kept = [media for media in call.account.media.values() if media.permanent and media.kind == kind]
    return sorted(kept, key=lambda media: -media.created)


def count_material(call: Call) -> Json:
    return {f"{kind}_count": len(_library(call, kind)) for kind in ("voice", "video", "image", "news")}


def list_material(call: Call) -> Json:
    kind, offset, number = call.text("type"), call.number("offset"), call.number("count")
    insist(kind in {"image", "video", "voice", "news"}, 40004)
    insist(1 <= number <= MOST_IN_PAGE, 40097)
    kept = _library(call, kind)
    shown = [_listed(media) for media in kept[offset : offset + number]]
    return {"total_count": len(kept), "item_count": len(shown), "item": shown}


def _listed(media: Media) -> Json:
    told: Json = {"media_id": media.media_id, "update_time": media.created}
    if media.kind == "news":
        return told | {"content": {"news_item": media.articles}}
    return told | {"name": media.name, "url": media.url}


def convert_video(call: Call) -> Json:
    media = call.account.media.get(str(call.body.get("media_id")))
    if media is None or media.kind != "video":
        raise Refused(40007)
    return {"type": "video", "media_id": media.media_id, "created_at": int(call.now)}
