"""Killed, told twice, told in the wrong order, forgotten by `tick`: never twice for one cause, and never not at all."""

from __future__ import annotations

import contextlib
import random

import pytest

from chalicelib.features import automations, events, tags, tokens
from chalicelib.features.automations import journeys as kept
from chalicelib.features.days import A_DAY
from tests import seeds
from tests.automating import TEN_MINUTES, THANKS, buys, document, journeys, message, notices, running, told, trail
from tests.crowd import follower
from tests.house import House, Json
from tests.mortal import Killed, Mortal, deliver, mortal_house, posts


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


def steps(shop: House) -> list[Json]:
    tag_id = tags.create(shop.svc, shop.tea, "熟客").tag_id
    branch = {
        "do": "branch",
        "if": {"field": "tags", "is": "has", "value": tag_id},
        "then": [THANKS],
        "else": [message("不会走到这里", "never")],
        "step_id": "which",
    }
    return [TEN_MINUTES, {"do": "tag", "tag_id": tag_id, "step_id": "tag"}, branch, message("还有一句"), {"do": "end"}]


def lives_on(shop: House, mortal: Mortal, ticks: int, apart: int = 60) -> None:
    """Nobody is killed any more; ticks come as they should."""
    for _ in range(ticks):
        shop.advance(apart)
        mortal.lives()
        tokens.refresh_all(shop.svc)  # as every five minutes
        automations.start_due(shop.svc)
        deliver(shop, mortal)


@pytest.mark.slow
def test_a_worker_may_be_killed_at_any_request_and_all_is_done_once(shop: House) -> None:
    mortal = mortal_house(shop, random.Random(7))
    running(shop, *steps(shop))
    dies_at, died = 0, True
    while died:
        dies_at += 1
        openid = f"guest-{dies_at}"
        shop.phone(openid, "follow")
        shop.says(openid, "hello")
        buys(shop, openid)
        shop.advance(600)
        for post in posts(shop):
            post.waiting.clear()
        automations.start_due(shop.svc)
        for post in posts(shop):
            post.waiting = [(0, *one[1:]) for one in post.waiting]
        died = deliver(shop, mortal, lambda at=dies_at: (at, seeds.dies_after(at))) > 0  # type: ignore[misc]
        lives_on(shop, mortal, 3, apart=110)

        assert notices(shop, openid) == ["茶友，谢谢"], dies_at
        assert len(told(shop, openid)) <= 1, dies_at
        assert journeys(shop, openid)[0]["ending"] == "done", dies_at
        said = told(shop, openid) or "say:done" in trail(shop, openid)  # killed in between loses it, and says so
        assert said, dies_at
    assert dies_at > 20


@pytest.mark.slow
def test_whoever_is_killed_while_somebody_enters_loses_nobody(shop: House) -> None:
    """The event is told again by the queue, as reactions.tell failed."""
    mortal = mortal_house(shop, random.Random(7))
    running(shop, THANKS, enter="each")
    number, dies_at, died = 0, 1, True
    while died:
        number += 1
        openid = f"guest-{number}"
        follower(shop, openid)
        mortal.lives(dies_at, number % 2 == 0)
        died = False
        try:
            event = buys(shop, openid)
        except Killed:
            died = True
            mortal.lives()
            event = buys(shop, openid)
        mortal.lives()
        lives_on(shop, mortal, 3, apart=110)
        automations.heed(shop.svc, shop.tea, event)

        assert notices(shop, openid) == ["茶友，谢谢"], dies_at
        assert [one["ending"] for one in journeys(shop, openid)] == ["done"], dies_at
        dies_at += 1
    assert number > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds.SEEDS)
def test_nothing_that_queues_workers_and_ticks_do_makes_it_happen_twice_or_never(  # noqa: PLR0915 (twelve lives)
    shop: House, seed: int
) -> None:
    """Messages doubled and out of order, workers killed, ticks missing, late and two at once, clocks moved."""
    dice = random.Random(seed)
    mortal = mortal_house(shop, dice, twice=0.4)
    running(shop, *steps(shop))
    names = [f"guest-{number}" for number in range(12)]
    for openid in names:
        shop.phone(openid, "follow")
        shop.says(openid, "hello")
    bought = [buys(shop, openid) for openid in names]

    def dies() -> tuple[int, bool]:
        return (dice.randrange(1, 40), dice.random() < 0.5) if dice.random() < 0.15 else (0, False)

    for _ in range(25):
        shop.advance(dice.choice([20, 60, 60, 60, 90, 600]))
        for _ in range(dice.choice([0, 1, 1, 2])):
            mortal.lives(*dies())
            with contextlib.suppress(Killed):
                automations.start_due(shop.svc)
        mortal.lives()
        if dice.random() < 0.3:
            automations.heed(shop.svc, shop.tea, dice.choice(bought))
        deliver(shop, mortal, dies)
    lives_on(shop, mortal, 15)

    for openid in names:
        (journey,) = journeys(shop, openid)
        assert journey["ending"] == "done", journey
        assert len(notices(shop, openid)) <= 1 and len(told(shop, openid)) <= 1
        # A template whose workers were killed for nine minutes is never sent again: at most once was chosen there.
        items = shop.svc.table.under(f"person#tea#{openid}", "template#auto:", fresh=True)
        assert notices(shop, openid) == ["茶友，谢谢"] or [one["stage"] for one in items] == ["unknown"], openid
    assert not list(shop.svc.table.shelved("journeys#0"))


