"""How a CRM is told: not of what happened but of what is so now, by the endpoint's mapping (features/crm)."""

from __future__ import annotations

from ...services import Account, Services
from .. import crm
from ..crm.clients import client
from ..crm.trouble import Trouble
from ..events.event import Event
from .endpoint import Endpoint
from .failed import Failed

TEST = "gaiwan.test"  # whom a test event is about
NO_TEST = "CRM 没有测试事件：请用「同步」来试。A CRM takes no test event: begin a sync to try it."


def send(svc: Services, account: Account, endpoint: Endpoint, events: list[Event]) -> None:
    """Failed says why not; a record that they refuse is not sent again by itself."""
    if any(event.openid == TEST for event in events):
        raise Failed(NO_TEST, retry=False)
    mapping = crm.read(endpoint.fields)
    try:
        theirs = client(svc, account, endpoint, mapping)
        crm.changes(svc, account, endpoint.endpoint_id, mapping, theirs, events)
    except Trouble as trouble:
        raise Failed(str(trouble), retry=trouble.retry) from None
