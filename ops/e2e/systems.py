"""Scenes with what other systems are told: the bus hears of a purchase, a CRM that cannot be called harms nobody.

A deployed stage calls nobody on this machine, so the CRM is out of reach; that its keys are read is seen all the same.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from ..demo import Shop, expect, tell
from ..doors import ask, eventually
from .beside import keep_secret
from .world import World

A_MINUTE = 60
OUT_OF_REACH = "https://localhost"
SIGNING = "secret-of-the-app"
KEYS = {"hubspot": {"token": "pat-na1-nobody"}, "salesforce": {"client_id": "nobody", "client_secret": SIGNING}}
MAPPING: dict[str, Any] = {
    "key": {"ours": "openid", "theirs": "wechat_openid"},
    "map": [
        {"ours": "orders", "theirs": "wechat_orders"},
        {"ours": "level", "theirs": "member_level", "direction": "in"},
    ],
}
STEPS = [{"do": "wait", "minutes": 1}, {"do": "webhook", "fields": {"why": "{event.order_id}"}}]
Json = dict[str, Any]


def bus(day: Shop, world: World) -> None:
    """For the list AFTER: it moves the clock."""
    tell(
        "EventBridge 总线听到订单，也听到自动化的一步",
        "The EventBridge bus hears of an order, and of an automation's step",
    )
    wants: dict[str, list[str]] = {"ordered": [], "automation": []}
    made = _api(day, "POST", "endpoints", {"kind": "bus", "label": "bus", "wants": wants})["endpoint_id"]
    told = _api(day, "POST", f"endpoints/{made}/test")
    expect(told["outcome"] == "delivered", "测试事件到了 a test event arrives", told)
    automation = _api(
        day, "POST", "automations", {"name": "e2e", "when": {"kind": "ordered"}, "enter": "cause", "steps": STEPS}
    )
    _api(day, "POST", f"automations/{_id(automation)}/start")
    day.controls.advance(A_MINUTE + 1)  # who asks for what is remembered for a minute
    _buys(day, "e2e-1")
    expect(
        bool(eventually(lambda: _heard(day, made, "ordered"))), "订单到了总线 the order is on the bus", _all(day, made)
    )
    day.controls.advance(A_MINUTE + 5)
    late = eventually(lambda: _heard(day, made, "automation"), within=100)
    expect(bool(late), "自动化的一步也到了 so is the step of the automation", _all(day, made))
    _api(day, "POST", f"automations/{_id(automation)}/pause")


def crms(day: Shop, world: World) -> None:
    """For the list AFTER: it moves the clock."""
    tell(
        "两个 CRM 都连不上：谁也不受影响，也说了原因",
        "Two CRMs cannot be reached: nobody is harmed, and it is told why",
    )
    keep_secret(world, "accounts/tea/crm_hubspot_hook", json.dumps({"client_secret": SIGNING}))
    for kind, key in KEYS.items():
        keep_secret(world, f"accounts/tea/crm_{kind}", json.dumps(key))
        _cannot_be_reached(day, kind)


def _cannot_be_reached(day: Shop, kind: str) -> None:
    wants: dict[str, list[str]] = {"ordered": []}
    told = {"kind": kind, "label": "CRM", "url": OUT_OF_REACH, "wants": wants, "fields": MAPPING}
    place = "endpoints/" + _api(day, "POST", "endpoints", told)["endpoint_id"]
    day.controls.advance(A_MINUTE + 1)
    _api(day, "POST", f"{place}/sync", {})
    ill = eventually(lambda: (run := _api(day, "GET", f"{place}/sync"))["state"] == "failed" and run)
    expect(bool(ill), f"{kind}: 首次同步说明了原因 the first sync says why it ended", _api(day, "GET", f"{place}/sync"))
    _buys(day, f"e2e-{kind}")
    failing = eventually(lambda: (one := _api(day, "GET", place))["failing_since"] and one)
    expect(bool(failing), f"{kind}: 端点在失败 the endpoint is failing", _api(day, "GET", place))
    if kind == "hubspot":
        expect(_hook(day, place) == {"taken": 1}, "它的 Webhook 验了签收下 its webhook is checked and taken", {})
    _api(day, "DELETE", place)


def _buys(day: Shop, order: str) -> None:
    told = {"kind": "purchase", "id": order, "person": {"openid": day.xiaolin.openid}, "order_id": order, "fen": 100}
    answer = ask("POST", f"{day.app}/api/tea/events", told, day.api_token)
    expect(answer["items"][0]["outcome"] == "taken", f"{order} 报来了 is reported", answer)


def _hook(day: Shop, place: str) -> Json:
    """As HubSpot signs, version 3."""
    url, at = f"{day.app}/crm/tea/{place.rpartition('/')[2]}", str(day.controls.now() * 1000)
    changes = [{"subscriptionType": "contact.propertyChange", "objectId": 1, "propertyName": "member_level"}]
    body = json.dumps(changes).encode()
    signed = f"POST{url}".encode() + body + at.encode()
    mark = base64.b64encode(hmac.new(SIGNING.encode(), signed, hashlib.sha256).digest()).decode()
    return ask("POST", url, changes, headers={"X-HubSpot-Signature-v3": mark, "X-HubSpot-Request-Timestamp": at})


def _heard(day: Shop, endpoint: str, kind: str) -> bool:
    return any(one["kind"] == kind and one["outcome"] == "delivered" for one in _all(day, endpoint))


def _all(day: Shop, endpoint: str) -> list[Json]:
    found: list[Json] = _api(day, "GET", f"endpoints/{endpoint}/deliveries")["items"]
    return found


def _id(made: Json) -> str:
    return str((made.get("automation") or made)["automation_id"])


def _api(day: Shop, method: str, path: str, told: Json | None = None) -> Json:
    return ask(method, f"{day.app}/api/tea/{path}", told, day.api_token)
