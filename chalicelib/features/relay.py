"""An older system that wants the same messages: WeChat has one callback address, so we hand them on.

    pk person#<account>#<openid>   sk relayed#<relay>#<CreateTime>#<key>   {until_ms, tries, reply, done}

`answers` of a relay is whose answer the follower sees. *ours*: the message goes to the queue once it is claimed, and
`run_job` hands it on; nothing that happens there is on the way of our answer. *theirs*: we wait for their answer, three
and a half seconds at most; what is late, broken or empty is as if they had said nothing, and ours is given. A message
is handed to a system by one worker at a time, up to three times as WeChat would, until it is `done`; `reply` is what
they wanted to be said, and null once nobody waits for it any more. An account without a relay pays nothing for this.
"""

from __future__ import annotations

import json
import time
from typing import Any

from ..errors import AppError, Misconfigured
from ..observe import log
from ..services import Account, Services
from ..wechat import messages, relaying
from ..wechat.envelope import CallbackKey
from ..wechat.messages import Message, Reply
from ..wechat.relaying import BadAnswer, Relay
from . import alarms, claims, operators, people
from .days import A_DAY

THEIRS = "theirs"
WITHIN = 3.5  # seconds that we wait for their answer; ours is then in time for the first delivery
PATIENCE = 5.0  # seconds that WeChat itself would wait for them, where nobody waits for the answer
TRIES = 3  # as WeChat delivers
APART = 5  # seconds between two of them
NAP = 0.15  # seconds between two looks at what another worker is told
REMEMBER = 60  # seconds until it is looked up again whether a system was ill
TAKEN = (200, 204)  # what WeChat takes for an answer
# Nothing that is said after these is shown on a phone, so nobody waits for an answer.
UNANSWERED = frozenset(
    {
        "unsubscribe",
        "view",
        "view_miniprogram",
        "templatesendjobfinish",
        "masssendjobfinish",
        "publishjobfinish",
        "user_info_modified",
        "user_authorization_revoke",
        "user_authorization_cancellation",
        "subscribe_msg_sent_event",
    }
)
LIKE_WECHAT = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"}

Item = dict[str, Any]


