"""Everybody is planned once: whatever order jobs come in, however often, whoever is killed, whoever comes and goes."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from chalicelib.errors import Conflict, Unavailable
from chalicelib.features import followers, template_names, tokens
from chalicelib.features.campaigns import Campaign, audience, chunks, control, dispatch, store
from chalicelib.features.followers import Card, shelves
from tests import seeds
from tests.campaigning import adds_up, document, fates, messages
from tests.crowd import follower
from tests.house import NOTICE, House
from tests.mortal import Killed, Mortal, deliver, mortal_house, posts

SHELF = 0


@pytest.fixture
def shop(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """With small pages, chunks, batches and stretches, so that a few people meet all their ends."""
    tokens.refresh_all(house.svc)
    template_names.save(house.svc, house.tea, "notice", NOTICE)
    monkeypatch.setattr(chunks, "MOST", 3)
    monkeypatch.setattr("chalicelib.features.campaigns.planned.TOGETHER", 2)
    monkeypatch.setattr(audience, "WHOLE_PAGE", 4)
    monkeypatch.setattr(audience, "MOST_AT_A_STRETCH", 7)
    return house


def of_shelf(shop: House, number: int, prefix: str = "guest", days_ago: int = 10) -> list[str]:
    """So many who are on the same shelf of followers."""
    names = (f"{prefix}-{one}" for one in range(9999))
    mine = (name for name in names if shelves.number(shelves.mark(name)) == SHELF)
    return [follower(shop, next(mine), days_ago) for _ in range(number)]


def planning(shop: House, **told: Any) -> Campaign:
    """Ready for its sixteen shelves."""
    made = store.create(shop.svc, shop.tea, document(**told), "小满")
    begun = {"started_at": shop.svc.now(), "asked": '{"all":[]}', "buckets": told.pop("buckets", 4)}
    campaign = store.move(shop.svc, shop.tea, made.campaign_id, ("draft",), "planning", **control.FRESH | begun)
    assert campaign is not None
    return campaign


def everybody(shop: House, campaign: Campaign) -> Counter[str]:
    """How often each is on a list."""
    place = store.pk(shop.tea, campaign.campaign_id)
    lists = shop.svc.table.under(place, "people#", fresh=True)
    return Counter(openid for one in lists for openid in one["people"].split("\n"))


def plan(shop: House, campaign: Campaign, shelf: int = SHELF) -> None:
    """Until the shelf's end, as the queue would have it."""
    for _ in range(4):
        audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, shelf)


def test_a_shelf_is_planned_whole_through_pages_stretches_and_chunks(shop: House) -> None:
    people = of_shelf(shop, 40)
    campaign = planning(shop)
    plan(shop, campaign)
    assert everybody(shop, campaign) == Counter(people)
    adds_up(shop, campaign, 40)
    for openid in people:
        found = chunks.find_person(shop.svc, shop.tea, campaign, openid)
        assert found is not None and found.fate == " "


def test_planning_twice_plans_nobody_twice(shop: House) -> None:
    people = of_shelf(shop, 20)
    campaign = planning(shop)
    plan(shop, campaign)
    plan(shop, campaign)
    audience.begin(shop.svc, shop.tea, campaign.campaign_id)
    shop.work()
    assert everybody(shop, campaign) == Counter(people)
    adds_up(shop, campaign, 20)


@pytest.mark.parametrize("seed", seeds.SEEDS)
def test_sixteen_shelves_in_any_order_and_some_of_them_twice(shop: House, seed: int) -> None:
    dice = random.Random(seed)
    people = [follower(shop, f"guest-{number}") for number in range(70)]
    campaign = planning(shop)
    jobs = [*range(16), *dice.sample(range(16), 8)]
    dice.shuffle(jobs)
    for shelf in jobs:
        plan(shop, campaign, shelf)
    assert audience.all_ended(shop.svc, shop.tea, campaign.campaign_id)
    assert everybody(shop, campaign) == Counter(people)
    adds_up(shop, campaign, 70)


def test_who_has_a_shelf_in_hand_has_it_alone(shop: House) -> None:
    of_shelf(shop, 3)
    campaign = planning(shop)
    _, mine = audience._hold(shop.svc, shop.tea, campaign.campaign_id, SHELF)
    assert mine is not None
    audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, SHELF)
    assert everybody(shop, campaign) == Counter()
    shop.advance(audience.LEASE + 1)
    audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, SHELF)
    assert everybody(shop, campaign).total() == 3


@pytest.mark.slow
def test_a_planner_may_be_killed_at_any_request_and_people_may_come_and_go_meanwhile(shop: House) -> None:
    mortal = mortal_house(shop, random.Random(7))
    people = of_shelf(shop, 11)
    dies_at, died = 0, True
    while died:
        dies_at += 1
        campaign = planning(shop)
        gone, come = people[dies_at % 11], f"come-{dies_at}"
        mortal.lives(dies_at, seeds.dies_after(dies_at))
        died = killed(shop, campaign)
        mortal.lives()
        leaves(shop, gone)  # so that what is left stands in other places than before
        of_shelf(shop, 1, come, days_ago=40)
        shop.advance(audience.LEASE + 1)
        plan(shop, campaign)

        found = everybody(shop, campaign)
        assert set(found.values()) == {1}, (dies_at, found)
        assert set(people) - {gone} <= found.keys(), dies_at
        adds_up(shop, campaign, found.total())
        assert audience.waiting_shards(shop.svc, shop.tea, campaign.campaign_id)
        returns(shop, gone)
        leaves(shop, *of_shelf_named(come))
    assert dies_at > 10


def killed(shop: House, campaign: Campaign) -> bool:
    for _ in range(4):
        try:
            audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, SHELF)
        except Killed:
            return True
    return False


