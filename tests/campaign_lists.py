"""Campaigns for tests whose people are on the list already, without planner and workers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.features.campaigns import Campaign, chunks, fates, store
from chalicelib.features.campaigns.campaign import Document, Variant
from tests.house import House

LINK = "https://shop.example.com/tea?spring=1"


def campaign(house: House, phase: str = "running", links: tuple[str, ...] = (LINK,), **told: Any) -> Campaign:
    """One that began just now; `links` has a variant each, of equal shares."""
    share = 100 // len(links)
    labels = zip("ABCD", links, strict=False)
    variants = [Variant(label=label, share=share, template="notice", link=link) for label, link in labels]
    usual: dict[str, Any] = {"name": "春茶", "kind": "template", "variants": variants, "quiet": False}
    document = Document(**(usual | told))
    made = store.create(house.svc, house.tea, document, "小满")
    now = house.svc.now()
    times = {"started_at": now, "planned_at": now, "buckets": 2}
    times |= {"sent_at": now} if phase in ("settling", "done") else {}
    times |= {"done_at": now} if phase in ("done", "cancelled") else {}
    stored = store.move(house.svc, house.tea, made.campaign_id, ("draft",), phase, **times)
    assert stored
    return stored


def enlist(house: House, of: Campaign, openids: Iterable[str]) -> None:
    """Everybody planned, a chunk for each bucket, as the planner writes them."""
    buckets: dict[str, list[str]] = {}
    for openid in openids:
        buckets.setdefault("".join(chunks.mark_bucket(openid, of.buckets)), []).append(openid)
    for bucket, some in buckets.items():
        for number in range(0, len(some), chunks.MOST):
            key = f"{bucket}#--#{number // chunks.MOST:05d}"
            assert chunks.write(house.svc, house.tea, of, key, some[number : number + chunks.MOST])


def became(house: House, of: Campaign, openid: str, fate: str, why: str = "") -> None:
    """What a worker would have written; the time at which it began to send is now."""
    found = chunks.find_person(house.svc, house.tea, of, openid)
    assert found
    chunks.settle(house.svc, house.tea, of, found.key, {found.position: (fate, why, 7)})
    if fate in fates.SENT:
        now = house.svc.now()
        news = {"began_at": now, "sent_at": now}
        house.svc.table.update(store.pk(house.tea, of.campaign_id), f"fates#{found.key}", news)
