"""/api/{account}/templates and beside it: what they take, what they answer, and the sentence for each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.features import tokens
from tests.house import NOTICE, House, Json
from tests.web.asking import Api, refused

NEW_NOTICE: Json = {"kind": "notice", "number": "1001", "keyword_ids": [1, 2], "scene": "取餐"}


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


@pytest.fixture
def api(shop: House) -> Api:
    return Api(shop)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "/templates", {}, 400, "kind"),
        ("POST", "/templates", {"kind": "card", "number": "1"}, 400, "template or notice"),
        ("POST", "/templates", {"kind": "template", "number": "a/b"}, 400, "letters and digits"),
        ("POST", "/templates", {"kind": "template", "number": "1", "colour": "red"}, 400, "colour"),
        ("POST", "/templates", {"kind": "template", "number": "1", "name": "Tea"}, 400, "a-z"),
        ("POST", "/templates", NEW_NOTICE | {"keyword_ids": [1]}, 400, "2 to 5"),
        ("POST", "/templates", NEW_NOTICE | {"number": "7"}, 404, "no template of this number"),
        ("DELETE", "/templates/none", None, 404, "choose one"),
        ("DELETE", "/templates/none?force=1", None, 400, "nobody knows"),
        ("PUT", "/templates/none/alias", {"name": "tea"}, 404, "choose one"),
        ("PUT", f"/templates/{NOTICE}/alias", {"name": "茶"}, 400, "a-z"),
        ("PUT", f"/templates/{NOTICE}/alias", {}, 400, "name"),
        ("DELETE", "/template-names/none", None, 404, "no template of that name"),
        ("GET", "/template-library?cursor=x", None, 400, "none of ours"),
        ("GET", "/template-library?category_id=900", None, 400, "none of the account's categories"),
        ("GET", "/template-library/none", None, 404, "no template of this number"),
        ("GET", "/followers/a b/grants", None, 404, "no such follower"),
    ],
)
def test_a_mistake_is_named(api: Api, method: str, path: str, body: Any, status: int, told: str) -> None:
    assert told in refused(api(method, path, body), status)


def test_a_template_lives_from_the_library_to_its_end(api: Api) -> None:
    (title,) = api("GET", "/template-library?words=%E5%8F%96%E9%A4%90").body["items"]
    words = api("GET", f"/template-library/{title['number']}").body["items"]
    assert words[0] == {"keyword_id": 1, "name": "商品", "example": "明前龙井", "kind": "thing", "longest": 20}
    made = api("POST", "/templates", NEW_NOTICE | {"name": "ready"})
    assert (made.status, made.body["name"], made.body["uses"]) == (201, "ready", [])
    assert made.body["fields"][0]["limit"] == "最多 20 个字。Up to 20 characters."
    listed = api("GET", "/templates").body
    assert (listed["able"], listed["waiting"], listed["trouble"]) == (["template", "notice"], [], "")
    assert listed["slots"]["notice"] == {"used": 1, "most": 50, "unused": 1}
    named = api("PUT", f"/templates/{made.body['template_id']}/alias", {"name": "tea_ready"})
    assert named.body["name"] == "tea_ready"
    assert api("DELETE", f"/templates/{made.body['template_id']}").status == 204
    gone = api("GET", "/templates").body
    assert [one["state"] for one in gone["items"] if one["kind"] == "notice"] == ["gone"]
    assert gone["waiting"] == ["tea_ready"]
    assert api("DELETE", "/template-names/tea_ready").status == 204
    assert api("GET", "/templates").body["waiting"] == []


def test_what_is_in_use_is_refused_with_who_uses_it(api: Api) -> None:
    made = api("POST", "/templates", {"kind": "template", "number": "1", "name": "ready"}).body["template_id"]
    step = {"do": "template", "template": "ready", "fields": {"thing1": "x", "thing2": "y"}}
    api("POST", "/automations", {"name": "谢谢", "when": {"kind": "ordered"}, "enter": "cause", "steps": [step]})
    answer = api("DELETE", f"/templates/{made}")
    assert "cannot send" in refused(answer, 409)
    assert [use["label"] for use in answer.body["error"]["details"]["uses"]] == ["谢谢"]
    other = api("PUT", f"/templates/{NOTICE}/alias", {"name": "ready"})
    assert other.body["error"]["details"]["instead_of"] == made
    assert api("PUT", f"/templates/{NOTICE}/alias", {"name": "ready", "instead": True}).body["name"] == "ready"
    assert api("DELETE", f"/templates/{made}").status == 204


def test_a_template_in_a_campaign_is_in_use(api: Api) -> None:
    made = api("POST", "/templates", {"kind": "template", "number": "1", "name": "ready"}).body["template_id"]
    variant = {"label": "A", "share": 100, "template": "ready", "fields": {"thing1": "x", "thing2": "y"}}
    told = {"name": "春茶", "kind": "template", "variants": [variant]}
    assert api("POST", "/campaigns", {"document": told}).status == 201
    details = api("DELETE", f"/templates/{made}").body["error"]["details"]
    assert [(use["kind"], use["label"], use["phase"]) for use in details["uses"]] == [("campaign", "春茶", "draft")]


def test_a_person_shows_what_they_agreed_to(api: Api, shop: House) -> None:
    made = api("POST", "/templates", NEW_NOTICE).body["template_id"]
    assert api("GET", "/followers/alice/grants").body == {"items": [], "cursor": ""}
    shop.phone("alice", "subscribe", answers={made: "accept"})
    (grant,) = api("GET", "/followers/alice/grants").body["items"]
    assert (grant["template_id"], grant["title"], grant["may"], grant["remaining"]) == (made, "取餐提醒", True, 1)


def test_an_account_without_templates_has_an_empty_list_and_is_told_why(api: Api) -> None:
    listed = api("GET", "/templates", alias="leaf").body
    assert (listed["items"], listed["able"], listed["synced_at"]) == ([], [], 0)
    for method, path in (("POST", "/templates/sync"), ("GET", "/template-library"), ("GET", "/template-categories")):
        assert "verified" in refused(api(method, path, {} if method == "POST" else None, alias="leaf"), 403)


def test_wechats_silence_is_unavailable_and_leaves_the_list(api: Api, shop: House) -> None:
    api("POST", "/templates/sync", {})
    shop.control("faults", path="/cgi-bin/template/get_all_private_template", errcode=-1)
    assert "does not answer" in refused(api("POST", "/templates/sync", {}), 503)
    assert [one["title"] for one in api("GET", "/templates").body["items"]] == ["通知"]


@pytest.mark.parametrize(("scope", "may"), [("templates:read", False), ("templates:write", True), ("tags:write", None)])
def test_who_may_what(shop: House, scope: str, may: bool | None) -> None:
    machine = Api(shop, scope)
    assert machine("GET", "/templates").status == (200 if may is not None else 403)
    assert machine("POST", "/templates/sync", {}).status == (200 if may else 403)
    assert machine("GET", "/followers/alice/grants").status == 403
