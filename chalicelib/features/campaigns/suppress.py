"""Who is left out when their turn comes, and why: the words of WHYS.

Whoever left or was blocked since the planning, had as many campaigns as a week allows, did not agree to the notice, may
not be written to, or would read a gap where a word is unknown. A blunder here is a message too many, so what cannot be
looked up (AWS is away) is raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from ...services import Account, Services
from .. import notices, people
from ..days import A_DAY
from . import chunks, senders, store
from . import fates as f
from .senders import Content

if TYPE_CHECKING:
    from .campaign import Campaign
    from .chunks import Chunk

WHYS = ("left", "blocked", "cap", "consent", "window", "ability", "words", "erased")
ERASED = "erased"
WEEK = 7 * A_DAY
LOOKED_BACK = 40 * A_DAY  # for campaigns that are paced, put off or reviewed, and still sent this week
PROFILE = ("following", "blocked", "facts", "orders", "spent")
LOOKED_AT = 6  # of their newest messages
A_MINUTE, TWO_DAYS = 60, 172_800
SHORT_WINDOW = frozenset({"subscribe", "scan", "click", "scancode_push", "scancode_waitmsg"})  # open it for a minute

Item = dict[str, Any]


def sort(
    svc: Services, account: Account, campaign: Campaign, chunk: Chunk, positions: Sequence[int], crew: Executor
) -> tuple[dict[int, Content], dict[int, str]]:
    """(what each of these gets, why each of the others gets nothing)."""
    openids = {at: chunk.openids[at] for at in positions}
    profiles = _profiles(svc, account, list(openids.values()))
    whys = {at: why for at, openid in openids.items() if (why := _absent(campaign, profiles.get(openid)))}
    left = [at for at in openids if at not in whys]
    whys |= dict.fromkeys(_over_cap(svc, account, campaign, chunk, left), "cap") if campaign.document.cap else {}
    contents: dict[int, Content] = {}
    for at in (at for at in left if at not in whys):
        number = f.number_of(chunk.letters[at])
        try:
            contents[at] = senders.content(svc, account, campaign, number, openids[at], profiles[openids[at]])
        except senders.Missing:
            whys[at] = "words"
    refused = ASK.get(campaign.document.kind, _nobody)(
        svc, account, {at: openids[at] for at in contents}, contents, crew
    )
    whys |= refused
    return {at: told for at, told in contents.items() if at not in refused}, whys


def window_closed(svc: Services, account: Account, openid: str) -> bool:
    """Whether WeChat would surely refuse a customer-service message to them now."""
    items, more = svc.table.page(people.key(account, openid), LOOKED_AT, "message$", newest_first=True)
    for item in items:
        if not item["sk"].startswith("message#"):
            return True
        age = svc.now() - int(item["sk"].split("#", 2)[1])
        if age > TWO_DAYS:
            return True
        if item["kind"] != "event" or (item.get("event") in SHORT_WINDOW and age <= A_MINUTE):
            return False
    # Older ones were not looked at; then WeChat is asked.
    return not more


def _profiles(svc: Services, account: Account, openids: list[str]) -> dict[str, Item]:
    keys = [(people.key(account, openid), "profile") for openid in openids if openid != chunks.ERASED]
    return {item["pk"].split("#", 2)[2]: item for item in svc.table.get_many(keys, *PROFILE)}


def _absent(campaign: Campaign, profile: Item | None) -> str:
    if profile is None:
        return ERASED
    # A notice needs their consent, and nothing else.
    if not profile.get("following") and campaign.document.kind != "notice":
        return "left"
    return "blocked" if profile.get("blocked") else ""


def _over_cap(svc: Services, account: Account, campaign: Campaign, chunk: Chunk, positions: Sequence[int]) -> list[int]:
    """Those who had, or are about to have, as many campaign messages within a week as this one allows."""
    wanted = {chunk.openids[at] for at in positions}
    had: Counter[str] = Counter()
    for other in _others(svc, account, campaign):
        if not _is_old(svc, other):
            # Who began first goes first: what it still plans counts here, and not the other way round.
            earlier = (other.started_at, other.campaign_id) < (campaign.started_at, campaign.campaign_id)
            had.update(wanted & _reached(svc, account, other, campaign, chunk.key, earlier))
    return [at for at in positions if had[chunk.openids[at]] >= campaign.document.cap]


def _others(svc: Services, account: Account, campaign: Campaign) -> list[Campaign]:
    """All that began before this one, at least: what is remembered may be older than it is."""
    known = store.since(svc, account, LOOKED_BACK)
    if all(one.campaign_id != campaign.campaign_id for one in known):
        store.forget(svc, account, campaign.campaign_id)
        known = store.since(svc, account, LOOKED_BACK)
    return [one for one in known if one.campaign_id != campaign.campaign_id]


def _is_old(svc: Services, other: Campaign) -> bool:
    return bool(other.sent_at) and other.sent_at < svc.now() - WEEK


def _reached(  # noqa: PLR0913, PLR0917 (two campaigns, and where to look)
    svc: Services, account: Account, other: Campaign, campaign: Campaign, key: str, earlier: bool
) -> set[str]:
    """Whom the other campaign reached this week, of those who share a bucket with this chunk."""
    counted = f.REACHED | f.OPEN if earlier else f.REACHED
    first, last = _range(key, campaign.buckets, other.buckets)
    place = store.pk(account, other.campaign_id)
    known_of = svc.table.between(place, f"fates#{first}", f"fates#{last}~", "fates", "sent_at")
    fates = {item["sk"].partition("#")[2]: item for item in known_of}
    found: set[str] = set()
    for item in svc.table.between(place, f"people#{first}", f"people#{last}~", "people"):
        known = fates.get(item["sk"].partition("#")[2], {})
        marks = known.get("fates", "") if known.get("sent_at", svc.now()) >= svc.now() - WEEK else ""
        lines = item["people"].split("\n")
        found |= {openid for openid, fate in zip(lines, marks, strict=False) if fate in counted}
    return found


def _range(key: str, buckets: int, others: int) -> tuple[str, str]:
    """The other campaign's buckets, first and last, that hold whoever is in this chunk's."""
    shelf, bucket = key[0], int(key[1:3], 16)
    first = bucket * others // buckets
    last = ((bucket + 1) * others - 1) // buckets
    return f"{shelf}{first:02x}#", f"{shelf}{last:02x}#"


def _nobody(
    svc: Services, account: Account, openids: dict[int, str], contents: dict[int, Content], crew: Executor
) -> dict[int, str]:
    return {}


def _without_consent(
    svc: Services, account: Account, openids: dict[int, str], contents: dict[int, Content], crew: Executor
) -> dict[int, str]:
    refused: dict[int, str] = {}
    for template_id in {told.template_id for told in contents.values()}:
        of_it = [at for at, told in contents.items() if told.template_id == template_id]
        may = notices.grants(svc, account, [openids[at] for at in of_it], template_id)
        refused |= {at: "consent" for at in of_it if not may[openids[at]]}
    return refused


def _window_closed(
    svc: Services, account: Account, openids: dict[int, str], contents: dict[int, Content], crew: Executor
) -> dict[int, str]:
    if not account.may_send_custom:
        return dict.fromkeys(openids, "ability")
    closed = crew.map(lambda openid: window_closed(svc, account, openid), openids.values())
    return {at: "window" for at, shut in zip(openids, closed, strict=True) if shut}


ASK = {"notice": _without_consent, "custom": _window_closed}
