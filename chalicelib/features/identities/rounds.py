"""Sign-ins that go round in circles: a page that cannot keep its visitor signed in sends them back, for ever.

The browser itself counts, in a cookie `<how often>.<since>.<page>`: whoever changes it stops only their own browser.
"""

from __future__ import annotations

import hashlib
import re

from ...errors import Conflict
from .addresses import without_query

MOST_ROUNDS, A_MINUTE = 10, 60
COUNTED = re.compile(r"([0-9]{1,3})\.([0-9]{1,12})\.([0-9a-f]{16})")


def stop_circles(counted: str, page: str, now: int) -> None:
    """Conflict if this browser has just been signed in for this page again and again; over within the minute."""
    times, _ = _read(counted, page, now)
    if times >= MOST_ROUNDS:
        raise Conflict(
            "登录一直在打转：来源页面没有保住登录状态，请一分钟后重新打开。This sign-in goes round in circles: "
            "the page that sent you does not keep you signed in. Please open it again in a minute."
        )


def count(counted: str, page: str, began: int) -> str:
    """The cookie's next value, after one more sign-in for this page; the same for both of two at the same time."""
    times, since = _read(counted, page, began)
    return f"{times + 1}.{since}.{_mark(page)}"


def _read(counted: str, page: str, now: int) -> tuple[int, int]:
    found = COUNTED.fullmatch(counted)
    if not found or found[3] != _mark(page) or not 0 <= now - int(found[2]) < A_MINUTE:
        return 0, now
    return int(found[1]), int(found[2])


def _mark(page: str) -> str:
    return hashlib.sha256(without_query(page).encode()).hexdigest()[:16]
