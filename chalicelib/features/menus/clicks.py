"""Taps on the menu: how often each entry of each version was tapped, by day in Shanghai.

    pk menuclicks#<account>#<day>   sk <message>   {entry, expires}     ten days
    pk menuclicks#<account>   sk day#<day>   {clicks}

One small write for each tap, under the message's own key, so that telling us twice counts once; `entry` is
`<version>:<menu>:<button>` and names nobody. The night adds them up into `clicks` {entry: how often}; days that are not
added up yet are counted when somebody looks.

WeChat says which menu it was (MenuId) only for pages and mini-programs. A key that stands in several menus is counted
for the first of them. An entry that the newest version no longer has was tapped on a phone that still showed an earlier
one; one that only a version has which is still being published, or was not finished, was tapped on that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from ...services import Account, Services
from ...wechat.messages import Message
from .. import days
from ..days import A_DAY
from . import versions
from .checks import tells
from .document import Spot, spots
from .versions import Version

REMEMBER, LOOK_AGAIN = 60, 5  # seconds
EARLIER = 5  # versions that a phone may still show
WERE_LIVE = frozenset({"live", "replaced"})
KEPT = 10 * A_DAY
OPEN = 7  # days that may not be added up yet


class Clicks(msgspec.Struct, frozen=True, kw_only=True):
    """`menu` 0 is the ordinary one; `button` "2" or "2.1". `days` {day: how often}, only those with any."""

    number: int
    menu: int
    button: str
    name: str
    kind: str
    clicks: int
    days: dict[int, int]


def note(svc: Services, account: Account, message: Message) -> None:
    """Of a message that is a tap. An account whose menu we never published costs nothing."""
    found = tapped(svc, account, message)
    if found is None:
        return
    number, spot = found
    item = {
        "pk": _pk(account, days.today(message.created)),
        "sk": message.key,
        "entry": f"{number}:{spot.menu}:{spot.at}",
    }
    svc.table.put({**item, "expires": svc.now() + KEPT})


def tapped(svc: Services, account: Account, message: Message) -> tuple[int, Spot] | None:
    """(version, which button) of a tap; from memory. None for what is on no menu that we published."""
    known = svc.cached(f"menus#{account.alias}", REMEMBER, lambda: _published(svc, account))
    found = _among(known, message)
    if found is None and known:  # perhaps it was published a moment ago, elsewhere
        found = _among(
            svc.cached(f"menus#{account.alias}#again", LOOK_AGAIN, lambda: _published(svc, account)), message
        )
    return found


def _among(known: Sequence[Version], message: Message) -> tuple[int, Spot] | None:
    wanted, menu_id = (message.event, message.event_key), message.get("MenuId")
    shown = [one for one in known if one.stage in WERE_LIVE and one.ended_at <= message.created]
    others = [one for one in known if one not in shown]
    for one in [*(one for one in shown if menu_id and menu_id in one.menu_ids), *shown, *others]:
        at = [spot for spot, button in spots(one.menu) if tells(button) == wanted and not button.sub_button]
        exact = [spot for spot in at if menu_id and one.menu_ids[spot.menu : spot.menu + 1] == [menu_id]]
        if at:
            return one.number, (exact or at)[0]
    return None


def counted(svc: Services, account: Account, first: int, last: int, number: int = 0) -> list[Clicks]:
    """From one day to another; of one version, or of all, those shown last first. Entries without a tap are in it for
    the version that is live."""
    found: dict[tuple[int, int, str], dict[int, int]] = {}
    for day, clicks in _days(svc, account, first, last):
        for entry, often in clicks.items():
            of, menu, at = entry.split(":")
            found.setdefault((int(of), int(menu), at), {})[day] = often
    live = versions.live(svc, account)
    wanted = {key[0] for key in found} | ({live.number} if live else set())
    told = [versions.find(svc, account, one) for one in sorted(wanted, reverse=True) if number in {0, one}]
    return [row for one in told for row in _rows(one, found, one == live)]


def count_days(svc: Services, account: Account) -> None:
    """A job, every night: add up the days that are over. Yesterday is done twice, for what came late."""
    today = days.today(svc.now())
    first = today - OPEN
    done = {_day(item["sk"]) for item in svc.table.between(_sums(account), _sk(first), _sk(today))}
    for day in range(first, today):
        if day not in done or day >= today - 2:
            clicks = _count(svc, account, day)
            if clicks:
                svc.table.put({"pk": _sums(account), "sk": _sk(day), "clicks": dict(clicks)})


def _published(svc: Services, account: Account) -> Sequence[Version]:
    """The newest first, as far as a phone may show them; with those that are not live, or not yet."""
    found, cursor = versions.page(svc, account)
    known = [one for one in found if one.stage != "refused"]
    while cursor and sum(one.stage in WERE_LIVE for one in known) < EARLIER:
        found, cursor = versions.page(svc, account, cursor)
        known += [one for one in found if one.stage != "refused"]
    return known


def _rows(version: Version, found: dict[tuple[int, int, str], dict[int, int]], every: bool) -> Iterator[Clicks]:
    for spot, button in spots(version.menu):
        by_day = found.get((version.number, *spot), {})
        if by_day or (every and tells(button) and not button.sub_button):
            yield Clicks(
                number=version.number,
                menu=spot.menu,
                button=spot.at,
                name=button.name,
                kind=button.type,
                clicks=sum(by_day.values()),
                days=by_day,
            )


def _days(svc: Services, account: Account, first: int, last: int) -> Iterator[tuple[int, dict[str, int]]]:
    today = days.today(svc.now())
    sums = (
        svc.table.between(_sums(account), _sk(first), _sk(min(last, today - 2)), "clicks") if first < today - 1 else ()
    )
    summed = {_day(item["sk"]): item["clicks"] for item in sums}
    for day in range(first, min(last, today) + 1):
        if day in summed:
            yield day, summed[day]
        elif day >= today - OPEN:
            yield day, _count(svc, account, day)


def _count(svc: Services, account: Account, day: int) -> Counter[str]:
    return Counter(item["entry"] for item in svc.table.between(_pk(account, day), "0", "~", "entry"))


def _day(sort_key: str) -> int:
    return int(sort_key.removeprefix("day#"))


def _sk(day: int) -> str:
    return f"day#{day:06d}"


def _pk(account: Account, day: int) -> str:
    return f"menuclicks#{account.alias}#{day}"


def _sums(account: Account) -> str:
    return f"menuclicks#{account.alias}"
