"""Whose a message is: the conversation log's item, which is also the claim on answering it.

    pk person#<account>#<openid>   sk message#<CreateTime>#<key>
        {kind, event, said, first_ms, until_ms, worker, answer, rest, rest_queued, slow, late, later, fetched, settled}

One conditional write claims it and hands a redelivery the item that was there, so a repeat costs no read.
`<CreateTime>` is WeChat's, never our clock, so redeliveries meet. Times are our clock's milliseconds. `answer` is the
reply as data, or null for none; once there it never changes. `rest` is what did not fit into it. `slow` means that
`run_job` makes it too, `fetched` that a delivery carried it, `late` that none will any more: then `later` is told.
"""

from __future__ import annotations

import uuid
from typing import Any

from ..services import Account, Services
from ..wechat.messages import Message
from . import people
from .days import A_DAY

ALONE = 4.0  # seconds for which a claim is its worker's alone
ALONE_IN_JOB = 90.0  # the same once `run_job` was asked
MOST_SAID = 2000  # characters of a message that the log keeps; phones send fewer

Item = dict[str, Any]


class Claim:
    """One message in the hands of one request or job."""

    def __init__(self, svc: Services, account: Account, message: Message, arrived: float = 0) -> None:
        """`arrived` is when the delivery reached us, if that is known better than by now."""
        self._table = svc.table
        self._clock = svc.clock
        self._pk = people.key(account, message.person)
        self._sk = sort_key(message)
        self._message = message
        self._expires = svc.now() + svc.settings.message_days * A_DAY
        self._arrived = arrived or svc.clock.time()
        self.worker = uuid.uuid4().hex[:12]

    def take(self) -> Item | None:
        """None if the message is ours to answer now; else the item of whoever had it before."""
        said = (self._message.text or self._message.event_key)[:MOST_SAID]
        item: Item = {
            "pk": self._pk,
            "sk": self._sk,
            "kind": self._message.kind,
            "first_ms": _ms(self._arrived),
            "until_ms": _ms(self._clock.time() + ALONE),
            "worker": self.worker,
            "expires": self._expires,
        }
        words = {"event": self._message.event, "said": said}
        return self._table.put_new(item | {name: value for name, value in words.items() if value})

    def take_over(self, item: Item) -> bool:
        """Whether the claim of a worker that is past its time is now ours."""
        now = self._clock.time()
        if item.get("until_ms", _ms(now)) >= _ms(now):
            return False
        taken = self._update(
            {"worker": self.worker, "until_ms": _ms(now + ALONE)},
            where="attribute_not_exists(#answer) AND #worker = :worker",
            worker=item["worker"],
        )
        return taken is not None

    def look(self) -> Item | None:
        return self._table.get(self._pk, self._sk, fresh=True)

    def hand_to_job(self) -> None:
        """Keep others from taking over while `run_job` makes the answer."""
        until = _ms(self._clock.time() + ALONE_IN_JOB)
        self._update({"slow": True, "until_ms": until})

    def store(self, parts: list[Item]) -> Item:
        """The item with its one answer, of which the first part is carried: this one, or the one stored first."""
        answer: Item = {"answer": parts[0] if parts else None}
        if parts[1:]:
            answer["rest"] = parts[1:]
        return self._first(answer)

    def note_rest_queued(self) -> None:
        self._update({"rest_queued": True})

    def store_later(self, parts: list[Item]) -> list[Item]:
        """What is told instead of an answer that came too late: these parts, or those that were stored first."""
        stored = self._update({"later": parts}, where="attribute_not_exists(#later)") or self.look() or {}
        later: list[Item] = stored.get("later", parts)
        return later

    def close(self, answer: Item | None) -> Item:
        """Give this instead of the answer that is not there yet, which then goes out the later way."""
        return self._first({"answer": answer, "late": True})

    def fetch(self) -> bool:
        """Whether a delivery may carry the answer that `run_job` made: not once it went the later way."""
        return self._update({"fetched": True}, where="attribute_not_exists(#late)") is not None

    def settle(self) -> Item | None:
        """The item, if no delivery fetched an answer and none will; None if all is well."""
        return self._update(
            {"late": True, "settled": True},
            where="attribute_not_exists(#fetched) AND (attribute_not_exists(#late) OR attribute_exists(#settled))",
        )

    def _first(self, answer: Item) -> Item:
        stored = self._update(answer, where="attribute_not_exists(#answer)")
        return stored or self.look() or answer | {"first_ms": _ms(self._arrived)}

    def _update(self, change: Item, where: str = "", **values: Any) -> Item | None:
        condition = f"attribute_exists(pk) AND {where}" if where else "attribute_exists(pk)"
        return self._table.update(self._pk, self._sk, change, where=condition, **values)


def sort_key(message: Message) -> str:
    """In the order in which WeChat says that they were sent."""
    return f"message#{message.created:011d}#{message.key}"


def age(item: Item, at: float) -> float:
    """Seconds from the first delivery to the moment `at`."""
    return at - float(item.get("first_ms", _ms(at))) / 1000


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
