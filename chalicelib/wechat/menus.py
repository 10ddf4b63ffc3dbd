"""The menu at the foot of the chat: one for everybody, and conditional ones for a tag or a client.

https://developers.weixin.qq.com/doc/service/guide/product/menu/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from .calls import Calls
from .errors import WeChatError

NO_MENU, NO_CONDITIONAL = 46003, 65301

Buttons = Sequence[Mapping[str, Any]]


class Conditional(msgspec.Struct, frozen=True):
    """`rule` as WeChat tells it: tag_id (older answers: group_id), client_platform_type, and fields since abolished."""

    menu_id: str
    buttons: list[dict[str, Any]]
    rule: dict[str, Any]


class AtWeChat(msgspec.Struct, frozen=True):
    """`menu_id` of the ordinary menu is told only where there are conditional ones; those as WeChat lists them."""

    buttons: list[dict[str, Any]]
    menu_id: str = ""
    conditional: list[Conditional] = []


class Menus:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, buttons: Buttons) -> None:
        """The ordinary menu, instead of the one there is; conditional ones stay. 1,000 a day."""
        self._calls.post("/cgi-bin/menu/create", {"button": buttons})

    def get(self) -> AtWeChat | None:
        """What was made through the API; None if nothing was, though the console may have made a menu. 10,000 a day."""
        try:
            answer = self._calls.get("/cgi-bin/menu/get")
        except WeChatError as error:
            if error.code != NO_MENU:
                raise
            return None
        menu, conditional = answer["menu"], answer.get("conditionalmenu", ())
        return AtWeChat(_buttons(menu), str(menu.get("menuid", "")), [_conditional(one) for one in conditional])

    def delete(self) -> None:
        """All of them, the conditional ones too. 1,000 a day."""
        _or_gone(NO_MENU, lambda: self._calls.get("/cgi-bin/menu/delete"))

    def add_conditional(self, buttons: Buttons, rule: Mapping[str, str]) -> str:
        """Its id. It is asked before all that were made earlier. A second call makes a second menu. 2,000 a day."""
        return str(self._calls.post("/cgi-bin/menu/addconditional", {"button": buttons, "matchrule": rule})["menuid"])

    def delete_conditional(self, menu_id: str) -> None:
        """That it is gone already is fine. 2,000 a day."""
        _or_gone(NO_CONDITIONAL, lambda: self._calls.post("/cgi-bin/menu/delconditional", {"menuid": menu_id}))

    def try_match(self, openid: str) -> list[dict[str, Any]]:
        """The buttons that this follower sees. 20,000 a day."""
        answer = self._calls.post("/cgi-bin/menu/trymatch", {"user_id": openid})
        return _buttons(answer.get("menu", answer))

    def current(self) -> dict[str, Any]:
        """{is_menu_open, selfmenu_info}: what is shown to everybody, made by whom ever, the console too."""
        return dict(self._calls.get("/cgi-bin/get_current_selfmenu_info"))


def _or_gone(code: int, call: Callable[[], object]) -> None:
    try:
        call()
    except WeChatError as error:
        if error.code != code:
            raise


def _conditional(one: Mapping[str, Any]) -> Conditional:
    return Conditional(str(one.get("menuid", "")), _buttons(one), dict(one.get("matchrule") or {}))


def _buttons(menu: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(button) for button in menu.get("button") or ()]
