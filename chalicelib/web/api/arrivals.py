"""/api/{account}/events: what happened at a shop, a CRM or anywhere else, one event or up to a hundred."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ...errors import BadInput
from ...features import arrivals
from .door import Call, door

LONGEST_ID = 128
NO_EVENTS = (
    f"一次 1 到 {arrivals.MOST_AT_ONCE} 个事件。1 to {arrivals.MOST_AT_ONCE} events at a time, as a list in `events`."
)


class EventsBody(msgspec.Struct):
    """Or one event by itself, not in a list. Each is checked alone: a mistake in one does not keep out the others."""

    events: Annotated[list[arrivals.Arrival], Meta(min_length=1, max_length=arrivals.MOST_AT_ONCE)]


class Taken(msgspec.Struct):
    """What became of each event, in order."""

    items: list[arrivals.Outcome]
    cursor: str = ""


@door(
    "POST",
    "/api/{account}/events",
    needs="events:write",
    takes=EventsBody,
    reads=dict[str, Any],
    gives=Taken,
    says="告诉我们发生了什么：购买、属性变化或自定义，每个事件只算一次。"
    "Tell us what happened: a purchase, attributes that changed, or anything custom; each event counts once.",
)
def take(call: Call, account: str) -> Taken:
    told = call.body
    alone = "events" not in told
    events = [told] if alone else told["events"]
    if not isinstance(events, list) or not 0 < len(events) <= arrivals.MOST_AT_ONCE:
        raise BadInput(NO_EVENTS)
    read = [_read(event) for event in events]
    if alone and isinstance(read[0], arrivals.Outcome):
        raise BadInput(read[0].why)
    good = [one for one in read if not isinstance(one, arrivals.Outcome)]
    taken = iter(arrivals.take(call.svc, call.svc.accounts[account], good))
    items = [one if isinstance(one, arrivals.Outcome) else next(taken) for one in read]
    counts = [f"{what}={number}" for what in dict.fromkeys(one.outcome for one in items)
              if (number := sum(one.outcome == what for one in items))]  # fmt: skip
    call.about.append(" ".join(counts))
    return Taken(items)


def _read(event: Any) -> arrivals.Arrival | arrivals.Outcome:
    """The event, or what is wrong with it."""
    try:
        read: arrivals.Arrival = msgspec.convert(event, arrivals.Arrival)
        return read
    except msgspec.ValidationError as error:
        given = event.get("id") if isinstance(event, dict) else None
        from .. import wrong  # noqa: PLC0415 (as in http.json_body)

        return arrivals.Outcome(str(given)[:LONGEST_ID] if given else "", "refused", wrong.explain(error))
