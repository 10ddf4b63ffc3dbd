"""Subscription notices: taking one from the library, the popup, sending, the events, and what is refused."""

from __future__ import annotations

import pytest

from simulator.platform.notice_library import TITLES
from tests.simulator.shop import Doors, Json, Shop

SEND = "/cgi-bin/message/subscribe/bizsend"
NEWTMPL = "/wxaapi/newtmpl/"
READY = {"thing1": {"value": "明前龙井"}, "character_string2": {"value": "A017"}}


def take(tea: Doors, tid: str = "1001", kids: tuple[int, ...] = (1, 2), scene: str = "取餐") -> str:
    told = tea.call(NEWTMPL + "addtemplate", {"tid": tid, "kidList": list(kids), "sceneDesc": scene})
    assert told["errcode"] == 0, told
    return str(told["priTmplId"])


def send(tea: Doors, template_id: str, openid: str = "alice", data: Json | None = None) -> int:
    return tea.code(SEND, {"touser": openid, "template_id": template_id, "data": READY if data is None else data})


def field(shop: Shop, at: int, name: str) -> str:
    return shop.got[at].body.split(f"<{name}>")[1].split(f"</{name}>")[0].removeprefix("<![CDATA[").removesuffix("]]>")


def test_the_library_is_browsed_by_category(tea: Doors) -> None:
    assert [one["id"] for one in tea.call(NEWTMPL + "getcategory")["data"]] == [616, 307]
    asked = {"ids": "616,307", "start": "0", "limit": "30"}
    first = tea.call(NEWTMPL + "getpubtemplatetitles", query=asked)
    assert (first["count"], len(first["data"])) == (45, 30)
    second = tea.call(NEWTMPL + "getpubtemplatetitles", query=asked | {"start": "30"})
    assert len({one["tid"] for one in first["data"] + second["data"]}) == 45
    rows = tea.call(NEWTMPL + "getpubtemplatekeywords", query={"tid": "1001"})["data"]
    assert rows[1] == {"kid": 2, "name": "取餐码", "example": "A017", "rule": "character_string"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"start": "0", "limit": "30"}, 200018),
        ({"ids": "900", "start": "0", "limit": "30"}, 200019),
        ({"ids": "616", "start": "-1", "limit": "30"}, 200016),
        ({"ids": "616", "start": "0", "limit": "31"}, 200017),
        ({"ids": "616", "start": "0", "limit": "0"}, 200017),
    ],
)
def test_a_question_to_the_library_that_makes_no_sense(tea: Doors, query: Json, code: int) -> None:
    assert tea.code(NEWTMPL + "getpubtemplatetitles", query=query) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tid": "7"}, 200014),
        ({"tid": "9001"}, 200014),
        ({"kidList": [1]}, 200020),
        ({"kidList": [1, 2, 3, 4, 5, 6]}, 200020),
        ({"kidList": [1, 99]}, 200020),
        ({"kidList": [1, 1]}, 200022),
        ({"sceneDesc": "长" * 16}, 200021),
        ({"sceneDesc": ""}, 200021),
    ],
)
def test_a_notice_that_cannot_be_taken(tea: Doors, change: Json, code: int) -> None:
    good: Json = {"tid": "1001", "kidList": [1, 2], "sceneDesc": "取餐"}
    assert tea.code(NEWTMPL + "addtemplate", good | change) == code
    assert tea.call(NEWTMPL + "gettemplate")["data"] == []


def test_a_full_library_takes_no_more_until_one_is_deleted(tea: Doors) -> None:
    tea.set(most_notices=2)
    first, _ = take(tea), take(tea, "1002")
    assert tea.code(NEWTMPL + "addtemplate", {"tid": "1003", "kidList": [1, 2], "sceneDesc": "x"}) == 200012
    assert tea.code(NEWTMPL + "deltemplate", {"priTmplId": first}) == 0
    assert tea.code(NEWTMPL + "deltemplate", {"priTmplId": first}) == 40037
    take(tea, "1003")


def test_the_fields_are_named_by_kind_and_number_and_a_const_lists_its_words(tea: Doors) -> None:
    template_id = take(tea, kids=(1, 6))
    row = tea.call(NEWTMPL + "gettemplate")["data"][0]
    assert (row["priTmplId"], row["type"], row["content"]) == (
        template_id,
        2,
        "商品:{{thing1.DATA}}\n状态:{{const6.DATA}}",
    )
    assert row["keywordEnumValueList"][0]["enumValueList"] == ["制作中", "已完成", "已取消"]
    tea.phone("alice", "subscribe", answers={template_id: "accept"})
    assert send(tea, template_id, data={"thing1": {"value": "茶"}, "const6": {"value": "在路上"}}) == 47003
    assert send(tea, template_id, data={"thing1": {"value": "茶"}, "const6": {"value": "已完成"}}) == 0


def test_refusals_come_in_order_and_without_a_consent_nothing_goes_out(tea: Doors, leaf: Doors) -> None:
    template_id = take(tea)
    assert leaf.code(SEND, {"touser": "nobody", "template_id": "none", "data": {}}) == 48001
    assert send(tea, "none", "nobody") == 40003
    assert send(tea, "none") == 40037
    assert send(tea, template_id, data={"thing1": {"value": "长" * 21}}) == 47003
    assert send(tea, template_id) == 43101
    assert tea.inbox("alice") == []


