"""Any question about anybody: counting, listing, finding and explaining agree with a plain reading of the words."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from chalicelib.features import days, finding, followers, people, segments
from chalicelib.features.followers import Row
from chalicelib.features.followers.card import MOST_BYTES
from chalicelib.features.segments import counting, read
from chalicelib.features.segments.fields import day_text
from tests.crowd import day, follower, profile
from tests.house import House, Json

PEOPLE = 10
FACTS: dict[str, list[Any]] = {"城市": ["杭州", "上海"], "points": [0, 3, 50], "size": ["M", "3"]}
LONG_KEY = "MENU_" + "茶" * 70
NOBODY_ASKED = segments.Fitting(bool, bool)


@dataclass
class Person:
    """What really happened, as the test remembers it; days are counted back from today."""

    openid: str
    since: int
    tags: list[int]
    remark: str
    facts: dict[str, Any]
    orders: dict[int, int]  # days ago -> fen
    events: list[tuple[str, str, int]] = field(default_factory=list)  # scanned, clicked or said; what; days ago


def imagined(dice: random.Random, number: int) -> Person:
    facts = {name: dice.choice(values) for name, values in FACTS.items() if dice.random() < 0.6}
    orders = {dice.randint(0, 60): dice.choice((0, 100, 8900)) for _ in range(dice.randint(0, 3))}
    kinds = [
        ("scanned", ("12", "stand~7")),
        ("clicked", ("MENU", LONG_KEY, LONG_KEY + "2")),
        ("said", ("龙井 Tea", "?")),
    ]
    events = []
    for _ in range(dice.randint(0, 30)):
        kind, whats = dice.choice(kinds)
        events.append((kind, dice.choice(whats), dice.randint(2, 40)))
    tags = [tag for tag in (100, 101) if dice.random() < 0.5]
    return Person(
        f"guest-{number}", dice.randint(1, 90), tags, dice.choice(("", "王阿姨", "Ann")), facts, orders, events
    )


def settled(house: House, person: Person) -> Person:
    """The same for the table: a profile, orders, a log, and a night that has read it."""
    follower(house, person.openid, days_ago=person.since, tag_ids=person.tags, remark=person.remark)
    if person.facts:
        followers.set_facts(house.svc, house.tea, person.openid, person.facts, "answer")
    for ago, fen in person.orders.items():
        at = house.svc.now() - ago * days.A_DAY
        followers.note_order(house.svc, house.tea, person.openid, f"order-{ago}", fen, at)
    for number, (kind, what, ago) in enumerate(person.events):
        at = house.svc.now() - ago * days.A_DAY
        event = {"scanned": {"kind": "event", "event": "scan"}, "clicked": {"kind": "event", "event": "click"}}
        item = {"pk": people.key(house.tea, person.openid), "sk": f"message#{at:011d}#{number}", "said": what}
        house.svc.table.put(item | event.get(kind, {"kind": "text"}))
    followers.refresh_activity(house.svc, house.tea, person.openid)
    return person


def holds(house: House, question: Json, person: Person) -> bool:
    """The question, as an operator would read it."""
    if "all" in question:
        return all(holds(house, part, person) for part in question["all"])
    if "any" in question:
        return any(holds(house, part, person) for part in question["any"])
    if "not" in question:
        return not holds(house, question["not"], person)
    if "event" in question:
        return happened(question, person)
    return compares(question["is"], value_of(house, question["field"], person), question.get("value"), house)


def happened(question: Json, person: Person) -> bool:
    within, what = question.get("within_days") or math.inf, question.get("what", "")
    if question["event"] == "ordered":
        found = [ago for ago, fen in person.orders.items() if fen]
    elif question["event"] == "said":
        found = [ago for kind, said, ago in person.events if kind == "said" and what.casefold() in said.casefold()]
    else:
        found = [ago for kind, said, ago in person.events if kind == question["event"] and what in ("", said)]
    return bool(sum(ago < within for ago in found) >= question.get("at_least", 1))


def value_of(house: House, name: str, person: Person) -> Any:
    paid = {ago: fen for ago, fen in person.orders.items() if fen}
    active = min([ago for _, _, ago in person.events], default=person.since)
    return {
        "tags": person.tags,
        "name": person.remark or None,
        "orders": len(paid),
        "spent": sum(paid.values()),
        "last_order": day(house, min(paid)) if paid else None,
        "last_active": day(house, active),
        "since": day(house, person.since),
        **{f"facts.{fact}": person.facts.get(fact) for fact in FACTS},
    }[name]


def compares(op: str, value: Any, wanted: Any, house: House) -> bool:  # noqa: PLR0911 (a line for each word)
    if op in ("known", "unknown"):
        return (value is not None) == (op == "known")
    if op in ("has", "has_not"):
        return (wanted in value) == (op == "has")
    if value is None:
        return op == "is_not"
    if op in ("within_days", "before_days"):
        return bool((day(house) - value < wanted) == (op == "within_days"))
    if op in ("at_least", "at_most"):
        number = next((n for n in range(200) if day_text(day(house, n)) == wanted), None)
        limit = wanted if number is None else day(house, number)
        return isinstance(value, int) and bool(value >= limit if op == "at_least" else value <= limit)
    words, text = str(value).casefold(), str(wanted).casefold()
    if op == "contains":
        return text in words
    if op == "starts_with":
        return words.startswith(text)
    same = words == text if isinstance(wanted, str) else value == wanted
    return same == (op == "is")


def leaf(name: str, ops: list[str], values: some.SearchStrategy[Any]) -> some.SearchStrategy[Json]:
    return some.builds(lambda op, value: {"field": name, "is": op, "value": value}, some.sampled_from(ops), values)


def questions(today: str) -> some.SearchStrategy[Json]:
    numbers = some.sampled_from([0, 1, 2, 3, 100, 8900])
    texts = some.sampled_from(["杭州", "m", "3", "王", "ann", "0"])
    ago = some.integers(1, 70)
    leaves = [
        leaf("tags", ["has", "has_not"], some.sampled_from([100, 101, 102])),
        leaf("name", ["is", "is_not", "contains", "starts_with"], texts),
        *[leaf(name, ["is", "at_least", "at_most"], numbers) for name in ("orders", "spent")],
        *[leaf(name, ["within_days", "before_days"], ago) for name in ("last_order", "last_active", "since")],
        leaf("last_order", ["at_least", "at_most"], some.just(today)),
        *[leaf(f"facts.{name}", ["is", "is_not", "contains", "starts_with"], texts) for name in FACTS],
        *[
            leaf(f"facts.{name}", ["is", "is_not", "at_least", "at_most"], some.sampled_from([0, 3, 9]))
            for name in FACTS
        ],
        some.builds(
            lambda name, op: {"field": f"facts.{name}", "is": op},
            some.sampled_from([*FACTS]),
            some.sampled_from(["known", "unknown"]),
        ),
        some.builds(
            lambda told, within, times: {**told, "within_days": within, "at_least": times},
            some.sampled_from(
                [{"event": "ordered"}, {"event": "said"}, {"event": "said", "what": "TEA"}, {"event": "scanned"}]
                + [{"event": "scanned", "what": what} for what in ("12", "stand~7", "1")]
                + [{"event": "clicked", "what": what} for what in ("MENU", LONG_KEY, LONG_KEY + "2", LONG_KEY[:64])]
            ),
            some.sampled_from([None, 1, 3, 30, 90]),
            some.sampled_from([1, 1, 2, 5]),
        ),
    ]
    return some.recursive(
        some.one_of(leaves),
        lambda inner: some.one_of(
            some.builds(lambda parts: {"all": parts}, some.lists(inner, min_size=1, max_size=3)),
            some.builds(lambda parts: {"any": parts}, some.lists(inner, min_size=1, max_size=3)),
            some.builds(lambda part: part.get("not", {"not": part}), inner),
        ),
        max_leaves=6,
    )


@pytest.fixture
def town(house: House) -> Iterator[list[Person]]:
    dice = random.Random(7)
    yield [settled(house, imagined(dice, number)) for number in range(PEOPLE)]


def test_everything_agrees_about_everybody(house: House, town: list[Person]) -> None:
    assert all(len(profile(house, one.openid)["label"].encode()) <= MOST_BYTES for one in town)

    @settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck])
    @given(questions(day_text(day(house))))
    def agree(question: Json) -> None:
        inside = {one.openid for one in town if holds(house, question, one)}
        listed = [
            openid for page in segments.stream(house.svc, house.tea, question, limit=5) for openid in page.openids
        ]
        found = finding.find(house.svc, house.tea, finding.Wanted(question=question), limit=50).rows
        assert sorted(listed) == sorted(inside)
        assert sorted(row.openid for row in found) == sorted(inside)
        assert segments.count_exact(house.svc, house.tea, question) == (len(inside), PEOPLE)
        assert segments.estimate(house.svc, house.tea, read(question)).about == len(inside)
        for one in town:
            told = segments.explain(house.svc, house.tea, question, one.openid, {})
            assert told.is_in == (one.openid in inside), one

    agree()


@pytest.mark.parametrize("people_there", [0, 20, 60, 150, 400, 3000])
def test_an_estimate_is_as_near_as_it_says_nineteen_times_out_of_twenty(people_there: int) -> None:
    dice = random.Random(people_there)
    near = 0
    for _ in range(300):
        on_this_shelf = sum(dice.random() < 1 / 16 for _ in range(people_there))
        sample = counting._Sample(on_this_shelf, [], 6250)
        told = counting._estimated(NOBODY_ASKED, [sample], 16)
        near += abs(told.about - people_there) <= told.give_or_take
    assert near >= 300 * 0.93


@pytest.mark.parametrize("share", [0.0, 0.004, 0.05, 0.5, 0.996, 1.0])
def test_that_none_of_those_looked_at_fits_is_not_said_of_all(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_looked_up", lambda holds, rows: list(map(holds, rows)))
    near, dice = 0, random.Random(4)
    rows = [Row(f"guest-{n}", n, followers.Card()) for n in range(2000)]
    for _ in range(60):
        fitting = {row.openid for row in dice.sample(rows, round(share * 2000))}
        fits = segments.Fitting(lambda row: None, lambda row: row.openid in fitting)  # noqa: B023
        told = counting._estimated(fits, [counting._Sample(0, rows, 2000)], 1)
        assert not told.exact
        near += abs(told.about - len(fitting)) <= told.give_or_take
    assert near >= 60 * 0.9
