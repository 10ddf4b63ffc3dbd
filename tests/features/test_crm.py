"""Both CRMs alike: what goes out, what comes in, who wins, the first sync, and what becomes of those who leave."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from chalicelib.errors import BadInput, Conflict, NotFound
from chalicelib.features import alarms, crm, endpoints, followers, tags, tokens
from chalicelib.features.crm import farewells, filling
from chalicelib.features.endpoints import hubspot, salesforce
from tests.crm import Crm, beside
from tests.crowd import follower, profile
from tests.features.test_people_erased import traces
from tests.house import House, Json, store_secret
from tests.web.asking import Api

CRMS = ("hubspot", "salesforce")


@pytest.fixture(params=CRMS)
def there(house: House, request: pytest.FixtureRequest) -> Crm:
    follower(house, "alice", remark="常客")
    return beside(house, request.param)


def learns(there: Crm, openid: str = "alice", source: str = "answer", **values: Any) -> None:
    followers.set_facts(there.house.svc, there.house.tea, openid, values, source)
    there.happens(openid, f"{values} {source}")
    there.settle()


def fact(there: Crm, name: str, openid: str = "alice") -> Json:
    found: Json = profile(there.house, openid).get("facts", {}).get(name, {})
    return found


def comes_in(there: Crm, openid: str = "alice", at: int = 0, number: str = "1", **values: Any) -> str:
    """What the CRM tells of somebody by the API, under its own names: the outcome."""
    told = {there.name[what]: value for what, value in values.items()}
    event = {
        "id": f"in-{number}-{values}",
        "kind": "attributes",
        "person": {"openid": openid},
        "attributes": told,
        "at": at,
        "endpoint": there.endpoint_id,
    }
    answer = Api(there.house, "events:write")("POST", "/events", event)
    there.settle()
    return str(answer.body["items"][0]["outcome"])


# Out


def test_the_crm_holds_who_was_told_of_as_the_mapping_says(there: Crm) -> None:
    followers.note_order(there.house.svc, there.house.tea, "alice", "order-7", 8950, there.house.svc.now())
    there.happens("alice", "one")
    there.settle()

    known = there.people()["alice"]
    assert known[there.name["name"]] == "常客"
    assert str(known[there.name["orders"]]) == "1"
    assert float(known[there.name["spent"]]) == 89.5
    assert str(known[there.name["following"]]).lower() == "true"
    assert known[there.name["since"]].endswith("Z")


def test_nothing_leaves_but_what_is_mapped(there: Crm) -> None:
    agreed = followers.Consent(at=1, text="同意")
    followers.set_facts(there.house.svc, there.house.tea, "alice", {"phone": "13800138000"}, "h5", agreed)
    learns(there, shoe_size="forty-two", level="gold")

    text = str(there.people()["alice"])
    assert "13800138000" not in text
    assert "forty-two" not in text
    assert "gold" not in text  # theirs to say


def test_whoever_follows_and_is_tagged_is_told_by_itself(there: Crm) -> None:
    tokens.refresh_all(there.house.svc)
    there.change_mapping(
        map=[
            {"ours": "remark", "theirs": there.name["name"], "otherwise": "微信关注者"},
            {"ours": "tags", "theirs": there.name["tags"]},
        ]
    )
    there.house.phone("zoe", "follow")
    there.settle()
    assert there.knows("zoe", "name") == "微信关注者"

    tag = tags.create(there.house.svc, there.house.tea, "熟客").tag_id
    tags.tag_people(there.house.svc, there.house.tea, tag, ["zoe"])
    there.house.svc._cache.clear()
    there.happens("zoe", "tagged")
    there.settle()
    assert there.knows("zoe", "tags") == "熟客"


def test_events_told_twice_and_late_leave_what_is_so_now(there: Crm) -> None:
    for cause in ("one", "two", "one"):
        there.happens("alice", cause)
    followers.change(there.house.svc, there.house.tea, "alice", lambda _: {"remark": "老顾客"})
    there.settle()
    assert there.knows("alice", "name") == "老顾客"


def test_a_fact_that_is_forgotten_is_emptied_there_too(there: Crm) -> None:
    there.change_mapping(
        map=[
            {"ours": "remark", "theirs": there.name["name"]},
            {"ours": "shoe_size", "theirs": there.name["tea"]},
        ]
    )
    learns(there, shoe_size="42")
    assert there.knows("alice", "tea") == "42"

    followers.forget_fact(there.house.svc, there.house.tea, "alice", "shoe_size")
    there.happens("alice", "forgotten")
    there.settle()
    assert not there.knows("alice", "tea")


def test_the_crms_own_number_is_kept_as_an_id(there: Crm) -> None:
    there.happens("alice", "one")
    there.settle()
    number = fact(there, "crm_number")["value"]
    found = followers.ids.whose(there.house.svc, there.house.tea, "crm_number", number)
    assert (found or {})["openid"] == "alice"


def test_a_day_without_the_crm_loses_nothing(there: Crm) -> None:
    there.ask(down=True)
    there.happens("alice", "one")
    there.settle()
    for _ in range(8):
        there.later(3 * 3600)
    assert "alice" not in there.people()

    there.ask(down=False)
    for _ in range(3):
        there.later(3700)
    assert there.knows("alice", "name") == "常客"


def test_the_limit_of_their_interface_is_waited_for(there: Crm) -> None:
    there.happens("alice", "one")
    there.settle()
    there.ask(per_day=1)
    followers.change(there.house.svc, there.house.tea, "alice", lambda _: {"remark": "老顾客"})
    there.happens("alice", "two")
    there.settle()
    assert there.knows("alice", "name") == "常客"

    there.ask(per_day=10_000)
    there.later(3700)
    assert there.knows("alice", "name") == "老顾客"


def test_a_record_that_they_refuse_is_given_up_with_the_reason(there: Crm) -> None:
    followers.change(there.house.svc, there.house.tea, "alice", lambda _: {"remark": "常客" * 50})
    if there.kind == "hubspot":
        there.ask(properties=there.ask()["properties"] | {"lastname": "lead|customer"})
    there.happens("alice", "one")
    there.settle()
    (item,) = there.house.svc.table.under("person#tea#alice", "out#", fresh=True)
    assert item["dead_at"]
    assert there.name["name"] in item["reason"]
    assert "常客" not in item["reason"]


# In


def test_what_is_theirs_comes_in_and_wins(there: Crm) -> None:
    learns(there, level="bronze")
    assert comes_in(there, level="gold", at=there.house.svc.now() - 500) == "taken"
    assert (fact(there, "level")["value"], fact(there, "level")["source"]) == ("gold", f"crm:{there.endpoint_id}")


def test_of_their_own_changes_the_later_counts(there: Crm) -> None:
    now = there.house.svc.now()
    assert comes_in(there, level="gold", at=now - 10) == "taken"
    assert comes_in(there, level="silver", at=now - 500) == "older"
    assert fact(there, "level")["value"] == "gold"


def test_of_what_is_shared_whoever_wrote_later_wins(there: Crm) -> None:
    learns(there, favourite_tea="龙井")
    assert there.knows("alice", "tea") == "龙井"
    now = there.house.svc.now()
    assert comes_in(there, tea="乌龙", at=now - 3600) == "older"
    assert fact(there, "favourite_tea")["value"] == "龙井"

    there.house.advance(100)
    assert comes_in(there, tea="普洱", at=now + 50, number="2") == "taken"
    assert fact(there, "favourite_tea")["value"] == "普洱"


def test_what_lost_is_put_right_there_so_that_both_say_the_same(there: Crm) -> None:
    learns(there, favourite_tea="龙井")
    there.edit("alice", "tea", "乌龙", told=False)
    assert comes_in(there, tea="乌龙", at=there.house.svc.now() - 3600) == "older"
    assert there.knows("alice", "tea") == "龙井"


def test_of_the_first_sync_what_may_not_be_kept_takes_nothing_else_along(there: Crm) -> None:
    there.change_mapping(
        map=[
            {"ours": "remark", "theirs": there.name["name"], "otherwise": "微信关注者"},
            {"ours": "phone", "theirs": there.name["phone"], "direction": "in"},
            {"ours": "level", "theirs": there.name["level"], "direction": "in"},
        ]
    )
    there.sync()
    there.edit("alice", "phone", "13800138000", told=False)
    there.edit("alice", "level", "gold", told=False)
    there.sync()
    assert (fact(there, "level").get("value"), fact(there, "phone")) == ("gold", {})


def test_what_came_from_there_is_not_sent_back(there: Crm) -> None:
    there.happens("alice", "one")
    there.settle()
    there.edit("alice", "tea", "乌龙")
    before = there.calls()
    comes_in(there, tea="乌龙", at=there.house.svc.now())
    assert there.calls() == before

    there.edit("alice", "tea", "普洱")  # which we are not told of yet
    there.happens("alice", "two")
    there.settle()
    assert there.knows("alice", "tea") == "普洱"


def test_what_only_goes_out_does_not_come_in(there: Crm) -> None:
    assert comes_in(there, name="Hacked", orders=99) == "ignored"
    assert profile(there.house, "alice")["remark"] == "常客"


def test_an_endpoint_that_is_none_is_refused(there: Crm) -> None:
    there.endpoint_id = "0" * 12
    assert comes_in(there, level="gold") == "refused"


# The first sync


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten people on a page instead of as many as a CRM takes at once."""
    for client in (hubspot.HubSpot, salesforce.Salesforce):
        monkeypatch.setattr(client, "most", 10)


