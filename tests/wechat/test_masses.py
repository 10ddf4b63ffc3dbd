"""Mass messages, quotas and the content check as WeChat's own interface has them, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.wechat import abilities
from chalicelib.wechat.client import WeChat
from chalicelib.wechat.errors import AccountStopped, AlreadyDone, LimitReached, PersonRefused, Unreachable
from chalicelib.wechat.http import Http
from chalicelib.wechat.masses import Taken
from chalicelib.wechat.quotas import Quota
from chalicelib.wechat.security import Verdict
from tests.wechat.letters import APP_ID
from tests.wechat.loopback import Loopback, serving
from tests.wechat.test_client import Drawer

TEXT = {"msgtype": "text", "content": "新茶"}


@pytest.fixture
def platform() -> Iterator[Loopback]:
    with serving() as platform:
        yield platform


@pytest.fixture
def wechat(platform: Loopback) -> WeChat:
    return WeChat(APP_ID, Http(platform.base), Drawer())


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ({"errcode": 0, "msg_id": 7, "msg_data_id": 9}, Taken(7)),
        ({"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": 7}, Taken(7, again=True)),
        ({"errcode": 45065, "errmsg": "clientmsgid exist"}, Taken(0, again=True)),
        ({"errcode": 45065, "msg_id": "x"}, Taken(0, again=True)),
        ({"errcode": 89505, "msg_id": 7}, Taken(7, waits=True)),
        ({"errcode": 89504}, Taken(0, waits=True)),
    ],
)
def test_each_answer_says_how_the_message_stands(platform: Loopback, wechat: WeChat, answer: Any, taken: Taken) -> None:
    platform.says(answer)
    assert wechat.masses.to_all(TEXT, "once") == taken


@pytest.mark.parametrize(
    ("code", "kind"), [(45028, AccountStopped), (42010, LimitReached), (45066, LimitReached), (40252, AlreadyDone)]
)
def test_what_is_no_answer_to_this_call_is_raised(
    platform: Loopback, wechat: WeChat, code: int, kind: type[Exception]
) -> None:
    platform.says({"errcode": code, "errmsg": "no"})
    with pytest.raises(kind):
        wechat.masses.to_list(["a", "b"], TEXT, "once")


def test_an_answer_without_a_number_is_no_answer(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"errcode": 0})
    with pytest.raises(Unreachable):
        wechat.masses.to_tag(100, TEXT, "once")


def test_each_call_is_written_as_wechat_wants_it(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"errcode": 0, "msg_id": 7, "msg_status": "SENDING"})
    masses = wechat.masses
    masses.to_tag(100, {"msgtype": "image", "media_id": "M"}, "once")
    assert platform.last.json == {
        "filter": {"is_to_all": False, "tag_id": 100},
        "msgtype": "image",
        "images": {"media_ids": ["M"]},
        "clientmsgid": "once",
    }
    masses.to_list(["a", "b"], TEXT, "once")
    assert platform.last.json["touser"] == ["a", "b"]
    assert platform.last.json["text"] == {"content": "新茶"}
    masses.preview("a", {"msgtype": "image", "media_id": "M"})
    assert platform.last.json == {"touser": "a", "msgtype": "image", "image": {"media_id": "M"}}
    assert masses.state(7) == "SENDING"
    masses.delete(7, 2)
    assert platform.last.json == {"msg_id": 7, "article_idx": 2}


def test_a_quota_is_read_however_much_wechat_tells(platform: Loopback, wechat: WeChat) -> None:
    platform.says({"errcode": 0, "quota": {"daily_limit": 100, "used": 1, "remain": 99}})
    assert wechat.quotas.of("/x") == Quota(100, 1, 99)
    rate = {"call_count": 60, "refresh_second": 60}
    platform.says({"errcode": 0, "quota": {"daily_limit": "100", "used": None}, "rate_limit": rate})
    assert wechat.quotas.of("/x") == Quota(100, 0, 0, 60, 60)


def test_what_wechat_thinks_of_words(platform: Loopback, wechat: WeChat) -> None:
    detail = [{"strategy": "content_model"}, {"strategy": "keyword", "keyword": "赌"}, {"keyword": "赌"}]
    platform.says({"errcode": 0, "result": {"suggest": "risky", "label": 20006}, "detail": detail})
    verdict = wechat.security.check("x" * 3000, "alice", title="茶")
    assert verdict == Verdict("risky", 20006, ("赌",))
    assert verdict.about == ("违法犯罪", "crime")
    assert (len(platform.last.json["content"]), platform.last.json["version"]) == (2500, 2)
    platform.says({"errcode": 0, "result": {"label": 12345}})
    assert wechat.security.check("x", "alice").suggest == "review"
    platform.says({"errcode": 61010})
    with pytest.raises(PersonRefused):
        wechat.security.check("x", "alice")


@pytest.mark.parametrize(
    ("kind", "verified", "may"),
    [
        ("subscription", False, {"receive", "material"}),
        ("service", False, {"receive", "material"}),
        ("miniprogram", True, {"check_content"}),
        ("wecom", True, set()),
        ("shop", True, set()),
    ],
)
def test_who_may_do_next_to_nothing(kind: str, verified: bool, may: set[str]) -> None:
    assert {name for name in abilities.TABLE if abilities.may(kind, verified, name)} == may


def test_verified_accounts_differ_in_what_matters() -> None:
    mine = {kind: {one for one in abilities.TABLE if abilities.may(kind, True, one)} for kind in ("service", "test")}
    theirs = {one for one in abilities.TABLE if abilities.may("subscription", True, one)}
    assert mine["service"] - theirs == {"templates", "mass_list", "sign_in", "qrcodes"}
    assert mine["service"] - mine["test"] == {"notices", "mass", "mass_list", "publish"}
    assert abilities.may("test", False, "templates")
    with pytest.raises(KeyError):
        abilities.may("service", True, "fly")
