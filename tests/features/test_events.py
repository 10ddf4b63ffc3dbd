"""What happens is told once for each cause, to whoever asks; and costs nothing where nobody does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import jsonschema
import pytest

from chalicelib import outbound
from chalicelib.aws import session
from chalicelib.errors import BadInput
from chalicelib.features import events, followers, polls, reactions, tags, templates, tokens
from chalicelib.features.events import kinds
from chalicelib.features.events.event import KINDS, event_id
from chalicelib.features.followers import telling
from tests import polling
from tests.house import NOTICE, House, Json, eventually
from tests.receiver import Receiver, hook, receiving

EVERY = tuple(kinds.DATA)


@pytest.fixture
def crm(house: House) -> Iterator[Receiver]:
    """Told of everything."""
    with receiving(house) as receiver:
        hook(house, receiver, *EVERY)
        yield receiver


def told(house: House, crm: Receiver) -> list[tuple[str, Json]]:
    """(kind, data) of what came since the last time; each fits its schema, with no field that the schema lacks."""
    house.work()
    found = [one.event for one in crm.got]
    crm.got.clear()
    for event in found:
        schema = kinds.schema(event["kind"])
        schema["properties"]["data"]["additionalProperties"] = False
        jsonschema.validate(event, schema | {"additionalProperties": False})
    return [(event["kind"], event["data"]) for event in found]


def test_what_a_person_does_is_told_in_the_words_of_its_schema(house: House, crm: Receiver) -> None:
    house.phone("alice", "scan", scene="stand_12")
    assert sorted(told(house, crm)) == [
        ("followed", {"found_by": "code", "scene": "stand_12"}),
        ("scanned", {"scene": "stand_12"}),
    ]
    house.says("alice", "您好")
    house.phone("alice", "tap", key="MENU")
    house.phone("alice", "scan", scene="stand_3")
    house.phone("alice", "event", Event="VIEW", EventKey="https://shop.example.com/tea")
    house.phone("alice", "unfollow")
    assert told(house, crm) == [
        ("said", {"text": "您好", "type": "text"}),
        ("clicked", {"key": "MENU"}),
        ("scanned", {"scene": "stand_3"}),
        ("viewed", {"url": "https://shop.example.com/tea"}),
        ("left", {}),
    ]


def test_tags_attributes_and_consents_are_told_whoever_changes_them(house: House, crm: Receiver) -> None:
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    tag_id = tags.create(house.svc, house.tea, "熟客").tag_id
    told(house, crm)

    tags.tag_person(house.svc, house.tea, "alice", add=[tag_id])
    tags.tag_one(house.svc, house.tea, "alice", tag_id)
    tags.tag_person(house.svc, house.tea, "alice", remove=[tag_id])
    assert told(house, crm) == [
        ("tagged", {"tag_id": tag_id, "tag": "熟客"}),
        ("untagged", {"tag_id": tag_id, "tag": "熟客"}),
    ]
    consent = followers.Consent(at=house.svc.now(), text="送货用。For deliveries.")
    for _ in range(2):
        followers.set_facts(house.svc, house.tea, "alice", {"level": 3, "phone": "13800138000"}, "answer", consent)
    followers.forget_fact(house.svc, house.tea, "alice", "phone")
    assert told(house, crm) == [
        ("attribute_changed", {"attribute": "level", "value": 3, "source": "answer"}),
        ("attribute_changed", {"attribute": "phone", "value": "13800138000", "source": "answer"}),
        ("consent_changed", {"what": "phone", "given": True}),
        ("attribute_changed", {"attribute": "phone", "value": None, "source": ""}),
        ("consent_changed", {"what": "phone", "given": False}),
    ]
    fields = {"OpenID": "alice", "FromUserName": "oPlatform", "RevokeInfo": "205"}
    house.phone("alice", "event", Event="user_authorization_revoke", **fields)
    assert ("consent_changed", {"what": "profile", "given": False}) in told(house, crm)


def test_an_order_is_told_once_and_another_amount_as_its_correction(house: House, crm: Receiver) -> None:
    house.phone("alice", "follow")
    told(house, crm)

    for fen, changed in ((8900, 0), (8900, 0), (5000, house.svc.now()), (8900, 1_700_000_000)):
        followers.note_order(house.svc, house.tea, "alice", "order-7", fen, 1_700_000_000, changed)
    followers.note_order(house.svc, house.tea, "alice", "order-8", 0, 1_700_000_000)

    assert told(house, crm) == [
        ("ordered", {"order_id": "order-7", "fen": 8900}),
        ("ordered", {"order_id": "order-7", "fen": 5000, "correction": True}),
    ]


def test_a_vote_and_what_became_of_a_message_are_told(house: House, crm: Receiver) -> None:
    tokens.refresh_all(house.svc)
    house.phone("alice", "follow")
    asks = polling.poll(house)
    told(house, crm)

    polls.vote(house.svc, house.tea, asks, "alice", [[0], [1, 2]])
    time.sleep(2.1)
    options = [["龙井"], ["绿豆糕", "什么都不要"]]
    assert told(house, crm) == [("voted", {"poll_id": asks.poll_id, "options": options})]

    words = {"thing1": "x"}
    templates.order(house.svc, house.tea, openid="alice", template_id=NOTICE, data=words, once="order-7")
    house.work()
    assert eventually(lambda: templates.find(house.svc, house.tea, "alice", "order-7")["stage"] == "delivered")
    outcome = {"message": "template", "once": "order-7", "outcome": "delivered", "reason": "success"}
    assert eventually(lambda: told(house, crm) == [("delivered", outcome)])


def test_who_dies_between_a_change_and_its_telling_has_it_told_by_the_next(house: House, crm: Receiver) -> None:
    house.phone("alice", "follow")
    told(house, crm)
    with mock.patch.object(telling, "tell", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        followers.set_facts(house.svc, house.tea, "alice", {"level": 3}, "answer")
    assert told(house, crm) == []

    followers.set_facts(house.svc, house.tea, "alice", {"level": 3}, "answer")
    followers.set_facts(house.svc, house.tea, "alice", {"level": 4}, "answer")

    assert [data["value"] for _, data in told(house, crm)] == [3, 4]
    assert "untold" not in (followers.profile(house.svc, house.tea, "alice") or {})


def test_many_changes_at_once_are_each_told_once(house: House, crm: Receiver) -> None:
    house.phone("alice", "follow")
    told(house, crm)
    with ThreadPoolExecutor(6) as crew:
        list(
            crew.map(lambda n: followers.set_facts(house.svc, house.tea, "alice", {f"fact{n}": n}, "answer"), range(6))
        )
    house.work()
    ids = [one.event["id"] for one in crm.got]
    assert len(ids) == len(set(ids))
    assert sorted(data["value"] for _, data in told(house, crm)) == list(range(6))


def test_an_operator_who_scans_to_sign_in_is_nobodys_business(house: House, crm: Receiver) -> None:
    house.phone("alice", "follow")
    told(house, crm)
    house.phone("alice", "scan", scene="console_" + "0" * 40)
    assert told(house, crm) == []


def test_an_id_is_of_the_cause_alone() -> None:
    ids = {
        event_id(*parts) for parts in (("tea", "said", "a", "7"), ("tea", "said", "a7", ""), ("leaf", "said", "a", "7"))
    }
    assert len(ids) == 3
    assert event_id("tea", "said", "alice", "7") == event_id("tea", "said", "alice", "7")
    assert len(ids.pop()) == 32


@pytest.mark.parametrize(
    ("abouts", "kind", "about", "fits"),
    [
        ([], "said", "x", True),
        (["Tea"], "said", "any TEA?", True),
        (["tea"], "said", "coffee", False),
        (["tea"], "clicked", "tea", True),
        (["tea"], "clicked", "teapot", False),
        (["100"], "tagged", "100", True),
        (["vip"], "custom", "vip", True),
    ],
)
def test_a_wish_names_what_it_is_about(abouts: list[str], kind: str, about: str, fits: bool) -> None:
    assert events.fits(abouts, kind, about) is fits


def test_an_asker_asks_for_kinds_that_exist_and_leaves_the_others_alone(house: House) -> None:
    with pytest.raises(BadInput):
        events.set_interest(house.svc, house.tea, "automations", {"slept": []})
    events.set_interest(house.svc, house.tea, "automations", {"said": ["茶"]})
    events.set_interest(house.svc, house.tea, "endpoints", {"left": []})
    assert events.is_asked(house.svc, house.tea, "said") and events.is_asked(house.svc, house.tea, "left")
    events.set_interest(house.svc, house.tea, "automations", {})
    assert not events.is_asked(house.svc, house.tea, "said") and events.is_asked(house.svc, house.tea, "left")


def test_a_brands_own_integration_is_told_of_everything_and_again_if_it_fails(house: House) -> None:
    heard: list[events.Event] = []

    def ours(svc: Any, event: events.Event) -> None:
        heard.append(event)
        if len(heard) == 1:
            raise ValueError("a bug of the brand's")

    with mock.patch.object(outbound, "INTEGRATIONS", (ours,)):
        house.phone("alice", "follow")
        event = {"id": "0" * 32, "kind": "left", "account": "tea", "at": 1, "openid": "alice"}
        with pytest.raises(reactions.ReactionsFailed):
            reactions.tell(house.svc, house.tea, event)
        reactions.tell(house.svc, house.tea, event)
        house.work()
    assert [one.kind for one in heard] == ["left", "left", "followed"]


def test_every_kind_has_its_schema_and_its_words() -> None:
    assert tuple(kinds.DATA) == KINDS
    for kind, schema in kinds.schemas()["kinds"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["properties"]["kind"] == {"const": kind}
        assert "。" in schema["description"]


def test_telling_nobody_costs_no_request_and_next_to_no_time(house: House) -> None:
    events.set_interest(house.svc, house.tea, "automations", {"clicked": [f"KEY{n}" for n in range(10)]})
    events.is_asked(house.svc, house.tea, "said")
    asked: list[Any] = []
    hooks = [session.client(service).meta.events for service in ("dynamodb", "sqs")]
    for each in hooks:
        each.register("provide-client-params", lambda **told: asked.append(told))

    def once(kind: str, data: Json) -> float:
        began = time.thread_time()
        for number in range(1000):
            events.publish(house.svc, house.tea, kind, "alice", data, cause=str(number), at=number)
        return (time.thread_time() - began) / 1000

    fastest = min(once("said", {"text": "您好", "type": "text"}) for _ in range(5))
    beside = min(once("clicked", {"key": "OTHER"}) for _ in range(5))
    assert asked == []
    assert fastest < 20e-6 and beside < 200e-6, (fastest, beside)
