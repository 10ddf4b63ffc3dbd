"""A campaign's recipients, up to a hundred in an item: who, and what became of each.

    pk campaign#<account>#<id>   sk people#<key>   {people, planned_at}
        people: a line for each, their openid; of an erased person only "-" and the letter they are counted under
    pk campaign#<account>#<id>   sk fates#<key>
        {fates, msgids, whys, turn, begun, lease, lease_until, began_at, sent_at}
        fates: a character for each (fates.py); msgids: a number for each, 0 for none; whys: {position: reason};
        turn: how often it was written; begun: [from, to, ms], whom a worker began to send to, and when it first did;
        lease, lease_until: which worker has it, until when (ms); began_at, sent_at: when WeChat was first and last
        asked (unix seconds)
    pk campaign#<account>#<id>   sk tally#<shelf>   {planned, suppressed, <letter>_<stage>}

A key is <shelf hex><bucket 2 hex>#<hour, or -->#<number>. Shelf and bucket are the person's own, by hash, so that "is
this person in that campaign?" is one query. Fates and tally change in one transaction: the funnel adds up whatever is
killed when. All of it is gone after 90 days (decision 0027).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from ...errors import Conflict
from ...services import Account, Services
from ..days import A_DAY
from ..followers import shelves
from . import fates as f
from . import store
from .chunk import ERASED, TRIES, Chunk, Item, News, chunk_of, pause, read, take, with_people
from .fates import letter_of, variant_of
from .settling import LONGEST_WHY, Desk, settle
from .store import pk

if TYPE_CHECKING:
    from .campaign import Campaign

__all__ = [
    "ERASED",
    "KEPT",
    "MOST",
    "Chunk",
    "Desk",
    "Found",
    "News",
    "Open",
    "blank",
    "chunk_of",
    "find_person",
    "forget",
    "mark_bucket",
    "open_keys",
    "pk",
    "read",
    "settle",
    "take",
    "tallies",
    "variant_of",
    "waiting",
    "with_people",
    "write",
]

MOST = 100  # recipients of a chunk
KEPT = 90 * A_DAY
MOST_BUCKETS = 64
BUCKET_BITS = 6
CREW = 8
PAGE = 400  # chunks of one page: some 800 KB
FEW = 64  # of one page that is worked through at once


class Found(NamedTuple):
    key: str
    position: int
    fate: str
    why: str
    msgid: int


class Open(NamedTuple):
    """A chunk that somebody is still to be sent to. Times in unix seconds, 0 for none."""

    key: str
    left: int
    leased_until: int
    begun_at: int

    @property
    def hour(self) -> int | None:
        hour = self.key.split("#")[1]
        return int(hour) if hour.isdigit() else None


def mark_bucket(openid: str, buckets: int) -> tuple[str, str]:
    """(shelf, bucket): one and two hexadecimal digits; `buckets` of a shelf, a power of two up to 64."""
    mark = shelves.mark(openid)
    bits = 8 * shelves.MARK_BYTES - 4 - BUCKET_BITS
    bucket = (mark >> bits) % MOST_BUCKETS * buckets // MOST_BUCKETS
    return f"{shelves.number(mark):x}", f"{bucket:02x}"


def write(  # noqa: PLR0913, PLR0917 (a chunk's own parts)
    svc: Services,
    account: Account,
    campaign: Campaign,
    key: str,
    openids: Sequence[str],
    fates: str = "",
    whys: Mapping[int, str] | None = None,
) -> bool:
    """Plan these people, once: whether that was news. `fates` where somebody is not simply planned; who is held out
    is by themselves. May be called again with the same key by whoever takes a killed planner's place."""
    place, now = pk(account, campaign.campaign_id), svc.now()
    letters = [letter_of(campaign.campaign_id, openid, campaign.document) for openid in openids]
    given = fates or f.PLANNED * len(openids)
    told = "".join(
        f.HOLDOUT if letter == f.NOBODYS and fate == f.PLANNED else fate
        for letter, fate in zip(letters, given, strict=True)
    )
    expires = {"expires": now + KEPT}
    people: Item = {"pk": place, "sk": f"people#{key}", "people": "\n".join(openids), "planned_at": now} | expires
    earlier = svc.table.put_new(people)
    if earlier is not None and earlier["people"] != people["people"]:
        # A planner was killed between the two writes, and followers came or went since.
        if svc.table.get(place, f"fates#{key}", fresh=True) is not None:
            return False
        svc.table.update(place, people["sk"], {"people": people["people"]}, where="#people = :e", e=earlier["people"])
    item: Item = {"pk": place, "sk": f"fates#{key}", "fates": told, "turn": 0} | expires
    item |= {"whys": {str(at): why[:LONGEST_WHY] for at, why in whys.items()}} if whys else {}
    tally = f.counted(letters, told)
    for tried in range(TRIES):
        try:
            return svc.table.put_new_and_add(item, place, f"tally#{key[0]}", tally) is None
        except Conflict:
            if tried == TRIES - 1:
                raise
            pause(svc, tried)
    raise AssertionError


