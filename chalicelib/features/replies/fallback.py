"""What is said when nobody else has an answer: the operators' own rule for `/fallback`, or ours."""

from __future__ import annotations

from ...services import Account, Services
from ...wechat.messages import Message, Reply, Text
from .. import rules

# A follower who sends one of these looks at the screen for an answer.
ASKED = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link", "file", "miniprogrampage"})


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    if message.kind not in ASKED and message.event != "click":
        return None
    return rules.standing(svc, account, "/fallback") or Text(
        "收到，我们会尽快回复您。\nThank you, we will get back to you soon."
    )
