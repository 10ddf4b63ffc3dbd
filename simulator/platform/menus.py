"""The menu: cgi-bin/menu/*, with the checks that cost people an afternoon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from simulator.accounts import Account, Json
from simulator.platform.call import OK, Call, word
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
MOST_DOMAINS = 3
FIRST_ID = 430_000_000
ABOLISHED = {"sex", "country", "province", "city", "language"}
PLATFORMS = {"1", "2", "3"}


def create(call: Call) -> Json:
    """The conditional ones stay as they are."""
    call.account.made_menu = {"button": _checked(call), "menuid": FIRST_ID + call.world.number()}
    return OK


def _checked(call: Call) -> list[Json]:
    # WeChat keeps \u escapes as they stand, so it refuses them here.
    insist(not ESCAPED.search(call.raw), 40033)
    buttons = call.body.get("button")
    insist(isinstance(buttons, list) and 1 <= len(buttons) <= MOST_BUTTONS, 40016)
    for button in buttons or []:
        _check(call.account, button, 0)
    return buttons or []


def _check(account: Account, button: object, level: int) -> None:
    """`level` 0 is the bar, 1 the menu that opens from it; the codes differ."""
    if not isinstance(button, dict):
        raise Refused(40016)
    name, children = button.get("name"), button.get("sub_button")
    insist(isinstance(name, str) and 0 < len(str(name).encode()) <= NAME_BYTES[level], (40018, 40025)[level])
    if not children:
        _check_action(account, button, level)
        return
    insist(level == 0, 40022)
    insist(isinstance(children, list) and len(children) <= MOST_CHILDREN, 40023)
    for child in children:
        _check(account, child, 1)


def _check_action(account: Account, button: Json, level: int) -> None:
    kind = str(button.get("type") or "")
    insist(kind in NEEDS, (40017, 40024)[level])
    if NEEDS[kind] == "key":
        insist(0 < len(str(button.get("key") or "").encode()) <= LONGEST_KEY, (40019, 40026)[level])
    elif NEEDS[kind] == "url":
        _check_url(button, level)
    elif NEEDS[kind] == "media_id":
        media = account.media.get(word(button.get("media_id")))
        insist(media and media.permanent, 40007)
    else:
        insist(word(button.get("article_id")) in account.published, 53600)
    if kind == "miniprogram":
        _check_program(account, button)


def _check_url(button: Json, level: int) -> None:
    url = str(button.get("url") or "")
    insist(0 < len(url.encode()) <= LONGEST_URL, (40020, 40027)[level])
    insist(_host(url), (40055, 40054)[level])


def _check_program(account: Account, button: Json) -> None:
    """`mini_programs` empty: every mini-program is linked."""
    appid = word(button.get("appid"))
    insist(appid, 40013)
    insist(word(button.get("pagepath")), 40035)
    insist(not account.mini_programs or appid in account.mini_programs, 45064)


def _host(url: str) -> str:
    """ "" for what is no address of a page."""
    try:
        return (urlsplit(url).hostname or "") if url.startswith(("http://", "https://")) else ""
    except ValueError:
        return ""


def get(call: Call) -> Json:
    """What the API made; the ordinary menu tells its id only where there are conditional ones."""
    made, conditional = call.account.made_menu, call.account.conditional_menus
    if made is None:
        raise Refused(46003)
    menu = {"button": _with_children(made["button"])}
    if not conditional:
        return {"menu": menu}
    shown = [one | {"button": _with_children(one["button"])} for one in conditional]
    return {"menu": menu | {"menuid": made.get("menuid", FIRST_ID)}, "conditionalmenu": shown}


def _with_children(buttons: list[Json]) -> list[Json]:
    return [button | {"sub_button": _with_children(button.get("sub_button") or [])} for button in buttons]


def delete(call: Call) -> Json:
    """All of them, the conditional ones too; a phone then shows no menu, not the seed's."""
    call.account.made_menu, call.account.conditional_menus = None, []
    call.account.menu = {}
    call.account.console = {name: made for name, made in call.account.console.items() if name != "menu"}
    return OK


def add_conditional(call: Call) -> Json:
    account = call.account
    insist(account.conditional_switch, 65309)
    insist(account.made_menu, 65303)
    rule = {name: value for name, value in call.part("matchrule", 65304).items() if value not in {"", None}}
    _check_rule(account, rule)
    insist(call.body.get("button"), 65307)
    insist(all(_acts(button) for button in _leaves(call.body["button"])), 65308)
    made: Json = {"button": _checked(call), "matchrule": rule}
    insist(len(_domains([*account.conditional_menus, made])) <= MOST_DOMAINS, 65316)
    insist(len(account.conditional_menus) < account.most_conditional_menus, 65305)
    made["menuid"] = FIRST_ID + call.world.number()
    account.conditional_menus.append(made)
    return {"menuid": str(made["menuid"])}


def _check_rule(account: Account, rule: Json) -> None:
    """Which code an unknown tag or client gives is nowhere documented; these are what those things give elsewhere."""
    insist(not ABOLISHED & set(rule), 65320)
    tag, client = word(rule.get("tag_id", rule.get("group_id"))), word(rule.get("client_platform_type"))
    insist(tag or client, 65304)
    insist(not tag or tag in {*account.tags, "2"}, 45159)
    insist(not client or client in PLATFORMS, 40035)


def _acts(button: object) -> bool:
    return isinstance(button, dict) and bool(button.get("type"))


def _leaves(buttons: object) -> Iterator[object]:
    """Buttons that should do something."""
    for button in buttons if isinstance(buttons, list) else ():
        below = button.get("sub_button") if isinstance(button, dict) else None
        yield from below if isinstance(below, list) and below else [button]


def _domains(menus: list[Json]) -> set[str]:
    leaves = (leaf for menu in menus for leaf in _leaves(menu["button"]) if isinstance(leaf, dict))
    return {_host(str(leaf["url"])) for leaf in leaves if NEEDS.get(str(leaf.get("type"))) == "url"}


def delete_conditional(call: Call) -> Json:
    wanted = word(call.body.get("menuid"))
    kept = [menu for menu in call.account.conditional_menus if str(menu["menuid"]) != wanted]
    insist(len(kept) < len(call.account.conditional_menus), 65301)
    call.account.conditional_menus = kept
    return OK


def try_match(call: Call) -> Json:
    """What this follower's phone shows."""
    person = call.account.people.get(word(call.body.get("user_id")))
    if person is None or not person.follows:
        raise Refused(65302)
    insist(call.account.made_menu, 65303)
    return {"button": call.account.current_menu(person).get("button", [])}


def current(call: Call) -> Json:
    """The ordinary menu, made by the API or in the console; of the console's, as the console made it."""
    # With `console` seeded the console's menu stops once a server URL is set (see platform/console.py).
    if call.account.made_menu is None and "menu" in call.account.console:
        return {"is_menu_open": int(not call.account.callback_url), "selfmenu_info": call.account.console["menu"]}
    menu = call.account.menu if call.account.made_menu is None else call.account.made_menu
    buttons = menu.get("button", [])
    return {"is_menu_open": int(bool(buttons)), "selfmenu_info": {"button": [_current(b) for b in buttons]}}


def _current(button: Json) -> Json:
    children = button.get("sub_button")
    if not children:
        return {name: value for name, value in button.items() if name != "sub_button"}
    return {"name": button["name"], "sub_button": {"list": [_current(child) for child in children]}}
