"""What has come apart: tags that only WeChat has, or only we; and tags on other people there than here.

    pk tags#<account>   sk drift#<id>   {tag_id, label, ours, theirs, found_at}

Operators can edit tags in WeChat's own console, and no event tells us. Names are compared when somebody looks; people
are counted every night, after the sync. Nothing is mended before somebody asks, and then WeChat is right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from ...errors import AppError, NotFound, Unavailable
from ...observe import log
from ...services import Account, Services, job_name
from .. import followers
from ..followers import Row
from ..followers.shelves import SHELVES, mark
from . import mirror, refusals
from .mirror import Tag

AFTER_SYNC = 900  # seconds, the longest that a queue waits
MOST_FIXES = 2000  # profiles that one job writes


class Difference(msgspec.Struct, frozen=True):
    """`what` is new (WeChat alone has it), gone (we alone do), renamed, or people."""

    what: str
    tag_id: int
    name: str
    words: str
    before: str = ""
    ours: int = 0
    theirs: int = 0


def differences(svc: Services, account: Account) -> list[Difference]:
    """As of now for names, as of last night for people."""
    theirs = mirror.at_wechat(account)
    ours = {tag.tag_id: tag for tag in mirror.listed(svc, account)}
    found = [_by_name(ours.get(tag_id), theirs.get(tag_id)) for tag_id in sorted(theirs.keys() | ours.keys())]
    counted = [_by_people(item) for item in _counted(svc, account) if item["tag_id"] in ours.keys() & theirs.keys()]
    return [one for one in found if one is not None] + counted


def differing(svc: Services, account: Account) -> int:
    """How many tags had other people last night than at WeChat; asks nobody."""
    return len(_counted(svc, account))


def mend_people(svc: Services, account: Account) -> None:
    """In the background, wherever last night's numbers differed."""
    for item in _counted(svc, account):
        svc.in_bulk(mend_tag, account, tag_id=item["tag_id"])


def look_later(svc: Services, account: Account) -> None:
    svc.bulk.put(job_name(look), {"account": account.alias}, delay=AFTER_SYNC)


def look(svc: Services, account: Account) -> None:
    """A job: how many people have each tag, here and there. While a sync runs it waits, as that will mend most."""
    if (followers.sync_state(svc, account) or {}).get("state") == "running":
        look_later(svc, account)
        return
    ours: Counter[int] = Counter(tag for row in _everyone(svc, account) for tag in row.card.tags)
    try:
        theirs = mirror.at_wechat(account)
    except Unavailable:
        raise
    except AppError as error:
        log.warning("account %s: its tags were not looked at: %s", account.alias, error)
        return
    for tag_id, tag in theirs.items():
        _note(svc, account, tag, ours[tag_id])
    for item in _counted(svc, account):
        if item["tag_id"] not in theirs:
            svc.table.delete(item["pk"], item["sk"])


def mend_tag(svc: Services, account: Account, tag_id: int) -> None:
    """A job: put the tag on whom WeChat says, and off all others, in our profiles. A tag that is gone is on nobody."""
    asked_at: float = svc.now()
    members = _members(account, tag_id)
    if members is None:  # and whatever we thought of it meanwhile is wrong
        members, asked_at = set(), math.inf
    fixed = 0
    for row in _everyone(svc, account):
        belongs = mark(row.openid) in members
        if belongs == (tag_id in row.card.tags):
            continue
        if fixed == MOST_FIXES:
            svc.in_bulk(mend_tag, account, tag_id=tag_id)
            return
        _fix(svc, account, row.openid, tag_id, belongs, asked_at)
        fixed += 1
    svc.table.delete(f"tags#{account.alias}", f"drift#{tag_id}")


def _members(account: Account, tag_id: int) -> set[int] | None:
    """All who have the tag at WeChat: eight bytes each, as the openids would be too many. None if there is no tag."""
    found: set[int] = set()
    after = ""
    while True:
        try:
            page = refusals.told(lambda after=after: account.wechat.tags.page(tag_id, after))  # type: ignore[misc]
        except NotFound:
            return None
        found |= {mark(openid) for openid in page.openids}
        after = page.next_openid
        if not after:
            return found


def _fix(  # noqa: PLR0913, PLR0917 (whose, what, and when we were told)
    svc: Services, account: Account, openid: str, tag_id: int, belongs: bool, asked_at: float
) -> None:
    def edit(profile: dict[str, Any]) -> dict[str, Any]:
        if not profile["following"] or profile.get("edited", -1) >= asked_at:
            return {}
        tags = set(profile.get("tag_ids", []))
        return {"tag_ids": sorted(tags | {tag_id} if belongs else tags - {tag_id})}

    followers.change(svc, account, openid, edit, from_wechat=True)


def _everyone(svc: Services, account: Account) -> Iterator[Row]:
    for shelf in range(SHELVES):
        yield from followers.everyone(svc, account, shelf)


def _note(svc: Services, account: Account, theirs: Tag, ours: int) -> None:
    pk, sk = f"tags#{account.alias}", f"drift#{theirs.tag_id}"
    if theirs.people == ours:
        svc.table.delete(pk, sk)
        return
    told = {"tag_id": theirs.tag_id, "label": theirs.name, "ours": ours, "theirs": theirs.people}
    svc.table.put({"pk": pk, "sk": sk, **told, "found_at": svc.now()})


def _counted(svc: Services, account: Account) -> list[dict[str, Any]]:
    return list(svc.table.under(f"tags#{account.alias}", "drift#"))


def _by_name(ours: Tag | None, theirs: Tag | None) -> Difference | None:
    if theirs is None and ours is not None:
        words = f"“{ours.name}”在微信那边已删除。“{ours.name}” was deleted at WeChat."
        return Difference("gone", ours.tag_id, ours.name, words)
    if theirs is None:
        return None
    if ours is None:
        words = f"微信那边多了“{theirs.name}”。“{theirs.name}” is at WeChat only."
        return Difference("new", theirs.tag_id, theirs.name, words)
    if ours.name != theirs.name:
        words = f"“{ours.name}”在微信那边改名为“{theirs.name}”。“{ours.name}” is called “{theirs.name}” at WeChat."
        return Difference("renamed", ours.tag_id, theirs.name, words, before=ours.name)
    return None


def _by_people(item: dict[str, Any]) -> Difference:
    name, ours, theirs = item["label"], item["ours"], item["theirs"]
    words = f"“{name}”：这里 {ours} 人，微信 {theirs} 人。“{name}”: {ours} people here, {theirs} at WeChat."
    return Difference("people", item["tag_id"], name, words, ours=ours, theirs=theirs)
