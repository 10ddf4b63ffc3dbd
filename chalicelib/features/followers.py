"""Who follows the account, since when and from where.

    pk person#<account>#<openid>   sk profile
        {following, since, changed, scene, found_by}   shelf followers#<account>#<0-f>   place <since>#<openid>

`changed` is WeChat's time of the newest event that was noted, so one that arrives late changes nothing.
A person who left keeps only {following, changed}.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ..observe import log
from ..services import Account, Services
from ..wechat.messages import Message
from . import people
from .identities import unions

# Events that a person causes by using the account; others are about a person who may long have left.
ACTS = frozenset(
    {
        "click",
        "view",
        "view_miniprogram",
        "scan",
        "location",
        "location_select",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
    }
)
LEFT = ("since", "scene", "found_by", "shelf", "place")
MOST_WRITES = 500  # of one job: some five seconds, and their openids fit into one message of a queue
MOST_ASKED = 200  # of one job: two questions to WeChat, and for each answer three to the table


def note(svc: Services, account: Account, message: Message) -> None:
    """Keep a follower's record in step with what they do."""
    if message.event == "subscribe":
        _arrived(svc, account, message)
    elif message.event == "unsubscribe":
        _left(svc, account, message)
    elif message.kind != "event" or message.event in ACTS:
        _met(svc, account, message)


def profile(svc: Services, account: Account, openid: str) -> dict[str, Any] | None:
    """{following, since?, scene?, …}, or None for somebody never seen. Half a read unit."""
    return svc.table.get(people.key(account, openid), "profile")


def is_following(svc: Services, account: Account, openid: str) -> bool:
    known = profile(svc, account, openid)
    return bool(known and known["following"])


def sync_all(svc: Services) -> None:
    """Ask WeChat who follows each account, so that people from before our time are known too."""
    for account in svc.accounts:
        if account.may_list_followers:
            svc.in_bulk(sync_page, account, next_openid="")


def sync_page(svc: Services, account: Account, next_openid: str) -> None:
    """A job: one page of up to 10,000 people. Running it twice stores nobody twice.

    It writes of as many strangers as it surely has the time for; the others are jobs of their own.
    """
    asked_at = svc.now()
    page = account.wechat.users.page(next_openid)
    keys = [(people.key(account, openid), "profile") for openid in page.openids]
    known = {item["pk"] for item in svc.table.get_many(keys, "following") if item["following"]}
    strangers = [openid for openid, (pk, _) in zip(page.openids, keys, strict=True) if pk not in known]
    familiar = [openid for openid, (pk, _) in zip(page.openids, keys, strict=True) if pk in known]
    log.info("account %s: %d followers listed, %d of them new to us", account.alias, len(page.openids), len(strangers))
    note_found(svc, account, strangers[:MOST_WRITES], asked_at)
    # Queued last: being killed before this repeats the page, and by then more of it is known.
    _ask_who_they_are(svc, account, familiar)
    for start in range(MOST_WRITES, len(strangers), MOST_WRITES):
        svc.in_bulk(note_found, account, openids=strangers[start : start + MOST_WRITES], seen_at=asked_at)
    if page.next_openid and page.openids:
        svc.in_bulk(sync_page, account, next_openid=page.next_openid)


def note_found(svc: Services, account: Account, openids: list[str], seen_at: int) -> None:
    """A job: these people were on WeChat's list."""
    for openid in openids:
        _store_unless_following(svc, account, openid, seen_at, "sync")
    _ask_who_they_are(svc, account, openids)


def _ask_who_they_are(svc: Services, account: Account, openids: list[str]) -> None:
    """Once their profiles are stored: of others no unionid is kept."""
    if account.open_platform:
        for start in range(0, len(openids), MOST_ASKED):
            svc.in_bulk(unions.note_many, account, openids=openids[start : start + MOST_ASKED])


def _arrived(svc: Services, account: Account, message: Message) -> None:
    svc.table.update(
        people.key(account, message.openid),
        "profile",
        {
            "following": True,
            "since": message.created,
            "changed": message.created,
            "scene": message.scene,
            "found_by": "subscribe",
            **_shelf(account, message.openid, message.created),
        },
        where="attribute_not_exists(pk) OR #changed <= :created",
        created=message.created,
    )


def _left(svc: Services, account: Account, message: Message) -> None:
    svc.table.update(
        people.key(account, message.openid),
        "profile",
        {"following": False, "changed": message.created},
        where="attribute_not_exists(pk) OR #changed <= :created",
        remove=LEFT,
        created=message.created,
    )


def _met(svc: Services, account: Account, message: Message) -> None:
    """Somebody who followed before we were here shows up: remember them."""
    known = profile(svc, account, message.openid)
    if known is None or not known["following"]:
        is_news = _store_unless_following(svc, account, message.openid, message.created, "message")
        if is_news and account.open_platform and account.may_list_followers:
            svc.later(unions.note_unionid, account, openid=message.openid)


def _store_unless_following(svc: Services, account: Account, openid: str, since: int, found_by: str) -> bool:
    """Was it stored? Also who had left before `since`: they came back, and the event that said so was lost."""
    seen = {"following": True, "since": since, "changed": since, "found_by": found_by}
    stored = svc.table.update(
        people.key(account, openid),
        "profile",
        seen | _shelf(account, openid, since),
        where="attribute_not_exists(pk) OR (#following = :no AND #changed < :since)",
        no=False,
        since=since,
    )
    return stored is not None


def _shelf(account: Account, openid: str, since: int) -> dict[str, str]:
    # Followers can be millions, so their shelf is sixteen, by hash.
    shard = hashlib.sha256(openid.encode()).hexdigest()[0]
    return {"shelf": f"followers#{account.alias}#{shard}", "place": f"{since:011d}#{openid}"}
