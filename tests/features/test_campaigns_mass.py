"""A mass message reaches everybody once, whatever is killed or lost on the way; and its numbers are WeChat's own."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import Conflict
from chalicelib.features import tokens
from chalicelib.features.campaigns import (
    Campaign,
    Document,
    dispatch,
    goals,
    mass,
    mass_lists,
    mass_parts,
    mass_reports,
    persons,
    recipients,
    store,
)
from chalicelib.features.campaigns import fates as f
from tests.campaigning import document, fates, funnel, phase, running, tick
from tests.crowd import follower
from tests.house import House, Json, eventually

SEND, SEND_ALL = "/cgi-bin/message/mass/send", "/cgi-bin/message/mass/sendall"
GET = "/cgi-bin/message/mass/get"
HELLO: Json = {"mass": {"msgtype": "text", "content": "新茶到了"}}
SOME = {"question": {"field": "following_days", "is": "at_least", "value": 0}}
A_DAY = 86_400


@pytest.fixture
def shop(house: House) -> House:
    """With its token, and three who follow."""
    tokens.refresh_all(house.svc)
    for openid in ("alice", "bob", "carol"):
        house.phone(openid, "follow")
    return house


def to_list(**told: Any) -> Document:
    return document("mass", HELLO, **({"holdout": 0, "cap": 9} | told))


def go(house: House, campaign: Campaign, times: int = 1) -> None:
    for _ in range(times):
        store.forget(house.svc, house.tea, campaign.campaign_id)
        mass.go(house.svc, house.tea, campaign.campaign_id)


def parts(house: House, campaign: Campaign) -> list[mass_parts.Part]:
    return mass_parts.listed(house.svc, house.tea, campaign.campaign_id)


def got(house: House, *openids: str) -> list[int]:
    return [sum(item["channel"] == "mass" for item in house.inbox(openid)) for openid in openids]


def reported(house: House, campaign: Campaign) -> None:
    """WeChat's report has come, and its job is done."""
    msg_ids = [part.msg_id for part in parts(house, campaign)]
    known = [lambda one=one: "verdict" in (mass_parts.report(house.svc, house.tea, one) or {}) for one in msg_ids]
    assert all(eventually(one) for one in known)
    mass_reports.look(house.svc, house.tea, campaign.campaign_id)


def ask(house: House, campaign: Campaign, agrees: bool) -> None:
    (part,) = parts(house, campaign)
    house.control("masses", account="tea", msg_id=part.msg_id, agrees=agrees)


def test_everybody_on_the_list_gets_it_once_and_the_numbers_are_wechats(shop: House) -> None:
    campaign = running(shop, ["alice", "bob", "carol"], to_list())
    go(shop, campaign, 3)
    reported(shop, campaign)

    assert got(shop, "alice", "bob", "carol") == [1, 1, 1]
    assert shop.count(SEND) == 1
    assert funnel(shop, campaign) == {"planned": 3, "a_delivered": 3}
    assert fates(shop, campaign) == dict.fromkeys(("alice", "bob", "carol"), "a")
    (told,) = mass_reports.told(shop.svc, shop.tea, campaign.campaign_id)
    assert (told.stage, told.of, told.able, told.sent, told.failed, told.why) == ("sent", 3, 3, 3, 0, "")


def test_who_refuses_left_or_had_four_is_a_number_and_never_a_name(shop: House) -> None:
    shop.control("settings", account="tea", openid="bob", refuses_messages=True)
    shop.control("settings", account="tea", mass_losses=1)
    campaign = running(shop, ["alice", "bob", "carol"], to_list())
    go(shop, campaign)
    reported(shop, campaign)

    assert funnel(shop, campaign) == {"planned": 3, "a_delivered": 1, "a_failed": 1, "a_refused": 1}
    assert set(fates(shop, campaign).values()) == {"a"}


@pytest.mark.parametrize("fault", [{"timeout": True}, {"status": 502}, {"errcode": -1}])
def test_an_answer_that_was_lost_is_asked_for_again_and_nobody_gets_two(shop: House, fault: Json) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("faults", path=SEND, after_effect=True, **fault)
    go(shop, campaign)
    assert parts(shop, campaign)[0].stage == "sending"
    shop.advance(70)
    go(shop, campaign, 2)
    reported(shop, campaign)

    assert got(shop, "alice", "bob") == [1, 1]
    assert (shop.count(SEND), shop.count(GET)) == (2, 1)
    assert funnel(shop, campaign) == {"planned": 2, "a_delivered": 2}


