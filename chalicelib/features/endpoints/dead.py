"""What was given up: listed for two weeks, and sent again by hand, one or all.

What is sent again takes its old place, so before whatever waits for the same person; and has a whole day again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ...errors import BadInput, Conflict
from ...services import Account, Services
from ..events.event import Event
from . import deliveries, lanes
from . import endpoint as store

MOST_AT_ONCE = 100
PAGE = 200
WOKEN_AFTER = 10  # seconds

Item = dict[str, Any]


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    event_id: str
    kind: str
    person: str
    at: int
    dead_at: int
    reason: str
    body: str


def given_up(svc: Services, account: Account, endpoint_id: str, cursor: str, limit: int) -> tuple[list[Dead], str]:
    """The newest first. What is gone meanwhile (sent again, or the person erased) is left out."""
    store.find(svc, account, endpoint_id)
    entries, more = svc.table.shelved_page(_shelf(account, endpoint_id), limit, cursor, newest_first=True)
    items = (svc.table.get(entry["pk"], entry["sk"]) for entry in entries)
    return [_dead(svc, item) for item in items if item and "dead_at" in item], more


def redeliver(svc: Services, account: Account, endpoint_id: str, event_ids: Sequence[str]) -> int:
    """How many of them are sent again; the others are no longer here."""
    _insist_on_enabled(svc, account, endpoint_id)
    if not 0 < len(event_ids) <= MOST_AT_ONCE:
        raise BadInput(f"一次 1 到 {MOST_AT_ONCE} 条。Name 1 to {MOST_AT_ONCE} events, or all of them.")
    wanted, again = set(event_ids), 0
    for entry in svc.table.shelved(_shelf(account, endpoint_id)):
        if entry["place"].partition("#")[2] in wanted:
            again += _raise(svc, account, endpoint_id, entry)
    return again


def begin_redelivery(svc: Services, account: Account, endpoint_id: str) -> None:
    """Send all of them again, in the background."""
    _insist_on_enabled(svc, account, endpoint_id)
    svc.in_bulk(redeliver_all, account, endpoint_id=endpoint_id, up_to=svc.now())


def redeliver_all(svc: Services, account: Account, endpoint_id: str, up_to: int) -> None:
    """A job: all that were given up by then, a page at a time. What dies again meanwhile is not its business."""
    endpoint = store.known(svc, account, endpoint_id, fresh=True)
    if endpoint is None or not endpoint.enabled:
        return
    again = 0
    for entry in svc.table.shelved(_shelf(account, endpoint_id), up_to=f"{up_to:011d}~"):
        again += _raise(svc, account, endpoint_id, entry)
        if again >= PAGE:
            svc.in_bulk(redeliver_all, account, endpoint_id=endpoint_id, up_to=up_to)
            return


def _raise(svc: Services, account: Account, endpoint_id: str, entry: Item) -> bool:
    """Whether it waits again. Somebody is woken for later first, in case we die before we can wake them now."""
    openid = entry["pk"].split("#", 2)[2]
    lanes.wake(svc, account, endpoint_id, openid, seconds=WOKEN_AFTER)
    told = {"queued_at": svc.now(), "expires": svc.now() + lanes.KEPT}
    remove = ("dead_at", "reason", "shelf", "place")
    where = "attribute_exists(#dead_at)"
    raised = svc.table.update(entry["pk"], entry["sk"], told, where=where, remove=remove) is not None
    if raised:
        lanes.wake(svc, account, endpoint_id, openid)
    return raised


def _insist_on_enabled(svc: Services, account: Account, endpoint_id: str) -> None:
    if not store.find(svc, account, endpoint_id).enabled:
        raise Conflict("端点已停用，请先打开。The endpoint is switched off; please switch it on first.")


def _dead(svc: Services, item: Item) -> Dead:
    event = msgspec.json.decode(item["event"], type=Event)
    return Dead(
        event_id=event.id,
        kind=event.kind,
        person=svc.keys.person(event.openid),
        at=event.at,
        dead_at=item["dead_at"],
        reason=item["reason"],
        body=deliveries.redacted(svc, event),
    )


def _shelf(account: Account, endpoint_id: str) -> str:
    return f"dead#{account.alias}#{endpoint_id}"