def crowd(there: Crm, number: int) -> list[str]:
    return [follower(there.house, f"guest-{one:03d}", remark=f"客人{one}") for one in range(number)]


@pytest.mark.slow
def test_the_first_sync_brings_everybody_in_pages(there: Crm) -> None:
    people = crowd(there, 130)
    done = there.sync()
    assert (done.state, done.percent, done.looked, done.sent, done.refused) == ("done", 100, 131, 131, 0)
    assert set(there.people()) == {"alice", *people}
    assert there.calls("batch/upsert" if there.kind == "hubspot" else "composite") <= 4


def test_the_first_sync_brings_back_what_the_crm_knows_better(there: Crm) -> None:
    crowd(there, 3)
    there.sync()
    there.edit("guest-000", "level", "gold", told=False)
    there.edit("guest-001", "tea", "乌龙", told=False)
    learns(there, "guest-002", favourite_tea="龙井")
    there.edit("guest-002", "tea", "白茶", told=False)

    done = there.sync()

    assert done.learnt == 2
    assert fact(there, "level", "guest-000")["value"] == "gold"
    assert fact(there, "favourite_tea", "guest-001")["value"] == "乌龙"
    # At the first meeting nobody knows who wrote later, so ours counts.
    assert there.knows("guest-002", "tea") == "龙井"


