"""The last deliveries of an endpoint, kept for a week, without what would tell who it was about.

pk deliveries#<account>#<endpoint>   sk <ms>#<id>
    {event_kind, person, outcome, reason, took_ms, tries, body, expires}

`outcome` is delivered, failed (and tried again) or dead. A person is named as in the logs; what they said is cut.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ...errors import BadInput
from ...observe import redact
from ...services import Account, Services
from ..days import A_DAY
from ..events.event import Event
from . import endpoint as store
from .endpoint import Endpoint

KEPT = 7 * A_DAY
CURSOR = re.compile(r"[0-9]{14}#[0-9a-f]{32}")
# Ours or the brand's own words and numbers; all else in an event's data is a person's, or could be: what they said, a
# name, a phone number, whatever another system put into the fields of an event of its own.
PLAIN = frozenset(
    {"type", "scene", "key", "url", "menu_version", "tag", "tag_id", "poll_id", "message", "once", "outcome", "reason",
     "what", "given", "attribute", "source", "name", "automation_id", "step_id", "found_by", "order_id", "fen",
     "correction"}
)  # fmt: skip
CUT = "…"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """`at_ms` is unix milliseconds; `body` the event as JSON, redacted."""

    event_id: str
    kind: str
    person: str
    at_ms: int
    outcome: str
    reason: str = ""
    took_ms: int = 0
    tries: int = 1
    body: str = ""


def note(  # noqa: PLR0913 (what a delivery is)
    svc: Services,
    account: Account,
    endpoint: Endpoint,
    event: Event,
    *,
    outcome: str,
    reason: str = "",
    took_ms: int = 0,
    tries: int = 1,
) -> Delivery:
    now_ms = int(svc.clock.time() * 1000)
    told = {
        "event_kind": event.kind,
        "person": svc.keys.person(event.openid),
        "outcome": outcome,
        "reason": reason[:200],
        "took_ms": took_ms,
        "tries": tries,
        "body": redacted(svc, event),
    }
    sk = f"{now_ms:014d}#{event.id}"
    item = {"pk": _pk(account, endpoint.endpoint_id), "sk": sk, **told, "expires": svc.now() + KEPT}
    svc.table.put(item)
    return _delivery(item)


def last_deliveries(
    svc: Services, account: Account, endpoint_id: str, cursor: str, limit: int
) -> tuple[list[Delivery], str]:
    """The newest first."""
    store.find(svc, account, endpoint_id)
    if cursor and not CURSOR.fullmatch(cursor):
        raise BadInput("cursor 不对，请从头开始。This is not a cursor; please start from the first page.")
    items, more = svc.table.page(_pk(account, endpoint_id), limit, cursor, newest_first=True)
    return [_delivery(item) for item in items if item["expires"] >= svc.now()], more


def redacted(svc: Services, event: Event) -> str:
    """The event as JSON, for operators to look at."""
    unionid = svc.keys.person(event.unionid) if event.unionid else ""
    told = msgspec.to_builtins(event) | {"openid": svc.keys.person(event.openid), "unionid": unionid}
    data = {name: _plain(value) if name in PLAIN else _cut(value) for name, value in event.data.items()}
    return msgspec.json.encode(told | {"data": data}).decode()


def _plain(value: Any) -> Any:
    return redact(value) if isinstance(value, str) else value


def _cut(value: Any) -> Any:
    """That there is something, and of which shape."""
    if isinstance(value, dict):
        return {redact(str(name)): _cut(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cut(one) for one in value]
    return value if value in (None, "") else CUT


def _delivery(item: dict[str, Any]) -> Delivery:
    at_ms, _, event_id = item["sk"].partition("#")
    told = {name: item[name] for name in ("person", "outcome", "reason", "took_ms", "tries", "body")}
    return Delivery(event_id=event_id, kind=item["event_kind"], at_ms=int(at_ms), **told)


def _pk(account: Account, endpoint_id: str) -> str:
    return f"deliveries#{account.alias}#{endpoint_id}"
