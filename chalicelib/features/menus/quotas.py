"""How often WeChat lets an account change its menu in a day, counted before it is asked."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...errors import Conflict
from ...services import Services
from .. import days

CREATES, ADDS, DELETES = 1000, 2000, 2000


class Plan(NamedTuple):
    """The most that a publication may need, with putting everything back."""

    creates: int
    adds: int
    deletes: int


def spend(svc: Services, desk: dict[str, Any], plan: Plan) -> dict[str, int]:
    """The counts of today with this one; Conflict if WeChat would stop it in the middle."""
    today = days.today(svc.now())
    known = desk if desk.get("counted_on") == today else {}
    sums = {name: known.get(name, 0) + more for name, more in plan._asdict().items()}
    if sums["creates"] > CREATES or sums["adds"] > ADDS or sums["deletes"] > DELETES:
        raise Conflict(
            "今天改菜单的次数快用完了（微信每天最多：默认菜单 1000 次，个性化菜单增删各 2000 次），明天再发布。"
            "WeChat's changes of today are nearly spent (1,000 of the ordinary menu, 2,000 conditional menus made and "
            "as many deleted); please publish tomorrow."
        )
    return {"counted_on": today, **sums}
