"""Who agreed to notices: heard once, spent at most once, and never asked against their last word."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.features import notices, people, template_library, timeline, tokens
from chalicelib.wechat import messages
from chalicelib.wechat.errors import PersonRefused
from simulator.accounts import NoticeTemplate
from tests.house import House, Json, eventually
from tests.seeds import SEEDS

ONE, LONG = "notice-once", "notice-long"
A_YEAR = 366 * 86_400


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    account = house.world.accounts["tea"]
    account.notices[ONE] = NoticeTemplate(ONE, "到货通知", "商品:{{thing1.DATA}}")
    account.notices[LONG] = NoticeTemplate(LONG, "办事进度", "事项:{{thing1.DATA}}", type=3)
    template_library.sync(house.svc, house.tea)
    return house


def answers(house: House, said: str, template_id: str = ONE, openid: str = "alice", **more: Any) -> None:
    """A second later: two answers that are alike in the same one are a repeat to WeChat's own rules."""
    house.advance(1)
    house.phone(openid, "subscribe", answers={template_id: said}, **more)


def may(house: House, template_id: str = ONE, openid: str = "alice") -> bool:
    return notices.grants(house.svc, house.tea, [openid], template_id)[openid]


def take(house: House, template_id: str = ONE, openid: str = "alice") -> bool:
    return notices.take(house.svc, house.tea, openid, template_id)


def hear(
    house: House, event: str, listed: Any, at: int, openid: str = "alice", wrapper: str = "SubscribeMsgPopupEvent"
) -> None:
    fields: Json = {"ToUserName": "gh_tea", "FromUserName": openid, "CreateTime": str(at), "MsgType": "event"}
    fields |= {"Event": event, wrapper: {"List": listed}}
    notices.note(house.svc, house.tea, messages.message(fields))


def said(word: str, template_id: str = ONE) -> Json:
    return {"TemplateId": template_id, "SubscribeStatusString": word}


def test_nobody_has_agreed_who_was_not_asked(shop: House) -> None:
    assert notices.grants(shop.svc, shop.tea, ["alice", "bob"], ONE) == {"alice": False, "bob": False}
    assert not take(shop)
    assert notices.of_person(shop.svc, shop.tea, "alice") == []
    notices.forget(shop.svc, shop.tea, "alice", ONE)
    notices.give_back(shop.svc, shop.tea, "alice", ONE)
    assert not may(shop)


def test_one_yes_is_one_notice_a_year_later_too(shop: House) -> None:
    answers(shop, "accept")
    answers(shop, "accept")
    shop.advance(A_YEAR)
    assert may(shop)
    assert [take(shop) for _ in range(3)] == [True, True, False]


def test_a_no_in_the_popup_takes_nothing_that_was_agreed_and_one_in_the_settings_all(shop: House) -> None:
    answers(shop, "accept")
    answers(shop, "reject")
    (grant,) = notices.of_person(shop.svc, shop.tea, "alice")
    assert (grant.may, grant.remaining, grant.refused, grant.title) == (True, 1, True, "到货通知")
    shop.phone("alice", "decline", template_id=ONE)
    assert not may(shop)


@pytest.mark.parametrize("as_popup", [True, False])
def test_a_change_is_read_under_either_wrapper(shop: House, as_popup: bool) -> None:
    answers(shop, "accept")
    shop.phone("alice", "decline", template_id=ONE, as_popup=as_popup)
    assert not may(shop)


def test_a_long_term_yes_holds_until_it_is_taken_back(shop: House) -> None:
    answers(shop, "accept", LONG)
    assert [take(shop, LONG) for _ in range(3)] == [True] * 3
    shop.phone("alice", "decline", template_id=LONG)
    assert not take(shop, LONG) and not may(shop, LONG)
    answers(shop, "accept", LONG)
    assert may(shop, LONG)


def test_an_event_that_comes_twice_counts_once(shop: House) -> None:
    now = shop.svc.now()
    for _ in range(3):
        hear(shop, notices.POPUP, said("accept"), now)
    hear(shop, notices.POPUP, said("accept"), now + 1)
    (grant,) = notices.of_person(shop.svc, shop.tea, "alice")
    assert grant.remaining == 2


def test_several_templates_in_one_popup_and_one_alone_are_both_read(shop: House) -> None:
    now = shop.svc.now()
    hear(shop, notices.POPUP, [said("accept"), said("reject", "other"), said("accept", "third")], now)
    told = {one.template_id: one.may for one in notices.of_person(shop.svc, shop.tea, "alice")}
    assert told == {ONE: True, "other": False, "third": True}


def test_a_yes_that_is_older_than_their_no_is_none(shop: House) -> None:
    now = shop.svc.now()
    hear(shop, notices.CHANGE, said("reject"), now, wrapper="SubscribeMsgChangeEvent")
    hear(shop, notices.POPUP, said("accept"), now - 60)
    assert not may(shop)
    hear(shop, notices.POPUP, said("accept"), now + 60)
    assert may(shop)


