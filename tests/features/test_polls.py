"""A person has one vote, whatever is repeated, late or at once; and the counts are exact."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.aws.table import TransactionConflict
from chalicelib.errors import BadInput, Conflict, Forbidden, NotFound
from chalicelib.features import events, polls, tags
from chalicelib.features.polls import Poll, Question, Vote, ballots
from tests.features.test_budgets import Bill, bill
from tests.house import House
from tests.polling import A_DAY, GREEN, HOT, TEA, WITH_IT, poll, quiz, told

__all__ = ["bill"]

ANSWERS = [[0], [1, 2]]
HOT_OR_NOT = Question("冷的还是热的？", ("冷的", "热的"))
HOT_OR_NOT_RIGHT = Question(HOT.text, HOT.options, right=(1,))


def cast(house: House, asked: Poll, openid: str = "alice", answers: Any = ANSWERS, **more: Any) -> Vote:
    return polls.vote(house.svc, house.tea, asked, openid, answers, **more)


def count(house: House, asked: Poll) -> polls.Tally:
    house.svc._cache.clear()
    return polls.tally(house.svc, asked)


def voted_items(house: House, *people: str) -> int:
    return sum(len(list(house.svc.table.under(f"person#tea#{one}", "vote#", fresh=True))) for one in people)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([], "There are 2 questions"),
        ([[0]], "There are 2 questions"),
        ([[0], [1], [0]], "There are 2 questions"),
        ([[], [1]], "第 1 题请选一项。Please choose one option for question 1"),
        ([[0, 1], [1]], "one option for question 1"),
        ([[0], []], "第 2 题请选 1 到 2 项。Please choose 1 to 2 options for question 2"),
        ([[0], [0, 1, 2]], "1 to 2 options for question 2"),
        ([[3], [1]], "Question 1 has no such option"),
        ([[-1], [1]], "Question 1 has no such option"),
        ([[0], [1, 10**30]], "Question 2 has no such option"),
    ],
)
def test_answers_that_do_not_fit_are_refused_and_the_question_is_named(
    house: House, answers: Any, sentence: str
) -> None:
    asked = poll(house)

    with pytest.raises(BadInput, match=sentence):
        cast(house, asked, answers=answers)

    assert polls.my_vote(house.svc, house.tea, asked, "alice") is None
    assert count(house, asked).people == 0


def test_a_virtual_visitor_cannot_vote(house: House) -> None:
    asked = poll(house)
    with pytest.raises(Forbidden, match="full page"):
        cast(house, asked, virtual=True)
    assert count(house, asked).people == 0


def test_nobody_votes_before_the_opening_or_after_the_close(house: House) -> None:
    asked = poll(house, opens_at=house.svc.now() + 600)
    with pytest.raises(Conflict, match="not begun"):
        cast(house, asked)
    house.advance(601)
    assert cast(house, asked).fresh
    house.advance(A_DAY)
    with pytest.raises(Conflict, match="over"):
        cast(house, asked, "bob")
    assert not cast(house, asked).fresh
    assert count(house, asked).people == 1


def test_only_followers_vote_where_only_they_may(house: House) -> None:
    asked = poll(house, voters="followers")
    with pytest.raises(Forbidden, match="follow the account first"):
        cast(house, asked)
    house.phone("alice", "follow")
    assert cast(house, asked).fresh
    house.phone("bob", "follow")
    house.phone("bob", "unfollow")
    with pytest.raises(Forbidden):
        cast(house, asked, "bob")


def test_a_poll_that_is_not_there_is_not_found(house: House) -> None:
    for poll_id in ("", "x", "0" * 12, "../secret", "0" * 2000, "茶"):
        with pytest.raises(NotFound):
            polls.find(house.svc, poll_id)


def test_accounts_do_not_own_each_others_polls(house: House) -> None:
    asked = poll(house)
    for do in (polls.owned, polls.remove):
        with pytest.raises(NotFound):
            do(house.svc, house.leaf, asked.poll_id)
    assert polls.owned(house.svc, house.tea, asked.poll_id) == asked


def test_an_account_that_signs_nobody_in_has_no_polls(house: House) -> None:
    with pytest.raises(BadInput, match="nobody could vote"):
        polls.save(house.svc, house.leaf, **told(house, kind="poll", questions=(TEA,)))


def test_a_second_vote_changes_nothing_and_is_told_the_first(house: House) -> None:
    asked = poll(house)

    first = cast(house, asked, answers=[[0], [2, 1, 1]])
    second = cast(house, asked, answers=[[2], [0]])
    nonsense = cast(house, asked, answers=[])

    assert (first.answers, first.fresh) == (((0,), (1, 2)), True)
    assert (second.answers, second.at, second.fresh) == (first.answers, first.at, False)
    assert nonsense == second == polls.my_vote(house.svc, house.tea, asked, "alice")
    assert count(house, asked) == polls.Tally(1, ((1, 0, 0), (0, 1, 1)), {})


def test_twenty_at_once_for_one_person_are_one_vote(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = poll(house)
    monkeypatch.setattr(ballots, "find", lambda *_, **__: None)  # nobody sees an earlier one

    with ThreadPoolExecutor(20) as crowd:
        cast_by_all = list(crowd.map(lambda n: cast(house, asked, answers=[[n % 3], [n % 2]]), range(20)))

    assert [one.fresh for one in cast_by_all].count(True) == 1
    assert len({(one.answers, one.at) for one in cast_by_all}) == 1
    assert count(house, asked).people == sum(count(house, asked).counts[0]) == voted_items(house, "alice") == 1


def test_twenty_people_at_once_are_twenty_votes(house: House) -> None:
    asked = quiz(house)
    people = [f"guest-{n}" for n in range(20)]

    with ThreadPoolExecutor(20) as crowd:
        cast_by_all = list(crowd.map(lambda n: cast(house, asked, people[n], [[n % 2], [0, n % 3]]), range(20)))

    assert all(one.fresh for one in cast_by_all)
    tally = count(house, asked)
    assert tally.people == voted_items(house, *people) == 20
    assert tally.counts[0] == (10, 10)
    assert tally.counts[1] == (20, 7, 6)
    assert tally.scores == dict(Counter(one.score for one in cast_by_all))


def test_a_vote_that_met_another_is_tried_again_and_counted_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = poll(house)
    shards: list[str] = []
    store = house.svc.table.put_new_and_add

    def meets_another(item: Any, pk: str, sk: str, add: Any) -> Any:
        shards.append(sk)
        if len(shards) <= 3:
            raise TransactionConflict("another")
        return store(item, pk, sk, add)

    monkeypatch.setattr(house.svc.table, "put_new_and_add", meets_another)

    assert cast(house, asked).fresh
    assert len(shards) == 4
    assert len(set(shards)) > 1
    assert count(house, asked).people == 1


def test_a_vote_that_meets_others_for_ever_asks_to_press_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = poll(house)

    def meets_another(*_: Any) -> Any:
        raise TransactionConflict("another")

    monkeypatch.setattr(house.svc.clock, "sleep", lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr(house.svc.table, "put_new_and_add", meets_another)
        with pytest.raises(Conflict, match="press again"):
            cast(house, asked)

    assert polls.my_vote(house.svc, house.tea, asked, "alice") is None
    assert cast(house, asked).fresh


def test_a_vote_costs_four_write_units_and_a_repeat_none(house: House, bill: Bill) -> None:
    asked = quiz(house)
    tags.asks(house.svc, house.tea, {"voted"})  # a container remembers its rules for a minute
    events.is_asked(house.svc, house.tea, "voted")  # and who asks for events
    bill.requests.clear()
    bill.units.clear()

    cast(house, asked, answers=[[0], [0, 2]])
    assert bill.requests == ["GetItem", "TransactWriteItems"]
    assert (bill.units["write"], bill.units["index"], bill.units["read"]) == (4, 0, 0.5)
    cast(house, asked, answers=[[0], [0, 2]])
    assert bill.requests == ["GetItem", "TransactWriteItems", "GetItem"]


def test_a_quiz_counts_the_questions_that_are_right_exactly(house: House) -> None:
    asked = quiz(house)

    given = {"alice": [[0], [0, 2]], "bob": [[0], [0]], "carol": [[1], [0, 1, 2]], "dan": [[1], [2, 0]]}
    scores = {openid: cast(house, asked, openid, answers).score for openid, answers in given.items()}

    assert scores == {"alice": 2, "bob": 1, "carol": 0, "dan": 1}
    assert count(house, asked).scores == {0: 1, 1: 2, 2: 1}
    assert [polls.score_text(asked, score) for score in (0, 1, 2)] == ["再喝几杯吧", "再喝几杯吧", "茶博士！"]
    assert polls.score_text(poll(house), 0) == ""


def test_who_just_voted_sees_their_own_vote_counted(house: House) -> None:
    asked = poll(house)
    assert polls.tally(house.svc, asked).people == 0
    cast(house, asked)
    assert polls.tally(house.svc, asked).people == 1


@pytest.mark.parametrize(
    ("results", "seen"),
    [
        # open: not taken, taken; closed: not taken, taken
        ("always", [False, True, False, True]),
        ("after_vote", [False, True, False, True]),
        ("after_close", [False, False, False, True]),
        ("never", [False, False, False, True]),
    ],
)
def test_what_is_right_is_seen_by_who_took_the_quiz_and_not_before_its_results(
    house: House, results: str, seen: list[bool]
) -> None:
    asked = quiz(house, results=results)
    times = (house.svc.now(), asked.closes_at)

    assert [polls.may_see_right(asked, taken, at) for at in times for taken in (False, True)] == seen


@pytest.mark.parametrize(
    ("results", "seen"),
    [
        # open: not voted, voted; closed: not voted, voted
        ("always", [True, True, True, True]),
        ("after_vote", [False, True, True, True]),
        ("after_close", [False, False, True, True]),
        ("never", [False, False, False, False]),
    ],
)
def test_results_are_seen_when_the_operator_wants_it(house: House, results: str, seen: list[bool]) -> None:
    asked = poll(house, results=results)
    now, later = house.svc.now(), asked.closes_at

    shown = [polls.may_see_results(asked, voted, at) for at in (now, later) for voted in (False, True)]

    assert shown == seen


def test_votes_stay_when_the_poll_changes_around_its_questions(house: House) -> None:
    asked = poll(house)
    cast(house, asked)
    until = house.svc.now() + 60

    changed = poll(house, poll_id=asked.poll_id, title="夏天的茶", closes_at=until, voters="followers")

    assert changed == polls.find(house.svc, asked.poll_id) == polls.owned(house.svc, house.tea, asked.poll_id)
    assert (changed.title, changed.created, changed.closes_at) == ("夏天的茶", asked.created, until)
    assert count(house, changed).people == 1
    assert not cast(house, changed).fresh
    house.advance(61)
    assert changed.state(house.svc.now()) == "closed"
    with pytest.raises(Conflict):
        cast(house, changed, "bob")


@pytest.mark.parametrize("other", [{"questions": (WITH_IT,)}, {"kind": "quiz", "questions": (HOT, GREEN)}])
def test_questions_change_until_somebody_has_voted(house: House, other: dict[str, Any]) -> None:
    asked = poll(house)
    changed = poll_again(house, asked, **other)
    assert changed.questions == other["questions"]

    cast(house, changed, answers=[[0]] * len(changed.questions))

    with pytest.raises(Conflict, match="cannot change"):
        poll_again(house, asked)
    assert polls.owned(house.svc, house.tea, asked.poll_id) == changed


def poll_again(house: House, asked: Poll, **other: Any) -> Poll:
    whole = {"kind": "poll", "questions": (TEA, WITH_IT), "poll_id": asked.poll_id} | other
    return polls.save(house.svc, house.tea, **told(house, **whole))


def test_a_vote_in_the_questions_of_a_moment_ago_counts_for_no_others(house: House) -> None:
    """Between a change and what another container remembers, somebody votes in the old ones."""
    asked = poll(house)
    changed = poll_again(house, asked, questions=(WITH_IT, HOT_OR_NOT))
    cast(house, asked, answers=[[2], [1, 2]])

    assert polls.my_vote(house.svc, house.tea, changed, "alice") is None
    assert count(house, changed) == polls.Tally(0, ((0, 0, 0), (0, 0)), {})
    assert cast(house, changed, answers=[[0, 1], [1]]).fresh
    assert count(house, changed) == polls.Tally(1, ((1, 1, 0), (0, 1)), {})


def test_a_change_of_the_right_answer_makes_other_questions_of_them(house: House) -> None:
    asked = quiz(house)
    assert quiz(house, poll_id=asked.poll_id, title="再来").edition == asked.edition
    assert quiz(house, poll_id=asked.poll_id, questions=(HOT_OR_NOT_RIGHT, GREEN)).edition != asked.edition


def test_a_form_that_is_newer_than_what_is_remembered_is_voted_with(house: House) -> None:
    asked = poll(house)
    house.svc._cache.clear()
    old = polls.find(house.svc, asked.poll_id)
    changed = poll_again(house, asked, questions=(WITH_IT,))
    house.svc._cache[f"poll#{asked.poll_id}"] = (house.svc.clock.time(), old)  # as in another container

    assert polls.find_edition(house.svc, asked.poll_id, "") == old
    assert polls.find_edition(house.svc, asked.poll_id, changed.edition) == changed
    assert polls.find_edition(house.svc, asked.poll_id, old.edition) == changed


def test_what_is_remembered_to_vote_is_a_second_old_at_most(house: House) -> None:
    asked = poll(house)
    house.svc._cache[f"poll#{asked.poll_id}"] = (house.svc.clock.time() - 1.1, asked)
    house.svc.table.update(f"poll#{asked.poll_id}", "poll", {"title": "改了"})

    assert polls.find(house.svc, asked.poll_id).title == asked.title
    assert polls.find(house.svc, asked.poll_id, to_vote=True).title == "改了"


def test_thanks_are_queued_again_while_a_vote_is_tried_for_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each try that comes so late that the job of those before it may find no vote yet."""
    asked = poll(house, afterwards=polls.Afterwards(message="谢谢"))
    done: list[str] = []

    def meets_another(*_: Any) -> Any:
        done.append("tried")
        raise TransactionConflict("another")

    monkeypatch.setattr(house.svc, "later_by", lambda *_, **__: done.append("queued"))
    monkeypatch.setattr(house.svc.table, "put_new_and_add", meets_another)
    monkeypatch.setattr(house.svc.clock, "sleep", lambda _: house.advance(0.6))
    with pytest.raises(Conflict, match="press again"):
        cast(house, asked)

    assert done[:6] == ["queued", "tried", "tried", "queued", "tried", "tried"]
    assert done.count("queued") == 10


