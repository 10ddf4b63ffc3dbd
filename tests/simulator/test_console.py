"""What an account says by itself from WeChat's console, and that a server URL ends it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import House

Json = dict[str, Any]
KINDS = ("text", "img", "voice", "video", "news")


def rule(kind: str, mode: str = "reply_all") -> Json:
    said: Json = {"type": kind, "content": f"a {kind}"}
    if kind == "news":
        said = {"type": kind, "news_info": {"list": [{"title": "春茶", "content_url": "https://mp.weixin.qq.com/s/1"}]}}
    keyword = {"type": "text", "match_mode": "equal", "content": kind}
    return {
        "rule_name": kind,
        "create_time": 1,
        "reply_mode": mode,
        "keyword_list_info": [keyword],
        "reply_list_info": [said],
    }


@pytest.fixture
def console(house: House) -> House:
    replies = {
        "add_friend_autoreply_info": {"type": "text", "content": "welcome"},
        "message_default_autoreply_info": {"type": "text", "content": "we will call"},
        "keyword_autoreply_info": {"list": [*map(rule, KINDS), rule("either", "random_one")]},
    }
    menu = {"button": [{"type": "news", "name": "新品", **rule("news")["reply_list_info"][0]}]}
    house.control("settings", account="tea", callback_url="", console={"menu": menu, "replies": replies})
    return house


def ask(house: House, path: str) -> Json:
    told = {"grant_type": "client_credential", "appid": house.tea.app_id, "secret": "secret-of-tea"}
    token = house._ask("POST", f"{house.simulator}/api.weixin.qq.com/cgi-bin/stable_token", told)["access_token"]
    return house._ask("GET", f"{house.simulator}/api.weixin.qq.com/cgi-bin/{path}?access_token={token}")


def test_an_account_without_a_console_has_no_auto_replies(house: House) -> None:
    assert ask(house, "get_current_autoreply_info") == {"is_add_friend_reply_open": 0, "is_autoreply_open": 0}


def test_all_kinds_of_auto_reply_are_told_and_shown(console: House) -> None:
    told = ask(console, "get_current_autoreply_info")
    assert (told["is_add_friend_reply_open"], told["is_autoreply_open"]) == (1, 1)
    assert len(told["keyword_autoreply_info"]["list"]) == len(KINDS) + 1
    console.phone("alice", "follow")
    for kind in KINDS:
        (shown,) = console.phone("alice", "say", text=kind)["replies"]
        assert shown["type"] == {"img": "image"}.get(kind, kind)
    (shown,) = console.phone("alice", "tap", name="新品")["replies"]
    assert shown["articles"][0]["title"] == "春茶"


def test_the_answer_to_anything_comes_once_an_hour(console: House) -> None:
    console.phone("alice", "follow")
    assert [len(console.phone("alice", "say", text="hello")["replies"]) for _ in range(2)] == [1, 0]
    console.advance(3601)
    assert console.phone("alice", "say", text="hello")["replies"][0]["content"] == "we will call"


def test_a_server_url_ends_menu_and_auto_replies(console: House) -> None:
    console.control("settings", account="tea", callback_url=f"{console.app}/wechat/tea")

    told = ask(console, "get_current_autoreply_info")
    assert (told["is_add_friend_reply_open"], told["is_autoreply_open"]) == (0, 0)
    assert ask(console, "get_current_selfmenu_info")["is_menu_open"] == 0
    shown = console.phone("alice", "follow")
    assert shown["deliveries"] == 1
    assert "welcome" not in str(shown["replies"]).replace("Welcome", "")
