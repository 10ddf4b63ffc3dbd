"""Campaigns side by side: the same figures of each, as they stand.

No winner is named: they went to other people at another time, so what differs may be those, and no arithmetic tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from ...errors import BadInput
from ...services import Account, Services
from . import chances, chunks, funnel, store
from .campaign import Campaign
from .funnel import Step

MOST = 10
CREW = 5
ASKED = ("accepted", "held", "delivered", "refused", "failed", "unknown", "unreported")  # WeChat was asked
SUMMED = ("people", "planned", *ASKED, "suppressed", "cancelled", "clicked", "converted")


class Rate(msgspec.Struct, frozen=True):
    """Of all people who were to get it, with the interval in which the true one lies (95 %)."""

    rate: float
    low: float
    high: float


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """All variants together, without the holdout; `sent` is of whom WeChat was asked."""

    campaign_id: str
    name: str
    kind: str
    phase: str
    started_at: int
    audience: int
    people: int
    planned: int
    sent: int
    accepted: int
    held: int
    delivered: int
    refused: int
    failed: int
    unknown: int
    unreported: int
    suppressed: int
    cancelled: int
    clicked: int
    converted: int
    clicks: Rate
    conversions: Rate


def compare(svc: Services, account: Account, campaign_ids: Sequence[str]) -> list[Compared]:
    """In the order in which they were asked for. NotFound if one is not there."""
    wanted = list(dict.fromkeys(campaign_ids))
    if not 0 < len(wanted) <= MOST:
        raise BadInput(f"一次可以比较 1 到 {MOST} 个活动。Up to {MOST} campaigns can be compared at a time.")
    found = [store.find(svc, account, one) for one in wanted]
    with ThreadPoolExecutor(CREW) as crew:
        return list(crew.map(lambda campaign: _compared(svc, account, campaign), found))


def _compared(svc: Services, account: Account, campaign: Campaign) -> Compared:
    tally = chunks.tallies(svc, account, campaign.campaign_id)
    sums = _sums(funnel.steps_of(campaign, tally))
    return Compared(
        campaign_id=campaign.campaign_id,
        name=campaign.document.name,
        kind=campaign.document.kind,
        phase=campaign.phase,
        started_at=campaign.started_at,
        audience=sums["people"] + funnel.holdout_of(tally).people,
        sent=sum(sums[stage] for stage in ASKED),
        clicks=_rate(sums["clicked"], sums["people"]),
        conversions=_rate(sums["converted"], sums["people"]),
        **sums,
    )


def _sums(steps: Sequence[Step]) -> dict[str, int]:
    return {name: sum(getattr(step, name) for step in steps) for name in SUMMED}


def _rate(reached: int, people: int) -> Rate:
    low, high = chances.wilson(reached, people)
    return Rate(round(reached / people, 6) if people else 0.0, round(low, 6), round(high, 6))
