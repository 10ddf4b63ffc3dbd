"""What an account may answer, as data that can be stored, and as the XML WeChat wants."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from .message import Message

LONGEST_TEXT = 2048  # bytes; a longer answer becomes WeChat's failure notice
MOST_ARTICLES = 8
SENT_BY_HAND = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link"})

# Named one by one: compiling all that XML does allow takes seven milliseconds of a cold start.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
GOOD_ENDS = "\n \t。！？；，、…!?;,."


class Text(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    content: str


class Image(msgspec.Struct, frozen=True, tag_field="type", tag="image"):
    media_id: str


class Voice(msgspec.Struct, frozen=True, tag_field="type", tag="voice"):
    media_id: str


class Video(msgspec.Struct, frozen=True, tag_field="type", tag="video"):
    media_id: str
    title: str = ""
    description: str = ""
    thumb_media_id: str = ""  # asked for by customer-service messages only


class Music(msgspec.Struct, frozen=True, tag_field="type", tag="music"):
    thumb_media_id: str
    title: str = ""
    description: str = ""
    url: str = ""
    hq_url: str = ""  # preferred on Wi-Fi


class Article(msgspec.Struct, frozen=True):
    title: str
    description: str = ""
    pic_url: str = ""
    url: str = ""


class News(msgspec.Struct, frozen=True, tag_field="type", tag="news"):
    articles: tuple[Article, ...]


class Transfer(msgspec.Struct, frozen=True, tag_field="type", tag="transfer_customer_service"):
    """Hands the conversation to people; to the named desk, or to whoever is free."""

    kf_account: str = ""


Reply = Text | Image | Voice | Video | Music | News | Transfer


def reply_data(reply: Reply) -> dict[str, Any]:
    """As it is when it was stored: articles are a list, whoever reads them."""
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(reply))
    return data


def reply_from(data: dict[str, Any]) -> Reply:
    reply: Reply = msgspec.convert(data, Reply)
    return reply


def render(reply: Reply, to: Message, now: int) -> str:
    """The answer to `to`; "" when there is nothing to say, which WeChat takes as well as "success"."""
    content = WRITERS[type(reply)](reply, to)
    if content is None:
        return ""
    head = cdata("ToUserName", to.openid) + cdata("FromUserName", to.original_id)
    kind = str(reply.__struct_config__.tag)
    return f"<xml>{head}<CreateTime>{now}</CreateTime>{cdata('MsgType', kind)}{content}</xml>"


def split_text(text: str, limit: int = LONGEST_TEXT) -> list[str]:
    """Parts of at most `limit` UTF-8 bytes that together are the text; cut after a pause where one is near."""
    parts = []
    while len(text) * 4 > limit and len(text.encode("utf-8", "replace")) > limit:
        part = _first_part(text, limit)
        parts.append(part)
        text = text[len(part) :]
    return [*parts, text] if text else parts


def _first_part(text: str, limit: int) -> str:
    fits = text[:limit].encode("utf-8", "replace")[:limit].decode("utf-8", "ignore") or text[:1]
    pause = max(fits.rfind(end) for end in GOOD_ENDS) + 1
    return text[: pause if pause > len(fits) * 3 // 4 else len(fits)]


def _text(text: Text, _to: Message) -> str | None:
    """A passive answer has room for one part; the rest, if it matters, is the sender's to send."""
    parts = split_text(NOT_IN_XML.sub("", text.content))
    return cdata("Content", parts[0]) if parts else None


def _image(image: Image, _to: Message) -> str:
    return f"<Image>{cdata('MediaId', image.media_id)}</Image>"


def _voice(voice: Voice, _to: Message) -> str:
    return f"<Voice>{cdata('MediaId', voice.media_id)}</Voice>"


def _video(video: Video, _to: Message) -> str:
    words = _optional("Title", video.title) + _optional("Description", video.description)
    return f"<Video>{cdata('MediaId', video.media_id)}{words}</Video>"


def _music(music: Music, _to: Message) -> str:
    words = _optional("Title", music.title) + _optional("Description", music.description)
    links = _optional("MusicUrl", music.url) + _optional("HQMusicUrl", music.hq_url)
    return f"<Music>{words}{links}{cdata('ThumbMediaId', music.thumb_media_id)}</Music>"


def _news(news: News, to: Message) -> str | None:
    articles = news.articles[: 1 if to.kind in SENT_BY_HAND else MOST_ARTICLES]
    items = "".join(_item(article) for article in articles)
    return f"<ArticleCount>{len(articles)}</ArticleCount><Articles>{items}</Articles>" if articles else None


def _item(article: Article) -> str:
    words = cdata("Title", article.title) + cdata("Description", article.description)
    return f"<item>{words}{cdata('PicUrl', article.pic_url)}{cdata('Url', article.url)}</item>"


def _transfer(transfer: Transfer, _to: Message) -> str:
    return f"<TransInfo>{cdata('KfAccount', transfer.kf_account)}</TransInfo>" if transfer.kf_account else ""


def _optional(name: str, value: str) -> str:
    return cdata(name, value) if value else ""


def cdata(name: str, value: str) -> str:
    """One element whose text may be anything; what XML cannot hold is left out."""
    # First the forbidden characters: taking one out of "]]\x00>" leaves "]]>".
    safe = NOT_IN_XML.sub("", value).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{safe}]]></{name}>"


WRITERS: dict[type, Callable[[Any, Message], str | None]] = {
    Text: _text,
    Image: _image,
    Voice: _voice,
    Video: _video,
    Music: _music,
    News: _news,
    Transfer: _transfer,
}
