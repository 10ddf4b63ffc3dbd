"""The JSON API: what it takes, what it answers, and the sentence for each mistake."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from chalicelib.features import operators, template_names, tokens
from tests.house import HTTP, NOTICE, House

RULE = {"match": "exact", "pattern": "oolong", "reply": {"type": "text", "content": "乌龙 89 元"}}
ORDER = {"openid": "alice", "template_id": NOTICE, "data": {"thing1": "龙井一壶"}, "once": "order-7"}


class Answer(NamedTuple):
    status: int
    body: Any


class Api:
    def __init__(self, house: House) -> None:
        self._house = house
        self._token = operators.issue_token(house.svc, "the till")

    def __call__(self, method: str, path: str, body: Any = None, alias: str = "tea") -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        answer = HTTP.request(method, f"{self._house.app}/api/{alias}{path}", body=raw, headers=headers)
        return Answer(answer.status, answer.json() if answer.data else None)


@pytest.fixture
def api(house: House) -> Api:
    return Api(house)


def refused(answer: Answer) -> str:
    assert answer.status == 400, answer
    assert answer.body["error"]["code"] == "BadInput"
    return str(answer.body["error"]["message"])


def test_a_rule_is_made_listed_changed_and_removed(api: Api, house: House) -> None:
    made = api("POST", "/rules", RULE)
    assert made.status == 201
    assert api("GET", "/rules") == (200, {"items": [made.body], "cursor": ""})

    rule_id = made.body["rule_id"]
    changed = api("PUT", f"/rules/{rule_id}", RULE | {"reply": {"type": "text", "content": "99"}, "priority": 3})
    assert (changed.status, changed.body["priority"]) == (200, 3)
    house.phone("alice", "follow")
    assert house.says("alice", "oolong") == "99"

    assert api("DELETE", f"/rules/{rule_id}") == (204, None)
    assert api("GET", "/rules").body == {"items": [], "cursor": ""}
    assert api("DELETE", f"/rules/{rule_id}").status == 404


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "The body is empty"),
        (b"{", "ends too early"),
        (b"[]", "must be an object, not a list"),
        (b"\xff\xfe", "not valid"),
        (b'{"match": "\\ud800"}', "ends too early"),
        (b"[" * 20_000, "must be an object, not a list"),
        ({}, "match"),
        ({"match": "exact", "pattern": "x"}, "reply"),
        (RULE | {"colour": "red"}, "colour"),
        (RULE | {"pattern": 7}, "pattern"),
        (RULE | {"priority": "high"}, "priority"),
        (RULE | {"priority": 1.5}, "priority"),
        (RULE | {"priority": 10**40}, "priority"),
        (RULE | {"enabled": "yes"}, "enabled"),
        (RULE | {"match": "fuzzy"}, "match must be one of"),
        (RULE | {"pattern": ""}, "1 to 500"),
        (RULE | {"match": "pattern", "pattern": "["}, "regular expression"),
        (RULE | {"reply": {"type": "poem"}}, "reply is not valid"),
        (RULE | {"reply": {"type": "news", "articles": []}}, "article"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(api: Api, body: Any, told: str) -> None:
    assert told in refused(api("POST", "/rules", body))
    assert told in refused(api("PUT", "/rules/x", body))
    assert api("GET", "/rules").body == {"items": [], "cursor": ""}


def test_a_body_that_is_too_big_is_told_so(api: Api) -> None:
    assert api("POST", "/rules", b" " * (256 * 1024 + 1)).status == 413


def test_a_rule_with_an_impossible_name_is_not_found(api: Api) -> None:
    for rule_id in ("x" * 65, "x" * 2000):
        assert api("PUT", f"/rules/{rule_id}", RULE).status == 404
        assert api("DELETE", f"/rules/{rule_id}").status == 404


def test_a_parameter_that_makes_no_sense_is_told_in_words_without_what_was_sent(api: Api) -> None:
    for query, told in (
        ("export?limit=x", "limit must be a whole number"),
        ("export?limit=0", "limit must be at least 1"),
        ("?cursor=%3Cscript%3E", "cursor does not have the right form"),
        ("export?cursor=%3Cscript%3E", "This cursor is none of ours"),
        ("export?format=%3Cscript%3E", "format is not one of the allowed values"),
    ):
        sentence = refused(api("GET", f"/followers/{query}".replace("/?", "?")))
        assert told in sentence
        assert "script" not in sentence
        assert "`" not in sentence


def test_an_unknown_account_is_not_found(api: Api) -> None:
    for method, path, body in (
        ("GET", "/rules", None),
        ("POST", "/rules", RULE),
        ("POST", "/templates/messages", ORDER),
    ):
        assert api(method, path, body, alias="nobody").status == 404


def test_accounts_do_not_see_each_others_rules(api: Api) -> None:
    made = api("POST", "/rules", RULE)

    assert api("GET", "/rules", alias="leaf").body == {"items": [], "cursor": ""}
    assert api("DELETE", f"/rules/{made.body['rule_id']}", alias="leaf").status == 404


def test_a_template_message_is_taken_once_and_can_be_followed(api: Api, house: House) -> None:
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")

    assert api("POST", "/templates/messages", ORDER) == (202, {"once": "order-7", "stage": "planned"})
    assert api("POST", "/templates/messages", ORDER).status == 202
    house.work()

    found = api("GET", "/templates/messages?openid=alice&once=order-7")
    assert (found.status, found.body["stage"] in ("accepted", "delivered")) == (200, True)
    assert [item["type"] for item in house.inbox("alice")].count("template") == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"null", "must be an object, not null"),
        ({}, "openid"),
        (ORDER | {"data": {"thing1": 7}}, "data"),
        (ORDER | {"data": {"thing1": {"value": "x"}}}, "data"),
        (ORDER | {"at": "tomorrow"}, "at"),
        (ORDER | {"at": 10**30}, "at must"),
        (ORDER | {"at": -5}, "at must"),
        (ORDER | {"colour": "red"}, "colour"),
        (ORDER | {"openid": "a#b"}, "openid"),
        (ORDER | {"once": "x" * 129}, "once"),
        (ORDER | {"miniprogram": "x"}, "miniprogram"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_sentence(api: Api, body: Any, told: str) -> None:
    assert told in refused(api("POST", "/templates/messages", body))


def test_an_account_that_may_not_send_templates_says_so(api: Api) -> None:
    assert "Only verified service accounts" in refused(api("POST", "/templates/messages", ORDER, alias="leaf"))


@pytest.mark.parametrize(
    "query", ["", "?openid=alice", "?openid=alice&once=never", "?openid=%00&once=%ff", "?once=" + "x" * 3000]
)
def test_a_message_that_was_never_ordered_is_not_found(api: Api, query: str) -> None:
    assert api("GET", f"/templates/messages{query}").status == 404


def test_sentences_are_in_both_languages(api: Api) -> None:
    for told in (
        refused(api("POST", "/rules", RULE | {"match": "fuzzy"})),
        str(api("DELETE", "/rules/none").body["error"]["message"]),
        refused(api("POST", "/templates/messages", ORDER, alias="leaf")),
    ):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in told), told
        assert any("a" <= letter <= "z" for letter in told), told


def test_without_a_token_nothing_is_told(house: House) -> None:
    for method, path in (
        ("GET", "/rules"),
        ("POST", "/rules"),
        ("DELETE", "/rules/x"),
        ("POST", "/templates/messages"),
    ):
        answer = HTTP.request(method, f"{house.app}/api/tea{path}", json=RULE)
        assert answer.status == 401


def test_a_template_may_be_named_instead_of_its_id(api: Api, house: House) -> None:
    named = {name: value for name, value in ORDER.items() if name != "template_id"} | {"template": "notice"}
    assert api("POST", "/templates/messages", named).status == 404
    template_names.save(house.svc, house.tea, "notice", NOTICE)
    house.phone("alice", "follow")

    assert api("POST", "/templates/messages", named).status == 202

    tokens.refresh(house.svc, house.tea)
    house.work()
    assert [item["type"] for item in house.inbox("alice")].count("template") == 1
    assert "not both" in refused(api("POST", "/templates/messages", ORDER | {"template": "notice", "once": "order-8"}))
    assert "template_id" in refused(api("POST", "/templates/messages", named | {"template": "", "once": "order-9"}))
