"""The first words a new follower reads: the operators' own rule for `/welcome`, or ours."""

from __future__ import annotations

from ...services import Account, Services
from ...wechat.messages import Message, Reply, Text
from .. import rules


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    if message.event != "subscribe":
        return None
    return rules.standing(svc, account, "/welcome") or Text(
        f"欢迎关注{account.label}！发消息给我们，马上就有回答。\nWelcome! Send us a message any time."
    )
