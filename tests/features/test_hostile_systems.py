"""What other systems send, answer or are named must not harm us, nor lead what is ours to somebody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from chalicelib.errors import BadInput
from chalicelib.features import arrivals, crm, endpoints, events, followers, token_source, tokens
from chalicelib.features.endpoints import endpoint as store
from chalicelib.features.endpoints import senders
from chalicelib.outbound import Answer
from tests.automating import happens, running
from tests.crm import Crm, beside
from tests.crowd import follower
from tests.features.test_endpoints import pass_time, say, texts
from tests.house import House, logged
from tests.receiver import Receiver, hook, receiving

ELSEWHERE = "https://crm.evil.example"


@pytest.fixture
def shop(house: House) -> Iterator[Receiver]:
    with receiving(house) as receiver:
        yield receiver


def custom(openid: str, event_id: str, **fields: Any) -> arrivals.Arrival:
    told = {"id": event_id, "kind": "custom", "person": {"openid": openid}, "name": "x", "fields": fields}
    found: arrivals.Arrival = msgspec.convert(told, arrivals.Arrival)
    return found


class Elsewhere:
    """Stands for all of the net: remembers what it was sent, and takes everything."""

    def __init__(self, body: bytes = b"{}") -> None:
        self.got: list[tuple[str, Any]] = []
        self._body = body

    def send(self, method: str, url: str, body: bytes = b"", headers: Any = None, timeout: float = 5) -> Answer:
        self.got.append((url, (body, headers)))
        return Answer(200, {}, self._body)


def test_an_event_that_breaks_its_sender_is_tried_for_a_day_and_then_given_up_in_sight(
    house: House, shop: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = hook(house, shop)
    whole = senders.SENDERS["webhook"]

    def breaks(svc: Any, account: Any, endpoint: Any, told: list[events.Event]) -> None:
        if told[0].data["text"] == "no. 1":
            raise KeyError("properties")
        whole(svc, account, endpoint, told)

    monkeypatch.setitem(senders.SENDERS, "webhook", breaks)
    say(house, 1)
    say(house, 2)
    say(house, 3, "bob")  # that one works keeps the endpoint on

    house.work()
    assert texts(shop, "bob") == ["no. 3"]
    for hour in range(28):
        say(house, 10 + hour, "bob")
        pass_time(house, 3600, 3600)

    assert texts(shop) == ["no. 2"]
    ((dead,), _) = endpoints.given_up(house.svc, house.tea, endpoint.endpoint_id, "", 10)
    assert "KeyError" in dead.reason and dead.kind == "said"
    monkeypatch.setitem(senders.SENDERS, "webhook", whole)
    assert endpoints.redeliver(house.svc, house.tea, endpoint.endpoint_id, [dead.event_id]) == 1
    house.work()
    assert texts(shop) == ["no. 2", "no. 1"]


def test_what_is_too_much_for_one_request_to_the_bus_goes_in_several(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints.save(house.svc, house.tea, kind="bus", label="EventBridge", wants={"custom": []})
    told: list[list[Any]] = []
    monkeypatch.setattr(house.svc.bus, "put", lambda source, entries: told.append(list(entries)))
    house.phone("alice", "follow")
    largest = {f"{number:040d}": "😀" * 500 for number in range(20)}
    arrivals.take(house.svc, house.tea, [custom("alice", f"e{number}", **largest) for number in range(9)])
    house.work()

    assert sum(map(len, told)) == 9
    assert all(sum(len(entry[2].encode()) for entry in entries) < 256 * 1024 for entries in told)


def test_a_number_that_nobody_can_read_is_refused_and_the_largest_arrives(house: House, shop: Receiver) -> None:
    hook(house, shop, "custom")
    house.phone("alice", "follow")
    for number in (2**63, -(2**63) - 1, 10**5000):
        with pytest.raises(msgspec.ValidationError):
            custom("alice", "huge", n=number)
    arrivals.take(house.svc, house.tea, [custom("alice", "large", n=2**63 - 1, f=1e308)])
    house.work()
    assert [one["data"]["fields"] for one in shop.taken] == [{"n": 2**63 - 1, "f": 1e308}]


def test_an_order_and_an_event_of_the_same_id_are_two_things(house: House, shop: Receiver) -> None:
    hook(house, shop, "custom", "ordered")
    house.phone("alice", "follow")
    bought: arrivals.Arrival = msgspec.convert(
        {"id": "7", "kind": "purchase", "person": {"openid": "alice"}, "order_id": "7", "fen": 100}, arrivals.Arrival
    )
    outcomes = [
        *arrivals.take(house.svc, house.tea, [bought]),
        *arrivals.take(house.svc, house.tea, [custom("alice", "7")]),
    ]
    again = [
        *arrivals.take(house.svc, house.tea, [bought]),
        *arrivals.take(house.svc, house.tea, [custom("alice", "7")]),
    ]
    house.work()

    assert [one.outcome for one in (*outcomes, *again)] == ["taken", "taken", "repeated", "repeated"]
    assert sorted(one["kind"] for one in shop.taken) == ["custom", "ordered"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("attribute_changed", {"attribute": "phone", "value": "13800138000", "source": "answer"}),
        ("attribute_changed", {"attribute": "nickname", "value": "张三丰", "source": "h5"}),
        ("attribute_changed", {"attribute": "member", "value": 13800138000, "source": "crm"}),
        (
            "custom",
            {"name": "asked", "fields": {"name": "张三丰", "message": "张三丰", "phone": 13800138000, "ok": True}},
        ),
        ("automation", {"automation_id": "a", "step_id": "1", "fields": {"reason": "张三丰", "type": "13800138000"}}),
        ("said", {"text": "张三丰", "type": "text"}),
        ("voted", {"poll_id": "p", "options": [["张三丰"]]}),
    ],
)
def test_nothing_of_a_person_is_left_in_what_an_operator_sees_of_a_delivery(
    house: House, shop: Receiver, kind: str, data: dict[str, Any]
) -> None:
    endpoint = hook(house, shop, kind)
    shop.answers = lambda _: 410
    events.publish(house.svc, house.tea, kind, "alice", data, cause="1", at=house.svc.now())
    house.work()

    ((kept,), _) = endpoints.last_deliveries(house.svc, house.tea, endpoint.endpoint_id, "", 10)
    ((dead,), _) = endpoints.given_up(house.svc, house.tea, endpoint.endpoint_id, "", 10)
    for body in (kept.body, dead.body):
        assert "张三" not in body and "13800138" not in body and "alice" not in body and "true" not in body
    seen, sent = json.loads(kept.body)["data"], shop.got[0].event["data"]
    assert seen.keys() == sent.keys() == data.keys()
    for plain in ("attribute", "source", "poll_id", "automation_id"):
        assert seen.get(plain) == data.get(plain)


@pytest.mark.parametrize("kind", ["hubspot", "salesforce"])
def test_a_crm_is_not_somewhere_else(house: House, kind: str) -> None:
    made = beside(house, kind)
    known = endpoints.find(house.svc, house.tea, made.endpoint_id)
    homes = {"hubspot": "https://api.hubapi.com", "salesforce": "https://brand--uat.sandbox.my.salesforce.com"}
    told: dict[str, Any] = {"kind": kind, "label": "x", "wants": {"left": []}, "fields": known.fields}
    for url in (ELSEWHERE, "https://hubapi.com.evil.example", "https://notmy.salesforce.com", "https://salesforce.com"):
        with pytest.raises(BadInput, match=r"hubapi\.com|my\.salesforce\.com"):
            endpoints.save(house.svc, house.tea, url=url, **told)
        with pytest.raises(BadInput):
            endpoints.save(house.svc, house.tea, url=url, endpoint_id=made.endpoint_id, **told)
    endpoints.save(house.svc, house.tea, url=homes[kind], **told)


def led_astray(house: House, made: Crm, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody who can write to the table, or an older version, would have left the endpoint."""
    store.change(house.svc, house.tea, made.endpoint_id, {"address": ELSEWHERE}, where="#enabled = :yes", yes=True)
    monkeypatch.setattr(house.svc.outbound, "send", elsewhere.send)


