"""What the menu's buttons do when a person taps them."""

from __future__ import annotations

from collections.abc import Callable

from simulator.accounts import Json
from simulator.doors import CannotDo
from simulator.phone.act import Act, buttons
from simulator.phone.says import say_image, say_location
from simulator.platform import console


def tap(act: Act, told: Json) -> Json:
    """A button by `{"key": ...}`, `{"name": ...}`, or its place `{"index": [0, 1]}`."""
    menu = act.account.current_menu(act.person)
    button = _button(menu, told)
    kind = button.get("type", "")
    if button.get("sub_button") or kind not in _TAPPED:
        return act.told()
    more = _TAPPED[kind](act, button, told, {"MenuId": menu["menuid"]} if "menuid" in menu else {})
    return act.told(**(more or {}))


def _button(menu: Json, told: Json) -> Json:
    try:
        if "index" in told:
            return _at(menu, [int(place) for place in told["index"]])
        wanted = {str(told[name]) for name in ("key", "name", "url") if name in told}
        return next(b for b in buttons(menu) if wanted & {b.get("key"), b.get("name"), b.get("url")})
    except (LookupError, StopIteration, TypeError, ValueError):
        raise CannotDo(404, "菜单上没有这个按钮 there is no such button on the menu") from None


def _at(menu: Json, places: list[int]) -> Json:
    button: Json = menu["button"][places[0]]
    for place in places[1:]:
        button = button["sub_button"][place]
    return button


def _tap_click(act: Act, button: Json, told: Json, menu: Json) -> None:
    act.event("CLICK", EventKey=button["key"])


def _tap_view(act: Act, button: Json, told: Json, menu: Json) -> Json:
    act.event("VIEW", EventKey=button["url"], **menu)
    return {"opens": button["url"]}


def _tap_program(act: Act, button: Json, told: Json, menu: Json) -> Json:
    act.event("view_miniprogram", EventKey=button.get("pagepath", ""), **menu)
    return {"opens_miniprogram": button.get("appid", "")}


def _tap_code(act: Act, button: Json, told: Json, menu: Json) -> None:
    scanned = {"ScanType": told.get("scan_type", "qrcode"), "ScanResult": told.get("result", "https://example.com")}
    act.event(button["type"], EventKey=button["key"], ScanCodeInfo=scanned)


def _tap_picture(act: Act, button: Json, told: Json, menu: Json) -> None:
    """The event first; then each picture comes as a message of its own."""
    items = {"item": [{"PicMd5Sum": "0cc175b9c0f1b6a831c399e269772661"}]}
    act.event(button["type"], EventKey=button["key"], SendPicsInfo={"Count": 1, "PicList": items})
    say_image(act, told)


def _tap_place(act: Act, button: Json, told: Json, menu: Json) -> None:
    place = {"Location_X": "31.230416", "Location_Y": "121.473701", "Scale": "16", "Label": "上海市", "Poiname": ""}
    act.event("location_select", EventKey=button["key"], SendLocationInfo=place)
    say_location(act, told)


def _tap_media(act: Act, button: Json, told: Json, menu: Json) -> None:
    """The platform delivers the material by itself; no callback is sent."""
    media = act.account.media.get(button.get("media_id", ""))
    if media:
        act.sees({"type": media.kind, "media_id": media.media_id, "url": media.url})


def _tap_console(act: Act, button: Json, told: Json, menu: Json) -> None:
    """The console's own kinds of button: the platform shows it by itself."""
    act.sees(console.shown(button))


def _tap_article(act: Act, button: Json, told: Json, menu: Json) -> Json:
    """Opens without a word to anybody."""
    published = act.account.published.get(button.get("article_id", ""))
    return {"opens": published["urls"][0]} if published else {}


def _tap_material(act: Act, button: Json, told: Json, menu: Json) -> Json:
    media = act.account.media.get(button.get("media_id", ""))
    return {"opens": media.url} if media else {}


_TAPPED: dict[str, Callable[[Act, Json, Json, Json], Json | None]] = {
    "click": _tap_click,
    "view": _tap_view,
    "miniprogram": _tap_program,
    "scancode_push": _tap_code,
    "scancode_waitmsg": _tap_code,
    "pic_sysphoto": _tap_picture,
    "pic_photo_or_album": _tap_picture,
    "pic_weixin": _tap_picture,
    "location_select": _tap_place,
    "media_id": _tap_media,
    "view_limited": _tap_material,
    "article_id": _tap_article,
    "article_view_limited": _tap_article,
    "text": _tap_console,
    "img": _tap_console,
    "voice": _tap_console,
    "video": _tap_console,
    "news": _tap_console,
}