def test_a_tick_that_is_missing_for_ten_minutes_is_made_up_for_at_once(shop: House) -> None:
    mortal = mortal_house(shop, random.Random(1))
    running(shop, TEN_MINUTES, THANKS)
    for number in range(20):
        buys(shop, follower(shop, f"guest-{number}"))
        shop.advance(20)
    for _ in range(4):
        shop.advance(60)
        automations.start_due(shop.svc)
    posts(shop)[1].waiting.clear()

    shop.advance(660)
    automations.start_due(shop.svc)
    shop.advance(2)  # sixteen jobs, ten a second
    deliver(shop, mortal)

    assert all(notices(shop, f"guest-{number}") == ["茶友，谢谢"] for number in range(20))


def test_two_ticks_at_once_hand_over_twice_and_do_it_once(shop: House) -> None:
    mortal = mortal_house(shop, random.Random(1))
    running(shop, TEN_MINUTES, THANKS)
    buys(shop, follower(shop, "alice"))
    shop.advance(590)
    handed = shop.svc.table.get("automations", "handed", fresh=True) or {}
    automations.start_due(shop.svc)
    shop.svc.table.put(handed)
    automations.start_due(shop.svc)
    assert len(posts(shop)[1].waiting) >= 2

    shop.advance(10)
    deliver(shop, mortal)

    assert notices(shop, "alice") == ["茶友，谢谢"]


def test_what_died_in_the_queue_is_found_again_on_its_shelf(shop: House) -> None:
    mortal = mortal_house(shop, random.Random(1))
    running(shop, TEN_MINUTES, THANKS)
    buys(shop, follower(shop, "alice"))
    shop.advance(600)
    automations.start_due(shop.svc)
    posts(shop)[1].waiting.clear()

    lives_on(shop, mortal, 1)
    assert notices(shop, "alice") == []
    lives_on(shop, mortal, 4)

    assert notices(shop, "alice") == ["茶友，谢谢"]


def test_a_clock_that_is_put_back_and_forth_stops_nobody(shop: House) -> None:
    mortal = mortal_house(shop, random.Random(1))
    running(shop, TEN_MINUTES, THANKS)
    ahead = {"handed_to": shop.svc.now() + A_DAY, "swept_at": shop.svc.now() + A_DAY}
    shop.svc.table.update("automations", "handed", ahead)  # by a tick of another clock
    buys(shop, follower(shop, "alice"))
    # Held under another clock, by a worker that is dead.
    (journey,) = journeys(shop, "alice")
    shop.svc.table.update(journey["pk"], journey["sk"], {"worker": "dead", "lease_until": shop.svc.now() + A_DAY})

    lives_on(shop, mortal, 11)

    assert notices(shop, "alice") == ["茶友，谢谢"]


def test_a_job_that_comes_early_does_nothing(shop: House) -> None:
    running(shop, TEN_MINUTES, THANKS)
    buys(shop, follower(shop, "alice"))
    (journey,) = journeys(shop, "alice")

    automations.running.go(shop.svc, shop.tea, [kept.person_of(journey), ["nobody", journey["sk"]]])

    assert journeys(shop, "alice") == [journey]


def test_one_who_meets_a_bug_stops_nobody_else(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    running(shop, TEN_MINUTES, THANKS)
    for openid in ("alice", "bob"):
        buys(shop, follower(shop, openid))
    persons = [kept.person_of(journeys(shop, openid)[0]) for openid in ("alice", "bob")]
    shop.advance(600)
    run = automations.running.run

    def bug(desk: automations.running.Desk, journey: Json) -> None:
        if journey["pk"].endswith("alice"):
            raise ZeroDivisionError
        run(desk, journey)

    with monkeypatch.context() as patch:
        patch.setattr(automations.running, "run", bug)
        with pytest.raises(ZeroDivisionError):
            automations.running.go(shop.svc, shop.tea, persons)
    assert (notices(shop, "alice"), notices(shop, "bob")) == ([], ["茶友，谢谢"])

    shop.advance(110)
    automations.running.go(shop.svc, shop.tea, persons)
    assert (notices(shop, "alice"), notices(shop, "bob")) == (["茶友，谢谢"], ["茶友，谢谢"])


def test_two_who_start_two_automations_at_once_are_both_told_of_their_events(shop: House) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    whens: list[Json] = [{"kind": "said", "keyword": word} for word in ("茶", "水", "杯", "壶")]
    made = [automations.create(shop.svc, shop.tea, document(THANKS, when=when), "小满") for when in whens]
    with ThreadPoolExecutor(4) as crew:
        list(crew.map(lambda one: automations.start(shop.svc, shop.tea, one.automation_id), made))

    item = shop.svc.table.get("account#tea", "interest#automations", fresh=True) or {}
    assert sorted(item["wanted"]["said"]) == sorted(["茶", "水", "杯", "壶"])
    assert events.is_asked(shop.svc, shop.tea, "left")
