"""Scenes with what other systems are told: the bus hears of a purchase and of an automation, two CRMs hold a follower.

The machine that functions run on lets them call the stand-ins (world.py); a stage's own settings say nothing of it.
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
SIGNING = "client-secret-of-the-stand-in"
KEYS = {
    "hubspot": {"token": "pat-na1-stand-in"},
    "salesforce": {"client_id": "consumer-key-of-the-stand-in", "client_secret": "consumer-secret-of-the-stand-in"},
}
# What each calls the openid, the name and the number of orders.
NAMES = {
    "hubspot": ("wechat_openid", "lastname", "wechat_orders"),
    "salesforce": ("WeChat_OpenId__c", "LastName", "WeChat_Orders__c"),
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
    made = api(day, "POST", "endpoints", {"kind": "bus", "label": "bus", "wants": wants})["endpoint_id"]
    told = api(day, "POST", f"endpoints/{made}/test")
    expect(told["outcome"] == "delivered", "测试事件到了 a test event arrives", told)
    automation = api(
        day, "POST", "automations", {"name": "e2e", "when": {"kind": "ordered"}, "enter": "cause", "steps": STEPS}
    )
    api(day, "POST", f"automations/{_id(automation)}/start")
    day.controls.outlast_memories()
    buys(day, "e2e-1")
    # Before a minute has passed: whoever enters later than that goes on at once, and needs no queue for it.
    inside = eventually(lambda: api(day, "GET", f"automations/{_id(automation)}/people")["items"])
    expect(bool(inside), "她进了自动化 she is inside the automation", inside)
    expect(
        bool(eventually(lambda: _heard(day, f"endpoints/{made}", "ordered"))),
        "订单到了总线 the order is on the bus",
        deliveries(day, f"endpoints/{made}"),
    )
    day.controls.advance(A_MINUTE + 5)
    late = eventually(lambda: _heard(day, f"endpoints/{made}", "automation"), within=100)
    expect(bool(late), "自动化的一步也到了 so is the step of the automation", deliveries(day, f"endpoints/{made}"))
    api(day, "POST", f"automations/{_id(automation)}/pause")


def crms(day: Shop, world: World) -> None:
    """For the list AFTER: it moves the clock."""
    tell("两个 CRM 都接上：先同步，再跟着变", "Two CRMs are connected: synced first, then told of changes")
    keep_secret(world, "accounts/tea/crm_hubspot_hook", json.dumps({"client_secret": SIGNING}))
    for kind, key in KEYS.items():
        keep_secret(world, f"accounts/tea/crm_{kind}", json.dumps(key))
        _connected(day, kind)


def _connected(day: Shop, kind: str) -> None:
    key, name, orders = NAMES[kind]
    told = {"ours": "remark", "theirs": name, "otherwise": "微信关注者"}
    fields = {"key": {"ours": "openid", "theirs": key}, "map": [told, {"ours": "orders", "theirs": orders}]}
    url, wants = f"{day.controls.simulator}/other-systems/{kind}", {"ordered": list[str]()}
    endpoint = {"kind": kind, "label": "CRM", "url": url, "wants": wants, "fields": fields}
    place = "endpoints/" + api(day, "POST", "endpoints", endpoint)["endpoint_id"]
    day.controls.outlast_memories()
    api(day, "POST", f"{place}/sync", {})
    done = eventually(lambda: (run := api(day, "GET", f"{place}/sync"))["state"] == "done" and run)
    expect(bool(done), f"{kind}: 首次同步完成 the first sync is done", api(day, "GET", f"{place}/sync"))
    buys(day, f"e2e-{kind}")
    heard = eventually(lambda: _heard(day, place, "ordered"))
    expect(bool(heard), f"{kind}: 它知道了订单 it knows of the order", api(day, "GET", place))
    if kind == "hubspot":
        expect(_hook(day, place) == {"taken": 1}, "它的 Webhook 验了签收下 its webhook is checked and taken", {})
    api(day, "DELETE", place)


def buys(day: Shop, order: str) -> None:
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


def _heard(day: Shop, place: str, kind: str) -> bool:
    return any(one["kind"] == kind and one["outcome"] == "delivered" for one in deliveries(day, place))


def deliveries(day: Shop, place: str) -> list[Json]:
    found: list[Json] = api(day, "GET", f"{place}/deliveries")["items"]
    return found


def _id(made: Json) -> str:
    return str((made.get("automation") or made)["automation_id"])


def api(day: Shop, method: str, path: str, told: Json | None = None) -> Json:
    return ask(method, f"{day.app}/api/tea/{path}", told, day.api_token)
