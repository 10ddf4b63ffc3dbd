"""/api/{account}/endpoints and /api/events/schemas.json: what they take, what they answer, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from chalicelib.features import events
from tests.features.test_endpoints import pass_time, say
from tests.house import HTTP, House
from tests.receiver import Receiver, receiving
from tests.web.asking import Api, refused
from tests.web.operating import signed_in

NONE = "0" * 12
BUS: dict[str, Any] = {"kind": "bus", "label": "EventBridge", "wants": {"said": []}}


@pytest.fixture
def crm(house: House) -> Iterator[Receiver]:
    with receiving(house) as receiver:
        yield receiver


@pytest.fixture
def api(house: House) -> Api:
    return Api(house)


def webhook(crm: Receiver, **more: Any) -> dict[str, Any]:
    return {"kind": "webhook", "label": "CRM", "url": crm.url, "wants": {"said": []}} | more


def made(api: Api, crm: Receiver, **more: Any) -> str:
    answer = api("POST", "/endpoints", webhook(crm, **more))
    assert answer.status == 201, answer
    return str(answer.body["endpoint_id"])


def test_an_endpoint_is_made_shown_changed_and_removed(house: House, api: Api, crm: Receiver) -> None:
    endpoint = made(api, crm, wants={"said": ["茶"], "left": []})
    shown = api("GET", f"/endpoints/{endpoint}").body
    assert (shown["label"], shown["wants"], shown["enabled"]) == ("CRM", {"said": ["茶"], "left": []}, True)
    assert api("GET", "/endpoints").body == {"items": [shown], "cursor": ""}

    told = {"label": "CRM 2", "url": crm.url, "wants": {"left": []}, "enabled": False}
    changed = api("PUT", f"/endpoints/{endpoint}", told)
    assert (changed.status, changed.body["label"], changed.body["enabled"]) == (200, "CRM 2", False)
    assert not events.is_asked(house.svc, house.tea, "left")

    assert api("DELETE", f"/endpoints/{endpoint}").status == 204
    assert api("GET", "/endpoints").body["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "/endpoints", {}, 400, "is missing"),
        ("POST", "/endpoints", BUS | {"kind": "pigeon"}, 400, "allowed values"),
        ("POST", "/endpoints", BUS | {"label": ""}, 400, "label"),
        ("POST", "/endpoints", BUS | {"label": "  "}, 400, "visible"),
        ("POST", "/endpoints", BUS | {"wants": {}}, 400, "at least one kind"),
        ("POST", "/endpoints", BUS | {"wants": {"slept": []}}, 400, "slept"),
        ("POST", "/endpoints", BUS | {"wants": {"said": [""]}}, 400, "at least 1"),
        ("POST", "/endpoints", BUS | {"wants": {"said": "tea"}}, 400, "wants"),
        ("POST", "/endpoints", BUS | {"url": "https://crm.example.com/"}, 400, "no address"),
        ("POST", "/endpoints", BUS | {"colour": "red"}, 400, "colour"),
        ("POST", "/endpoints", BUS | {"kind": "webhook"}, 400, "An address looks like"),
        ("POST", "/endpoints", BUS | {"kind": "webhook", "url": "http://crm.example.com/"}, 400, "https://"),
        ("POST", "/endpoints", BUS | {"kind": "webhook", "url": "https://10.0.0.1/"}, 400, "not public"),
        ("POST", "/endpoints", BUS | {"kind": "webhook", "url": "https://crm.example.com:22/"}, 400, "443 or 8443"),
        ("GET", f"/endpoints/{NONE}", None, 404, "no such endpoint"),
        ("GET", "/endpoints/x", None, 404, "no such endpoint"),
        ("PUT", f"/endpoints/{NONE}", {"label": "x", "wants": {"said": []}}, 404, "no such endpoint"),
        ("DELETE", f"/endpoints/{NONE}", None, 404, "no such endpoint"),
        ("POST", f"/endpoints/{NONE}/test", None, 404, "no such endpoint"),
        ("POST", f"/endpoints/{NONE}/secret", None, 404, "no such endpoint"),
        ("POST", f"/endpoints/{NONE}/rotate", None, 404, "no such endpoint"),
        ("GET", f"/endpoints/{NONE}/deliveries", None, 404, "no such endpoint"),
        ("GET", f"/endpoints/{NONE}/dead", None, 404, "no such endpoint"),
        ("POST", f"/endpoints/{NONE}/redeliver", {"all": True}, 404, "no such endpoint"),
        ("POST", f"/endpoints/{NONE}/redeliver", {}, 400, "either"),
        ("POST", f"/endpoints/{NONE}/redeliver", {"all": True, "event_ids": ["0" * 32]}, 400, "either"),
        ("POST", f"/endpoints/{NONE}/redeliver", {"event_ids": ["x"]}, 400, "event_ids"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(  # noqa: PLR0913, PLR0917
    api: Api, method: str, path: str, body: Any, status: int, told: str
) -> None:
    assert told in refused(api(method, path, body), status)


def test_the_kind_stays_and_there_is_an_end_to_how_many(api: Api, crm: Receiver) -> None:
    for _ in range(20):
        assert api("POST", "/endpoints", BUS).status == 201
    assert "20 endpoints" in refused(api("POST", "/endpoints", BUS), 400)


def test_a_test_event_goes_out_at_once(api: Api, crm: Receiver) -> None:
    endpoint = made(api, crm)
    answer = api("POST", f"/endpoints/{endpoint}/test")
    assert (answer.status, answer.body["outcome"]) == (200, "delivered")
    assert [one["data"]["name"] for one in crm.taken] == ["gaiwan.test"]


def test_the_secret_is_shown_to_who_may_and_changed_with_overlap(api: Api, crm: Receiver) -> None:
    endpoint = made(api, crm)
    first = api("POST", f"/endpoints/{endpoint}/secret").body
    second = api("POST", f"/endpoints/{endpoint}/rotate").body
    assert first["secret"].startswith("whsec_")
    assert second["previous"] == first["secret"] != second["secret"] and second["previous_until"] > 0
    assert "changed within a day" in refused(api("POST", f"/endpoints/{endpoint}/rotate"), 409)
    assert first["secret"] not in str(api("GET", f"/endpoints/{endpoint}").body)


def test_deliveries_come_in_pages_and_what_was_given_up_is_sent_again(house: House, api: Api, crm: Receiver) -> None:
    endpoint = made(api, crm)
    crm.answers = lambda event: 400
    for number in range(5):
        say(house, number)
    house.work()

    first = api("GET", f"/endpoints/{endpoint}/deliveries?limit=3").body
    second = api("GET", f"/endpoints/{endpoint}/deliveries?limit=3&cursor={first['cursor'].replace('#', '%23')}").body
    assert [len(first["items"]), len(second["items"]), second["cursor"]] == [3, 2, ""]
    assert {one["outcome"] for one in first["items"]} == {"dead"}
    assert "cursor" in refused(api("GET", f"/endpoints/{endpoint}/deliveries?cursor=x"), 400)
    lost = api("GET", f"/endpoints/{endpoint}/dead").body["items"]
    assert len(lost) == 5 and {one["reason"] for one in lost} == {"HTTP 400"}

    crm.answers = lambda event: 200
    one = api("POST", f"/endpoints/{endpoint}/redeliver", {"event_ids": [lost[0]["event_id"]]})
    assert (one.status, one.body) == (202, {"queued": 1})
    assert api("POST", f"/endpoints/{endpoint}/redeliver", {"all": True}).body == {"queued": -1}
    pass_time(house, 1800)
    assert len(crm.ids()) == 5
    assert api("GET", f"/endpoints/{endpoint}/dead").body["items"] == []

    off = {"label": "CRM", "url": crm.url, "wants": {"said": []}, "enabled": False}
    api("PUT", f"/endpoints/{endpoint}", off)
    assert "switched off" in refused(api("POST", f"/endpoints/{endpoint}/redeliver", {"all": True}), 409)


def test_an_editor_sees_endpoints_and_only_an_admin_makes_one(house: House, crm: Receiver) -> None:
    editor, admin = signed_in(house, "editor"), signed_in(house, "admin")
    assert editor("GET", "tea/endpoints").status == 200
    assert editor("POST", "tea/endpoints", webhook(crm)).status == 403
    made_by_admin = admin("POST", "tea/endpoints", webhook(crm))
    assert made_by_admin.status == 201
    assert editor("POST", f"tea/endpoints/{made_by_admin.body['endpoint_id']}/secret").status == 403
    assert signed_in(house, "viewer")("GET", "tea/endpoints").status == 200


def test_the_schemas_are_served_to_whoever_is_known(house: House, api: Api) -> None:
    found = api("GET", "/schemas.json", alias="events")
    assert found.status == 200 and found.body["version"] == 1
    assert set(found.body["kinds"]) == set(events.KINDS)
    for schema in found.body["kinds"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert HTTP.request("GET", f"{house.app}/api/events/schemas.json").status == 401
