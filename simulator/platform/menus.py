"""The menu: cgi-bin/menu/*, with the checks that cost people an afternoon."""

from __future__ import annotations

import re

from simulator.accounts import Json
from simulator.platform.call import OK, Call
from simulator.platform.errors import Refused, insist

ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}")
KEYED = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
NEEDS = dict.fromkeys(KEYED, "key") | {
    "view": "url",
    "miniprogram": "url",
    "media_id": "media_id",
    "view_limited": "media_id",
    "article_id": "article_id",
    "article_view_limited": "article_id",
}
MOST_BUTTONS, MOST_CHILDREN = 3, 5
LONGEST_KEY = 128
LONGEST_URL = 1024
NAME_BYTES = (16, 60)
FIRST_ID = 430_000_000
ABOLISHED = {"sex", "country", "province", "city", "language"}


def create(call: Call) -> Json:
    call.account.made_menu = {"button": _checked(call)}
    return OK


def _checked(call: Call) -> list[Json]:
    # WeChat keeps \u escapes as they stand, so it refuses them here.
    insist(not ESCAPED.search(call.raw), 40033)
    buttons = call.body.get("button")
    insist(isinstance(buttons, list) and 1 <= len(buttons) <= MOST_BUTTONS, 40016)
    for button in buttons or []:
        _check(button, 0)
    return buttons or []


def _check(button: object, level: int) -> None:
    """`level` 0 is the bar, 1 the menu that opens from it; the codes differ."""
    if not isinstance(button, dict):
        raise Refused(40016)
    name, children = button.get("name"), button.get("sub_button")
    insist(isinstance(name, str) and 0 < len(str(name).encode()) <= NAME_BYTES[level], (40018, 40025)[level])
    if not children:
        _check_action(button, level)
        return
    insist(level == 0 and isinstance(children, list) and len(children) <= MOST_CHILDREN, 40023)
    for child in children:
        _check(child, 1)


def _check_action(button: Json, level: int) -> None:
    kind = str(button.get("type"))
    insist(kind in NEEDS, (40017, 40024)[level])
    if NEEDS[kind] == "key":
        insist(0 < len(str(button.get("key") or "").encode()) <= LONGEST_KEY, (40019, 40026)[level])
    elif NEEDS[kind] == "url":
        url = str(button.get("url") or "")
        insist(0 < len(url.encode()) <= LONGEST_URL, (40020, 40027)[level])
        insist(url.startswith(("http://", "https://")), (40055, 40054)[level])
    else:
        insist(button.get(NEEDS[kind]), 40007 if NEEDS[kind] == "media_id" else 53600)


def get(call: Call) -> Json:
    made = call.account.made_menu
    if made is None:
        raise Refused(46003)
    told: Json = {"menu": {"button": _with_children(made["button"])}}
    conditional = call.account.conditional_menus
    return told | ({"conditionalmenu": conditional} if conditional else {})


def _with_children(buttons: list[Json]) -> list[Json]:
    return [{"sub_button": []} | button for button in buttons]


def delete(call: Call) -> Json:
    """All of them, the conditional ones too; a phone then shows no menu, not the seed's."""
    call.account.made_menu, call.account.conditional_menus = None, []
    call.account.menu = {}
    return OK


def add_conditional(call: Call) -> Json:
    insist(call.account.made_menu, 65303)
    rule = {name: value for name, value in call.part("matchrule", 65304).items() if value not in {"", None}}
    insist(not ABOLISHED & set(rule), 65320)
    insist(rule, 65304)
    menu_id = FIRST_ID + call.world.number()
    menu = {"button": _checked(call), "matchrule": rule, "menuid": menu_id}
    call.account.conditional_menus.append(menu)
    return {"menuid": str(menu_id)}


def delete_conditional(call: Call) -> Json:
    wanted = str(call.body.get("menuid"))
    kept = [menu for menu in call.account.conditional_menus if str(menu["menuid"]) != wanted]
    insist(len(kept) < len(call.account.conditional_menus), 65301)
    call.account.conditional_menus = kept
    return OK


def try_match(call: Call) -> Json:
    person = call.account.people.get(str(call.body.get("user_id")))
    if person is None:
        raise Refused(65302)
    return {"button": call.account.current_menu(person).get("button", [])}


def current(call: Call) -> Json:
    menu = call.account.menu if call.account.made_menu is None else call.account.made_menu
    buttons = menu.get("button", [])
    return {"is_menu_open": int(bool(buttons)), "selfmenu_info": {"button": [_current(b) for b in buttons]}}


def _current(button: Json) -> Json:
    children = button.get("sub_button")
    if not children:
        return {name: value for name, value in button.items() if name != "sub_button"}
    return {"name": button["name"], "sub_button": {"list": children}}
