"""How far a campaign is and what became of everybody, from sixteen tallies; why, from the chunks.

    pk campaign#<account>#<campaign>   sk rate   {samples, expires}

`samples` are [ms, how many were done with], the last minute's, kept while somebody looks at a campaign that runs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ...services import Account, Services
from ..days import A_DAY
from . import fates, goals, persons, store, verdict, wording
from .campaign import CLICKS_END, LETTERS, Campaign, Variant
from .chunks import tallies
from .verdict import Arm, Verdict

STAGES = ("accepted", "held", "delivered", "refused", "failed", "unknown", "unreported", "suppressed", "cancelled")
WHY = frozenset({fates.SUPPRESSED, fates.REFUSED, fates.FAILED, fates.UNKNOWN, fates.HELD})
SAMPLED, RECENT = 5.0, 60.0  # seconds: how often, and how far back
MOST_SAMPLES = 13
REASONS_KEPT = 20  # seconds; they are read from every chunk
CREW = 8
LIVE = ("planning", "running", "settling")

Sample = list[int]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One variant. `people` is everybody who was to get it: each of them is either still `planned` or one of the nine
    that follow. `clicked` and `converted` count people too, whatever else became of them."""

    variant: str
    label: str
    people: int
    planned: int
    suppressed: int
    cancelled: int
    accepted: int
    held: int
    delivered: int
    refused: int
    failed: int
    unknown: int
    unreported: int
    clicked: int
    converted: int


class Reason(msgspec.Struct, frozen=True):
    stage: str
    why: str
    people: int


class Holdout(msgspec.Struct, frozen=True):
    """Who got nothing on purpose."""

    people: int
    converted: int


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """`progress` is from 0 to 1; `per_second` as of the last minute; `seconds_left` null where nobody can say. The
    people of all variants and the holdout's are together `audience`."""

    campaign_id: str
    name: str
    kind: str
    phase: str
    why: str
    waits_until: int
    audience: int
    progress: float
    per_second: float
    seconds_left: int | None
    funnel: list[Step]
    reasons: list[Reason]
    holdout: Holdout
    verdict: Verdict


def results(svc: Services, account: Account, campaign_id: str) -> Results:
    control = store.control(svc, account, campaign_id)
    campaign, tally = control.campaign, tallies(svc, account, campaign_id)
    steps = steps_of(campaign, tally)
    still, everybody = sum(step.planned for step in steps), sum(step.people for step in steps)
    rate = _rate(svc, account, campaign, everybody - still)
    held_out = holdout_of(tally)
    return Results(
        campaign_id=campaign_id,
        name=campaign.document.name,
        kind=campaign.document.kind,
        phase=control.phase,
        why=control.why,
        waits_until=control.waits_until,
        audience=everybody + held_out.people,
        progress=_progress(control.phase, everybody, still),
        per_second=round(rate, 1),
        seconds_left=_left(control.phase, still, rate),
        funnel=steps,
        reasons=reasons(svc, account, campaign),
        holdout=held_out,
        verdict=judged(svc, campaign, tally),
    )


def steps_of(campaign: Campaign, tally: Counter[str]) -> list[Step]:
    """Each variant's."""
    return [
        _step(letter, variant.label, tally)
        for letter, variant in zip(LETTERS, campaign.document.variants, strict=False)
    ]


def holdout_of(tally: Counter[str]) -> Holdout:
    return Holdout(_everybody(fates.NOBODYS, tally), tally[f"{fates.NOBODYS}_converted"])


def judged(svc: Services, campaign: Campaign, tally: Counter[str]) -> Verdict:
    measure = measured(campaign)
    arms = [
        Arm(letter, variant.label, _everybody(letter, tally), _reached(letter, measure, tally))
        for letter, variant in zip(LETTERS, campaign.document.variants, strict=False)
    ]
    if measure == "converted" and campaign.document.holdout:
        held_out = holdout_of(tally)
        arms.append(Arm(fates.NOBODYS, "", held_out.people, held_out.converted))
    return verdict.judge(arms, measure, campaign.phase, judged_at(campaign), svc.now())


