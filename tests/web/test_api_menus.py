"""/api/{account}/menus: what it takes, what it answers, and the sentence for each mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.features import tokens
from tests.crowd import follower
from tests.house import House, Json
from tests.menu_card import ADD, CREATE, changes
from tests.web.asking import Api, refused

TODAY: Json = {"name": "今日", "type": "click", "key": "TODAY"}
MENU: Json = {"button": [TODAY]}
BOTH: Json = MENU | {"conditional": [{"label": "安卓", "when": {"platform": "android"}, "button": [TODAY]}]}
DEEP: Json = {"button": [json.loads('{"sub_button": [' * 40 + "]}" * 40)]}  # the table takes 32 levels


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    follower(house, "alice")
    return house


@pytest.fixture
def api(shop: House) -> Api:
    return Api(shop)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("PUT", "/menus/draft", {}, 400, "menu"),
        ("PUT", "/menus/draft", {"menu": MENU}, 400, "version"),
        ("PUT", "/menus/draft", {"menu": MENU, "version": -1}, 400, "version"),
        ("PUT", "/menus/draft", {"menu": {"buttons": []}, "version": 0}, 400, "buttons"),
        ("PUT", "/menus/draft", {"menu": {"button": [{"name": 1}]}, "version": 0}, 400, "name"),
        ("PUT", "/menus/draft", {"menu": {"conditional": [{"when": {"sex": "1"}}]}, "version": 0}, 400, "sex"),
        (
            "PUT",
            "/menus/draft",
            {"menu": {"conditional": [{"when": {"platform": "nokia"}}]}, "version": 0},
            400,
            "platf",
        ),
        ("PUT", "/menus/draft", {"menu": {"button": [{"name": "x" * 100_001}]}, "version": 0}, 400, "too big"),
        ("POST", "/menus/check", {"menu": DEEP}, 400, "inside one another"),
        ("PUT", "/menus/draft", {"menu": DEEP, "version": 0}, 400, "inside one another"),
        ("PUT", "/menus/draft", {"menu": MENU, "version": 3}, 409, "is not saved"),
        ("POST", "/menus/draft/load", {"version": 0, "number": 9}, 404, "no such version"),
        ("POST", "/menus/check", {"menu": []}, 400, "menu"),
        ("POST", "/menus/publish", {"version": 0}, 400, "no draft"),
        ("GET", "/menus/versions/x", None, 404, "no such version"),
        ("GET", "/menus/versions/" + "9" * 400, None, 404, "no such version"),
        ("GET", "/menus/versions/1", None, 404, "no such version"),
        ("GET", "/menus/versions?limit=0", None, 400, "limit"),
        ("GET", "/menus/versions?cursor=x", None, 400, "cursor"),
        ("POST", "/menus/versions/1/rollback", None, 404, "no such version"),
        ("GET", "/menus/try", None, 400, "openid"),
        ("GET", "/menus/try?openid=a%23b", None, 400, "not an openid"),
        ("GET", "/menus/try?openid=nobody", None, 404, "do not follow"),
        ("GET", "/menus/clicks?from=yesterday", None, 400, "from"),
        ("GET", "/menus/clicks?from=2026-02-30", None, 400, "no such day"),
        ("GET", "/menus/clicks?from=2026-02-02&to=2026-02-01", None, 400, "comes before"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(  # noqa: PLR0913, PLR0917
    shop: House, api: Api, method: str, path: str, body: Any, status: int, told: str
) -> None:
    if "nobody" in path:
        shop.tea.wechat.menus.create([TODAY])
    assert told in refused(api(method, path, body), status)


def test_an_account_that_may_not_make_menus_says_so(api: Api) -> None:
    assert api("PUT", "/menus/draft", {"menu": MENU, "version": 0}, alias="leaf").status == 200
    for method, path, body in (
        ("POST", "/menus/publish", {"version": 1}),
        ("GET", "/menus/live", None),
        ("GET", "/menus/try?openid=alice", None),
        ("POST", "/menus/draft/load", {"version": 1}),
    ):
        assert "verified" in refused(api(method, path, body, alias="leaf"), 403)
    assert api("GET", "/menus", alias="leaf").body["may_publish"] is False


def test_before_anybody_has_begun_there_is_an_empty_draft(api: Api) -> None:
    told = api("GET", "/menus").body
    assert told == {
        "draft": {"menu": {}, "version": 0, "saved_at": 0, "saved_by": "", "notes": []},
        "problems": [],
        "difference": [],
        "live": None,
        "newest": None,
        "may_publish": True,
    }
    assert api("GET", "/menus/versions").body == {"items": [], "cursor": ""}
    assert api("GET", "/menus/clicks").body == {"items": [], "cursor": ""}


def test_a_menu_is_drafted_checked_compared_published_and_rolled_back(shop: House, api: Api) -> None:
    saved = api("PUT", "/menus/draft", {"menu": MENU, "version": 0})
    assert (saved.status, saved.body["draft"]["version"], saved.body["problems"]) == (200, 1, [])
    assert saved.body["draft"]["saved_by"] == "the till"
    live = api("POST", "/menus/publish", {"version": 1})
    assert (live.status, live.body["number"], live.body["stage"]) == (202, 1, "live")

    assert api("POST", "/menus/check", {"menu": BOTH}).body["difference"][0]["what"] == "added"
    api("PUT", "/menus/draft", {"menu": BOTH, "version": 1})
    shown = api("GET", "/menus").body
    assert [one["what"] for one in shown["difference"]] == ["added"]
    assert (shown["live"]["number"], shown["newest"]["number"]) == (1, 1)
    at_wechat = api("GET", "/menus/live").body
    assert (at_wechat["made_by"], [one["what"] for one in at_wechat["to_draft"]]) == ("ours", ["added"])
    api("POST", "/menus/publish", {"version": 2})

    back = api("POST", "/menus/versions/1/rollback", {})
    assert (back.status, back.body["number"], back.body["origin"]) == (202, 3, 1)
    listed = api("GET", "/menus/versions?limit=2").body
    assert [one["number"] for one in listed["items"]] == [3, 2]
    rest = api("GET", f"/menus/versions?cursor={listed['cursor']}").body
    assert [(one["number"], one["stage"]) for one in rest["items"]] == [(1, "replaced")]
    assert api("GET", "/menus/versions/1").body["menu"] == MENU
    loaded = api("POST", "/menus/draft/load", {"version": 2, "number": 1}).body["draft"]
    assert (loaded["menu"], loaded["version"]) == (MENU, 3)


def test_the_second_operator_is_shown_the_difference(api: Api) -> None:
    api("PUT", "/menus/draft", {"menu": MENU, "version": 0})
    answer = api("PUT", "/menus/draft", {"menu": BOTH, "version": 0})
    refused(answer, 409)
    assert answer.body["error"]["code"] == "Conflict"
    details = answer.body["error"]["details"]
    assert details["draft"]["menu"] == MENU
    assert [(one["what"], one["menu"]) for one in details["difference"]] == [("added", 1)]


def test_faults_are_told_with_their_place(shop: House, api: Api) -> None:
    bad = {"button": [TODAY | {"name": "六个汉字太长"}]}
    (problem,) = api("PUT", "/menus/draft", {"menu": bad, "version": 0}).body["problems"]
    assert problem | {"says": ""} == {"menu": 0, "button": "1", "field": "name", "says": "", "blocks": True}
    assert "18 bytes" in refused(api("POST", "/menus/publish", {"version": 1}), 400)
    assert changes(shop) == 0


@pytest.mark.parametrize("path", [CREATE, ADD])
def test_what_wechat_refuses_is_told_and_may_be_sent_again(shop: House, api: Api, path: str) -> None:
    shop.tea.wechat.menus.create([TODAY | {"name": "旧"}])
    api("PUT", "/menus/draft", {"menu": BOTH, "version": 0})
    shop.control("faults", path=path, errcode=45064)
    key = {"Idempotency-Key": "press-1"}
    assert "not linked" in refused(api("POST", "/menus/publish", {"version": 1}, **key), 409)
    assert api("GET", "/menus").body["newest"]["stage"] == "refused"
    assert api("GET", "/menus/live").body["menu"]["button"][0]["name"] == "旧"
    first = api("POST", "/menus/publish", {"version": 1}, **key)
    assert (first.status, first.body["stage"]) == (202, "live")
    assert api("POST", "/menus/publish", {"version": 1}, **key).body == first.body


def test_a_follower_is_tried_and_taps_are_counted(shop: House, api: Api) -> None:
    api("PUT", "/menus/draft", {"menu": MENU, "version": 0})
    api("POST", "/menus/publish", {"version": 1})
    tried = api("GET", "/menus/try?openid=alice").body
    assert (tried["buttons"], tried["menu"], tried["agree"]) == ([TODAY], 0, True)
    shop.phone("alice", "tap", key="TODAY")
    (entry,) = api("GET", "/menus/clicks").body["items"]
    assert (entry["number"], entry["button"], entry["clicks"], len(entry["days"])) == (1, "1", 1, 1)


def test_who_may_only_read_changes_nothing(shop: House) -> None:
    reader = Api(shop, "menus:read")
    for method, path, body in (
        ("PUT", "/menus/draft", {"menu": MENU, "version": 0}),
        ("POST", "/menus/draft/load", {"version": 0}),
        ("POST", "/menus/publish", {"version": 0}),
        ("POST", "/menus/versions/1/rollback", {}),
    ):
        refused(reader(method, path, body), 403)
    assert reader("POST", "/menus/check", {"menu": MENU}).status == 200
    for path in ("/menus", "/menus/live", "/menus/versions", "/menus/clicks"):
        assert reader("GET", path).status == 200
