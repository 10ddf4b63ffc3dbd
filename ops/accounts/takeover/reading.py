"""What an account has at WeChat before us, asked part by part: what one part refuses hides no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.wechat.errors import TokenRejected, Unreachable, WeChatError
from chalicelib.wechat.http import Http

from ...doctor.finding import Text

Json = dict[str, Any]
NO_API_MENU = 46003
MENU, CONDITIONAL, REPLIES = "menu", "conditional", "replies"
TEMPLATES, TAGS = "templates", "tags"
NAMES: dict[str, Text] = {
    MENU: ("菜单", "the menu"),
    CONDITIONAL: ("个性化菜单", "conditional menus"),
    REPLIES: ("自动回复", "auto-replies"),
    TEMPLATES: ("模板", "templates"),
    TAGS: ("标签", "tags"),
}
SYSTEM_TAGS = (0, 1, 2)


@dataclass
class Found:
    """Empty where there is nothing; `unread` says which part WeChat did not tell, and why."""

    menu: Json = field(default_factory=dict)
    menu_is_open: bool = False
    conditional: int = 0
    replies: Json = field(default_factory=dict)
    templates: list[Json] = field(default_factory=list)
    tags: list[Json] = field(default_factory=list)
    unread: dict[str, Text] = field(default_factory=dict)


def read(http: Http, token: str) -> Found:
    """TokenRejected if the token is no good for anything."""
    found = Found()
    parts: tuple[tuple[str, Callable[[Found, Http, str], None]], ...] = (
        (MENU, _read_menu),
        (CONDITIONAL, _read_conditional),
        (REPLIES, _read_replies),
        (TEMPLATES, _read_templates),
        (TAGS, _read_tags),
    )
    for name, look in parts:
        try:
            look(found, http, token)
        except TokenRejected:
            raise
        except WeChatError as error:
            told = error.entry
            found.unread[name] = (f"{error.code} {told.meaning_zh}", f"{error.code} {told.meaning_en}")
        except Unreachable as error:
            found.unread[name] = (f"微信没有回应（{error}）", f"WeChat does not answer ({error})")
    return found


def _get(http: Http, token: str, path: str) -> Json:
    return http.get(f"/cgi-bin/{path}", {"access_token": token})


def _read_menu(found: Found, http: Http, token: str) -> None:
    told = _get(http, token, "get_current_selfmenu_info")
    found.menu, found.menu_is_open = told.get("selfmenu_info") or {}, bool(told.get("is_menu_open"))


def _read_conditional(found: Found, http: Http, token: str) -> None:
    try:
        found.conditional = len(_get(http, token, "menu/get").get("conditionalmenu", []))
    except WeChatError as error:
        if error.code != NO_API_MENU:
            raise


def _read_replies(found: Found, http: Http, token: str) -> None:
    found.replies = dict(_get(http, token, "get_current_autoreply_info"))


def _read_templates(found: Found, http: Http, token: str) -> None:
    found.templates = _get(http, token, "template/get_all_private_template").get("template_list", [])


def _read_tags(found: Found, http: Http, token: str) -> None:
    found.tags = [one for one in _get(http, token, "tags/get").get("tags", []) if one.get("id") not in SYSTEM_TAGS]
