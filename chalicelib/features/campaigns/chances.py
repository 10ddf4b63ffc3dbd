"""What chance alone can do: intervals and tests for shares of people. No library, and nothing that is looked at twice.

Wilson 1927 for one share; Newcombe 1998 (his method 10) for the difference of two; the z-test with a pooled share and
Yates' correction for whether two differ at all; Holm 1979 where several are asked about at once. Without the correction
equals would be called different in 5.5 % of cases instead of 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Z95 = 1.959963984540054  # of a normal distribution, 95 % lie within so many deviations

Interval = tuple[float, float]


def wilson(reached: int, people: int) -> Interval:
    """Where the true share lies, with 95 % confidence: 0 to 1 if nobody was asked."""
    if not people:
        return 0.0, 1.0
    share, squared = reached / people, Z95**2
    middle = (share + squared / (2 * people)) / (1 + squared / people)
    half = Z95 * math.sqrt(share * (1 - share) / people + squared / (4 * people**2)) / (1 + squared / people)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def difference(first: tuple[int, int], second: tuple[int, int]) -> Interval:
    """Where the first share less the second lies, with 95 % confidence. Each is (reached, people), of people some."""
    (low_1, high_1), (low_2, high_2) = wilson(*first), wilson(*second)
    share_1, share_2 = first[0] / first[1], second[0] / second[1]
    between = share_1 - share_2
    low = between - math.hypot(share_1 - low_1, high_2 - share_2)
    high = between + math.hypot(high_1 - share_1, share_2 - low_2)
    return max(low, -1.0), min(high, 1.0)


def two_sided(first: tuple[int, int], second: tuple[int, int]) -> float:
    """How probable a difference at least so large is where there is none, at most: the p of a two-sided z-test."""
    (reached_1, people_1), (reached_2, people_2) = first, second
    pooled = (reached_1 + reached_2) / (people_1 + people_2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / people_1 + 1 / people_2))
    if not error:
        return 1.0  # nobody, or everybody: no difference at all
    half_a_person = (1 / people_1 + 1 / people_2) / 2
    between = max(abs(reached_1 / people_1 - reached_2 / people_2) - half_a_person, 0.0)
    return math.erfc(between / error / math.sqrt(2))


def least_expected(first: tuple[int, int], second: tuple[int, int]) -> float:
    """The smallest of the four numbers that two equal groups would show; the z-test needs it not to be small."""
    people = first[1] + second[1]
    reached = first[0] + second[0]
    return min(first[1], second[1]) * min(reached, people - reached) / people if people else 0.0


def holm(chances: Sequence[float]) -> list[float]:
    """The same p's, made greater so that all of them together are wrong as rarely as one alone; in the same order."""
    greatest, told = 0.0, [0.0] * len(chances)
    for rank, place in enumerate(sorted(range(len(chances)), key=lambda one: chances[one])):
        greatest = max(greatest, min(1.0, (len(chances) - rank) * chances[place]))
        told[place] = greatest
    return told
