"""Anything at all, at every door: refused in the door's own dialect, never a 5xx, and nobody named in the log."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as any_

import app
from chalicelib.features import operators
from simulator.envelope import request_body, signed_query
from tests.house import House, logged

OPENID = "oAbCdEfGhIjKlMnOpQrStUvWxYz1"
PATHS = sorted(app.app.routes)
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "BREW")
KNOWN = (
    "code",
    "state",
    "then",
    "scope",
    "signature",
    "timestamp",
    "nonce",
    "msg_signature",
    "encrypt_type",
    "echostr",
    "openid",
    "once",
)
HEADERS = ("Content-Type", "Accept", "Authorization", "Cookie", "Host", "X-Forwarded-For", "Content-Encoding", "Range")

words = any_.text(max_size=40) | any_.sampled_from(
    ["", "0", "-1", "9" * 30, "safe", "aes", OPENID, "../..", "//x", "{{7*7}}", "\x00"]
)
parts = any_.sampled_from(["tea", "leaf", "nobody", "x", OPENID]) | any_.text(min_size=1, max_size=20)
queries = any_.lists(any_.tuples(any_.sampled_from(KNOWN) | words, words), max_size=6)
values = any_.text(any_.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
kinds = any_.sampled_from(
    ["application/json", "text/xml", "application/x-www-form-urlencoded", "multipart/form-data", "x", ""]
)
bodies = (
    any_.binary(max_size=200)
    | any_.text(max_size=200).map(str.encode)
    | any_.sampled_from(
        [
            b"{}",
            b"[]",
            b"null",
            b"<xml/>",
            b"<xml><Encrypt>x</Encrypt></xml>",
            b'{"Encrypt": 7}',
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml>&e;</xml>',
            b"<xml>" * 3000,
            b"[" * 3000,
            f'{{"openid": "{OPENID}"}}'.encode(),
        ]
    )
)
often = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Door:
    """One connection that is kept, since most of the time would go into opening it."""

    def __init__(self, house: House) -> None:
        self._at = urlsplit(house.app).netloc
        self._line = http.client.HTTPConnection(self._at, timeout=20)

    def knock(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            self._line.request(method, target, body, headers)
            answer = self._line.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, OSError):
            self._line.close()
            raise


@pytest.fixture
def door(house: House) -> Door:
    return Door(house)


def filled(path: str, account: str, item: str) -> str:
    return path.replace("{account}", quote(account, safe="")).replace("{item}", quote(item, safe=""))


@often
@given(
    path=any_.sampled_from(PATHS),
    method=any_.sampled_from(METHODS),
    account=parts,
    item=parts,
    query=queries,
    headers=any_.dictionaries(any_.sampled_from(HEADERS), values, max_size=3),
    kind=kinds,
    body=bodies,
    with_token=any_.booleans(),
)
def test_no_garbage_makes_an_error_of_ours(  # noqa: PLR0913, PLR0917 (all that a request consists of)
    house: House,
    door: Door,
    path: str,
    method: str,
    account: str,
    item: str,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    kind: str,
    body: bytes,
    with_token: bool,
) -> None:
    sent = headers | {"Content-Type": kind}
    if with_token:
        sent["Authorization"] = f"Bearer {_token(house)}"
    target = f"{filled(path, account, item)}?{urlencode(query)}"

    with logged() as lines:
        status, _ = door.knock(method, target, body, sent)

    assert 200 <= status < 500, (status, method, target, lines.getvalue())
    _names_nobody(house, lines.getvalue())


_tokens: dict[str, str] = {}


def _token(house: House) -> str:
    stage = house.svc.settings.stage
    if stage not in _tokens:
        _tokens[stage] = operators.issue_token(house.svc, "garbage")
    return _tokens[stage]


def _names_nobody(house: House, written: str) -> None:
    assert OPENID not in written
    for secret in ("secret-of-", "tokentea", "tokenleaf", _tokens.get(house.svc.settings.stage, OPENID)):
        assert secret not in written


@often
@given(
    kind=any_.sampled_from(["text", "event", "image", "voice", "location"]) | any_.text(min_size=1, max_size=10),
    fields=any_.dictionaries(
        any_.sampled_from(
            [
                "Event",
                "EventKey",
                "Content",
                "MsgId",
                "MsgID",
                "Status",
                "CreateTime",
                "FromUserName",
                "Ticket",
                "OpenID",
            ]
        ),
        any_.text(max_size=60)
        | any_.sampled_from(
            ["subscribe", "unsubscribe", "SCAN", "CLICK", "TEMPLATESENDJOBFINISH", "qrscene_", "0", "9" * 20]
        ),
        max_size=6,
    ),
    mode=any_.sampled_from(["plain", "compatible", "safe"]),
)
def test_whatever_wechat_signs_is_answered(house: House, kind: str, fields: dict[str, Any], mode: str) -> None:
    account = house.world.accounts["leaf"]
    account.mode = mode
    usual = {"ToUserName": "gh_leaf", "FromUserName": OPENID, "CreateTime": house.svc.now(), "MsgType": kind}
    body, sealed = request_body(account, usual | fields)
    query = urlencode(signed_query(account, house.svc.now(), "nonce", OPENID, sealed))

    with logged() as lines:
        answer = house.post(f"/wechat/leaf?{query}", body)

    assert answer.status in (200, 400), (answer.status, body, lines.getvalue())
    assert "was not handled" not in lines.getvalue(), (body, lines.getvalue())
    assert "did not take note" not in lines.getvalue(), (body, lines.getvalue())
    assert "is tried again" not in lines.getvalue(), (body, lines.getvalue())
    _names_nobody(house, lines.getvalue())


@pytest.mark.parametrize(
    "target", ["/%", "/wechat/%00", "/wechat/%2e%2e%2f", "/wechat/te%61", "//", "/?" + "a" * 5000, "*"]
)
def test_odd_addresses_are_no_error_of_ours(door: Door, target: str) -> None:
    status, _ = door.knock("GET", target, b"", {})

    assert 400 <= status < 500
