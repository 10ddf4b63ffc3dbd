"""Two things go wrong at once: a campaign loses nobody, doubles nobody, says what is true, and comes to its end."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import Unavailable
from chalicelib.features import days, template_names, tokens
from chalicelib.features.campaigns import Campaign, audience, chunks, control, dispatch, sending, store
from chalicelib.features.campaigns.rounds import Round
from chalicelib.services import Services
from tests import campaigning as c
from tests.house import NOTICE, House, InProcess
from tests.mortal import Killed

SEND, QUOTA = "/cgi-bin/message/template/send", "/cgi-bin/openapi/quota/get"
CUSTOM = {"label": "A", "reply": {"type": "text", "content": "有新茶"}}


def draft(shop: House) -> Campaign:
    template_names.save(shop.svc, shop.tea, "notice", NOTICE)
    return store.create(shop.svc, shop.tea, c.document(), "小满")


def dies(*_: object, **__: object) -> None:
    raise Killed


def another_container(shop: House) -> Services:
    svc = Services(shop.svc.settings)
    svc.functions = InProcess(svc)  # type: ignore[assignment]
    return svc


def test_a_quota_that_wechat_will_not_tell_is_asked_once_for_a_whole_crowd(shop: House) -> None:
    """Each of two dozen threads waiting its turn for a call that times out would outlive the chunk's lease."""
    campaign = c.running(shop, c.together(shop, 30))
    shop.control("faults", path=SEND, errcode=45009, times=100)
    shop.control("faults", path=QUOTA, status=500, times=100)

    c.go(shop, campaign)

    assert c.phase(shop, campaign) == ("waiting", "day")
    assert shop.count(QUOTA) == 1


def test_who_is_told_that_equal_words_went_out_is_sent_to_a_minute_later(shop: House) -> None:
    """The first attempt failed without effect, and the equal words were another campaign's."""
    (guest,) = c.together(shop, 1)
    campaign = c.running(shop, [guest])
    shop.control("faults", path=SEND, status=500)
    shop.control("faults", path=SEND, errcode=40241)

    for _ in range(3):
        c.go(shop, campaign)
        shop.advance(61)

    assert len(c.messages(shop, guest)) == 1
    assert c.fates(shop, campaign) == {guest: "a"}


