"""Until when AWS runs each Python; a function gets the one that deployed it."""

import sys
from datetime import date, timedelta
from typing import NamedTuple

AS_OF = date(2026, 11, 1)  # what AWS's page "Lambda runtimes" said; a test compares it with cfn-lint's copy
SOON = timedelta(days=180)


class Runtime(NamedTuple):
    """After `deprecated` no security patches; later AWS makes no new functions, and then lets none be changed."""

    deprecated: date
    no_new: date
    no_change: date


RUNTIMES = {
    "python3.11": Runtime(date(2027, 6, 30), date(2027, 7, 31), date(2027, 8, 31)),
    "python3.12": Runtime(date(2028, 10, 31), date(2028, 11, 30), date(2029, 1, 10)),
    "python3.13": Runtime(date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
    "python3.14": Runtime(date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
}
NEWEST = "python3.14"


def mine() -> str:
    """The Lambda runtime that this interpreter deploys: Chalice takes the same."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def supported(name: str) -> bool:
    return name in RUNTIMES


def warning(name: str, today: date) -> tuple[str, str] | None:
    """In Chinese and English, when AWS has given this runtime up or will within half a year."""
    ends = RUNTIMES[name].deprecated
    if today < ends - SOON:
        return None
    if today < ends:
        return (
            f"AWS 将于 {ends} 停止维护 {name}，请改用 {NEWEST} 部署。",
            f"AWS stops patching {name} on {ends}; deploy with {NEWEST} instead.",
        )
    return (
        f"AWS 自 {ends} 起不再维护 {name}，{RUNTIMES[name].no_change} 起不能再更新函数；请改用 {NEWEST} 部署。",
        f"AWS has not patched {name} since {ends}, and refuses changes from {RUNTIMES[name].no_change}; "
        f"deploy with {NEWEST} instead.",
    )
