"""How each kind of endpoint is told; a new kind is a function and a line of SENDERS."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import msgspec

from ...errors import AppError
from ...observe import log
from ...outbound import AddressRefused, Unreachable
from ...services import Account, Services
from ..events.event import Event
from . import crms, deliveries, signing
from . import endpoint as store
from .deliveries import Delivery
from .endpoint import Endpoint
from .failed import Failed

# Tells events of one person, in order, all or (raising Failed, or anything else) perhaps none.
Sender = Callable[[Services, Account, Endpoint, list[Event]], None]

PATIENCE = 5.0  # seconds for a receiver's answer
# What will be refused again tomorrow: this body, this method. All else is tried again for a day.
FOR_EVER = frozenset({400, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501})
TEST = "gaiwan.test"  # the name of the custom event that `try_out` sends; its openid is TEST too
JSON = "application/json; charset=utf-8"
LARGEST_PUT = 200_000  # bytes of events in one request; EventBridge takes 256 KiB with all that is around them


def webhook(svc: Services, account: Account, endpoint: Endpoint, events: list[Event]) -> None:
    """A signed POST for each event; 2xx takes it."""
    for event in events:
        body = msgspec.json.encode(event)
        headers = {
            "Content-Type": JSON,
            signing.HEADER: signing.signature(svc, account, endpoint, body),
            "Gaiwan-Event-Id": event.id,
            "Gaiwan-Event-Kind": event.kind,
        }
        try:
            answer = svc.outbound.send("POST", endpoint.url, body, headers, timeout=PATIENCE)
        except (AddressRefused, Unreachable) as error:
            raise Failed(str(error), retry=True) from None
        if not 200 <= answer.status < 300:  # noqa: PLR2004 (success, as HTTP has it)
            raise Failed(f"HTTP {answer.status}", retry=answer.status not in FOR_EVER)


def bus(svc: Services, account: Account, endpoint: Endpoint, events: list[Event]) -> None:
    """Rules match `source` gaiwan.<account> and `detail-type`, the event's kind."""
    together: list[tuple[str, int, str]] = []
    size = 0
    for event in events:
        detail = msgspec.json.encode(event)
        if together and size + len(detail) > LARGEST_PUT:
            svc.bus.put(f"gaiwan.{account.alias}", together)
            together, size = [], 0
        together.append((event.kind, event.at, detail.decode()))
        size += len(detail)
    svc.bus.put(f"gaiwan.{account.alias}", together)


SENDERS: dict[str, Sender] = {
    "webhook": webhook,
    "bus": bus,
    "hubspot": crms.send,
    "salesforce": crms.send,
}
# Events of one person that a kind takes at once; one, unless it says otherwise.
AT_ONCE = {"bus": 10, "hubspot": 100, "salesforce": 100}


def tell(svc: Services, account: Account, endpoint: Endpoint, events: list[Event]) -> None:
    """Failed says why not, and nothing else is raised: an event that breaks its sender must be tried again, and be
    given up in the end where an operator sees it; the dead letters of the queue would leave a person's lane asleep."""
    try:
        SENDERS[endpoint.kind](svc, account, endpoint, events)
    except Failed:
        raise
    except AppError as error:
        raise Failed(str(error), retry=True) from None
    except Exception as error:
        log.exception("account %s: an event could not be told to %s", account.alias, endpoint.kind)
        raise Failed(f"程序出错，已记录。An error of ours, it is logged: {type(error).__name__}.", retry=True) from None


def try_out(svc: Services, account: Account, endpoint_id: str) -> Delivery:
    """Send a test event now, and say what came of it. It is neither tried again nor held against the endpoint."""
    endpoint = store.find(svc, account, endpoint_id)
    event = Event(
        id=uuid.uuid4().hex,
        kind="custom",
        account=account.alias,
        at=svc.now(),
        openid=TEST,
        data={"name": TEST, "fields": {}},
    )
    began = time.monotonic()
    try:
        tell(svc, account, endpoint, [event])
        outcome, reason = "delivered", ""
    except Failed as error:
        outcome, reason = "failed", error.reason
    took_ms = round(1000 * (time.monotonic() - began))
    return deliveries.note(svc, account, endpoint, event, outcome=outcome, reason=reason, took_ms=took_ms, tries=1)