@pytest.mark.parametrize(
    "listed",
    [{}, [], "", [{"TemplateId": ""}], [{"TemplateId": ONE, "SubscribeStatusString": "perhaps"}],
     [{"TemplateId": "x" * 999, "SubscribeStatusString": "accept"}], [{"TemplateId": {"a": "b"}}]],
)  # fmt: skip
def test_an_event_that_says_nothing_we_know_changes_nothing(shop: House, listed: Any) -> None:
    hear(shop, notices.POPUP, listed, shop.svc.now())
    assert notices.of_person(shop.svc, shop.tea, "alice") == []


def test_of_many_who_take_at_once_each_consent_is_taken_once(shop: House) -> None:
    for _ in range(3):
        answers(shop, "accept")
    with ThreadPoolExecutor(6) as crowd:
        taken = list(crowd.map(lambda _: take(shop), range(6)))
    assert sum(taken) == 3 and not may(shop)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_order_repeats_come_in_as_many_are_sent_as_were_agreed_to(shop: House, seed: int) -> None:
    chance = random.Random(seed)
    now = shop.svc.now()
    heard = [(now + n, "accept") for n in range(4)] * 2
    chance.shuffle(heard)
    taken = 0
    for at, word in heard:
        hear(shop, notices.POPUP, said(word), at)
        taken += chance.random() < 0.4 and take(shop)
    while take(shop):
        taken += 1
    assert taken == 4


def test_what_was_not_sent_is_given_back_but_not_against_a_no(shop: House) -> None:
    answers(shop, "accept")
    assert take(shop)
    notices.give_back(shop.svc, shop.tea, "alice", ONE)
    assert take(shop)
    shop.phone("alice", "decline", template_id=ONE)
    notices.give_back(shop.svc, shop.tea, "alice", ONE)
    assert not may(shop)


def test_wechats_word_that_there_is_no_consent_counts_more_than_ours(shop: House) -> None:
    answers(shop, "accept")
    shop.world.accounts["tea"].person("alice").consents.clear()
    with pytest.raises(PersonRefused):
        shop.tea.wechat.notices.send("alice", ONE, {"thing1": "龙井"})
    notices.forget(shop.svc, shop.tea, "alice", ONE)
    assert not may(shop)


def test_a_notice_reaches_the_phone_and_its_report_is_noted(shop: House) -> None:
    answers(shop, "accept")
    shop.tea.wechat.notices.send("alice", ONE, {"thing1": "龙井"}, page="https://tea.example/new")
    assert [one["content"] for one in shop.inbox("alice")] == ["商品:龙井"]
    assert eventually(lambda: notices.report(shop.svc, shop.tea, "alice", ONE))
    told = notices.report(shop.svc, shop.tea, "alice", ONE)
    assert told is not None and (told["outcome"], told["reason"]) == ("delivered", "0 success")


def test_a_notice_that_failed_says_why(shop: House) -> None:
    answers(shop, "accept")
    shop.control("settings", account="tea", openid="alice", refuses_templates="event")
    shop.tea.wechat.notices.send("alice", ONE, {"thing1": "龙井"})
    assert eventually(lambda: notices.report(shop.svc, shop.tea, "alice", ONE))
    told = notices.report(shop.svc, shop.tea, "alice", ONE)
    assert told is not None and (told["outcome"], told["reason"][:5]) == ("failed", "43101")


def test_other_messages_cost_nothing(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.svc, "table", None)
    fields: Json = {
        "ToUserName": "gh_tea",
        "FromUserName": "alice",
        "CreateTime": "1",
        "MsgType": "event",
        "Event": "CLICK",
    }
    notices.note(shop.svc, shop.tea, messages.message(fields))


def test_consents_are_kept_with_the_person_and_go_with_them(shop: House) -> None:
    answers(shop, "accept")
    kinds = {item["sk"].partition("#")[0] for item in shop.svc.table.under(people.key(shop.tea, "alice"))}
    assert "grant" in kinds


def test_the_timeline_tells_of_the_popup_in_words(shop: House) -> None:
    shop.phone("alice", "follow")
    answers(shop, "accept")
    happenings, _ = timeline.page(shop.svc, shop.tea, "alice")
    assert "作了选择" in happenings[0].text and "subscribe_msg" not in happenings[0].text


def test_a_no_that_is_older_than_their_yes_takes_nothing_of_it(shop: House) -> None:
    now = shop.svc.now()
    for template_id in (ONE, LONG):
        hear(shop, "subscribe_msg_popup_event", said("accept", template_id), now)
        hear(shop, "subscribe_msg_popup_event", said("reject", template_id), now - 60)
        assert may(shop, template_id), template_id
        hear(shop, "subscribe_msg_change_event", said("reject", template_id), now - 30)
        assert may(shop, template_id), template_id
    assert [(one.remaining, one.refused) for one in notices.of_person(shop.svc, shop.tea, "alice")][0][1] is False


def test_a_late_no_from_the_settings_leaves_the_one_yes_that_is_surely_newer(shop: House) -> None:
    now = shop.svc.now()
    for at in (now - 100, now):
        hear(shop, "subscribe_msg_popup_event", said("accept"), at)
    hear(shop, "subscribe_msg_change_event", said("reject"), now - 50)

    assert [take(shop), take(shop)] == [True, False]
