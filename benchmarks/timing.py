"""How time is taken: everybody in turn within one run, medians, and ratios of neighbours.

The machine's mood changes by the second, and takes all contestants of a round alike; so ratios are trusted and
milliseconds only shown. The garbage collector stays as production has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

Seconds = list[float]


def in_turn(contestants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Seconds]:
    """What each says it took, round by round: A B C, A B C, …"""
    taken: dict[str, Seconds] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            taken[name].append(measure())
    return taken


def calls(function: Callable[..., Any], *arguments: Any, seconds: float = 0.02) -> Callable[[], float]:
    """Measures one call, as the mean of so many as fit into `seconds`; it has warmed up by then."""
    number = max(1, round(seconds / _mean(20, function, arguments)))
    return lambda: _mean(number, function, arguments)


def ratio(ours: Seconds, theirs: Seconds) -> float:
    """The median of the rounds, each compared with its neighbour."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def _mean(number: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    began = time.perf_counter()
    for _ in range(number):
        function(*arguments)
    return (time.perf_counter() - began) / number
