"""How many people a segment has, who they are, and why somebody is among them or is not."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import AppError, BadInput, Conflict, NotFound
from chalicelib.features import followers, segments
from chalicelib.features.segments import counting, read
from chalicelib.features.segments.fields import day_text
from tests.crowd import day, follower
from tests.house import House, Json

BUYERS: Json = {"field": "orders", "is": "at_least", "value": 2}
EVERYBODY: Json = {"all": []}


@pytest.fixture
def shop(house: House) -> House:
    """Forty followers: number n bought n % 4 times."""
    for n in range(40):
        follower(house, f"guest-{n:02}", days_ago=n + 1, orders=n % 4, messages=n % 2, last_active=day(house, n))
    return house


def buyers() -> set[str]:
    return {f"guest-{n:02}" for n in range(40) if n % 4 >= 2}


def streamed(house: House, question: Any, cursor: str = "", limit: int = 7) -> list[str]:
    pages = segments.stream(house.svc, house.tea, question, cursor, limit)
    return [openid for page in pages for openid in page.openids]


def test_a_question_is_checked_before_anybody_is_counted(house: House) -> None:
    for use in (segments.count_exact, segments.page):
        with pytest.raises(BadInput):
            use(house.svc, house.tea, {"field": "x"})
    with pytest.raises(BadInput):
        list(segments.stream(house.svc, house.tea, {"field": "x"}))


def test_nobody_follows_and_nobody_is_counted(house: House) -> None:
    assert segments.count_exact(house.svc, house.tea, EVERYBODY) == (0, 0)
    assert segments.estimate(house.svc, house.tea, read(BUYERS)) == segments.Estimate(0, 0, True)
    assert streamed(house, EVERYBODY) == []


def test_all_ways_of_counting_agree_while_followers_are_few(shop: House) -> None:
    assert segments.count_exact(shop.svc, shop.tea, BUYERS) == (20, 40)
    assert segments.estimate(shop.svc, shop.tea, read(BUYERS)) == segments.Estimate(20, 40, True)
    assert len(streamed(shop, BUYERS)) == 20


def test_many_followers_are_estimated_from_a_sixteenth_of_them(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "FEW", 1)
    rows = list(followers.everyone(shop.svc, shop.tea, 0))
    told = segments.estimate(shop.svc, shop.tea, read(BUYERS))

    assert told.exact is False
    assert (told.of, told.about) == (16 * len(rows), 16 * sum(row.openid in buyers() for row in rows))
    assert abs(told.about - 20) <= told.give_or_take or told.about == 0


def test_the_stream_gives_each_once_and_goes_on_where_it_was_left(shop: House) -> None:
    first = next(iter(segments.stream(shop.svc, shop.tea, BUYERS, limit=7)))
    rest = streamed(shop, BUYERS, first.cursor)

    assert sorted([*first.openids, *rest]) == sorted(buyers())


def test_people_who_come_and_go_while_it_streams_do_not_double_anybody(shop: House) -> None:
    pages = segments.stream(shop.svc, shop.tea, EVERYBODY, limit=5)
    seen = list(next(pages).openids)
    follower(shop, "late", days_ago=0)
    followers.leaving.leave(shop.svc, shop.tea, "guest-39", shop.svc.now())
    for page in pages:
        seen += page.openids

    assert len(seen) == len(set(seen))
    assert {f"guest-{n:02}" for n in range(39)} <= set(seen)


def test_pages_are_never_longer_than_asked_for(shop: House) -> None:
    found, cursor = segments.page(shop.svc, shop.tea, BUYERS, limit=3)
    assert (len(found), bool(cursor)) == (3, True)
    with pytest.raises(BadInput):
        segments.page(shop.svc, shop.tea, BUYERS, cursor="zz.made-up")


def test_what_a_card_cannot_tell_is_looked_up_in_the_log(house: House) -> None:
    for openid in ("alice", "bob"):
        house.phone(openid, "follow")
    house.says("alice", "Oolong please")
    house.says("alice", "more OOLONG")
    house.says("bob", "hello")
    for openid in ("alice", "bob"):
        followers.change(house.svc, house.tea, openid, lambda known: {"messages": 2, "last_active": day(house)})

    twice = {"event": "said", "what": "oolong", "at_least": 2, "within_days": 7}

    assert segments.count_exact(house.svc, house.tea, twice).people == 1
    assert segments.estimate(house.svc, house.tea, read(twice)).about == 1
    assert streamed(house, twice) == ["alice"]
    assert streamed(house, {"not": twice}) == ["bob"]
    assert streamed(house, {**twice, "at_least": 3}) == []


def test_scans_orders_and_visits_are_found_in_the_log_too(house: House) -> None:
    house.phone("alice", "scan", scene="12")
    house.phone("alice", "scan", scene="12")
    followers.note_order(house.svc, house.tea, "alice", "order-1", 8900, house.svc.now() - 40 * 86_400)
    followers.note_order(house.svc, house.tea, "alice", "order-2", 8900, house.svc.now())
    house.svc.table.put({"pk": "person#tea#alice", "sk": "visit#1", "since": house.svc.now()})
    house.svc.table.put({"pk": "person#tea#alice", "sk": "vote#tea-of-the-year", "voted_at": house.svc.now()})

    def is_in(**event: Any) -> bool:
        return streamed(house, {"within_days": 30, **event}) == ["alice"]

    assert is_in(event="scanned", what="12", at_least=2)
    assert not is_in(event="scanned", what="12", at_least=3)
    assert is_in(event="ordered")
    assert not is_in(event="ordered", at_least=2)
    assert is_in(event="ordered", at_least=2, within_days=90)
    assert is_in(event="visited")
    assert not is_in(event="visited", at_least=2)


def test_a_segment_is_saved_found_listed_and_removed(house: House) -> None:
    made = segments.create(house.svc, house.tea, " 常客 ", BUYERS)

    assert (made.name, made.question, made.version) == ("常客", BUYERS, 1)
    assert segments.find(house.svc, house.tea, made.segment_id) == made
    assert segments.listed(house.svc, house.tea) == [made]
    assert segments.listed(house.svc, house.leaf) == []

    segments.remove(house.svc, house.tea, made.segment_id)
    with pytest.raises(NotFound):
        segments.remove(house.svc, house.tea, made.segment_id)
    with pytest.raises(NotFound):
        segments.find(house.svc, house.tea, made.segment_id)


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_segment_needs_a_name_of_some_length(house: House, name: str) -> None:
    with pytest.raises(BadInput):
        segments.create(house.svc, house.tea, name, BUYERS)


def test_the_second_editor_is_told_and_the_first_ones_work_stays(house: House) -> None:
    made = segments.create(house.svc, house.tea, "常客", BUYERS)
    seen = made.version

    segments.change(house.svc, house.tea, made.segment_id, "熟客", BUYERS, seen)
    with pytest.raises(Conflict):
        segments.change(house.svc, house.tea, made.segment_id, "贵客", BUYERS, seen)

    assert segments.find(house.svc, house.tea, made.segment_id).name == "熟客"
    assert segments.change(house.svc, house.tea, made.segment_id, "贵客", BUYERS).version == 3


def test_a_count_is_kept_until_the_question_is_another_one(shop: House) -> None:
    made = segments.create(shop.svc, shop.tea, "常客", BUYERS)
    assert segments.count(shop.svc, shop.tea, made.segment_id).counted == 20
    assert segments.change(shop.svc, shop.tea, made.segment_id, "熟客", BUYERS).counted == 20
    assert segments.change(shop.svc, shop.tea, made.segment_id, "熟客", EVERYBODY).counted_at == 0


def test_what_takes_too_long_is_counted_in_the_background(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "LOOK_AT_CLOCK", 1)
    monkeypatch.setattr("chalicelib.features.segments.saved.PATIENCE", -1)
    monkeypatch.setattr("chalicelib.features.segments.saved.AT_A_STRETCH", -1)  # a job for each page
    monkeypatch.setattr(counting, "PAGE", 3)
    made = segments.create(shop.svc, shop.tea, "常客", BUYERS)

    with pytest.raises(Conflict) as told:
        segments.count(shop.svc, shop.tea, made.segment_id)
    assert isinstance(told.value, AppError)
    while shop.work():
        pass

    assert segments.find(shop.svc, shop.tea, made.segment_id).counted == 20


def test_a_background_count_of_a_question_that_changed_or_went_is_given_up(shop: House) -> None:
    made = segments.create(shop.svc, shop.tea, "常客", BUYERS)
    segments.change(shop.svc, shop.tea, made.segment_id, "熟客", EVERYBODY)

    segments.count_on(shop.svc, shop.tea, made.segment_id, made.version, "", 0)
    assert segments.find(shop.svc, shop.tea, made.segment_id).counted_at == 0

    segments.remove(shop.svc, shop.tea, made.segment_id)
    segments.count_on(shop.svc, shop.tea, made.segment_id, made.version, "", 0)
    assert segments.listed(shop.svc, shop.tea) == []


def test_nobody_is_explained_who_does_not_follow(house: House) -> None:
    with pytest.raises(NotFound):
        segments.explain(house.svc, house.tea, BUYERS, "nobody", {})


def test_each_condition_is_explained_with_what_is_known_of_the_person(house: House) -> None:
    follower(house, "alice", days_ago=3, orders=1, tag_ids=[100], spent=8900, last_active=day(house, 1))
    question = {
        "all": [
            {"field": "tags", "is": "has", "value": 100},
            {"any": [BUYERS, {"not": {"field": "spent", "is": "at_most", "value": 5000}}]},
            {"field": "last_active", "is": "within_days", "value": 7},
            {"event": "scanned", "what": "12", "within_days": 30},
        ]
    }
    told = segments.explain(house.svc, house.tea, question, "alice", {100: "熟客"})

    assert told.is_in is False
    assert [(part.holds, part.value) for part in told.parts] == [
        (True, "熟客"),
        (False, "1"),
        (False, "¥89.00"),
        (True, day_text(day(house, 1))),
        (False, "0"),
    ]
    assert told.parts[0].text == "标签有 熟客。Tags include 熟客."
    assert told.parts[4].text == "最近 30 天扫过码 “12”。Scanned “12” in the last 30 days."
    assert [part.holds for part in told.tree.parts] == [True, True, True, False]


def test_a_person_is_explained_as_they_are_counted(shop: House) -> None:
    for question in (BUYERS, {"not": BUYERS}, {"event": "ordered"}, EVERYBODY):
        inside = set(streamed(shop, question))
        for openid in ("guest-00", "guest-02", "guest-03"):
            told = segments.explain(shop.svc, shop.tea, question, openid, {})
            assert told.is_in == (openid in inside), (question, openid)
