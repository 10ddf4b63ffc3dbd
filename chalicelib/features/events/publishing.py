"""publish: an event to whoever asked.

Queues keep no order, so what endpoints are owed is stored at once, under the person and by time; what comes over the
queue only wakes. Everybody else is told by a job. Whoever is killed in between publishes again, under the same id.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...services import Account, Services
from .event import VERSION, Event, about_of, event_id
from .interest import askers

TELL = "reactions.tell"


def publish(  # noqa: PLR0913 (what an event is)
    svc: Services,
    account: Account,
    kind: str,
    openid: str,
    data: dict[str, Any],
    *,
    cause: str,
    at: int,
    about: str = "",
) -> None:
    """Nothing unless somebody asks for it. The same `cause` is the same event, however often it is published."""
    asking = askers(svc, account, kind, about or about_of(kind, data))
    if not asking:
        return
    event = Event(
        id=event_id(account.alias, kind, openid, cause),
        kind=kind,
        version=VERSION,
        account=account.alias,
        at=at,
        openid=openid,
        data=data,
    )
    from .. import endpoints  # noqa: PLC0415 (they tell CRMs, which know followers, which publish)

    if endpoints.ASKER in asking:
        endpoints.queue(svc, account, event)
    if asking != [endpoints.ASKER]:
        svc.work.put(TELL, {"account": account.alias, "event": msgspec.to_builtins(event), "queued": True})
