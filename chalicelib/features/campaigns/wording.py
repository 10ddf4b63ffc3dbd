"""What one variant says, field by field: the words of a template or notice, a reply, or what is sent to a crowd."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ...wechat import messages
from .. import template_names, variables
from ..automations.places import is_object, only, text, whole, wrong
from .campaign import Told, Variant
from .senders import AS_THEY_ARE

LONGEST_TEXT = 600  # characters of a message
LONGEST_FIELD = 200  # of a template's field, variables and all; what WeChat takes of each is in the library
MOST_FIELDS = 20
FIELD = re.compile(r"[A-Za-z_]\w{0,39}", re.ASCII)
URL = re.compile(r"https?://[^\s\x00-\x1f\x7f]{1,1000}")
LABEL = 20  # characters
LINK = "link"  # the variable that stands for the variant's link, in a customer-service message
REPLIES = {"type", "content", "media_id", "title", "description", "url", "hq_url", "thumb_media_id", "articles"}
REPLIES |= {"appid", "pagepath"}
MASSES = {"text": "content", "mpnews": "media_id", "image": "media_id", "voice": "media_id", "mpvideo": "media_id"}
PARTS = set(Variant.__struct_fields__)
# What a kind has no use for.
NOT_FOR: dict[str, set[str]] = {
    "template": {"reply", "mass"},
    "notice": {"reply", "mass"},
    "custom": {"template", "fields", "miniprogram", "mass"},
    "mass": {"template", "fields", "miniprogram", "reply", "link"},
}


def variant(kind: str, told: Any, where: str, label: str) -> Variant:
    """BadInput tells the first mistake. What is not there yet may be missing."""
    told = is_object(told, where)
    only(told, PARTS, where)
    kept: Told = {"label": text(told.get("label") or label, f"{where}.label", LABEL)}
    kept["share"] = whole(told.get("share", 100), f"{where}.share", 1, 100)
    for name, read in READ.items():
        value = told.get(name)
        if _is_empty(value):
            continue
        if name in NOT_FOR[kind]:
            raise wrong(f"{where}.{name}", "这种活动用不到", f"is not for a campaign of the kind {kind}")
        kept[name] = read(value, f"{where}.{name}")
    return Variant(**kept)


def insist(kind: str, said: Variant, where: str) -> None:
    """BadInput says what has still to be written."""
    if kind in ("template", "notice"):
        if not said.template:
            raise wrong(f"{where}.template", "请选模板", "has still to be chosen")
        if not said.fields:
            raise wrong(f"{where}.fields", "请填写内容", "have still to be written")
    if kind == "custom" and not said.reply:
        raise wrong(f"{where}.reply", "请写消息", "has still to be written")
    if kind == "mass" and not said.mass:
        raise wrong(f"{where}.mass", "请写群发内容", "has still to be written")
    if kind == "custom" and says_link(said.reply) and not said.link:
        raise wrong(f"{where}.link", "文字里用了 {link}，请填链接", "is missing: the text says {link}")


def spoken(told: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """(where, words) of all of a reply that a person reads or opens, so that variables may stand there."""
    if isinstance(told, dict):
        for name, part in told.items():
            yield from spoken(part, f"{where}.{name}") if name not in AS_THEY_ARE else ()
    elif isinstance(told, list):
        for number, part in enumerate(told):
            yield from spoken(part, f"{where}[{number}]")
    elif isinstance(told, str):
        yield where, told


def says_link(reply: Told | None) -> bool:
    """Whether the variant's link is in a customer-service message at all."""
    return any(LINK in variables.names(said) for _, said in spoken(reply))


def _is_empty(told: Any) -> bool:
    """A form that nobody has written in yet."""
    if isinstance(told, dict) and "content" in told:
        return told["content"] in (None, "")
    return told in (None, "", {})


def words(told: Any, where: str, most: int, sure: tuple[str, ...] = ()) -> str:
    said = text(told, where, most)
    _insist_on_variables(said, where, sure)
    return said


def _insist_on_variables(said: str, where: str, sure: tuple[str, ...]) -> None:
    for zh, en in variables.wrong(said, sure):
        raise wrong(where, zh, en)


def _template(told: Any, where: str) -> str:
    if not isinstance(told, str) or not template_names.NAME.fullmatch(told):
        raise wrong(where, "要是模板在这里的名称", "must be a template's name here: a-z, 0-9 and _")
    return told


def _fields(told: Any, where: str) -> dict[str, str]:
    told = is_object(told, where)
    if len(told) > MOST_FIELDS:
        raise wrong(where, f"最多 {MOST_FIELDS} 个字段", f"may be {MOST_FIELDS} at most")
    for name in told:
        if not FIELD.fullmatch(str(name)):
            raise wrong(where, f"字段名 {str(name)[:40]} 不对", f"has a field of the wrong name, {str(name)[:40]}")
    return {
        name: words(said, f"{where}.{name}", LONGEST_FIELD) for name, said in told.items() if said not in ("", None)
    }


def _link(told: Any, where: str) -> str:
    host = _host(told.strip()) if isinstance(told, str) and URL.fullmatch(told.strip()) else ""
    if not host:
        raise wrong(where, "要是 https:// 开头的网址", "must be an address that begins with https://")
    if {"{", "}"} & set(host):
        raise wrong(where, "变量要写在域名后面的 / 之后", "may have variables only behind the host and a /")
    return words(told, where, 1000)


def _host(link: str) -> str:
    """ "" of what only looks like an address, such as https://[tea]."""
    try:
        return urlsplit(link).netloc
    except ValueError:
        return ""


def _miniprogram(told: Any, where: str) -> dict[str, str]:
    told = is_object(told, where)
    only(told, {"appid", "pagepath"}, where)
    return {
        "appid": text(told.get("appid"), f"{where}.appid", 40),
        "pagepath": text(told.get("pagepath", ""), f"{where}.pagepath", 1024, 0),
    }


def _reply(told: Any, where: str) -> Told:
    reply = is_object(told, where)
    only(reply, REPLIES, where)
    if reply.get("type") == "text":
        return {"type": "text", "content": words(reply.get("content"), f"{where}.content", LONGEST_TEXT, (LINK,))}
    try:
        known = messages.reply_from(reply)
    except (msgspec.ValidationError, TypeError):
        raise wrong(where, "不是能发的消息", "is no message that can be sent") from None
    if isinstance(known, messages.Transfer) or (isinstance(known, messages.News) and len(known.articles) != 1):
        raise wrong(where, "要是一条客服消息，图文只能一篇", "must be one message; of articles, just one")
    kept = messages.reply_data(known)
    for place, said in spoken(kept, where):
        _insist_on_variables(said, place, (LINK,))
    return kept


def _mass(told: Any, where: str) -> Told:
    told = is_object(told, where)
    kind = told.get("msgtype")
    if not isinstance(kind, str) or kind not in MASSES:
        raise wrong(f"{where}.msgtype", f"要是 {'、'.join(MASSES)} 之一", f"must be one of {', '.join(MASSES)}")
    name = MASSES[kind]
    only(told, {"msgtype", name}, where)
    longest = LONGEST_TEXT if name == "content" else 128
    return {"msgtype": kind, name: text(told.get(name), f"{where}.{name}", longest)}


READ = {
    "template": _template,
    "fields": _fields,
    "link": _link,
    "miniprogram": _miniprogram,
    "reply": _reply,
    "mass": _mass,
}
