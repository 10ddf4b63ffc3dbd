"""What happened to a person last week, from what is kept under their key: causes as an automation has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...services import Account, Services
from .. import people
from .acting import Somebody
from .definition import Told
from .entering import Cause
from .triggers import fits

# Of these nothing is kept that says when they happened.
NOT_KEPT = frozenset({"tagged", "untagged", "custom"})
TO_FOLLOW = "qrscene_"
VIEWS = frozenset({"view", "view_miniprogram"})

Item = dict[str, Any]
Happened = tuple[str, str, int, dict[str, Any]]  # kind, name, when, data


def causes(who: Somebody, when: Told, first: int) -> list[Cause]:
    """Of such an event since that time, the oldest first."""
    pk = people.key(who.account, who.openid)
    found = FROM[when["kind"]](who, who.svc, who.account, pk, first)
    told = [Cause(name, kind, data, at) for kind, name, at, data in found if at >= first and fits(when, kind, data)]
    return sorted(told, key=lambda cause: cause.at)


def _messages(who: Somebody, svc: Services, account: Account, pk: str, first: int) -> Iterator[Happened]:
    for item in svc.table.between(pk, f"message#{first:011d}", "message#~", "kind", "event", "said"):
        at = int(item["sk"].split("#", 2)[1])
        for kind, data in _heard(item):
            yield kind, item["sk"], at, data


def _heard(item: Item) -> Iterator[tuple[str, dict[str, Any]]]:
    event, said = str(item.get("event", "")), str(item.get("said", ""))
    if item["kind"] != "event":
        yield "said", {"text": said}
    elif event == "subscribe":
        scene = said.removeprefix(TO_FOLLOW) if said.startswith(TO_FOLLOW) else ""
        yield "followed", {"scene": scene}
        if scene:
            yield "scanned", {"scene": scene}
    elif event == "scan":
        yield "scanned", {"scene": said}
    elif event == "click":
        yield "clicked", {"key": said}
    elif event in VIEWS:
        yield "viewed", {"url": said}


def _votes(who: Somebody, svc: Services, account: Account, pk: str, first: int) -> Iterator[Happened]:
    for item in svc.table.between(pk, "vote#", "vote#~", "voted_at"):
        yield "voted", item["sk"], int(item["voted_at"]), {"poll_id": item["sk"].split("#")[1]}


def _orders(who: Somebody, svc: Services, account: Account, pk: str, first: int) -> Iterator[Happened]:
    for item in svc.table.between(pk, "order#", "order#~", "fen", "bought_at"):
        order_id = item["sk"].partition("#")[2]
        yield "ordered", item["sk"], int(item["bought_at"]), {"order_id": order_id, "fen": int(item["fen"])}


def _facts(who: Somebody, svc: Services, account: Account, pk: str, first: int) -> Iterator[Happened]:
    """The last change of each; earlier ones are not kept."""
    for name, fact in who.profile.get("facts", {}).items():
        yield "attribute_changed", name, int(fact["at"]), {"attribute": name, "value": fact["value"]}


FROM: dict[str, Callable[[Somebody, Services, Account, str, int], Iterator[Happened]]] = {
    "followed": _messages,
    "scanned": _messages,
    "said": _messages,
    "clicked": _messages,
    "viewed": _messages,
    "voted": _votes,
    "ordered": _orders,
    "attribute_changed": _facts,
}