def test_one_accept_is_one_notice_however_late_and_followers_need_not_be(tea: Doors, shop: Shop) -> None:
    template_id = take(tea)
    tea.phone("dave", "subscribe", answers={template_id: "accept"}, scene=2)
    assert field(shop, 0, "SubscribeStatusString") == "accept"
    assert field(shop, 0, "PopupScene") == "2"
    tea.phone("dave", "subscribe", answers={template_id: "accept"})
    assert [send(tea, template_id, "dave") for _ in range(3)] == [0, 0, 43101]
    shop.wait_for(4)
    assert shop.kinds() == ["subscribe_msg_popup_event"] * 2 + ["subscribe_msg_sent_event"] * 2
    assert (field(shop, 2, "ErrorCode"), field(shop, 2, "TemplateId")) == ("0", template_id)
    shown = tea.inbox("dave")
    assert [one["type"] for one in shown] == ["subscription"] * 2
    assert shown[0]["content"] == "商品:明前龙井\n取餐码:A017"


def test_who_rejects_gets_nothing_and_switching_off_ends_what_was_agreed(tea: Doors, shop: Shop) -> None:
    template_id = take(tea)
    tea.phone("alice", "subscribe", answers={template_id: "reject"})
    assert send(tea, template_id) == 43101
    tea.phone("alice", "subscribe", answers={template_id: "accept"})
    tea.phone("alice", "decline", template_id=template_id, as_popup=True)
    assert send(tea, template_id) == 43101
    assert "<SubscribeMsgPopupEvent>" in shop.got[-1].body
    assert shop.kinds()[-1] == "subscribe_msg_change_event"


def test_a_long_term_notice_needs_one_accept_for_all(tea: Doors) -> None:
    tea.control("categories", account="tea", categories=[616, 900])
    template_id = take(tea, "9001", (1, 3))
    once = take(tea)
    data = {"thing1": {"value": "居住证"}, "date3": {"value": "2026年11月23日"}}
    told = tea.phone("alice", "subscribe", answers={template_id: "accept", once: "accept"})
    assert "not asked for together" in told["error"]
    tea.phone("alice", "subscribe", answers={template_id: "accept"})
    assert [send(tea, template_id, data=data) for _ in range(3)] == [0, 0, 0]
    tea.phone("alice", "decline", template_id=template_id)
    assert send(tea, template_id, data=data) == 43101


def test_a_refusal_may_come_afterwards_as_an_event(tea: Doors, shop: Shop) -> None:
    template_id = take(tea)
    tea.phone("alice", "subscribe", answers={template_id: "accept"})
    tea.set(openid="alice", refuses_templates="event")
    assert send(tea, template_id) == 0
    shop.wait_for(2)
    assert field(shop, 1, "ErrorCode") == "43101"
    assert tea.inbox("alice") == []


def test_events_are_lost_or_doubled_as_those_of_templates(tea: Doors, shop: Shop) -> None:
    template_id = take(tea)
    for _ in range(2):
        tea.phone("alice", "subscribe", answers={template_id: "accept"})
    tea.control("faults", event="lost", account="tea")
    tea.control("faults", event="doubled", account="tea")
    assert [send(tea, template_id) for _ in range(2)] == [0, 0]
    shop.wait_for(4)
    assert shop.kinds().count("subscribe_msg_sent_event") == 2


def test_a_category_taken_away_takes_its_templates_along(tea: Doors) -> None:
    mine, lost = take(tea), take(tea, "2001")
    number = tea.call("/cgi-bin/template/api_add_template", {"template_id_short": "43216"})["template_id"]
    tea.control("categories", account="tea", categories=[616])
    assert [one["priTmplId"] for one in tea.call(NEWTMPL + "gettemplate")["data"]] == [mine]
    tea.control("categories", account="tea", categories=[307])
    listed = tea.call("/cgi-bin/template/get_all_private_template")["template_list"]
    assert [one["template_id"] for one in listed] == ["order", "free"]
    assert number not in str(listed) and lost not in str(listed)
    assert "at most 5" in tea.control("categories", account="tea", categories=[307, 616, 670, 900, 901, 902])["error"]
    for _ in range(3):
        tea.control("categories", account="tea", categories=[307])
    assert "changes a month" in tea.control("categories", account="tea", categories=[616])["error"]


def test_a_popup_that_no_phone_shows(tea: Doors) -> None:
    template_id = take(tea)
    none, half = {"answers": {template_id: "maybe"}}, {"answers": {template_id: "accept"}, "scene": 0}
    wrongs: tuple[Json, ...] = ({}, {"answers": {}}, none, half)
    for wrong in wrongs:
        assert "answers are needed" in tea.phone("alice", "subscribe", **wrong)["error"]
    assert "no such template" in tea.phone("alice", "subscribe", answers={"none": "accept"})["error"]
    assert "no such template" in tea.phone("alice", "decline", template_id="none")["error"]
    six = dict.fromkeys(list(TITLES)[:6], "accept")
    assert "5 templates at most" in tea.phone("alice", "subscribe", answers=six)["error"]
