"""What comes with a day: silence, and dates of people's own; and what last week would have set off."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.errors import NotFound
from chalicelib.features import automations, days, followers, tags, tokens
from chalicelib.features.automations import Automation, reviewing
from chalicelib.features.days import A_DAY
from chalicelib.features.segments.fields import EPOCH, day_number
from tests.automating import THANKS, buys, document, journeys, message, running, tick, undelayed, work
from tests.crowd import day, follower
from tests.house import House, Json

SILENT: Json = {"kind": "silent", "days": 30}
BIRTHDAY: Json = {"kind": "date", "attribute": "birthday", "offset_days": -3}
WAIT: Json = {"do": "wait", "minutes": 60, "step_id": "wait"}


@pytest.fixture
def shop(house: House) -> House:
    tokens.refresh_all(house.svc)
    return house


def to_three_in_the_morning(house: House, later: int = 1) -> None:
    """So many days on."""
    house.advance(days.begins(day(house) + later) + 3 * 3600 - house.svc.now())


def born(house: House, openid: str, birthday: str) -> str:
    told = {"birthday": {"value": birthday, "source": "answer", "at": house.svc.now()}}
    return follower(house, openid, facts=told)


def test_silence_is_noticed_on_the_day_that_it_is_long_enough_and_once(shop: House) -> None:
    running(shop, WAIT, when=SILENT)
    follower(shop, "alice", days_ago=90, last_active=day(shop, 29))
    follower(shop, "bob", days_ago=90, last_active=day(shop, 28))
    follower(shop, "carol", days_ago=90, last_active=day(shop, 60))  # silent before the automation was there
    to_three_in_the_morning(shop)
    tick(shop)
    assert [len(journeys(shop, one)) for one in ("alice", "bob", "carol")] == [1, 0, 0]

    shop.svc.table.update("automations", "handed", {"reviewed_day": 0})
    tick(shop)
    assert len(journeys(shop, "alice")) == 1

    to_three_in_the_morning(shop)
    tick(shop)
    assert [len(journeys(shop, one)) for one in ("alice", "bob", "carol")] == [1, 1, 0]


def test_who_wrote_in_the_night_is_not_silent(shop: House) -> None:
    running(shop, WAIT, when=SILENT)
    follower(shop, "alice", days_ago=90, last_active=day(shop, 29))
    to_three_in_the_morning(shop)
    shop.says("alice", "hello")

    tick(shop)

    assert journeys(shop, "alice") == []


def test_a_birthday_comes_every_year_and_three_days_ahead(shop: House) -> None:
    running(shop, WAIT, when=BIRTHDAY)
    to_three_in_the_morning(shop)
    today = day(shop)
    in_three_days, tomorrow = (date.fromordinal(today + ahead + EPOCH) for ahead in (3, 4))
    born(shop, "alice", f"--{in_three_days:%m-%d}")
    born(shop, "bob", f"1990-{tomorrow:%m-%d}")

    tick(shop)
    tick(shop)

    assert [len(journeys(shop, one)) for one in ("alice", "bob")] == [1, 0]


def test_days_that_tick_missed_are_made_up_for(shop: House) -> None:
    running(shop, WAIT, when=SILENT)
    follower(shop, "alice", days_ago=90, last_active=day(shop, 29))
    to_three_in_the_morning(shop)
    shop.svc.table.update("automations", "handed", {"reviewed_day": day(shop) - 1})

    shop.advance(A_DAY)
    tick(shop)

    assert len(journeys(shop, "alice")) == 1


@pytest.mark.parametrize(
    ("known", "on", "offset", "yearly", "fits"),
    [
        ("1992-02-29", "2027-02-28", 0, True, True),
        ("1992-02-29", "2028-02-29", 0, True, True),
        ("1992-02-29", "2028-02-28", 0, True, False),
        ("--12-31", "2027-01-01", 1, True, True),
        ("--01-02", "2026-12-30", -3, True, True),
        ("2026-11-20", "2026-11-20", 0, False, True),
        ("2025-11-20", "2026-11-20", 0, False, False),
    ],
)
def test_which_day_a_date_is_on(known: str, on: str, offset: int, yearly: bool, fits: bool) -> None:
    when = {"kind": "date", "attribute": "birthday", "offset_days": offset, "yearly": yearly}
    theirs = reviewing.read_date(known)
    assert theirs is not None
    assert bool(reviewing._date(when, theirs, day_number(on))) == fits


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", 5, None, True])
def test_what_is_no_date_is_no_date(text: object) -> None:
    assert reviewing.read_date(text) is None


def dry_run(shop: House, told: Json) -> automations.DryRun:
    begun = automations.dry_runs.begin(shop.svc, shop.tea, automations.check(shop.svc, shop.tea, told))
    assert begun.state in ("running", "done")
    with undelayed(shop):
        work(shop)
    return automations.dry_runs.find(shop.svc, shop.tea, begun.run_id)


def test_a_dry_run_says_what_last_week_would_have_set_off_and_does_nothing(shop: House) -> None:
    for number in range(4):
        openid = follower(shop, f"guest-{number}", orders=number)
        at = shop.svc.now() - (number + 1) * A_DAY if number else shop.svc.now() - 8 * A_DAY
        shop.svc.table.put(
            {"pk": f"person#tea#{openid}", "sk": f"order#{number}", "fen": 100 * number, "bought_at": at}
        )
    branch = {
        "do": "branch",
        "if": {"field": "orders", "is": "at_least", "value": 2},
        "then": [THANKS],
        "else": [message("欢迎")],
        "step_id": "which",
    }
    told = dry_run(shop, document(WAIT, branch, when={"kind": "ordered", "at_least_fen": 100}))

    assert (told.state, told.percent, told.looked, told.unknown) == ("done", 100, 4, False)
    assert (told.people, told.entered, told.sent) == (3, 3, 2)
    assert {one.step_id: (one.done, one.skipped) for one in told.steps} == {
        "wait": (3, 0),
        "which": (3, 0),
        "thanks": (2, 0),
        "say": (0, 1),
    }
    assert shop.count("/cgi-bin/message/template/send") == 0


def test_a_dry_run_reads_the_conversation_and_asks_its_question(shop: House) -> None:
    for openid in ("alice", "bob"):
        shop.phone(openid, "follow")
        for text in ("龙井", "有龙井吗", "再见"):
            shop.says(openid, text)
    followers.change(shop.svc, shop.tea, "alice", lambda known: {"orders": 1})
    when: Json = {"kind": "said", "keyword": "龙井"}
    bought: Json = {"field": "orders", "is": "at_least", "value": 1}

    each = dry_run(shop, document(message("89 元"), when=when, enter="each"))
    once = dry_run(shop, document(message("89 元"), when=when, question=bought))

    assert (each.people, each.entered, each.sent) == (2, 4, 4)
    assert (once.people, once.entered, once.sent) == (1, 1, 1)


def test_a_dry_run_of_what_comes_with_a_day(shop: House) -> None:
    follower(shop, "alice", days_ago=90, last_active=day(shop, 33))
    follower(shop, "bob", days_ago=90, last_active=day(shop, 60))

    assert dry_run(shop, document(THANKS, when=SILENT)).sent == 1


def test_of_what_is_not_kept_a_dry_run_says_that_nobody_knows(shop: House) -> None:
    tag_id = tags.create(shop.svc, shop.tea, "熟客").tag_id
    told = dry_run(shop, document(THANKS, when={"kind": "tagged", "tag_id": tag_id}))

    assert (told.state, told.unknown, told.sent) == ("done", True, 0)
    with pytest.raises(NotFound):
        automations.dry_runs.find(shop.svc, shop.tea, "made-up")


def test_who_is_inside_is_listed_page_by_page(shop: House) -> None:
    automation: Automation = running(shop, WAIT)
    other = running(shop, WAIT, name="另一个")
    for number in range(30):
        buys(shop, follower(shop, f"guest-{number}"))
    found, cursor = [], "0."
    while cursor:
        items, cursor = automations.inside(shop.svc, shop.tea, automation.automation_id, cursor, 4)
        found += [one.openid for one in items]

    assert sorted(found) == sorted(f"guest-{number}" for number in range(30))
    assert len(automations.inside(shop.svc, shop.tea, other.automation_id, limit=1000)[0]) == 30
