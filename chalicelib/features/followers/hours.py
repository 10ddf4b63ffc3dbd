"""In which hours of the day somebody is there: how often in each, in a text of twenty-four letters.

`000000000000000000a300000`: ten times between six and seven in the evening, three times in the hour after. When one of
them would pass the last letter all are halved, so old habits fade.
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import days

HOURS = 24
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
LEAST = 3  # acts; with fewer nobody knows what their habit is


def counted(before: str, times: Iterable[int]) -> str:
    """With what was done at these times, in unix seconds."""
    numbers = [LETTERS.index(letter) for letter in before] or [0] * HOURS
    for at in times:
        numbers[days.minute(at) // 60] += 1
        if max(numbers) == len(LETTERS):
            numbers = [number // 2 for number in numbers]
    return "".join(LETTERS[number] for number in numbers)


def best(counted: str) -> int:
    """The hour with most, those beside it counting half; -1 where too little is known."""
    numbers = [LETTERS.index(letter) for letter in counted]
    if sum(numbers) < LEAST:
        return -1
    around = [2 * number + numbers[hour - 1] + numbers[(hour + 1) % HOURS] for hour, number in enumerate(numbers)]
    return max(range(HOURS), key=lambda hour: (around[hour], numbers[hour]))
