"""/api/{account}/qrcodes: what it takes, what it answers, and the sentence for each mistake."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import House
from tests.web.asking import Api, refused

CODE = {"scene": "counter", "name": "柜台", "kind": "temporary", "place": "西湖店"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "/qrcodes", {}, 400, "scene"),
        ("POST", "/qrcodes", CODE | {"scene": "a b"}, 400, "1 to 64"),
        ("POST", "/qrcodes", CODE | {"scene": None}, 400, "scene"),
        ("POST", "/qrcodes", CODE | {"scene": True}, 400, "scene"),
        ("POST", "/qrcodes", CODE | {"scene": 10**30}, 400, "scene"),
        ("POST", "/qrcodes", CODE | {"kind": "eternal"}, 400, "kind"),
        ("POST", "/qrcodes", CODE | {"days": 31}, 400, "days"),
        ("POST", "/qrcodes", CODE | {"tag_id": -1}, 400, "tag_id"),
        ("POST", "/qrcodes", CODE | {"reply": {"type": "poem"}}, 400, "reply is not valid"),
        ("POST", "/qrcodes", CODE | {"colour": "red"}, 400, "colour"),
        ("GET", "/qrcodes?limit=1000", None, 400, "limit"),
        ("GET", "/qrcodes/none", None, 404, "no such QR code"),
        ("GET", "/qrcodes/%E6%9F%9C", None, 404, "no such QR code"),
        ("PUT", "/qrcodes/none", {"name": "x"}, 404, "no such QR code"),
        ("DELETE", "/qrcodes/none", None, 404, "no such QR code"),
        ("POST", "/qrcodes/none/renew", {}, 404, "no such QR code"),
        ("GET", "/qrcodes/none/picture", None, 404, "no such QR code"),
        ("GET", "/qrcodes/none/picture?format=gif", None, 400, "format"),
        ("GET", "/qrcodes/none/picture?format=png&size=99999", None, 400, "size"),
        ("GET", "/qrcodes/none/counts", None, 404, "no such QR code"),
        ("GET", "/qrcode-places?from=yesterday", None, 400, "from"),
        ("GET", "/qrcode-places?from=2026-02-30", None, 400, "no such day"),
        ("GET", "/qrcode-places?from=2026-02-02&to=2026-02-01", None, 400, "from comes before to"),
        ("GET", "/qrcode-places?from=2020-02-02&to=2026-02-01", None, 400, "400 days"),
        ("GET", "/qrcode-places?to=0001-01-01", None, 400, "from"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(  # noqa: PLR0913, PLR0917
    api: Api, method: str, path: str, body: Any, status: int, told: str
) -> None:
    assert told in refused(api(method, path, body), status)


def test_an_account_without_the_right_is_told_so(api: Api) -> None:
    assert "verified" in refused(api("POST", "/qrcodes", CODE, alias="leaf"), 403)


def test_who_may_only_read_changes_nothing(shop: House, api: Api) -> None:
    api("POST", "/qrcodes", CODE)
    reader = Api(shop, "qrcodes:read")
    for method, path, body in (
        ("POST", "/qrcodes", CODE),
        ("PUT", "/qrcodes/counter", {"name": "x"}),
        ("POST", "/qrcodes/counter/renew", {}),
        ("DELETE", "/qrcodes/counter", None),
    ):
        refused(reader(method, path, body), 403)
    for path in ("/qrcodes", "/qrcodes/counter", "/qrcodes/counter/counts", "/qrcodes/counter/picture"):
        assert reader("GET", path).status == 200


def test_a_code_is_made_listed_changed_renewed_and_removed(api: Api) -> None:
    made = api("POST", "/qrcodes", CODE | {"days": None, "tag_id": None, "reply": None})
    assert (made.status, made.body["scene"], made.body["scans"], made.body["version"]) == (201, "counter", 0, 1)
    listed = api("GET", "/qrcodes").body
    assert listed == {"items": [made.body], "cursor": "", "permanent": 0, "most_permanent": 100_000}
    refused(api("POST", "/qrcodes", CODE), 409)

    told = {"name": "左柜台", "place": "门口", "tag_id": 100, "reply": {"type": "text", "content": "您好"}}
    changed = api("PUT", "/qrcodes/counter", told | {"version": 1}).body
    assert {name: changed[name] for name in told} == told
    refused(api("PUT", "/qrcodes/counter", told | {"version": 1}), 409)
    assert api("POST", "/qrcodes/counter/renew", {"days": 7}).body["address"] != made.body["address"]
    assert api("DELETE", "/qrcodes/counter") == (204, None)
    assert api("GET", "/qrcodes/counter").status == 404


def test_permanent_ones_are_counted_against_their_number(api: Api) -> None:
    api("POST", "/qrcodes", CODE | {"scene": 12, "kind": "permanent"})

    assert api("GET", "/qrcodes").body["permanent"] == 1
    refused(api("POST", "/qrcodes/12/renew", {}), 400)


def test_pages_follow_each_other(api: Api) -> None:
    for n in range(3):
        api("POST", "/qrcodes", CODE | {"scene": f"stand-{n}"})
    first = api("GET", "/qrcodes?limit=2").body
    second = api("GET", f"/qrcodes?limit=2&cursor={first['cursor']}").body

    assert [one["scene"] for one in first["items"] + second["items"]] == ["stand-0", "stand-1", "stand-2"]
    assert second["cursor"] == ""


def test_scans_are_told_by_code_day_and_place(shop: House, api: Api) -> None:
    api("POST", "/qrcodes", CODE)
    assert api("GET", "/qrcodes/counter/counts").body == {"items": [], "cursor": ""}
    shop.phone("alice", "scan", scene="counter")
    shop.phone("alice", "scan", scene="counter")

    (day,) = api("GET", "/qrcodes/counter/counts").body["items"]
    assert (day["scans"], day["follows"]) == (2, 1)
    assert api("GET", f"/qrcodes/counter/counts?from={day['day']}&to={day['day']}").body["items"] == [day]
    assert api("GET", "/qrcodes").body["items"][0]["scans"] == 2
    assert api("GET", "/qrcode-places").body["items"] == [{"place": "西湖店", "codes": 1, "scans": 2, "follows": 1}]


def test_the_picture_comes_as_svg_and_as_png(api: Api) -> None:
    api("POST", "/qrcodes", CODE)

    assert b"<svg" in api("GET", "/qrcodes/counter/picture").body
    for accept in ("image/png", "image/png;q=0.9, */*"):
        picture = api("GET", "/qrcodes/counter/picture?format=png&size=300", Accept=accept).body
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    for accept in ("", "*/*", "text/html,image/png"):
        assert "Accept" in refused(api("GET", "/qrcodes/counter/picture?format=png", Accept=accept), 400)
