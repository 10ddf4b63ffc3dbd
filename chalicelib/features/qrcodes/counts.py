"""Scans and follows of each code, by day in Shanghai; each event is counted once, however often it is told.

    pk qrcounts#<account>#<scene>   sk day#<day>   {scans, follows}
    pk person#<account>#<openid>   sk scan#<key>   {scene, scanned_at, followed, expires}     GAIWAN_MESSAGE_DAYS

`<key>` is the message's. The mark under the person and the numbers are written in one transaction: both or neither. A
follow by a code is a scan too.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ...errors import Conflict
from ...services import Account, Services
from ...wechat.messages import Message
from .. import days, people
from ..days import A_DAY
from . import codes
from .codes import Code

CREW = 16
TRIES = 6
SHORTEST, LONGEST = 0.02, 0.4  # seconds between two tries, which grow
ALL_CODES = 500  # in one page


class Day(msgspec.Struct, frozen=True):
    """`day` is its number; `scans` include the `follows`."""

    day: int
    scans: int = 0
    follows: int = 0


class ByPlace(msgspec.Struct, frozen=True):
    place: str
    codes: int
    scans: int
    follows: int


def count(svc: Services, account: Account, message: Message) -> bool:
    """Whether this scan was news."""
    followed = message.event == "subscribe"
    mark = {
        "pk": people.key(account, message.openid),
        "sk": f"scan#{message.key}",
        "scene": message.scene,
        "scanned_at": message.created,
        "followed": followed,
        "expires": svc.now() + svc.settings.message_days * A_DAY,
    }
    add = {"scans": 1, "follows": 1} if followed else {"scans": 1}
    day = f"day#{days.today(message.created):06d}"
    for attempt in range(TRIES):
        try:
            return svc.table.put_new_and_add(mark, _pk(account, message.scene), day, add) is None
        except Conflict:  # very many scan the same code right now
            svc.clock.sleep(random.uniform(0, min(LONGEST, SHORTEST * 2**attempt)))
    raise Conflict("同时扫码的人太多。Very many are scanning this code right now.")


def days_of(svc: Services, account: Account, scene: str, first: int, last: int) -> list[Day]:
    """From the first counted day in that time on, every day, those without a scan too; [] if there was none."""
    found = {one.day: one for one in _counted(svc, account, scene, first, last)}
    return [found.get(day, Day(day)) for day in range(min(found), last + 1)] if found else []


def totals(svc: Services, account: Account, shown: Iterable[Code]) -> list[Day]:
    """Of all time, for each of these codes; `day` is 0."""
    with ThreadPoolExecutor(CREW) as crew:
        return list(crew.map(lambda code: _sum(_counted(svc, account, code.scene, 0, 999_999)), shown))


def by_place(svc: Services, account: Account, first: int, last: int) -> list[ByPlace]:
    """The places with the most follows first."""
    every = list(_all(svc, account))
    with ThreadPoolExecutor(CREW) as crew:
        sums = list(crew.map(lambda code: _sum(_counted(svc, account, code.scene, first, last)), every))
    found: dict[str, ByPlace] = {}
    for code, one in zip(every, sums, strict=True):
        known = found.get(code.place, ByPlace(code.place, 0, 0, 0))
        found[code.place] = ByPlace(code.place, known.codes + 1, known.scans + one.scans, known.follows + one.follows)
    return sorted(found.values(), key=lambda one: (-one.follows, -one.scans, one.place))


def _all(svc: Services, account: Account) -> Iterator[Code]:
    cursor = ""
    while True:
        shown, cursor = codes.page(svc, account, cursor, ALL_CODES)
        yield from shown
        if not cursor:
            return


def _counted(svc: Services, account: Account, scene: str, first: int, last: int) -> Iterator[Day]:
    pk = _pk(account, scene)
    for item in svc.table.between(pk, f"day#{first:06d}", f"day#{last:06d}", "scans", "follows"):
        yield _day(item)


def _day(item: dict[str, Any]) -> Day:
    return Day(int(item["sk"].removeprefix("day#")), item.get("scans", 0), item.get("follows", 0))


def _sum(counted: Iterable[Day]) -> Day:
    scans = follows = 0
    for one in counted:
        scans, follows = scans + one.scans, follows + one.follows
    return Day(0, scans, follows)


def _pk(account: Account, scene: str) -> str:
    return f"qrcounts#{account.alias}#{scene}"
