"""The platform's menus: who sees which, what is refused with which code, and what a tap tells."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.shop import Doors, Json, Shop
from tests.simulator.test_phone import last

CREATE, ADD, GET, DELETE = (f"/cgi-bin/menu/{name}" for name in ("create", "addconditional", "get", "delete"))
DROP, TRY, CURRENT = "/cgi-bin/menu/delconditional", "/cgi-bin/menu/trymatch", "/cgi-bin/get_current_selfmenu_info"
A: Json = {"type": "click", "name": "甲", "key": "A"}
B: Json = {"type": "click", "name": "乙", "key": "B"}
PAGE: Json = {"type": "view", "name": "页", "url": "https://a.example.com/"}
ANDROID = {"client_platform_type": "2"}


def tag(tea: Doors, name: str, *openids: str) -> int:
    number = int(tea.call("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"])
    if openids:
        tea.call("/cgi-bin/tags/members/batchtagging", {"tagid": number, "openid_list": [*openids]})
    return number


def add(tea: Doors, button: Json, **rule: Any) -> str:
    return str(tea.call(ADD, {"button": [button], "matchrule": rule})["menuid"])


def sees(tea: Doors, openid: str) -> str:
    """What trymatch says, and the phone shows."""
    told = tea.call(TRY, {"user_id": openid})["button"][0]["name"]
    assert tea.ask("GET", f"/phone/tea/{openid}")[0] == 200
    return str(told)


@pytest.fixture
def made(tea: Doors) -> Doors:
    tea.call(CREATE, {"button": [A]})
    return tea


def test_the_newest_that_fits_wins_and_of_several_tags_the_last(made: Doors) -> None:
    first, second = tag(made, "一"), tag(made, "二")
    add(made, B, tag_id=str(first))
    add(made, PAGE, tag_id=first, client_platform_type=2)
    assert sees(made, "alice") == "甲"
    made.call("/cgi-bin/tags/members/batchtagging", {"tagid": first, "openid_list": ["alice"]})
    assert sees(made, "alice") == "乙"
    made.set(openid="alice", client_platform="2")
    assert sees(made, "alice") == "页"
    made.call("/cgi-bin/tags/members/batchtagging", {"tagid": second, "openid_list": ["alice"]})
    assert sees(made, "alice") == "甲"
    newest = add(made, B, client_platform_type="2")
    assert sees(made, "alice") == "乙"
    assert made.code(DROP, {"menuid": newest}) == 0
    assert sees(made, "alice") == "甲"
    assert made.code(DROP, {"menuid": newest}) == 65301


def test_what_was_made_is_told_as_it_was_made(made: Doors) -> None:
    assert made.call(GET) == {"menu": {"button": [A | {"sub_button": []}]}}
    menu_id = add(made, {"name": "多", "sub_button": [PAGE]}, **ANDROID)
    told = made.call(GET)
    assert told["menu"]["menuid"] != int(menu_id)
    (one,) = told["conditionalmenu"]
    assert (str(one["menuid"]), one["matchrule"]) == (menu_id, ANDROID)
    assert one["button"][0]["sub_button"] == [PAGE | {"sub_button": []}]
    # A new ordinary menu leaves the conditional ones alone; deleting takes all.
    made.call(CREATE, {"button": [B]})
    assert len(made.call(GET)["conditionalmenu"]) == 1
    assert made.code(DELETE) == 0
    assert made.code(GET) == 46003
    assert made.call(CURRENT) == {"is_menu_open": 0, "selfmenu_info": {"button": []}}


def test_what_is_shown_to_everybody_is_told_with_what_the_console_made(tea: Doors) -> None:
    assert tea.call(CURRENT)["selfmenu_info"]["button"][0]["key"] == "TODAY"
    assert tea.code(GET) == 46003
    tea.call(CREATE, {"button": [{"name": "多", "sub_button": [PAGE]}]})
    told = tea.call(CURRENT)
    assert told["selfmenu_info"]["button"] == [{"name": "多", "sub_button": {"list": [PAGE]}}]


@pytest.mark.parametrize(
    ("buttons", "rule", "errcode"),
    [
        ([A], {}, 65304),
        ([A], {"tag_id": "", "client_platform_type": None}, 65304),
        ([A], {"sex": "1"}, 65320),
        ([A], {"tag_id": "999"}, 45159),
        ([A], {"client_platform_type": "4"}, 40035),
        ([], ANDROID, 65307),
        ([{"name": "x"}], ANDROID, 65308),
        ([{"name": "x", "sub_button": [{"name": "y"}]}], ANDROID, 65308),
        ([A | {"name": "长" * 6}], ANDROID, 40018),
        ([A | {"type": "dance"}], ANDROID, 40017),
        ([PAGE | {"url": "nowhere"}], ANDROID, 40055),
    ],
)
def test_a_conditional_menu_is_refused_with_its_code(
    made: Doors, buttons: list[Json], rule: Json, errcode: int
) -> None:
    assert made.code(ADD, {"button": buttons, "matchrule": rule}) == errcode
    assert "conditionalmenu" not in made.call(GET)


def test_it_needs_an_ordinary_one_first_and_the_switch_in_the_console(tea: Doors) -> None:
    body = {"button": [A], "matchrule": ANDROID}
    assert tea.code(ADD, body) == 65303
    assert tea.code(TRY, {"user_id": "alice"}) == 65303
    tea.call(CREATE, {"button": [A]})
    tea.set(conditional_switch=False)
    assert tea.code(ADD, body) == 65309
    tea.set(conditional_switch=True, most_conditional_menus=1)
    assert tea.code(ADD, body) == 0
    assert tea.code(ADD, body) == 65305


def test_all_conditional_menus_together_lead_to_three_domains(made: Doors) -> None:
    for name in ("a", "b", "c", "a"):
        add(made, PAGE | {"url": f"https://{name}.example.com/x"}, **ANDROID)
    fourth = {"button": [PAGE | {"url": "https://d.example.com/"}], "matchrule": ANDROID}
    assert made.code(ADD, fourth) == 65316
    assert made.code(CREATE, {"button": fourth["button"]}) == 0


@pytest.mark.parametrize(
    ("button", "errcode"),
    [
        ({"name": "x", "sub_button": [{"name": "y", "sub_button": [A]}]}, 40022),
        ({"name": "x", "sub_button": [PAGE | {"url": "ftp://x"}]}, 40054),
        ({"name": "x", "sub_button": [PAGE | {"url": "https://" + "x" * 1020}]}, 40027),
        ({"name": "x", "sub_button": [A | {"key": "k" * 129}]}, 40026),
        (PAGE | {"url": "http://"}, 40055),
        ({"type": "media_id", "name": "x", "media_id": "none"}, 40007),
        ({"type": "view_limited", "name": "x"}, 40007),
        ({"type": "article_id", "name": "x", "article_id": "none"}, 53600),
        (PAGE | {"type": "miniprogram"}, 40013),
        (PAGE | {"type": "miniprogram", "appid": "wx1"}, 40035),
    ],
)
def test_each_kind_of_button_needs_what_it_needs(tea: Doors, button: Json, errcode: int) -> None:
    assert tea.code(CREATE, {"button": [button]}) == errcode


def test_a_mini_program_must_be_linked(tea: Doors) -> None:
    program = PAGE | {"type": "miniprogram", "appid": "wx1", "pagepath": "p"}
    assert tea.code(CREATE, {"button": [program]}) == 0
    tea.set(mini_programs=["wx2"])
    assert tea.code(CREATE, {"button": [program]}) == 45064


def test_only_followers_can_be_tried(made: Doors) -> None:
    assert made.code(TRY, {"user_id": "nobody"}) == 65302
    made.phone("alice", "unfollow")
    assert made.code(TRY, {"user_id": "alice"}) == 65302


def test_a_day_has_so_many_of_each(made: Doors) -> None:
    limits = dict.fromkeys((ADD, DROP, TRY), 1)
    made.set(daily_limits=limits)
    menu_id = add(made, B, **ANDROID)
    assert made.code(ADD, {"button": [A], "matchrule": ANDROID}) == 45009
    assert [made.code(DROP, {"menuid": menu_id}) for _ in range(2)] == [0, 45009]
    assert [made.code(TRY, {"user_id": "alice"}) for _ in range(2)] == [0, 45009]
    quota = made.call("/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/menu/create"})["quota"]
    assert quota["daily_limit"] == 1000


def test_a_tap_on_a_page_names_its_menu_and_a_key_does_not(made: Doors, shop: Shop) -> None:
    made.call(CREATE, {"button": [A, PAGE]})
    made.phone("alice", "tap", key="A")
    assert "MenuId" not in last(shop)
    made.phone("alice", "tap", url=PAGE["url"])
    ordinary = last(shop)["MenuId"]
    menu_id = add(made, PAGE, **ANDROID)
    assert str(made.call(GET)["menu"]["menuid"]) == ordinary
    made.set(openid="alice", client_platform="2")
    made.phone("alice", "tap", url=PAGE["url"])
    assert (last(shop)["EventKey"], last(shop)["MenuId"]) == (PAGE["url"], menu_id)
