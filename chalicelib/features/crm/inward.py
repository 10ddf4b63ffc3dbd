"""What a CRM tells us: its property changes become attributes, as far as the mapping lets them in.

HubSpot's webhooks name a contact by HubSpot's own number, in any order, perhaps twice; each change becomes an event in
(features/arrivals) with an id of its own. Salesforce tells us by POST /api/{account}/events, in our own form.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ...errors import BadInput, Forbidden, NotFound
from ...observe import log
from ...services import Account, Services
from .. import followers
from ..followers.card import Value
from ..followers.facts import Beats
from . import mapping as mappings
from .mapping import source
from .trouble import secret

if TYPE_CHECKING:
    from ..endpoints import Endpoint

MOST_CHANGES = 1000  # in one request; HubSpot says a hundred
FRESH = 300  # seconds; HubSpot's own word
CHANGED = frozenset({"contact.propertyChange", "object.propertyChange"})
GONE = frozenset({"contact.deletion", "contact.privacyDeletion", "object.deletion"})
NO_ENDPOINT = "没有这个 CRM 端点。There is no such CRM endpoint."


class Change(msgspec.Struct):
    """One entry of a HubSpot webhook, as far as it concerns us; `occurred` is in milliseconds."""

    number: int | str = msgspec.field(name="objectId")
    kind: str = msgspec.field(name="subscriptionType", default="")
    what: str | None = msgspec.field(name="propertyName", default=None)
    value: Value | float | None = msgspec.field(name="propertyValue", default=None)
    occurred: int = msgspec.field(name="occurredAt", default=0)
    event: int | str = msgspec.field(name="eventId", default="")


def translate(
    svc: Services, account: Account, endpoint_id: str, told: Mapping[str, Value | None]
) -> tuple[dict[str, Value | None], Beats]:
    """Attributes under our names and who wins; without an endpoint they are ours already, and the later wins."""
    if not endpoint_id:
        return dict(told), mappings.by_time
    endpoint = of_ours(svc, account, endpoint_id)
    if endpoint is None:
        raise NotFound(NO_ENDPOINT)
    return mappings.translated(mappings.read(endpoint.fields), endpoint_id, told)


def is_shared(svc: Services, account: Account, endpoint_id: str, names: Sequence[str]) -> bool:
    """Whether one of these attributes goes both ways."""
    endpoint = of_ours(svc, account, endpoint_id)
    known = mappings.read(endpoint.fields).map if endpoint else ()
    return any(field.direction == "both" and field.ours in names for field in known)


def of_ours(svc: Services, account: Account, endpoint_id: str) -> Endpoint | None:
    """A CRM endpoint that is switched on; from memory."""
    from ..endpoints import endpoint as store  # noqa: PLC0415 (the endpoints need this package)

    found = (one for one in store.in_force(svc, account) if one.endpoint_id == endpoint_id)
    return next((one for one in found if one.kind in store.CRMS), None)


def receive(svc: Services, account: Account, endpoint_id: str, told: Told) -> int:
    """A webhook of HubSpot: how many changes were taken on. Forbidden unless HubSpot signed it just now."""
    endpoint = of_ours(svc, account, endpoint_id)
    if endpoint is None or endpoint.kind != "hubspot":
        raise NotFound(NO_ENDPOINT)
    _insist_on_signature(svc, account, told)
    try:
        changes = msgspec.json.decode(told.body, type=list[Change])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadInput("不是 HubSpot 的 webhook。This is no webhook of HubSpot.") from None
    if len(changes) > MOST_CHANGES:
        raise BadInput(f"一次最多 {MOST_CHANGES} 条。At most {MOST_CHANGES} changes at a time.")
    mine = [msgspec.to_builtins(one) for one in changes if one.kind in CHANGED | GONE]
    if mine:
        svc.later(hear, account, endpoint_id=endpoint_id, changes=mine)
    return len(mine)


class Told(msgspec.Struct, frozen=True):
    """A request as it came: what HubSpot signed."""

    method: str
    url: str
    body: bytes
    signature: str
    timestamp: str  # milliseconds


def hear(svc: Services, account: Account, endpoint_id: str, changes: list[dict[str, Any]]) -> None:
    """A job: take over what changed, of people whose record we know."""
    endpoint = of_ours(svc, account, endpoint_id)
    mapping = mappings.read(endpoint.fields) if endpoint else None
    if mapping is None or not mapping.record_id:
        return
    told = [msgspec.convert(one, Change) for one in changes]
    _take(svc, account, endpoint_id, mapping, [one for one in told if one.kind in CHANGED])
    for one in told:
        if one.kind in GONE:
            _forget(svc, account, endpoint_id, mapping, one)


def _take(svc: Services, account: Account, endpoint_id: str, mapping: mappings.Mapping, changes: list[Change]) -> None:
    from .. import arrivals  # noqa: PLC0415 (it needs this package)

    known = [
        arrivals.Attributes(
            # Their eventId is not always unique, so all that makes a change what it is.
            id=_id(endpoint_id, one),
            person=arrivals.Person(by=mapping.record_id, value=str(one.number)),
            attributes={str(one.what): _fitting(one.value)},
            at=one.occurred // 1000,
            endpoint=endpoint_id,
        )
        for one in changes
        if mapping.of_theirs(one.what or "")
    ]
    outcomes = arrivals.take(svc, account, known)
    refused = [one.why for one in outcomes if one.outcome == "refused"]
    for why in dict.fromkeys(refused):
        log.warning("account %s: HubSpot told something that is not kept: %s", account.alias, why)


def _forget(svc: Services, account: Account, endpoint_id: str, mapping: mappings.Mapping, gone: Change) -> None:
    """They have no such contact any more: what came from there goes; the rest is ours."""
    known = followers.ids.whose(svc, account, mapping.record_id, str(gone.number))
    if known is None:
        return
    theirs = [name for name, fact in known.get("facts", {}).items() if fact["source"] == source(endpoint_id)]
    # Their number first: without it nothing that is forgotten after it makes the contact anew.
    for name in sorted(theirs, key=lambda name: name != mapping.record_id):
        followers.forget_fact(svc, account, known["openid"], name)


def _insist_on_signature(svc: Services, account: Account, told: Told) -> None:
    """HMAC-SHA256 of method, address, body and time, in base64; see HubSpot's page on validating requests."""
    key = secret(svc, account, "hubspot_hook", "client_secret")["client_secret"]
    digits = told.timestamp.isascii() and told.timestamp.isdigit()
    fresh = digits and abs(svc.now() - int(told.timestamp[:16]) // 1000) <= FRESH
    signed = f"{told.method}{told.url}".encode() + told.body + told.timestamp.encode()
    wanted = hmac.new(key.encode(), signed, hashlib.sha256).digest()
    try:
        shown = base64.b64decode(told.signature, validate=True)
    except (binascii.Error, ValueError):
        shown = b""
    if not fresh or not hmac.compare_digest(wanted, shown):
        raise Forbidden("签名不对，或已过期。The signature is not HubSpot's, or it is too old.")


def _id(endpoint_id: str, one: Change) -> str:
    text = "\0".join(map(str, (endpoint_id, one.event, one.number, one.what, one.occurred, one.value)))
    return hashlib.sha256(text.encode()).hexdigest()


def _fitting(value: Value | float | None) -> Value | None:
    """Theirs are texts anyway."""
    return str(value) if isinstance(value, float) else value
