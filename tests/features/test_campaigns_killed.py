"""Killed between any two requests, doubled, out of order, cut off: each recipient exactly one template message, at most
one of what carries no id; and the funnel adds up."""

from __future__ import annotations

import contextlib
import random
from functools import partial

import pytest

from chalicelib import services
from chalicelib.features.campaigns import Campaign, chunks, reconcile, sending, store
from chalicelib.services import Services
from tests import campaigning as c
from tests import seeds
from tests.house import House, InProcess, eventually
from tests.mortal import Killed, Mortal, deliver, mortal_house

SEND = "/cgi-bin/message/template/send"
CUSTOM = {"label": "A", "reply": {"type": "text", "content": "有新茶"}}


@pytest.fixture
def shop(house: House) -> House:
    """Its callbacks and its tokens are other functions', which nobody kills."""
    theirs = Services(house.svc.settings)
    theirs.functions = house.svc.functions = InProcess(theirs)  # type: ignore[assignment]
    services.use(theirs)
    return house


def killed(mortal: Mortal, at: int, after: bool, do: object, *args: object) -> bool:
    """Whether it was killed there; it lives on afterwards."""
    mortal.lives(at, after)
    try:
        do(*args)  # type: ignore[operator]
    except Killed:
        return True
    finally:
        mortal.lives()
    return False


def test_killed_at_any_request_everybody_gets_one_template_message(shop: House) -> None:
    guests = c.together(shop, 3)
    mortal = mortal_house(shop, random.Random(1))
    at = 0
    while True:
        at += 1
        before = {openid: len(c.messages(shop, openid)) for openid in guests}
        campaign = c.running(shop, guests)
        key = c.keys(shop, campaign)[0]
        died = killed(mortal, at, seeds.dies_after(at), sending.go, shop.svc, shop.tea, campaign.campaign_id, key)
        shop.advance(70)
        sending.go(shop.svc, shop.tea, campaign.campaign_id, key)

        assert {one: len(c.messages(shop, one)) - before[one] for one in guests} == dict.fromkeys(guests, 1), at
        assert c.funnel(shop, campaign) == {"planned": 3, "a_accepted": 3}, at
        store.move(shop.svc, shop.tea, campaign.campaign_id, ("running",), "done")
        if not died:
            break
    assert at > 8


def test_killed_at_any_request_nobody_gets_two_customer_service_messages(shop: House) -> None:
    guests = c.together(shop, 3)
    mortal = mortal_house(shop, random.Random(1))
    at = 0
    while True:
        at += 1
        for openid in guests:
            shop.phone(openid, "say", text="hello")
        before = {openid: len(c.messages(shop, openid, "custom")) for openid in guests}
        campaign = c.running(shop, guests, c.document("custom", CUSTOM))
        key = c.keys(shop, campaign)[0]
        died = killed(mortal, at, seeds.dies_after(at), sending.go, shop.svc, shop.tea, campaign.campaign_id, key)
        shop.advance(70)
        sending.go(shop.svc, shop.tea, campaign.campaign_id, key)

        got = [len(c.messages(shop, one, "custom")) - before[one] for one in guests]
        told = c.fates(shop, campaign)
        assert all(number == 1 if told[one] == "a" else number <= 1 for one, number in zip(guests, got, strict=True))
        assert set(told.values()) <= {"a", "u"}, at
        c.adds_up(shop, campaign, 3)
        if not died:
            break
    assert at > 8 and got == [1, 1, 1]


def test_killed_at_any_request_reports_are_counted_once(shop: House) -> None:
    guests = c.together(shop, 3)
    mortal = mortal_house(shop, random.Random(1))
    at = 0
    while True:
        at += 1
        campaign = c.running(shop, guests)
        c.go(shop, campaign)
        assert eventually(partial(_all_reported, shop, campaign))
        shop.advance(30)
        died = killed(mortal, at, seeds.dies_after(at), reconcile.look, shop.svc, shop.tea, campaign.campaign_id)
        reconcile.look(shop.svc, shop.tea, campaign.campaign_id)

        assert c.funnel(shop, campaign) == {"planned": 3, "a_delivered": 3}, at
        if not died:
            break
    assert at > 3


def _all_reported(shop: House, campaign: Campaign) -> bool:
    return _reports(shop, campaign) == campaign.audience


def _reports(shop: House, campaign: Campaign) -> int:
    told = 0
    for key in c.keys(shop, campaign):
        chunk = chunks.read(shop.svc, shop.tea, campaign, key)
        assert chunk is not None
        for openid, msgid in zip(chunk.openids, chunk.msgids, strict=True):
            item = shop.svc.table.get(f"person#tea#{openid}", f"delivery#{msgid}", fresh=True) or {}
            told += "outcome" in item
    return told


