"""Who may do what, and how often: the account's abilities, its daily quotas, its limits per minute."""

from __future__ import annotations

from simulator.accounts import Account
from simulator.platform.call import Call, Route
from simulator.platform.errors import Refused

A_MINUTE = 60
ANY_CALL = 1_000_000
PROGRAMS = {"miniprogram+", "miniprogram-"}
EVERYBODY = {"service+", "service-", "subscription+", "subscription-", "test+", *PROGRAMS}
VERIFIED = {"service+", "subscription+", "test+"}
ABILITIES: dict[str, set[str]] = {
    "": EVERYBODY,
    "custom": VERIFIED,
    "users": VERIFIED,
    "menu": VERIFIED,
    "datacube": VERIFIED,
    "publish": {"service+", "subscription+"},
    "mass": {"service+", "subscription+"},
    "mass_to_list": {"service+"},
    "template": {"service+", "test+"},
    "notice": {"service+", "subscription+"},
    "qrcode": {"service+", "test+"},
    "oauth": {"service+", "test+"},
    "share": VERIFIED,
    "material": EVERYBODY,
    "security": PROGRAMS,
}
MASS = "/cgi-bin/message/mass/"
SECURITY = "/wxa/msg_sec_check"
PER_MINUTE = {"/cgi-bin/stable_token": 10_000, SECURITY: 4000}
MASS_PER_MINUTE = 60
SNS_PER_MINUTE = 50_000


def may(account: Account, ability: str) -> bool:
    sign = "+" if account.verified or account.kind == "test" else "-"
    return f"{account.kind}{sign}" in ABILITIES[ability]


def check_ability(account: Account, route: Route) -> None:
    if route.ability and not may(account, route.ability):
        raise Refused(48001)


def daily_limit(account: Account, path: str, route: Route) -> int:
    normal = route.limit or ANY_CALL
    usual = (route.test_limit or normal) if account.kind == "test" else normal
    return account.daily_limits.get(path, usual)


def used_today(account: Account, path: str, day: str) -> int:
    """Counters end at midnight in Shanghai."""
    if account.counted_day != day:
        account.counted_day, account.counts = day, {}
    return account.counts.get(path, 0)


def count(call: Call, route: Route) -> None:
    """Take one of today's calls, or refuse: 45009 for the day, 45011 (mass: 42010, content: 44991) for the minute."""
    account, path = call.account, call.path
    used = used_today(account, path, call.world.clock.day())
    if used >= daily_limit(account, path, route):
        raise Refused(45009)
    _count_minute(account, path, int(call.now // A_MINUTE))
    account.counts[path] = used + 1


def minute_limit(account: Account, path: str) -> int:
    """0: no limit per minute."""
    usual = MASS_PER_MINUTE if path.startswith(MASS) else SNS_PER_MINUTE if path.startswith("/sns/") else 0
    return account.minute_limits.get(_counted_as(path), PER_MINUTE.get(path, usual))


def _counted_as(path: str) -> str:
    """The mass interfaces share their sixty."""
    return MASS if path.startswith(MASS) else path


def _count_minute(account: Account, path: str, minute: int) -> None:
    limit = minute_limit(account, path)
    if not limit:
        return
    counted = _counted_as(path)
    last, used = account.minutes.get(counted, [minute, 0])
    used = used if last == minute else 0
    if used >= limit:
        raise Refused(42010 if path.startswith(MASS) else 44991 if path == SECURITY else 45011)
    account.minutes[counted] = [minute, used + 1]
