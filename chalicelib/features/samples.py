"""The tea shop's own notice, which the demo page sends as the template named `notice`: replace it with your brand's."""

from __future__ import annotations

from ..services import Account, Services
from . import days, template_names, templates

ONE_MINUTE = 60


def order_notice(svc: Services, account: Account, openid: str) -> str:
    """Tell a visitor that their tea is ready; pressing the button twice within a minute sends one message."""
    return templates.order(
        svc,
        account,
        openid=openid,
        template_id=template_names.find(svc, account, "notice"),
        data={"thing1": "龙井一壶", "time2": _clock(svc.now()), "thing3": "请到柜台取茶"},
        once=f"notice-{svc.now() // ONE_MINUTE}",
        url="",
    )


def _clock(now: int) -> str:
    minutes = days.minute(now)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
