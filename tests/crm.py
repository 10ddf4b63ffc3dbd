"""The tea shop with a CRM beside it: HubSpot's stand-in or Salesforce's, and an endpoint with a mapping to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chalicelib.features import crm, endpoints, events
from chalicelib.outbound import Outbound
from tests.house import HTTP, House, Json, store_secret

KEYS = {
    "hubspot": {"token": "pat-na1-stand-in"},
    "hubspot_hook": {"client_secret": "client-secret-of-the-stand-in"},
    "salesforce": {
        "client_id": "consumer-key-of-the-stand-in",
        "client_secret": "consumer-secret-of-the-stand-in",
    },
}
# What each calls the same thing.
NAMES = {
    "hubspot": {
        "key": "wechat_openid", "name": "lastname", "tags": "wechat_tags", "orders": "wechat_orders",
        "spent": "wechat_spent", "since": "wechat_since", "following": "wechat_following", "phone": "phone",
        "tea": "favourite_tea", "level": "member_level",
    },
    "salesforce": {
        "key": "WeChat_OpenId__c", "name": "LastName", "tags": "WeChat_Tags__c", "orders": "WeChat_Orders__c",
        "spent": "WeChat_Spent__c", "since": "WeChat_Since__c", "following": "WeChat_Following__c", "phone": "Phone",
        "tea": "Favourite_Tea__c", "level": "Member_Level__c",
    },
}  # fmt: skip
WANTS: dict[str, list[str]] = {
    kind: [] for kind in ("followed", "left", "tagged", "untagged", "ordered", "attribute_changed", "custom")
}


def fields(kind: str, **more: Any) -> Json:
    name = NAMES[kind]
    return {
        "key": {"ours": "openid", "theirs": name["key"]},
        "record_id": "crm_number",
        "map": [
            {"ours": "remark", "theirs": name["name"], "otherwise": "微信关注者"},
            {"ours": "orders", "theirs": name["orders"]},
            {"ours": "spent", "theirs": name["spent"]},
            {"ours": "since", "theirs": name["since"]},
            {"ours": "following", "theirs": name["following"]},
            {"ours": "favourite_tea", "theirs": name["tea"], "direction": "both"},
            {"ours": "level", "theirs": name["level"], "direction": "in"},
        ],
    } | more


@dataclass
class Crm:
    """`name` is what the CRM calls one of our attributes."""

    house: House
    kind: str
    endpoint_id: str

    @property
    def name(self) -> dict[str, str]:
        return NAMES[self.kind]

    @property
    def address(self) -> str:
        return f"{self.house.simulator}/other-systems/{self.kind}"

    def ask(self, path: str = "", **told: Any) -> Json:
        method = "POST" if told else "GET"
        answer = HTTP.request(method, f"{self.address}/tester{path}", json=told or None)
        found: Json = answer.json()
        assert answer.status == 200, found
        return found

    def people(self) -> dict[str, Json]:
        """What it holds of whom, by openid."""
        found = self.ask()
        rows = found["records"] if self.kind == "salesforce" else [one["properties"] for one in found["contacts"]]
        return {one.get(self.name["key"], "?"): one for one in rows}

    def knows(self, openid: str, what: str) -> Any:
        return self.people().get(openid, {}).get(self.name[what])

    def edit(self, openid: str, what: str, value: str, **more: Any) -> Json:
        """Somebody changes a record in the CRM's own pages."""
        changes = {self.name[what]: value}
        named = {"properties": changes} if self.kind == "hubspot" else {"fields": changes}
        return self.ask("/edit", by=self.name["key"], **{"is": openid}, **named, **more)

    def calls(self, part: str = "") -> int:
        return sum(part in call["path"] for call in self.ask()["calls"])

    def happens(self, openid: str, cause: str, kind: str = "custom") -> None:
        data = {"name": "x", "fields": {}} if kind == "custom" else {}
        svc, tea = self.house.svc, self.house.tea
        events.publish(svc, tea, kind, openid, data, cause=cause, at=svc.now())

    def settle(self) -> None:
        """Until nothing waits in the queues any more."""
        while self.house.work():
            pass

    def later(self, seconds: int) -> None:
        """So much later, with a tick and the work that it starts."""
        self.house.advance(seconds)
        endpoints.start_due(self.house.svc)
        crm.start_farewells(self.house.svc)
        self.settle()

    def sync(self, again: bool = False) -> crm.Fill:
        svc, tea = self.house.svc, self.house.tea
        crm.begin(svc, tea, self.endpoint_id, again=again)
        self.settle()
        return crm.state(svc, tea, self.endpoint_id)

    def change_mapping(self, **more: Any) -> None:
        known = endpoints.find(self.house.svc, self.house.tea, self.endpoint_id)
        endpoints.save(
            self.house.svc, self.house.tea, kind=self.kind, label=known.label, url=known.url, wants=known.wants,
            fields=fields(self.kind, **more), endpoint_id=self.endpoint_id,
        )  # fmt: skip


def beside(house: House, kind: str, **more: Any) -> Crm:
    """`more` are other parts of the mapping."""
    house.svc.outbound = Outbound(frozenset({urlsplit(house.simulator).netloc}))
    for name, told in KEYS.items():
        store_secret(house.svc, f"accounts/tea/crm_{name}", json.dumps(told))
    made = endpoints.save(
        house.svc,
        house.tea,
        kind=kind,
        label=f"CRM {kind}",
        url=f"{house.simulator}/other-systems/{kind}",
        wants=WANTS,
        fields=fields(kind, **more),
    )
    return Crm(house, kind, made.endpoint_id)
