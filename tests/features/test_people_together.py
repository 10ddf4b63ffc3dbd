"""Votes and visits belong to the person whom they are about: in segments, in rules, on the card."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.features import days, followers, polls, segments, tags, timeline
from chalicelib.features.followers import activity
from chalicelib.features.identities import withdrawals
from chalicelib.wechat.errors import Unreachable
from tests.crowd import follower, profile
from tests.features.test_budgets import Bill, bill
from tests.features.test_withdrawals import tells
from tests.house import House, Json, eventually
from tests.polling import poll
from tests.signing_in import visits_of
from tests.visiting import HELLO, Browser

__all__ = ["bill"]

WECHAT = "MicroMessenger/8.0.49.2600(0x28003133) NetType/WIFI Language/zh_CN"
PHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) {WECHAT}"
NEWER = PHONE.replace("8.0.49.2600", "8.0.50.1")
TALKS = "Mozilla/5.0 (Linux; Android 13; 2201123C Build/TKQ1; wv) " + WECHAT


def work(house: House) -> None:
    while house.work():
        pass


def votes(house: House, asked: polls.Poll, openid: str) -> polls.Vote:
    return polls.vote(house.svc, house.tea, asked, openid, [[0], [0]])


def about(house: House, question: Json) -> list[str]:
    pages = segments.stream(house.svc, house.tea, question)
    return sorted(openid for page in pages for openid in page.openids)


def facts(house: House, openid: str = "alice") -> Json:
    told: Json = profile(house, openid).get("facts", {})
    return told


def value(house: House, fact: str, openid: str = "alice") -> Any:
    return facts(house, openid).get(fact, {}).get("value")


def comes(house: House, browser: str = PHONE, openid: str = "alice", **asked: str) -> Browser:
    """Signs in at a page of ours, in this browser."""
    one = Browser(house, user_agent=browser)
    assert one.sign_in(HELLO, openid, f"code-{house.svc.keys.one_time()[:9]}", **asked).status == 302
    return one


def opened(house: House, openid: str = "alice") -> None:
    followers.refresh_activity(house.svc, house.tea, openid)


def night(house: House) -> None:
    activity.refresh_all(house.svc, house.tea)
    work(house)


# Votes


def test_nobody_is_in_a_segment_of_voters_before_they_vote(shop: House) -> None:
    asked, other = poll(shop), poll(shop)
    for openid in ("alice", "bob", "carol"):
        follower(shop, openid)
    assert about(shop, {"event": "voted", "what": asked.poll_id}) == []

    votes(shop, asked, "alice")
    votes(shop, other, "bob")

    assert about(shop, {"event": "voted", "what": asked.poll_id}) == ["alice"]
    assert about(shop, {"not": {"event": "voted", "what": asked.poll_id}}) == ["bob", "carol"]
    assert about(shop, {"event": "voted"}) == ["alice", "bob"]
    assert about(shop, {"event": "voted", "what": "no such poll"}) == []


def test_all_ways_of_counting_voters_agree(shop: House) -> None:
    asked = poll(shop)
    for number in range(20):
        follower(shop, f"guest-{number}")
        if number % 4 == 0:
            votes(shop, asked, f"guest-{number}")
    question = {"event": "voted", "what": asked.poll_id, "within_days": 1}

    assert segments.count_exact(shop.svc, shop.tea, question) == (5, 20)
    assert segments.estimate(shop.svc, shop.tea, segments.read(question)) == segments.Estimate(5, 20, True)
    shop.advance(2 * days.A_DAY)
    assert segments.count_exact(shop.svc, shop.tea, question) == (0, 20)


def test_whoever_voted_in_two_editions_of_a_poll_voted_in_it_once(shop: House) -> None:
    follower(shop, "alice")
    for edition in ("1", "2"):
        sk = f"vote#0123456789ab#{edition}"
        shop.svc.table.put({"pk": "person#tea#alice", "sk": sk, "voted_at": shop.svc.now(), "expires": 2**40})

    assert about(shop, {"event": "voted", "what": "0123456789ab"}) == ["alice"]
    assert about(shop, {"event": "voted", "at_least": 2}) == []


def test_a_segment_explains_why_a_voter_is_in_it(shop: House) -> None:
    asked = poll(shop)
    follower(shop, "alice")
    votes(shop, asked, "alice")

    told = segments.explain(shop.svc, shop.tea, {"event": "voted", "what": asked.poll_id}, "alice", {})

    assert told.is_in and told.parts[0].value.startswith("1 ")


def test_without_a_rule_that_asks_a_vote_queues_nothing(shop: House) -> None:
    asked = poll(shop)
    follower(shop, "alice")
    votes(shop, asked, "alice")

    assert shop.work() == 0


def test_a_vote_tags_the_voter_soon_and_nobody_else(shop: House) -> None:
    asked, other, tag = poll(shop), poll(shop), tags.create(shop.svc, shop.tea, "评茶人").tag_id
    question = {"event": "voted", "what": asked.poll_id}
    tags.save_rule(shop.svc, shop.tea, name="评茶人", tag_id=tag, question=question)
    for openid in ("alice", "bob"):
        follower(shop, openid)
    votes(shop, asked, "alice")
    votes(shop, other, "bob")

    assert eventually(lambda: shop.work() >= 0 and tag in profile(shop, "alice").get("tag_ids", []), within=10)
    work(shop)
    assert tag not in profile(shop, "bob").get("tag_ids", [])


def test_a_vote_that_was_not_stored_gives_no_tag(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, tag = poll(shop), tags.create(shop.svc, shop.tea, "评茶人").tag_id
    tags.save_rule(shop.svc, shop.tea, name="评茶人", tag_id=tag, question={"event": "voted"})
    follower(shop, "alice")

    def killed(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shop.svc.table, "put_new_and_add", killed)
        votes(shop, asked, "alice")
    polls.thank(shop.svc, shop.tea, asked.poll_id, "alice")
    work(shop)

    assert profile(shop, "alice").get("tag_ids") is None


def test_a_voter_who_is_killed_right_after_the_vote_is_tagged_all_the_same(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, tag = poll(shop), tags.create(shop.svc, shop.tea, "评茶人").tag_id
    tags.save_rule(shop.svc, shop.tea, name="评茶人", tag_id=tag, question={"event": "voted"})
    follower(shop, "alice")
    store = shop.svc.table.put_new_and_add

    def dies_after(*told: Any) -> Any:
        store(*told)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shop.svc.table, "put_new_and_add", dies_after)
        votes(shop, asked, "alice")

    assert eventually(lambda: shop.work() >= 0 and tag in profile(shop, "alice").get("tag_ids", []), within=10)


def test_a_vote_costs_four_units_though_a_rule_asks_for_it(shop: House, bill: Bill) -> None:
    asked, tag = poll(shop), tags.create(shop.svc, shop.tea, "评茶人").tag_id
    tags.save_rule(shop.svc, shop.tea, name="评茶人", tag_id=tag, question={"event": "voted"})
    tags.asks(shop.svc, shop.tea, {"voted"})
    bill.units.clear()

    votes(shop, asked, "alice")

    assert (bill.units["write"], bill.units["index"], bill.units["read"]) == (4, 0, 0.5)


def test_the_timeline_calls_the_poll_by_its_name(shop: House) -> None:
    asked = poll(shop)
    follower(shop, "alice")
    votes(shop, asked, "alice")

    shown, _ = timeline.page(shop.svc, shop.tea, "alice")

    assert [one.text for one in shown if one.kind == "vote"] == [asked.title]


# Visits


def test_a_sign_in_notes_the_browser_with_the_visit_and_writes_no_profile(shop: House) -> None:
    follower(shop, "alice")
    before = profile(shop, "alice")
    comes(shop)

    (visit,) = visits_of(shop)
    assert visit["browser"] == {"device": "iPhone", "wechat_version": "8.0.49.2600", "language": "zh_CN"}
    assert profile(shop, "alice") == before


def test_a_browser_that_tells_nothing_leaves_nothing(shop: House) -> None:
    follower(shop, "alice")
    comes(shop, "curl/8")
    opened(shop)

    assert "browser" not in visits_of(shop)[0]
    assert facts(shop) == {}


def test_a_snapshots_browser_is_nobodys(shop: House) -> None:
    follower(shop, "alice")
    shop.world.accounts["tea"].person("alice").snapshot = True
    comes(shop)
    opened(shop)

    assert facts(shop) == {}
    assert about(shop, {"event": "visited"}) == []


def test_whoever_opens_the_person_sees_what_the_newest_visit_told(shop: House) -> None:
    follower(shop, "alice")
    comes(shop)
    first = shop.svc.now()
    shop.advance(days.A_DAY)
    comes(shop, NEWER)
    opened(shop)

    assert value(shop, "wechat_version") == "8.0.50.1"
    assert facts(shop)["device"]["source"] == "h5"
    assert first <= facts(shop)["wechat_version"]["at"] - days.A_DAY <= first + 2


def test_the_night_copies_it_to_the_card_so_that_segments_know(shop: House) -> None:
    for openid in ("alice", "bob", "carol"):
        follower(shop, openid)
    comes(shop, PHONE, "alice")
    comes(shop, TALKS, "bob")
    night(shop)

    assert about(shop, {"field": "device", "is": "is", "value": "iPhone"}) == ["alice"]
    assert about(shop, {"field": "device", "is": "starts_with", "value": "Android"}) == ["bob"]
    assert about(shop, {"field": "wechat_version", "is": "starts_with", "value": "8.0.49"}) == ["alice", "bob"]
    assert about(shop, {"field": "wechat_version", "is": "unknown"}) == ["carol"]
    assert about(shop, {"field": "facts.device", "is": "contains", "value": "2201123C"}) == ["bob"]


def test_visits_of_today_are_found_without_waiting_for_the_night(shop: House) -> None:
    for openid in ("alice", "bob"):
        follower(shop, openid)
    comes(shop)

    assert about(shop, {"event": "visited", "within_days": 7}) == ["alice"]
    assert about(shop, {"event": "visited", "at_least": 2}) == []


def test_a_second_night_writes_nothing(shop: House) -> None:
    follower(shop, "alice")
    comes(shop, scope="snsapi_userinfo")
    night(shop)
    before = profile(shop, "alice")
    shop.advance(days.A_DAY)
    comes(shop, scope="snsapi_userinfo")
    night(shop)
    opened(shop)

    assert profile(shop, "alice") == before


def test_a_night_costs_half_a_read_unit_for_a_quiet_follower(shop: House, bill: Bill) -> None:
    follower(shop, "alice")
    comes(shop)
    night(shop)
    bill.requests.clear()
    bill.units.clear()
    (entry,) = (row for name in followers.shelves.names(shop.tea) for row in shop.svc.table.shelved(name))
    bill.units.clear()

    activity._refresh(shop.svc, shop.tea, entry)

    assert (bill.units["read"], bill.units["write"]) == (0.5, 0)


def test_a_rule_about_visits_tags_whoever_comes(shop: House) -> None:
    tag = tags.create(shop.svc, shop.tea, "来过").tag_id
    tags.save_rule(shop.svc, shop.tea, name="来过", tag_id=tag, question={"event": "visited"})
    for openid in ("alice", "bob"):
        follower(shop, openid)
    comes(shop)
    work(shop)

    assert [tag in profile(shop, openid).get("tag_ids", []) for openid in ("alice", "bob")] == [True, False]


def test_without_a_rule_that_asks_a_sign_in_queues_nothing(shop: House) -> None:
    follower(shop, "alice")
    comes(shop)

    assert shop.work() == 0


def test_what_somebody_says_later_counts_more_than_a_visit(shop: House) -> None:
    follower(shop, "alice")
    comes(shop)
    shop.advance(60)
    followers.set_facts(shop.svc, shop.tea, "alice", {"device": "Mate 60"}, "answer")
    opened(shop)

    assert value(shop, "device") == "Mate 60"


def test_visitors_who_do_not_follow_get_no_profile(shop: House) -> None:
    comes(shop)
    opened(shop)
    visits_before = visits_of(shop)
    followers.visiting.copy(shop.svc, shop.tea, "alice")
    followers.visiting.retract(shop.svc, shop.tea, "alice", revoked=shop.svc.now())

    assert profile(shop, "alice") == {}
    assert visits_of(shop) == visits_before


def test_a_fact_that_an_operator_forgets_does_not_come_back_with_the_night(shop: House) -> None:
    follower(shop, "alice")
    comes(shop, scope="snsapi_userinfo")
    opened(shop)
    for fact in ("device", "nickname"):
        followers.forget_fact(shop.svc, shop.tea, "alice", fact)
    night(shop)
    opened(shop)

    assert (value(shop, "device"), value(shop, "nickname"), value(shop, "wechat_version")) == (
        None,
        None,
        "8.0.49.2600",
    )


# Nickname and picture


def test_a_silent_visit_tells_no_name(shop: House) -> None:
    follower(shop, "alice")
    comes(shop)
    opened(shop)

    assert {"nickname", "picture"} & facts(shop).keys() == set()


def test_a_consented_name_is_a_fact_with_its_consent_and_on_the_card(shop: House) -> None:
    follower(shop, "alice")
    comes(shop, scope="snsapi_userinfo")
    (visit,) = visits_of(shop)
    opened(shop)

    fact = facts(shop)["nickname"]
    assert (fact["value"], fact["source"]) == ("alice", "h5")
    assert fact["at"] == fact["consent"]["at"] == visit["consented"]
    assert "snsapi_userinfo" in fact["consent"]["text"]
    assert value(shop, "picture") == visit["picture"]
    card = followers.Card.read(profile(shop, "alice")["label"])
    assert card.name == "alice"
    assert card.facts["picture"] is True


def test_a_revocation_takes_name_and_picture_at_once_and_nothing_else(shop: House) -> None:
    follower(shop, "alice")
    comes(shop, scope="snsapi_userinfo")
    opened(shop)
    tells(shop, "user_authorization_revoke", RevokeInfo="205")

    assert facts(shop).keys() == {"device", "wechat_version", "language"}
    assert followers.Card.read(profile(shop, "alice")["label"]).name == ""


def test_whoever_copies_while_the_consent_is_revoked_does_not_bring_it_back(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is copied for the first time: there is no fact yet that the revocation could take."""
    follower(shop, "alice")
    comes(shop, scope="snsapi_userinfo")
    read = type(shop.svc.table).between

    def slow(table: Any, *asked: Any) -> Any:
        kept = list(read(table, *asked))
        monkeypatch.undo()
        tells(shop, "user_authorization_revoke", RevokeInfo="205")
        return iter(kept)

    monkeypatch.setattr(type(shop.svc.table), "between", slow)
    opened(shop)
    night(shop)

    assert {"nickname", "picture"} & facts(shop).keys() == set()


