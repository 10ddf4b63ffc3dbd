"""The arithmetic of a verdict: against values that others have published, by properties, and by playing ten thousand
campaigns of which we know the truth."""

from __future__ import annotations

import math
import random
from bisect import bisect
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.features.campaigns import chances, verdict
from chalicelib.features.campaigns.verdict import ALPHA, Arm
from tests.seeds import SEED

DONE: dict[str, Any] = {"phase": "done", "ends_at": 100, "now": 100}
COUNTS = st.integers(1, 50_000).flatmap(lambda people: st.tuples(st.integers(0, people), st.just(people)))


def judge(*arms: Arm, measure: str = "clicked", **told: Any) -> verdict.Verdict:
    return verdict.judge(arms, measure, **(DONE | told))


def arm(letter: str, reached: int, people: int) -> Arm:
    return Arm(letter, letter.upper(), people, reached)


@pytest.mark.parametrize(
    ("reached", "people", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_of_one_share_are_those_that_newcombe_printed(
    reached: int, people: int, low: float, high: float
) -> None:
    assert list(chances.wilson(reached, people)) == pytest.approx([low, high], abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),  # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_intervals_of_a_difference_are_those_that_newcombe_printed(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    assert list(chances.difference(first, second)) == pytest.approx([low, high], abs=5e-5)


def test_the_test_of_two_shares_is_the_chi_square_of_their_table() -> None:
    """The pooled z squared, with Yates' correction, is his chi-square: here of 200 of 1000 and 250 of 1000."""
    seen, expected = (200, 800, 250, 750), (225, 775, 225, 775)
    yates = sum((abs(one - other) - 0.5) ** 2 / other for one, other in zip(seen, expected, strict=True))

    chance = chances.two_sided((200, 1000), (250, 1000))

    assert chance == pytest.approx(math.erfc(math.sqrt(yates / 2)))
    assert 0.008 < chance < 0.01


def test_holm_corrects_as_in_his_paper() -> None:
    assert chances.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert chances.holm([]) == []
    assert chances.holm([0.9, 0.8]) == [1.0, 1.0]


@given(COUNTS)
def test_an_interval_holds_its_share_and_stays_between_nothing_and_all(counts: tuple[int, int]) -> None:
    low, high = chances.wilson(*counts)

    assert 0 <= low <= counts[0] / counts[1] + 1e-12
    assert counts[0] / counts[1] - 1e-12 <= high <= 1


@given(COUNTS, COUNTS)
def test_a_difference_the_other_way_round_is_the_same_with_the_other_sign(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    low, high = chances.difference(first, second)

    assert list(chances.difference(second, first)) == pytest.approx([-high, -low])
    assert -1 <= low <= first[0] / first[1] - second[0] / second[1] + 1e-12 <= high + 2e-12
    assert high <= 1
    assert chances.two_sided(first, second) == pytest.approx(chances.two_sided(second, first))
    assert 0 <= chances.two_sided(first, second) <= 1


@given(st.lists(st.floats(0, 1), max_size=10))
def test_holm_never_makes_smaller_keeps_the_order_and_is_at_most_bonferroni(found: list[float]) -> None:
    corrected = chances.holm(found)

    assert all(
        before <= after <= min(1, before * len(found)) + 1e-12 for before, after in zip(found, corrected, strict=True)
    )
    ordered = [after for _, after in sorted(zip(found, corrected, strict=True))]
    assert all(one <= next_ + 1e-12 for one, next_ in pairwise(ordered))


@given(COUNTS, COUNTS)
def test_a_verdict_never_names_the_worse_one(first: tuple[int, int], second: tuple[int, int]) -> None:
    told = judge(arm("a", *first), arm("b", *second))

    shares = {"a": first[0] / first[1], "b": second[0] / second[1]}
    if told.best:
        assert shares[told.best] == max(shares.values()) > min(shares.values())
        assert min(first[1], second[1]) >= verdict.FEWEST_PEOPLE
    assert told.outcome in {"told", "cannot_tell", "too_few"}


@cache
def shares_of(people: int, share: float) -> list[float]:
    """How probable it is that at most so many of them do it, with that true share."""
    logs = [
        math.lgamma(people + 1) - math.lgamma(k + 1) - math.lgamma(people - k + 1)
        + k * math.log(share) + (people - k) * math.log(1 - share)
        for k in range(people + 1)
    ]  # fmt: skip
    return list(accumulate(map(math.exp, logs)))


def drawn(rng: random.Random, people: int, share: float) -> int:
    return min(bisect(shares_of(people, share), rng.random()), people)


def rate_of(rng: random.Random, groups: list[tuple[int, float]], rounds: int) -> float:
    """How often a verdict names a difference."""
    wrong = 0
    for _ in range(rounds):
        arms = [
            Arm(letter, letter, people, drawn(rng, people, share))
            for letter, (people, share) in zip("abcd", groups, strict=False)
        ]
        wrong += judge(*arms).outcome == "told"
    return wrong / rounds


@pytest.mark.parametrize(
    "groups",
    [
        [(1000, 0.1)] * 2,
        [(200, 0.3)] * 2,
        [(100, 0.15)] * 2,
        [(2000, 0.02)] * 2,
        [(4500, 0.05), (500, 0.05)],
        [(1000, 0.1)] * 4,
        [(300, 0.08), (300, 0.08), (100, 0.08)],
    ],
    ids=str,
)
def test_equals_are_called_different_at_most_one_time_in_twenty(groups: list[tuple[int, float]]) -> None:
    rounds = 4000

    wrong = rate_of(random.Random(SEED), groups, rounds)

    # Three and a half standard deviations of such a count above what was promised.
    assert wrong <= ALPHA + 3.5 * math.sqrt(ALPHA * (1 - ALPHA) / rounds), f"{wrong} with SEED={SEED}"


def test_a_real_difference_is_found_when_there_are_enough_people() -> None:
    """10 % against 12 % with 5,000 each: textbooks promise nine in ten."""

    found = rate_of(random.Random(SEED), [(5000, 0.10), (5000, 0.12)], 1000)

    assert found == pytest.approx(0.885, abs=0.05), f"SEED={SEED}"


def test_who_looks_every_day_would_be_fooled_and_a_fixed_end_is_not() -> None:
    """Equals, 200 more of each a day for ten days: what a verdict without its fixed end would do."""
    rng, fooled, rounds = random.Random(SEED), 0, 1000
    for _ in range(rounds):
        a = b = people = 0
        for _day in range(10):
            people, a, b = people + 200, a + drawn(rng, 200, 0.1), b + drawn(rng, 200, 0.1)
            if chances.two_sided((a, people), (b, people)) < ALPHA:
                fooled += 1
                break

    assert fooled / rounds > 2 * ALPHA, f"SEED={SEED}"
    early = judge(arm("a", 100, 1000), arm("b", 200, 1000), phase="done", ends_at=101)
    assert (early.outcome, early.comparisons, early.best) == ("too_early", [], "")


def test_a_winner_is_named_with_how_much_better_it_is() -> None:
    told = judge(arm("a", 200, 1000), arm("b", 250, 1000))

    assert (told.outcome, told.best) == ("told", "b")
    assert told.words == "「B」最好。“B” did best."
    assert told.comparisons[0].words == (
        "「B」的点击率比「A」高 5.0 个百分点（1.3 到 8.6）；要是其实一样，看到这么大差别的机会约 0.9%。"
        "The click rate of “B” is 5.0 points higher than that of “A” (1.3 to 8.6); "
        "among equals so large a difference shows in about 0.9 % of cases."
    )
    assert told.groups[0].rate == 0.2


def test_cannot_tell_is_an_answer_and_says_how_large_the_difference_may_be() -> None:
    told = judge(arm("a", 100, 1000), arm("b", 104, 1000))

    assert (told.outcome, told.best) == ("cannot_tell", "")
    assert "−3.1 到 2.3 个百分点" in told.comparisons[0].words


def test_what_looks_different_alone_but_not_among_others_is_said_to_be_so() -> None:
    told = judge(arm("a", 100, 1000), arm("b", 129, 1000), arm("c", 112, 1000), arm("d", 115, 1000))

    assert told.outcome == "cannot_tell"
    assert "alone look different" in told.comparisons[0].words


def test_one_winner_among_three_needs_to_beat_both_others() -> None:
    beats_one = judge(arm("a", 100, 1000), arm("b", 160, 1000), arm("c", 150, 1000))
    beats_both = judge(arm("a", 100, 1000), arm("b", 220, 1000), arm("c", 110, 1000))

    assert (beats_one.outcome, beats_one.best) == ("told", "")
    assert beats_both.best == "b"


def test_the_holdout_says_whether_the_campaign_did_anything_and_is_no_winner() -> None:
    did = judge(arm("a", 120, 1000), arm("o", 60, 1000), measure="converted")
    harmed = judge(arm("a", 60, 1000), arm("o", 120, 1000), measure="converted")

    assert (did.outcome, did.best) == ("told", "")
    assert "those who got nothing" in did.words
    assert "没有收到的人" in did.words
    assert harmed.comparisons[0].outcome == "second"
    assert harmed.best == ""


@pytest.mark.parametrize(
    "arms",
    [
        [arm("a", 40, 99), arm("b", 5, 1000)],
        [arm("a", 3, 1000), arm("b", 12, 1000)],
        [arm("a", 0, 0), arm("b", 50, 100)],
        [arm("a", 0, 0), arm("b", 0, 0)],
        [arm("a", 1000, 1000), arm("b", 1000, 1000)],
    ],
    ids=str,
)
def test_too_few_people_or_successes_are_no_verdict(arms: list[Arm]) -> None:
    told = judge(*arms)

    assert (told.outcome, told.best) == ("too_few", "")


def test_a_pair_of_too_few_does_not_hide_another_that_can_be_told() -> None:
    told = judge(arm("a", 200, 1000), arm("b", 300, 1000), arm("c", 9, 50))

    assert [one.outcome for one in told.comparisons] == ["second", "too_few", "too_few"]
    assert (told.outcome, told.best) == ("told", "")


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"phase": "draft", "ends_at": 0}, "not_started"),
        ({"phase": "running", "ends_at": 0}, "too_early"),
        ({"phase": "settling"}, "too_early"),
        ({"phase": "done", "ends_at": 101}, "too_early"),
        ({"phase": "done", "ends_at": 0}, "too_early"),
        ({"phase": "cancelled"}, "cancelled"),
    ],
)
def test_before_its_end_nothing_is_compared_but_shares_are_shown(told: dict[str, Any], outcome: str) -> None:
    found = judge(arm("a", 200, 1000), arm("b", 300, 1000), measure="clicked", **told)

    assert (found.outcome, found.comparisons, len(found.groups)) == (outcome, [], 2)
    assert "。" in found.words


def test_there_has_to_be_something_to_compare() -> None:
    assert judge(arm("a", 1, 10)).outcome == "nothing_to_compare"
    assert judge(arm("a", 1, 10), arm("b", 1, 10), measure="").outcome == "nothing_to_compare"


def test_the_best_of_what_did_worse_than_nothing_is_not_praised() -> None:
    arms = [Arm("a", "A", 5000, 500), Arm("b", "B", 5000, 300), Arm("o", "", 5000, 900)]
    told = judge(*arms, measure="converted")
    assert told.best == "a"
    assert "best" not in told.words
    assert "those who got nothing" in told.words
