"""How WeChat is asked, over real connections to a server on this machine, and what becomes of bad answers."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.wechat.client import WeChat
from chalicelib.wechat.credentials import Issued
from chalicelib.wechat.errors import AccountStopped, Busy, PersonRefused, TokenRejected, Unreachable, WeChatError
from chalicelib.wechat.http import Http
from chalicelib.wechat.messages import Article, Image, Music, News, Reply, Text, Transfer, Video, Voice
from chalicelib.wechat.oauth import OAuthToken, Profile
from tests.wechat.letters import APP_ID
from tests.wechat.loopback import Loopback, Says, serving

SECRET = "appsecret-0123456789"
TOKEN = "token-0123456789"
ALICE = "oAlice-0123456789"
STALE = {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest rid: 65f0-1-2"}


class Drawer:
    """Where this test keeps its access tokens."""

    def __init__(self, *others: str | None) -> None:
        self.others = list(others)
        self.told: list[str] = []

    def current(self) -> str:
        return TOKEN

    def rejected(self, token: str) -> str | None:
        self.told.append(token)
        return self.others.pop(0) if self.others else None


@pytest.fixture
def platform() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def http(platform: Loopback) -> Http:
    return Http(platform.base, read=0.5)


@pytest.fixture
def wechat(http: Http) -> WeChat:
    return WeChat(APP_ID, http, Drawer())


def everything_told(error: BaseException) -> str:
    """Text, repr, traceback, and the errors it came from."""
    chain = [error, error.__context__, error.__cause__]
    return "".join(traceback.format_exception(error)) + "".join(f"{each}{each!r}" for each in chain)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


# When there is no answer


def test_a_closed_door_means_that_nothing_was_sent() -> None:
    with pytest.raises(Unreachable) as failure:
        Http(f"http://127.0.0.1:{free_port()}").post("/cgi-bin/x", {"access_token": TOKEN}, {"touser": ALICE})
    assert not failure.value.sent
    assert str(failure.value) == "/cgi-bin/x: NewConnectionError"


def test_a_name_that_does_not_resolve_means_that_nothing_was_sent() -> None:
    with pytest.raises(Unreachable) as failure:
        Http("http://nowhere.invalid").get("/cgi-bin/x", {"access_token": TOKEN})
    assert not failure.value.sent


def test_a_proxy_that_is_away_means_that_nothing_was_sent() -> None:
    with pytest.raises(Unreachable) as failure:
        Http("http://127.0.0.1:1", proxy=f"http://127.0.0.1:{free_port()}").get("/cgi-bin/x", {})
    assert not failure.value.sent


@pytest.mark.parametrize(
    "says",
    [
        Says(after=1.0),
        Says(hang_up=True),
        Says(b'{"errcode": 0', headers={"Content-Length": "5000"}),
        Says(b"<html>Bad Gateway</html>", status=502),
        Says(b'{"errcode": 0}', status=500),
        Says(b'{"errcode": 40003}', status=503),
        Says(b"<html>404</html>"),
        Says(b"<html>404</html>", status=404),
        Says(b"{}", status=404),
        Says(b"{}", status=302, headers={"Location": "/elsewhere"}),
        Says(b""),
        Says(b"[]"),
        Says(b'"ok"'),
        Says(b"null"),
        Says(b"[" * 100_000),
        Says(b"not gzip", headers={"Content-Encoding": "gzip"}),
        Says(b'{"a": "' + b"a" * (8 * 1024 * 1024) + b'"}'),
        Says(gzip.compress(b" " * (9 * 1024 * 1024), mtime=0), headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda says: f"{says.status} {says.body[:12]!r}",
)
def test_without_a_usable_answer_it_may_have_had_its_effect_and_is_not_repeated(
    platform: Loopback, http: Http, says: Says
) -> None:
    platform.says(says)
    with pytest.raises(Unreachable) as failure:
        http.post("/cgi-bin/message/custom/send", {"access_token": TOKEN}, {"touser": ALICE})
    assert failure.value.sent
    assert len(platform.asked) == 1


def test_after_a_bad_answer_the_next_call_is_well(platform: Loopback, http: Http) -> None:
    platform.says(Says(b"x" * (9 * 1024 * 1024)), Says(hang_up=True), {"errcode": 0, "total": 3})
    for _ in range(2):
        with pytest.raises(Unreachable):
            http.get("/cgi-bin/x", {})
    assert http.get("/cgi-bin/x", {}) == {"errcode": 0, "total": 3}


def test_an_answer_that_lacks_what_was_promised_is_no_answer(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"errcode": 0, "errmsg": "ok"})
    for ask in (
        lambda: wechat.templates.send(ALICE, "T", {}),
        lambda: wechat.credentials.stable_token(SECRET),
        lambda: wechat.oauth.exchange(SECRET, "code"),
    ):
        with pytest.raises(Unreachable, match="the answer has no") as failure:
            ask()
        assert failure.value.sent


# When WeChat refuses


def test_a_refusal_is_an_error_of_its_kind_with_its_rid(platform: Loopback, http: Http) -> None:
    platform.says({"errcode": 43004, "errmsg": "require subscribe rid: 65f0-1a2b-3c4d"})
    with pytest.raises(PersonRefused, match="/cgi-bin/x: 43004 require subscribe") as refusal:
        http.get("/cgi-bin/x", {"access_token": TOKEN})
    assert refusal.value.rid == "65f0-1a2b-3c4d"


def test_a_refusal_counts_even_under_a_4xx(platform: Loopback, http: Http) -> None:
    platform.says(Says(b'{"errcode": -1, "errmsg": "system error"}', status=400))
    with pytest.raises(Busy):
        http.get("/cgi-bin/x", {})


def test_no_error_tells_a_token_a_secret_or_a_person(platform: Loopback, http: Http, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    query = {"access_token": TOKEN, "secret": SECRET, "openid": ALICE}
    body = {"touser": ALICE, "user_list": [{"openid": "oBob-0123456789"}], "url": "https://tea.example/?order=7"}
    quoted = f"no: {TOKEN} {SECRET} {ALICE} oBob-0123456789 rid: 65f0-1"
    told = ""
    for says in (
        Says(json.dumps({"errcode": 40003, "errmsg": quoted}).encode()),
        Says(b"<html>", status=502),
        Says(after=1),
    ):
        platform.says(says)
        with pytest.raises((WeChatError, Unreachable)) as failure:
            http.post("/cgi-bin/x", query, body)
        told += everything_told(failure.value)
    with pytest.raises(Unreachable) as closed:
        Http(f"http://127.0.0.1:{free_port()}").post("/cgi-bin/x", query, body)
    told += everything_told(closed.value)
    for secret in (TOKEN, SECRET, ALICE, "oBob", "order=7", "access_token="):
        assert secret not in told + caplog.text
    assert "65f0-1" in told


def test_what_holds_a_secret_does_not_show_it() -> None:
    held = [Issued(TOKEN, 7200), OAuthToken(ALICE, TOKEN, "refresh", "snsapi_base", "", False)]
    assert TOKEN not in repr(held)
    assert ALICE not in repr(held)


# Tokens


def test_a_stale_token_is_exchanged_and_the_call_made_once_more(platform: Loopback, http: Http) -> None:
    drawer = Drawer("newer")
    platform.says(STALE, {"errcode": 0, "msgid": 7})
    assert WeChat(APP_ID, http, drawer).templates.send(ALICE, "T", {}) == 7
    assert [asked.query["access_token"] for asked in platform.asked] == [TOKEN, "newer"]
    assert drawer.told == [TOKEN]


@pytest.mark.parametrize("other", [None, TOKEN])
def test_without_another_token_the_call_is_not_repeated(platform: Loopback, http: Http, other: str | None) -> None:
    platform.says(STALE)
    with pytest.raises(TokenRejected):
        WeChat(APP_ID, http, Drawer(other)).users.info(ALICE)
    assert len(platform.asked) == 1


def test_no_call_is_made_a_third_time(platform: Loopback, http: Http) -> None:
    drawer = Drawer("newer", "newest")
    platform.says(STALE)
    with pytest.raises(TokenRejected):
        WeChat(APP_ID, http, drawer).users.info(ALICE)
    assert len(platform.asked) == 2
    assert drawer.told == [TOKEN]


def test_another_refusal_asks_for_no_other_token(platform: Loopback, http: Http) -> None:
    drawer = Drawer("newer")
    platform.says({"errcode": 45015, "errmsg": "response out of time limit"})
    with pytest.raises(PersonRefused):
        WeChat(APP_ID, http, drawer).custom.send_text(ALICE, "tea?")
    assert drawer.told == []


def test_a_wrong_secret_stops_and_is_not_taken_for_a_stale_token(platform: Loopback, wechat: WeChat) -> None:
    platform.says(STALE)
    with pytest.raises(AccountStopped):
        wechat.credentials.stable_token(SECRET)
    assert len(platform.asked) == 1


# How the wire looks


def test_chinese_goes_out_as_utf_8_and_never_as_escapes(platform: Loopback, http: Http) -> None:
    http.post("/cgi-bin/x", {}, {"name": "盖碗 😀"})
    assert platform.last.body == '{"name":"盖碗 😀"}'.encode()
    assert platform.last.headers["Content-Type"] == "application/json; charset=utf-8"


def test_a_query_survives_whatever_is_in_it(platform: Loopback, http: Http) -> None:
    http.get("/cgi-bin/x", {"next_openid": "a+b/c=&d 茶", "empty": ""})
    assert platform.last.query == {"next_openid": "a+b/c=&d 茶", "empty": ""}
    assert (platform.last.method, platform.last.body) == ("GET", b"")


def test_numbers_come_in_exactly(platform: Loopback, http: Http) -> None:
    platform.says(Says(b'{"msgid": 12345678901234567890123, "errcode": 0}'))
    assert http.get("/cgi-bin/x", {})["msgid"] == 12345678901234567890123


def test_a_nickname_with_raw_control_characters_is_read(platform: Loopback, http: Http) -> None:
    platform.says(Says(b'{"nickname": "a\x01\tb", "remark": "\\ud83d", "city": "\xff"}'))
    assert http.get("/sns/userinfo", {})["nickname"] == "a\x01\tb"


def test_a_base_may_hold_a_path_and_headers_may_be_added(platform: Loopback) -> None:
    Http(f"{platform.base}/api.weixin.qq.com/", headers={"X-Simulated-Ip": "203.0.113.7"}).get("/cgi-bin/x", {})
    assert platform.last.path == "/api.weixin.qq.com/cgi-bin/x"
    assert platform.last.headers["X-Simulated-Ip"] == "203.0.113.7"


def test_a_proxy_is_asked_in_wechats_place(platform: Loopback) -> None:
    platform.says({"total": 1})
    answer = Http("http://api.weixin.example", proxy=platform.base).get("/cgi-bin/x", {})
    assert answer == {"total": 1}
    assert platform.last.headers["Host"] == "api.weixin.example"


def test_connections_are_kept_between_calls_and_clients(platform: Loopback) -> None:
    for _ in range(5):
        Http(platform.base).get("/cgi-bin/x", {})
    assert len({asked.address for asked in platform.asked}) == 1


def test_many_may_ask_at_once(platform: Loopback, http: Http) -> None:
    answers: list[dict[str, Any]] = []
    platform.says(Says(b'{"total": 1}', after=0.05))
    threads = [threading.Thread(target=lambda: answers.append(http.get("/cgi-bin/x", {}))) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"total": 1}] * 30


# The families


def test_a_stable_token_is_asked_for_with_the_secret_in_the_body(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"access_token": "fresh", "expires_in": 7200})
    assert wechat.credentials.stable_token(SECRET, force=True) == Issued("fresh", 7200)
    assert (platform.last.path, platform.last.query) == ("/cgi-bin/stable_token", {})
    assert platform.last.json == {
        "grant_type": "client_credential",
        "appid": APP_ID,
        "secret": SECRET,
        "force_refresh": True,
    }


def test_a_jsapi_ticket_is_asked_for_with_the_token(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"errcode": 0, "errmsg": "ok", "ticket": "tick", "expires_in": 7200})
    assert wechat.credentials.jsapi_ticket(TOKEN) == Issued("tick", 7200)
    assert platform.last.query == {"access_token": TOKEN, "type": "jsapi"}


def test_the_addresses_wechat_calls_from(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"ip_list": ["203.0.113.0/24"]})
    assert wechat.credentials.callback_addresses() == ["203.0.113.0/24"]


def test_followers_come_in_pages_until_one_is_empty(platform: Loopback, wechat: WeChat) -> None:
    platform.says(
        {"total": 2, "count": 2, "data": {"openid": ["a", "b"]}, "next_openid": "b"},
        {"total": 2, "count": 0, "next_openid": "b"},
    )
    first, last = wechat.users.page(), wechat.users.page("b")
    assert (first.openids, first.next_openid, first.total) == (("a", "b"), "b", 2)
    assert (last.openids, last.next_openid) == ((), "")
    assert platform.last.query["next_openid"] == "b"


def test_people_are_asked_about_one_by_one_or_by_the_hundred(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"openid": ALICE, "subscribe": 1, "user_info_list": [{"openid": "a"}]})
    assert wechat.users.info(ALICE)["subscribe"] == 1
    assert platform.last.query == {"access_token": TOKEN, "openid": ALICE, "lang": "zh_CN"}
    assert wechat.users.batchget(["a"]) == [{"openid": "a"}]
    assert platform.last.json == {"user_list": [{"openid": "a", "lang": "zh_CN"}]}
    with pytest.raises(ValueError, match="100"):
        wechat.users.batchget(["a"] * 101)


def test_a_remark_is_put_on_a_person(platform: Loopback, wechat: WeChat) -> None:
    wechat.users.remark(ALICE, "老客户")
    assert platform.last.json == {"openid": ALICE, "remark": "老客户"}


def test_a_template_message_carries_only_what_was_given(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"errcode": 0, "errmsg": "ok", "msgid": 3300000001})
    assert wechat.templates.send(ALICE, "T", {"thing1": "铁观音"}) == 3300000001
    assert platform.last.json == {"touser": ALICE, "template_id": "T", "data": {"thing1": {"value": "铁观音"}}}
    program = {"appid": "wx1", "pagepath": "pages/order"}
    wechat.templates.send(ALICE, "T", {}, url="https://tea.example", miniprogram=program, client_msg_id="order-7")
    assert platform.last.json["client_msg_id"] == "order-7"
    assert platform.last.json["miniprogram"] == program
    assert platform.last.json["url"] == "https://tea.example"


def test_templates_are_listed_added_and_deleted(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"template_list": [{"template_id": "T"}], "template_id": "T2", "primary_industry": {}})
    assert wechat.templates.list() == [{"template_id": "T"}]
    assert wechat.templates.add("TM1", ["金额"]) == "T2"
    assert platform.last.json == {"template_id_short": "TM1", "keyword_name_list": ["金额"]}
    wechat.templates.delete("T")
    assert platform.last.path == "/cgi-bin/template/del_private_template"
    assert wechat.templates.industry()["primary_industry"] == {}


def test_a_long_text_goes_out_in_parts_and_in_order(platform: Loopback, wechat: WeChat) -> None:
    wechat.custom.send_text(ALICE, "茶" * 1000)
    assert [len(asked.json["text"]["content"]) for asked in platform.asked] == [682, 318]
    assert platform.last.json["touser"] == ALICE


@pytest.mark.parametrize(
    ("reply", "kind", "content"),
    [
        (Text("tea"), "text", {"content": "tea"}),
        (Image("m"), "image", {"media_id": "m"}),
        (Voice("m"), "voice", {"media_id": "m"}),
        (
            Video("m", "t", "d", "thumb"),
            "video",
            {"media_id": "m", "title": "t", "description": "d", "thumb_media_id": "thumb"},
        ),
        (
            Music("m", "t", "d", "u", "h"),
            "music",
            {"title": "t", "description": "d", "musicurl": "u", "hqmusicurl": "h", "thumb_media_id": "m"},
        ),
        (
            News((Article("t", "d", "p", "u"), Article("second"))),
            "news",
            {"articles": [{"title": "t", "description": "d", "url": "u", "picurl": "p"}]},
        ),
    ],
)
def test_every_reply_can_follow_as_a_customer_service_message(
    platform: Loopback, wechat: WeChat, reply: Reply, kind: str, content: dict[str, Any]
) -> None:
    wechat.custom.send(ALICE, reply)
    assert platform.last.path == "/cgi-bin/message/custom/send"
    assert platform.last.json == {"touser": ALICE, "msgtype": kind, kind: content}


def test_a_transfer_cannot_follow_later(platform: Loopback, wechat: WeChat) -> None:
    with pytest.raises(ValueError, match="Transfer"):
        wechat.custom.send(ALICE, Transfer())
    assert platform.asked == []


def test_typing_is_shown_and_taken_back(platform: Loopback, wechat: WeChat) -> None:
    wechat.custom.typing(ALICE)
    wechat.custom.typing(ALICE, on=False)
    assert [asked.json["command"] for asked in platform.asked] == ["Typing", "CancelTyping"]


def test_the_login_address_has_its_parameters_in_wechats_order(wechat: WeChat) -> None:
    address = wechat.oauth.authorize_url(
        "https://open.weixin.qq.com", "https://tea.example/v1/return?a=1", "snsapi_base", "s7"
    )
    assert address == (
        f"https://open.weixin.qq.com/connect/oauth2/authorize?appid={APP_ID}"
        "&redirect_uri=https%3A%2F%2Ftea.example%2Fv1%2Freturn%3Fa%3D1"
        "&response_type=code&scope=snsapi_base&state=s7#wechat_redirect"
    )


@pytest.mark.parametrize("code", [40029, 40163, 42003])
def test_a_code_that_is_no_good_sends_the_visitor_to_sign_in_again(
    platform: Loopback, wechat: WeChat, code: int
) -> None:
    platform.says({"errcode": code, "errmsg": "no, rid: 65f0-1"})
    with pytest.raises(PersonRefused) as refusal:
        wechat.oauth.exchange(SECRET, "used")
    assert refusal.value.code == code


def test_a_code_is_exchanged_without_the_platforms_token(platform: Loopback, wechat: WeChat) -> None:
    platform.says(
        {
            "access_token": "hers",
            "expires_in": 7200,
            "refresh_token": "again",
            "openid": ALICE,
            "scope": "snsapi_base",
            "is_snapshotuser": 1,
        }
    )
    token = wechat.oauth.exchange(SECRET, "c1")
    assert token == OAuthToken(ALICE, "hers", "again", "snsapi_base", "", True)
    assert platform.last.query == {"appid": APP_ID, "secret": SECRET, "code": "c1", "grant_type": "authorization_code"}
    assert wechat.oauth.refresh("again").is_snapshotuser
    assert platform.last.query == {"appid": APP_ID, "grant_type": "refresh_token", "refresh_token": "again"}


TOKEN_OF_ALICE = {"openid": ALICE, "access_token": "hers", "refresh_token": "again", "scope": "snsapi_base"}


@pytest.mark.parametrize("openid", [None, "", 7, ["oAlice"], {"a": 1}, True, "a#b", "a b", "o" * 129, "茶"])
def test_an_answer_that_names_nobody_signs_nobody_in(platform: Loopback, wechat: WeChat, openid: object) -> None:
    platform.says(TOKEN_OF_ALICE | {"openid": openid})
    with pytest.raises(Unreachable, match="names nobody"):
        wechat.oauth.exchange(SECRET, "c1")


@pytest.mark.parametrize("left_out", ["openid", "access_token"])
def test_nor_does_one_that_lacks_what_was_promised(platform: Loopback, wechat: WeChat, left_out: str) -> None:
    platform.says({name: value for name, value in TOKEN_OF_ALICE.items() if name != left_out})
    with pytest.raises(Unreachable, match=left_out):
        wechat.oauth.exchange(SECRET, "c1")


@pytest.mark.parametrize("odd", [None, 7, ["x"], {"a": 1}, False])
def test_what_else_is_null_or_of_another_kind_counts_as_left_out(
    platform: Loopback, wechat: WeChat, odd: object
) -> None:
    names = ("unionid", "refresh_token", "scope", "expires_in", "headimgurl", "nickname")
    platform.says(TOKEN_OF_ALICE | dict.fromkeys(names, odd))

    assert wechat.oauth.exchange(SECRET, "c1") == OAuthToken(ALICE, "hers", "", "", "", False)
    assert wechat.oauth.userinfo("hers", ALICE) == Profile("", "", "")


@pytest.mark.parametrize("said", [None, 0, 0.0, "0", "", False])
def test_who_is_no_snapshot_is_real(platform: Loopback, wechat: WeChat, said: object) -> None:
    platform.says(TOKEN_OF_ALICE | {"is_snapshotuser": said})
    assert not wechat.oauth.exchange(SECRET, "c1").is_snapshotuser


@pytest.mark.parametrize("said", [1, 1.0, "1", True, "true", 2, "yes", [], {}])
def test_whatever_else_is_said_of_a_snapshot_is_one(platform: Loopback, wechat: WeChat, said: object) -> None:
    platform.says(TOKEN_OF_ALICE | {"is_snapshotuser": said})
    assert wechat.oauth.exchange(SECRET, "c1").is_snapshotuser


def test_a_profile_is_asked_for_with_the_persons_own_token(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"openid": ALICE, "nickname": "爱丽丝"})
    assert wechat.oauth.userinfo("hers", ALICE) == Profile("爱丽丝", "", "")
    assert platform.last.query == {"access_token": "hers", "openid": ALICE, "lang": "zh_CN"}


def test_a_profile_is_what_can_be_stored_and_shown(platform: Loopback, wechat: WeChat) -> None:
    told = {
        "openid": ALICE,
        "nickname": "茶\u0007\ud83d\u202e👩\u200d🌾" + "x" * 99,
        "headimgurl": "javascript:alert(1)",
        "unionid": None,
    }
    platform.says(told)

    profile = wechat.oauth.userinfo("hers", ALICE)

    assert profile.nickname == "茶👩\u200d🌾" + "x" * 60
    assert (profile.picture, profile.unionid) == ("", "")
    assert "茶" not in repr(profile)


def test_a_picture_has_a_plain_address(platform: Loopback, wechat: WeChat) -> None:
    picture = "https://thirdwx.qlogo.cn/mmopen/vi_32/abc_DEF-1/132"
    platform.says({"openid": ALICE, "nickname": "爱丽丝", "headimgurl": picture, "unionid": "u1"})

    assert wechat.oauth.userinfo("hers", ALICE) == Profile("爱丽丝", picture, "u1")