def test_whoever_a_worker_began_with_while_it_was_cancelled_is_not_said_to_have_got_nothing(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests = c.together(shop, 3)
    campaign = c.running(shop, guests)
    behind, settle = another_container(shop), chunks.settle
    store.control(behind, shop.tea, campaign.campaign_id)
    control.cancel(shop.svc, shop.tea, campaign.campaign_id)

    def after_it_began(*args: Any, **told: Any) -> Any:
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(chunks, "settle", settle)
            patch.setattr(sending.Turn, "_end", dies)
            sending.go(behind, shop.tea, campaign.campaign_id, c.keys(shop, campaign)[0])
        monkeypatch.setattr(chunks, "settle", settle)
        return settle(*args, **told)

    monkeypatch.setattr(chunks, "settle", after_it_began)
    dispatch.call_off(shop.svc, shop.tea, campaign.campaign_id)
    shop.advance(61)
    dispatch.call_off(shop.svc, shop.tea, campaign.campaign_id)

    assert [len(c.messages(shop, one)) for one in guests] == [1, 1, 1]
    assert c.fates(shop, campaign) == dict.fromkeys(guests, "u")
    c.adds_up(shop, campaign, 3)


def test_who_is_called_off_under_a_living_worker_is_looked_at_a_minute_later_and_not_all_the_time(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = c.running(shop, c.together(shop, 3))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(sending.Turn, "_end", dies)
        c.go(shop, campaign)
    control.cancel(shop.svc, shop.tea, campaign.campaign_id)
    looks: list[str] = []
    monkeypatch.setattr(audience, "look_soon", lambda *args: looks.append("soon"))

    dispatch.call_off(shop.svc, shop.tea, campaign.campaign_id)
    assert looks == []
    shop.advance(61)
    dispatch.call_off(shop.svc, shop.tea, campaign.campaign_id)
    assert looks == ["soon"]


def test_a_planner_that_comes_when_the_campaign_is_closed_plans_nobody(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests = c.together(shop, 4)
    campaign = control.start(shop.svc, shop.tea, draft(shop).campaign_id)
    audience.begin(shop.svc, shop.tea, campaign.campaign_id)
    hold = audience._hold

    def too_late(*args: Any) -> Any:
        control.cancel(shop.svc, shop.tea, campaign.campaign_id)
        c.tick(shop, campaign)
        return hold(*args)

    monkeypatch.setattr(audience, "_hold", too_late)
    audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, 0)

    assert store.find(shop.svc, shop.tea, campaign.campaign_id).done_at
    assert c.funnel(shop, campaign) == {}
    assert not any(c.messages(shop, one) for one in guests)


def test_a_start_that_comes_twice_leaves_the_planners_seat_taken(shop: House) -> None:
    shop.svc.table.put(
        {"pk": "account#tea", "sk": "planning", "campaign_id": "other", "held_until": shop.svc.now() + 60}
    )
    scheduled = control.start(shop.svc, shop.tea, draft(shop).campaign_id)
    assert scheduled.phase == "scheduled"
    audience.leave_seat(shop.svc, shop.tea, "other")

    assert control.begin(shop.svc, shop.tea, scheduled).phase == "planning"
    assert control.begin(shop.svc, shop.tea, scheduled).phase == "planning"

    assert not audience.take_seat(shop.svc, shop.tea, "other")


def test_whom_a_killed_worker_began_with_is_finished_though_the_days_number_is_reached(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tomorrow it would be too late: WeChat knows a repeat for ten minutes."""
    first, later = c.together(shop, 3), c.together(shop, 3, shelf="7")
    campaign = c.running(shop, [*first, *later], c.document(per_day=3))
    begun, other = c.keys(shop, campaign)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Round, "go", dies)
        sending.go(shop.svc, shop.tea, campaign.campaign_id, begun)
    sending.go(shop.svc, shop.tea, campaign.campaign_id, other)
    assert c.phase(shop, campaign) == ("waiting", "per_day")

    shop.advance(480)
    for key in (begun, other):
        sending.go(shop.svc, shop.tea, campaign.campaign_id, key)

    assert [len(c.messages(shop, one)) for one in [*first, *later]] == [1, 1, 1, 0, 0, 0]
    assert c.funnel(shop, campaign) == {"planned": 6, "a_accepted": 3, "a_planned": 3}


@pytest.mark.parametrize("deed", [control.cancel, control.resume])
def test_one_that_slept_until_its_lists_were_gone_comes_to_an_end(shop: House, deed: Any) -> None:
    campaign = c.running(shop, c.together(shop, 3))
    control.pause(shop.svc, shop.tea, campaign.campaign_id)
    shop.advance(91 * days.A_DAY)
    place = store.pk(shop.tea, campaign.campaign_id)
    for item in [*shop.svc.table.under(place, "people#"), *shop.svc.table.under(place, "fates#")]:
        shop.svc.table.delete(place, item["sk"])  # as DynamoDB does

    deed(shop.svc, shop.tea, campaign.campaign_id)
    c.tick(shop, campaign)

    assert store.find(shop.svc, shop.tea, campaign.campaign_id).done_at
    assert list(shop.svc.table.shelved(store.SHELF)) == []


def test_a_look_at_the_campaign_that_fails_forgets_nobody_who_was_sent_to(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests = c.together(shop, 6)
    tokens.refresh_all(shop.svc)
    for openid in guests:
        shop.phone(openid, "say", text="hello")
    campaign = c.running(shop, guests, c.document("custom", CUSTOM))
    looks, runs = iter(range(9)), sending.Turn._runs

    def fails_the_second_time(turn: sending.Turn) -> bool:
        if next(looks) == 1:
            raise Unavailable("AWS does not answer")
        return runs(turn)

    monkeypatch.setattr("chalicelib.features.campaigns.rounds.LOOK_EVERY", 0.0)
    monkeypatch.setattr("chalicelib.features.campaigns.rounds.AT_ONCE", 1)
    monkeypatch.setattr(sending.Turn, "_runs", fails_the_second_time)
    with pytest.raises(Unavailable):
        c.go(shop, campaign)
    monkeypatch.undo()
    shop.advance(70)
    c.go(shop, campaign)

    assert [len(c.messages(shop, one, "custom")) for one in guests] == [1] * 6
    assert set(c.fates(shop, campaign).values()) == {"a"}
