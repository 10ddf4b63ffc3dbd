"""One delivery from WeChat: recognise a repeat, take note, answer; each message once, and with one answer.

    nobody has the message        this delivery claims it and works on it
    it has an answer              the same answer again
    someone works on it           the line is held until the answer is there, or WeChat must be let go
    its worker is dead            another delivery takes the claim over

WeChat hangs up after five seconds and delivers again, at 0, 5 and 10 s; any answer ends that. So the first two
deliveries are held until WeChat has given up on them, and only the third is answered in any case. Which one it is
follows from the age of the claim. Work that is not done after a second and a half is also given to `run_job`, which
nobody kills after ten seconds; whoever is first stores the answer, and the others find it. That leaves 14 seconds;
what takes longer is announced by one honest sentence and told later.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from ..errors import Conflict
from ..observe import log
from ..services import Account, Services
from ..wechat import messages
from ..wechat.messages import Message, Text
from . import (
    claims,
    conversations,
    events,
    followers,
    late,
    lines,
    masses,
    notices,
    operators,
    polls,
    qrcodes,
    relay,
    tags,
    templates,
)
from .claims import Claim, Item
from .identities import unions, withdrawals
from .replies import reply_to

Listener = Callable[[Services, Account, Message], None]


def _note_tap(svc: Services, account: Account, message: Message) -> None:
    """All that menus are is read by whoever hears the first tap, and not by each cold start."""
    if message.is_tap:
        late.find("menus.note")(svc, account, message)


# Told of every message, in order. They answer nothing; replies/ does that.
LISTENERS: tuple[Listener, ...] = (
    followers.note,
    templates.note_outcome,
    notices.note,
    masses.note,
    operators.note_scan,
    qrcodes.note,
    tags.note,
    unions.note,
    withdrawals.heed,
    polls.heed,
    _note_tap,
    relay.note,
    events.note,
)

# What WeChat tells of messages that we sent. Nobody answers these, and every listener knows a repeat by itself; so they
# are not claimed, and a campaign to a million costs one write less for each.
REPORTS = frozenset({"templatesendjobfinish", "masssendjobfinish", "subscribe_msg_sent_event"})

NOTHING = "success"  # WeChat's word for: understood, nothing to say, do not send it again
QUICK = 1.5  # seconds after which `run_job` is asked to make the answer too
HELD = 5.5  # seconds a delivery is held: WeChat has hung up by then, and comes back
HELD_LAST = 4.0  # seconds for the last delivery, which must be answered
LAST_AFTER = 7.25  # seconds: a delivery that finds its claim so old is the last, even if the first came late to us
WORKER_GONE = 2.0  # seconds after which whoever answered has also queued the rest, or is dead
SETTLED_AFTER = 20  # seconds after which no delivery comes any more
ALL_DELIVERED = 300  # seconds after which a copy is no delivery of the platform's, and gets an answer with its own time
SORRY = Text("这个问题需要多想一会儿，稍后给您答复。\nThis one takes a little longer; the answer will follow.")
SORRY_ASK_AGAIN = Text(
    "这个问题需要多想一会儿，过会儿再发一条消息就能看到答复。\n"
    "This one takes a little longer; send another message in a while to see the answer."
)

# Not a `with`: its threads outlive the request whose patience ended. Idle ones cost nothing.
_workers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="answer")


def receive(svc: Services, account: Account, message: Message, arrived: float = 0) -> str:
    """The XML to answer with, or `success`. Conflict after the line was held until WeChat hung up.

    `arrived` is when the delivery reached the gateway, if that is known: a cold start can be a second later.
    """
    if message.event in REPORTS:
        return _note(svc, account, message)
    arrived = arrived or svc.clock.time()
    claim = Claim(svc, account, message, arrived)
    earlier = claim.take()
    item = earlier or _work(svc, account, message, claim)
    if "answer" not in item:
        item = _hold(svc, account, message, claim, arrived)
    if earlier and claims.age(item, arrived) > WORKER_GONE:
        _tell_rest(svc, account, message, claim, item)
    return _xml(message, item, svc.now()) if _may_carry(claim, item) else NOTHING


def answer(svc: Services, account: Account, fields: dict[str, Any]) -> None:
    """A job: make the answer of a message whose replier needs longer than WeChat waits."""
    message = messages.message(fields)
    claim = Claim(svc, account, message)
    item = claim.look()
    if item is None:
        return  # erased meanwhile
    if "later" in item:
        conversations.tell_later(svc, account, message.person, item["later"], message.key)
    elif "answer" not in item or item.get("late"):
        _make_answer(svc, account, message, claim)
    else:
        _tell_rest(svc, account, message, claim, item)


def settle(svc: Services, account: Account, fields: dict[str, Any]) -> None:
    """A job, when WeChat has stopped asking: an answer that no delivery took is told the later way."""
    message = messages.message(fields)
    item = Claim(svc, account, message).settle()
    if item is not None and item.get("answer"):
        parts = [item["answer"], *item.get("rest", [])]
        conversations.tell_later(svc, account, message.person, parts, message.key)


def listen(svc: Services, account: Account, fields: dict[str, Any], listener: str) -> None:
    """A job: tell a listener that could not listen the first time."""
    for one in LISTENERS:
        if _name(one) == listener:
            one(svc, account, messages.message(fields))


def _note(svc: Services, account: Account, message: Message) -> str:
    for listener in LISTENERS:
        _tell(svc, account, message, listener)
    return NOTHING


def _work(svc: Services, account: Account, message: Message, claim: Claim) -> Item:
    """The answered item; or, when the answer takes its time, what there is of it."""
    making = _workers.submit(_make_answer, svc, account, message, claim)
    making.add_done_callback(lambda done: _report(account, done))
    wait([making], timeout=QUICK)
    if not making.done():
        # Into the queue first: being killed in between must not leave a claim that waits for nobody.
        svc.later(answer, account, fields=message.fields)
        svc.later_by(SETTLED_AFTER, settle, account, fields=message.fields)
        claim.hand_to_job()
        return {}
    if making.exception() is not None:
        # A replier's bug, or AWS having a bad moment: the follower is not shown a failure, and run_job tries again.
        svc.later(answer, account, fields=message.fields)
        return claim.close(None)
    return making.result()


def _report(account: Account, making: Future[Item]) -> None:
    if making.exception() is not None:
        log.error("an answer for account %s failed and is tried again", account.alias, exc_info=making.exception())


def _make_answer(svc: Services, account: Account, message: Message, claim: Claim) -> Item:
    """Listen, ask the repliers, and keep what they said as the message's one answer."""
    for listener in LISTENERS:
        _tell(svc, account, message, listener)
    reply = conversations.with_owed(svc, account, message, reply_to(svc, account, message))
    parts = [messages.reply_data(part) for part in conversations.parts(reply)]
    item = claim.store(parts)
    if item.get("late"):
        conversations.tell_later(svc, account, message.person, claim.store_later(parts), message.key)
    else:
        _tell_rest(svc, account, message, claim, item)
    return item


