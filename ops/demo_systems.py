"""Two scenes of the demo with other systems: a purchase in a web shop is thanked for, and the CRM holds the follower.

`purchase` first: it tells the shop where we are. `crm_knows_her` needs of the stage: the CRM's stand-in may be called
(GAIWAN_OUTBOUND_PRIVATE), and SSM accounts/tea/crm_hubspot holds its token, `pat-na1-stand-in`; ops/local/prepare.py
puts it there. `tell` and `expect` are the demo's own.
"""

from collections.abc import Callable
from typing import Any, Protocol

from .doors import Controls, Phone, ask, eventually

TEN_MINUTES = 600
Json = dict[str, Any]
Tell = Callable[[str, str], None]
Expect = Callable[[bool, str, object], None]

PRICE = 8900  # fen
THANKS = "谢谢您在网店买的茶"
MAPPING = {
    "key": {"ours": "openid", "theirs": "wechat_openid"},
    "record_id": "hubspot_id",
    "leaving": "remove",
    "map": [
        {"ours": "remark", "theirs": "lastname", "otherwise": "微信关注者"},
        {"ours": "orders", "theirs": "wechat_orders"},
        {"ours": "spent", "theirs": "wechat_spent"},
        {"ours": "following", "theirs": "wechat_following"},
        {"ours": "member_level", "theirs": "member_level", "direction": "in"},
    ],
}


class Day(Protocol):
    """What a scene needs of the demo's day."""

    @property
    def app(self) -> str: ...
    @property
    def api_token(self) -> str: ...
    @property
    def xiaolin(self) -> Phone: ...
    @property
    def controls(self) -> Controls: ...


def crm_knows_her(day: Day, tell: Tell, expect: Expect) -> None:
    tell("接上 CRM：所有粉丝先同步过去", "The CRM is connected: all followers are synced to it first")
    hubspot = f"{_systems(day)}/hubspot"
    wants: dict[str, list[str]] = {kind: [] for kind in ("followed", "left", "ordered", "attribute_changed")}
    told = {"kind": "hubspot", "label": "CRM", "url": hubspot, "wants": wants, "fields": MAPPING}
    endpoint = _api(day, "POST", "endpoints", told)["endpoint_id"]
    _api(day, "POST", f"endpoints/{endpoint}/sync", {})
    done = eventually(lambda: (run := _api(day, "GET", f"endpoints/{endpoint}/sync"))["state"] == "done" and run)
    expect(bool(done), f"首次同步完成 the first sync is done: {(done or {}).get('sent')}", done)
    known = _contact(day)
    expect(bool(known), f"CRM 里有小林了 the CRM holds Xiaolin: {known.get('lastname')}", known)
    before = int(known.get("wechat_orders", 0))
    bought = ask("POST", f"{_systems(day)}/shop/buy", {"openid": day.xiaolin.openid, "fen": PRICE})
    expect(_outcome(bought) == "taken", "她又买了一次 she buys once more", bought)
    orders = eventually(lambda: (found := _contact(day)).get("wechat_orders") == str(before + 1) and found)
    expect(bool(orders), "CRM 里也有这一单 the CRM knows of that order too", _contact(day))


def purchase(day: Day, tell: Tell, expect: Expect) -> None:
    tell("小林在网店买了茶；十分钟后收到感谢", "Xiaolin buys tea in the web shop, and is thanked ten minutes later")
    steps = [{"do": "wait", "minutes": 10}, {"do": "message", "reply": {"type": "text", "content": THANKS}}]
    made = _api(
        day, "POST", "automations", {"name": "感谢下单", "when": {"kind": "ordered"}, "enter": "cause", "steps": steps}
    )
    _api(day, "POST", f"automations/{_id(made)}/start", None)
    day.controls.outlast_memories()
    day.xiaolin.say("你好")  # so that the shop may write to her: WeChat allows 48 hours
    shop = f"{_systems(day)}/shop"
    ask("POST", f"{shop}/settings", {"url": f"{day.app}/api/tea/events", "token": day.api_token})
    bought = ask("POST", f"{shop}/buy", {"openid": day.xiaolin.openid, "fen": PRICE})
    expect(_outcome(bought) == "taken", "网店报来一单 the shop reports a purchase", bought)
    inside = eventually(lambda: _api(day, "GET", f"automations/{_id(made)}/people")["items"])
    expect(bool(inside) and not _thanked(day), "还没有谢 not thanked yet", inside)
    day.controls.advance(TEN_MINUTES + 5)
    thanked = eventually(lambda: _thanked(day))
    expect(thanked == 1, "十分钟后：收到一条感谢 ten minutes later: thanked, once", day.xiaolin.inbox()[-2:])
    again = ask("POST", f"{day.app}/api/tea/events", bought["event"], day.api_token)
    expect(again["items"][0]["outcome"] == "repeated", "再报一次不算 told again, it does not count", again)


def _systems(day: Day) -> str:
    return f"{day.controls.simulator}/other-systems"


def _contact(day: Day) -> Json:
    """What the CRM's stand-in holds of her."""
    contacts = ask("GET", f"{_systems(day)}/hubspot/tester")["contacts"]
    found = (one["properties"] for one in contacts)
    return next((one for one in found if one.get("wechat_openid") == day.xiaolin.openid), {})


def _thanked(day: Day) -> int:
    return sum(THANKS in str(item) for item in day.xiaolin.inbox())


def _outcome(told: Json) -> str:
    items = told["answer"].get("items", [])
    return str(items[0]["outcome"]) if items else str(told["status"])


def _id(made: Json) -> str:
    return str((made.get("automation") or made)["automation_id"])


def _api(day: Day, method: str, path: str, told: Json | None = None) -> Json:
    return ask(method, f"{day.app}/api/tea/{path}", told, day.api_token)