def test_half_a_batch_that_they_refuse_does_not_keep_the_other_half(there: Crm) -> None:
    people = crowd(there, 40)
    for openid in people[::2]:
        followers.set_facts(there.house.svc, there.house.tea, openid, {"favourite_tea": "茶" * 30}, "answer")
    if there.kind == "hubspot":
        there.ask(properties=there.ask()["properties"] | {"favourite_tea": "龙井|乌龙"})
    else:
        there.ask(fields=there.ask()["fields"] | {"Favourite_Tea__c": 10})

    done = there.sync()

    assert (done.state, done.sent, done.refused) == ("done", 21, 20)
    assert sum(done.why.values()) == 20
    assert set(there.people()) == {"alice", *people[1::2]}


@pytest.mark.usefixtures("short_pages")
def test_a_sync_goes_on_after_a_kill_and_nobody_is_there_twice(there: Crm) -> None:
    people = crowd(there, 23)
    real, calls = filling._go_on, []

    def killed(*told: Any) -> None:
        calls.append(1)
        if len(calls) in (1, 3):
            raise KeyboardInterrupt
        real(*told)

    crm.begin(there.house.svc, there.house.tea, there.endpoint_id)
    with mock.patch.object(filling, "_go_on", killed):
        _until_done(there)

    done = crm.state(there.house.svc, there.house.tea, there.endpoint_id)
    assert (done.state, done.looked) == ("done", 24)
    assert len(there.people()) == 24 == len(people) + 1


