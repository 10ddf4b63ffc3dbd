"""Everything that happened with one person, as an operator reads it."""

from __future__ import annotations

import pytest

from chalicelib.errors import BadInput, NotFound
from chalicelib.features import conversations, days, followers, people, qrcodes, tags, templates, timeline
from chalicelib.features.timeline import Happening
from tests.crowd import follower
from tests.house import House

ECHO = {"type": "text", "content": "八十九元"}


def said(house: House, openid: str, at: int, words: str = "几点关门", **more: object) -> None:
    """As the conversation log keeps it."""
    told = {"kind": "text", "said": words, **more}
    house.svc.table.put({"pk": people.key(house.tea, openid), "sk": f"message#{at:011d}#{words}", **told})


def kept(house: House, openid: str, sk: str, **told: object) -> None:
    house.svc.table.put({"pk": people.key(house.tea, openid), "sk": sk, **told})


def pages(house: House, openid: str, limit: int) -> list[list[Happening]]:
    found, cursor = [], "first"
    while cursor:
        items, cursor = timeline.page(house.svc, house.tea, openid, "" if cursor == "first" else cursor, limit)
        found.append(items)
    return found


def kinds(items: list[Happening]) -> list[str]:
    return [one.kind for one in items]


def test_nobody_has_no_past(house: House) -> None:
    with pytest.raises(NotFound):
        timeline.page(house.svc, house.tea, "nobody")


@pytest.mark.parametrize("cursor", ["x", "1.1", "00000000001.", "00000000001.99999", "00000000001#a"])
def test_a_cursor_of_somebody_else_is_refused(house: House, cursor: str) -> None:
    follower(house, "alice")
    with pytest.raises(BadInput):
        timeline.page(house.svc, house.tea, "alice", cursor)


def test_who_only_follows_has_that_one_line(house: House) -> None:
    follower(house, "alice")
    items, cursor = timeline.page(house.svc, house.tea, "alice")
    assert (kinds(items), cursor) == (["follow"], "")


def test_a_conversation_is_told_with_its_answers_and_the_follow_just_once(shop: House) -> None:
    shop.phone("alice", "follow")
    shop.advance(60)
    shop.says("alice", "茶单")
    items, _ = timeline.page(shop.svc, shop.tea, "alice")
    assert kinds(items) == ["message", "follow"]
    assert items[0].text == "茶单"
    assert items[1].answer  # the welcome


def test_everything_is_there_in_order(shop: House) -> None:
    now = shop.svc.now()
    follower(shop, "alice", facts={"城市": {"value": "杭州", "source": "answer", "at": now - 900}})
    qrcodes.create(shop.svc, shop.tea, scene="stand-7", name="茶博会展位", kind="permanent")
    said(shop, "alice", now - 100, "stand-7", kind="event", event="scan")
    said(shop, "alice", now - 200, answer=ECHO, rest=[ECHO], later=[{"type": "image", "media_id": "m"}])
    said(shop, "alice", now - 300, "", kind="event", event="templatesendjobfinish")
    said(shop, "alice", now - 350, "MENU", kind="event", event="click")
    said(shop, "alice", now - 360, "", kind="image")
    kept(shop, "alice", "order#7", fen=26800, bought_at=now - 400)
    kept(shop, "alice", "visit#x", since=now - 500, is_virtual=False, granted="snsapi_base")
    kept(shop, "alice", "vote#0123456789ab", answers=[], voted_at=now - 600)
    kept(shop, "alice", "owed#x", reply=ECHO, since=now - 700)
    kept(shop, "alice", "told#x", kind="text", expires=now - 800 + days.A_DAY)
    kept(shop, "alice", "scan#x", scene="stand-7", at=now - 100, followed=False)
    kept(shop, "alice", "delivery#7", outcome="delivered")
    kept(shop, "alice", "ruled#gone", cause="x", given_at=now - 1000)

    items, cursor = timeline.page(shop.svc, shop.tea, "alice")
    assert cursor == ""
    assert [(one.kind, one.text) for one in items] == [
        ("scan", "茶博会展位"),
        ("message", "几点关门"),
        ("click", "MENU"),
        ("message", "[图片 picture]"),
        ("order", "¥268.00"),
        ("visit", ""),
        ("vote", "0123456789ab"),
        ("owed", "八十九元"),
        ("told", ""),
        ("fact", "城市：杭州"),
        ("tagged", "gone"),
        ("follow", ""),
    ]
    assert items[1].answer == "八十九元\n八十九元\n[图片 picture]"
    assert items[7].fate == "planned"


def test_a_template_message_is_told_with_its_words_and_its_fate(shop: House) -> None:
    follower(shop, "alice")
    templates.order(
        shop.svc, shop.tea, openid="alice", template_id="notice-template", data={"thing1": "明前龙井"}, once="o-7"
    )
    planned, _ = timeline.page(shop.svc, shop.tea, "alice")
    assert (planned[0].kind, planned[0].text, planned[0].fate) == ("template", "明前龙井", "planned")
    shop.work()
    sent, _ = timeline.page(shop.svc, shop.tea, "alice")
    assert sent[0].fate in ("accepted", "delivered")
    assert kinds(sent).count("template") == 1


def test_a_rule_is_called_by_its_name(shop: House) -> None:
    follower(shop, "alice")
    tag = tags.create(shop.svc, shop.tea, "熟客")
    question = {"field": "orders", "is": "at_least", "value": 2}
    rule = tags.save_rule(shop.svc, shop.tea, name="买过两次", tag_id=tag.tag_id, question=question, enabled=True)
    kept(shop, "alice", f"ruled#{rule.rule_id}", cause="x", given_at=shop.svc.now())
    assert timeline.page(shop.svc, shop.tea, "alice")[0][0].text == "买过两次"


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages_tell_everything_once_and_in_order_even_within_one_second(house: House, limit: int) -> None:
    now = house.svc.now()
    follower(house, "alice")
    for n in range(12):
        said(house, "alice", now - n // 4, f"word {n:02}")
        kept(house, "alice", f"order#{n}", fen=100 + n, bought_at=now - n // 4)
    for n in range(5):
        said(house, "alice", now - 1, f"report {n}", kind="event", event="templatesendjobfinish")

    found = [one for page in pages(house, "alice", limit) for one in page]
    assert sorted(one.text for one in found if one.kind == "message") == [f"word {n:02}" for n in range(12)]
    assert len([one for one in found if one.kind == "order"]) == 12
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    assert found[-1].kind == "follow"


def test_who_has_left_is_told_to_have_left(shop: House) -> None:
    shop.phone("alice", "follow")
    shop.advance(60)
    shop.phone("alice", "unfollow")
    items, _ = timeline.page(shop.svc, shop.tea, "alice")
    assert kinds(items)[0] == "leave"
    assert kinds(items).count("leave") == 1
    followers.leaving.erase_left(shop.svc, shop.tea)
    assert "leave" in kinds(timeline.page(shop.svc, shop.tea, "alice")[0])


def test_a_customer_service_message_leaves_its_trace(shop: House) -> None:
    shop.phone("alice", "follow")
    conversations.tell(shop.svc, shop.tea, openid="alice", reply=ECHO, once="late")
    assert "told" in kinds(timeline.page(shop.svc, shop.tea, "alice")[0])
