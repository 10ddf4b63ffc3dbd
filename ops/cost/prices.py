"""The price list: a dated file beside this one, with where each price was seen. What is not in it is unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "prices.json"
# Five free gigabytes are for what is written into the logs and what is kept of it, together.
SHARED = {"log_storage_gb": "log_gb"}


@dataclass(frozen=True)
class Prices:
    """One region's, in dollars for one unit of each item."""

    region: str
    dated: str
    source: str  # AWS's own list, to look prices up; they were seen elsewhere
    each: Mapping[str, float]
    seen: Mapping[str, str]  # where and when each price was
    oldest: str  # when the oldest of them was seen; "" where there is none
    free: Mapping[str, float]  # amounts a month; empty where the terms are unknown
    free_is_known: bool

    def full(self, item: str, quantity: float) -> float | None:
        """With no free amount left; None if the price is unknown."""
        if quantity == 0:
            return 0.0
        return self.each[item] * quantity if item in self.each else None

    def after_free(self, used: Mapping[str, float]) -> dict[str, float | None]:
        """By item, once the month's free amounts are used up; nothing is free where the terms are unknown."""
        left = dict(self.free)
        return {item: self._beyond(item, quantity, left) for item, quantity in used.items()}

    def _beyond(self, item: str, quantity: float, left: dict[str, float]) -> float | None:
        if not self.free_is_known:
            return None
        pool = SHARED.get(item, item)
        given = min(quantity, left.get(pool, 0.0))
        left[pool] = left.get(pool, 0.0) - given
        return self.full(item, quantity - given)


def regions() -> tuple[str, ...]:
    return tuple(_file()["regions"])


def prices(region: str) -> Prices:
    """Of a region that the file does not name, nothing is known but what AWS gives away everywhere."""
    told, tier = _file(), _file()["free_tier"]
    entries = told["regions"].get(region, {})
    each = {item: seen["price"] / seen["per"] for item, seen in entries.items()}
    sources = {item: f"{seen['source']} ({seen['seen']})" for item, seen in entries.items()}
    oldest = min((seen["seen"] for seen in entries.values()), default="")
    known = not region.startswith("cn-")
    amounts = tier["amounts"] if known else {}
    return Prices(region, told["dated"], told["list"], each, sources, oldest, amounts, known)


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
