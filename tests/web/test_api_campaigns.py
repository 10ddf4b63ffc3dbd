"""/api/{account}/campaigns: what they take, what they answer, and the sentence for each mistake with its place."""

from __future__ import annotations

import re

import pytest

from chalicelib.features import template_names, tokens
from tests.automating import work
from tests.crowd import follower
from tests.house import NOTICE, House, Json
from tests.web.asking import Api, refused

VARIANT: Json = {"template": "notice", "fields": {"thing1": "{name|茶友}，新茶到了"}}
DOCUMENT: Json = {"name": "新茶", "kind": "template", "variants": [VARIANT], "quiet": False}


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    template_names.save(house.svc, house.tea, "notice", NOTICE)
    return house


@pytest.fixture
def api(shop: House) -> Api:
    return Api(shop)


def variant(**told: object) -> Json:
    return {"variants": [VARIANT | told]}


def mass(**told: object) -> Json:
    return {"kind": "mass", "variants": [{"mass": {"msgtype": "text", "content": "新茶"}}]} | told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "name: must be a text of 1 to 40"),
        ({"name": 7}, "name: must be a text"),
        ({"kind": "letter"}, "kind: must be one of template, notice, custom, mass"),
        ({"colour": "red"}, "campaign: has no colour"),
        ({"segment_id": "0123456789ab"}, "segment_id: is no segment of this account"),
        ({"question": {"all": [{"field": "nothing"}]}}, r"question.all\[0\].field"),
        ({"tag_id": 3}, "tag_id: is only for mass messages"),
        ({"holdout": 51}, "holdout: must be a whole number from 0 to 50"),
        ({"track": 1}, "track: must be true or false"),
        ({"goal": {"kind": "fame"}}, "goal.kind: must be one of ordered, custom, tagged"),
        ({"goal": {"kind": "custom"}}, "goal.name: must be a text"),
        ({"goal": {"kind": "tagged"}}, "goal.tag_id: must be a whole number"),
        ({"goal": {"kind": "ordered", "name": "x"}}, "goal: has no name"),
        ({"goal": {"kind": "ordered", "within_days": 31}}, "goal.within_days: must be a whole number from 1 to 30"),
        ({"send_at": -1}, "send_at: must be a whole number"),
        ({"send_at": 2**39}, "send_at: may be 60 days ahead at most"),
        ({"best_hour": "yes"}, "best_hour: must be true or false"),
        ({"per_second": 501}, "per_second: must be a whole number from 0 to 500"),
        ({"per_day": -1}, "per_day: must be a whole number"),
        ({"cap": 51}, "cap: must be a whole number from 0 to 50"),
        ({"variants": []}, "variants: must be a list of 1 to 4"),
        ({"variants": [VARIANT] * 5}, "variants: must be a list of 1 to 4"),
        ({"variants": [VARIANT, VARIANT]}, "variants: must have shares that make 100"),
        ({"variants": ["x"]}, r"variants\[0\]: must be an object"),
        (variant(colour=1), r"variants\[0\]: has no colour"),
        (variant(share=0), r"variants\[0\].share: must be a whole number from 1 to 100"),
        (variant(template="Big"), r"variants\[0\].template: must be a template's name here"),
        (variant(fields={"1x": "y"}), r"variants\[0\].fields: has a field of the wrong name"),
        (variant(fields={"thing1": "{name}"}), r"variants\[0\].fields.thing1: \{name\} may be unknown"),
        (variant(fields={"thing1": "{event.text|x}"}), "knows no variable {event.text}"),
        (variant(fields={"thing1": "a { b"}), "has a brace alone"),
        (variant(fields={f"thing{n}": "x" for n in range(21)}), "may be 20 at most"),
        (variant(link="javascript:alert(1)"), r"variants\[0\].link: must be an address"),
        (variant(miniprogram={"pagepath": "x"}), r"variants\[0\].miniprogram.appid: must be a text"),
        (variant(reply={"type": "text", "content": "x"}), r"variants\[0\].reply: is not for a campaign of the kind"),
        ({"kind": "custom", "variants": [{"reply": {"type": "odd"}}]}, "is no message that can be sent"),
        ({"kind": "custom", "variants": [{"reply": {"type": "text", "content": "x" * 601}}]}, "reply.content"),
        (mass(variants=[{"mass": {"msgtype": "music"}}]), r"variants\[0\].mass.msgtype: must be one of text"),
        (mass(variants=[{"mass": {"msgtype": "image"}}]), r"variants\[0\].mass.media_id: must be a text"),
        (mass(best_hour=True), "mass: has no best hour and no pace"),
        (mass(tag_id=100, holdout=5), "no split, no holdout"),
        (mass(tag_id=100, question={"field": "orders", "is": "at_least", "value": 1}), "cannot stand beside"),
    ],
)
def test_a_mistake_is_told_with_its_place(api: Api, change: Json, told: str) -> None:
    assert re.search(told, refused(api("POST", "/campaigns", {"document": DOCUMENT | change}), 400))


