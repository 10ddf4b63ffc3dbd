"""Customer-service messages: what opens the window, how many fit through it, and when it closes."""

from __future__ import annotations

import pytest

from tests.simulator.shop import REPLY, Doors, Json, Shop

SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"


def text(content: str = "在的", to: str = "alice") -> Json:
    return {"touser": to, "msgtype": "text", "text": {"content": content}}


def allowance(tea: Doors) -> list[int]:
    """Send until refused; the last is why."""
    codes = [0]
    while codes[-1] == 0 and len(codes) < 9:
        codes.append(tea.code(SEND, text()))
    return codes[1:]


def test_who_said_nothing_gets_nothing(tea: Doors) -> None:
    assert tea.code(SEND, text(to="nobody")) == 40003
    assert tea.code(SEND, text()) == 45015


def test_a_message_allows_five_in_48_hours(tea: Doors) -> None:
    tea.phone("alice", "say", text="hi")
    assert allowance(tea) == [0] * 5 + [45047]
    tea.phone("alice", "say", text="hi")
    assert tea.code(SEND, text()) == 0
    tea.advance(48 * 3600)
    tea._token = ""
    assert tea.code(SEND, text()) == 45015


@pytest.mark.parametrize("event", ["CLICK", "scancode_push", "scancode_waitmsg", "SCAN", "subscribe"])
def test_a_click_or_a_scan_allows_three_in_a_minute(tea: Doors, event: str) -> None:
    tea.phone("alice", "event", Event=event, EventKey="x")
    assert allowance(tea) == [0] * 3 + [45047]
    tea.phone("alice", "event", Event=event, EventKey="x")
    tea.advance(60)
    assert tea.code(SEND, text()) == 45015


@pytest.mark.parametrize("event", ["VIEW", "LOCATION", "pic_sysphoto", "location_select"])
def test_other_taps_allow_nothing(tea: Doors, event: str) -> None:
    tea.phone("alice", "event", Event=event, EventKey="x")
    assert tea.code(SEND, text()) == 45015


def test_allowances_do_not_add_up(tea: Doors) -> None:
    tea.phone("alice", "say", text="hi")
    tea.phone("alice", "tap", key="TODAY")
    assert allowance(tea) == [0] * 5 + [45047]
    tea.phone("alice", "tap", key="TODAY")
    tea.advance(3600)
    assert allowance(tea) == [0] * 3 + [45047]


def test_a_tap_on_a_menu_message_counts_as_a_click(tea: Doors) -> None:
    tea.phone("alice", "say", text="满意", bizmsgmenuid="101")
    assert allowance(tea) == [0] * 3 + [45047]


def test_after_a_payment_there_is_no_count(tea: Doors) -> None:
    tea.phone("alice", "pay")
    assert allowance(tea) == [0] * 8


def test_passive_replies_cost_nothing(tea: Doors, shop: Shop) -> None:
    shop.answer = lambda _: (200, REPLY.format(to="alice", text="你好"))
    tea.phone("alice", "say", text="hi")
    assert allowance(tea) == [0] * 5 + [45047]


def test_leaving_closes_the_window(tea: Doors) -> None:
    tea.phone("alice", "say", text="hi")
    tea.phone("alice", "unfollow")
    assert tea.code(SEND, text()) == 45015


def test_a_refused_message_costs_nothing(tea: Doors) -> None:
    tea.phone("alice", "say", text="hi")
    assert tea.code(SEND, text("")) == 44004
    assert tea.code(SEND, text("长" * 683)) == 45002
    assert tea.code(SEND, {"touser": "alice", "msgtype": "telegram"}) == 40008
    assert tea.code(SEND, {"touser": "alice", "msgtype": "image", "image": {"media_id": "none"}}) == 40007
    two = {"articles": [{"title": "1"}, {"title": "2"}]}
    assert tea.code(SEND, {"touser": "alice", "msgtype": "news", "news": two}) == 45008
    assert allowance(tea) == [0] * 5 + [45047]


def test_typing_needs_a_fresh_word_and_lasts_fifteen_seconds(tea: Doors) -> None:
    now = {"touser": "alice", "command": "Typing"}
    assert tea.code(TYPING, now) == 45080
    tea.phone("alice", "say", text="hi")
    assert [tea.code(TYPING, now) for _ in range(2)] == [0, 45081]
    tea.advance(15)
    assert tea.code(TYPING, now) == 0
    assert tea.code(TYPING, now | {"command": "Sing"}) == 45072
    tea.advance(31)
    assert tea.code(TYPING, now) == 45080


def test_staff_accounts_are_kept(tea: Doors) -> None:
    desk = {"kf_account": "desk1@tea", "nickname": "前台"}
    assert [tea.code("/customservice/kfaccount/add", desk) for _ in range(2)] == [0, 65406]
    assert tea.code("/customservice/kfaccount/add", desk | {"kf_account": "no-at"}) == 65401
    assert tea.call("/cgi-bin/customservice/getkflist")["kf_list"][0]["kf_nick"] == "前台"
