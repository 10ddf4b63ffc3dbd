"""What is told late: by a job that waited, an event that was overtaken, a message that somebody redrove."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.features import followers, people, tags
from chalicelib.features.followers import hearing, leaving
from chalicelib.features.tags import applying
from chalicelib.wechat import messages
from tests.crowd import follower, profile
from tests.house import House

A_DAY = 86_400


def told(house: House, at: int, event: str = "", openid: str = "alice") -> None:
    heard = {"FromUserName": openid, "ToUserName": "gh_tea", "CreateTime": str(at), "MsgType": "event", "Event": event}
    said = {**heard, "MsgType": "text", "Content": "茶", "MsgId": "7"}
    followers.note(house.svc, house.tea, messages.message(heard if event else said))


def kept(house: House, openid: str = "alice") -> list[str]:
    return [item["sk"] for item in house.svc.table.under(people.key(house.tea, openid), fresh=True)]


def erased(house: House, openid: str = "alice") -> int:
    """When somebody left who came ten days ago, and of whom nothing is kept any more."""
    follower(house, openid)
    at = house.svc.now()
    told(house, at, "unsubscribe", openid)
    leaving.erase(house.svc, house.tea, openid)
    return at


@pytest.mark.parametrize("event", ["subscribe", "click", ""])
def test_what_happened_before_they_left_brings_nobody_back_who_is_erased(shop: House, event: str) -> None:
    at = erased(shop)

    told(shop, at - 60, event)

    assert kept(shop) == []


@pytest.mark.parametrize("event", ["subscribe", "click", ""])
def test_what_happens_after_they_left_does(shop: House, event: str) -> None:
    at = erased(shop)

    told(shop, at + 60, event)

    assert (profile(shop, "alice")["following"], profile(shop, "alice")["returned"]) == (True, True)


def test_a_return_that_is_told_after_the_next_leaving_is_over(shop: House) -> None:
    follower(shop, "alice")
    now = shop.svc.now()
    told(shop, now, "unsubscribe")
    told(shop, now + 300, "unsubscribe")
    told(shop, now + 200, "subscribe")
    told(shop, now + 250)

    assert profile(shop, "alice")["following"] is False
    (gone,) = shop.svc.table.under("gone#tea")
    assert (gone["times"], gone["left_at"]) == (1, now)


def test_an_answer_of_wechat_about_somebody_erased_meanwhile_is_not_believed(shop: House) -> None:
    follower(shop, "alice")
    known, asked_at = profile(shop, "alice"), shop.svc.now()
    info = {"openid": "alice", "subscribe": 1, "subscribe_time": asked_at - A_DAY, "remark": "王阿姨"}
    leaving.leave(shop.svc, shop.tea, "alice", asked_at)
    leaving.erase(shop.svc, shop.tea, "alice")

    assert hearing.hear(shop.svc, shop.tea, info, asked_at, known, False) == (False, False)

    assert kept(shop) == []


def test_an_order_of_somebody_who_is_erased_at_that_moment_is_not_kept(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower(shop, "alice")
    put_new = shop.svc.table.put_new

    def erased_meanwhile(item: dict[str, Any]) -> dict[str, Any] | None:
        leaving.erase(shop.svc, shop.tea, "alice")
        return put_new(item)

    monkeypatch.setattr(shop.svc.table, "put_new", erased_meanwhile)
    assert followers.note_order(shop.svc, shop.tea, "alice", "order-7", 8900, shop.svc.now()) is None

    assert kept(shop) == []


def test_a_rules_mark_is_not_left_with_somebody_who_is_erased_at_that_moment(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower(shop, "alice", orders=2)
    tag_id = tags.create(shop.svc, shop.tea, "熟客").tag_id
    bought = {"field": "orders", "is": "at_least", "value": 2}
    tags.save_rule(shop.svc, shop.tea, name="a rule", tag_id=tag_id, question=bought)
    apply = tags.tagging.apply

    def erased_meanwhile(*arguments: Any) -> Any:
        outcome = apply(*arguments)
        leaving.erase(shop.svc, shop.tea, "alice")
        return outcome

    monkeypatch.setattr(tags.tagging, "apply", erased_meanwhile)
    applying.happened(shop.svc, shop.tea, "alice", ["ordered"])

    assert shop.count("/cgi-bin/tags/members/batchtagging") == 1
    assert kept(shop) == []
