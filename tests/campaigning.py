"""Campaigns in tests: one that runs, its people and their chunks, the queue that takes them on, what was counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from chalicelib.aws import session
from chalicelib.features import template_names
from chalicelib.features.campaigns import Campaign, Document, chunks, dispatch, reconcile, sending, store
from chalicelib.features.campaigns import fates as f
from tests.crowd import follower
from tests.house import NOTICE, House, Json

WORDS: Json = {"template": "notice", "fields": {"thing1": "{name|茶友}，新茶到了"}}


def document(kind: str = "template", *variants: Json, **told: Any) -> Document:
    """Without quiet hours, so that a test may run at night."""
    given: Json = {"name": "新茶", "kind": kind, "variants": list(variants) or [WORDS], "quiet": False, "track": False}
    return msgspec.convert(given | told, Document)


def running(house: House, openids: list[str], wanted: Document | None = None, size: int = 100) -> Campaign:
    """Planned for these, as by hand; in chunks of at most so many."""
    svc, tea = house.svc, house.tea
    template_names.save(svc, tea, "notice", NOTICE)
    made = store.create(svc, tea, wanted or document(), "小满")
    move = {"started_at": svc.now(), "planned_at": svc.now(), "moved_at": svc.now(), "audience": len(openids)}
    campaign = store.move(svc, tea, made.campaign_id, ("draft",), "running", **move)
    assert campaign is not None
    shelves: dict[str, list[str]] = {}
    for openid in openids:
        shelves.setdefault("".join(chunks.mark_bucket(openid, campaign.buckets)), []).append(openid)
    for shelf, people in shelves.items():
        for number, start in enumerate(range(0, len(people), size)):
            assert chunks.write(svc, tea, campaign, f"{shelf}#--#{number:05d}", people[start : start + size])
    return campaign


def together(house: House, number: int, shelf: str = "0", prefix: str = "guest", **told: Any) -> list[str]:
    """So many followers of one shelf, who are thus in one chunk."""
    found: list[str] = []
    at = 0
    while len(found) < number:
        at += 1
        if chunks.mark_bucket(f"{prefix}-{at}", 1)[0] == shelf:
            found.append(follower(house, f"{prefix}-{at}", **told))
    return found


def keys(house: House, campaign: Campaign) -> list[str]:
    place = store.pk(house.tea, campaign.campaign_id)
    return [one["sk"].removeprefix("fates#") for one in house.svc.table.under(place, "fates#", fresh=True)]


def go(house: House, campaign: Campaign) -> None:
    """Each chunk's job once."""
    for key in keys(house, campaign):
        sending.go(house.svc, house.tea, campaign.campaign_id, key)


def look(house: House, campaign: Campaign) -> None:
    """After the reports have come in."""
    reconcile.look(house.svc, house.tea, campaign.campaign_id)


def tick(house: House, campaign: Campaign) -> None:
    """What the clock does for it once a minute."""
    house.svc.forget(f"campaign#tea#{campaign.campaign_id}")
    dispatch.look(house.svc, house.tea, campaign.campaign_id)


def fates(house: House, campaign: Campaign) -> dict[str, str]:
    """{openid: what became of them}."""
    found: dict[str, str] = {}
    for key in keys(house, campaign):
        chunk = chunks.read(house.svc, house.tea, campaign, key)
        assert chunk is not None
        found |= dict(zip(chunk.openids, chunk.fates, strict=True))
    return found


def funnel(house: House, campaign: Campaign) -> Counter[str]:
    return +chunks.tallies(house.svc, house.tea, campaign.campaign_id)


def adds_up(house: House, campaign: Campaign, people: int) -> None:
    """The tally says what the chunks say, and everybody is counted once."""
    counted: Counter[str] = Counter()
    for key in keys(house, campaign):
        chunk = chunks.read(house.svc, house.tea, campaign, key)
        assert chunk is not None
        counted += f.counted(chunk.letters, chunk.fates)
    told = funnel(house, campaign)
    assert told == counted, (told, counted)
    assert told["planned"] == people


def phase(house: House, campaign: Campaign) -> tuple[str, str]:
    """(phase, why), as of now."""
    now = store.find(house.svc, house.tea, campaign.campaign_id)
    return now.phase, now.why


def messages(house: House, openid: str, channel: str = "template") -> list[str]:
    return [str(item["content"]) for item in house.inbox(openid) if item["channel"] == channel]


def queued(house: House) -> int:
    """How many messages the bulk queue holds, those that are delayed among them."""
    url = house.svc.bulk._address()
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    told = session.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(number) for number in told.values())
