"""A web shop that tells the brand of each purchase: a POST to the address, with the token, that it was given.

`{simulator}/other-systems/shop`: POST `settings` {"url", "token"}, POST `buy` {"openid" or "person", "fen", …}, POST
`refund` {"order_id", "fen"}, GET `` its orders and what it was answered. A purchase that is not taken is told again,
with the same id and the same Idempotency-Key, by POST `retry`.
"""

from __future__ import annotations

from flask import Blueprint, current_app

from simulator.accounts import Json
from simulator.doors import CannotDo, cannot, told_json, world
from simulator.other_site.team import ask

bp = Blueprint("shop", __name__, url_prefix="/other-systems/shop")
bp.register_error_handler(CannotDo, cannot)
OK = 200


@bp.get("/")
def look() -> Json:
    return {"orders": list(here()["orders"].values()), "waiting": len(here()["waiting"])}


@bp.post("/settings")
def settle() -> Json:
    here().update({name: str(value) for name, value in told_json().items() if name in {"url", "token"}})
    return {"url": here()["url"]}


@bp.post("/buy")
def buy() -> Json:
    """What the shop told, and what it was answered."""
    told = told_json()
    person = told.get("person") or {"openid": told.get("openid", "")}
    order = {
        "id": f"shop-event-{world().number()}",
        "kind": "purchase",
        "person": person,
        "order_id": str(told.get("order_id") or f"shop-{world().number()}"),
        "fen": int(told.get("fen", 0)),
        "at": int(told.get("at") or world().clock.now()),
    }
    with world().lock:
        here()["orders"][order["order_id"]] = order
    return _tell(order)


@bp.post("/refund")
def refund() -> Json:
    """The same order with what is left of its amount, from now on."""
    told = told_json()
    order = here()["orders"].get(told.get("order_id"))
    if order is None:
        raise CannotDo(404, "没有这个订单 no such order")
    changed = {"id": f"shop-event-{world().number()}", "fen": int(told.get("fen", 0))}
    return _tell({**order, **changed, "changed": int(world().clock.now())})


@bp.post("/retry")
def retry() -> Json:
    """Whatever was not taken, told again."""
    waiting, here()["waiting"] = here()["waiting"], []
    return {"told": [_tell(event) for event in waiting]}


def here() -> Json:
    found: Json = current_app.extensions.setdefault("shop", {"url": "", "token": "", "orders": {}, "waiting": []})
    return found


def _tell(event: Json) -> Json:
    headers = {
        "Authorization": f"Bearer {here()['token']}",
        "Content-Type": "application/json",
        "Idempotency-Key": event["id"],
    }
    status, answer = ask("POST", here()["url"], event, headers) if here()["url"] else (0, {})
    if status != OK:
        here()["waiting"].append(event)
    return {"status": status, "answer": answer, "event": event}
