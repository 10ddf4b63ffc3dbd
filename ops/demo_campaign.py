"""The largest scene of `make demo`: a campaign to two thousand, and everything that sends is killed in the middle.

Only at home: a deployed stage's functions are AWS's, and its followers are fewer (ops/e2e/campaigns.py).
`tell` and `expect` are the demo's own, so that a surprise is the demo's.
"""

import time
from collections.abc import Callable
from typing import Any, Protocol

from .doors import Controls, Phone, ask, eventually

GUESTS = 2000
NEWS = "明前龙井，今天开售"
A_MINUTE = 60
MINUTES = 12  # of the clock; after three without progress `tick` puts what is open into the queue again
A_MOMENT = 2.0  # seconds without anybody more: this minute has brought what it could
PATIENCE = 180.0
Json = dict[str, Any]
Tell = Callable[[str, str], None]
Expect = Callable[[bool, str, object], None]


class Day(Protocol):
    """What a scene needs of the demo's day."""

    @property
    def app(self) -> str: ...
    @property
    def api_token(self) -> str: ...
    @property
    def xiaolin(self) -> Phone: ...
    @property
    def controls(self) -> Controls: ...


class Power(Protocol):
    """The switch of whatever runs the app: its doors, its workers and its clock."""

    def kill_app(self) -> None: ...
    def start_app_again(self) -> None: ...


def two_thousand(day: Day, power: Power, tell: Tell, expect: Expect) -> None:
    tell(f"新茶到了：一次活动发给 {GUESTS} 多人", f"New tea: a campaign to more than {GUESTS}")
    followers = _gather(day, expect)
    campaign = _compose(day)
    checked = _api(day, "POST", "campaigns/check", {"document": campaign["document"]})
    blocks = [one["words"] for one in checked["problems"] if one["blocks"]]
    expect(not blocks, f"发前检查通过，约 {checked['estimate']['about']} 人 checked before it starts", blocks)
    place = f"campaigns/{campaign['campaign_id']}"
    _api(day, "POST", f"{place}/start")

    tell(
        "发到一半，拔掉电源：所有进程 kill -9",
        "In the middle of it the power goes: everything that sends is killed, -9",
    )
    begun = eventually(lambda: (sent := _sent(day)) > followers * 2 // 5 and sent, PATIENCE)
    power.kill_app()
    before = _sent(day)
    expect(bool(begun) and before < followers, f"已有 {before} 人收到 so many have it", before)
    power.start_app_again()
    expect(
        bool(eventually(lambda: _results(day, place)["phase"] == "running")),
        "又起来了 it is up again",
        _results(day, place),
    )
    # What was in the hands of the dead waits for their leases; then the clock finds that nothing moves.
    whole = _minute_by_minute(day, lambda: _sent(day), followers)
    received = _received(day)
    expect(bool(whole), f"{followers} 人都收到了 everybody has it", len(received))
    expect(set(received.values()) == {1}, "每人一条，不多不少 each once", _more_than_one(received))
    _adds_up(day, place, followers, expect)


def _gather(day: Day, expect: Expect) -> int:
    """Every follower of the account, known to the shop; the number of them."""
    told = {"account": "tea", "count": GUESTS, "prefix": "oDemoGuest"}
    followers = int(ask("POST", f"{day.controls.simulator}/controls/people", told)["followers"])
    _api(day, "POST", "followers/sync", {})
    done = eventually(
        lambda: (run := _api(day, "GET", "followers/sync"))["state"] == "done" and run["listed"] >= followers, PATIENCE
    )
    expect(bool(done), f"同步了 {followers} 个粉丝 followers are synced", _api(day, "GET", "followers/sync"))
    return followers


def _compose(day: Day) -> Json:
    fields = {"thing1": "{name|茶友}的茶", "time2": "2026年4月1日 10:00", "thing3": NEWS}
    variants = [{"label": "A", "template": "notice", "fields": fields, "link": f"{day.app}/h5/tea/hello"}]
    # Whoever plays this at night wants to see it sent.
    document = {"name": "明前龙井", "kind": "template", "variants": variants, "quiet": False}
    return _api(day, "POST", "campaigns", {"document": document})


def _adds_up(day: Day, place: str, followers: int, expect: Expect) -> None:
    _minute_by_minute(day, lambda: _delivered(day, place), followers)
    found = _results(day, place)
    (variant,) = found["funnel"]
    there = {name: number for name, number in variant.items() if isinstance(number, int) and number}
    expect(variant["delivered"] == followers == variant["people"], f"漏斗对得上 the funnel adds up: {there}", found)


def _delivered(day: Day, place: str) -> int:
    return sum(int(one["delivered"]) for one in _results(day, place)["funnel"])


def _results(day: Day, place: str) -> Json:
    return _api(day, "GET", f"{place}/results")


def _minute_by_minute(day: Day, number: Callable[[], int], whole: int) -> bool:
    for _ in range(MINUTES):
        day.controls.advance(A_MINUTE)
        if _settled(number, whole) == whole:
            return True
    return False


def _settled(number: Callable[[], int], whole: int) -> int:
    """What it has come to when it is whole, or when nothing has been added for a moment."""
    found, since = number(), time.monotonic()
    while found != whole and time.monotonic() - since < A_MOMENT:
        time.sleep(0.2)
        now = number()
        if now != found:
            found, since = now, time.monotonic()
    return found


def _sent(day: Day) -> int:
    return len(_received(day))


def _received(day: Day) -> dict[str, int]:
    """{openid: how many}, as the phones have it."""
    found: dict[str, int] = day.controls.inboxes("tea", "template", NEWS)
    return found


def _more_than_one(received: dict[str, int]) -> dict[str, int]:
    return {openid: number for openid, number in received.items() if number != 1}


def _api(day: Day, method: str, path: str, told: Json | None = None) -> Json:
    return ask(method, f"{day.app}/api/tea/{path}", told, day.api_token)
