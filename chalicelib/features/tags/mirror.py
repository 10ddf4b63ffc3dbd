"""Our mirror of an account's tags.

    pk tags#<account>   sk tag#<id>   {tag_id, label, people, seen_at}

`people` is how many followers had it when WeChat was last asked, and what we changed since; `seen_at` is when WeChat
last told of it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...services import Account, Services
from . import refusals

SYSTEM = frozenset({0, 1, 2})  # WeChat's own: no group, blacklist, starred
TRIES = 5
REMEMBER = 60  # seconds


class Tag(msgspec.Struct, frozen=True):
    tag_id: int
    name: str
    people: int
    seen_at: int


def listed(svc: Services, account: Account) -> list[Tag]:
    """As they were when WeChat was last asked, by name."""
    found = (_tag(item) for item in svc.table.under(_pk(account), "tag#", fresh=True))
    return sorted(found, key=lambda tag: (tag.name, tag.tag_id))


def names(svc: Services, account: Account) -> dict[int, str]:
    return {tag.tag_id: tag.name for tag in listed(svc, account)}


def remembered(svc: Services, account: Account) -> dict[int, str]:
    """The same, of a minute ago at most."""
    return svc.cached(f"tag_names#{account.alias}", REMEMBER, lambda: names(svc, account))


def at_wechat(account: Account) -> dict[int, Tag]:
    """What WeChat has now, without its own."""
    refusals.insist_on_tags(account)
    found = refusals.told(account.wechat.tags.list)
    return {one.tag_id: Tag(one.tag_id, one.name, one.count, 0) for one in found if one.tag_id not in SYSTEM}


def known(svc: Services, account: Account, tag_id: int) -> Tag:
    """The tag of our mirror; if it is not there, WeChat is asked once more."""
    refusals.insist_on_tags(account)
    if tag_id in SYSTEM:
        raise refusals.words_of(refusals.SYSTEM)
    item = svc.table.get(_pk(account), f"tag#{tag_id}", fresh=True)
    if item is not None:
        return _tag(item)
    found = at_wechat(account).get(tag_id)
    if found is None:
        raise refusals.words_of(refusals.UNKNOWN)
    return store(svc, account, tag_id, found.name, found.people)


def count(svc: Services, account: Account, tag_id: int, more: int) -> None:
    """So many more people have it, or fewer; the next refresh knows exactly."""
    for _ in range(TRIES if more else 0):
        item = svc.table.get(_pk(account), f"tag#{tag_id}", fresh=True)
        if item is None:
            return
        told = {"people": max(0, item["people"] + more)}
        if svc.table.update(_pk(account), f"tag#{tag_id}", told, where="#people = :seen", seen=item["people"]):
            return


def store(svc: Services, account: Account, tag_id: int, name: str, people: int) -> Tag:
    tag = Tag(tag_id, name, people, svc.now())
    told = {"tag_id": tag_id, "label": name, "people": people, "seen_at": tag.seen_at}
    svc.table.put({"pk": _pk(account), "sk": f"tag#{tag_id}", **told})
    return tag


def drop(svc: Services, account: Account, tag_id: int) -> None:
    svc.table.delete(_pk(account), f"tag#{tag_id}")


def _tag(item: dict[str, Any]) -> Tag:
    return Tag(item["tag_id"], item["label"], item["people"], item["seen_at"])


def _pk(account: Account) -> str:
    return f"tags#{account.alias}"