def measured(campaign: Campaign) -> str:
    """What variants are judged by: the goal where there is one, else clicks; "" where neither is counted."""
    if campaign.document.goal:
        return "converted"
    document = campaign.document
    clicks = document.track and all(_has_clicks(document.kind, variant) for variant in document.variants)
    return "clicked" if clicks else ""


def _has_clicks(kind: str, variant: Variant) -> bool:
    """Whether anybody could tap its link: a mini-program wins over it, and a text may not say it."""
    said = wording.says_link(variant.reply) if kind == "custom" else not variant.miniprogram
    return bool(variant.link) and said


def _reached(letter: str, measure: str, tally: Counter[str]) -> int:
    """By the end that was agreed: whoever looks later is told the same."""
    late = tally[f"{letter}_{persons.LATE}"] if measure == persons.CLICKED else 0
    return tally[f"{letter}_{measure}"] - late


def judged_at(campaign: Campaign) -> int:
    """The end that is fixed by the document, once it is known when the last was sent to; 0 before."""
    if not campaign.sent_at:
        return 0
    return campaign.sent_at + (goals.within(campaign) if campaign.document.goal else CLICKS_END)


def reasons(svc: Services, account: Account, campaign: Campaign) -> list[Reason]:
    """Why people were left out, refused, failed and so on: the most frequent first."""
    name = f"reasons#{account.alias}#{campaign.campaign_id}"
    return svc.cached(name, REASONS_KEPT, lambda: _read_reasons(svc, account, campaign))


def _read_reasons(svc: Services, account: Account, campaign: Campaign) -> list[Reason]:
    if not campaign.started_at:
        return []
    pk = store.pk(account, campaign.campaign_id)

    def shelf(number: int) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for item in svc.table.between(pk, f"fates#{number:x}", f"fates#{number:x}~", "fates", "whys"):
            whys: dict[str, Any] = item.get("whys", {})
            for at, fate in enumerate(item["fates"]):
                if fate in WHY:
                    found[fates.STAGES[fate], str(whys.get(str(at), ""))] += 1
        return found

    with ThreadPoolExecutor(CREW) as crew:
        found: Counter[tuple[str, str]] = sum(crew.map(shelf, range(16)), Counter())
    return [Reason(*told, people) for told, people in sorted(found.items(), key=lambda one: (-one[1], one[0]))]


def _step(letter: str, label: str, tally: Counter[str]) -> Step:
    told = {stage: tally[f"{letter}_{stage}"] for stage in (*STAGES, "clicked", "converted")}
    return Step(
        variant=letter, label=label, people=_everybody(letter, tally), planned=tally[f"{letter}_planned"], **told
    )


def _everybody(letter: str, tally: Counter[str]) -> int:
    return sum(tally[f"{letter}_{stage}"] for stage in ("planned", *STAGES))


def _progress(phase: str, everybody: int, still: int) -> float:
    if phase in ("done", "settling"):
        return 1.0
    if phase in ("draft", "scheduled", "planning") or not everybody:
        return 0.0
    return round((everybody - still) / everybody, 4)


def _left(phase: str, still: int, rate: float) -> int | None:
    if phase in ("done", "settling", "cancelled"):
        return 0
    return math.ceil(still / rate) if phase == "running" and rate > 0 else None


def _rate(svc: Services, account: Account, campaign: Campaign, done: int) -> float:
    """How many a second were done with, since the oldest look of the last minute; 0 unless it runs."""
    if campaign.phase != "running":
        return 0.0
    pk, now = store.pk(account, campaign.campaign_id), svc.clock.time()
    kept: Sequence[Sample] = (svc.table.get(pk, "rate") or {}).get("samples", [])
    recent = [one for one in kept if 0 <= now - one[0] / 1000 <= RECENT and one[1] <= done]
    if not recent or now - recent[-1][0] / 1000 >= SAMPLED:
        news = [*recent, [int(now * 1000), done]][-MOST_SAMPLES:]
        svc.table.put({"pk": pk, "sk": "rate", "samples": news, "expires": svc.now() + A_DAY})
    since, before = (recent[0][0] / 1000, recent[0][1]) if recent else (campaign.planned_at or now, 0)
    return (done - before) / (now - since) if now - since >= 1 else 0.0
