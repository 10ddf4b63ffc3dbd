"""/api/{account}/endpoints: other systems that are told of events; /api/events/schemas.json: what they are told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ...errors import BadInput
from ...features import endpoints
from ...features.endpoints import Dead, Delivery, Endpoint, Secret
from ...features.endpoints.endpoint import LONGEST_LABEL, LONGEST_URL, MOST_ABOUTS
from ...features.events import kinds
from ...features.events.interest import LONGEST
from .door import Call, door

MOST_LISTED = 100
Kind = Literal["webhook", "bus", "hubspot", "salesforce"]
About = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
EventId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class EndpointList(msgspec.Struct):
    """All of them: an account has twenty at most."""

    items: list[Endpoint]
    cursor: str = ""


class EndpointBody(msgspec.Struct, forbid_unknown_fields=True):
    """`wants` is {kind: [about, …]}, [] for all of the kind. `fields`: what goes where, for CRMs."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_LABEL)]
    wants: dict[str, Annotated[list[About], msgspec.Meta(max_length=MOST_ABOUTS)]]
    url: Annotated[str, msgspec.Meta(max_length=LONGEST_URL)] = ""
    fields: dict[str, Any] = {}
    enabled: bool = True


class NewEndpoint(EndpointBody, forbid_unknown_fields=True, kw_only=True):
    kind: Kind


class DeliveryPage(msgspec.Struct):
    items: list[Delivery]
    cursor: str


class DeadPage(msgspec.Struct):
    items: list[Dead]
    cursor: str


class PageQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(max_length=100)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


class Again(msgspec.Struct, forbid_unknown_fields=True):
    """Some by their ids, or all of them."""

    event_ids: Annotated[list[EventId], msgspec.Meta(max_length=100)] = []
    all: bool = False


class Queued(msgspec.Struct):
    """`queued`: how many are sent again; -1: all, in the background."""

    queued: int


class Schemas(msgspec.Struct):
    """{kind: JSON Schema of the whole event}."""

    version: int
    kinds: dict[str, Any]


@door(
    "GET",
    "/api/events/schemas.json",
    needs="events:read",
    gives=Schemas,
    says="每种事件的 JSON Schema。The JSON Schema of each kind of event.",
)
def schemas(call: Call) -> Schemas:
    return Schemas(**call.svc.cached("event_schemas", 3600, kinds.schemas))


@door(
    "GET",
    "/api/{account}/endpoints",
    needs="integrations:read",
    gives=EndpointList,
    says="端点，按新建的先后排。The endpoints, the oldest first.",
)
def listed(call: Call, account: str) -> EndpointList:
    return EndpointList(endpoints.listed(call.svc, call.svc.accounts[account]))


@door(
    "POST",
    "/api/{account}/endpoints",
    needs="integrations:write",
    takes=NewEndpoint,
    gives=Endpoint,
    status=201,
    says="新建端点，一分钟内到处生效。Create an endpoint; it is in force everywhere within a minute.",
)
def create(call: Call, account: str) -> Endpoint:
    return endpoints.save(call.svc, call.svc.accounts[account], **msgspec.structs.asdict(call.body))


@door(
    "GET",
    "/api/{account}/endpoints/{item}",
    needs="integrations:read",
    gives=Endpoint,
    says="一个端点和它的状况。One endpoint, and how it stands.",
)
def find(call: Call, account: str, item: str) -> Endpoint:
    return endpoints.find(call.svc, call.svc.accounts[account], item)


@door(
    "PUT",
    "/api/{account}/endpoints/{item}",
    needs="integrations:write",
    takes=EndpointBody,
    gives=Endpoint,
    says="修改端点；重新打开会清掉失败记录。Change an endpoint; switching it on again forgives its failures.",
)
def change(call: Call, account: str, item: str) -> Endpoint:
    svc, tea = call.svc, call.svc.accounts[account]
    kind = endpoints.find(svc, tea, item).kind
    return endpoints.save(svc, tea, endpoint_id=item, kind=kind, **msgspec.structs.asdict(call.body))


@door(
    "DELETE",
    "/api/{account}/endpoints/{item}",
    needs="integrations:write",
    says="删除端点，还没送到的不再送。Delete an endpoint; what it was still owed is dropped.",
)
def remove(call: Call, account: str, item: str) -> None:
    endpoints.remove(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/endpoints/{item}/test",
    needs="integrations:write",
    gives=Delivery,
    says="马上发一个测试事件，看结果。Send a test event now, and see what comes of it.",
)
def try_out(call: Call, account: str, item: str) -> Delivery:
    return endpoints.try_out(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/endpoints/{item}/secret",
    needs="integrations:write",
    gives=Secret,
    says="显示签名密钥。Show the secret that signs.",
)
def secret(call: Call, account: str, item: str) -> Secret:
    return endpoints.secret(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/endpoints/{item}/rotate",
    needs="integrations:write",
    gives=Secret,
    says="换签名密钥；一天之内新旧都签。Change the secret; for a day both the old and the new one sign.",
)
def rotate(call: Call, account: str, item: str) -> Secret:
    return endpoints.rotate(call.svc, call.svc.accounts[account], item)


@door(
    "GET",
    "/api/{account}/endpoints/{item}/deliveries",
    needs="integrations:read",
    asks=PageQuery,
    gives=DeliveryPage,
    says="最近七天的投递，最新的在前，内容已脱敏。The deliveries of the last week, newest first, redacted.",
)
def deliveries(call: Call, account: str, item: str) -> DeliveryPage:
    tea, asked = call.svc.accounts[account], call.query
    return DeliveryPage(*endpoints.last_deliveries(call.svc, tea, item, asked.cursor, asked.limit))


@door(
    "GET",
    "/api/{account}/endpoints/{item}/dead",
    needs="integrations:read",
    asks=PageQuery,
    gives=DeadPage,
    says="没送到、已放弃的，保留两周。What was given up, kept for two weeks.",
)
def dead(call: Call, account: str, item: str) -> DeadPage:
    tea, asked = call.svc.accounts[account], call.query
    return DeadPage(*endpoints.given_up(call.svc, tea, item, asked.cursor, asked.limit))


@door(
    "POST",
    "/api/{account}/endpoints/{item}/redeliver",
    needs="integrations:write",
    takes=Again,
    gives=Queued,
    status=202,
    says="重发放弃了的：几条，或全部。Send again what was given up: some, or all of it.",
)
def redeliver(call: Call, account: str, item: str) -> Queued:
    svc, tea, body = call.svc, call.svc.accounts[account], call.body
    if body.all == bool(body.event_ids):
        raise BadInput("请给 event_ids，或 all: true。Give either event_ids or all: true.")
    if body.all:
        endpoints.begin_redelivery(svc, tea, item)
        return Queued(-1)
    return Queued(endpoints.redeliver(svc, tea, item, body.event_ids))