def _until_done(there: Crm) -> None:
    """With workers that are killed now and then: their messages come back."""
    svc, tea = there.house.svc, there.house.tea
    for _ in range(40):
        item = svc.table.get(f"crm#{tea.alias}", f"fill#{there.endpoint_id}", fresh=True) or {}
        if "ended" in item:
            return
        try:
            filling.page(svc, tea, there.endpoint_id, item["run"], item["reached"])
        except KeyboardInterrupt:
            continue


@pytest.mark.usefixtures("short_pages")
def test_a_page_that_comes_twice_is_done_once(there: Crm) -> None:
    crowd(there, 13)
    crm.begin(there.house.svc, there.house.tea, there.endpoint_id)
    item = there.house.svc.table.get("crm#tea", f"fill#{there.endpoint_id}", fresh=True) or {}
    for _ in range(3):
        there.house.svc.in_bulk(
            filling.page, there.house.tea, endpoint_id=there.endpoint_id, run=item["run"], cursor=""
        )
    there.settle()
    done = crm.state(there.house.svc, there.house.tea, there.endpoint_id)
    assert (done.state, done.looked, done.sent) == ("done", 14, 14)


def test_a_sync_waits_while_the_crm_is_away_and_goes_on(there: Crm) -> None:
    crowd(there, 5)
    there.ask(down=True)
    crm.begin(there.house.svc, there.house.tea, there.endpoint_id)
    waits: list[Json] = []
    with mock.patch.object(
        there.house.svc.bulk, "put", lambda job, told, delay=0: waits.append(told | {"wait": delay})
    ):
        for _ in range(3):
            there.house.work()
            if waits:
                told = dict(waits[-1])
                told.pop("account")
                told.pop("wait")
                filling.page(there.house.svc, there.house.tea, **told)
    assert crm.state(there.house.svc, there.house.tea, there.endpoint_id).state == "waiting"
    assert [one["wait"] for one in waits[:3]] == [10, 20, 40]

    there.ask(down=False)
    filling.page(there.house.svc, there.house.tea, **told)
    there.settle()
    assert crm.state(there.house.svc, there.house.tea, there.endpoint_id).sent == 6


@pytest.mark.usefixtures("short_pages")
def test_a_sync_that_waited_for_a_day_fails_and_goes_on_where_it_was(there: Crm) -> None:
    crowd(there, 13)
    svc, tea = there.house.svc, there.house.tea
    crm.begin(svc, tea, there.endpoint_id)
    first = svc.table.get("crm#tea", f"fill#{there.endpoint_id}", fresh=True) or {}
    filling.page(svc, tea, there.endpoint_id, first["run"], "")
    there.ask(down=True)
    with mock.patch.object(svc.bulk, "put"):
        for _ in range(2):
            item = svc.table.get("crm#tea", f"fill#{there.endpoint_id}", fresh=True) or {}
            filling.page(svc, tea, there.endpoint_id, item["run"], item["reached"])
            there.house.advance(90_000)
    failed = crm.state(svc, tea, there.endpoint_id)
    assert failed.state == "failed"
    assert failed.reason

    there.ask(down=False)
    there.house.svc._cache.clear()
    done = there.sync()
    assert (done.state, done.looked) == ("done", 14)


def test_a_mapping_that_names_what_they_do_not_have_ends_the_sync_with_its_name(there: Crm) -> None:
    there.change_mapping(map=[{"ours": "remark", "theirs": "No_Such_Thing"}])
    done = there.sync()
    assert done.state == "failed"
    assert "No_Such_Thing" in done.reason or "INVALID_FIELD" in done.reason


def test_two_syncs_at_once_are_refused(there: Crm) -> None:
    crm.begin(there.house.svc, there.house.tea, there.endpoint_id)
    with pytest.raises(Conflict, match="under way"):
        crm.begin(there.house.svc, there.house.tea, there.endpoint_id)


def test_there_is_nothing_to_tell_before_the_first_sync(there: Crm) -> None:
    with pytest.raises(NotFound):
        crm.state(there.house.svc, there.house.tea, there.endpoint_id)
    with pytest.raises(NotFound):
        crm.begin(there.house.svc, there.house.tea, "0" * 12)


