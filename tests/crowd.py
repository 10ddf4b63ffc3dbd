"""Followers of the tea shop for tests: known to WeChat and to us, with whatever a test says of them."""

from __future__ import annotations

from typing import Any

from chalicelib.features import days, followers
from tests.house import House, Json


def follower(house: House, openid: str, days_ago: int = 10, **told: Any) -> str:
    """Somebody who follows, as a sync would have found them; `told` are attributes of the profile."""
    since = house.svc.now() - days_ago * days.A_DAY
    person = house.world.accounts["tea"].person(openid)
    person.follow(since, told.get("scene", ""), told.get("qr_scene", ""))
    person.tags = list(told.get("tag_ids", []))
    known = {"following": True, "since": since, "changed": since, "found_by": "sync"}
    followers.change(house.svc, house.tea, openid, lambda profile: known | told, make=True, from_wechat=True)
    return openid


def profile(house: House, openid: str) -> Json:
    return followers.profile(house.svc, house.tea, openid) or {}


def day(house: House, ago: int = 0) -> int:
    """The number of a day."""
    return days.today(house.svc.now()) - ago
