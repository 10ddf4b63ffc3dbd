"""What WeChat makes of a server's answer to a callback: shown, accepted in silence, failed, or broken."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from simulator.accounts import Account, Json, Media
from simulator.envelope import BadEnvelope, from_xml, open_answer

ACCEPTED, FAILED, MALFORMED = "accepted", "failed", "malformed"
GOOD = 2  # of HTTP 2xx
LONGEST_TEXT = 2048
ONE_ARTICLE_ONLY = {"text", "image", "voice", "video", "location", "link"}


@dataclass(frozen=True)
class Verdict:
    """`outcome`, why, and what the phone shows (None: nothing); `plain` is the answer without its envelope."""

    outcome: str
    why: str = ""
    reply: Json | None = None
    plain: str = ""


def judge(account: Account, fields: Json, status: int, body: bytes) -> Verdict:
    if status // 100 != GOOD:
        return Verdict(FAILED, f"HTTP {status}" if status else "no answer")
    if body in {b"", b"success"}:
        return Verdict(ACCEPTED)
    try:
        plain = _unsealed(account, body)
        reply = _read(account, fields, from_xml(plain))
    except BadEnvelope as bad:
        return Verdict(MALFORMED, str(bad))
    return Verdict(ACCEPTED, reply=reply, plain=plain)


def _unsealed(account: Account, body: bytes) -> str:
    root = from_xml(body)
    if root.find("Encrypt") is not None:
        if account.mode == "plain":
            raise BadEnvelope("sealed, though the account is in plain mode")
        return open_answer(account, root)
    if account.mode == "safe" or (account.mode == "compatible" and account.strict_compatible):
        raise BadEnvelope("plain, though it must be encrypted")
    return body.decode()


def _read(account: Account, fields: Json, root: Element) -> Json:
    if (root.findtext("ToUserName"), root.findtext("FromUserName")) != (fields["FromUserName"], fields["ToUserName"]):
        raise BadEnvelope("ToUserName and FromUserName are not those of the message, swapped")
    if not root.findtext("CreateTime", "").strip().isdigit():
        raise BadEnvelope("CreateTime is missing")
    kind = root.findtext("MsgType", "")
    if kind not in _READERS:
        raise BadEnvelope(f"no such kind of reply: {kind or 'none'}")
    return {"type": kind} | _READERS[kind](account, fields, root)


def _text(account: Account, fields: Json, root: Element) -> Json:
    content = root.findtext("Content", "")
    if not content:
        raise BadEnvelope("Content is empty")
    if len(content.encode()) > LONGEST_TEXT:
        raise BadEnvelope("the text is longer than 2048 bytes")
    return {"content": content}


def _image(account: Account, fields: Json, root: Element) -> Json:
    media = _media(account, root.findtext("Image/MediaId", ""), {"image"})
    if base64.b64decode(media.content[:8]).startswith(b"GIF"):
        raise BadEnvelope("a reply cannot be a GIF")
    return {"media_id": media.media_id}


def _voice(account: Account, fields: Json, root: Element) -> Json:
    return {"media_id": _media(account, root.findtext("Voice/MediaId", ""), {"voice"}).media_id}


def _video(account: Account, fields: Json, root: Element) -> Json:
    media = _media(account, root.findtext("Video/MediaId", ""), {"video"})
    title, description = root.findtext("Video/Title", ""), root.findtext("Video/Description", "")
    return {"media_id": media.media_id, "title": title, "description": description}


def _music(account: Account, fields: Json, root: Element) -> Json:
    thumb = _media(account, root.findtext("Music/ThumbMediaId", ""), {"thumb", "image"})
    texts = {"title": "Title", "description": "Description", "url": "MusicUrl", "hq_url": "HQMusicUrl"}
    return {"thumb_media_id": thumb.media_id} | {name: root.findtext(f"Music/{tag}", "") for name, tag in texts.items()}


def _news(account: Account, fields: Json, root: Element) -> Json:
    items = root.findall("Articles/item")
    most = 1 if fields["MsgType"] in ONE_ARTICLE_ONLY else 8
    if root.findtext("ArticleCount", "").strip() != str(len(items)):
        raise BadEnvelope("ArticleCount is not the number of articles")
    if not 1 <= len(items) <= most:
        raise BadEnvelope(f"{len(items)} articles, at most {most} here")
    return {"articles": [_article(item) for item in items]}


def _article(item: Element) -> Json:
    texts = {"title": "Title", "description": "Description", "pic_url": "PicUrl", "url": "Url"}
    return {name: item.findtext(tag, "") for name, tag in texts.items()}


def _transfer(account: Account, fields: Json, root: Element) -> Json:
    return {"kf_account": root.findtext("TransInfo/KfAccount", "")}


def _media(account: Account, media_id: str, kinds: set[str]) -> Media:
    media = account.media.get(media_id)
    if media is None or media.kind not in kinds:
        raise BadEnvelope(f"MediaId {media_id or '(none)'} was never uploaded as {' or '.join(sorted(kinds))}")
    return media


_READERS: dict[str, Callable[[Account, Json, Element], Json]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "music": _music,
    "news": _news,
    "transfer_customer_service": _transfer,
}
