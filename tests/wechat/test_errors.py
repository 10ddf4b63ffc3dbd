"""Each errcode says what to do, in two languages, and its error never gives away who it was about."""

from __future__ import annotations

import pytest

from chalicelib.wechat.errors import (
    CATALOGUE,
    AccountStopped,
    Action,
    AlreadyDone,
    BadCall,
    Busy,
    LimitReached,
    PersonRefused,
    TokenRejected,
    Unreachable,
    WeChatError,
    error_for,
)

SEND = "/cgi-bin/message/template/send"
STOP_LIST = (40013, 40037, 40125, 40164, 40243, 40249, 43116, 45028, 47003, 48001, 48003, 48004, 50002, 50004, 50007)
SKIP_LIST = (40003, 43004, 43019, 43101, 45015, 45047, 46004, 48002, 49003, 50005, 70000)


def refused(code: object, path: str = SEND, errmsg: str = "") -> WeChatError:
    return error_for(path, {"errcode": code, "errmsg": errmsg})


@pytest.mark.parametrize("code", [99999999, "abc", None, [], -99999, float("inf")])
def test_a_code_nobody_knows_is_our_mistake_until_somebody_looks(code: object) -> None:
    error = refused(code)
    assert type(error) is BadCall
    assert "catalogue" in error.entry.meaning_en


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_stale_token_asks_for_a_new_one(code: int) -> None:
    assert type(refused(code)) is TokenRejected


@pytest.mark.parametrize("path", ["/cgi-bin/token", "/cgi-bin/stable_token", "/sns/oauth2/access_token"])
def test_where_tokens_are_issued_the_same_code_means_a_wrong_secret(path: str) -> None:
    error = refused(40001, path)
    assert type(error) is AccountStopped
    assert error.action is Action.STOP


def test_a_persons_own_token_is_renewed_by_the_person_only() -> None:
    assert type(refused(42001, "/sns/userinfo")) is PersonRefused


@pytest.mark.parametrize("code", STOP_LIST)
def test_these_stop_everything(code: int) -> None:
    assert type(refused(code)) is AccountStopped


@pytest.mark.parametrize("code", SKIP_LIST)
def test_these_leave_one_person_out(code: int) -> None:
    assert type(refused(code)) is PersonRefused


@pytest.mark.parametrize(
    ("code", "kind", "action"),
    [
        (-1, Busy, Action.BACK_OFF),
        (45009, LimitReached, Action.WAIT_DAY),
        (45011, LimitReached, Action.WAIT_MINUTE),
        (42010, LimitReached, Action.WAIT_MINUTE),
        (40035, BadCall, Action.FIX_CALL),
        (45065, AlreadyDone, Action.FINE),
        (40252, AlreadyDone, Action.FINE),
    ],
)
def test_the_others_say_what_to_do(code: int, kind: type[WeChatError], action: Action) -> None:
    error = refused(code)
    assert (type(error), error.action, error.code) == (kind, action, code)


def test_a_limit_tells_until_when() -> None:
    day, minute = refused(45009), refused(45011)
    assert isinstance(day, LimitReached)
    assert isinstance(minute, LimitReached)
    assert (day.until, minute.until) == ("day", "minute")


def test_a_code_may_come_as_text() -> None:
    assert type(refused("43004")) is PersonRefused


@pytest.mark.parametrize(
    ("errmsg", "message", "rid"),
    [
        ("invalid openid rid: 65f0-1a2b-3c4d", "invalid openid", "65f0-1a2b-3c4d"),
        ("system busy, rid: 65f0", "system busy", "65f0"),
        ("invalid media_id hint: [abc]", "invalid media_id hint: [abc]", ""),
        ("", "", ""),
    ],
)
def test_the_rid_that_wechats_support_asks_for_is_found(errmsg: str, message: str, rid: str) -> None:
    error = refused(40003, errmsg=errmsg)
    assert (error.message, error.rid) == (message, rid)
    assert rid in str(error)


def test_the_address_to_whitelist_is_found() -> None:
    errmsg = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 65f0"
    assert refused(40164, "/cgi-bin/stable_token", errmsg).refused_address == "203.0.113.7"
    assert refused(40164).refused_address == ""


def test_an_answer_stays_with_its_error_but_not_in_its_text() -> None:
    error = error_for("/cgi-bin/tags/members/batchtagging", {"errcode": 45171, "fail_openid_list": ["oAlice"]})
    assert error.answer["fail_openid_list"] == ["oAlice"]
    assert "oAlice" not in str(error) + repr(error)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_entry_is_complete_in_both_languages(code: int) -> None:
    entry = CATALOGUE[code]
    assert all((entry.meaning_en, entry.meaning_zh, entry.advice_en, entry.advice_zh))
    assert any("\u4e00" <= letter <= "\u9fff" for letter in entry.meaning_zh)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in entry.advice_zh)
    assert entry.meaning_en.isascii()
    assert entry.advice_en.isascii()


def test_no_answer_is_not_an_answer() -> None:
    nothing = Unreachable(SEND, "ReadTimeoutError", sent=True)
    assert not isinstance(nothing, WeChatError)
    assert nothing.sent
    assert str(nothing) == f"{SEND}: ReadTimeoutError"
