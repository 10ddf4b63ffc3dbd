"""/api/{account}/tags and /tag-rules: what they take, what they answer, and the sentence for each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from tests.crowd import follower
from tests.house import House
from tests.web.asking import Api, refused

RULE = {"name": "常客", "tag_id": 100, "question": {"field": "orders", "is": "at_least", "value": 2}}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "/tags", {}, 400, "name"),
        ("POST", "/tags", {"name": ""}, 400, "visible characters"),
        ("POST", "/tags", {"name": "x" * 31}, 400, "30 bytes"),
        ("POST", "/tags", {"name": "x", "colour": "red"}, 400, "colour"),
        ("PUT", "/tags/999", {"name": "x"}, 404, "no such tag"),
        ("PUT", "/tags/x", {"name": "x"}, 404, "no such tag"),
        ("PUT", "/tags/2", {"name": "x"}, 400, "WeChat's own"),
        ("DELETE", "/tags/999", None, 404, "no such tag"),
        ("DELETE", "/tags/" + "9" * 400, None, 404, "no such tag"),
        ("POST", "/tags/999/people", {"openids": ["alice"]}, 404, "no such tag"),
        ("POST", "/tags/100/people", {"openids": []}, 400, "openids"),
        ("POST", "/tags/100/people", {"openids": ["a#b"]}, 400, "no openids"),
        ("POST", "/tags/100/people", {"openids": "alice"}, 400, "openids"),
        ("GET", "/tag-runs/made-up", None, 404, "no such run"),
        ("POST", "/tag-rules", RULE | {"tag_id": "x"}, 400, "tag_id"),
        ("POST", "/tag-rules", RULE | {"tag_id": -1}, 400, "tag_id"),
        ("POST", "/tag-rules", RULE | {"tag_id": 999}, 404, "no such tag"),
        ("POST", "/tag-rules", RULE | {"question": {"all": []}}, 400, "needs a condition"),
        ("POST", "/tag-rules", RULE | {"question": {"any": [{"field": "x"}]}}, 400, "question.any[0].field"),
        ("PUT", "/tag-rules/none", RULE, 404, "no such rule"),
        ("DELETE", "/tag-rules/none", None, 404, "no such rule"),
        ("POST", "/tag-rules/dry-run", {"tag_id": 100, "question": {}}, 400, "question.field"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(  # noqa: PLR0913, PLR0917
    api: Api, method: str, path: str, body: Any, status: int, told: str
) -> None:
    assert told in refused(api(method, path, body), status)


def test_an_account_that_may_not_tag_says_so(api: Api) -> None:
    assert "verified" in refused(api("POST", "/tags", {"name": "x"}, alias="leaf"), 403)
    assert "verified" in refused(api("GET", "/tags/drift", alias="leaf"), 403)
    assert api("GET", "/tags", alias="leaf").body == {"items": [], "cursor": ""}


def test_who_may_only_read_changes_nothing(shop: House, api: Api) -> None:
    api("POST", "/tags", {"name": "熟客"})
    reader = Api(shop, "tags:read")
    for method, path, body in (
        ("POST", "/tags", {"name": "x"}),
        ("PUT", "/tags/100", {"name": "x"}),
        ("DELETE", "/tags/100", None),
        ("POST", "/tags/100/people", {"openids": ["alice"]}),
        ("POST", "/tags/refresh", {}),
        ("POST", "/tag-rules", RULE),
        ("PUT", "/tag-rules/x", RULE),
        ("DELETE", "/tag-rules/x", None),
    ):
        refused(reader(method, path, body), 403)
    assert reader("GET", "/tags").status == 200
    assert reader("POST", "/tag-rules/dry-run", {"tag_id": 100, "question": RULE["question"]}).status == 200


def test_a_tag_is_made_listed_renamed_and_deleted(api: Api) -> None:
    made = api("POST", "/tags", {"name": "熟客"})
    assert (made.status, made.body["tag_id"], made.body["name"], made.body["people"]) == (201, 100, "熟客", 0)
    assert api("GET", "/tags").body == {"items": [made.body], "cursor": ""}
    assert "taken" in refused(api("POST", "/tags", {"name": "熟客"}), 409)

    assert api("PUT", "/tags/100", {"name": "贵客"}).body["name"] == "贵客"
    assert api("DELETE", "/tags/100") == (204, None)
    assert api("GET", "/tags").body["items"] == []


def test_people_are_tagged_and_the_result_can_be_looked_up(shop: House, api: Api) -> None:
    api("POST", "/tags", {"name": "熟客"})
    crowd = [follower(shop, f"guest-{n}") for n in range(60)]

    few = api("POST", "/tags/100/people", {"openids": ["guest-0", "stranger"]})
    assert (few.status, few.body["state"], few.body["done"]) == (202, "done", 1)
    assert few.body["failed"][0]["openid"] == "stranger"
    many = api("POST", "/tags/100/people", {"openids": crowd}).body
    assert many["state"] == "running"
    while shop.work():
        pass

    told = api("GET", f"/tag-runs/{many['run_id']}").body
    assert (told["state"], told["done"], told["percent"]) == ("done", 60, 100)
    assert api("GET", "/tags").body["items"][0]["people"] == 60


def test_drift_is_shown_and_mended(shop: House, api: Api) -> None:
    assert api("GET", "/tags/drift").body == {"items": [], "cursor": ""}
    shop.world.accounts["tea"].tags["150"] = "新标签"

    shown = api("GET", "/tags/drift").body["items"]
    assert [(one["what"], one["tag_id"], one["name"]) for one in shown] == [("new", 150, "新标签")]

    assert [one["name"] for one in api("POST", "/tags/refresh", {}).body["items"]] == ["新标签"]
    assert api("GET", "/tags/drift").body["items"] == []


def test_a_rule_is_made_listed_changed_tried_and_removed(shop: House, api: Api) -> None:
    api("POST", "/tags", {"name": "熟客"})
    follower(shop, "alice", orders=3)
    made = api("POST", "/tag-rules", RULE)
    assert (made.status, made.body["enabled"]) == (201, True)
    assert api("GET", "/tag-rules").body == {"items": [made.body], "cursor": ""}

    path = f"/tag-rules/{made.body['rule_id']}"
    assert api("PUT", path, RULE | {"enabled": False}).body["enabled"] is False
    told = api("POST", "/tag-rules/dry-run", {"tag_id": 100, "question": RULE["question"]})
    assert told == (200, {"about": 1, "of": 1, "exact": True, "give_or_take": 0})
    assert api("DELETE", path) == (204, None)
    assert api("GET", "/tag-rules").body["items"] == []
