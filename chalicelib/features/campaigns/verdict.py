"""Which variant did better, and whether the campaign did anything at all; honestly, so often it "cannot tell".

Everybody who was assigned counts, whatever became of their message: only so are the groups alike but for what they were
sent. The end is fixed before the start (`ends_at`), and nothing is compared before it: whoever looks every day for ten
days and stops when it looks good finds a winner among equals three times as often. What is compared together is
corrected together (Holm).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import msgspec

from . import chances
from .chances import Interval

ALPHA = 0.05  # how often equals may be called different, over all comparisons of a campaign
FEWEST_PEOPLE = 100  # of a group
FEWEST_EXPECTED = 10  # of either group, with and without success, if there were no difference
NOBODY = "o"  # the letter of those who got nothing on purpose
MEASURES = {"clicked": ("点击率", "click rate"), "converted": ("达成率", "conversion rate")}


class Words(NamedTuple):
    chinese: str
    english: str


class Arm(NamedTuple):
    """A group: a variant, or who got nothing on purpose (`o`). `label` is how operators call it."""

    letter: str
    label: str
    people: int
    reached: int

    @property
    def numbers(self) -> tuple[int, int]:
        return self.reached, self.people

    @property
    def called(self) -> Words:
        if self.letter == NOBODY:
            return Words("没有收到的人", "those who got nothing")
        return Words(f"「{self.label}」", f"“{self.label}”")


class Group(msgspec.Struct, frozen=True):
    """`rate` of all who were assigned, with the interval in which the true one lies (95 %)."""

    variant: str
    people: int
    reached: int
    rate: float
    low: float
    high: float


class Comparison(msgspec.Struct, frozen=True):
    """`difference` is the first's rate less the second's, `low` to `high` its interval (95 %, of this pair alone);
    `chance` how probable such a difference is among equals, corrected for all comparisons. `outcome`: first or second
    (is better), cannot_tell, too_few."""

    first: str
    second: str
    outcome: str
    words: str
    difference: float = 0.0
    low: float = -1.0
    high: float = 1.0
    chance: float = 1.0


class Verdict(msgspec.Struct, frozen=True):
    """`outcome`: nothing_to_compare, not_started, too_early (see `ends_at`), cancelled, too_few, cannot_tell, told.
    `best` is a variant that is better than every other, or ""."""

    outcome: str
    words: str
    measure: str = ""
    ends_at: int = 0
    best: str = ""
    groups: list[Group] = []
    comparisons: list[Comparison] = []


def judge(arms: Sequence[Arm], measure: str, phase: str, ends_at: int, now: int) -> Verdict:
    """`measure` is clicked or converted, "" where neither is counted; `ends_at` 0 while it is not known yet."""
    if not measure or len(arms) < 2:  # noqa: PLR2004 (a comparison needs two)
        return Verdict("nothing_to_compare", NOTHING)
    if why := _not_yet(phase, ends_at, now):
        return Verdict(why, _waiting(why), measure, ends_at, groups=[_group(arm) for arm in arms])
    found = compare(arms, measure)
    best = _best(arms, found)
    outcome = _outcome(found)
    return Verdict(
        outcome, _summary(arms, outcome, best, found), measure, ends_at, best, [_group(arm) for arm in arms], found
    )


def compare(arms: Sequence[Arm], measure: str) -> list[Comparison]:
    """Each pair. Those of too few people are not tested; the others are corrected as if they had been."""
    pairs = list(combinations(arms, 2))
    corrected = chances.holm([chances.two_sided(*_numbers(pair)) if _enough(*pair) else 1.0 for pair in pairs])
    return [_comparison(*pair, chance, measure) for pair, chance in zip(pairs, corrected, strict=True)]


NOTHING = (
    "没有可以比较的：要有两个以上的版本并统计点击，或者有目标和留白组。"
    "There is nothing to compare: it takes two variants and counted clicks, or a goal and a group that gets nothing."
)
WAITING = {
    "not_started": "还没有开始。It has not begun.",
    "too_early": "还没到约定的时间。提前看结果，很容易把巧合当成差别。"
    "It is too early: whoever looks before the agreed end takes chance for a difference.",
    "cancelled": "活动中途取消了，不能下结论。It was cancelled on the way, so nothing can be concluded.",
}
TOO_FEW = "人数太少，分不出高下。There were too few people to tell."
CANNOT_TELL = "分不出高下：看到的差别可能只是巧合。Cannot tell: the differences seen may be chance."


def _not_yet(phase: str, ends_at: int, now: int) -> str:
    if phase in ("draft", "scheduled"):
        return "not_started"
    if phase == "cancelled":
        return "cancelled"
    return "" if phase == "done" and 0 < ends_at <= now else "too_early"


def _waiting(why: str) -> str:
    return WAITING[why]


def _group(arm: Arm) -> Group:
    low, high = chances.wilson(*arm.numbers)
    rate = arm.reached / arm.people if arm.people else 0.0
    return Group(arm.letter, arm.people, arm.reached, round(rate, 6), round(low, 6), round(high, 6))


def _numbers(pair: tuple[Arm, Arm]) -> tuple[tuple[int, int], tuple[int, int]]:
    return pair[0].numbers, pair[1].numbers


def _enough(first: Arm, second: Arm) -> bool:
    fewest = min(first.people, second.people)
    return fewest >= FEWEST_PEOPLE and chances.least_expected(first.numbers, second.numbers) >= FEWEST_EXPECTED


def _comparison(first: Arm, second: Arm, chance: float, measure: str) -> Comparison:
    if not first.people or not second.people:
        return Comparison(first.letter, second.letter, "too_few", TOO_FEW)
    between = first.reached / first.people - second.reached / second.people
    interval = chances.difference(first.numbers, second.numbers)
    outcome = "cannot_tell" if _enough(first, second) else "too_few"
    if outcome == "cannot_tell" and chance < ALPHA:
        outcome = "first" if between > 0 else "second"
    told = _in_words(first, second, outcome, between, interval, chance, measure)
    low, high = interval
    return Comparison(
        first.letter, second.letter, outcome, told, round(between, 6), round(low, 6), round(high, 6), round(chance, 6)
    )


def _in_words(  # noqa: PLR0913, PLR0917 (what a sentence says)
    first: Arm, second: Arm, outcome: str, between: float, interval: Interval, chance: float, measure: str
) -> str:
    one, other = first.called, second.called
    if outcome == "too_few":
        return (
            f"{one.chinese}和{other.chinese}：人数或次数太少，分不出高下。"
            f"{_capital(one.english)} and {other.english}: too few people, or too few successes, to tell."
        )
    low, high = interval
    if outcome == "cannot_tell" and not low <= 0 <= high:
        return (
            f"{one.chinese}和{other.chinese}单看像有差别（{_points(low)} 到 {_points(high)} 个百分点），但证据还不够。"
            f"{_capital(one.english)} and {other.english} alone look different "
            f"({_points(low)} to {_points(high)} points), but that is not enough to tell."
        )
    if outcome == "cannot_tell":
        return (
            f"{one.chinese}和{other.chinese}分不出高下：相差在 {_points(low)} 到 {_points(high)} 个百分点之间。"
            f"{_capital(one.english)} and {other.english} cannot be told apart: "
            f"the difference is between {_points(low)} and {_points(high)} points."
        )
    if outcome == "second":
        one, other, between, low, high = other, one, -between, -high, -low
    chinese, english = MEASURES[measure]
    return (
        f"{one.chinese}的{chinese}比{other.chinese}高 {_points(between)} 个百分点"
        f"（{_points(low)} 到 {_points(high)}）；"
        f"要是其实一样，看到这么大差别的机会{_chance(chance).chinese}。"
        f"The {english} of {one.english} is {_points(between)} points higher than that of {other.english} "
        f"({_points(low)} to {_points(high)}); among equals so large a difference shows {_chance(chance).english}."
    )


def _outcome(found: Sequence[Comparison]) -> str:
    outcomes = {one.outcome for one in found}
    if outcomes & {"first", "second"}:
        return "told"
    return "too_few" if outcomes == {"too_few"} else "cannot_tell"


def _best(arms: Sequence[Arm], found: Sequence[Comparison]) -> str:
    """The variant that won against every other one."""
    variants = [arm.letter for arm in arms if arm.letter != NOBODY]
    won = [one.first if one.outcome == "first" else one.second for one in _among(found) if one.outcome in WON]
    return next((one for one in variants if 0 < won.count(one) == len(variants) - 1), "")


WON = ("first", "second")


def _among(found: Sequence[Comparison]) -> list[Comparison]:
    """Of variants with each other."""
    return [one for one in found if NOBODY not in (one.first, one.second)]


def _summary(arms: Sequence[Arm], outcome: str, best: str, found: Sequence[Comparison]) -> str:
    if outcome != "told":
        return {"too_few": TOO_FEW, "cannot_tell": CANNOT_TELL}[outcome]
    if best:
        lost = next((one for one in found if (one.first, one.outcome, one.second) == (best, "second", NOBODY)), None)
        if lost:  # it is the best of what did harm
            return lost.words
        called = next(arm for arm in arms if arm.letter == best).called
        return f"{called.chinese}最好。{_capital(called.english)} did best."
    won = [one for one in found if one.outcome in WON]
    return won[0].words if len(won) == 1 else SOME.format(len(won), len(found))


SOME = "{1} 组比较里有 {0} 组分出了高下。{0} of {1} comparisons found a difference."


def _points(share: float) -> str:
    """Percentage points, with as many decimals as say something."""
    points = share * 100
    text = f"{points:.1f}" if abs(points) >= 0.1 else f"{points:.2f}"  # noqa: PLR2004 (a tenth of a point)
    return text.replace("-0.00", "0.00").replace("-", "−")


def _chance(chance: float) -> Words:
    if chance < 0.001:  # noqa: PLR2004 (smaller says nothing more)
        return Words("不到 0.1%", "in less than 0.1 % of cases")
    return Words(f"约 {chance * 100:.1f}%", f"in about {chance * 100:.1f} % of cases")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
