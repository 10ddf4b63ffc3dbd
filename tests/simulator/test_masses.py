"""Mass messages: whom they reach, their quotas by day and month, the administrator, and what is told afterwards."""

from __future__ import annotations

import pytest

from tests.simulator.shop import Doors, Json, Shop

ALL, LIST = "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/send"
GET, DELETE = "/cgi-bin/message/mass/get", "/cgi-bin/message/mass/delete"
PREVIEW = "/cgi-bin/message/mass/preview"
A_DAY = 86_400


def text(words: str, **more: object) -> Json:
    return {"msgtype": "text", "text": {"content": words}, **more}


def to_all(words: str, **more: object) -> Json:
    return text(words, filter={"is_to_all": True}, **more)


def to_two(words: str, **more: object) -> Json:
    return text(words, touser=["alice", "bob"], **more)


def number(shop: Shop, at: int, name: str) -> int:
    return int(shop.got[at].body.split(f"<{name}>")[1].split("</")[0])


@pytest.fixture
def day(tea: Doors) -> Doors:
    """At noon, on a day that leaves the month some days more."""
    tea.wait_until(hour=12)
    return tea


def next_day(tea: Doors) -> None:
    tea.advance(A_DAY)
    tea._token = ""


@pytest.mark.parametrize(
    ("path", "told", "code"),
    [
        (ALL, text("x", filter={"is_to_all": False, "tag_id": 999}), 40152),
        (LIST, text("x", touser=["alice"]), 40130),
        (LIST, text("x", touser=["a"] * 10_001), 40032),
        (LIST, text("x", touser="alice"), 40031),
        (LIST, text("", touser=["alice", "bob"]), 44004),
        (LIST, {"touser": ["alice", "bob"], "msgtype": "dance"}, 45162),
        (LIST, {"touser": ["alice", "bob"], "msgtype": "wxcard", "wxcard": {}}, 45113),
        (LIST, {"touser": ["alice", "bob"], "msgtype": "voice", "voice": {"media_id": "none"}}, 40007),
        (LIST, to_two("x", clientmsgid="x" * 33), 45067),
        (GET, {"msg_id": 7}, 40059),
        (DELETE, {"msg_id": 7}, 40059),
        (PREVIEW, text("x", touser="nobody"), 40003),
    ],
)
def test_what_makes_no_sense_is_refused(tea: Doors, path: str, told: Json, code: int) -> None:
    assert tea.code(path, told) == code


def test_a_follower_of_a_service_account_gets_four_a_month(day: Doors, shop: Shop) -> None:
    for n in range(5):
        assert day.code(LIST, to_two(f"第{n}次")) == 0
    assert len(day.inbox("alice")) == 4
    shop.wait_for(5)
    assert sorted(number(shop, at, "SentCount") for at in range(5)) == [0, 2, 2, 2, 2]  # reports overtake each other
    assert sorted(number(shop, at, "FilterCount") for at in range(5)) == [0, 2, 2, 2, 2]


def test_everybody_is_sent_one_a_day_and_four_a_month(day: Doors) -> None:
    assert [day.code(ALL, to_all("一")), day.code(ALL, to_all("二"))] == [0, 45028]
    codes = []
    for n in range(31):
        next_day(day)
        codes.append(day.code(ALL, to_all(f"又{n}")))
    assert codes.count(0) in (3, 4, 7, 8)  # the rest of this month, and four of the next
    assert 45028 in codes


def test_a_verified_subscription_account_sends_one_a_day_and_no_lists(leaf: Doors) -> None:
    leaf.set(verified=True)
    leaf.wait_until(hour=12)
    assert leaf.code(LIST, to_two("x")) == 48001
    assert [leaf.code(ALL, to_all("一")), leaf.code(ALL, to_all("二"))] == [0, 45028]
    next_day(leaf)
    assert leaf.code(ALL, to_all("三")) == 0


def test_the_same_clientmsgid_is_known_for_a_day(tea: Doors) -> None:
    first = tea.call(LIST, to_two("茶", clientmsgid="order-7"))
    again = tea.call(LIST, to_two("别的", clientmsgid="order-7"))
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert tea.code(LIST, to_two("茶")) == 0
    assert tea.code(LIST, to_two("茶")) == 45065
    assert len(tea.inbox("alice")) == 2
    next_day(tea)
    assert tea.code(LIST, to_two("茶", clientmsgid="order-7")) == 0


