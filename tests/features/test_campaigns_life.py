"""A campaign from its draft to its end: who starts, stops and changes it, when, and what it does by itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chalicelib.errors import BadInput, Conflict, NotFound
from chalicelib.features import days, schedules, template_names, tokens
from chalicelib.features.campaigns import Campaign, audience, chunks, control, dispatch, reading, store
from chalicelib.features.campaigns.campaign import quiet_until
from tests.automating import forget_queues, undelayed, work
from tests.campaigning import WORDS, adds_up, document, fates, funnel, messages, phase
from tests.crowd import follower
from tests.house import NOTICE, House, Json

MINUTE, HOUR = 60, 3600


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    template_names.save(house.svc, house.tea, "notice", NOTICE)
    return house


def draft(shop: House, **told: Any) -> Campaign:
    return store.create(shop.svc, shop.tea, document(**told), "小满")


def start(shop: House, **told: Any) -> Campaign:
    return control.start(shop.svc, shop.tea, draft(shop, **told).campaign_id)


def tick(shop: House, seconds: int = 0) -> None:
    """So much later the clock comes, and whatever it queues is done."""
    shop.advance(seconds)
    with undelayed(shop):
        dispatch.start_due(shop.svc)
        work(shop)


def clock_to(shop: House, hour: int, minute: int = 0) -> None:
    """Until the clocks in Shanghai show it next."""
    now = days.minute(shop.svc.now())
    shop.advance(((hour * 60 + minute - now) % 1440) * 60 - shop.svc.now() % 60)


def find(shop: House, campaign: Campaign) -> Campaign:
    shop.svc.forget(f"campaign#tea#{campaign.campaign_id}")
    return store.find(shop.svc, shop.tea, campaign.campaign_id)


def test_a_campaign_goes_to_everybody_once_and_ends_when_all_is_reported(shop: House) -> None:
    people = [follower(shop, f"guest-{number}") for number in range(30)]
    campaign = start(shop)
    assert campaign.phase == "planning" and campaign.started_at

    tick(shop)
    assert [messages(shop, one) for one in people] == [["茶友，新茶到了"]] * 30
    assert find(shop, campaign).audience == 30
    tick(shop, MINUTE)
    tick(shop, MINUTE)
    tick(shop, MINUTE)

    assert phase(shop, campaign) == ("done", "")
    assert funnel(shop, campaign) == {"planned": 30, "a_delivered": 30}
    adds_up(shop, campaign, 30)
    assert list(shop.svc.table.shelved(store.SHELF)) == []  # the clock has nothing left to look at


def test_a_campaign_to_nobody_ends_at_once(shop: House) -> None:
    campaign = start(shop)
    tick(shop)
    tick(shop, MINUTE)
    assert phase(shop, campaign) == ("done", "") and find(shop, campaign).audience == 0


def test_a_segment_is_as_it_is_at_the_start_and_who_comes_later_is_not_in_it(shop: House) -> None:
    follower(shop, "rich", orders=5)
    follower(shop, "poor")
    asked: Json = {"field": "orders", "is": "at_least", "value": 2}
    campaign = start(shop, question=asked)
    shop.advance(5)
    follower(shop, "late", days_ago=0, orders=9)

    tick(shop)

    assert fates(shop, campaign).keys() == {"rich"}


def test_whoever_is_blocked_is_in_it_and_gets_nothing(shop: House) -> None:
    follower(shop, "alice")
    follower(shop, "mallory", blocked=True)
    campaign = start(shop)
    tick(shop)
    assert fates(shop, campaign)["mallory"] == "s"
    assert funnel(shop, campaign)["suppressed"] == 1 and messages(shop, "mallory") == []
    adds_up(shop, campaign, 2)


def test_the_holdout_gets_nothing_and_everybody_else_their_variant(shop: House) -> None:
    people = [follower(shop, f"guest-{number}") for number in range(60)]
    other = {"template": "notice", "fields": {"thing1": "另一种说法"}, "share": 50, "label": "B"}
    campaign = store.create(shop.svc, shop.tea, document("template", WORDS | {"share": 50}, other, holdout=20), "小满")
    control.start(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop)
    found = funnel(shop, campaign)
    said = [messages(shop, one) for one in people]
    assert said.count([]) == found["o_planned"] > 0
    assert said.count(["另一种说法"]) > 5 and said.count(["茶友，新茶到了"]) > 5
    adds_up(shop, campaign, 60)


# Starting.


def test_a_start_twice_is_one(shop: House) -> None:
    follower(shop, "alice")
    campaign = start(shop)
    again = control.start(shop.svc, shop.tea, campaign.campaign_id)
    assert again.phase == "planning"
    tick(shop)
    control.start(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop, MINUTE)
    assert len(messages(shop, "alice")) == 1


def test_what_is_not_finished_cannot_start(shop: House) -> None:
    unfinished = store.create(shop.svc, shop.tea, document("template", {"template": "notice"}), "小满")
    with pytest.raises(BadInput, match=r"variants\[0\].fields: have still to be written"):
        control.start(shop.svc, shop.tea, unfinished.campaign_id)
    nameless = store.create(shop.svc, shop.tea, document("template", WORDS | {"template": "nowhere"}), "小满")
    with pytest.raises(BadInput, match="No template of that name"):
        control.start(shop.svc, shop.tea, nameless.campaign_id)
    assert phase(shop, nameless) == ("draft", "")


def test_it_starts_at_its_time_and_not_before(shop: House) -> None:
    follower(shop, "alice")
    campaign = start(shop, send_at=shop.svc.now() + HOUR)
    assert campaign.phase == "scheduled"
    tick(shop, HOUR - MINUTE)
    assert messages(shop, "alice") == [] and phase(shop, campaign) == ("scheduled", "")
    tick(shop, MINUTE)
    assert len(messages(shop, "alice")) == 1


def test_a_scheduled_one_can_be_changed_and_its_new_time_counts(shop: House) -> None:
    follower(shop, "alice")
    later = shop.svc.now() + 2 * HOUR
    campaign = start(shop, send_at=shop.svc.now() + HOUR)
    words = {"template": "notice", "fields": {"thing1": "改过的"}}
    told = msgspec.to_builtins(document("template", words, send_at=later))
    changed = control.change(shop.svc, shop.tea, campaign.campaign_id, told, 1, "谷雨")
    assert (changed.version, changed.phase, changed.changed_by) == (2, "scheduled", "谷雨")

    tick(shop, HOUR)
    assert messages(shop, "alice") == []
    tick(shop, HOUR)
    assert messages(shop, "alice") == ["改过的"]


def test_a_scheduled_one_cannot_be_changed_into_what_cannot_start(shop: House) -> None:
    campaign = start(shop, send_at=shop.svc.now() + HOUR)
    told = msgspec.to_builtins(document("template", {"template": "notice"}))
    with pytest.raises(BadInput, match="have still to be written"):
        control.change(shop.svc, shop.tea, campaign.campaign_id, told, 1, "谷雨")


def test_what_cannot_start_any_more_at_its_time_is_paused_and_says_why(shop: House) -> None:
    campaign = start(shop, send_at=shop.svc.now() + HOUR)
    template_names.remove(shop.svc, shop.tea, "notice")
    tick(shop, HOUR)
    now, why = phase(shop, campaign)
    assert now == "paused" and "No template of that name" in why
    template_names.save(shop.svc, shop.tea, "notice", NOTICE)
    assert control.resume(shop.svc, shop.tea, campaign.campaign_id).phase == "planning"


def test_two_that_start_at_once_are_planned_one_after_the_other(shop: House) -> None:
    follower(shop, "alice")
    first, second = start(shop), start(shop)
    assert (first.phase, second.phase) == ("planning", "scheduled")
    tick(shop)
    assert find(shop, second).phase in ("scheduled", "planning", "running")
    tick(shop, MINUTE)
    tick(shop, MINUTE)
    assert len(messages(shop, "alice")) == 2
    assert find(shop, first).planned_at <= find(shop, second).started_at


def test_a_planner_that_vanished_gives_its_seat_up(shop: House) -> None:
    first, second = start(shop), start(shop)
    control.pause(shop.svc, shop.tea, first.campaign_id)
    dispatch.look(shop.svc, shop.tea, second.campaign_id)
    assert phase(shop, second) == ("planning", "")
    with pytest.raises(Conflict, match="Another campaign is just being planned"):
        control.resume(shop.svc, shop.tea, first.campaign_id)
    shop.advance(audience.SEAT + 1)
    assert control.resume(shop.svc, shop.tea, first.campaign_id).phase == "planning"


def test_a_segment_that_is_gone_at_the_start_pauses_it(shop: House) -> None:
    campaign = start(shop, segment_id="0123456789ab")
    tick(shop)
    now, why = phase(shop, campaign)
    assert now == "paused" and "There is no such segment" in why


# Who comes second.


def test_who_changes_a_draft_second_sees_what_is_different(shop: House) -> None:
    campaign = draft(shop)
    told = msgspec.to_builtins(document(cap=3, name="春茶"))
    control.change(shop.svc, shop.tea, campaign.campaign_id, told, 1, "小满")
    with pytest.raises(Conflict, match="小满 has just changed this campaign") as refused:
        control.change(shop.svc, shop.tea, campaign.campaign_id, told | {"cap": 5}, 1, "谷雨")
    assert refused.value.details["difference"] == [
        {"what": "changed", "part": "name", "before": "新茶", "after": "春茶"},
        {"what": "changed", "part": "cap", "before": "0", "after": "3"},
    ]


def test_the_same_again_is_no_change(shop: House) -> None:
    campaign = draft(shop)
    told = msgspec.to_builtins(campaign.document)
    assert control.change(shop.svc, shop.tea, campaign.campaign_id, told, 1, "小满").version == 1


def test_what_has_begun_cannot_be_changed(shop: House) -> None:
    campaign = start(shop)
    told = msgspec.to_builtins(document(cap=3))
    with pytest.raises(Conflict, match="copy it instead"):
        control.change(shop.svc, shop.tea, campaign.campaign_id, told, 1, "小满")


def test_a_start_that_saw_an_older_version_is_refused(shop: House) -> None:
    campaign = draft(shop)
    told = msgspec.to_builtins(document(cap=3))
    control.change(shop.svc, shop.tea, campaign.campaign_id, told, 1, "小满")
    with pytest.raises(Conflict, match="It has just been changed"):
        control.start(shop.svc, shop.tea, campaign.campaign_id, version=1)


def test_a_change_between_the_check_and_the_start_stops_the_start(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = draft(shop)
    told = msgspec.to_builtins(document(cap=3))

    def changed_meanwhile(*_: Any) -> None:
        control.change(shop.svc, shop.tea, campaign.campaign_id, told, 1, "谷雨")

    monkeypatch.setattr(control, "insist", changed_meanwhile)
    with pytest.raises(Conflict):
        control.start(shop.svc, shop.tea, campaign.campaign_id)
    assert phase(shop, campaign) == ("draft", "")


# Pausing, cancelling, removing.


def test_a_paused_one_sends_nothing_until_it_goes_on(shop: House) -> None:
    people = [follower(shop, f"guest-{number}") for number in range(5)]
    campaign = start(shop)
    control.pause(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop)
    tick(shop, MINUTE)
    assert funnel(shop, campaign) == {} and phase(shop, campaign) == ("paused", "")
    assert control.pause(shop.svc, shop.tea, campaign.campaign_id).phase == "paused"  # twice is once

    assert control.resume(shop.svc, shop.tea, campaign.campaign_id).phase == "planning"
    assert control.resume(shop.svc, shop.tea, campaign.campaign_id).phase == "planning"
    tick(shop)
    assert [len(messages(shop, one)) for one in people] == [1] * 5


def test_paused_while_it_is_sent_it_goes_on_with_whoever_is_left(shop: House) -> None:
    people = [follower(shop, f"guest-{number}") for number in range(12)]
    campaign = planned(shop)
    control.pause(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop)
    assert not any(messages(shop, one) for one in people)
    control.resume(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop)
    assert [len(messages(shop, one)) for one in people] == [1] * 12
    adds_up(shop, campaign, 12)


def planned(shop: House, **told: Any) -> Campaign:
    """Running, with its chunks in the queue and nothing sent."""
    campaign = start(shop, **told)
    audience.begin(shop.svc, shop.tea, campaign.campaign_id)
    for shelf in range(16):
        audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, shelf)
    dispatch.look(shop.svc, shop.tea, campaign.campaign_id)
    assert find(shop, campaign).phase == "running"
    return campaign


def test_a_cancelled_one_sends_nothing_more_and_says_who_got_nothing(shop: House) -> None:
    people = [follower(shop, f"guest-{number}") for number in range(8)]
    campaign = planned(shop)
    control.cancel(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop)
    tick(shop, MINUTE)
    assert not any(messages(shop, one) for one in people)
    assert funnel(shop, campaign) == {"planned": 8, "a_cancelled": 8}
    now = find(shop, campaign)
    assert now.phase == "cancelled" and now.done_at
    assert control.cancel(shop.svc, shop.tea, campaign.campaign_id).phase == "cancelled"
    with pytest.raises(Conflict, match="It was cancelled"):
        control.resume(shop.svc, shop.tea, campaign.campaign_id)


def test_one_cancelled_while_it_is_planned_has_nobody_waiting_at_the_end(shop: House) -> None:
    for number in range(40):
        follower(shop, f"guest-{number}")
    campaign = start(shop)
    audience.begin(shop.svc, shop.tea, campaign.campaign_id)
    for shelf in range(8):
        audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, shelf)
    control.cancel(shop.svc, shop.tea, campaign.campaign_id)
    for _ in range(3):
        tick(shop, MINUTE)
    found = funnel(shop, campaign)
    assert found["a_cancelled"] == found["planned"] > 0 and not found["a_planned"]
    assert find(shop, campaign).done_at


def test_one_that_is_over_can_be_neither_paused_nor_cancelled_nor_started(shop: House) -> None:
    campaign = start(shop)
    tick(shop)
    tick(shop, MINUTE)
    assert phase(shop, campaign)[0] == "done"
    for deed in (control.pause, control.cancel, control.resume, control.start):
        with pytest.raises(Conflict, match="It is over"):
            deed(shop.svc, shop.tea, campaign.campaign_id)


def test_a_copy_is_a_draft_that_says_the_same(shop: House) -> None:
    campaign = start(shop, send_at=shop.svc.now() + HOUR, cap=2)
    copy = control.copy(shop.svc, shop.tea, campaign.campaign_id, "谷雨")
    again = control.copy(shop.svc, shop.tea, copy.campaign_id, "谷雨")
    assert (copy.phase, copy.document.send_at, copy.document.cap) == ("draft", 0, 2)
    assert copy.document.name == again.document.name == "新茶（副本）copy"


def test_what_is_removed_is_gone_with_everybody_in_it(shop: House) -> None:
    follower(shop, "alice")
    campaign = start(shop)
    with pytest.raises(Conflict, match="must be cancelled before"):
        control.remove(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop)
    control.cancel(shop.svc, shop.tea, campaign.campaign_id)
    control.remove(shop.svc, shop.tea, campaign.campaign_id)
    with pytest.raises(NotFound):
        store.find(shop.svc, shop.tea, campaign.campaign_id)
    assert store.listed(shop.svc, shop.tea)[0] == []
    tick(shop, MINUTE)
    assert list(shop.svc.table.under(store.pk(shop.tea, campaign.campaign_id), fresh=True)) == []
    assert list(shop.svc.table.under("campaigns#tea", fresh=True)) == []


def test_a_removal_that_was_killed_is_finished_by_the_clock(shop: House) -> None:
    follower(shop, "alice")
    campaign = start(shop)
    tick(shop)
    control.cancel(shop.svc, shop.tea, campaign.campaign_id)
    store.remove(shop.svc, shop.tea, campaign.campaign_id)  # and nothing was queued
    tick(shop, MINUTE)
    assert list(shop.svc.table.under("campaigns#tea", fresh=True)) == []
    assert list(shop.svc.table.under(store.pk(shop.tea, campaign.campaign_id), fresh=True)) == []


# Hours.


def test_the_quiet_hours_go_over_midnight() -> None:
    day = days.begins(20_000)
    for hour, ends in ((0, 8), (7, 8), (8, 0), (21, 0), (22, 32), (23, 32)):
        at = day + hour * HOUR + 59 * MINUTE
        assert quiet_until(at) == (day + ends * HOUR if ends else 0), hour


def test_nothing_goes_out_at_night_and_nobody_is_lost(shop: House) -> None:
    people = [follower(shop, f"guest-{number}") for number in range(4)]
    clock_to(shop, 21, 58)
    campaign = planned(shop, quiet=True)
    shop.advance(5 * MINUTE)
    tick(shop)
    assert not any(messages(shop, one) for one in people)
    now = find(shop, campaign)
    assert (now.phase, now.why) == ("waiting", "quiet")
    assert days.minute(now.waits_until) == 8 * 60 and now.waits_until > shop.svc.now()

    clock_to(shop, 7, 59)
    tick(shop)
    assert not any(messages(shop, one) for one in people)
    tick(shop, MINUTE)
    assert [len(messages(shop, one)) for one in people] == [1] * 4


def test_a_worker_holds_back_at_night_even_before_the_clock_says_so(shop: House) -> None:
    follower(shop, "alice")
    clock_to(shop, 21, 59)
    campaign = planned(shop, quiet=True)
    assert store.control(shop.svc, shop.tea, campaign.campaign_id).sends
    shop.advance(MINUTE)
    told = store.control(shop.svc, shop.tea, campaign.campaign_id)
    assert (told.phase, told.why, told.sends) == ("waiting", "quiet", False)


def test_everybody_is_written_to_in_their_own_hour(shop: House) -> None:
    habits = {"early": 8, "noon": 12, "owl": 23, "nobody": None}
    for openid, hour in habits.items():
        known = "".join("5" if one == hour else "0" for one in range(24)) if hour is not None else ""
        follower(shop, openid, active_hours=known)
    clock_to(shop, 10, 30)
    campaign = start(shop, best_hour=True, quiet=True)
    reached: dict[str, int] = {}
    tick(shop)
    for _ in range(24):
        for openid in habits:
            if messages(shop, openid):
                reached.setdefault(openid, days.minute(shop.svc.now()) // 60)
        tick(shop, HOUR)
    assert reached == {"noon": 12, "nobody": 20, "owl": 21, "early": 8}
    adds_up(shop, campaign, 4)


def test_whose_hour_it_is_now_is_written_to_now(shop: House) -> None:
    clock_to(shop, 12, 40)
    follower(shop, "noon", active_hours="".join("5" if one == 12 else "0" for one in range(24)))
    start(shop, best_hour=True)
    tick(shop)
    assert len(messages(shop, "noon")) == 1


# What is lost, and what waits.


def test_chunks_that_were_lost_are_queued_again(shop: House) -> None:
    follower(shop, "alice")
    campaign = planned(shop)
    forget_queues(shop)
    tick(shop, MINUTE)
    assert messages(shop, "alice") == []
    tick(shop, dispatch.STUCK)
    tick(shop, MINUTE)
    assert len(messages(shop, "alice")) == 1
    assert phase(shop, campaign)[0] in ("running", "settling", "done")


def test_one_that_waits_goes_on_by_itself_and_not_before(shop: House) -> None:
    follower(shop, "alice")
    campaign = planned(shop)
    store.wait(shop.svc, shop.tea, campaign.campaign_id, shop.svc.now() + HOUR, "day")
    store.wait(shop.svc, shop.tea, campaign.campaign_id, shop.svc.now() + MINUTE, "minute")
    assert find(shop, campaign).why == "day"  # whoever must wait longest decides
    tick(shop, MINUTE)
    assert messages(shop, "alice") == []
    tick(shop, HOUR)
    assert len(messages(shop, "alice")) == 1


def test_an_operator_may_wake_one_that_waits(shop: House) -> None:
    follower(shop, "alice")
    campaign = planned(shop)
    store.wait(shop.svc, shop.tea, campaign.campaign_id, shop.svc.now() + HOUR, "day")
    control.resume(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop)
    assert len(messages(shop, "alice")) == 1


def test_what_was_never_reported_ends_after_three_days(shop: House) -> None:
    follower(shop, "alice")
    campaign = planned(shop)
    key = next(iter(shop.svc.table.under(store.pk(shop.tea, campaign.campaign_id), "fates#")))["sk"].partition("#")[2]
    known = find(shop, campaign)
    chunks.settle(shop.svc, shop.tea, known, key, {0: ("a", "", 4711)})
    tick(shop, MINUTE)
    assert phase(shop, campaign) == ("settling", "")
    for step in (*dispatch.LOOKS, *dispatch.LOOKS[-1:]):
        tick(shop, step)
    assert phase(shop, campaign)[0] == "done"
    assert funnel(shop, campaign) == {"planned": 1, "a_unreported": 1}


def test_a_paced_campaign_is_handed_over_as_far_as_the_next_minute_can_take_it(shop: House) -> None:
    for number in range(60):
        follower(shop, f"guest-{number}")
    campaign = planned(shop, per_second=1)
    handed = msgspec.json.decode(store.found(shop.svc, shop.tea, campaign.campaign_id)["handed"])
    assert handed["key"] == "~"  # sixty seconds' work is less than the next ninety
    assert 55 <= handed["busy_until"] - shop.svc.now() <= 61


def test_the_clock_starts_campaigns_and_asks_once_as_long_as_there_are_none(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "campaigns.dispatch.start_due" in schedules.EVERY_MINUTE
    asked: list[str] = []
    call = shop.svc.table._call

    def noted(name: str, **told: Any) -> Any:
        asked.append(name)
        return call(name, **told)

    monkeypatch.setattr(shop.svc.table, "_call", noted)
    dispatch.start_due(shop.svc)
    assert asked == ["query"]


def test_a_campaign_of_an_account_that_is_gone_disturbs_nobody(shop: House) -> None:
    follower(shop, "alice")
    campaign = draft(shop)
    item = shop.svc.table.get("campaigns#tea", f"campaign#{campaign.campaign_id}") or {}
    ghost = item | {"pk": "campaigns#ghost", "phase": "running", "shelf": store.SHELF}
    shop.svc.table.put(ghost | {"place": f"{1:011d}#ghost#{campaign.campaign_id}"})
    control.start(shop.svc, shop.tea, campaign.campaign_id)
    tick(shop)
    assert len(messages(shop, "alice")) == 1


def test_campaigns_are_listed_by_age_in_pages(shop: House) -> None:
    made = []
    for number in range(5):
        made.append(draft(shop, name=f"第 {number} 个").campaign_id)
        shop.advance(1)
    first, cursor = store.listed(shop.svc, shop.tea, limit=3)
    rest, end = store.listed(shop.svc, shop.tea, cursor, limit=3)
    assert [one.campaign_id for one in (*first, *rest)] == made[::-1] and end == ""


def test_those_that_began_lately_are_known(shop: House) -> None:
    draft(shop)
    first = start(shop)
    tick(shop)
    shop.advance(days.A_DAY)
    second = start(shop)
    shop.svc.forget("campaigns#tea")
    found = store.since(shop.svc, shop.tea, 2 * days.A_DAY)
    assert [one.campaign_id for one in found] == [first.campaign_id, second.campaign_id]
    assert [one.campaign_id for one in store.since(shop.svc, shop.tea, HOUR)] == [second.campaign_id]


def test_mistakes_of_a_document_are_all_told(shop: House) -> None:
    told = {"name": "", "kind": "letter", "holdout": 90, "variants": [{"share": 60}, {"fields": {"thing1": "{name}"}}]}
    _, mistakes = reading.mistakes_of(shop.svc, shop.tea, told)
    assert [one.place for one in mistakes] == ["name", "kind", "holdout", "variants[1].fields.thing1"]