def test_a_draft_may_be_half_written(api: Api) -> None:
    forms: list[Json] = [
        {"name": "x", "kind": "template", "variants": [{"template": "", "fields": {"thing1": ""}, "link": ""}]},
        {"name": "x", "kind": "custom", "variants": [{"reply": {"type": "text", "content": ""}}]},
        {"name": "x", "kind": "mass", "variants": [{"mass": {"msgtype": "text", "content": ""}}], "tag_id": 0},
    ]
    for document in forms:
        made = api("POST", "/campaigns", {"document": document})
        assert made.status == 201 and made.body["phase"] == "draft"
        told = refused(api("POST", f"/campaigns/{made.body['campaign_id']}/start", {}), 400)
        assert "to be" in told


def test_a_campaign_through_its_doors(shop: House, api: Api) -> None:
    follower(shop, "alice")
    made = api("POST", "/campaigns", {"document": DOCUMENT}).body
    path = f"/campaigns/{made['campaign_id']}"
    assert api("GET", path).body == made
    changed = api("PUT", path, {"document": DOCUMENT | {"name": "春茶"}, "version": 1}).body
    assert (changed["version"], changed["document"]["name"], changed["changed_by"]) == (2, "春茶", "the till")

    assert api("POST", f"{path}/start", {}).body["phase"] == "planning"
    assert api("POST", f"{path}/pause", {}).body["phase"] == "paused"
    assert api("POST", f"{path}/resume", {}).body["phase"] == "planning"
    assert "must be cancelled before" in refused(api("DELETE", path), 409)
    assert api("POST", f"{path}/cancel", {}).body["phase"] == "cancelled"
    work(shop)
    copy = api("POST", f"{path}/copy", {})
    assert copy.status == 201 and copy.body["phase"] == "draft"
    assert [one["campaign_id"] for one in api("GET", "/campaigns").body["items"]] == [
        copy.body["campaign_id"],
        made["campaign_id"],
    ] or copy.body["created_at"] == made["created_at"]
    assert api("DELETE", path).status == 204
    assert "There is no such campaign" in refused(api("GET", path), 404)


def test_who_comes_second_is_shown_the_difference(api: Api) -> None:
    made = api("POST", "/campaigns", {"document": DOCUMENT}).body
    path = f"/campaigns/{made['campaign_id']}"
    api("PUT", path, {"document": DOCUMENT | variant(fields={"thing1": "春茶"}), "version": 1})
    answer = api("PUT", path, {"document": DOCUMENT | {"cap": 2}, "version": 1})
    refused(answer, 409)
    (change,) = answer.body["error"]["details"]["difference"]
    assert change["part"] == "variants[0].fields.thing1" and change["after"] == "春茶"


def test_the_list_has_pages(api: Api) -> None:
    for number in range(3):
        api("POST", "/campaigns", {"document": DOCUMENT | {"name": str(number)}})
    first = api("GET", "/campaigns?limit=2").body
    rest = api("GET", f"/campaigns?limit=2&cursor={first['cursor']}").body
    assert (len(first["items"]), len(rest["items"]), rest["cursor"]) == (2, 1, "")


def test_what_nobody_has_is_not_found_by_any_door(api: Api) -> None:
    for name in ("0123456789ab", "%23", "a-b", "campaign"):
        assert "There is no such campaign" in refused(api("GET", f"/campaigns/{name}"), 404)
        for deed in ("start", "pause", "resume", "cancel", "copy"):
            refused(api("POST", f"/campaigns/{name}/{deed}", {}), 404)
        refused(api("DELETE", f"/campaigns/{name}"), 404)


def test_who_may_only_read_starts_nothing(shop: House) -> None:
    reader, stranger = Api(shop, "campaigns:read"), Api(shop, "tags:read")
    assert reader("GET", "/campaigns").status == 200
    refused(reader("POST", "/campaigns", {"document": DOCUMENT}), 403)
    refused(reader("POST", "/campaigns/0123456789ab/start", {}), 403)
    refused(stranger("GET", "/campaigns"), 403)
