"""WeChat's report on a mass message, for the campaign that it belongs to. Read with every message, so it is short."""

from __future__ import annotations

from ..services import Account, Services
from ..wechat.messages import Message
from . import late

REPORT = "masssendjobfinish"


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener. A repeat changes nothing."""
    if message.event == REPORT:
        late.find("campaigns.mass_reports.note")(svc, account, message)