def test_a_worker_that_dies_for_more_than_nine_minutes_leaves_it_to_the_report(shop: House) -> None:
    guests = c.together(shop, 3)
    mortal = mortal_house(shop, random.Random(1))
    campaign = c.running(shop, guests)
    key = c.keys(shop, campaign)[0]
    shop.control("faults", path=SEND, latency_ms=150, times=9)
    _die_while_sending(shop, mortal, campaign, key)
    got = [len(c.messages(shop, one)) for one in guests]
    shop.advance(600)

    sending.go(shop.svc, shop.tea, campaign.campaign_id, key)

    assert [len(c.messages(shop, one)) for one in guests] == got  # never again
    assert set(c.fates(shop, campaign).values()) == {"u"}
    assert eventually(lambda: _told(shop, guests) == sum(got))
    c.look(shop, campaign)
    told = c.fates(shop, campaign)
    assert [told[one] for one in guests] == ["d" if number else "u" for number in got]
    c.adds_up(shop, campaign, 3)


def _told(shop: House, guests: list[str]) -> int:
    """How many reports have come."""
    return sum(len(list(shop.svc.table.under(f"person#tea#{one}", "delivery#", fresh=True))) for one in guests)


def _die_while_sending(shop: House, mortal: Mortal, campaign: Campaign, key: str) -> None:
    """After all have been sent to, before that is written."""
    settle = chunks.settle

    def dies(*args: object, **told: object) -> object:
        news = args[4]
        if news:
            raise Killed
        return settle(*args, **told)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        patch.setattr(chunks, "settle", dies)
        sending.go(shop.svc, shop.tea, campaign.campaign_id, key)
    mortal.lives()


def test_whoever_is_erased_while_it_runs_is_on_no_list_any_more(shop: House) -> None:
    guests = c.together(shop, 3)
    mortal = mortal_house(shop, random.Random(1))
    at, died = 0, True
    while died:
        at += 1
        campaign = c.running(shop, guests)
        died = killed(mortal, at, at % 2 == 0, chunks.forget, shop.svc, shop.tea, guests[0])
        chunks.forget(shop.svc, shop.tea, guests[0])
        c.go(shop, campaign)

        told = c.fates(shop, campaign)
        assert guests[0] not in told and told["-"] == "s"
        assert c.funnel(shop, campaign) == {"planned": 3, "suppressed": 1, "a_suppressed": 1, "a_accepted": 2}
        store.move(shop.svc, shop.tea, campaign.campaign_id, ("running",), "done")
        store.drop(shop.svc, shop.tea, campaign.campaign_id)
        shop.svc.table.delete("campaigns#tea", f"campaign#{campaign.campaign_id}")
    assert at > 3


@pytest.mark.parametrize("seed", seeds.SEEDS)
def test_nothing_that_queues_workers_and_wechat_do_makes_it_twice_or_never(shop: House, seed: int) -> None:
    """Jobs doubled and out of order, workers killed, the clock's looks late and two at once, WeChat ill by turns."""
    dice = random.Random(seed)
    mortal = mortal_house(shop, dice, twice=0.3)
    guests = [*c.together(shop, 25), *c.together(shop, 15, shelf="7"), *c.together(shop, 10, shelf="f")]
    campaign = c.running(shop, guests, size=10)
    faults = [{"errcode": -1}, {"status": 500}, {"status": 500, "after_effect": True}, {"errcode": 40001},
              {"errcode": 45011}]  # fmt: skip

    def dies() -> tuple[int, bool]:
        return (dice.randrange(1, 60), dice.random() < 0.5) if dice.random() < 0.2 else (0, False)

    for turn in range(40):
        if turn < 12 and dice.random() < 0.5:
            shop.control("faults", path=SEND, times=dice.randrange(1, 8), **dice.choice(faults))
        for _ in range(dice.choice([1, 1, 2])):
            mortal.lives(*dies() if turn < 20 else (0, False))
            with contextlib.suppress(Killed, Exception):
                c.tick(shop, campaign)
        mortal.lives()
        deliver(shop, mortal, dies if turn < 12 else (lambda: (0, False)))
        shop.advance(dice.choice([20, 40, 60]))
        if c.phase(shop, campaign)[0] == "done":
            break

    assert {openid: len(c.messages(shop, openid)) for openid in guests} == dict.fromkeys(guests, 1)
    assert set(c.fates(shop, campaign).values()) == {"d"}
    c.adds_up(shop, campaign, len(guests))
    assert c.phase(shop, campaign)[0] == "done"