def test_the_report_counts_who_refuses_left_or_got_lost(tea: Doors, shop: Shop) -> None:
    tea.control("people", account="tea", count=10)
    tea.set(mass_losses=2)
    tea.set(openid="alice", refuses_messages=True)
    tea.phone("bob", "unfollow")
    shop.wait_for(1)
    people = ["alice", "bob", *(f"crowd-{n}" for n in range(1, 11))]
    msg_id = tea.call(LIST, text("茶", touser=people))["msg_id"]
    shop.wait_for(2)
    told = [number(shop, 1, name) for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")]
    assert told == [12, 10, 8, 2]
    assert tea.call(GET, {"msg_id": msg_id})["msg_status"] == "SEND_SUCCESS"


def test_a_message_that_is_stopped_reaches_nobody(tea: Doors, shop: Shop) -> None:
    tea.set(mass_verdict="err(20008)")
    msg_id = tea.call(LIST, to_two("快发财"))["msg_id"]
    shop.wait_for(1)
    assert "err(20008)" in shop.got[0].body
    assert tea.call(GET, {"msg_id": msg_id})["msg_status"] == "SEND_FAIL"
    assert tea.inbox("alice") == []
    assert tea.code(LIST, to_two("好茶")) == 0


@pytest.mark.parametrize("agrees", [True, False])
def test_to_everybody_the_administrator_is_asked(tea: Doors, shop: Shop, agrees: bool) -> None:
    tea.set(confirm_masses=True)
    asked = tea.call(ALL, to_all("茶", clientmsgid="once"))
    assert asked["errcode"] == 89505
    again = tea.call(ALL, to_all("茶", clientmsgid="once"))
    assert (again["errcode"], again["msg_id"]) == (89504, asked["msg_id"])
    assert tea.look("masses", account="tea")["masses"][0]["status"] == "CONFIRMING"
    assert tea.inbox("alice") == []

    assert "error" in tea.control("masses", account="tea", msg_id=1, agrees=True)
    tea.control("masses", account="tea", msg_id=asked["msg_id"], agrees=agrees)
    shop.wait_for(1)
    assert ("send success" in shop.got[0].body, "err(40001)" in shop.got[0].body) == (agrees, not agrees)
    assert len(tea.inbox("alice")) == agrees
    assert "error" in tea.control("masses", account="tea", msg_id=asked["msg_id"], agrees=True)


def test_an_administrator_who_does_not_answer_has_refused(tea: Doors, shop: Shop) -> None:
    tea.set(confirm_masses=True)
    msg_id = tea.call(ALL, to_all("茶"))["msg_id"]
    assert tea.call(GET, {"msg_id": msg_id})["msg_status"] == "SENDING"
    tea.advance(1800)
    shop.wait_for(1)
    assert "err(40002)" in shop.got[0].body
    assert tea.call(GET, {"msg_id": msg_id})["msg_status"] == "SEND_FAIL"


def test_a_sent_article_is_a_draft_no_more_and_can_be_deleted(tea: Doors) -> None:
    thumb = tea.call("/cgi-bin/draft/add", {"articles": [{"title": "茶", "content": "x", "article_type": "newspic"}]})
    article = {"touser": ["alice", "bob"], "msgtype": "mpnews", "mpnews": thumb}
    sent = tea.call(LIST, article)
    assert {"msg_id", "msg_data_id"} <= sent.keys()
    assert tea.code("/cgi-bin/draft/get", thumb) == 40007
    assert tea.code(DELETE, {"msg_id": sent["msg_id"], "article_idx": -1}) == 40060
    assert tea.code(DELETE, {"msg_id": sent["msg_id"]}) == 0
    assert tea.call(GET, {"msg_id": sent["msg_id"]})["msg_status"] == "DELETE"
    words = tea.call(LIST, to_two("茶"))
    assert tea.code(DELETE, {"msg_id": words["msg_id"]}) == 40065


def test_a_preview_shows_on_one_phone_and_not_without_end(tea: Doors) -> None:
    tea.set(daily_limits={PREVIEW: 2})
    assert [tea.code(PREVIEW, text("茶", touser="alice")) for _ in range(3)] == [0, 0, 45009]
    assert [item["channel"] for item in tea.inbox("alice")] == ["preview", "preview"]


def test_sixty_a_minute_and_a_hundred_a_day(tea: Doors) -> None:
    told = [tea.code(GET, {"msg_id": 1}) for _ in range(61)]
    assert (told[59], told[60]) == (40059, 42010)
    asked = tea.call("/cgi-bin/openapi/quota/get", {"cgi_path": LIST})
    assert asked["quota"]["daily_limit"] == 100
    assert asked["rate_limit"] == {"call_count": 60, "refresh_second": 60}


def test_words_are_looked_at_for_mini_programs_alone(tea: Doors) -> None:
    path = "/wxa/msg_sec_check"
    told = {"version": 2, "scene": 4, "openid": "alice", "content": "新茶到了"}
    assert tea.code(path, told) == 48001
    tea.set(kind="miniprogram")
    assert tea.code(path, told) == 61010
    tea.phone("alice", "visit")
    assert tea.call(path, told)["result"] == {"suggest": "pass", "label": 100}
    risky = tea.call(path, told | {"content": "来赌博吧"})
    assert risky["result"]["suggest"] == "risky"
    assert risky["detail"][1]["keyword"] == "赌博"
    assert tea.call(path, told | {"title": "最便宜"})["result"]["suggest"] == "review"
    for wrong, code in (
        ({"version": 1}, 40035), ({"scene": 9}, 40129), ({"content": ""}, 44004), ({"content": "茶" * 2501}, 45002),
        ({"openid": "x"}, 40003),
    ):  # fmt: skip
        assert tea.code(path, told | wrong) == code
    tea.set(minute_limits={path: 1})
    assert [tea.code(path, told) for _ in range(2)][-1] == 44991
    tea.advance(7200)
    tea._token = ""
    assert tea.code(path, told) == 61010


def test_only_a_mini_program_can_be_opened(tea: Doors) -> None:
    assert "error" in tea.phone("alice", "visit")
