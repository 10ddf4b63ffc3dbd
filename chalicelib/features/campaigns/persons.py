"""One person in one campaign: where on its list they are, and what they did about it, each once.

    pk person#<account>#<openid>   sk campaign#<campaign>   {clicked_at, converted_at, variant, expires}

`variant` is its letter, `o` of those who got nothing on purpose. It is written in one transaction with the tally, so a
repeat adds nothing, and it ends with the campaign's list. It is deleted with the person, like all under their key.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import Conflict
from ...services import Account, Services
from .. import people
from . import chunks, fates, store
from .campaign import CLICKS_END

if TYPE_CHECKING:
    from .campaign import Campaign

TRIES = 30
CLICKED, CONVERTED = "clicked", "converted"
LATE = "clicked_late"  # of those, who came after the end that was agreed, and no verdict counts

Item = dict[str, Any]


class Place(NamedTuple):
    """`letter` is what they are counted under; `key` and `position` the chunk and the line on its list."""

    openid: str
    letter: str
    key: str
    position: int
    planned_at: int
    expires: int


def find(
    svc: Services, account: Account, campaign: Campaign, bucket: tuple[str, str], fits: Callable[[str], bool]
) -> Place | None:
    """Who of a bucket it is. None: nobody any more, since they were erased or the list has ended; or not yet."""
    for item in svc.table.under(store.pk(account, campaign.campaign_id), f"people#{''.join(bucket)}#"):
        if item["expires"] < svc.now():
            continue
        for position, line in enumerate(item["people"].split("\n")):
            if not _is_erased(line) and fits(line):
                letter = fates.letter_of(campaign.campaign_id, line, campaign.document)
                key = item["sk"].removeprefix("people#")
                return Place(line, letter, key, position, item["planned_at"], item["expires"])
    return None


def whereabouts(svc: Services, account: Account, campaign: Campaign, openid: str) -> Place | None:
    """The same of somebody who is known."""
    bucket = chunks.mark_bucket(openid, campaign.buckets)
    return find(svc, account, campaign, bucket, lambda one: one == openid)


def note(svc: Services, account: Account, campaign: Campaign, place: Place, did: str, at: int) -> bool:
    """That they clicked, or reached the goal: whether that was news. A repeat costs half a read unit. Conflict if very
    many do so at once."""
    pk, sk, moment = people.key(account, place.openid), f"campaign#{campaign.campaign_id}", f"{did}_at"
    if moment in (svc.table.get(pk, sk) or {}):
        return False
    change = {moment: at, "variant": place.letter, "expires": place.expires}
    counts = [did, LATE] if did == CLICKED and campaign.sent_at and at >= campaign.sent_at + CLICKS_END else [did]
    sums = {f"{place.letter}_{name}": 1 for name in counts}
    tally = (store.pk(account, campaign.campaign_id), f"tally#{place.key[0]}", sums)
    for tried in range(TRIES):
        try:
            news = svc.table.update_and_add(pk, sk, change, *tally, where=f"attribute_not_exists(#{moment})", values={})
        except Conflict:
            # A shelf's tally belongs to everybody who writes just now.
            if tried == TRIES - 1:
                raise
            svc.clock.sleep(random.uniform(0.005, 0.02 * min(tried + 1, 10)))
            continue
        if news:
            _forget_if_erased(svc, account, campaign, place)
        return news
    raise AssertionError


def deeds(svc: Services, account: Account, campaign: Campaign, openids: Iterable[str]) -> Mapping[str, Item]:
    """{openid: what is noted of them}, of those of whom something is; a hundred in a request."""
    sk = f"campaign#{campaign.campaign_id}"
    keys = {people.key(account, openid): openid for openid in openids if openid != chunks.ERASED}
    found = svc.table.get_many([(pk, sk) for pk in keys], "clicked_at", "converted_at")
    return {keys[item["pk"]]: item for item in found}


def _is_erased(line: str) -> bool:
    return line.startswith(chunks.ERASED) and len(line) == 2  # noqa: PLR2004 (and the letter they are counted under)


def _forget_if_erased(svc: Services, account: Account, campaign: Campaign, place: Place) -> None:
    """Who is erased at this very moment is first taken off the list, then all under their key is deleted; ours may have
    come after that."""
    pk = store.pk(account, campaign.campaign_id)
    listed = svc.table.get(pk, f"people#{place.key}", fresh=True)
    if listed is None or place.openid not in listed["people"].split("\n"):
        svc.table.delete(people.key(account, place.openid), f"campaign#{campaign.campaign_id}")
