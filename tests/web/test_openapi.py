"""/api/openapi.json says what the doors do: checked as a document, and by asking each door all sorts of things."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.features import operators, polls, rules, segments, tokens
from chalicelib.web.api import openapi
from tests.crowd import follower
from tests.house import AES_KEYS, House, Json
from tests.web.operating import Browser, signed_in
from tests.web.test_roles import doors

CHINESE, ENGLISH = re.compile("[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{2,}")
WAYS = ("get", "put", "post", "delete")
EXAMPLES = 8  # of each door: ten seconds of an idle machine
ITEM = "[A-Za-z0-9_.-]{1,40}"


@pytest.fixture
def document(house: House) -> Json:
    answer = signed_in(house, "viewer").ask("GET", "/api/openapi.json")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    found: Json = answer.json()
    return found


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, ways in document["paths"].items():
        assert set(ways) <= set(WAYS), path
        yield from ((way, path, told) for way, told in ways.items())


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, inner in part.items():
            yield from [inner] if name == "$ref" else references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_a_stranger_does_not_see_it(house: House) -> None:
    assert Browser(house).ask("GET", "/api/openapi.json").status == 401


def test_every_door_is_in_it_and_nothing_else(document: Json) -> None:
    told = {(way.upper(), path) for way, path, _ in operations(document)}
    assert told == {(door.method, door.path) for door in doors()}
    for _, path, operation in operations(document):
        named = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))


def test_every_door_says_what_it_is_for_in_both_languages(document: Json) -> None:
    for way, path, told in operations(document):
        zh, _, en = told["summary"].partition("。")
        assert CHINESE.search(zh), f"{way} {path}"
        assert ENGLISH.search(en), f"{way} {path}"
        assert not CHINESE.search(en), f"{way} {path}"
        assert told["summary"].endswith("."), f"{way} {path}"
    assert CHINESE.search(document["info"]["description"])


def test_it_is_put_together_as_openapi_says(document: Json) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"]
    assert document["info"]["version"]
    names = Counter(told["operationId"] for _, _, told in operations(document))
    assert set(names.values()) == {1}
    schemas = document["components"]["schemas"]
    assert {reference.removeprefix("#/components/schemas/") for reference in references(document)} <= set(schemas)
    for way, path, told in operations(document):
        for parameter in told["parameters"]:
            assert {"name", "in", "required", "schema"} <= set(parameter), f"{way} {path}"
            assert parameter["required"] or parameter["in"] != "path"
        for status, response in told["responses"].items():
            assert re.fullmatch(r"[1-5](\d\d|XX)", status)
            assert response["description"]
            assert status != "204" or "content" not in response
        assert "requestBody" not in told or way in ("post", "put")


def test_each_shape_is_a_schema_and_no_two_share_a_name(document: Json) -> None:
    checker = pytest.importorskip("jsonschema", reason="jsonschema comes with schemathesis").Draft202012Validator
    for name, shape in document["components"]["schemas"].items():
        checker.check_schema(shape)
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    kinds = {kind for door in doors() for kind in (door.takes, door.gives, door.asks) if isinstance(kind, type)}
    for kind in kinds:
        shape = openapi.describe([door for door in doors() if kind in (door.takes, door.gives, door.asks)])
        assert shape["components"]["schemas"]


def test_a_write_takes_a_key_and_a_look_does_not(document: Json) -> None:
    writing = {(door.method.lower(), door.path) for door in doors() if door.writes}
    for way, path, told in operations(document):
        keys = [one for one in told["parameters"] if one["name"] == "Idempotency-Key"]
        assert bool(keys) == ((way, path) in writing), f"{way} {path}"


def test_it_is_the_same_each_time_and_holds_no_secret(house: House, document: Json) -> None:
    again = signed_in(house).ask("GET", "/api/openapi.json").json()
    assert again == document
    text = json.dumps(document)
    token = operators.issue_token(house.svc, "till")
    ours = (*AES_KEYS.values(), token, house.svc.settings.stage, house.app.partition("//")[2])
    assert not [secret for secret in (*ours, "secret-of-", "tokentea", "wx0000") if secret in text]


def stocked(house: House) -> dict[str, list[str]]:
    """A house in which there is something behind every kind of door: ids by the part of the address before them."""
    tokens.refresh_all(house.svc)
    tea = house.tea
    for openid in ("alice", "bob"):
        follower(house, openid, remark="常客", tag_ids=[100])
        house.phone(openid, "follow")
    house.says("alice", "茶单")
    rule = rules.save(house.svc, tea, match="exact", pattern="x", reply={"type": "text", "content": "y"})
    segment = segments.create(house.svc, tea, "常客", {"field": "orders", "is": "at_least", "value": 1})
    question = polls.Question("哪一种？", ("茶", "水"))
    poll = polls.save(
        house.svc, tea, kind="poll", title="喝什么", questions=(question,), closes_at=house.svc.now() + 86_400
    )
    viewer = operators.add(house.svc, "谷雨", "viewer")
    operators.add(house.svc, "小满", "admin")
    return {
        "followers": ["alice", "bob"],
        "identities": ["alice"],
        "rules": [rule.rule_id],
        "segments": [segment.segment_id],
        "polls": [poll.poll_id],
        "operators": [viewer.operator_id],
        "tags": ["100", "2"],
    }


def narrowed(document: Json, known: dict[str, list[str]]) -> Json:
    """Addresses that a gateway lets through, some of them of what there is."""
    for _, path, told in operations(document):
        for parameter in told["parameters"]:
            if parameter["name"] == "account":
                parameter["schema"] = {"enum": ["tea", "leaf", "nobody"]}
            elif parameter["in"] == "path":
                area = path.split("/")[-2 if path.endswith("}") else -3]
                there = "|".join(map(re.escape, known.get(area, ["x"])))
                parameter["schema"] = {"type": "string", "pattern": f"^({there}|{ITEM})$"}
    return document


@pytest.mark.slow
def test_every_door_answers_as_it_says_whatever_it_is_asked(house: House, document: Json) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    hypothesis = pytest.importorskip("hypothesis")
    checks = pytest.importorskip("schemathesis.specs.openapi.checks")
    conforms = [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
    told = narrowed(document, stocked(house)) | {"servers": [{"url": house.app}]}
    token, seen = operators.issue_token(house.svc, "till"), Counter[int]()
    quiet = list(hypothesis.HealthCheck)

    for found in schemathesis.openapi.from_dict(told).get_all_operations():
        operation = found.ok()

        def ask(case: Any) -> None:
            answer = case.call(base_url=house.app, headers={"Authorization": f"Bearer {token}"})
            seen[answer.status_code] += 1
            assert answer.status_code < 500 or answer.status_code == 503, answer.text
            case.validate_response(answer, checks=conforms)

        hypothesis.settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=quiet
        )(hypothesis.given(case=operation.as_strategy())(ask))()
    assert set(seen) >= {200, 201, 204, 400, 404}, seen
