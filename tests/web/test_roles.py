"""A viewer changes nothing, an editor nobody's rights, a token nothing beyond its scopes: tried at every door."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.features import operators, tokens
from chalicelib.features.operators import AREAS
from chalicelib.features.operators.who import ADMINS_WRITE, FOR_ADMINS
from chalicelib.web import api
from chalicelib.web.api import door as declaring
from chalicelib.web.api.door import Door
from chalicelib.web.api.routes import ROUTES
from tests.crowd import follower
from tests.house import House
from tests.web.asking import Answer, refused
from tests.web.operating import Browser, everything, signed_in

NO_DOOR = {("GET", "/api/openapi.json")}  # the description of the doors itself
OWN = {(method, "/api/me/wechat") for method in ("POST", "PUT", "DELETE")}  # about nobody but who asks
READS = tuple(f"{area}:read" for area in AREAS)

Asks = Callable[[str, str], Answer]


def routes() -> Iterator[tuple[str, str]]:
    """(method, path) of whatever the app answers below /api."""
    app = importlib.import_module("app").app
    for path, methods in app.routes.items():
        if path.startswith("/api"):
            yield from ((method, path) for method in methods)


def doors() -> list[Door]:
    return [one for module in api.modules() for one in declaring.doors(module)]


def address(door: Door, item: str = "x") -> str:
    item = "alice" if "/followers/{" in door.path or "/identities/{" in door.path else item
    return re.sub(r"\{\w+\}", item, door.path.replace("{account}", "tea")).removeprefix("/api/")


def statuses(asks: Asks) -> dict[tuple[str, str], int]:
    return {(door.method, door.path): asks(door.method, address(door)).status for door in doors()}


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    follower(house, "alice", remark="常客")
    house.phone("alice", "follow")
    house.says("alice", "您好")
    return house


def by_token(shop: House, *scopes: str) -> Asks:
    token, browser = operators.issue_token(shop.svc, "till", scopes), Browser(shop)
    return lambda method, path: browser(method, path, {}, Authorization=f"Bearer {token}")


def by_session(browser: Browser) -> Asks:
    # A picture is no JSON, and nobody here looks at it.
    return lambda method, path: Answer(browser.ask(method, f"/api/{path}", {}).status, None)


def test_every_door_stands_open_in_the_file_that_routes_names_and_nothing_else_does() -> None:
    declared = {
        module.__name__.rpartition(".")[2]: {f"{one.method} {one.path}" for one in declaring.doors(module)}
        for module in api.modules()
    }
    assert {name: set(listed) for name, listed in ROUTES.items()} == declared
    assert {*routes()} - NO_DOOR == {(one.method, one.path) for one in doors()}
    beside = {file.stem for file in Path(api.__file__ or "").parent.glob("*.py")} - {*declared}
    assert beside == {"__init__", "door", "openapi", "repeats", "routes"}, "a file with doors that nobody can knock at?"


def test_every_door_says_what_it_needs() -> None:
    for one in doors():
        area, _, does = one.needs.partition(":")
        assert (area in AREAS and does in ("read", "write")) or (not area and one.path.startswith("/api/me"))
        assert one.method in ("POST", "PUT", "DELETE", "GET")
        assert one.method != "GET" or does != "write", f"{one.path} writes when it is looked at"
    assert len({one.name for one in doors()}) == len(doors())


def test_what_changes_needs_a_right_to_write() -> None:
    """But for questions too long for an address, which change nothing: see the walk below."""
    asked = {(door.method, door.path) for door in doors() if door.method != "GET" and not door.needs.endswith(":write")}
    assert asked - OWN == {
        ("POST", "/api/{account}/segments/estimate"),
        ("POST", "/api/{account}/segments/{item}/count"),
        ("POST", "/api/{account}/tag-rules/dry-run"),
        ("POST", "/api/{account}/automations/check"),
        ("POST", "/api/{account}/menus/check"),
        ("POST", "/api/{account}/campaigns/check"),
        ("POST", "/api/{account}/campaigns/preview"),
    }
    assert {area for door in doors() for area in [door.needs.partition(":")[0]]} == {*AREAS, ""}


def test_a_viewer_cannot_change_anything(shop: House) -> None:
    browser = signed_in(shop, "viewer")
    before = everything(shop)
    found = statuses(by_session(browser))
    for door in doors():
        status = found[door.method, door.path]
        if (door.method, door.path) in OWN:
            continue
        wants = door.needs.endswith(":write") or door.needs.partition(":")[0] in FOR_ADMINS
        assert (status == 403) == wants, f"{door.method} {door.path} -> {status}"
        assert status < 500
    theirs = ("scan#", "scans#", "audit#")  # the code for their own WeChat
    assert everything(shop, *theirs) == [item for item in before if not item["pk"]["S"].startswith(theirs)]
    assert not shop.work()


def test_what_a_viewer_is_told_says_what_is_missing(shop: House) -> None:
    assert "tags:write" in refused(signed_in(shop, "viewer")("POST", "tea/tags", {"name": "x"}), 403)


def test_an_editor_changes_all_but_who_may_what(shop: House) -> None:
    found = statuses(by_session(signed_in(shop, "editor")))
    for door in doors():
        status = found[door.method, door.path]
        area, _, does = door.needs.partition(":")
        for_admins = area in FOR_ADMINS or (area in ADMINS_WRITE and does == "write")
        assert (status == 403) == for_admins, f"{door.method} {door.path} -> {status}"
        assert status < 500
    assert len(operators.operators(shop.svc)) == 1
    assert [one.label for one in operators.listed(shop.svc)] == []


def test_an_admin_is_let_in_everywhere(shop: House) -> None:
    found = statuses(by_session(signed_in(shop)))
    assert not [where for where, status in found.items() if status in (401, 403) or status >= 500]


def test_a_token_that_may_read_everything_changes_nothing(shop: House) -> None:
    asks, before = by_token(shop, *READS), everything(shop)
    reading = by_session_of(shop, asks)
    for door in doors():
        status = reading[door.method, door.path]
        assert (status == 403) == door.needs.endswith(":write"), f"{door.method} {door.path} -> {status}"
        assert status < 500
    mine = ("api_token#", "audit#")  # the token is used, and an export is told
    assert everything(shop, *mine) == [item for item in before if not item["pk"]["S"].startswith(mine)]


def by_session_of(shop: House, asks: Asks) -> dict[tuple[str, str], int]:
    """As `statuses`, but pictures, whose answers are no JSON, are left out."""
    return {
        (door.method, door.path): 200 if door.plain.startswith("image/") else asks(door.method, address(door)).status
        for door in doors()
    }


@pytest.mark.parametrize("scope", [f"{area}:{does}" for area in AREAS for does in ("read", "write")])
def test_a_token_of_one_scope_opens_its_own_doors_alone(house: House, scope: str) -> None:
    asks = by_token(house, scope)
    for door in doors():
        if door.needs and not door.plain:
            opens = door.needs in (scope, scope.replace(":write", ":read"))
            status = asks(door.method, address(door)).status
            assert (status != 403) == opens, f"{scope}: {door.method} {door.path} -> {status}"


def test_a_stranger_is_let_in_nowhere(house: House) -> None:
    for method, path in ((door.method, address(door)) for door in doors()):
        assert Browser(house)(method, path, {}).status == 401, path


def test_nobody_gives_away_rights_that_they_do_not_have(house: House) -> None:
    browser = Browser(house)
    clerk = f"Bearer {operators.issue_token(house.svc, 'clerk', ['tokens:write', 'tags:read'])}"
    for scopes in (["*"], ["tags:write"], ["tags:read", "operators:write"]):
        answer = browser("POST", "tokens", {"label": "x", "scopes": scopes}, Authorization=clerk)
        assert "do not have these rights" in refused(answer, 400)
    for scopes in ([], ["tags"], ["tags:admin"], ["cats:read"]):
        assert browser("POST", "tokens", {"label": "x", "scopes": scopes}, Authorization=clerk).status == 400
    made = browser("POST", "tokens", {"label": "x", "scopes": ["tags:read"]}, Authorization=clerk)
    assert made.status == 201
    assert browser("GET", "tea/tags", Authorization=f"Bearer {made.body['token']}").status != 403


def test_a_revoked_token_opens_nothing_and_is_revoked_once(house: House) -> None:
    admin = signed_in(house)
    made = admin("POST", "tokens", {"label": " till ", "scopes": ["rules:read"]}).body
    till = {"Authorization": f"Bearer {made['token']}"}
    listed = admin("GET", "tokens").body["items"]
    assert [(one["label"], one["scopes"], one["token"]) for one in listed] == [("till", ["rules:read"], "")]
    assert Browser(house)("GET", "tea/rules", **till).status == 200

    assert admin("DELETE", f"tokens/{made['mark']}").status == 204

    assert Browser(house)("GET", "tea/rules", **till).status == 401
    assert admin("GET", "tokens").body["items"] == []
    for mark in (made["mark"], "x", "0" * 3000):
        assert admin("DELETE", f"tokens/{mark}").status == 404


def test_whoever_removes_an_operator_sees_which_tokens_they_left(house: House) -> None:
    lin, admin = signed_in(house, "admin", "谷雨"), signed_in(house)
    assert lin("POST", "tokens", {"label": "till", "scopes": ["rules:read"] * 9}).body["scopes"] == ["rules:read"]
    gone = next(one for one in admin("GET", "operators").body["items"] if one["name"] == "谷雨")
    assert admin("DELETE", f"operators/{gone['operator_id']}").status == 204
    (left,) = admin("GET", "tokens").body["items"]
    assert (left["label"], left["created_by"], left["scopes"]) == ("till", "谷雨", ["rules:read"])


@pytest.mark.parametrize("name", ["x" * 1500, "%E8%8C%B6" * 400, "%00" * 400])
def test_a_name_that_the_table_could_not_take_is_not_found(shop: House, name: str) -> None:
    token, browser = operators.issue_token(shop.svc, "till"), Browser(shop)
    for door in doors():
        if "{item}" in door.path:
            path = door.path.replace("{item}", name).replace("{account}", "tea").replace("{fact}", "x")
            answer = browser.ask(door.method, path, {}, Authorization=f"Bearer {token}")
            assert answer.status in (400, 403, 404), f"{door.method} {door.path} -> {answer.status}"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "operators", {"name": "x"}, 400),
        ("POST", "operators", {"name": "x", "role": "owner"}, 400),
        ("POST", "operators", {"name": "", "role": "viewer"}, 400),
        ("POST", "operators", {"name": " ", "role": "viewer"}, 400),
        ("POST", "operators", {"name": "x", "role": "viewer", "era": 0}, 400),
        ("POST", "operators", {"name": "ADMIN 小满", "role": "viewer"}, 409),
        ("PUT", "operators/x", {"name": "x", "role": "viewer"}, 404),
        ("DELETE", "operators/" + "0" * 2000, None, 404),
        ("POST", "operators/x/sign-in-link", None, 404),
        ("POST", "tokens", {"label": " ", "scopes": ["*"]}, 400),
        ("POST", "tokens", {"label": "x" * 81, "scopes": ["*"]}, 400),
        ("POST", "tokens", {"label": "x", "scopes": ["*"] * 101}, 400),
        ("PUT", "me/wechat", {"code": "x", "digits": "12345"}, 400),
        ("PUT", "me/wechat", {"code": "x", "digits": "²²²²²²"}, 400),
        ("PUT", "me/wechat", {"code": "x" * 40, "digits": "123456"}, 400),
        ("GET", "audit?limit=0", None, 400),
        ("GET", "audit?limit=101", None, 400),
        ("GET", "audit?limit=x", None, 400),
    ],
)
def test_what_an_admin_mistypes_is_told_in_words(house: House, method: str, path: str, body: Any, status: int) -> None:
    refused(signed_in(house)(method, path, body), status)
    assert len(operators.operators(house.svc)) == 1


def test_the_last_admin_cannot_be_removed_by_the_api_either(house: House) -> None:
    admin = signed_in(house)
    (me,) = admin("GET", "operators").body["items"]
    one = f"operators/{me['operator_id']}"
    assert "at least one admin" in refused(admin("DELETE", one), 409)
    assert "at least one admin" in refused(admin("PUT", one, {"name": "x", "role": "viewer"}), 409)
    assert "at least one admin" in refused(admin("PUT", one, {"name": "x", "role": "admin", "disabled": True}), 409)
    assert admin("GET", "me").body["may"] == [f"{area}:{does}" for area in AREAS for does in ("read", "write")]
