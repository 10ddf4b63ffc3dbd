"""Who may do what, how often, and in which shape: refused before an endpoint is asked."""

from __future__ import annotations

import json

import pytest

from tests.simulator.shop import TEA, Doors

SEND = "/cgi-bin/message/custom/send"


def test_the_verb_the_body_and_the_json_are_looked_at_first(tea: Doors) -> None:
    assert tea.code("/cgi-bin/user/get", {"a": 1}) == 43001
    assert tea.code(SEND) == 43002
    assert tea.code(SEND, b"") == 44002
    assert tea.code(SEND, b'{"touser": ') == 47001
    assert tea.code(SEND, b"[1]") == 47001
    assert tea.code(SEND, b"[" * 100_000) == 47001
    assert tea.code("/cgi-bin/no/such", {"a": 1}) == 40066


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/cgi-bin/message/template/send", {"touser": "carol"}),
        (SEND, {"touser": "carol"}),
        ("/cgi-bin/user/get", None),
        ("/cgi-bin/qrcode/create", {"action_name": "QR_SCENE"}),
        ("/cgi-bin/menu/create", {"button": []}),
        ("/cgi-bin/message/mass/sendall", {"filter": {"is_to_all": True}}),
        ("/datacube/getusersummary", {"begin_date": "2026-01-01", "end_date": "2026-01-01"}),
    ],
)
def test_an_unverified_subscription_account_may_do_next_to_nothing(leaf: Doors, path: str, body: object) -> None:
    assert leaf.code(path, body) == 48001


def test_what_everybody_may_do_it_may_do(leaf: Doors) -> None:
    assert leaf.code("/cgi-bin/getcallbackip") == 0
    assert leaf.code("/cgi-bin/get_current_selfmenu_info") == 0


def test_a_spent_day_ends_at_midnight_in_shanghai(tea: Doors) -> None:
    tea.wait_until(hour=12)
    tea.set(daily_limits={"/cgi-bin/user/get": 2})
    assert [tea.code("/cgi-bin/user/get") for _ in range(3)] == [0, 0, 45009]
    tea.wait_until(hour=0)
    assert tea.code("/cgi-bin/user/get") == 0


def test_quota_get_counts_truly_and_clearing_gives_the_day_back(tea: Doors) -> None:
    asked = {"cgi_path": "/cgi-bin/user/get"}
    for _ in range(3):
        tea.call("/cgi-bin/user/get")
    quota = tea.call("/cgi-bin/openapi/quota/get", asked)["quota"]
    assert quota == {"daily_limit": 500, "used": 3, "remain": 497}
    assert tea.code("/cgi-bin/openapi/quota/clear", asked) == 0
    assert tea.call("/cgi-bin/openapi/quota/get", asked)["quota"]["used"] == 0
    assert tea.code("/cgi-bin/openapi/quota/get", {"cgi_path": "/no/such"}) == 76021
    assert tea.code("/cgi-bin/openapi/quota/get", {"cgi_path": "/sns/userinfo"}) == 76022


def test_the_quotas_can_be_cleared_ten_times_a_month(tea: Doors) -> None:
    assert [tea.code("/cgi-bin/clear_quota", {"appid": TEA}) for _ in range(11)] == [0] * 10 + [48006]


def test_a_spent_minute_is_not_a_spent_day(tea: Doors) -> None:
    tea.set(minute_limits={"/cgi-bin/user/get": 2, "/cgi-bin/message/mass/": 1})
    assert [tea.code("/cgi-bin/user/get") for _ in range(3)][-1] == 45011
    told = {"touser": ["alice", "bob"], "msgtype": "text", "text": {"content": "茶"}}
    assert tea.code("/cgi-bin/message/mass/send", told) == 0
    assert tea.code("/cgi-bin/message/mass/get", {"msg_id": 1}) == 42010
    tea.advance(60)
    assert tea.code("/cgi-bin/user/get") == 0


def test_faults_come_as_ordered_and_then_are_over(tea: Doors) -> None:
    tea.control("faults", path="/cgi-bin/user/get", errcode=45009, times=2)
    assert [tea.code("/cgi-bin/user/get") for _ in range(3)] == [45009, 45009, 0]


def test_a_fault_after_effect_has_had_its_effect(tea: Doors) -> None:
    tea.phone("alice", "say", text="hi")
    tea.control("faults", path=SEND, errcode=-1, after_effect=True)
    told = {"touser": "alice", "msgtype": "text", "text": {"content": "到了"}}
    assert tea.code(SEND, told) == -1
    assert tea.inbox("alice")[-1]["content"] == "到了"


def test_a_connection_can_be_lost_after_the_effect(tea: Doors) -> None:
    tea.phone("alice", "say", text="hi")
    tea.control("faults", path=SEND, timeout=True, after_effect=True)
    told = {"touser": "alice", "msgtype": "text", "text": {"content": "到了"}}
    with pytest.raises(OSError):
        tea.call(SEND, told)
    assert tea.inbox("alice")[-1]["content"] == "到了"


def test_a_fault_for_one_account_leaves_the_other_alone(tea: Doors, leaf: Doors) -> None:
    tea.control("faults", path="/cgi-bin/getcallbackip", errcode=-1, account="leaf")
    assert tea.code("/cgi-bin/getcallbackip") == 0
    assert leaf.code("/cgi-bin/getcallbackip") == -1


def test_every_call_is_on_record_without_its_secrets(tea: Doors) -> None:
    tea.stable()
    tea.code("/cgi-bin/user/info", query={"openid": "nobody"})
    told = tea.look("calls")
    assert told["counts"]["/cgi-bin/user/info"] == 1
    assert told["errors"]["/cgi-bin/user/info"] == {"40003": 1}
    assert "s" * 32 not in json.dumps(told)
    assert tea.token() not in json.dumps(told)


def test_controls_say_what_is_wrong_with_a_wish(tea: Doors) -> None:
    assert "error" in tea.control("clock", advance=-1)
    assert "error" in tea.control("faults", errcode=1)
    assert "error" in tea.control("faults", path="/x", nonsense=1)
    assert "error" in tea.set(nonsense=1)
    assert "error" in tea.set(double_redirect="yes")
    assert "error" in tea.control("settings", account="nobody")
