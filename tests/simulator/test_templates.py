"""Template messages: what is refused and in which order, what happens once, and how each ends."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.platform.templates import _RULES, KINDS
from tests.simulator.shop import Doors, Json, Shop

SEND = "/cgi-bin/message/template/send"
GOOD = {"thing1": {"value": "明前龙井"}, "amount2": {"value": "¥88.00"}}


def order(openid: str = "alice", data: Json | None = None, **more: Any) -> Json:
    return {"touser": openid, "template_id": "order", "data": GOOD if data is None else data} | more


def status_of(shop: Shop) -> list[str]:
    return [one.body.split("<Status><![CDATA[")[1].split("]]>")[0] for one in shop.got if "<Status>" in one.body]


def test_refusals_come_in_the_order_of_the_contract(tea: Doors, leaf: Doors) -> None:
    wrong = order("nobody", {"thing1": {"value": ""}}, template_id="none")
    assert tea.code(SEND, wrong, token="x" * 20) == 40014
    assert leaf.code(SEND, wrong) == 48001
    assert tea.code(SEND, wrong) == 40003
    tea.phone("dave", "pay")
    assert tea.code(SEND, wrong | {"touser": "dave"}) == 43004
    assert tea.code(SEND, wrong | {"touser": "alice"}) == 40037
    tea.set(openid="alice", refuses_templates=True)
    assert tea.code(SEND, wrong | {"touser": "alice", "template_id": "order"}) == 47003
    assert tea.code(SEND, order()) == 43101


def test_a_refused_field_is_named(tea: Doors) -> None:
    told = tea.call(SEND, order(data=GOOD | {"amount2": {"value": "many"}}))
    assert told["errmsg"].startswith("argument invalid! data.amount2.value invalid rid: ")
    assert tea.code(SEND, order(data={"thing1": {"value": "长" * 21}, "amount2": {"value": "1"}})) == 47003
    assert tea.code(SEND, order(data={"thing1": "not an object", "amount2": {"value": "1"}})) == 47003
    assert tea.code(SEND, order(data={"amount2": {"value": "1"}})) == 47003


@pytest.mark.parametrize(
    ("kind", "fits", "not_this"),
    [
        ("number", "12.5", "十二"),
        ("letter", "abc", "a1"),
        ("character_string", "NO-17", "单号"),
        ("time", "2026年5月1日 15:01", "tomorrow"),
        ("time", "15:01", "15"),
        ("date", "2026-05-01", "May"),
        ("amount", "100元", "100块"),
        ("phone_number", "+86-0766-66888866", "none"),
        ("car_number", "粤A8Z888挂", "粤A8Z888挂挂挂"),
        ("name", "张三", "张三丰张三丰张三丰张三"),
        ("phrase", "配送中", "on its way"),
    ],
)
def test_each_kind_of_field_has_its_rule(kind: str, fits: str, not_this: str) -> None:
    assert kind in KINDS
    assert _RULES[kind].fullmatch(fits)
    assert not _RULES[kind].fullmatch(not_this)


def test_a_sent_message_is_on_the_phone_and_its_end_is_told(tea: Doors, shop: Shop) -> None:
    told = tea.call(SEND, order(url="https://example.com/7"))
    shop.wait_for(1)
    shown = tea.inbox("alice")[-1]
    assert (shown["title"], shown["content"]) == ("订单", "商品：明前龙井\n金额：¥88.00")
    assert shown["url"] == "https://example.com/7"
    assert status_of(shop) == ["success"]
    assert f"<MsgID>{told['msgid']}</MsgID>" in shop.got[0].body


def test_free_keywords_take_anything(tea: Doors) -> None:
    assert tea.code(SEND, order(template_id="free", data={"first": {"value": "什么都行 " * 9}})) == 0


def test_the_same_client_msg_id_is_one_message_and_one_event(tea: Doors, shop: Shop) -> None:
    first = tea.call(SEND, order(client_msg_id="once-7"))
    again = tea.call(SEND, order(client_msg_id="once-7"))
    tea.call(SEND, order("bob", client_msg_id="once-7"))
    shop.wait_for(2)
    assert again == first
    assert len(tea.inbox("alice")) == len(tea.inbox("bob")) == 1
    assert len(shop.got) == 2
    tea.advance(600)
    assert tea.call(SEND, order(client_msg_id="once-7"))["msgid"] != first["msgid"]


def test_equal_content_without_an_id_must_wait_a_minute(tea: Doors) -> None:
    assert [tea.code(SEND, order()) for _ in range(2)] == [0, 40241]
    tea.advance(60)
    assert tea.code(SEND, order()) == 0


def test_who_blocked_templates_shows_in_the_event_only(tea: Doors, shop: Shop) -> None:
    tea.set(openid="alice", refuses_templates="event")
    assert tea.code(SEND, order()) == 0
    shop.wait_for(1)
    assert status_of(shop) == ["failed:user block"]
    assert tea.inbox("alice") == []


def test_events_can_be_lost_doubled_late_or_early(tea: Doors, shop: Shop) -> None:
    for event in ("lost", "doubled", "late", "before"):
        tea.control("faults", event=event)
    tea.call(SEND, order(client_msg_id="lost"))
    tea.call(SEND, order(client_msg_id="doubled"))
    shop.wait_for(2)
    tea.call(SEND, order(client_msg_id="late"))
    tea.call(SEND, order(client_msg_id="before"))
    assert len(shop.got) == 3
    tea.advance(60)
    shop.wait_for(4)
    assert len(shop.got) == 4


def test_a_held_message_is_delivered_by_itself(tea: Doors, shop: Shop) -> None:
    tea.control("faults", path=SEND, errcode=40252)
    told = tea.call(SEND, order())
    assert told["errcode"] == 40252
    assert tea.inbox("alice") == []
    tea.advance(2)
    shop.wait_for(1)
    assert len(tea.inbox("alice")) == 1
    assert f"<MsgID>{told['msgid']}</MsgID>" in shop.got[0].body


def test_an_event_that_is_not_taken_comes_again_without_a_notice(tea: Doors, shop: Shop) -> None:
    tea.set(pause_s=0.02)
    shop.answer = lambda _: (500, "")
    tea.call(SEND, order())
    shop.wait_for(3)
    assert len(shop.got) == 3
    assert [item["channel"] for item in tea.inbox("alice")] == ["template"]


def test_templates_are_added_listed_and_deleted_up_to_25(tea: Doors) -> None:
    for _ in range(23):
        made = tea.call("/cgi-bin/template/api_add_template", {"template_id_short": "1", "keyword_name_list": ["茶"]})
    assert tea.code("/cgi-bin/template/api_add_template", {"template_id_short": "TM1"}) == 45026
    listed = tea.call("/cgi-bin/template/get_all_private_template")["template_list"]
    assert listed[-1]["content"] == "茶：{{thing1.DATA}}"
    assert tea.code("/cgi-bin/template/del_private_template", made) == 0
    assert tea.code("/cgi-bin/template/del_private_template", made) == 40037
