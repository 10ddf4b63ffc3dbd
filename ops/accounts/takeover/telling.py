"""The report of a look: what there is, what becomes of it, what could not be taken, and who else is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import say
from .reading import NAMES, REPLIES, Found
from .replies import Taken
from .rivals import Sign

Json = dict[str, Any]


def report(alias: str, found: Found, taken: Taken, signs: Sequence[Sign]) -> None:
    _menu(found)
    _replies(found, taken)
    _lists(alias, found)
    for what, (zh, en) in found.unread.items():
        say.warn(f"{NAMES[what][0]}读不到：{zh}", f"{NAMES[what][1]} could not be read: {en}")
    for zh, en in taken.left:
        say.warn(f"带不走：{zh}", f"cannot be taken: {en}")
    for sign in signs:
        (say.warn if sign.bad else say.step)(*sign.text)


def _menu(found: Found) -> None:
    buttons = found.menu.get("button") or []
    if buttons:
        names = "、".join(str(one.get("name", "")) for one in buttons)
        opened_zh, opened_en = ("开着", "shown") if found.menu_is_open else ("没有开", "not shown")
        say.step(f"菜单（{opened_zh}）：{names}，成为草稿", f"the menu ({opened_en}): {names}: becomes a draft")
    if found.conditional:
        say.warn(
            f"另有 {found.conditional} 个个性化菜单，是用接口做的：它们留在微信，发布我们的菜单后就没有了，请先抄下",
            f"{found.conditional} conditional menus were made through the API: they stay until our menu is published; "
            "copy them first",
        )


def _replies(found: Found, taken: Taken) -> None:
    if REPLIES not in found.unread:
        states = (bool(found.replies.get(name)) for name in ("is_add_friend_reply_open", "is_autoreply_open"))
        follow, others = ("开/on" if one else "关/off" for one in states)
        say.step(
            f"自动回复：被关注 {follow}，消息与关键词 {others}；成为 {len(taken.drafts)} 条停用的规则",
            f"auto-replies: on following {follow}, on messages and words {others}; they become {len(taken.drafts)} "
            "rules that are switched off",
        )
    for one in taken.drafts:
        say.step(f"{one.label}：{one.match} {one.pattern}", f"{one.rule_id}")


def _lists(alias: str, found: Found) -> None:
    if found.templates:
        say.step(f"{len(found.templates)} 个模板", f"templates: {len(found.templates)}; name those that code uses:")
    for one in found.templates:
        say.step(f"{one.get('title', '')}", f"python -m ops account template {alias} NAME {one.get('template_id', '')}")
    if found.tags:
        listed = "、".join(f"{one.get('name', '')}（{one.get('count', 0)}）" for one in found.tags)
        say.step(f"{len(found.tags)} 个标签：{listed}", "tags: they and who has them come with the first night's sync")
