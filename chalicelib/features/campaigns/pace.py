"""How fast a campaign may go, all workers together: each takes a stretch of time in which nobody else sends.

    pk campaign#<account>#<id>   sk pace   {next_ms, spent_on, spent}

`next_ms` is from when on nobody has the time yet: a worker that wants fifty at ten a second moves it five seconds on,
and spreads its fifty over those. `spent` of the day's number `spent_on` counts for the limit of a day. One conditional
write for a stretch; a campaign without limits costs none.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...services import Account, Services
from .. import days
from .store import pk

if TYPE_CHECKING:
    from .campaign import Campaign

STRETCH = 15.0  # seconds that one worker takes at most
AHEAD = 3.0  # seconds that a worker waits for its stretch; a longer wait is spent in the queue
TRIES = 50
KEPT = 90 * days.A_DAY


class Stretch(NamedTuple):
    """So many may be sent, from `from_ms` on, `apart_ms` between two. None: come again after `wait` seconds, or if
    `tomorrow`, then."""

    people: int
    from_ms: float = 0.0
    apart_ms: float = 0.0
    wait: float = 0.0
    tomorrow: bool = False

    def times(self) -> Iterator[float]:
        """When each of them may be sent, in ms."""
        return (self.from_ms + number * self.apart_ms for number in range(self.people))


def take(svc: Services, account: Account, campaign: Campaign, wanted: int, seconds: float) -> Stretch:
    """At most so many, and what fits into so many seconds."""
    rate, most = campaign.document.per_second, campaign.document.per_day
    if not rate and not most:
        return Stretch(wanted)
    for _ in range(TRIES):
        seen = svc.table.get(pk(account, campaign.campaign_id), "pace", fresh=True) or {}
        now, today = svc.clock.time() * 1000, days.today(svc.now())
        spent = seen.get("spent", 0) if seen.get("spent_on") == today else 0
        begins = max(now, float(seen.get("next_ms", 0)))
        left = most - spent if most else wanted
        if left <= 0:
            return Stretch(0, tomorrow=True)
        if begins - now > AHEAD * 1000:
            return Stretch(0, wait=(begins - now) / 1000)
        people = min(wanted, left, max(int(min(seconds, STRETCH) * rate), 1) if rate else wanted)
        apart = 1000 / rate if rate else 0.0
        news = {"next_ms": round(begins + people * apart), "spent_on": today, "spent": spent + people}
        where = "#next_ms = :seen AND #spent = :spent" if seen else "attribute_not_exists(pk)"
        values = {"seen": seen["next_ms"], "spent": seen["spent"]} if seen else {}
        kept = {"expires": svc.now() + KEPT}
        if svc.table.update(pk(account, campaign.campaign_id), "pace", news | kept, where=where, **values):
            return Stretch(people, begins, apart)
        svc.clock.sleep(random.uniform(0.005, 0.05))
    return Stretch(0, wait=1.0)
