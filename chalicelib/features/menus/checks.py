"""WeChat's limits, looked at before WeChat is: every fault with its place, in both languages.

https://developers.weixin.qq.com/doc/service/guide/product/menu/ and its page on conditional menus. What blocks is what
WeChat would refuse; the others are what operators would regret.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import urlsplit

import msgspec

from .document import KINDS, Button, Menu, Spot, every, place, spots

MOST_BUTTONS, MOST_BELOW = 3, 5
NAME_BYTES = (16, 60)  # of the bar, and of the menus that open from it
SHOWN = (8, 16)  # columns that a phone shows of them; a Chinese letter takes two
KEY_BYTES, URL_BYTES = 128, 1024
MOST_DOMAINS = 3  # of all conditional menus together
MOST_CONDITIONAL = 30  # ours; WeChat names no number
# WeChat looks for them in the bytes, where a control character is written so too.
ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")
SPOILT = ("Cc", "Cs", "Zl", "Zp")  # not Cn: phones have emoji that this Python does not know yet
APPID = re.compile(r"wx[0-9a-zA-Z]{16}")
LONGEST_ID = 128
FIELD_WORDS = {
    "name": ("名称", "name"),
    "type": ("类型", "type"),
    "key": ("KEY", "key"),
    "url": ("网址", "address"),
    "appid": ("小程序 appid", "mini-program's appid"),
    "pagepath": ("小程序路径", "mini-program's page"),
    "media_id": ("素材", "material"),
    "article_id": ("文章", "article"),
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`blocks`: WeChat would refuse it. `menu` 0 is the ordinary one; `button` is "2", or "2.1" inside it."""

    menu: int
    button: str = ""
    field: str = ""
    says: str
    blocks: bool = True


def check(menu: Menu, tag_ids: Collection[int]) -> list[Problem]:
    """In the order in which an operator reads the menu. `tag_ids` are those that there are."""
    found = [*_rows(menu), *_buttons(menu), *_rules(menu, tag_ids), *_domains(menu), *_twins(menu)]
    return sorted(found, key=lambda one: (one.menu, one.button))


def _problem(  # noqa: PLR0913, PLR0917 (where, and what)
    menu: Menu, number: int, at: str, field: str, chinese: str, english: str, blocks: bool = True
) -> Problem:
    where_zh, where_en = place(menu, number, at)
    if field:
        where_zh, where_en = f"{where_zh}的{FIELD_WORDS[field][0]}", f"{where_en}, {FIELD_WORDS[field][1]}"
    says = f"{where_zh}：{chinese}。{where_en[0].upper()}{where_en[1:]}: {english}."
    return Problem(menu=number, button=at, field=field, says=says, blocks=blocks)


def _rows(menu: Menu) -> Iterator[Problem]:
    """How many of everything."""
    for number, buttons in every(menu):
        if not 1 <= len(buttons) <= MOST_BUTTONS:
            told = (
                f"有 {len(buttons)} 个按钮，要有 1 到 3 个",
                f"it has {len(buttons)} buttons, and needs one to three",
            )
            yield _problem(menu, number, "", "", *told)
        for first, button in enumerate(buttons, start=1):
            if len(button.sub_button) > MOST_BELOW:
                told = (f"有 {len(button.sub_button)} 项，最多 5 项", f"{len(button.sub_button)} items, five at most")
                yield _problem(menu, number, str(first), "", *told)
    if len(menu.conditional) > MOST_CONDITIONAL:
        told = (f"个性化菜单最多 {MOST_CONDITIONAL} 个", f"there may be {MOST_CONDITIONAL} conditional menus at most")
        yield _problem(menu, MOST_CONDITIONAL + 1, "", "", *told)


def _buttons(menu: Menu) -> Iterator[Problem]:
    for spot, button in spots(menu):
        level = 1 if "." in spot.at else 0
        for field, chinese, english in _name_faults(button, level):
            yield _problem(menu, *spot, field, chinese, english)
        if level == 0 and button.sub_button:
            pass  # it opens, and does nothing else
        elif button.sub_button:
            yield _problem(menu, *spot, "", "菜单只有两级", "a menu has two levels only")
        else:
            for field, chinese, english in _action_faults(button):
                yield _problem(menu, *spot, field, chinese, english)
        wide = _columns(button.name)
        if wide > SHOWN[level] and len(button.name.encode()) <= NAME_BYTES[level]:
            told = (
                f"手机上只显示前 {SHOWN[level] // 2} 个汉字",
                f"phones show {SHOWN[level]} columns, this takes {wide}",
            )
            yield _problem(menu, *spot, "name", *told, blocks=False)


def _name_faults(button: Button, level: int) -> Iterator[tuple[str, str, str]]:
    size, most = len(button.name.encode()), NAME_BYTES[level]
    if not button.name.strip():
        yield "name", "不能为空", "it must not be empty"
    elif size > most:
        yield (
            "name",
            f"有 {size} 字节，最多 {most}（一个汉字 3 字节，表情 4 字节起）",
            (f"{size} bytes, {most} at most; a Chinese letter has 3, an emoji 4 and more"),
        )
    yield from _spoilt("name", button.name)


