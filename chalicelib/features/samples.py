"""The tea shop's own notice, which the demo page sends: replace it with your brand's.

pk account#<alias>   sk template#notice   {template_id}
"""

from __future__ import annotations

from ..errors import NotFound
from ..services import Account, Services
from . import days, templates

ONE_MINUTE = 60


def order_notice(svc: Services, account: Account, openid: str) -> str:
    """Tell a visitor that their tea is ready; pressing the button twice within a minute sends one message."""
    return templates.order(
        svc,
        account,
        openid=openid,
        template_id=_template(svc, account),
        data={"thing1": "龙井一壶", "time2": _clock(svc.now()), "thing3": "请到柜台取茶"},
        once=f"notice-{svc.now() // ONE_MINUTE}",
        url="",
    )


def _template(svc: Services, account: Account) -> str:
    kept = svc.table.get(f"account#{account.alias}", "template#notice")
    if kept is None:
        raise NotFound("还没有配置通知模板。No template is set for the notice; see docs/settings.md.")
    return str(kept["template_id"])


def _clock(now: int) -> str:
    minutes = days.minute(now)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