def test_a_removed_poll_leaves_nothing_but_votes_that_end_by_themselves(house: House) -> None:
    earlier = poll(house, questions=(WITH_IT,))
    asked = poll_again(house, earlier)
    cast(house, earlier, "carol", answers=[[0]])  # counted in questions that are gone
    cast(house, asked)
    polls.follow_picture(house.svc, house.tea, asked)

    polls.remove(house.svc, house.tea, asked.poll_id)

    with pytest.raises(NotFound):
        polls.find(house.svc, asked.poll_id)
    with pytest.raises(NotFound):
        polls.remove(house.svc, house.tea, asked.poll_id)
    cast(house, asked, "bob")  # in a container that still remembers it
    polls.sweep(house.svc, house.tea, poll_id=asked.poll_id)
    for pk in (f"poll#{asked.poll_id}", f"tally#{asked.poll_id}"):
        assert list(house.svc.table.under(pk, fresh=True)) == []
    (kept,) = house.svc.table.under("person#tea#alice", "vote#")
    assert kept["expires"] > asked.created + 366 * A_DAY


def test_removing_sweeps_once_more_from_the_queue(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered: list[Any] = []
    monkeypatch.setattr(house.svc, "later_by", lambda *told, **more: ordered.append((told, more)))
    asked = poll(house)

    polls.remove(house.svc, house.tea, asked.poll_id)

    assert ordered == [((60, polls.sweep, house.tea), {"poll_id": asked.poll_id})]


def test_polls_are_listed_newest_first_in_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.features.polls.store.PAGE", 2)
    made = []
    for number in range(4):
        made.append(poll(house, title=f"第 {number} 个"))
        house.advance(1)

    first, cursor = polls.listed(house.svc, house.tea)
    second, after = polls.listed(house.svc, house.tea, cursor)

    assert [one.title for one in first + second] == ["第 3 个", "第 2 个", "第 1 个", "第 0 个"]
    assert [one.poll_id for one in first + second] == [one.poll_id for one in reversed(made)]
    assert [(one.kind, one.state, one.created) for one in first[:1]] == [("poll", "open", made[-1].created)]
    house.advance(A_DAY)
    assert {one.state for one in polls.listed(house.svc, house.tea)[0]} == {"closed"}
    assert polls.listed(house.svc, house.tea, after) == ([], "")
    assert polls.listed(house.svc, house.leaf) == ([], "")
    for cursor in ("x", "0" * 11, "#", "~" * 500):
        with pytest.raises(BadInput, match="not a cursor"):
            polls.listed(house.svc, house.tea, cursor)