class NotTaken(Exception):
    """The other system did not take the message; the text says why, without its address."""


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener: the message goes to every system whose answer nobody waits for."""
    for one in account.relays:
        if not _is_asked(one, message) and not operators.is_console_scan(message):
            svc.later(pass_on, account, relay=one.name, fields=message.fields)


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    """A replier: what the other system says, if its answers go first and it has one in time."""
    for one in account.relays:
        if _is_asked(one, message):
            return _asked(svc, account, one, message)
    return None


def pass_on(svc: Services, account: Account, relay: str, fields: Item) -> None:
    """A job: hand a message to the system of that name, until it takes it or has refused it three times."""
    one = next((each for each in account.relays if each.name == relay), None)
    if one is None:
        return  # taken off meanwhile
    message = messages.message(fields)
    if claims.Claim(svc, account, message).look() is None:
        return  # whoever wrote it was erased meanwhile
    handover = _Handover(svc, account, one, message)
    if not handover.take(PATIENCE):
        return
    try:
        _send(svc, account, one, message, PATIENCE)
    except NotTaken as error:
        if handover.tries < TRIES:
            # Into the queue first: being killed in between must not lose the message.
            svc.later_by(APART, pass_on, account, relay=relay, fields=fields)
            handover.give_back()
            return
        _trouble(svc, account, one, str(error))
        handover.finish(None)
    else:
        handover.finish(None)
        _well(svc, account, one)


def _is_asked(one: Relay, message: Message) -> bool:
    return one.answers == THEIRS and message.event not in UNANSWERED


def _asked(svc: Services, account: Account, one: Relay, message: Message) -> Reply | None:
    """Their answer. Whoever comes while another worker asks waits for what that one is told."""
    give_up = svc.clock.time() + WITHIN
    handover = _Handover(svc, account, one, message)
    if not handover.take(WITHIN, asking=True):
        return _told_another(svc, account, one, message, handover.awaited(give_up))
    try:
        key, body = _send(svc, account, one, message, WITHIN)
        said = relaying.answer_in(one, key, account.app_id, message, body)
    except NotTaken as error:
        # They get the message again as they would from WeChat; nobody waits for the answer any more.
        svc.later_by(APART, pass_on, account, relay=one.name, fields=message.fields)
        handover.give_back()
        _trouble(svc, account, one, str(error))
    except BadAnswer as error:
        handover.finish(None)
        _trouble(svc, account, one, f"its answer is none: {error}")
    else:
        handover.finish(messages.reply_data(said) if said else None)
        _well(svc, account, one)
        return said
    return None


def _told_another(svc: Services, account: Account, one: Relay, message: Message, item: Item) -> Reply | None:
    """What the worker heard that asked before us. If it was killed they may not have the message at all."""
    if not item.get("done"):
        svc.later_by(APART, pass_on, account, relay=one.name, fields=message.fields)
    return messages.reply_from(item["reply"]) if item.get("reply") else None


class _Handover:
    """One message in the hands of one worker, on its way to one system."""

    def __init__(self, svc: Services, account: Account, one: Relay, message: Message) -> None:
        self._svc = svc
        self._pk = people.key(account, message.person)
        self._sk = claims.sort_key(message).replace("message#", f"relayed#{one.name}#", 1)
        self.item: Item = {}
        self.is_ours = False

    @property
    def tries(self) -> int:
        return int(self.item["tries"])

    def take(self, within: float, asking: bool = False) -> bool:
        """Whether the message is ours to hand over now; else `item` is what others have made of it. Who is `asking` for
        an answer leaves it where somebody has been given one, or none, already."""
        now = self._svc.clock.time()
        mine = {"until_ms": int((now + within + 1) * 1000), "tries": 1}
        item = self._svc.table.put_new({"pk": self._pk, "sk": self._sk, **mine, "expires": int(now) + A_DAY})
        if item is None:
            self.item, self.is_ours = mine, True
            return True
        self.item = item
        if item.get("done") or item["until_ms"] > now * 1000 or item["tries"] >= TRIES:
            return False
        if asking and "reply" in item:
            return False
        taken = self._svc.table.update(
            self._pk,
            self._sk,
            {"until_ms": mine["until_ms"], "tries": item["tries"] + 1},
            where="attribute_not_exists(#done) AND #tries = :tries AND #until_ms = :until_ms",
            tries=item["tries"],
            until_ms=item["until_ms"],
        )
        self.item, self.is_ours = taken or item, taken is not None
        return self.is_ours

    def awaited(self, give_up: float) -> Item:
        """What another worker was told, as soon as it is there; what there is when time is up."""
        while "reply" not in self.item and self._svc.clock.time() < min(give_up, self.item["until_ms"] / 1000):
            self._svc.clock.sleep(NAP)
            self.item = self._svc.table.get(self._pk, self._sk, fresh=True) or {"reply": None, "done": True}
        return self.item

    def give_back(self) -> None:
        """It may be tried again; nobody waits for the answer."""
        self._keep({"until_ms": 0, "reply": None})

    def finish(self, said: Item | None) -> None:
        self._keep({"done": True, "reply": said})

    def _keep(self, change: Item) -> None:
        # Only if the person was not erased meanwhile.
        self._svc.table.update(self._pk, self._sk, change, where="attribute_exists(pk)")


def _send(svc: Services, account: Account, one: Relay, message: Message, within: float) -> tuple[CallbackKey, bytes]:
    """What came back, and the keys that it is under; NotTaken if WeChat would deliver again."""
    ends = time.monotonic() + within  # reading the keys counts, too
    try:
        key = _key(svc, account, one)
        letter = relaying.letter(one, key, account.app_id, message, svc.now())
        answer = svc.outbound.send("POST", letter.url, letter.body, LIKE_WECHAT, ends - time.monotonic())
    except AppError as error:
        raise NotTaken(str(error)) from None
    except (ValueError, KeyError, TypeError):
        # Whatever somebody wrote into SSM by hand, followers get their answer. The error would quote it.
        raise NotTaken("转发的密钥不能用。Its keys in SSM are not usable.") from None
    if answer.status not in TAKEN:
        raise NotTaken(f"HTTP {answer.status}")
    return key, answer.body


def _key(svc: Services, account: Account, one: Relay) -> CallbackKey:
    kept = json.loads(svc.secrets.read(f"accounts/{account.alias}/relay"))
    if one.name not in kept:
        # Added within this minute, beside another one.
        kept = json.loads(svc.secrets.read(f"accounts/{account.alias}/relay", fresh=True))
    if one.name not in kept:
        raise Misconfigured(f"转发目标 {one.name} 没有密钥。The relay {one.name} has no keys in SSM.")
    return CallbackKey(kept[one.name]["token"], kept[one.name]["aes_key"])


def _alarm(one: Relay) -> str:
    return f"relay_{one.name}"


def _trouble(svc: Services, account: Account, one: Relay, why: str) -> None:
    log.warning("relay %s of account %s: %s", one.name, account.alias, why)
    text = f"旧系统 {one.name} 没有收下消息。The system {one.name} does not take what is relayed to it: {why}"
    alarms.ring(svc, account, _alarm(one), text, lasts=A_DAY)
    svc.forget(_looked(account, one))


def _well(svc: Services, account: Account, one: Relay) -> None:
    """Whether it was ill is looked up once a minute; most of the time nothing is written."""
    if svc.cached(_looked(account, one), REMEMBER, lambda: _alarm(one) in alarms.ringing(svc, account)):
        alarms.clear(svc, account, _alarm(one))
        svc.forget(_looked(account, one))


def _looked(account: Account, one: Relay) -> str:
    return f"relay#{account.alias}#{one.name}"
