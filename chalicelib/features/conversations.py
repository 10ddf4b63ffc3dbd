"""What we tell a follower outside the five seconds of an answer, and what we owe them.

    pk person#<account>#<openid>   sk told#<once>   {kind}                     sent as customer service
    pk person#<account>#<openid>   sk owed#<once>   {reply, since, given_to}   waits for their next message

Customer-service messages have no key by which WeChat would recognise a repeat. Here at most once was chosen: a doubled
message is worse than a lost one. What may not be sent now (no such ability, or the 48-hour window is over) is owed.
"""

from __future__ import annotations

from typing import Any

from ..observe import log
from ..services import Account, Services
from ..wechat import messages
from ..wechat.errors import AccountStopped, BadCall, LimitReached, PersonRefused, Unreachable
from ..wechat.messages import Message, Reply, Text, Transfer
from . import people
from .days import A_DAY

Part = dict[str, Any]  # one reply as data, small enough for one message

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


def tell_later(  # noqa: PLR0913, PLR0917 (what, to whom, and as which part of what)
    svc: Services, account: Account, openid: str, parts: list[Part], once: str, begin: int = 0
) -> None:
    """Tell these parts from the queue, each once for all calls with the same `once`; the first is number `begin`."""
    for number, part in enumerate(parts, start=begin):
        # A second apart, because the queue does not keep order.
        svc.later_by(number, tell, account, openid=openid, reply=part, once=f"{once}#{number}")


def tell(svc: Services, account: Account, openid: str, reply: Part, once: str) -> None:
    """A job: send one message as customer service, at most once; what may not be sent is owed."""
    if isinstance(messages.reply_from(reply), Transfer):
        return  # there is no way to hand somebody over but in an answer
    if not account.may_send_custom:
        _owe(svc, account, openid, reply, once)
        return
    pk, sk = people.key(account, openid), f"told#{once}"
    if svc.table.put_new({"pk": pk, "sk": sk, "kind": reply["type"], "expires": svc.now() + A_DAY}) is not None:
        return
    over = False
    try:
        over = _send(svc, account, openid, reply, once)
    finally:
        if not over:
            svc.table.delete(pk, sk)


def with_owed(svc: Services, account: Account, message: Message, reply: Reply | None) -> Reply | None:
    """The reply, now that this person may be told what is owed: before it, or where we may write to them, after it."""
    if message.kind == "event" and message.event not in SHOWN:
        return reply
    owed = _take_owed(svc, account, message)
    if not owed:
        return reply
    if account.may_send_custom:
        for once, part in owed:
            tell_later(svc, account, message.person, [part], f"{once}+{message.key}")
        return reply
    now, *rest = _joined([messages.reply_from(part) for _, part in owed] + ([reply] if reply else []))
    for number, one in enumerate(rest):
        _owe(svc, account, message.person, messages.reply_data(one), f"{message.key}+{number}")
    return now


def _send(svc: Services, account: Account, openid: str, reply: Part, once: str) -> bool:
    """True when nothing is left to do; raises what the queue should try again."""
    try:
        account.wechat.custom.send(openid, messages.reply_from(reply))
    except (PersonRefused, AccountStopped, BadCall, LimitReached) as error:
        if isinstance(error, LimitReached) and error.until == "minute":
            raise
        log.warning("account %s may not write to %s now: %s", account.alias, svc.keys.person(openid), error)
        _owe(svc, account, openid, reply, once)
    except Unreachable as error:
        if not error.sent:
            raise
        log.warning("a message of account %s may have arrived, and is not sent again: %s", account.alias, error)
    return True


def _owe(svc: Services, account: Account, openid: str, reply: Part, once: str) -> None:
    """Keep it for their next message; running twice owes it once."""
    svc.table.put_new(
        {
            "pk": people.key(account, openid),
            "sk": f"owed#{once}",
            "reply": reply,
            "since": svc.now(),
            "expires": svc.now() + svc.settings.message_days * A_DAY,
        }
    )


def _take_owed(svc: Services, account: Account, message: Message) -> list[tuple[str, Part]]:
    """What is owed, oldest first, each to one message only; the same again for the same message."""
    pk, key = people.key(account, message.person), message.key
    found = sorted(svc.table.under(pk, "owed#"), key=lambda item: (item["since"], item["sk"]))
    # What did not fit into the answer to this very message waits for the next one.
    waiting = [item for item in found if not item["sk"].startswith(f"owed#{key}+")]
    free = [item for item in waiting if item.get("given_to", key) == key][:MOST_OWED]
    taken = [item for item in free if _give(svc, pk, item["sk"], key)]
    return [(item["sk"].removeprefix("owed#"), item["reply"]) for item in taken]


def _give(svc: Services, pk: str, sk: str, key: str) -> bool:
    given = svc.table.update(
        pk,
        sk,
        {"given_to": key, "expires": svc.now() + A_DAY},
        where="attribute_exists(pk) AND (attribute_not_exists(#given_to) OR #given_to = :key)",
        key=key,
    )
    return given is not None


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
