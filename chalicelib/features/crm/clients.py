"""The CRM behind an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...services import Account, Services
from . import mapping
from .sending import Client
from .trouble import insist_on_home

if TYPE_CHECKING:
    from ..endpoints import Endpoint

Maker = Callable[[Services, Account, str, mapping.Mapping], Client]


def client(svc: Services, account: Account, endpoint: Endpoint, known: mapping.Mapping) -> Client:
    """Misconfigured if its credentials are not stored; AddressRefused if they do not belong where it is said to be."""
    insist_on_home(svc, endpoint.kind, endpoint.url)
    return _makers()[endpoint.kind](svc, account, endpoint.url, known)


def _makers() -> Mapping[str, Maker]:
    from ..endpoints.hubspot import HubSpot  # noqa: PLC0415 (the endpoints need this package)
    from ..endpoints.salesforce import Salesforce  # noqa: PLC0415

    return {"hubspot": HubSpot, "salesforce": Salesforce}
