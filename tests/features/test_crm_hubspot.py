"""HubSpot alone: its webhooks and their signature, its ways to refuse, its limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from chalicelib.features import crm, followers
from chalicelib.features.crm.clients import client
from chalicelib.features.crm.trouble import Trouble
from chalicelib.features.endpoints import find
from tests.crm import KEYS, Crm, beside
from tests.crowd import follower, profile
from tests.house import HTTP, House, Json, eventually, logged, store_secret


@pytest.fixture
def hub(house: House) -> Crm:
    for openid in ("alice", "bob"):
        follower(house, openid)
    there = beside(house, "hubspot")
    there.sync()
    there.ask(webhook=address(there), subscribed=["favourite_tea", "member_level", "lastname"])
    return there


def address(hub: Crm) -> str:
    return f"{hub.house.app}/crm/tea/{hub.endpoint_id}"


def fact(hub: Crm, name: str, openid: str = "alice") -> str:
    return str(profile(hub.house, openid).get("facts", {}).get(name, {}).get("value", ""))


def signed(hub: Crm, body: bytes, at: int = 0, secret: str = "", url: str = "") -> dict[str, str]:
    stamp = str((at or hub.house.svc.now()) * 1000)
    text = f"POST{url or address(hub)}".encode() + body + stamp.encode()
    key = (secret or KEYS["hubspot_hook"]["client_secret"]).encode()
    mark = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return {"X-HubSpot-Signature-v3": mark, "X-HubSpot-Request-Timestamp": stamp}


def posts(hub: Crm, body: bytes, headers: dict[str, str]) -> int:
    return HTTP.request("POST", address(hub), body=body, headers=headers).status


def changes(hub: Crm, **more: object) -> Json:
    number = profile(hub.house, "alice")["facts"]["crm_number"]["value"]
    return {
        "eventId": 1,
        "subscriptionType": "contact.propertyChange",
        "objectId": int(number),
        "occurredAt": hub.house.svc.now() * 1000,
        "propertyName": "member_level",
        "propertyValue": "gold",
    } | more


def test_what_somebody_changes_in_hubspot_comes_in(hub: Crm) -> None:
    assert hub.edit("alice", "level", "gold")["status"] == 200
    hub.settle()
    assert fact(hub, "level") == "gold"


def test_a_webhook_that_comes_twice_counts_once_and_an_older_one_not_at_all(hub: Crm) -> None:
    first = hub.edit("alice", "level", "silver", told=False)["changes"]
    hub.house.advance(5)
    second = hub.edit("alice", "level", "gold", told=False)["changes"]
    for told in (second, first, second):
        assert hub.ask("/webhook", changes=told)["status"] == 200
    hub.settle()
    assert fact(hub, "level") == "gold"


def test_many_changes_in_one_webhook_each_count_for_their_own_person(hub: Crm) -> None:
    told = [
        *hub.edit("alice", "level", "gold", told=False)["changes"],
        *hub.edit("bob", "tea", "乌龙", told=False)["changes"],
        *hub.edit("bob", "name", "王", told=False)["changes"],
    ]
    assert hub.ask("/webhook", changes=told)["status"] == 200
    hub.settle()
    assert (fact(hub, "level"), fact(hub, "favourite_tea", "bob")) == ("gold", "乌龙")
    assert "remark" not in profile(hub.house, "bob")  # lastname only goes out


def test_what_we_wrote_ourselves_comes_back_and_changes_nothing(hub: Crm) -> None:
    followers.set_facts(hub.house.svc, hub.house.tea, "alice", {"favourite_tea": "龙井"}, "answer")
    hub.happens("alice", "learnt")
    hub.settle()
    body = json.dumps([changes(hub, propertyName="favourite_tea", propertyValue="龙井")]).encode()
    assert posts(hub, body, signed(hub, body)) == 200
    hub.settle()
    known = profile(hub.house, "alice")["facts"]["favourite_tea"]
    assert (known["value"], known["source"]) == ("龙井", "answer")


def test_only_hubspot_gets_in(hub: Crm) -> None:
    body = json.dumps([changes(hub)]).encode()
    now = hub.house.svc.now()
    for headers in (
        {},
        signed(hub, body, secret="somebody-else"),
        signed(hub, body + b" "),
        signed(hub, body, at=now - 400),
        signed(hub, body, at=now + 400),
        signed(hub, body, url="https://elsewhere.example/crm/tea/x"),
        signed(hub, body) | {"X-HubSpot-Request-Timestamp": "yesterday"},
        signed(hub, body) | {"X-HubSpot-Signature-v3": "!"},
    ):
        assert posts(hub, body, headers) == 403
    hub.settle()
    assert fact(hub, "level") == ""
    assert posts(hub, body, signed(hub, body)) == 200


def test_an_endpoint_that_is_none_or_switched_off_takes_nothing(hub: Crm) -> None:
    for place in ("x", "0" * 12):
        assert HTTP.request("POST", f"{hub.house.app}/crm/tea/{place}", body=b"[]").status == 404


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'"x"', b"[1]", b'[{"objectId": []}]'])
def test_a_signed_body_that_is_no_webhook_is_refused(hub: Crm, body: bytes) -> None:
    assert posts(hub, body, signed(hub, body)) == 400


def test_contacts_that_we_do_not_know_and_other_subscriptions_are_passed_over(hub: Crm) -> None:
    told = [
        changes(hub, objectId=999_999),
        changes(hub, subscriptionType="contact.creation", propertyName=None, propertyValue=None),
        changes(hub, propertyName="email", propertyValue="x@example.com"),
    ]
    body = json.dumps(told).encode()
    assert posts(hub, body, signed(hub, body)) == 200
    hub.settle()
    assert set(profile(hub.house, "alice")["facts"]) == {"crm_number"}


def test_a_contact_that_is_deleted_there_takes_along_what_came_from_there(hub: Crm) -> None:
    hub.edit("alice", "level", "gold")
    hub.edit("alice", "tea", "乌龙")
    hub.settle()
    followers.set_facts(hub.house.svc, hub.house.tea, "alice", {"shoe_size": "42"}, "answer")
    hub.settle()
    body = json.dumps([changes(hub, subscriptionType="contact.privacyDeletion", propertyName=None)]).encode()
    before = hub.calls("upsert")
    assert posts(hub, body, signed(hub, body)) == 200
    hub.settle()
    assert set(profile(hub.house, "alice")["facts"]) == {"shoe_size"}
    assert hub.calls("upsert") == before  # which would make the contact anew


def test_a_batch_with_partial_errors_names_those_who_failed(hub: Crm) -> None:
    hub.ask(multi_status=True, properties=hub.ask()["properties"] | {"favourite_tea": "龙井|乌龙"})
    followers.set_facts(hub.house.svc, hub.house.tea, "bob", {"favourite_tea": "可乐"}, "answer")
    hub.settle()
    before = hub.calls("batch/upsert")
    done = hub.sync(again=True)
    assert (done.sent, done.refused) == (1, 1)
    assert hub.calls("batch/upsert") == before + 1


def test_a_token_that_was_revoked_is_told_in_words_and_mended_by_another(hub: Crm) -> None:
    hub.ask(token="pat-na1-another")
    hub.happens("alice", "one")
    hub.settle()
    followers.change(hub.house.svc, hub.house.tea, "alice", lambda _: {"remark": "老顾客"})

    store_secret(hub.house.svc, "accounts/tea/crm_hubspot", '{"token": "pat-na1-another"}')
    hub.house.svc.secrets._known.clear()
    hub.later(300)
    assert hub.knows("alice", "name") == "老顾客"


def test_a_scope_that_is_missing_is_told_in_words(hub: Crm) -> None:
    hub.ask(scopes=["crm.objects.contacts.read"])
    done = _once(hub)
    assert "scope" in done


def _once(hub: Crm) -> str:
    """Why the present page of a sync waits."""
    endpoint = find(hub.house.svc, hub.house.tea, hub.endpoint_id)
    theirs = client(hub.house.svc, hub.house.tea, endpoint, crm.read(endpoint.fields))
    with pytest.raises(Trouble) as trouble:
        theirs.remove("alice")
    assert trouble.value.retry
    return str(trouble.value)


def test_ten_seconds_too_many_are_waited_for_as_long_as_they_say(hub: Crm) -> None:
    hub.ask(per_ten_seconds=1)
    for number in range(3):
        hub.happens("alice", f"one-{number}")
        hub.settle()
    hub.ask(per_ten_seconds=100)
    followers.change(hub.house.svc, hub.house.tea, "alice", lambda _: {"remark": "老顾客"})
    hub.later(300)
    assert hub.knows("alice", "name") == "老顾客"


def test_no_log_line_holds_a_token_an_openid_or_what_a_person_said(hub: Crm) -> None:
    with logged() as written:
        hub.ask(down=True)
        hub.happens("alice", "one")
        hub.settle()
        hub.ask(down=False, properties=hub.ask()["properties"] | {"lastname": "lead|customer"})
        followers.change(hub.house.svc, hub.house.tea, "alice", lambda _: {"remark": "老顾客"})
        hub.later(300)
        hub.sync(again=True)
        assert eventually(lambda: True)
    text = written.getvalue()
    assert not [one for one in ("pat-na1", "alice", "老顾客", "client-secret") if one in text]
