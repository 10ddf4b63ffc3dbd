"""The console's auto-replies as rules of ours, switched off until an operator has looked at them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...doctor.finding import Text

Json = dict[str, Any]
MATCHES = {"contain": "contains", "equal": "exact"}
LONGEST_LABEL = 80
MEDIA: dict[str, Text] = {
    "img": ("图片", "a picture"),
    "photo": ("图片", "a picture"),
    "voice": ("语音", "a voice message"),
    "video": ("视频", "a video"),
}
ALL = "reply_all"


@dataclass(frozen=True)
class Draft:
    """One rule; its id follows from what it was, so that importing again finds it."""

    match: str
    pattern: str
    reply: Json
    label: str

    @property
    def rule_id(self) -> str:
        mark = hashlib.sha256(f"{self.match}\0{self.pattern}\0{self.label}".encode()).hexdigest()
        return f"console-{mark[:16]}"


@dataclass(frozen=True)
class Taken:
    drafts: list[Draft]
    left: list[Text]  # what could not be taken, or not whole


def taken(replies: Json, menu: Json) -> Taken:
    """All that the console says by itself. `menu` is get_current_selfmenu_info's, whose buttons may answer too."""
    drafts: list[Draft] = []
    left: list[Text] = []
    for match, pattern, said, label, mode in _all(replies, menu):
        reply = _reply(said, mode, label, left)
        if reply is not None:
            drafts.append(Draft(match, pattern, reply, label[:LONGEST_LABEL]))
    return Taken(list({one.rule_id: one for one in drafts}.values()), left)


def _all(replies: Json, menu: Json) -> Iterator[tuple[str, str, list[Json], str, str]]:
    """(match, pattern, what is said, label, all or one of them)"""
    for field, pattern, label in (
        ("add_friend_autoreply_info", "/welcome", "后台：被关注回复"),
        ("message_default_autoreply_info", "/fallback", "后台：收到消息回复"),
    ):
        if replies.get(field):
            yield "exact", pattern, [replies[field]], label, ALL
    for rule in (replies.get("keyword_autoreply_info") or {}).get("list", []):
        for keyword in rule.get("keyword_list_info", []):
            word, match = str(keyword.get("content", "")), MATCHES.get(keyword.get("match_mode", ""), "exact")
            label = f"后台：{rule.get('rule_name', '')}"
            yield match, word, rule.get("reply_list_info", []), label, rule.get("reply_mode", ALL)
    for at, button in _buttons(menu.get("button") or []):
        if button.get("type") in {"text", "news", *MEDIA}:
            label = f"后台菜单：{button.get('name', '')}"
            yield "exact", f"IMPORTED_{at}", [button], label, ALL  # as features/menus/importing.py names its keys


def _buttons(row: list[Json], above: str = "") -> Iterator[tuple[str, Json]]:
    for number, button in enumerate(row, start=1):
        below = button.get("sub_button") or {}
        children = below.get("list", []) if isinstance(below, dict) else below
        if children:
            yield from _buttons(children, f"{above}{number}_")
        else:
            yield f"{above}{number}", button


def _reply(said: list[Json], mode: str, label: str, left: list[Text]) -> Json | None:
    """The one answer that a rule of ours can give; what of the others is lost is told in `left`."""
    readable = [(one, _data(one)) for one in said]
    for one, data in readable:
        if data is None:
            left.append(_lost(label, one))
    found = [data for _, data in readable if data is not None]
    if not found:
        return None
    texts = [data["content"] for data in found if data["type"] == "text"]
    if mode == ALL and len(texts) == len(found):
        return {"type": "text", "content": "\n\n".join(texts)}
    for _ in found[1:]:
        how_zh, how_en = ("全部回复", "all of them") if mode == ALL else ("随机一条", "one of them at random")
        left.append(
            (f"{label}：后台{how_zh}，这里只取第一条", f"{label}: the console sends {how_en}; only the first is taken")
        )
        break
    return found[0]


def _data(said: Json) -> Json | None:
    """A reply as rules keep it; None for what WeChat lends for three days only."""
    if said.get("type") == "text":
        content = str(said.get("content") or said.get("value") or "")
        return {"type": "text", "content": content} if content.strip() else None
    articles = [_article(one) for one in (said.get("news_info") or {}).get("list", [])]
    return {"type": "news", "articles": articles} if articles else None


def _article(told: Json) -> Json:
    return {
        "title": str(told.get("title", "")),
        "description": str(told.get("digest", "")),
        "pic_url": str(told.get("cover_url", "")),
        "url": str(told.get("content_url", "")),
    }


def _lost(label: str, said: Json) -> Text:
    kind = str(said.get("type", ""))
    what_zh, what_en = MEDIA.get(kind, (f"{kind or '空'}内容", f"something of type {kind or '(none)'}"))
    if kind in MEDIA:
        return (
            f"{label}：{what_zh}只借三天，请在后台下载，重新上传后写一条规则",
            f"{label}: {what_en}, which WeChat lends for three days: download it there, upload it, and write a rule",
        )
    return f"{label}：{what_zh}没有内容可取", f"{label}: {what_en} holds nothing that can be taken"
