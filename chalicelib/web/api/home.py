"""/api/{account}/home: the console's first room in one answer."""

from __future__ import annotations

from ...features import home
from ...features.home import Home
from .door import Call, door


@door(
    "GET",
    "/api/{account}/home",
    needs="home:read",
    gives=Home,
    says="今日和三十天的数字、同步、警报和待办。Today and thirty days in numbers, the sync, alarms, and what is to do.",
)
def look(call: Call, account: str) -> Home:
    return home.look(call.svc, call.svc.accounts[account])
