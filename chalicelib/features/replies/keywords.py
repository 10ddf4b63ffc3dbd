"""Answers that operators wrote for words, beginnings and patterns, and for the keys of menu buttons."""

from __future__ import annotations

from ...services import Account, Services
from ...wechat.messages import Message, Reply
from .. import rules


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    said = message.event_key if message.event == "click" else message.text
    return rules.answer(svc, account, said) if said.strip() else None
