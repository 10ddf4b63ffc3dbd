"""/api/{account}/segments: what it takes, what it answers, and the sentence for each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from tests.crowd import follower
from tests.house import House
from tests.web.asking import Api, refused

BUYERS = {"field": "orders", "is": "at_least", "value": 2}
SEGMENT = {"name": "常客", "question": BUYERS}


@pytest.fixture
def api(house: House) -> Api:
    return Api(house)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "/segments", {"name": "x"}, 400, "question"),
        ("POST", "/segments", {"name": "x", "question": "orders > 2"}, 400, "question"),
        ("POST", "/segments", SEGMENT | {"colour": "red"}, 400, "colour"),
        ("POST", "/segments", SEGMENT | {"name": " "}, 400, "1 to 40"),
        ("POST", "/segments", SEGMENT | {"question": {"all": [BUYERS, {}]}}, 400, "question.all[1].field"),
        ("POST", "/segments/estimate", {"question": {"any": [{"all": []}]}}, 400, "question.any[0].all"),
        ("POST", "/segments/estimate", b'{"question": ' + b'{"not": ' * 5000 + b"1" + b"}" * 5001, 400, ""),
        ("POST", "/segments/estimate", b'{"question": ' + b'{"all": [' * 900 + b"1" + b"]}" * 900 + b"}", 400, ""),
        ("GET", "/segments/none", None, 404, "no such segment"),
        ("PUT", "/segments/none", SEGMENT, 404, "no such segment"),
        ("PUT", "/segments/none", SEGMENT | {"version": 0}, 400, "version"),
        ("DELETE", "/segments/none", None, 404, "no such segment"),
        ("POST", "/segments/none/count", None, 404, "no such segment"),
        ("GET", "/segments/none/people", None, 404, "no such segment"),
        ("GET", "/segments/none/people?limit=0", None, 400, "limit"),
        ("GET", "/segments/none/people?limit=many", None, 400, "limit"),
        ("GET", "/segments/none/explain", None, 400, "openid"),
        ("GET", "/segments/none/explain?openid=alice", None, 404, "no such segment"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(  # noqa: PLR0913, PLR0917
    api: Api, method: str, path: str, body: Any, status: int, told: str
) -> None:
    assert told in refused(api(method, path, body), status)


def test_who_may_only_read_changes_nothing(house: House, api: Api) -> None:
    made = api("POST", "/segments", SEGMENT).body
    reader, path = Api(house, "segments:read"), f"/segments/{made['segment_id']}"
    for method, place, body in (("POST", "/segments", SEGMENT), ("PUT", path, SEGMENT), ("DELETE", path, None)):
        refused(reader(method, place, body), 403)

    assert reader("POST", f"{path}/count").body["people"] == 0
    assert reader("POST", "/segments/estimate", {"question": BUYERS}).status == 200
    assert reader("GET", path).body == made  # their count was not kept


def test_a_segment_is_made_listed_changed_and_removed(api: Api) -> None:
    made = api("POST", "/segments", SEGMENT)
    assert (made.status, made.body["question"], made.body["version"]) == (201, BUYERS, 1)
    assert api("GET", "/segments").body == {"items": [made.body], "cursor": ""}
    assert api("GET", "/segments", alias="leaf").body["items"] == []

    path = f"/segments/{made.body['segment_id']}"
    assert api("PUT", path, SEGMENT | {"name": "熟客", "version": 1}).body["version"] == 2
    assert "look again" in refused(api("PUT", path, SEGMENT | {"version": 1}), 409)
    assert api("GET", path).body["name"] == "熟客"
    assert api("DELETE", path) == (204, None)
    assert api("GET", path).status == 404


def test_people_are_estimated_counted_listed_and_explained(house: House, api: Api) -> None:
    for n in range(5):
        follower(house, f"guest-{n}", orders=n, tag_ids=[100], remark=f"客人 {n}")
    path = f"/segments/{api('POST', '/segments', SEGMENT).body['segment_id']}"

    estimated = api("POST", "/segments/estimate", {"question": BUYERS})
    assert estimated == (200, {"about": 3, "of": 5, "exact": True, "give_or_take": 0})
    assert api("POST", f"{path}/count").body["people"] == 3
    assert api("GET", path).body["counted"] == 3

    seen: list[Any] = []
    cursor = "start"
    while cursor:
        page = api("GET", f"{path}/people?limit=2&cursor={cursor if seen else ''}").body
        seen, cursor = seen + page["items"], page["cursor"]
    assert sorted(one["name"] for one in seen) == ["客人 2", "客人 3", "客人 4"]

    told = api("GET", f"{path}/explain?openid=guest-1").body
    assert told["in"] is False
    assert [(part["holds"], part["value"]) for part in told["parts"]] == [(False, "1")]
    assert "does not follow" not in refused(api("GET", f"{path}/explain?openid=stranger"), 404)