def _action_faults(button: Button) -> Iterator[tuple[str, str, str]]:
    if not button.type:
        yield "type", "没有动作，也没有下一级", "it does nothing, and nothing opens from it"
    elif button.type not in KINDS:
        yield "type", f"微信没有「{button.type[:20]}」这种按钮", f"WeChat has no buttons of type {button.type[:20]}"
    for field in KINDS.get(button.type, ()):
        value = str(getattr(button, field))
        if not value.strip():
            yield field, "不能为空", "it must not be empty"
        else:
            yield from _value_faults(field, value)
            yield from _spoilt(field, value)


def _value_faults(field: str, value: str) -> Iterator[tuple[str, str, str]]:
    size = len(value.encode())
    most = {"key": KEY_BYTES, "url": URL_BYTES, "pagepath": URL_BYTES}.get(field, LONGEST_ID)
    if size > most:
        yield field, f"有 {size} 字节，最多 {most}", f"{size} bytes, {most} at most"
    if field == "url" and not domain(value):
        yield field, "要是 http:// 或 https:// 开头的完整网址", "it must be a whole http:// or https:// address"
    if field == "appid" and not APPID.fullmatch(value):
        yield field, "应为 wx 加 16 个字母或数字", "it is wx and sixteen letters or digits"


def _spoilt(field: str, value: str) -> Iterator[tuple[str, str, str]]:
    if ESCAPED.search(value):
        yield field, r"含有 \uXXXX，微信会拒绝", r"it has a \uXXXX escape, which WeChat refuses"
    if any(unicodedata.category(letter) in SPOILT for letter in value):
        yield field, "含有换行或看不见的控制字符", "it has a line break or another control character"


def domain(url: str) -> str:
    """The host of a web address, in small letters; "" if it is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return ""
    fits = url.lower().startswith(("http://", "https://")) and not any(letter.isspace() for letter in url)
    return host if fits else ""


def domains(conditional: Sequence[Sequence[Button]]) -> set[str]:
    """Where these menus lead to."""
    each = (below for buttons in conditional for button in buttons for below in button.sub_button or [button])
    return {domain(button.url) for button in each if "url" in KINDS.get(button.type, ())} - {""}


def _rules(menu: Menu, tag_ids: Collection[int]) -> Iterator[Problem]:
    for number, one in enumerate(menu.conditional, start=1):
        tag = one.when.tag_id
        if not tag and not one.when.platform:
            yield _problem(menu, number, "", "", "要选标签或手机系统", "choose a tag or a kind of phone")
        elif tag and tag not in tag_ids:
            told = (f"标签 {tag} 已不存在，请换一个", f"the tag {tag} does not exist any more; choose another")
            yield _problem(menu, number, "", "", *told)
        for earlier, above in enumerate(menu.conditional[: number - 1], start=1):
            if above.when.tag_id in {0, tag} and above.when.platform in {"", one.when.platform}:
                told = (f"不会显示：第 {earlier} 个先符合", f"never shown: conditional menu {earlier} fits first")
                yield _problem(menu, number, "", "", *told, blocks=False)
                break


def _domains(menu: Menu) -> Iterator[Problem]:
    found = domains([one.button for one in menu.conditional])
    if len(found) > MOST_DOMAINS:
        listed = "、".join(sorted(found)[:6])
        told = (f"所有个性化菜单的网址最多 3 个域名，现有 {len(found)} 个：{listed}", (
            f"all conditional menus together may lead to three domains, and lead to {len(found)}"
        ))  # fmt: skip
        yield _problem(menu, 1, "", "", *told)


def _twins(menu: Menu) -> Iterator[Problem]:
    """WeChat tells of a tap what the button does, so clicks of two that do the same cannot be told apart."""
    known: dict[tuple[int, str, str], Spot] = {}
    for spot, button in spots(menu):
        mark = tells(button)
        if not mark or button.sub_button:
            continue
        first = known.setdefault((spot.menu, *mark), spot)
        if first != spot:
            told = (
                f"和第 {first.at} 个做同样的事，点击会算在一起",
                f"it does the same as {first.at}; their clicks are one",
            )
            yield _problem(menu, *spot, "", *told, blocks=False)


def tells(button: Button) -> tuple[str, str] | None:
    """(event, EventKey) of a tap on it, as WeChat tells it; None where it tells nothing."""
    if button.type == "view":
        return "view", button.url
    if button.type == "miniprogram":
        return "view_miniprogram", button.pagepath
    return (button.type, button.key) if "key" in KINDS.get(button.type, ()) else None


def _columns(name: str) -> int:
    return sum(_width(letter) for letter in name)


def _width(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
