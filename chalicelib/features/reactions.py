"""What an event sets off, one after the other; endpoints have it already when it was published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .. import outbound
from ..services import Account, Services
from . import automations, endpoints, late
from .events import Event, asks

Reaction = Callable[[Services, Account, Event], None]


class ReactionsFailed(Exception):
    """Some of them did. All are told again; each knows a repeat by the event's id."""


def tell(svc: Services, account: Account, event: dict[str, Any], queued: bool = False) -> None:
    """A job: whoever fails keeps nobody else from hearing of it. `queued`: its endpoints have been seen to."""
    told = msgspec.convert(event, Event)
    failures = [failure for reaction in REACTIONS[queued:] if (failure := _failure(svc, account, told, reaction))]
    if failures:
        raise ReactionsFailed(f"{len(failures)} reactions to an event failed") from failures[0]


def integrate(svc: Services, account: Account, event: Event) -> None:
    """The brand's own."""
    for integration in outbound.INTEGRATIONS:
        integration(svc, event)


def note_goals(svc: Services, account: Account, event: Event) -> None:
    """Of campaigns, which most containers that tell of events never need to read."""
    if asks(svc, account, "campaigns", event):
        late.find("campaigns.goals.heed")(svc, account, event)


REACTIONS: tuple[Reaction, ...] = (
    endpoints.queue,  # the first: what was published is with them already
    automations.heed,
    note_goals,
    integrate,
)


def _failure(svc: Services, account: Account, event: Event, reaction: Reaction) -> Exception | None:
    try:
        reaction(svc, account, event)
    except Exception as error:  # noqa: BLE001 (told to the queue, once all have had their turn)
        return error
    return None
