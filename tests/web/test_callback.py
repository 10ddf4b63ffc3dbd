"""WeChat's door: only WeChat comes in, each account in the modes it accepts, and never an error for a follower."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from botocore.config import Config

from chalicelib.aws import session
from chalicelib.features import inbox
from chalicelib.features.claims import Claim
from ops.local.processes import free_port
from simulator.envelope import from_xml as parsed
from simulator.envelope import open_answer, request_body, signed_query
from tests.house import House, Json, eventually, logged

OPENID = "oAbCdEfGhIjKlMnOpQrStUvWxYz1"


def text(house: House, said: str = "hello", number: str = "7", alias: str = "tea", **more: Any) -> Json:
    at = int(house.svc.now()) // 60 * 60
    usual = {"ToUserName": f"gh_{alias}", "FromUserName": OPENID, "CreateTime": at, "MsgType": "text"}
    return usual | {"Content": said, "MsgId": number} | more


def deliver(
    house: House, fields: Json, alias: str = "tea", mode: str = "safe", late: int = 0, **query: Any
) -> urllib3.BaseHTTPResponse:
    account = house.world.accounts[alias]
    account.mode = mode
    body, sealed = request_body(account, fields)
    signed = signed_query(account, house.svc.now() - late, "nonce", OPENID, sealed) | query
    return house.post(f"/wechat/{alias}?{urlencode(signed)}", body, **{"Content-Type": "text/xml"})


@contextmanager
def aws_away() -> Iterator[None]:
    """Every call to AWS finds nobody there."""
    address = os.environ["AWS_ENDPOINT_URL"]
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{free_port()}"
    session.forget()
    try:
        yield
    finally:
        os.environ["AWS_ENDPOINT_URL"] = address
        session.forget()


def test_the_address_is_proven_to_wechat_and_to_nobody_else(house: House) -> None:
    assert house.control("verify", account="tea")["ok"] is True

    account = house.world.accounts["tea"]
    good = signed_query(account, house.svc.now(), "n", OPENID) | {"echostr": "42"}
    assert house.get(f"/wechat/tea?{urlencode(good)}").data == b"42"
    for wrong in ({"signature": "x"}, {"timestamp": "1"}, {"timestamp": ""}, {"nonce": "other"}, {"signature": "é"}):
        assert house.get(f"/wechat/tea?{urlencode(good | wrong)}").status == 403
    assert house.get("/wechat/tea").status == 403
    assert house.get(f"/wechat/leaf?{urlencode(good)}").status == 403


def test_a_safe_message_gets_a_sealed_answer(house: House) -> None:
    answer = deliver(house, text(house))

    assert answer.status == 200
    assert "Thank you" in open_answer(house.world.accounts["tea"], parsed(answer.data))
    assert b"Thank you" not in answer.data


@pytest.mark.parametrize("mode", ["plain", "compatible"])
def test_the_tea_shop_takes_nothing_that_is_not_sealed(house: House, mode: str) -> None:
    assert deliver(house, text(house), mode=mode).status == 403
    assert list(house.svc.table.under(f"person#tea#{OPENID}")) == []


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_the_leaf_takes_every_mode(house: House, mode: str) -> None:
    assert deliver(house, text(house, alias="leaf"), alias="leaf", mode=mode).status == 200
    assert len(list(house.svc.table.under(f"person#leaf#{OPENID}", "message#"))) == 1


@pytest.mark.parametrize(
    "wrong", [{"signature": "0" * 40}, {"msg_signature": "0" * 40}, {"timestamp": "1"}, {"nonce": "other"}]
)
def test_what_is_not_signed_is_not_looked_at(house: House, wrong: Json) -> None:
    with logged() as lines:
        assert deliver(house, text(house), **wrong).status == 403

    assert list(house.svc.table.under(f"person#tea#{OPENID}")) == []
    assert OPENID not in lines.getvalue()


def test_a_recording_of_ten_minutes_ago_is_refused(house: House) -> None:
    assert deliver(house, text(house), late=600).status == 403
    assert deliver(house, text(house), late=-600).status == 403


def test_a_message_to_another_account_is_refused(house: House) -> None:
    account = house.world.accounts["tea"]
    body, sealed = request_body(account, text(house))
    query = urlencode(signed_query(account, house.svc.now(), "nonce", OPENID, sealed))

    assert house.post(f"/wechat/leaf?{query}", body).status == 403


def test_what_is_too_big_or_no_message_is_told_so(house: House) -> None:
    assert deliver(house, text(house, "x" * 600_000)).status == 413
    assert deliver(house, text(house, "x" * 70_000), signature="0" * 40).status == 403

    account = house.world.accounts["leaf"]
    query = urlencode(signed_query(account, house.svc.now(), "nonce", OPENID))
    with logged() as lines:
        for body in (
            b"",
            b"not xml",
            b"<xml>",
            b"<html/>",
            b"<xml><FromUserName>" + OPENID.encode() + b"</FromUserName></xml>",
        ):
            assert house.post(f"/wechat/leaf?{query}", body).status == 400
    assert OPENID not in lines.getvalue()


def test_an_ordinary_day_names_nobody_in_the_log(house: House) -> None:
    with logged() as lines:
        house.phone(OPENID, "follow")
        house.says(OPENID, "my secret words")
        house.phone(OPENID, "unfollow")

    assert OPENID not in lines.getvalue()
    assert "secret words" not in lines.getvalue()


def test_a_bug_of_ours_is_silence_for_the_follower_and_a_line_for_us(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> str:
        raise ZeroDivisionError(OPENID)

    monkeypatch.setattr(inbox, "receive", broken)
    with logged() as lines:
        answer = deliver(house, text(house))

    assert (answer.status, answer.data) == (200, b"success")
    assert "ZeroDivisionError" in lines.getvalue()
    assert OPENID not in lines.getvalue()


def test_while_aws_is_away_wechat_is_told_to_come_again_and_then_is_answered(house: House) -> None:
    deliver(house, text(house, "warm", "1"))
    began = time.monotonic()
    with aws_away(), logged() as lines:
        answer = deliver(house, text(house))

    assert (answer.status, answer.json()["error"]["code"]) == (503, "Unavailable")
    assert time.monotonic() - began < 4.5
    assert OPENID not in lines.getvalue()
    assert "Thank you" in open_answer(house.world.accounts["tea"], parsed(deliver(house, text(house)).data))


def test_a_container_that_starts_while_aws_is_away_says_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    once = Config(retries={"total_max_attempts": 1})
    monkeypatch.setattr(session, "PATIENCE", session.PATIENCE.merge(once))
    with aws_away():
        assert deliver(house, text(house)).status == 503
        assert house.get("/h5/tea/hello").status == 503
        assert house.get("/oauth/tea/start?then=/").status == 503
    assert deliver(house, text(house)).status == 200


def test_when_aws_goes_away_in_the_middle_the_redelivery_is_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, address = Claim.take, os.environ["AWS_ENDPOINT_URL"]

    def take_and_lose(claim: Claim) -> Any:
        taken = take(claim)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        session.forget()
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(Claim, "take", take_and_lose)
        assert deliver(house, text(house)).status == 503
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    session.forget()

    assert eventually(lambda: b"Encrypt" in deliver(house, text(house)).data, within=12)