def test_a_new_consent_after_a_revocation_counts(shop: House) -> None:
    follower(shop, "alice")
    comes(shop, scope="snsapi_userinfo")
    opened(shop)
    tells(shop, "user_authorization_revoke", RevokeInfo="205")
    shop.advance(2)
    comes(shop, scope="snsapi_userinfo")
    opened(shop)

    assert value(shop, "nickname") == "alice"


def test_a_name_from_somewhere_else_stays_when_the_consent_goes(shop: House) -> None:
    follower(shop, "alice")
    comes(shop, scope="snsapi_userinfo")
    shop.advance(1)
    followers.set_facts(shop.svc, shop.tea, "alice", {"nickname": "王阿姨"}, "answer")
    tells(shop, "user_authorization_revoke", RevokeInfo="205")

    assert value(shop, "nickname") == "王阿姨"


def test_a_changed_name_is_changed_here_and_dropped_while_wechat_does_not_tell_it(shop: House) -> None:
    follower(shop, "alice")
    comes(shop, scope="snsapi_userinfo")
    opened(shop)
    shop.world.accounts["tea"].person("alice").nickname = "爱丽丝"
    shop.control("faults", path="/sns/oauth2/refresh_token", status=502)

    with pytest.raises(Unreachable):
        withdrawals.renew(shop.svc, shop.tea, "alice", modified=True)
    assert value(shop, "nickname") is None

    withdrawals.renew(shop.svc, shop.tea, "alice", modified=True)
    assert value(shop, "nickname") == "爱丽丝"