def of_shelf_named(prefix: str) -> list[str]:
    names = (f"{prefix}-{one}" for one in range(9999))
    return [next(name for name in names if shelves.number(shelves.mark(name)) == SHELF)]


def leaves(shop: House, openid: str) -> None:
    at = shop.svc.now()
    change = {"following": False, "left_at": at}
    followers.change(shop.svc, shop.tea, openid, lambda _: change, from_wechat=True)


def returns(shop: House, openid: str) -> None:
    follower(shop, openid)


@pytest.mark.parametrize("seed", seeds.SEEDS)
def test_a_whole_campaign_is_planned_and_sent_once_through_deaths_and_doubled_jobs(shop: House, seed: int) -> None:
    dice = random.Random(seed)
    people = [follower(shop, f"guest-{number}") for number in range(40)]
    mortal = mortal_house(shop, dice, twice=0.2)
    campaign = store.create(shop.svc, shop.tea, document(), "小满")
    campaign = control.start(shop.svc, shop.tea, campaign.campaign_id)
    for _ in range(12):
        deliver(shop, mortal, lambda: (dice.choice((0, 0, dice.randrange(1, 14))), dice.random() < 0.5))
        lives_on(shop, mortal, 1, dice.randrange(20, 100))
    lives_on(shop, mortal, 12, 130)

    assert {one: len(messages(shop, one)) for one in people} == dict.fromkeys(people, 1)
    assert set(fates(shop, campaign)) == set(people)
    adds_up(shop, campaign, 40)
    assert store.find(shop.svc, shop.tea, campaign.campaign_id).phase == "done"


def lives_on(shop: House, mortal: Mortal, ticks: int, apart: int) -> None:
    """Nobody is killed any more; the clock comes as it should."""
    for _ in range(ticks):
        shop.advance(apart)
        mortal.lives()
        tokens.refresh_all(shop.svc)
        dispatch.start_due(shop.svc)
        deliver(shop, mortal)


def test_a_planner_that_stood_still_writes_nothing_when_it_wakes(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    of_shelf(shop, 5)
    campaign = planning(shop)
    page = audience._Planner._page

    def stands_still(self: Any, after: str) -> Any:
        shop.advance(audience.LEASE + 5)
        return page(self, after)

    monkeypatch.setattr(audience._Planner, "_page", stands_still)
    with pytest.raises(Conflict, match="stood still"):
        audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, SHELF)
    assert everybody(shop, campaign) == Counter()


def test_after_a_failure_the_next_need_not_wait(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    of_shelf(shop, 5)
    campaign = planning(shop)
    with monkeypatch.context() as broken:

        def away(*_: Any) -> None:
            raise Unavailable("AWS is away")

        broken.setattr(shop.svc.table, "put_all_new_and_add", away)
        with pytest.raises(Unavailable):
            audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, SHELF)
    plan(shop, campaign)
    assert everybody(shop, campaign).total() == 5


def test_a_pause_stops_planning_within_a_page_and_nothing_is_lost(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    people = of_shelf(shop, 30)
    campaign = planning(shop)
    asked: list[str] = []
    page = audience._Planner._page

    def paused_at_the_third(self: Any, after: str) -> Any:
        asked.append(after)
        if len(asked) == 3:
            control.pause(shop.svc, shop.tea, campaign.campaign_id)
        return page(self, after)

    monkeypatch.setattr(audience._Planner, "_page", paused_at_the_third)
    plan(shop, campaign)
    assert 0 < everybody(shop, campaign).total() <= 16
    control.resume(shop.svc, shop.tea, campaign.campaign_id)
    plan(shop, campaign)
    assert everybody(shop, campaign) == Counter(people)


def test_a_job_leaves_the_rest_to_another_when_its_time_is_over(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    people = of_shelf(shop, 30)
    campaign = planning(shop)
    monkeypatch.setattr(audience, "AT_A_STRETCH", -1.0)
    audience.plan_shard(shop.svc, shop.tea, campaign.campaign_id, SHELF)
    assert everybody(shop, campaign).total() == 4  # one page
    shop.work()
    assert everybody(shop, campaign) == Counter(people)


def test_forgotten_shelves_are_taken_up_by_the_clock(shop: House) -> None:
    people = [follower(shop, f"guest-{number}") for number in range(20)]
    mortal = mortal_house(shop, random.Random(1))
    campaign = store.create(shop.svc, shop.tea, document(), "小满")
    control.start(shop.svc, shop.tea, campaign.campaign_id)
    for post in posts(shop):
        post.waiting.clear()  # whoever started it was killed before they queued anything
    lives_on(shop, mortal, 4, 60)
    assert [len(messages(shop, one)) for one in people] == [1] * 20


def test_who_followed_after_the_start_is_not_planned(shop: House) -> None:
    people = of_shelf(shop, 6)
    campaign = planning(shop)
    shop.advance(10)
    of_shelf(shop, 6, "late", days_ago=0)
    plan(shop, campaign)
    assert everybody(shop, campaign) == Counter(people)


def test_buckets_are_as_many_as_keep_a_query_short() -> None:
    assert [audience.buckets_for(about, by_hour=False) for about in (0, 4800, 4801, 100_000, 10**7)] == [
        1,
        1,
        2,
        32,
        64,
    ]
    assert audience.buckets_for(100_000, by_hour=True) == 4


def test_an_hour_that_is_quiet_is_moved_to_the_nearest_that_is_not() -> None:
    hours = {-1: 20, 0: 8, 7: 8, 8: 8, 21: 21, 22: 21, 23: 21}
    for best, hour in hours.items():
        assert audience.hour_of(Card(best_hour=best), quiet=True) == hour
    assert audience.hour_of(Card(best_hour=23), quiet=False) == 23
