"""The one way in which a profile changes: read, edited, and written whole, with its card, if nobody else was quicker.

    pk person#<account>#<openid>   sk profile
        {following, since, changed, first_seen, found_by, returned, scene, qr_scene, lang, remark, tag_ids, unionid,
        blocked, edited, facts, revoked, messages, last_active, active_hours, orders, spent, last_order, recent,
        moved_from, left_at, handed, untold, version, label}
        shelf followers#<account>#<0-f>   place <since>#<openid>

An attribute that is absent is unknown, or nothing. `changed` is WeChat's time of the newest arrival or leaving that was
noted, so one that is told late changes nothing. `edited` is when we last changed what WeChat keeps too (remark, tags,
blacklist), so an answer that WeChat gave before that is not believed. `label` is the card (card.py).
Who left is on another shelf, with next to nothing (leaving.py). `untold` is there for a moment (telling.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import Unavailable
from ...services import Account, Services
from .. import people
from . import shelves, telling
from .card import card
from .telling import UNTOLD

Item = dict[str, Any]
# What is to change of a profile; a value of None, or of nothing, takes the attribute away.
Edit = Callable[[Item], Mapping[str, Any]]

MOST_TRIES = 10
ALSO_AT_WECHAT = frozenset({"remark", "tag_ids", "blocked"})
# No and the beginning of time are something too: a message may say that it was sent then.
SAID_EVEN_IF_NOTHING = frozenset({"following", "since", "changed", "left_at"})
ATTRIBUTES = (
    "following", "since", "changed", "first_seen", "found_by", "returned", "scene", "qr_scene", "lang", "remark",
    "tag_ids", "unionid", "blocked", "edited", "facts", "revoked", "messages", "last_active", "active_hours", "orders",
    "spent", "last_order", "recent", "moved_from", "left_at", "handed", "untold", "version", "label", "shelf", "place",
)  # fmt: skip


def profile(svc: Services, account: Account, openid: str) -> Item | None:
    """The attributes above, or None for somebody never seen. Half a read unit."""
    return svc.table.get(people.key(account, openid), "profile")


def is_following(svc: Services, account: Account, openid: str) -> bool:
    known = profile(svc, account, openid)
    return bool(known and known["following"])


def change(  # noqa: PLR0913 (whose, what, and three ways to be careful)
    svc: Services,
    account: Account,
    openid: str,
    edit: Edit,
    *,
    make: bool = False,
    from_wechat: bool = False,
    known: Item | None = None,
) -> Item | None:
    """The profile as it then is; None if there is none, unless it may be made. Nothing is written if nothing changes.

    `edit` may be asked several times. `from_wechat`: this is what WeChat said, and so no edit of ours. `known` is the
    profile as it was read a moment ago, which saves reading it once more.
    """
    pk = people.key(account, openid)
    for _ in range(MOST_TRIES):
        before = known or svc.table.get(pk, "profile", fresh=True)
        known = None
        if before is None and not make:
            return None
        before = _told(svc, account, openid, before) if before else None
        after = _after(svc, account, openid, before or {}, edit, from_wechat)
        if after == _own(before or {}):
            return before
        news = telling.news(svc, account, before or {}, after)
        stored = _store(svc, pk, before, after | ({UNTOLD: news} if news else {}))
        if stored is not None:
            return _told(svc, account, openid, stored)
    raise Unavailable("这位粉丝的资料正被频繁修改，请再试一次。This profile is changing too fast; please try again.")


def _told(svc: Services, account: Account, openid: str, profile: Item) -> Item:
    """Without what was still to be told of it, which is told now."""
    if UNTOLD not in profile:
        return profile
    telling.tell(svc, account, openid, profile)
    return {name: value for name, value in profile.items() if name != UNTOLD}


def _after(svc: Services, account: Account, openid: str, before: Item, edit: Edit, from_wechat: bool) -> Item:
    """The whole profile, as it shall be; equal to what it was if the edit changes nothing."""
    own = _own(before)
    changes = edit(dict(before))
    after = {name: value for name, value in (own | dict(changes)).items() if _says_something(name, value)}
    if after == own and (own.get("label") or not own.get("following")):
        return own
    if not from_wechat and any(after.get(name) != own.get(name) for name in ALSO_AT_WECHAT):
        after["edited"] = svc.now()
    listing = _listing(account, openid, after)
    kept = {name: value for name, value in after.items() if name not in ("shelf", "place", "label")}
    return kept | listing | {"version": own.get("version", 0) + 1}


def _own(item: Item) -> Item:
    return {name: value for name, value in item.items() if name not in ("pk", "sk")}


def _says_something(name: str, value: Any) -> bool:
    return value is not None and (name in SAID_EVEN_IF_NOTHING or value not in ("", 0, [], {}))


def _listing(account: Account, openid: str, profile: Item) -> Item:
    if profile["following"]:
        listed = {"shelf": shelves.of(account, openid), "place": shelves.place(profile["since"], openid)}
        return listed | {"label": card(profile)}
    return {"shelf": f"leaving#{account.alias}", "place": shelves.place(profile["left_at"], openid)}


def _store(svc: Services, pk: str, before: Item | None, after: Item) -> Item | None:
    """None if somebody was quicker."""
    if before is None:
        item: Item = {"pk": pk, "sk": "profile", **after}
        return item if svc.table.put_new(item) is None else None
    seen = before.get("version")
    return svc.table.update(
        pk,
        "profile",
        {name: value for name, value in after.items() if before.get(name) != value},
        where="#version = :seen" if seen else "attribute_exists(pk) AND attribute_not_exists(#version)",
        remove=tuple(name for name in _own(before) if name not in after),
        **({"seen": seen} if seen else {}),
    )
