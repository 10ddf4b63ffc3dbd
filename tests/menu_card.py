"""Menus of the tea shop, and what a test asks about them."""

from __future__ import annotations

from chalicelib.features import menus, tags
from chalicelib.features.menus import Button, Conditional, Menu, Version, When
from tests.house import House, Json

CREATE, ADD = "/cgi-bin/menu/create", "/cgi-bin/menu/addconditional"
GET, DELETE, DROP = "/cgi-bin/menu/get", "/cgi-bin/menu/delete", "/cgi-bin/menu/delconditional"
TODAY = Button(name="今日", type="click", key="TODAY")
SHOP = Button(name="逛逛", type="view", url="https://shop.example.com/")
ABOUT = Button(name="关于", sub_button=[Button(name="营业时间", type="click", key="HOURS"), SHOP])
CARD = Menu(button=[TODAY, ABOUT])
ANDROID = Conditional(label="安卓", when=When(platform="android"), button=[SHOP])
PLAIN = Menu(button=[Button(name="旧", type="click", key="OLD")])


def with_android(menu: Menu = CARD) -> Menu:
    return Menu(button=menu.button, conditional=[ANDROID])


def tagged(house: House, menu: Menu = CARD, name: str = "熟客") -> tuple[Menu, int]:
    """A menu for those with a new tag, and another for Android."""
    tag_id = tags.create(house.svc, house.tea, name).tag_id
    mine = Conditional(label=name, when=When(tag_id=tag_id), button=[TODAY])
    return Menu(button=menu.button, conditional=[mine, ANDROID]), tag_id


def drafted(house: House, menu: Menu) -> int:
    """The version of the draft."""
    known = menus.draft(house.svc, house.tea).version
    return menus.save(house.svc, house.tea, menu, known, "小满").version


def published(house: House, menu: Menu) -> Version:
    return menus.publish(house.svc, house.tea, drafted(house, menu), "小满")


def shown(house: House, openid: str) -> list[str]:
    """The first level of the menu on this phone."""
    account = house.world.accounts["tea"]
    return [button["name"] for button in account.current_menu(account.people[openid]).get("button", [])]


def at_wechat(house: House) -> Json:
    account = house.world.accounts["tea"]
    return {"made": account.made_menu, "conditional": [*account.conditional_menus]}


def changes(house: House) -> int:
    """How often WeChat was asked to change something."""
    return sum(house.count(path) for path in (CREATE, ADD, DELETE, DROP))