def _tell_rest(svc: Services, account: Account, message: Message, claim: Claim, item: Item) -> None:
    """What did not fit into the answer, from the stored item: whoever is killed before the queue has it, it is told."""
    if item.get("rest") and not item.get("rest_queued") and not item.get("late"):
        conversations.tell_later(svc, account, message.person, item["rest"], message.key, begin=1)
        claim.note_rest_queued()


def _tell(svc: Services, account: Account, message: Message, listener: Listener) -> None:
    try:
        listener(svc, account, message)
    except Exception:  # the callback's rim: what a listener cannot do now is done from the queue, and told there
        log.exception("%s did not take note of a message to account %s", _name(listener), account.alias)
        svc.later(listen, account, fields=message.fields, listener=_name(listener))


def _hold(svc: Services, account: Account, message: Message, claim: Claim, arrived: float) -> Item:
    """Look until the answer is there. The last delivery gets an honest sentence if it is not in time."""
    item = claim.look() or {}
    last = claims.age(item, arrived) >= LAST_AFTER
    with lines.Wait(svc) as waiting:
        while svc.clock.time() < arrived + (HELD_LAST if last else HELD):
            if "answer" in item:
                return item
            if claim.take_over(item):
                _work(svc, account, message, claim)
            elif waiting.allowed():
                waiting.nap()
            else:
                return _let_go(svc, account, message, claim, item)
            item = claim.look() or {}
    if last:
        return claim.close(messages.reply_data(SORRY if account.may_send_custom else SORRY_ASK_AGAIN))
    raise Conflict("这条消息正在处理。This message is being answered.")


def _let_go(svc: Services, account: Account, message: Message, claim: Claim, item: Item) -> Item:
    """No line is free to hold: WeChat hears `success`, and the answer is told later, whoever is making it."""
    if not item.get("slow"):
        svc.later(answer, account, fields=message.fields)
    return claim.close(None)


def _may_carry(claim: Claim, item: Item) -> bool:
    """An answer that `run_job` made is carried by a delivery or told later, never both."""
    return not item.get("slow") or bool(item.get("late")) or claim.fetch()


def _xml(message: Message, item: Item, now: int) -> str:
    if item["answer"] is None:
        return NOTHING
    # The time of the first delivery, so that all deliveries get the very same bytes; unless that is long ago.
    first = item["first_ms"] // 1000
    return messages.render(messages.reply_from(item["answer"]), message, first if now - first < ALL_DELIVERED else now)


def _name(listener: Listener) -> str:
    return f"{listener.__module__.rpartition('.')[2]}.{listener.__name__}"
