"""The campaigns that one person was meant to get, and what became of each: of the last 90 days, the newest first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ...errors import wrong_cursor
from ...services import Account, Services
from .. import people
from . import chunks, fates, persons, recipients, store
from .campaign import Campaign

AT_A_TIME = 40  # campaigns that one call looks at; each is a query
CREW = 8
CURSOR_LENGTH = 12

Item = dict[str, Any]


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """`stage` as in a campaign's recipients: `holdout` of who got nothing on purpose."""

    campaign_id: str
    name: str
    kind: str
    phase: str
    variant: str
    stage: str
    why: str
    sent_at: int
    clicked_at: int
    converted_at: int


def page(svc: Services, account: Account, openid: str, cursor: str = "") -> tuple[list[Got], str]:
    """Those of forty campaigns, perhaps none; and the cursor for more, or ""."""
    known = sorted(store.since(svc, account, chunks.KEPT), key=_order, reverse=True)
    if cursor:
        if len(cursor) != CURSOR_LENGTH or cursor not in {one.campaign_id for one in known}:
            raise wrong_cursor()
        after = next(_order(one) for one in known if one.campaign_id == cursor)
        known = [one for one in known if _order(one) < after]
    some = known[:AT_A_TIME]
    deeds = {item["sk"]: item for item in svc.table.under(people.key(account, openid), "campaign#")} if some else {}
    with ThreadPoolExecutor(CREW) as crew:
        found = crew.map(lambda campaign: _got(svc, account, campaign, openid, deeds), some)
        return [one for one in found if one], some[-1].campaign_id if len(known) > len(some) else ""


def _got(svc: Services, account: Account, campaign: Campaign, openid: str, deeds: dict[str, Item]) -> Got | None:
    place = persons.whereabouts(svc, account, campaign, openid)
    chunk = place and chunks.read(svc, account, campaign, place.key)
    if not place or not chunk:
        return None
    fate, did = chunk.fates[place.position], deeds.get(f"campaign#{campaign.campaign_id}", {})
    return Got(
        campaign_id=campaign.campaign_id,
        name=campaign.document.name,
        kind=campaign.document.kind,
        phase=campaign.phase,
        variant=place.letter,
        stage=recipients.HOLDOUT if fate == fates.HOLDOUT else fates.STAGES[fate],
        why=chunk.whys.get(place.position, ""),
        sent_at=chunk.sent_at if fate in fates.SENT else 0,
        clicked_at=int(did.get("clicked_at", 0)),
        converted_at=int(did.get("converted_at", 0)),
    )


def _order(campaign: Campaign) -> tuple[int, str]:
    return campaign.started_at, campaign.campaign_id
