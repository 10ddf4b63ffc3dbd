"""What we tell a follower outside the five seconds of an answer, and what we owe them.

    pk person#<account>#<openid>   sk told#<once>   {kind}                             sent as customer service
    pk person#<account>#<openid>   sk owed          {replies, given_to, rest, serial}  waits for their next message

Customer-service messages have no key by which WeChat would recognise a repeat. Here at most once was chosen: a doubled
message is worse than a lost one. What may not be sent now (no such ability, or the 48-hour window is over) is owed.
"""

from __future__ import annotations

from typing import Any

from ..errors import Unavailable
from ..observe import log
from ..services import Account, Services
from ..wechat import messages
from ..wechat.errors import AccountStopped, BadCall, PersonRefused, Unreachable, WeChatError
from ..wechat.messages import Message, Reply, Text
from . import people

A_DAY = 86_400
MOST_BYTES = 2048  # of UTF-8 in one text
MOST_PARTS = 5  # of one answer: as many customer-service messages as one message of theirs allows
MOST_OWED = 10
JOINT = "\n\n"
# Events after which a follower looks at the conversation; every message counts too.
SHOWN = frozenset({"subscribe", "scan", "click", "scancode_waitmsg"})


def parts(reply: Reply | None) -> list[Reply]:
    """The reply as one or more that WeChat shows: a long text is split between characters, and ends after the fifth."""
    if reply is None:
        return []
    if not isinstance(reply, Text):
        return [reply]
    texts = messages.split_text(reply.content, MOST_BYTES)
    if len(texts) > MOST_PARTS:
        log.warning("a text of %d parts was cut to %d", len(texts), MOST_PARTS)
    return [Text(text) for text in texts[:MOST_PARTS]]


def tell_later(svc: Services, account: Account, openid: str, reply: Reply | None, once: str) -> None:
    """Tell it from the queue, each part once for all calls with the same `once`."""
    for number, part in enumerate(parts(reply)):
        _tell_part(svc, account, openid, part, once, number)


def tell_rest(svc: Services, account: Account, message: Message, rest: list[Reply]) -> None:
    """What did not fit into the answer to a message."""
    for number, part in enumerate(rest, start=1):
        _tell_part(svc, account, message.person, part, message.key, number)


def _tell_part(svc: Services, account: Account, openid: str, part: Reply, once: str, number: int) -> None:
    # A second apart, because the queue does not keep order.
    svc.later_by(number, tell, account, openid=openid, reply=messages.reply_data(part), once=f"{once}#{number}")


def tell(svc: Services, account: Account, openid: str, reply: dict[str, Any], once: str) -> None:
    """A job: send one message as customer service, at most once; what may not be sent is owed."""
    pk, sk = people.key(account, openid), f"told#{once}"
    if not account.may_send_custom:
        return _owe(svc, account, openid, reply, once)
    if svc.table.put_new({"pk": pk, "sk": sk, "kind": reply["type"], "expires": svc.now() + A_DAY}) is not None:
        return None
    try:
        account.wechat.custom.send(openid, messages.reply_from(reply))
    except (PersonRefused, AccountStopped, BadCall) as error:
        log.warning("account %s may not write to %s now: %s", account.alias, svc.keys.person(openid), error)
        return _owe(svc, account, openid, reply, once)
    except (Unreachable, WeChatError, Unavailable) as error:
        # Unless it may have arrived, the queue tries again.
        if not getattr(error, "sent", False):
            svc.table.delete(pk, sk)
        raise
    return None


def with_owed(svc: Services, account: Account, message: Message, reply: Reply | None) -> Reply | None:
    """What is owed, then the reply; what does not fit into one answer stays owed. The same for the same message."""
    if message.kind == "event" and message.event not in SHOWN:
        return reply
    pk = people.key(account, message.person)
    item = svc.table.get(pk, "owed")
    owed = _due(item, message.key)
    if item is None or not owed:
        return reply
    now, *rest = _joined([messages.reply_from(one["reply"]) for one in owed] + ([reply] if reply else []))
    svc.table.update(
        pk,
        "owed",
        {"replies": owed, "given_to": message.key, "rest": [_entry(one, "") for one in rest]},
        where="#given_to = :before OR attribute_not_exists(#given_to)",
        before=item.get("given_to", ""),
    )
    return now


def _due(item: dict[str, Any] | None, key: str) -> list[dict[str, Any]]:
    if item is None:
        return []
    owed: list[dict[str, Any]] = item["replies"] if item.get("given_to") in (None, key) else item["rest"]
    return owed


def _joined(replies: list[Reply]) -> list[Reply]:
    """Neighbouring texts as one where they fit together."""
    joined = replies[:1]
    for reply in replies[1:]:
        before = joined[-1]
        if isinstance(before, Text) and isinstance(reply, Text):
            together = before.content + JOINT + reply.content
            if len(together.encode()) <= MOST_BYTES:
                joined[-1] = Text(together)
                continue
        joined.append(reply)
    return joined


def _owe(svc: Services, account: Account, openid: str, reply: dict[str, Any], once: str) -> None:
    """Keep it for their next message; running twice owes it once."""
    pk = people.key(account, openid)
    while True:
        item = svc.table.get(pk, "owed", fresh=True) or {}
        waiting = "rest" if item.get("given_to") else "replies"
        known = item.get("replies", []) + item.get("rest", [])
        if any(one["once"] == once for one in known):
            return
        stored = svc.table.update(
            pk,
            "owed",
            {
                "replies": item.get("replies", []),
                waiting: (item.get(waiting, []) + [_entry(messages.reply_from(reply), once)])[-MOST_OWED:],
                "serial": item.get("serial", 0) + 1,
                "expires": svc.now() + svc.settings.message_days * A_DAY,
            },
            where="attribute_not_exists(#serial) OR #serial = :serial",
            serial=item.get("serial", 0),
        )
        if stored is not None:
            return


def _entry(reply: Reply, once: str) -> dict[str, Any]:
    return {"reply": messages.reply_data(reply), "once": once}