@pytest.mark.parametrize("kind", ["hubspot", "salesforce"])
def test_the_keys_of_a_crm_go_nowhere_else(house: House, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made, elsewhere = beside(house, kind, leaving="remove"), Elsewhere()
    house.phone("alice", "follow")
    made.settle()
    led_astray(house, made, elsewhere, monkeypatch)
    house.svc._cache.clear()
    made.happens("alice", "1")
    made.settle()
    crm.begin(house.svc, house.tea, made.endpoint_id)
    made.settle()
    house.phone("alice", "unfollow")
    made.later(120)

    assert elsewhere.got == []
    assert crm.state(house.svc, house.tea, made.endpoint_id).state == "failed"


def test_salesforce_sends_its_token_to_no_other_instance(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    made = beside(house, "salesforce")
    house.phone("alice", "follow")
    elsewhere = Elsewhere(json.dumps({"access_token": "t", "instance_url": ELSEWHERE}).encode())
    monkeypatch.setattr(house.svc.outbound, "send", elsewhere.send)
    house.svc._cache.clear()
    made.happens("alice", "1")
    with logged() as written:
        made.settle()

    assert elsewhere.got and all(url.endswith("/services/oauth2/token") for url, _ in elsewhere.got)
    assert "consumer-secret" not in written.getvalue()


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{", b'{"results": 1}', b"\xff", b'[{"success": true}]'])
@pytest.mark.parametrize("kind", ["hubspot", "salesforce"])
def test_a_crm_that_answers_nonsense_is_tried_again(
    house: House, kind: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = beside(house, kind)
    house.phone("alice", "follow")
    made.settle()
    with monkeypatch.context() as astray:
        astray.setattr(house.svc.outbound, "send", Elsewhere(body).send)
        house.svc._cache.clear()
        made.happens("alice", "1")
        made.settle()
    calls = made.calls("upsert") + made.calls("composite")
    house.svc._cache.clear()
    made.later(600)
    made.later(600)
    assert made.calls("upsert") + made.calls("composite") > calls


def test_a_mapping_cannot_make_a_phone_number_an_id(house: House) -> None:
    with pytest.raises(BadInput, match="record_id"):
        beside(house, "hubspot", record_id="phone")


def test_where_ten_attributes_are_ids_already_a_crm_is_told_all_the_same(house: House) -> None:
    made = beside(house, "hubspot")
    followers.ids.mark(house.svc, house.tea, [f"id_{number}" for number in range(10)])
    house.phone("alice", "follow")
    made.settle()
    assert "alice" in made.people()
    assert endpoints.given_up(house.svc, house.tea, made.endpoint_id, "", 10) == ([], "")
    assert endpoints.find(house.svc, house.tea, made.endpoint_id).failures == 0


@pytest.mark.parametrize(
    "body", [b'{"access_token": "\xff", "expires_in": 7200}', b'{"access_token": "a\\nb", "expires_in": 7200}']
)
def test_a_token_service_that_answers_nonsense_is_down(house: House, body: bytes) -> None:
    with pytest.raises(token_source.ServiceDown):
        token_source.ask_at(Elsewhere(body), "https://tokens.example.com/", "k" * 20, "wx1")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["hubspot", "salesforce"])
def test_who_is_erased_while_a_crm_is_switched_off_is_erased_there_too(house: House, kind: str) -> None:
    made = beside(house, kind, leaving="remove")
    house.phone("alice", "follow")
    house.phone("bob", "follow")
    made.settle()
    known = endpoints.find(house.svc, house.tea, made.endpoint_id)
    store.switch_off(house.svc, house.tea, known, "it was down for more than a day")
    house.phone("alice", "unfollow")
    made.later(120)
    assert made.people().keys() == {"bob"}

    made.change_mapping()  # which switches it on; now records are kept
    known = endpoints.find(house.svc, house.tea, made.endpoint_id)
    store.switch_off(house.svc, house.tea, known, "by hand")
    calls = len(made.ask()["calls"])
    house.phone("bob", "unfollow")
    made.later(120)
    assert len(made.ask()["calls"]) == calls


@pytest.mark.parametrize("value", ["{event.text|x}", "{facts.typed|x}", "no {name|x}"])
def test_nobody_becomes_another_customer_by_typing_their_number(house: House, value: str) -> None:
    tokens.refresh_all(house.svc)
    followers.ids.mark(house.svc, house.tea, ["crm_id"])
    when = {"kind": "said", "keyword": "C-42"}
    running(house, {"do": "attribute", "attribute": "typed", "value": "{event.text|x}"},
            {"do": "attribute", "attribute": "crm_id", "value": value}, when=when)  # fmt: skip
    follower(house, "mallory")
    happens(house, "mallory", "said", {"text": "C-42", "type": "text"}, "1")
    house.work()

    facts = (followers.profile(house.svc, house.tea, "mallory") or {}).get("facts", {})
    assert facts["typed"]["value"] == "C-42" and "crm_id" not in facts
    assert followers.ids.whose(house.svc, house.tea, "crm_id", "C-42") is None