@pytest.mark.parametrize("call", ["note_taken", "settle", "change"])
def test_a_worker_killed_anywhere_after_the_call_leaves_no_doubt(
    shop: House, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    campaign = running(shop, ["alice", "bob"], to_list())
    with monkeypatch.context() as patched:
        patched.setattr(mass if call == "settle" else mass_parts, call, die)
        with pytest.raises(Killed):
            go(shop, campaign)
    assert got(shop, "alice", "bob") == [1, 1]
    shop.advance(70)
    go(shop, campaign, 2)
    reported(shop, campaign)

    assert got(shop, "alice", "bob") == [1, 1]
    assert funnel(shop, campaign) == {"planned": 2, "a_delivered": 2}


def test_a_report_before_the_answer_and_twice_is_counted_once(shop: House) -> None:
    shop.control("faults", event="doubled")
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("faults", path=SEND, timeout=True, after_effect=True)
    go(shop, campaign)
    assert eventually(lambda: bool(mass_parts.book(shop.svc, shop.tea)))
    shop.advance(70)
    go(shop, campaign, 2)
    reported(shop, campaign)
    reported(shop, campaign)

    assert funnel(shop, campaign) == {"planned": 2, "a_delivered": 2}


def test_without_an_answer_for_a_day_it_is_never_sent_again(shop: House) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("faults", path=SEND, timeout=True, times=2)
    go(shop, campaign)
    shop.advance(24 * 3600)
    tokens.refresh_all(shop.svc)
    go(shop, campaign)

    assert parts(shop, campaign)[0].stage == "unknown"
    assert funnel(shop, campaign) == {"planned": 2, "a_unknown": 2}


def test_a_name_without_a_number_is_believed_and_never_repeated(shop: House) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("faults", path=SEND, errcode=45065)
    go(shop, campaign, 2)

    assert (parts(shop, campaign)[0].stage, shop.count(SEND)) == ("unknown", 1)


def test_long_lists_are_several_calls_and_one_person_is_never_left_alone(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mass_lists, "A_LIST", 4)
    crowd = [follower(shop, f"guest-{n}") for n in range(9)]
    campaign = running(shop, crowd, to_list(), size=2)
    go(shop, campaign, 8)
    for _ in parts(shop, campaign):
        reported(shop, campaign)

    sizes = [part.people for part in parts(shop, campaign)]
    assert sum(sizes) == 9
    assert min(sizes) > 1
    assert got(shop, *crowd) == [1] * 9
    assert funnel(shop, campaign) == {"planned": 9, "a_delivered": 9}


def test_lists_that_were_half_made_are_gone_on_with(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    monkeypatch.setattr(mass_lists, "A_LIST", 4)
    crowd = [follower(shop, f"guest-{n}") for n in range(12)]
    campaign = running(shop, crowd, to_list(), size=2)
    add, left = mass_parts.add, iter([True, False])

    def dying(*given: Any) -> None:
        if not next(left, False):
            raise Killed
        add(*given)

    with monkeypatch.context() as patched:
        patched.setattr(mass_parts, "add", dying)
        with pytest.raises(Killed):
            go(shop, campaign)
    go(shop, campaign, 6)

    assert sum(part.people for part in parts(shop, campaign)) == 12
    assert got(shop, *crowd) == [1] * 12


def test_one_person_alone_is_told_in_words(shop: House) -> None:
    campaign = running(shop, ["alice"], to_list())
    go(shop, campaign, 2)

    assert (parts(shop, campaign)[0].stage, shop.count(SEND)) == ("failed", 0)
    assert funnel(shop, campaign) == {"planned": 1, "a_failed": 1}


def test_versions_and_those_held_out_go_to_lists_of_their_own(shop: House) -> None:
    crowd = [follower(shop, f"guest-{n}") for n in range(60)]
    other: Json = {"mass": {"msgtype": "text", "content": "老茶"}, "label": "B", "share": 50}
    told = document("mass", HELLO | {"label": "A", "share": 50}, other, holdout=20)
    campaign = running(shop, crowd, told)
    go(shop, campaign, 3)

    letters = {openid: f.letter_of(campaign.campaign_id, openid, told) for openid in crowd}
    said = {openid: [item["content"] for item in shop.inbox(openid)] for openid in crowd}
    assert all(said[one] == {"a": ["新茶到了"], "b": ["老茶"], "o": []}[letters[one]] for one in crowd)


def test_a_tag_is_one_call_and_nobody_is_planned(shop: House) -> None:
    tag_id = shop.tea.wechat.tags.create("熟客")
    shop.tea.wechat.tags.put_on(tag_id, ["alice", "bob"])
    campaign = running(shop, [], document("mass", HELLO, tag_id=tag_id))
    go(shop, campaign, 2)
    assert phase(shop, campaign)[0] == "settling"
    reported(shop, campaign)

    assert got(shop, "alice", "bob", "carol") == [1, 1, 0]
    assert funnel(shop, campaign) == {"planned": 2, "a_delivered": 2}
    tick(shop, campaign)
    assert phase(shop, campaign)[0] == "done"


def test_to_everybody_the_campaign_waits_for_the_administrator(shop: House) -> None:
    shop.control("settings", account="tea", confirm_masses=True)
    campaign = running(shop, [], document("mass", HELLO))
    go(shop, campaign)
    assert phase(shop, campaign) == ("waiting", "confirmation")
    assert got(shop, "alice") == [0]

    ask(shop, campaign, agrees=True)
    reported(shop, campaign)
    go(shop, campaign)

    assert got(shop, "alice", "bob", "carol") == [1, 1, 1]
    assert phase(shop, campaign)[0] == "settling"
    assert funnel(shop, campaign) == {"planned": 3, "a_delivered": 3}
    tick(shop, campaign)
    assert phase(shop, campaign)[0] == "done"


@pytest.mark.parametrize("answer", ["no", "never"])
def test_an_administrator_who_refuses_or_sleeps_ends_it(shop: House, answer: str) -> None:
    shop.control("settings", account="tea", confirm_masses=True)
    campaign = running(shop, [], document("mass", HELLO))
    go(shop, campaign)
    if answer == "no":
        ask(shop, campaign, agrees=False)
    else:
        shop.advance(1800)
    reported(shop, campaign)
    go(shop, campaign)

    (told,) = mass_reports.told(shop.svc, shop.tea, campaign.campaign_id)
    assert told.stage == "failed"
    assert "administrator" in told.why
    assert got(shop, "alice", "bob") == [0, 0]
    assert funnel(shop, campaign) == {"planned": 3, "a_failed": 3}


def test_when_the_report_of_the_administrators_answer_is_lost_wechat_is_asked(shop: House) -> None:
    shop.control("settings", account="tea", confirm_masses=True)
    campaign = running(shop, [], document("mass", HELLO))
    go(shop, campaign)
    shop.control("faults", event="lost")
    ask(shop, campaign, agrees=True)
    shop.advance(36 * 60)
    tick(shop, campaign)
    go(shop, campaign, 2)

    assert parts(shop, campaign)[0].stage == "accepted"
    assert phase(shop, campaign)[0] == "settling"


def test_a_report_that_never_comes_is_not_waited_for_longer_than_three_days(shop: House) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("faults", event="lost")
    go(shop, campaign, 2)
    shop.advance(3 * A_DAY + 60)
    tokens.refresh_all(shop.svc)
    mass_reports.look(shop.svc, shop.tea, campaign.campaign_id)

    assert funnel(shop, campaign) == {"planned": 2, "a_unreported": 2}


def test_what_wechat_stops_reached_nobody_and_says_why(shop: House) -> None:
    shop.control("settings", account="tea", mass_verdict="err(10001)")
    campaign = running(shop, ["alice", "bob"], to_list())
    go(shop, campaign)
    reported(shop, campaign)

    assert fates(shop, campaign) == {"alice": "f", "bob": "f"}
    assert funnel(shop, campaign) == {"planned": 2, "a_failed": 2}
    assert "advertising" in mass_reports.told(shop.svc, shop.tea, campaign.campaign_id)[0].why


@pytest.mark.parametrize("code", [42010, 45066])
def test_too_fast_is_put_off_by_a_minute(shop: House, code: int) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("faults", path=SEND, errcode=code)
    go(shop, campaign)
    assert phase(shop, campaign)[0] == "running"
    shop.advance(70)
    go(shop, campaign)

    assert got(shop, "alice", "bob") == [1, 1]


def test_a_spent_day_waits_for_midnight_in_shanghai(shop: House) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("settings", account="tea", daily_limits={SEND: 0})
    go(shop, campaign)

    now = store.find(shop.svc, shop.tea, campaign.campaign_id)
    assert now.phase == "waiting"
    assert now.why.startswith("45009")
    assert (now.waits_until + 8 * 3600) % A_DAY < 300


@pytest.mark.parametrize("code", [45028, 48001, 40007])
def test_what_only_a_person_can_mend_pauses_it_and_nobody_is_lost(shop: House, code: int) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("faults", path=SEND, errcode=code)
    go(shop, campaign, 3)
    assert phase(shop, campaign)[0] == "paused"
    assert phase(shop, campaign)[1].startswith(str(code))
    assert shop.count(SEND) == 1

    store.move(shop.svc, shop.tea, campaign.campaign_id, ("paused",), "running")
    go(shop, campaign)
    assert got(shop, "alice", "bob") == [1, 1]


def test_a_token_that_died_loses_nobody(shop: House) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("tokens", account="tea")
    go(shop, campaign)
    shop.advance(70)
    go(shop, campaign)

    assert got(shop, "alice", "bob") == [1, 1]


def test_a_cancelled_one_sends_nothing_more(shop: House) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    store.move(shop.svc, shop.tea, campaign.campaign_id, ("running",), "cancelled")
    go(shop, campaign, 2)

    assert shop.count(SEND) == 0


def test_cancelled_while_wechat_was_asked_nobody_knows_and_nothing_is_sent_again(shop: House) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    shop.control("faults", path=SEND, timeout=True)
    go(shop, campaign)
    store.move(shop.svc, shop.tea, campaign.campaign_id, ("running",), "cancelled")
    dispatch.call_off(shop.svc, shop.tea, campaign.campaign_id)
    shop.advance(70)
    go(shop, campaign)

    assert shop.count(SEND) == 1
    assert funnel(shop, campaign) == {"planned": 2, "a_unknown": 2}


def test_a_report_on_what_is_none_of_ours_is_harmless(shop: House) -> None:
    for job in ("1", "x" * 50, "9" * 30, ""):
        shop.phone("oMassHelper", "event", Event="MASSSENDJOBFINISH", MsgID=job, Status="send success", TotalCount="x")
    assert [one["told_all"] for one in mass_parts.book(shop.svc, shop.tea)] == [0]


def test_only_articles_and_videos_can_be_deleted(shop: House) -> None:
    campaign = running(shop, ["alice", "bob"], to_list())
    go(shop, campaign)
    with pytest.raises(Conflict, match="articles and videos"):
        mass_reports.delete(shop.svc, shop.tea, campaign.campaign_id)


def test_a_sent_article_is_deleted_and_twice_is_once(shop: House) -> None:
    media: Json = {"msgtype": "mpnews", "media_id": "draft-1"}
    shop.world.accounts["tea"].drafts["draft-1"] = {"items": [], "at": 0}
    campaign = running(shop, ["alice", "bob"], document("mass", {"mass": media}, cap=1))
    with pytest.raises(Conflict, match="Nothing of it was sent"):
        mass_reports.delete(shop.svc, shop.tea, campaign.campaign_id)
    go(shop, campaign)
    for _ in range(2):
        (told,) = mass_reports.delete(shop.svc, shop.tea, campaign.campaign_id)
        assert told.stage == "deleted"
    reported(shop, campaign)
    mass_reports.close(shop.svc, shop.tea, campaign.campaign_id, "a#000")

    assert shop.world.accounts["tea"].masses[told.msg_id]["status"] == "DELETE"
    assert "draft-1" not in shop.world.accounts["tea"].drafts


def test_the_days_of_a_goal_begin_when_the_list_went_out_and_not_with_its_planning(shop: House) -> None:
    goal = {"kind": "ordered", "within_days": 1}
    campaign = running(shop, ["alice", "bob"], to_list(goal=goal))
    shop.advance(3600)
    tokens.refresh_all(shop.svc)
    go(shop, campaign, 3)

    listed, _ = recipients.page(shop.svc, shop.tea, campaign.campaign_id)
    assert {shop.svc.now() - one.sent_at < 60 for one in listed} == {True}
    (place,) = {goals._begins(shop.svc, shop.tea, campaign, one) for one in places(shop, campaign)}
    assert place >= campaign.planned_at + 3600


def places(house: House, campaign: Campaign) -> list[persons.Place]:
    found = [persons.whereabouts(house.svc, house.tea, campaign, openid) for openid in ("alice", "bob")]
    return [place for place in found if place]
