"""Goals of campaigns: who did what it was for, within its days, counted once, and alike for those who got nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import Any

import pytest

from chalicelib.features import events, followers, people, reactions, tags, tokens
from chalicelib.features.campaigns import Campaign, chunks, control, fates, funnel, goals, store
from chalicelib.features.days import A_DAY
from tests.campaign_lists import became, campaign, enlist
from tests.crowd import follower
from tests.house import House, Json

# All in one part of the list, whatever campaign it is.
PEOPLE = list(islice((each for number in count() if chunks.mark_bucket(each := f"o{number:027d}", 2)[0] == "0"), 40))
ORDERED: Json = {"kind": "ordered", "within_days": 7}


def running(house: House, goal: Json, sent: bool = True, **told: Any) -> Campaign:
    """A third is held out of it; everybody else has got it."""
    made = campaign(house, goal=goal, holdout=33, **told)
    enlist(house, made, PEOPLE)
    goals.ask(house.svc, house.tea)
    for openid in PEOPLE if sent else ():
        if of(made, openid) != "o":
            became(house, made, openid, fates.ACCEPTED)
    return made


def of(made: Campaign, openid: str) -> str:
    return fates.letter_of(made.campaign_id, openid, made.document)


def one(made: Campaign, letter: str) -> str:
    return next(openid for openid in PEOPLE if of(made, openid) == letter)


def converted(house: House, made: Campaign) -> Json:
    tally = chunks.tallies(house.svc, house.tea, made.campaign_id)
    return {name: number for name, number in tally.items() if name.endswith("converted") and number}


def buys(house: House, openid: str, order_id: str = "t-1", fen: int = 8900, at: int = 0, **told: Any) -> None:
    followers.note_order(house.svc, house.tea, openid, order_id, fen, at or house.svc.now(), **told)
    house.work()


def test_an_order_of_somebody_who_got_it_and_of_somebody_who_did_not_is_counted_for_each(house: House) -> None:
    made = running(house, ORDERED)
    got, held_out = follower(house, one(made, "a")), follower(house, one(made, "o"))

    buys(house, got, "t-1")
    buys(house, held_out, "t-2")

    assert converted(house, made) == {"a_converted": 1, "o_converted": 1}
    kept = house.svc.table.get(people.key(house.tea, held_out), f"campaign#{made.campaign_id}")
    assert kept
    assert kept["variant"] == "o"


def test_the_same_order_told_again_another_order_and_a_correction_add_nothing(house: House) -> None:
    made = running(house, ORDERED)
    openid = follower(house, one(made, "a"))

    buys(house, openid, "t-1")
    buys(house, openid, "t-1")
    buys(house, openid, "t-2")
    buys(house, openid, "t-1", fen=0, changed=house.svc.now() + 1)

    assert converted(house, made) == {"a_converted": 1}


def test_many_orders_of_one_person_at_once_count_once(house: House) -> None:
    made = running(house, ORDERED)
    openid = one(made, "a")
    told = [event(house, openid, number=number) for number in range(12)]
    with ThreadPoolExecutor(12) as crew:
        list(crew.map(lambda one_: goals.heed(house.svc, house.tea, one_), told))

    assert converted(house, made) == {"a_converted": 1}


def event(house: House, openid: str, kind: str = "ordered", number: int = 1, at: int = 0, **data: Any) -> events.Event:
    told: Json = {"order_id": f"t-{number}", "fen": 100} if kind == "ordered" else {}
    return events.Event(
        id=f"{number:032x}", kind=kind, account="tea", at=at or house.svc.now(), openid=openid, data=told | data
    )


@pytest.mark.parametrize(
    ("after", "counts"),
    [(-1, False), (0, True), (7 * A_DAY, True), (7 * A_DAY + 1, False), (60 * A_DAY, False)],
)
def test_what_happened_outside_its_days_does_not_count_however_late_it_is_told(
    house: House, after: int, counts: bool
) -> None:
    made = running(house, ORDERED)
    openid = one(made, "a")
    found = chunks.find_person(house.svc, house.tea, made, openid)
    assert found
    chunk = chunks.read(house.svc, house.tea, made, found.key)
    assert chunk
    house.advance(20 * A_DAY)

    goals.heed(house.svc, house.tea, event(house, openid, at=chunk.began_at + after))

    assert bool(converted(house, made)) == counts


def test_before_their_part_went_out_nobodys_order_counts_not_even_of_who_gets_nothing(house: House) -> None:
    made = running(house, ORDERED, sent=False)
    for letter in "ao":
        goals.heed(house.svc, house.tea, event(house, one(made, letter)))
    assert converted(house, made) == {}

    for openid in PEOPLE:
        if of(made, openid) == "a":
            became(house, made, openid, fates.ACCEPTED)
    for letter in "ao":
        goals.heed(house.svc, house.tea, event(house, one(made, letter)))

    assert converted(house, made) == {"a_converted": 1, "o_converted": 1}


def test_where_all_of_a_part_are_held_out_their_days_begin_with_the_planning(house: House) -> None:
    made = campaign(house, goal=ORDERED, holdout=50)
    alone = next(openid for openid in PEOPLE if of(made, openid) == "o")
    enlist(house, made, [alone])

    goals.heed(house.svc, house.tea, event(house, alone))

    assert converted(house, made) == {"o_converted": 1}


def test_who_could_not_be_sent_anything_counts_as_whoever_was_to_get_it(house: House) -> None:
    """Else the campaign would be compared without its unreachable people, and the holdout with them."""
    made = running(house, ORDERED, sent=False)
    unreachable, *others = [openid for openid in PEOPLE if of(made, openid) == "a"]
    became(house, made, unreachable, fates.SUPPRESSED, "cap")
    for openid in others:
        became(house, made, openid, fates.ACCEPTED)

    goals.heed(house.svc, house.tea, event(house, unreachable))

    assert converted(house, made) == {"a_converted": 1}
    tally = chunks.tallies(house.svc, house.tea, made.campaign_id)
    assert funnel.steps_of(made, tally)[0].people == len(others) + 1


def test_strangers_erased_people_and_other_campaigns_are_not_counted(house: House) -> None:
    made = running(house, ORDERED)
    other = running(house, {"kind": "custom", "name": "booked", "within_days": 7})
    erased = one(made, "a")
    chunks.blank(house.svc, house.tea, made, erased)
    for openid in (erased, "o-stranger"):
        goals.heed(house.svc, house.tea, event(house, openid))

    assert converted(house, made) == converted(house, other) == {}
    assert house.svc.table.get(people.key(house.tea, erased), f"campaign#{made.campaign_id}") is None


def test_what_another_system_tells_of_counts_by_its_name(house: House) -> None:
    made = running(house, {"kind": "custom", "name": "booked", "within_days": 7})
    openid = follower(house, one(made, "a"))
    for name in ("cancelled", "booked", "booked"):
        events.publish(
            house.svc, house.tea, "custom", openid, {"name": name, "fields": {}}, cause=name, at=house.svc.now()
        )
    house.work()

    assert converted(house, made) == {"a_converted": 1}


def test_a_tag_counts_and_another_does_not(house: House) -> None:
    tokens.refresh_all(house.svc)
    wanted, other = (tags.create(house.svc, house.tea, name).tag_id for name in ("老客", "新客"))
    made = running(house, {"kind": "tagged", "tag_id": wanted, "within_days": 7})
    openid = follower(house, one(made, "a"))

    events.publish(
        house.svc, house.tea, "tagged", openid, {"tag_id": other, "tag": "新客"}, cause="1", at=house.svc.now()
    )
    house.work()
    assert converted(house, made) == {}
    events.publish(
        house.svc, house.tea, "tagged", openid, {"tag_id": wanted, "tag": "老客"}, cause="2", at=house.svc.now()
    )
    house.work()

    assert converted(house, made) == {"a_converted": 1}


def test_only_what_a_campaign_waits_for_is_asked_for_and_nothing_once_the_last_has_ended(house: House) -> None:
    def asked() -> Json:
        kept = house.svc.table.get("account#tea", "interest#campaigns", fresh=True)
        return dict(kept["wanted"]) if kept else {}

    running(house, {"kind": "custom", "name": "booked", "within_days": 2})
    made = running(house, {"kind": "custom", "name": "paid", "within_days": 3})
    campaign(house, "draft", goal=ORDERED)
    goals.ask(house.svc, house.tea)
    assert asked() == {"custom": ["booked", "paid"]}
    assert not events.is_asked(house.svc, house.tea, "ordered")

    for known in store.since(house.svc, house.tea, A_DAY):
        store.move(house.svc, house.tea, known.campaign_id, ("running",), "done", sent_at=house.svc.now())
    house.advance(4 * A_DAY)
    goals.heed(house.svc, house.tea, event(house, one(made, "a"), "custom", name="paid"))

    assert asked() == {}
    assert converted(house, made) == {}


def test_a_start_asks_for_what_the_goal_needs_before_anybody_is_sent_to(house: House) -> None:
    made = campaign(house, "draft", goal=ORDERED)
    store.move(house.svc, house.tea, made.campaign_id, ("draft",), "scheduled")
    control.begin(house.svc, house.tea, store.find(house.svc, house.tea, made.campaign_id))

    kept = house.svc.table.get("account#tea", "interest#campaigns", fresh=True)
    assert kept
    assert kept["wanted"] == {"ordered": []}


def test_an_event_that_only_others_ask_for_reads_no_campaign(house: House) -> None:
    events.set_interest(house.svc, house.tea, "automations", {"ordered": []})
    calls: list[str] = []
    real = type(house.svc.table)._call_all

    def counted(table: Any, operation: str, **arguments: Any) -> Any:
        calls.append(str(arguments))
        return real(table, operation, **arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(house.svc.table), "_call_all", counted)
        reactions.note_goals(house.svc, house.tea, event(house, PEOPLE[0]))

    assert not [call for call in calls if "campaigns#" in call]


def test_an_order_of_a_correction_that_came_first_is_no_order(house: House) -> None:
    made = running(house, ORDERED)
    openid = one(made, "a")
    goals.heed(house.svc, house.tea, event(house, openid, correction=True))
    goals.heed(house.svc, house.tea, event(house, openid, fen=0))

    assert converted(house, made) == {}
