"""What a menu is to us: an ordinary one for everybody, and conditional ones, of which the first that fits is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from ...wechat.menus import AtWeChat

# What each kind of button needs; the others of its fields are not sent.
_KEYED = ("scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select")
KINDS: Mapping[str, tuple[str, ...]] = {
    "click": ("key",),
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),
    **dict.fromkeys(_KEYED, ("key",)),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
PLATFORMS = {"ios": "1", "android": "2", "other": "3"}
OF_WECHAT = {number: platform for platform, number in PLATFORMS.items()}
FIELDS = ("type", "key", "url", "appid", "pagepath", "media_id", "article_id")

Wire = dict[str, Any]


class Button(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """In WeChat's words. One with `sub_button` only opens; what its other fields say is kept, and not sent."""

    name: str = ""
    type: str = ""
    key: str = ""
    url: str = ""
    appid: str = ""
    pagepath: str = ""
    media_id: str = ""
    article_id: str = ""
    sub_button: list[Button] = []


class When(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Whom a conditional menu is for: both must fit. 0 and "" ask for nothing."""

    tag_id: int = 0
    platform: Literal["", "ios", "android", "other"] = ""


class Conditional(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`label` is for operators only; WeChat knows no name of a menu."""

    label: str = ""
    when: When = When()
    button: list[Button] = []


class Menu(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`conditional` from top to bottom: the first that fits a follower is what they see, else `button`."""

    button: list[Button] = []
    conditional: list[Conditional] = []


class Spot(NamedTuple):
    """Where a button is: 0 is the ordinary menu, 1 the first conditional one; `at` is "2", or "2.1" inside it."""

    menu: int
    at: str


def stored(menu: Menu) -> Wire:
    """For the table."""
    told: Wire = msgspec.to_builtins(menu)
    return told


def restored(told: Any) -> Menu:
    return msgspec.convert(told, Menu)


def wire(buttons: Sequence[Button]) -> list[Wire]:
    """As WeChat takes them."""
    return [_wire(button) for button in buttons]


def _wire(button: Button) -> Wire:
    if button.sub_button:
        return {"name": button.name, "sub_button": wire(button.sub_button)}
    told = {field: getattr(button, field) for field in KINDS.get(button.type, ())}
    return {"type": button.type, "name": button.name, **told}


def rule(when: When) -> dict[str, str]:
    """As WeChat takes it."""
    told = {"tag_id": str(when.tag_id or ""), "client_platform_type": PLATFORMS.get(when.platform, "")}
    return {name: value for name, value in told.items() if value}


def unwired(buttons: Sequence[Mapping[str, Any]]) -> list[Button]:
    """What WeChat told, in all its shapes; a kind that we do not know stays as it is called."""
    return [_unwired(button) for button in buttons]


def _unwired(button: Mapping[str, Any]) -> Button:
    below = button.get("sub_button") or []
    children = below.get("list") or [] if isinstance(below, Mapping) else below
    told = {field: str(button[field]) for field in FIELDS if button.get(field)}
    return Button(name=str(button.get("name", "")), **told, sub_button=unwired(children))


def when(told: Mapping[str, Any]) -> When | None:
    """A rule of WeChat's in our words; None if it asks for what has been abolished (sex, region, language)."""
    known = {name: str(value) for name, value in told.items() if value not in (None, "", 0)}
    tag, client = known.pop("tag_id", known.pop("group_id", "0")), known.pop("client_platform_type", "")
    known.pop("group_id", None)
    if known or not tag.isdigit() or (client and client not in OF_WECHAT):
        return None
    platform: Any = OF_WECHAT.get(client, "")
    return When(tag_id=int(tag), platform=platform)


def seen(at_wechat: AtWeChat) -> Menu:
    """What is at WeChat as a document of ours. WeChat asks the newest first, and its ids grow."""
    newest_first = sorted(at_wechat.conditional, key=lambda one: _number(one.menu_id), reverse=True)
    conditional = [Conditional(when=when(one.rule) or When(), button=unwired(one.buttons)) for one in newest_first]
    return Menu(button=unwired(at_wechat.buttons), conditional=conditional)


def _number(menu_id: str) -> int:
    return int(menu_id) if menu_id.isascii() and menu_id.isdigit() else 0


def same(ours: Sequence[Button], theirs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these buttons do the same."""
    return wire(ours) == wire(unwired(theirs))


def alike(one: Menu, other: Menu) -> bool:
    """Whether followers would see the same; labels make no difference."""
    return _shown(one) == _shown(other)


def _shown(menu: Menu) -> list[Any]:
    return [wire(menu.button), *((one.when, wire(one.button)) for one in menu.conditional)]


def every(menu: Menu) -> Iterator[tuple[int, Sequence[Button]]]:
    """(number of the menu, its buttons); 0 is the ordinary one."""
    yield 0, menu.button
    yield from ((number, one.button) for number, one in enumerate(menu.conditional, start=1))


def spots(menu: Menu) -> Iterator[tuple[Spot, Button]]:
    """All buttons of both levels, those that open a submenu too, in order."""
    for number, buttons in every(menu):
        for first, button in enumerate(buttons, start=1):
            yield Spot(number, str(first)), button
            for second, below in enumerate(button.sub_button, start=1):
                yield Spot(number, f"{first}.{second}"), below


def place(menu: Menu, number: int, at: str = "") -> tuple[str, str]:
    """Where that is, in words: Chinese and English."""
    chinese, english = _menu_words(menu, number)
    if not at:
        return chinese, english
    first, _, second = at.partition(".")
    chinese, english = f"{chinese}第 {first} 个按钮", f"{english}, button {first}"
    if second:
        chinese, english = f"{chinese}第 {second} 项", f"{english}, item {second}"
    name = next((button.name for spot, button in spots(menu) if spot == Spot(number, at)), "")
    return (f"{chinese}「{name[:20]}」", f"{english} “{name[:20]}”") if name else (chinese, english)


def _menu_words(menu: Menu, number: int) -> tuple[str, str]:
    if not number:
        return "默认菜单", "the ordinary menu"
    label = menu.conditional[number - 1].label[:20] if number <= len(menu.conditional) else ""
    name = f"「{label}」" if label else ""
    return f"第 {number} 个个性化菜单{name}", f"conditional menu {number}" + (f" “{label}”" if label else "")