@pytest.mark.parametrize("stored", ["{}", "not json", "[]"])
def test_keys_that_are_not_complete_end_the_sync_in_words(there: Crm, stored: str) -> None:
    store_secret(there.house.svc, f"accounts/tea/crm_{there.kind}", stored)
    done = there.sync()
    assert done.state == "failed"
    assert "ops account crm" in done.reason


# Who leaves


def leaves(there: Crm, openid: str = "alice") -> None:
    there.happens(openid, "one")
    there.settle()
    followers.leaving.leave(there.house.svc, there.house.tea, openid, there.house.svc.now())
    followers.erase(there.house.svc, there.house.tea, openid)


def test_who_leaves_is_removed_there_if_the_mapping_says_so(there: Crm) -> None:
    there.change_mapping(leaving="remove")
    leaves(there)
    there.later(120)
    assert "alice" not in there.people()
    assert traces(there.house) == []


def test_who_leaves_is_emptied_there_if_the_mapping_says_so(there: Crm) -> None:
    there.change_mapping(leaving="blank")
    leaves(there)
    there.later(120)
    assert "alice" not in str(there.people())
    assert "常客" not in str(there.people())
    assert traces(there.house) == []


def test_without_a_word_the_record_stays_and_says_that_they_left(there: Crm) -> None:
    leaves(there)
    there.later(120)
    assert str(there.knows("alice", "following")).lower() == "false"
    assert there.knows("alice", "name") == "常客"


def test_a_farewell_outlives_the_crms_bad_week_and_rings(there: Crm) -> None:
    there.change_mapping(leaving="remove")
    there.happens("alice", "one")
    there.settle()
    there.ask(down=True)
    leaves(there)
    assert not [one for one in traces(there.house) if not one.startswith("farewells")]
    for _ in range(10):
        there.later(6 * 3600 + 60)
    assert farewells.ALARM in alarms.ringing(there.house.svc, there.house.tea)
    assert "alice" in there.people()

    there.ask(down=False)
    for _ in range(3):
        there.later(6 * 3600 + 60)
    assert "alice" not in there.people()
    assert farewells.ALARM not in alarms.ringing(there.house.svc, there.house.tea)
    assert traces(there.house) == []


def test_what_waits_of_a_farewell_tells_nobody_who_it_is(there: Crm) -> None:
    there.change_mapping(leaving="remove")
    leaves(there)
    assert traces(there.house) == []  # sealed


def test_who_is_back_before_the_farewell_is_said_stays(there: Crm) -> None:
    there.change_mapping(leaving="remove")
    leaves(there)
    follower(there.house, "alice", remark="回来了")
    there.later(120)
    assert "alice" in there.people()


# The mapping


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({}, "key"),
        ({"key": {"theirs": "k"}, "map": [{"ours": "x", "theirs": "k"}]}, "k"),
        ({"key": {"theirs": "k"}, "map": [{"ours": "x", "theirs": "a"}, {"ours": "y", "theirs": "a"}]}, "a"),
        ({"key": {"theirs": "k"}, "map": [{"ours": "orders", "theirs": "a", "direction": "both"}]}, "orders"),
        ({"key": {"theirs": "k"}, "map": [{"ours": "1x", "theirs": "a"}]}, "1x"),
        ({"key": {"theirs": "k"}, "map": [{"ours": "x", "theirs": "a b"}]}, "theirs"),
        ({"key": {"theirs": "k"}, "map": [{"ours": "x", "theirs": "a", "direction": "up"}]}, "direction"),
        ({"key": {"theirs": "k"}, "map": [{"ours": "x", "theirs": "a", "wins": "theirs"}]}, "a"),
        ({"key": {"theirs": "k"}, "map": [{"ours": "x", "theirs": "a", "direction": "in", "wins": "ours"}]}, "a"),
        ({"key": {"theirs": "k"}, "leaving": "sell"}, "leaving"),
        ({"key": {"theirs": "k", "ours": "1"}}, "key.ours"),
        ({"key": {"theirs": "k"}, "record_id": "orders"}, "record_id"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_in_words(house: House, told: Json, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        endpoints.save(
            house.svc,
            house.tea,
            kind="hubspot",
            label="x",
            url="https://api.hubapi.com",
            wants={"left": []},
            fields=told,
        )
