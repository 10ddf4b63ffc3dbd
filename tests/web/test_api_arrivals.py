"""POST /api/{account}/events: what a shop or a CRM tells, checked, matched, and counted once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest

from chalicelib.errors import Unavailable
from chalicelib.features import arrivals, events, followers
from chalicelib.features.arrivals import taking
from chalicelib.features.identities import unions
from tests.crowd import follower, profile
from tests.house import House, Json
from tests.signing_in import bind
from tests.web.asking import Answer, Api, refused
from tests.web.operating import everything

ALICE = {"openid": "alice"}


@pytest.fixture
def shop(house: House) -> House:
    for openid in ("alice", "bob"):
        follower(house, openid)
    return house


@pytest.fixture
def till(shop: House) -> Api:
    return Api(shop, "events:write")


@pytest.fixture
def told(shop: House) -> Iterator[list[Json]]:
    """What was published, as whoever asks for everything would hear it."""
    heard: list[Json] = []

    def hear(svc: Any, account: Any, kind: str, openid: str, data: Json, **more: Any) -> None:
        heard.append({"kind": kind, "openid": openid, "data": data, **more})

    with mock.patch.object(events, "publish", hear):
        yield heard


def purchase(number: str = "7", **more: Any) -> Json:
    event = {"id": f"event-{number}", "kind": "purchase", "person": ALICE, "order_id": f"order-{number}", "fen": 8900}
    return event | more


def attributes(number: str = "1", **more: Any) -> Json:
    told = {"favourite_tea": "龙井"}
    return {"id": f"event-{number}", "kind": "attributes", "person": ALICE, "attributes": told} | more


def outcomes(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [item["outcome"] for item in answer.body["items"]]


def whys(answer: Answer) -> list[str]:
    return [item.get("why", "") for item in answer.body["items"]]


def fact(shop: House, name: str, openid: str = "alice") -> Any:
    return profile(shop, openid).get("facts", {}).get(name, {}).get("value")


def spent(shop: House, openid: str = "alice") -> tuple[int, int]:
    known = profile(shop, openid)
    return known.get("orders", 0), known.get("spent", 0)


def test_a_purchase_is_counted(shop: House, till: Api) -> None:
    assert outcomes(till("POST", "/events", purchase())) == ["taken"]
    assert spent(shop) == (1, 8900)


def test_a_batch_says_of_each_event_what_became_of_it(shop: House, till: Api) -> None:
    batch = [
        purchase("1"),
        purchase("2", fen=-1),
        purchase("3", person={"openid": "stranger"}),
        attributes("4"),
        {"id": "5", "kind": "wedding", "person": ALICE},
        {"id": "6", "kind": "custom", "person": ALICE, "name": "booked", "fields": {"seats": 2, "vip": True}},
        "what?",
    ]

    answer = till("POST", "/events", {"events": batch})

    assert outcomes(answer) == ["taken", "refused", "not_matched", "taken", "refused", "taken", "refused"]
    assert [item["id"] for item in answer.body["items"]] == ["event-1", "event-2", "event-3", "event-4", "5", "6", ""]
    for why in (whys(answer)[1], whys(answer)[4], whys(answer)[6]):
        zh, _, en = why.partition("。")
        assert zh and en.isascii() and en.endswith("."), why
    assert "fen" in whys(answer)[1]


def test_a_stranger_is_never_made(shop: House, till: Api) -> None:
    before = everything(shop, "audit#", "api_token#")
    for person in ({"openid": "stranger"}, {"unionid": "nobody"}, {"openid": "../x"}):
        assert outcomes(till("POST", "/events", purchase(person=person))) == ["not_matched"]
    assert everything(shop, "audit#", "api_token#") == before


def test_who_has_left_is_not_matched(shop: House, till: Api) -> None:
    followers.leaving.leave(shop.svc, shop.tea, "alice", shop.svc.now())
    assert outcomes(till("POST", "/events", purchase())) == ["not_matched"]


@pytest.mark.parametrize(
    "person", [{}, {"openid": "alice", "unionid": "u"}, {"by": "crm_id"}, {"is": "C-42"}, {"by": "crm_id", "is": "C"}]
)
def test_a_person_is_told_in_one_way(till: Api, person: Json) -> None:
    answer = till("POST", "/events", purchase(person=person))
    assert outcomes(answer) == ["refused"]


def test_a_person_is_matched_by_unionid_and_by_an_id_of_another_system(shop: House, till: Api) -> None:
    bind(shop, "tea")
    unions.keep(shop.svc, shop.tea, "bob", "union-of-bob", "sync")
    followers.ids.mark(shop.svc, shop.tea, ["crm_id"])
    followers.set_facts(shop.svc, shop.tea, "alice", {"crm_id": "C-42"}, "crm")

    by_union = purchase("1", person={"unionid": "union-of-bob"})
    by_id = purchase("2", person={"by": "crm_id", "is": "C-42"})
    assert outcomes(till("POST", "/events", {"events": [by_union, by_id]})) == ["taken", "taken"]
    assert (spent(shop), spent(shop, "bob")) == ((1, 8900), (1, 8900))


def test_an_id_told_as_an_attribute_matches_from_then_on_and_a_collision_is_told(shop: House, till: Api) -> None:
    Api(shop)("PUT", "/ids", {"ids": ["crm_id"]})
    batch = [
        attributes("1", attributes={"crm_id": "C-42"}),
        attributes("2", person={"by": "crm_id", "is": "C-42"}),
        attributes("3", person={"openid": "bob"}, attributes={"crm_id": "C-42"}),
    ]
    answers = [till("POST", "/events", one) for one in batch]

    assert [outcomes(one)[0] for one in answers] == ["taken", "taken", "refused"]
    assert "already" in whys(answers[2])[0]
    assert fact(shop, "favourite_tea") == "龙井"


def test_the_same_event_in_another_batch_counts_once(shop: House, till: Api, told: list[Json]) -> None:
    custom = {"id": "c", "kind": "custom", "person": ALICE, "name": "booked"}
    till("POST", "/events", {"events": [purchase(), custom]})
    answer = till("POST", "/events", {"events": [custom, purchase(), purchase("8")]})

    assert outcomes(answer) == ["repeated", "repeated", "taken"]
    assert spent(shop) == (2, 17800)
    assert [one["kind"] for one in told].count("custom") == 1


def test_the_same_event_at_the_same_moment_counts_once(shop: House, till: Api) -> None:
    with ThreadPoolExecutor(6) as crew:
        answers = list(crew.map(lambda _: till("POST", "/events", purchase()), range(6)))
    assert {outcomes(one)[0] for one in answers} <= {"taken", "repeated"}
    assert spent(shop) == (1, 8900)


def test_a_batch_that_is_sent_again_with_its_key_gets_the_same_answer(shop: House, till: Api) -> None:
    first = till("POST", "/events", {"events": [purchase()]}, **{"Idempotency-Key": "batch-1"})
    again = till("POST", "/events", {"events": [purchase()]}, **{"Idempotency-Key": "batch-1"})
    assert first == again
    assert outcomes(again) == ["taken"]


def test_a_refund_counts_whenever_it_arrives(shop: House, till: Api) -> None:
    now = shop.svc.now()
    paid = purchase("1", order_id="o", at=now - 900)
    refund = purchase("2", order_id="o", at=now - 900, fen=1000, changed=now - 60)
    assert outcomes(till("POST", "/events", {"events": [refund, paid]})) == ["taken", "older"]
    assert spent(shop) == (1, 1000)


def test_attributes_become_facts_with_their_source(shop: House, till: Api) -> None:
    till("POST", "/events", attributes(attributes={"favourite_tea": "龙井", "points": 120, "vip": True}))
    known = profile(shop, "alice")["facts"]
    assert {name: one["value"] for name, one in known.items()} == {"favourite_tea": "龙井", "points": 120, "vip": True}
    assert {one["source"] for one in known.values()} == {"crm"}


def test_of_two_changes_the_later_counts_in_whatever_order_they_arrive(shop: House, till: Api) -> None:
    now = shop.svc.now()
    newer = attributes("2", attributes={"level": "gold"}, at=now - 10)
    older = attributes("1", attributes={"level": "silver"}, at=now - 500)
    assert outcomes(till("POST", "/events", {"events": [newer, older]})) == ["taken", "older"]
    assert fact(shop, "level") == "gold"


def test_an_attribute_is_taken_away_by_null_unless_something_newer_is_known(shop: House, till: Api) -> None:
    now = shop.svc.now()
    till("POST", "/events", attributes("1", attributes={"level": "gold", "points": 5}, at=now - 100))
    late = attributes("2", attributes={"level": None}, at=now - 200)
    assert outcomes(till("POST", "/events", late)) == ["older"]
    assert outcomes(till("POST", "/events", attributes("3", attributes={"points": None}, at=now))) == ["taken"]
    assert (fact(shop, "level"), fact(shop, "points")) == ("gold", None)


def test_a_phone_number_needs_the_persons_consent(shop: House, till: Api) -> None:
    phone = {"attributes": {"phone": "13800138000"}}
    assert "consent" in whys(till("POST", "/events", attributes("1", **phone)))[0]
    agreed = {"consent": {"at": shop.svc.now(), "text": "同意茶铺保存我的电话"}}
    assert outcomes(till("POST", "/events", attributes("2", **phone, **agreed))) == ["taken"]
    assert profile(shop, "alice")["facts"]["phone"]["consent"]["text"] == "同意茶铺保存我的电话"


def test_gender_is_never_taken_from_others(till: Api) -> None:
    assert outcomes(till("POST", "/events", attributes(attributes={"gender": "f"}))) == ["refused"]


def test_whoever_asks_is_told_of_a_custom_event(shop: House, till: Api, told: list[Json]) -> None:
    fields = {"table": "靠窗", "guests": 2, "price": 12.5}
    till(
        "POST", "/events", {"id": "b-1", "kind": "custom", "person": ALICE, "name": "booked", "fields": fields, "at": 7}
    )
    assert told == [
        {
            "kind": "custom",
            "openid": "alice",
            "data": {"name": "booked", "fields": fields},
            "cause": "b-1",
            "at": 7,
            "about": "booked",
        }
    ]


def test_one_event_alone_that_makes_no_sense_is_a_bad_request(till: Api) -> None:
    bodies: tuple[Any, ...] = (
        {},
        {"id": "1"},
        purchase(fen="a lot"),
        purchase(id=""),
        {"events": []},
        {"events": "x"},
        b"[]",
        b"{",
    )
    for body in bodies:
        refused(till("POST", "/events", body), 400)


def test_more_than_a_hundred_are_refused_whole(shop: House, till: Api) -> None:
    batch = [purchase(str(number)) for number in range(101)]
    assert "100" in refused(till("POST", "/events", {"events": batch}), 400)
    assert spent(shop) == (0, 0)


def test_a_hundred_of_one_person_and_of_many_are_taken(shop: House, till: Api) -> None:
    batch = [purchase(str(number), person={"openid": ("alice", "bob")[number % 2]}) for number in range(100)]
    assert outcomes(till("POST", "/events", {"events": batch})) == ["taken"] * 100
    assert (spent(shop), spent(shop, "bob")) == ((50, 445_000), (50, 445_000))


def test_what_lies_in_the_future_is_refused(shop: House, till: Api) -> None:
    answer = till("POST", "/events", purchase(at=shop.svc.now() + 3600))
    assert outcomes(answer) == ["refused"]


def test_when_something_is_down_the_batch_may_be_sent_again_and_none_counts_twice(shop: House, till: Api) -> None:
    real = followers.note_order

    def sometimes(svc: Any, account: Any, openid: str, order_id: str, *rest: Any) -> Any:
        if order_id == "order-2":
            raise Unavailable("表暂时不可用。The table is away.")
        return real(svc, account, openid, order_id, *rest)

    batch = {"events": [purchase("1"), purchase("2"), purchase("3")]}
    key = {"Idempotency-Key": "k"}
    with mock.patch.object(followers, "note_order", sometimes):
        assert till("POST", "/events", batch, **key).status == 503
    assert outcomes(till("POST", "/events", batch, **key)) == ["repeated", "taken", "taken"]
    assert spent(shop) == (3, 26_700)


def test_a_worker_killed_before_it_took_note_loses_nothing(shop: House, till: Api) -> None:
    real = shop.svc.table.put_new

    def killed(item: Json) -> Any:
        if item["sk"].startswith("arrival#"):
            raise KeyboardInterrupt
        return real(item)

    with mock.patch.object(shop.svc.table, "put_new", killed), pytest.raises(KeyboardInterrupt):
        taking.take(shop.svc, shop.tea, [_purchase()])
    assert [one.outcome for one in taking.take(shop.svc, shop.tea, [_purchase()])] == ["taken"]
    assert spent(shop) == (1, 8900)


def _purchase() -> Any:
    return arrivals.Purchase(id="1", person=arrivals.Person(openid="alice"), order_id="o", fen=8900)


def test_a_token_for_something_else_may_not_tell(shop: House) -> None:
    assert "events:write" in refused(Api(shop, "followers:write")("POST", "/events", purchase()), 403)


def test_another_accounts_people_are_not_matched(shop: House, till: Api) -> None:
    assert outcomes(till("POST", "/events", purchase(), alias="leaf")) == ["not_matched"]


def test_who_is_erased_leaves_no_trace_of_what_was_told(shop: House, till: Api) -> None:
    till("POST", "/events", purchase())
    followers.erase(shop.svc, shop.tea, "alice")
    kinds = [item["sk"]["S"] for item in everything(shop) if item["pk"]["S"] == "person#tea#alice"]
    assert kinds == []


def test_ids_are_listed_and_marked_by_an_admin_alone(shop: House) -> None:
    assert Api(shop, "integrations:read")("GET", "/ids").body == {"items": [], "cursor": ""}
    assert Api(shop, "integrations:read")("PUT", "/ids", {"ids": ["crm_id"]}).status == 403
    assert Api(shop, "integrations:write")("PUT", "/ids", {"ids": ["crm_id"]}).body["items"] == ["crm_id"]
    assert "phone" in refused(Api(shop)("PUT", "/ids", {"ids": ["phone"]}), 400)