def find_person(svc: Services, account: Account, campaign: Campaign, openid: str) -> Found | None:
    """Where a person is in a campaign and what became of them; None if they are not."""
    key, at = _line_of(svc, account, campaign, openid)
    item = svc.table.get(pk(account, campaign.campaign_id), f"fates#{key}", fresh=True) if key else None
    if item is None:
        return None  # planned this very moment, at most
    msgids, whys = item.get("msgids", []), item.get("whys", {})
    return Found(key, at, item["fates"][at], whys.get(str(at), ""), msgids[at] if msgids else 0)


def blank(svc: Services, account: Account, campaign: Campaign, openid: str) -> bool:
    """Forget who they are, and keep that there was somebody: whether they were in it. Who is not sent to yet gets
    nothing."""
    key, at = _line_of(svc, account, campaign, openid)
    if not key:
        return False
    settle(svc, account, campaign, key, {at: (f.SUPPRESSED, "erased", 0)})  # nothing to whom was sent to
    place, sk = pk(account, campaign.campaign_id), f"people#{key}"
    line = ERASED + letter_of(campaign.campaign_id, openid, campaign.document)
    for _ in range(TRIES):
        people = (svc.table.get(place, sk, fresh=True) or {}).get("people", "")
        lines = [line if one == openid else one for one in people.split("\n")]
        if openid not in people.split("\n"):
            return True
        if svc.table.update(place, sk, {"people": "\n".join(lines)}, where="#people = :seen", seen=people):
            return True
    raise Conflict("正在修改这个活动的名单，请再试一次。The campaign's list is being changed; please try again.")


def _line_of(svc: Services, account: Account, campaign: Campaign, openid: str) -> tuple[str, int]:
    """(key, position), or ("", 0)."""
    prefix = "people#" + "".join(mark_bucket(openid, campaign.buckets)) + "#"
    for item in svc.table.under(pk(account, campaign.campaign_id), prefix, fresh=True):
        lines = item["people"].split("\n")
        if openid in lines:
            return item["sk"].removeprefix("people#"), lines.index(openid)
    return "", 0


def forget(svc: Services, account: Account, openid: str, at_once: bool = True) -> int:
    """Who is erased is nobody on the lists of the last 90 days: how many lists that were. `at_once`: they may be on the
    list of a campaign that began this minute."""
    if at_once:
        svc.forget(f"campaigns#{account.alias}")
    campaigns = store.since(svc, account, KEPT)
    with ThreadPoolExecutor(CREW) as crew:
        return sum(crew.map(lambda campaign: blank(svc, account, campaign, openid), campaigns))


def open_keys(svc: Services, account: Account, campaign: Campaign, cursor: str = "") -> tuple[list[Open], str]:
    """One page of the chunks that somebody is still to be sent to, and the cursor for more, or ""."""
    items, more = _page(svc, account, campaign, cursor, PAGE)
    return [_open(item) for item in items if f.OPEN & set(item["fates"])], more


def waiting(svc: Services, account: Account, campaign: Campaign, cursor: str) -> tuple[list[Item], str]:
    """The same of the chunks whose people a report may come for, or that a worker began with; their fates as kept."""
    items, more = _page(svc, account, campaign, cursor, FEW)
    return [item for item in items if "begun" in item or f.WAITING & set(item["fates"])], more


def _page(svc: Services, account: Account, campaign: Campaign, cursor: str, limit: int) -> tuple[list[Item], str]:
    after = f"fates#{cursor}" if cursor else "fates#"
    items, more = svc.table.page(pk(account, campaign.campaign_id), limit, after=after, fresh=True)
    mine = [item for item in items if item["sk"].startswith("fates#")]
    return mine, mine[-1]["sk"].removeprefix("fates#") if more and mine and len(mine) == len(items) else ""


def tallies(svc: Services, account: Account, campaign_id: str) -> Counter[str]:
    """The funnel: the sum of all shelves."""
    sums: Counter[str] = Counter()
    for item in svc.table.under(pk(account, campaign_id), "tally#", fresh=True):
        sums.update({name: value for name, value in item.items() if isinstance(value, int)})
    return sums


def _open(item: Item) -> Open:
    begun = item.get("begun") or (0, 0, 0)
    left = sum(item["fates"].count(fate) for fate in f.OPEN)
    key, until = item["sk"].removeprefix("fates#"), item.get("lease_until", 0)
    return Open(key, left, until // 1000, begun[2] // 1000)
