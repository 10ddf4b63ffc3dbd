"""What WeChat says of one person, compared with what we know; only what differs is written.

Two clocks and a queue lie between asking and writing, so nobody is believed who speaks of an earlier time: an arrival
or a leaving that we noted later than it was said stays, and so does what we changed ourselves after we had asked.
"""

from __future__ import annotations

from typing import Any

from ...services import Account, Services
from . import leaving
from .change import ALSO_AT_WECHAT, Item, change
from .note import arrival

SAME_ARRIVAL = 60  # seconds between WeChat's two accounts of when somebody came
SLACK = 5  # seconds by which our clock and WeChat's may differ


def is_news(info: Item, known: Item | None) -> bool:
    """Whether a write may be needed; False for nearly everybody, nearly always."""
    if known is None or not known["following"]:
        return bool(info.get("subscribe"))
    if not info.get("subscribe"):
        return True
    differs = any(known.get(name) != value for name, value in _told(info).items())
    return differs or _came_again(info, known) or not known.get("label")


def hear(  # noqa: PLR0913, PLR0917 (what was said, when we asked, and what we knew)
    svc: Services, account: Account, info: Item, asked_at: int, known: Item | None, returned: bool
) -> tuple[bool, bool]:
    """Whether the profile was written, and whether the person is gone."""
    openid = info["openid"]
    if not info.get("subscribe"):
        gone = leaving.leave(svc, account, openid, asked_at - SLACK)
        return gone, gone

    def edit(profile: Item) -> Item:
        # Who was known when this began, and is not any more, was erased meanwhile.
        return {} if known and not profile else _edited(info, asked_at, profile, returned)

    after = change(svc, account, openid, edit, make=True, from_wechat=True, known=known)
    return bool(after and after.get("version") != (known or {}).get("version")), False


def _edited(info: Item, asked_at: int, profile: Item, returned: bool) -> Item:
    told = {name: value for name, value in _told(info).items() if not _is_ours(name, profile, asked_at)}
    since = int(info.get("subscribe_time", 0)) or asked_at
    if not profile:
        return arrival(profile, since, "sync", returned) | told
    if not profile["following"]:
        # They came back, and the event that said so was lost; or what we were told is older than their leaving.
        return arrival(profile, since, "sync", True) | told if since > profile["changed"] else {}
    if _came_again(info, profile):
        return told | {"since": since, "changed": max(since, profile["changed"])}
    return told


def _told(info: Item) -> dict[str, Any]:
    """In our words. What WeChat does not tell at all may be known from elsewhere; no remark and no tags are news."""
    number = info.get("qr_scene") or 0
    told = {
        "scene": info.get("subscribe_scene"),
        "qr_scene": str(number) if number else info.get("qr_scene_str"),
        "lang": info.get("language"),
        "unionid": info.get("unionid"),
    }
    tags = [int(tag) for tag in info.get("tagid_list") or ()]
    return {name: value for name, value in told.items() if value} | {
        "remark": info.get("remark") or None,
        "tag_ids": tags or None,
    }


def _came_again(info: Item, profile: Item) -> bool:
    """Later than we know; or earlier, if we only know since when they were seen."""
    since = int(info.get("subscribe_time", 0))
    later, earlier = since > profile["since"] + SAME_ARRIVAL, 0 < since < profile["since"] - SAME_ARRIVAL
    return later or (earlier and profile.get("found_by") != "subscribe")


def _is_ours(name: str, profile: Item, asked_at: int) -> bool:
    """We changed it after we had asked."""
    return name in ALSO_AT_WECHAT and bool(profile.get("edited", -1) >= asked_at)
