"""A menu that was made in WeChat's console, as a document of ours, and what of it has no counterpart there.

The shape is get_current_selfmenu_info's. The console can have a button show a text, pictures, a voice, a video, an
article or whatever comes next by itself; the API knows no such buttons. They become buttons that send a key, which a
rule can answer, and the note says what they did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from .document import FIELDS, KINDS, Button, Menu

PREFIX = "IMPORTED_"
LONGEST_QUOTE = 300
WORDS = {
    "text": ("回复一段文字", "answered with a text"),
    "img": ("回复一张图片", "answered with a picture"),
    "photo": ("回复一张图片", "answered with a picture"),
    "voice": ("回复一段语音", "answered with a voice message"),
    "video": ("回复一段视频", "answered with a video"),
    "news": ("回复图文", "answered with articles"),
}


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """`button` is "2" or "2.1"; `kind` and `content` are what it was in the console."""

    button: str
    name: str
    kind: str
    content: str = ""
    key: str = ""
    says: str


def from_console(told: Mapping[str, Any]) -> tuple[Menu, list[Note]]:
    """The menu, and a note for each entry that could not be taken over as it is."""
    inside = told.get("selfmenu_info", told)
    notes: list[Note] = []
    return Menu(button=_buttons((inside or {}).get("button") or (), "", notes)), notes


def _buttons(told: Sequence[Mapping[str, Any]], above: str, notes: list[Note]) -> list[Button]:
    return [_button(one, f"{above}{number}", notes) for number, one in enumerate(told, start=1)]


def _button(told: Mapping[str, Any], at: str, notes: list[Note]) -> Button:
    name, kind = str(told.get("name", "")), str(told.get("type", ""))
    below = told.get("sub_button") or {}
    children = below.get("list") or () if isinstance(below, Mapping) else below
    if children:
        return Button(name=name, sub_button=_buttons(children, f"{at}.", notes))
    needed = KINDS.get(kind, ())
    values: dict[str, Any] = {field: str(told.get(field) or "") for field in FIELDS if field != "type"}
    if len(needed) == 1 and not values[needed[0]]:
        values[needed[0]] = str(told.get("value") or "")  # some are told as a value only
    if needed and all(values[field] for field in needed):
        return Button(name=name, type=kind, **{field: values[field] for field in needed})
    key = f"{PREFIX}{at.replace('.', '_')}"
    notes.append(_note(told, at, key))
    return Button(name=name, type="click", key=key)


def _note(told: Mapping[str, Any], at: str, key: str) -> Note:
    name, kind = str(told.get("name", "")), str(told.get("type", ""))
    content = "\n".join(_content(told))[:LONGEST_QUOTE]
    chinese, english = WORDS.get(
        kind, (f"类型是「{kind}」" if kind else "没有动作", f"was a “{kind}”" if kind else "did nothing")
    )
    says = (
        f"第 {at} 个「{name}」在微信后台里{chinese}，接口没有这种按钮；已改成点击，KEY 是 {key}，请为它写一条回复规则。"
        f"Button {at} “{name}” {english} in WeChat's console, which the API cannot do: it now sends the key {key}; "
        "please write a rule that answers it."
    )
    return Note(button=at, name=name, kind=kind, content=content, key=key, says=says)


def _content(told: Mapping[str, Any]) -> Iterator[str]:
    """What it showed, for whoever writes the rule."""
    news = told.get("news_info") or {}
    for article in news.get("list") or ():
        yield " ".join(filter(None, (str(article.get("title", "")), str(article.get("content_url", "")))))
    if told.get("value"):
        yield str(told["value"])
