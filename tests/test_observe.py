"""The net below all logging: whatever is logged, however, no openid, token or secret is written."""

from __future__ import annotations

import json
import logging
import re

import pytest

from chalicelib.observe import count, log, name_stage, redact, set_level
from tests.house import logged

OPENID = "oAbCdEfGhIjKlMnOpQrStUvWxYz1"
UNIONID = "o6_bmasdasdsad6_2sgVt7hMZOPfL"
MOBILE = "13800138000"
TOKEN = "84_T79n7rlWCA7aydRrPOrIBPrPEJZ5_qLLxl53D"


@pytest.mark.parametrize(
    "text",
    [
        f"https://api.weixin.qq.com/cgi-bin/user/info?access_token={TOKEN}&openid={OPENID}",
        f"GET http://127.0.0.1:9000/x?code={TOKEN} failed",
        f"access_token={TOKEN}",
        f"access_token: {TOKEN}",
        f'{{"access_token": "{TOKEN}"}}',
        f"{{'access_token': '{TOKEN}'}}",
        f'{{\\"accessToken\\":\\"{TOKEN}\\"}}',
        f'"secret":"{TOKEN}"',
        f"appSecret={TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"'authorization': 'Bearer {TOKEN}'",
        f"refresh_token={TOKEN}",
        f"aes_key={TOKEN}",
        f"EncodingAESKey={TOKEN}",
        f"ticket={TOKEN}",
        f"msg_signature={TOKEN}",
        f"person#tea#{OPENID}",
        f"person {OPENID}, and {OPENID}.",
        f'"{OPENID}"',
        f"<FromUserName><![CDATA[{OPENID}]]></FromUserName>",
    ],
)
def test_nothing_that_opens_a_door_or_names_a_person_stays(text: str) -> None:
    kept = redact(text)

    assert TOKEN not in kept
    assert OPENID not in kept


@pytest.mark.parametrize(
    "text",
    [
        UNIONID,
        f"the unionid is {UNIONID}.",
        f"<UnionId><![CDATA[{UNIONID}]]></UnionId>",
        '{"unionid": "alice"}',
        "openid=alice",
        "'touser': 'alice'",
        '"phoneNumber":"alice"',
        "phone: alice",
        "cookie: __Host-browser=alice; __Host-visit-tea=alice",
        f"tel {MOBILE}",
        f"电话{MOBILE}。",
        "+86 138-0013-8000 or 138 0013 8000",
        f'{{"purePhoneNumber": "{MOBILE}"}}',
    ],
)
def test_nothing_that_finds_a_person_again_stays(text: str) -> None:
    kept = redact(text)

    assert not {"alice", "0013", MOBILE, UNIONID} & set(re.findall(r"[\w-]+", kept, re.ASCII))
    assert "0013" not in kept


@pytest.mark.parametrize(
    "name",
    [
        "openid",
        "unionid",
        "touser",
        "ToUser",
        "FromUserName",
        "from_openid",
        "cookie",
        "Set-Cookie",
        "phone",
        "phone_number",
        "purePhoneNumber",
    ],
)
def test_what_such_a_name_holds_is_not_written(name: str) -> None:
    assert redact({name: "alice"}) == {name: "[secret]"}


@pytest.mark.parametrize(
    "text",
    [
        "account tea has an access token for 7200 s",
        "person-0a1b2c3d4e5f",
        "40001 invalid credential",
        "一位访客",
        "at 1764000000, or 1764000000123 in milliseconds",
        "message 24519638265413789 of 3300000000001",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "account tea: a sign-in failed at WeChat: /sns/oauth2/access_token: 40125 invalid appsecret (rid 65f0-1)",
        "account tea: no answer for a token: /cgi-bin/ticket/getticket: ReadTimeoutError",
        "/sns/oauth2/refresh_token: 42002 refresh_token expired",
    ],
)
def test_why_wechat_refused_stays_though_its_path_ends_like_a_secret(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"/sns/oauth2/access_token: access_token={TOKEN}",
        f"/sns/oauth2/access_token={TOKEN}",
        f"凭票/ticket: {TOKEN}",
        f"/cart?id=7&ticket={TOKEN}",
        f"{{'/cgi-bin/ticket': {{'ticket': '{TOKEN}'}}}}",
    ],
)
def test_a_slash_alone_hides_no_secret(text: str) -> None:
    assert TOKEN not in redact(text)


def test_the_shape_stays_and_everything_inside_is_looked_at() -> None:
    told = {"list": [OPENID, 7, None, True, 1.5], "deep": {"x": (f"token={TOKEN} access_token={TOKEN}",)}}

    kept = redact(told)

    assert kept["list"][1:] == [7, None, True, 1.5]
    assert OPENID not in str(kept)


def test_whatever_way_it_is_logged_it_is_not_written() -> None:
    class Follower:
        def __str__(self) -> str:
            return f"Follower({OPENID})"

        __repr__ = __str__

    with logged() as lines:
        log.info("hello %s", OPENID)
        log.info("hello", extra={"who": OPENID, "follower": Follower(), "error": ValueError(OPENID), OPENID: 1})
        log.info({"message": OPENID, "access_token": TOKEN})
        log.info("raw %s", OPENID.encode())
        log.append_keys(visitor=Follower())
        log.info("with keys")
        log.remove_keys(["visitor"])
        try:
            raise ValueError(f"https://api.weixin.qq.com/x?access_token={TOKEN} {OPENID}")
        except ValueError:
            log.exception("failed for %s", OPENID)

    written = lines.getvalue()
    assert OPENID not in written
    assert TOKEN not in written
    assert len(written.splitlines()) == 6
    assert all(json.loads(line)["service"] == "gaiwan" for line in written.splitlines())


def test_chinese_is_written_so_that_people_can_read_it() -> None:
    with logged() as lines:
        log.info("一位访客")

    assert "一位访客" in lines.getvalue()


def test_the_libraries_stay_quiet_even_when_we_debug() -> None:
    level = log.log_level
    set_level("DEBUG")
    try:
        for noisy in ("botocore", "boto3", "urllib3"):
            assert logging.getLogger(noisy).getEffectiveLevel() >= logging.WARNING
    finally:
        log.setLevel(level)


def test_a_metric_is_a_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    count("NeedsAPerson", 2)

    line = json.loads(capsys.readouterr().out)
    assert line["NeedsAPerson"] == [2.0]
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Gaiwan"


def test_stages_that_share_an_aws_account_have_alarms_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    name_stage("test")
    for _ in range(2):
        count("NeedsAPerson")

    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        assert set(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]) == {"service", "stage"}
        assert (line["service"], line["stage"]) == ("gaiwan", "test")
