"""Who leaves is erased within a day; what remains says only that somebody was here, so that a return is known as one.

    the profile, of which only following, changed, left_at and version remain
        shelf leaving#<account>   place <left_at>#<openid>
    pk gone#<account>   sk <hash>   {since, left_at, times, returned, label}
        shelf gone#<account>   place <left_at>#<hash>

The hash is keyed: without the stage's key nobody can tell whose it is. `label` is what growth.py counts by.
What a profile said is dropped at once; everything else under the person's key by the next night. Claims of the last day
stay until the night after, since they are what recognises a message that is delivered again; but they are emptied.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from ...observe import log
from ...services import Account, Services
from .. import late, people
from ..days import A_DAY
from . import ids, shelves
from .change import change

Item = dict[str, Any]

STUB = ("pk", "sk", "following", "changed", "left_at", "version")
PEOPLE_AT_ONCE = 200  # that one job erases, before it leaves the others to the next
CREW = 8
PASSES = 5
EVERYTHING = sys.maxsize


def leave(svc: Services, account: Account, openid: str, at: int) -> bool:
    """They left at that time: whether that was news. What was said of them is dropped; growth still counts them."""
    known = svc.table.get(people.key(account, openid), "profile", fresh=True) or {}
    if known.get("changed", 0) > at:
        return False
    if known.get("left_at"):
        # They came back, unheard of, and left again: what is told of that return later is over as well.
        change(svc, account, openid, lambda stub: {"changed": max(stub["changed"], at)} if stub.get("left_at") else {})
        return False
    _tell_crms(svc, account, openid, known)
    # First, so that being killed in between counts nobody out who was never counted.
    _remember(svc, account, openid, known, at)
    stub = {"following": False, "changed": at, "left_at": at}

    def edit(profile: Item) -> Item:
        newer = profile.get("changed", 0) > at
        return {} if newer else {name: None for name in profile if name not in STUB} | stub

    after = change(svc, account, openid, edit, make=True)
    return bool(after and not after["following"])


def has_left_before(svc: Services, account: Account, openid: str) -> bool:
    return last_left(svc, account, openid) > 0


def last_left(svc: Services, account: Account, openid: str) -> int:
    """When they left last, 0 if they never did. It outlives their profile: whatever is told of an earlier time, by a
    job that comes late, brings nobody back who is erased."""
    known = svc.table.get(f"gone#{account.alias}", _hash(svc, account, openid))
    return int(known["left_at"]) if known else 0


def was_here(svc: Services, account: Account, openids: Iterable[str]) -> set[str]:
    """Those of them who have left before; a hundred in a request."""
    marks = {_hash(svc, account, openid): openid for openid in openids}
    keys = [(f"gone#{account.alias}", mark) for mark in marks]
    return {marks[item["sk"]] for item in svc.table.get_many(keys)}


def erase(svc: Services, account: Account, openid: str, *, keep: str = "", most: int = EVERYTHING) -> dict[str, int]:
    """The one erasure: all that is kept of a person is under their key, and is gone when this returns: how many items
    of which kind that were. Not the claim `keep`; and not more than so many, for whoever goes on in another job.

    Cookies, tickets and ID tokens open nothing without the visit that they stand for. A follower who is erased and
    still follows is found again by the next sync: WeChat tells of them.
    """
    pk, removed = people.key(account, openid), Counter[str]()
    # First: a click that is noted this very moment looks afterwards whether they are still listed (persons.py).
    _leave_lists(svc, account, openid, at_once=True)
    for _ in range(PASSES):
        found = (item["sk"] for item in svc.table.under(pk, fresh=True) if item["sk"] != keep)
        keys = list(islice(found, most - removed.total()))
        if not keys:
            break
        _delete(svc, pk, keys)
        removed.update(_kind(sk) for sk in keys)
    log.info("account %s: %d items of %s are erased", account.alias, removed.total(), svc.keys.person(openid))
    return dict(removed)


def empty(svc: Services, account: Account, openid: str, claim: str) -> None:
    """What stays of a message that is kept to recognise its repeats, for a day."""
    item = svc.table.get(people.key(account, openid), claim, fresh=True)
    if item is not None:
        _empty(svc, item)


def erase_left(svc: Services, account: Account, after: str = "") -> None:
    """A job, every night: erase who has left. Being killed repeats at most what is gone already."""
    entries, more = svc.table.shelved_page(f"leaving#{account.alias}", PEOPLE_AT_ONCE, after)
    for entry in entries:
        _erase_left(svc, account, shelves.openid_at(entry["place"]))
    if more:
        svc.in_bulk(erase_left, account, after=more)


def _erase_left(svc: Services, account: Account, openid: str) -> None:
    pk = people.key(account, openid)
    found = [item for item in svc.table.under(pk, fresh=True) if item["sk"] != "profile"]
    # Read after the rest: who came back by now keeps what came with them.
    profile = svc.table.get(pk, "profile", fresh=True)
    if profile is None or profile["following"]:
        return
    _leave_lists(svc, account, openid, at_once=False)
    found += [item for item in svc.table.under(pk, "campaign#", fresh=True) if item not in found]  # clicks since then
    young = [item for item in found if _is_young_claim(item, svc.now())]
    _delete(svc, pk, [item["sk"] for item in found if item not in young])
    for item in young:
        _empty(svc, item)
    if not young:
        svc.table.delete_if(pk, "profile", "#following = :no AND #changed = :seen", no=False, seen=profile["changed"])
        log.info("%s has left account %s, and was erased", svc.keys.person(openid), account.alias)


def _leave_lists(svc: Services, account: Account, openid: str, at_once: bool) -> None:
    """The recipients of campaigns are the one list of people outside their own key (decision 0027)."""
    late.find("campaigns.chunks.forget")(svc, account, openid, at_once=at_once)


def _tell_crms(svc: Services, account: Account, openid: str, known: Item) -> None:
    from .. import crm  # noqa: PLC0415 (which needs us)

    if known.get("following"):
        crm.note_leaving(svc, account, openid, known)


def _remember(svc: Services, account: Account, openid: str, known: Item, at: int) -> None:
    """Once for each time they leave."""
    pk, mark = f"gone#{account.alias}", _hash(svc, account, openid)
    times = (svc.table.get(pk, mark, fresh=True) or {}).get("times", 0) + 1
    since, returned = known.get("since", 0), bool(known.get("returned"))
    told = {"since": since, "left_at": at, "times": times, "returned": returned}
    listed = {"shelf": f"gone#{account.alias}", "place": f"{at:011d}#{mark}", "label": f"{since}{'r' * returned}"}
    svc.table.update(pk, mark, told | listed, where="attribute_not_exists(pk) OR #left_at < :at", at=at)


def _hash(svc: Services, account: Account, openid: str) -> str:
    return svc.keys.digest("gone", f"{account.alias}#{openid}")


def _is_young_claim(item: Item, now: int) -> bool:
    kind, _, rest = item["sk"].partition("#")
    return kind == "message" and int(rest.partition("#")[0]) > now - A_DAY


def _empty(svc: Services, item: Item) -> None:
    """A claim without what was said: it still answers a repeat, by saying nothing."""
    said = tuple(name for name in ("said", "rest", "later") if name in item)
    if said or item["expires"] > svc.now() + A_DAY:
        where, change = "attribute_exists(pk)", {"answer": None, "expires": svc.now() + A_DAY}
        svc.table.update(item["pk"], item["sk"], change, where=where, remove=said)


def _delete(svc: Services, pk: str, keys: list[str]) -> None:
    ids.release(svc, pk, keys)
    with ThreadPoolExecutor(CREW) as crew:
        list(crew.map(lambda sk: svc.table.delete(pk, sk), keys))


def _kind(sk: str) -> str:
    return sk.partition("#")[0]
