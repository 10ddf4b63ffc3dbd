"""How many entered, how each step went and how journeys ended: counted by whoever's write made it so.

    pk automations#<account>   sk counts#<automation>#<0-f>   {entered, ended_<how>, s_<step>_<outcome>}

Each job adds what its people did, in one write, to one of sixteen items drawn by chance. A worker that is killed
between its people and its sum leaves them uncounted: figures may be a few too low.
"""

from __future__ import annotations

import random
from collections import Counter

import msgspec

from ...services import Account, Services

SHARDS = 16


class StepCount(msgspec.Struct, frozen=True, omit_defaults=True):
    """`waiting` is who is in this wait now; of a branch `yes` and `no`; of others what became of it."""

    step_id: str
    waiting: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    yes: int = 0
    no: int = 0


class Counts(msgspec.Struct, frozen=True):
    """`ended` {done, left, failed: how many}."""

    entered: int
    inside: int
    ended: dict[str, int]
    steps: list[StepCount]


class Tally:
    """What the people of one job did."""

    def __init__(self) -> None:
        self._numbers: dict[str, Counter[str]] = {}

    def entered(self, automation_id: str) -> None:
        self._of(automation_id)["entered"] += 1

    def ended(self, automation_id: str, ending: str, at_step: str = "") -> None:
        """`at_step`: where, if they were not through."""
        self._of(automation_id)[f"ended_{ending}"] += 1
        if at_step:
            self.step(automation_id, at_step, "gone")

    def step(self, automation_id: str, step_id: str, outcome: str) -> None:
        self._of(automation_id)[f"s_{step_id}_{outcome}"] += 1

    def merge(self, other: Tally) -> None:
        for automation_id, numbers in other._numbers.items():
            self._of(automation_id).update(numbers)

    def keep(self, svc: Services, account: Account) -> None:
        for automation_id, numbers in self._numbers.items():
            shard = f"counts#{automation_id}#{random.randrange(SHARDS):x}"
            svc.table.add(_pk(account), shard, numbers)
        self._numbers.clear()

    def _of(self, automation_id: str) -> Counter[str]:
        return self._numbers.setdefault(automation_id, Counter())


def of(svc: Services, account: Account, automation_id: str, steps: list[str]) -> Counts:
    """`steps` are the ids to tell of, in their order."""
    numbers = Counter[str]()
    for item in svc.table.under(_pk(account), f"counts#{automation_id}#"):
        numbers.update({name: value for name, value in item.items() if isinstance(value, int)})
    ended = {name.removeprefix("ended_"): n for name, n in sorted(numbers.items()) if name.startswith("ended_")}
    inside = max(numbers["entered"] - sum(ended.values()), 0)
    return Counts(numbers["entered"], inside, ended, [_step(numbers, step_id) for step_id in steps])


def _step(numbers: Counter[str], step_id: str) -> StepCount:
    told = {name: numbers[f"s_{step_id}_{name}"] for name in ("done", "skipped", "failed", "yes", "no")}
    over = told["done"] + numbers[f"s_{step_id}_gone"]
    return StepCount(step_id, waiting=max(numbers[f"s_{step_id}_came"] - over, 0), **told)


def _pk(account: Account) -> str:
    return f"automations#{account.alias}"
