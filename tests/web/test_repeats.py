"""`Idempotency-Key`: one effect and one answer, whatever is sent how often, and nothing learnt by others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest

from chalicelib.errors import Unavailable
from chalicelib.features import operators
from chalicelib.web.api import repeats
from tests.house import House
from tests.web.asking import Answer, Api, refused
from tests.web.operating import Browser, everything, signed_in

RULE = {"match": "exact", "pattern": "oolong", "reply": {"type": "text", "content": "¥22"}}


@pytest.fixture
def api(house: House) -> Api:
    return Api(house)


def post(api: Api, key: str, body: Any = None, path: str = "/rules", method: str = "POST") -> Answer:
    return api(method, path, RULE if body is None and method != "DELETE" else body, **{"Idempotency-Key": key})


def rules(api: Api) -> list[Any]:
    found: list[Any] = api("GET", "/rules").body["items"]
    return found


@pytest.mark.parametrize("key", ["a b", "x" * 129, "caf\u00e9"])
def test_a_key_that_makes_no_sense_is_refused_and_nothing_is_done(api: Api, key: str) -> None:
    refused(post(api, key), 400)
    assert not rules(api)


def test_without_a_key_each_is_done(api: Api) -> None:
    assert api("POST", "/rules", RULE).body["rule_id"] != api("POST", "/rules", RULE).body["rule_id"]
    assert api("POST", "/rules", RULE, **{"Idempotency-Key": ""}).status == 201
    assert len(rules(api)) == 3


def test_a_repeat_gets_the_first_answer(api: Api, house: House) -> None:
    first = post(api, "k1")
    assert first.status == 201
    for _ in range(3):
        assert post(api, "k1") == first
    assert len(rules(api)) == 1
    house.advance(23 * 3600)
    assert post(api, "k1") == first
    assert post(api, "k2").body["rule_id"] != first.body["rule_id"]


def test_a_repeat_says_that_it_is_one(house: House) -> None:
    admin = signed_in(house)
    told = [
        admin.ask("POST", "/api/operators", {"name": "谷雨", "role": "viewer"}, **{"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert [answer.headers.get("Idempotency-Replayed") for answer in told] == [None, "true"]
    assert told[0].headers["Content-Type"] == told[1].headers["Content-Type"]
    assert told[1].headers["Cache-Control"] == "no-store"


def test_an_answer_without_content_is_repeated_without_content(api: Api) -> None:
    rule_id = post(api, "k1").body["rule_id"]
    gone = f"/rules/{rule_id}"
    assert post(api, "k2", path=gone, method="DELETE") == (204, None)
    assert post(api, "k2", path=gone, method="DELETE") == (204, None)
    assert post(api, "k3", path=gone, method="DELETE").status == 404


def test_the_key_of_another_request_is_refused(api: Api) -> None:
    rule_id = post(api, "k1").body["rule_id"]
    other = RULE | {"pattern": "jasmine"}
    for method, path, body in (
        ("POST", "/rules", other),
        ("PUT", f"/rules/{rule_id}", RULE),
        ("DELETE", f"/rules/{rule_id}", None),
        ("POST", "/rules?x=1", RULE),
    ):
        assert "another request" in refused(post(api, "k1", body, path, method), 409)
    assert "another request" in refused(api("POST", "/rules", RULE, "leaf", **{"Idempotency-Key": "k1"}), 409)
    assert [rule["pattern"] for rule in rules(api)] == ["oolong"]


def test_two_items_of_one_route_are_two_requests(api: Api) -> None:
    first, second = (post(api, key).body["rule_id"] for key in ("k1", "k2"))
    assert post(api, "k3", path=f"/rules/{first}", method="DELETE").status == 204
    assert post(api, "k3", path=f"/rules/{second}", method="DELETE").status == 409
    assert [rule["rule_id"] for rule in rules(api)] == [second]


def test_what_was_refused_may_be_sent_again_mended(api: Api) -> None:
    assert post(api, "k1", RULE | {"match": "fuzzy"}).status == 400
    assert post(api, "k1", {"x": 1}).status == 400
    assert post(api, "k1").status == 201


def test_what_failed_may_be_sent_again(api: Api) -> None:
    with mock.patch("chalicelib.features.rules.save", side_effect=Unavailable("稍后再试。Try again later.")):
        assert post(api, "k1").status == 503
    with mock.patch("chalicelib.features.rules.save", side_effect=ValueError("a bug")):
        assert post(api, "k1").status == 500
    assert post(api, "k1").status == 201
    assert len(rules(api)) == 1


def test_of_ten_at_once_one_is_done(api: Api) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: post(api, "k1"), range(10)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.body["rule_id"] for answer in answers if answer.status == 201}) == 1
    assert post(api, "k1").status == 201
    assert len(rules(api)) == 1


def test_whoever_died_between_deed_and_answer_is_waited_for_and_then_done_again(api: Api, house: House) -> None:
    first = post(api, "k1")
    (kept,) = [item for item in everything(house) if item["pk"]["S"].startswith("once#")]
    house.svc.table.update(kept["pk"]["S"], "once", {}, remove=("answer",))  # as a killed process leaves it

    assert "being worked on" in refused(post(api, "k1"), 409)
    house.advance(repeats.WORKING + 1)
    again = post(api, "k1")
    assert again.status == 201
    assert again != first
    assert post(api, "k1") == again
    assert len(rules(api)) == 2


def test_the_slow_one_does_not_take_the_key_from_who_took_over(api: Api, house: House) -> None:
    """It fails after its minute; by then the key is somebody else's."""
    second: list[Answer] = []

    def slow(*_: Any, **__: Any) -> None:
        house.advance(repeats.WORKING + 1)
        with mock.patch("chalicelib.features.rules.save", original):
            second.append(post(api, "k1"))
        raise Unavailable("稍后再试。Try again later.")

    from chalicelib.features import rules as feature  # noqa: PLC0415

    original = feature.save
    with mock.patch("chalicelib.features.rules.save", slow):
        assert post(api, "k1").status == 503
    assert second[0].status == 201
    assert post(api, "k1") == second[0]
    assert len(rules(api)) == 1


