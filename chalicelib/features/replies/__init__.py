"""Answers to a follower's message: the first replier with something to say wins.

To add one, write `def reply(svc, account, message) -> Reply | None` in a file of this folder and put it in REPLIERS
where it should be asked. A replier may be run twice for one message, so whatever it writes is written under keys
derived from the message. It may take its time: after a second and a half the answer is made in `run_job` instead, and
still reaches the follower.
"""

from __future__ import annotations

from collections.abc import Callable

from ...services import Account, Services
from ...wechat.messages import Message, Reply
from .. import handing, operators, qrcodes, relay
from . import fallback, keywords, welcome

Replier = Callable[[Services, Account, Message], Reply | None]

REPLIERS: tuple[Replier, ...] = (
    operators.reply,
    relay.reply,
    qrcodes.reply,
    welcome.reply,
    keywords.reply,
    fallback.reply,
)


def reply_to(svc: Services, account: Account, message: Message) -> Reply | None:
    """None is silence, which is what somebody gets who is with a person of ours."""
    if message.kind in fallback.ASKED and handing.standing(svc, account, message.openid):
        return handing.reply(svc, account, message)
    for replier in REPLIERS:
        reply = replier(svc, account, message)
        if reply is not None:
            return reply
    return None
