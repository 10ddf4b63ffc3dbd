"""Events keep the profiles in step: who comes, who goes, and who shows up though nobody told us of them.

How people found the account, their language and their tags are WeChat's to tell; the next sync asks (sync.py).
"""

from __future__ import annotations

from typing import Any

from ...services import Account, Services
from ...wechat.messages import Message
from .. import days, handing
from ..identities import unions
from . import facts, leaving
from .change import change, profile

Item = dict[str, Any]

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
BY_QR_CODE = "ADD_SCENE_QR_CODE"


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener: keep a follower's record in step with what they do."""
    if message.event == "subscribe":
        _arrived(svc, account, message)
    elif message.event == "unsubscribe":
        leaving.leave(svc, account, message.openid, message.created)
    elif message.kind != "event" or message.event in ACTS:
        _met(svc, account, message)


def arrival(known: Item, since: int, found_by: str, returned: bool) -> Item:
    """What is true of whoever begins to follow; a returning person's earlier leaving is no longer."""
    seen = {} if known.get("first_seen") else {"first_seen": days.today(since)}
    returned = returned or bool(known and (known.get("returned") or not known["following"]))
    came = {"following": True, "since": since, "changed": since, "found_by": found_by, "left_at": None}
    return came | seen | {"returned": returned}


def _arrived(svc: Services, account: Account, message: Message) -> None:
    left_at = leaving.last_left(svc, account, message.openid)
    scanned = _scanned(message)

    def edit(known: Item) -> Item:
        if left_at > message.created or known.get("changed", 0) > message.created:
            return {}
        if known.get("changed") == message.created and known["following"]:
            return {}
        fresh = {"qr_scene": None, "scene": None} | scanned
        if "recent" in fresh:
            fresh["recent"] = known.get("recent", {}) | fresh["recent"]
        return arrival(known, message.created, "subscribe", left_at > 0) | fresh

    change(svc, account, message.openid, edit, make=True)


def _scanned(message: Message) -> Item:
    if not message.scene:
        return {}
    recent = {f"scanned:{message.scene}": days.today(message.created)}
    return {"qr_scene": message.scene, "scene": BY_QR_CODE, "recent": recent}


def _met(svc: Services, account: Account, message: Message) -> None:
    """Somebody who followed before we were here shows up: remember them."""
    known = profile(svc, account, message.openid)
    handing.note(svc, account, message.openid, known or {})
    if known is None or not known["following"]:
        known = _found(svc, account, message)
        if known and known["following"] and account.open_platform and account.may_list_followers:
            svc.later(unions.note_unionid, account, openid=message.openid)
    facts.hear_location(svc, account, message, known or {})


def _found(svc: Services, account: Account, message: Message) -> Item | None:
    """Also who had left before: they came back, and the event that said so was lost."""
    left_at = leaving.last_left(svc, account, message.openid)

    def edit(known: Item) -> Item:
        newer = max(known.get("changed", 0), left_at) >= message.created
        return {} if newer or known.get("following") else arrival(known, message.created, "message", left_at > 0)

    return change(svc, account, message.openid, edit, make=True)