def test_an_answer_too_long_to_keep_is_not_done_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "LONGEST_KEPT", 10)
    assert post(api, "k1").status == 201
    assert "was done already" in refused(post(api, "k1"), 409)
    assert len(rules(api)) == 1


def test_the_longest_answer_that_is_kept_fits_into_the_table(house: House) -> None:
    place = ("once#x", "once")
    house.svc.table.put({"pk": place[0], "sk": place[1], "worker": "me"})
    from chalice.app import Response  # noqa: PLC0415

    repeats._keep(house.svc, place, "me", Response("茶" * (repeats.LONGEST_KEPT // 3), headers={}))
    kept = house.svc.table.get(*place)
    assert kept
    assert len(kept["answer"]) < 400_000
    assert repeats._again(house.svc, kept).body == "茶" * (repeats.LONGEST_KEPT // 3)


def test_keys_of_other_callers_are_others(house: House) -> None:
    till, lane = Api(house), Api(house)
    first, second = post(till, "k1"), post(lane, "k1")
    assert (first.status, second.status) == (201, 201)
    assert first.body["rule_id"] != second.body["rule_id"]
    browsers = signed_in(house, "admin", "小满"), signed_in(house, "editor", "谷雨")
    made = [one("POST", "tea/rules", RULE, **{"Idempotency-Key": "k1"}).body["rule_id"] for one in browsers]
    assert len({*made, first.body["rule_id"], second.body["rule_id"]}) == 4


def test_who_lost_the_right_is_not_told_the_answer(house: House) -> None:
    admin, other = signed_in(house, "admin", "小满"), signed_in(house, "admin", "谷雨")
    body, key = {"label": "till", "scopes": ["*"]}, {"Idempotency-Key": "k"}
    assert other("POST", "tokens", body, **key).status == 201
    one = operators.by_name(house.svc, "谷雨")
    assert one
    admin("PUT", f"operators/{one.operator_id}", {"name": "谷雨", "role": "editor"})
    assert other("POST", "tokens", body, **key).status == 403


def test_what_is_shown_once_is_repeated_to_who_asked_and_cannot_be_read_from_the_table(house: House) -> None:
    admin = signed_in(house)
    told = [
        admin("POST", "tokens", {"label": "till", "scopes": ["rules:read"]}, **{"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert told[0] == told[1]
    token = told[0].body["token"]
    assert Browser(house)("GET", "tea/rules", Authorization=f"Bearer {token}").status == 200
    (one,) = admin("GET", "operators").body["items"]
    linked = admin("POST", f"operators/{one['operator_id']}/sign-in-link", None, **{"Idempotency-Key": "l"}).body
    for secret in (token, linked["url"].rpartition("/")[2]):
        assert secret not in str(everything(house))
