"""Salesforce alone: its tokens, its locks, and the Flow that tells us of changes."""

from __future__ import annotations

import pytest

from chalicelib.features import crm, followers, operators
from chalicelib.features.crm.clients import client
from chalicelib.features.endpoints import find
from tests.crm import Crm, beside
from tests.crowd import follower, profile
from tests.house import House


@pytest.fixture
def force(house: House) -> Crm:
    for openid in ("alice", "bob"):
        follower(house, openid)
    there = beside(house, "salesforce")
    there.sync()
    return there


def called(force: Crm, openid: str, remark: str) -> None:
    followers.change(force.house.svc, force.house.tea, openid, lambda _: {"remark": remark})
    force.happens(openid, remark)
    force.settle()


def test_one_token_is_used_until_it_ends_and_then_one_other(force: Crm) -> None:
    called(force, "alice", "一")
    assert len(force.ask()["tokens"]) == 1

    force.ask(end_tokens=True)
    called(force, "alice", "二")
    assert len(force.ask()["tokens"]) == 1
    assert force.knows("alice", "name") == "二"


def test_a_token_that_ran_out_costs_no_event(force: Crm) -> None:
    force.house.advance(3500)
    force.ask(token_lives=60)
    called(force, "alice", "一")
    force.house.advance(61)
    called(force, "alice", "二")
    assert force.knows("alice", "name") == "二"


def test_a_secret_that_was_changed_there_is_told_and_waits(force: Crm) -> None:
    force.ask(client_secret="another-secret-of-theirs", end_tokens=True)
    called(force, "alice", "一")
    assert force.knows("alice", "name") == "微信关注者"
    force.ask(client_secret="consumer-secret-of-the-stand-in")
    force.later(300)
    assert force.knows("alice", "name") == "一"


def test_a_locked_row_is_tried_again(force: Crm) -> None:
    force.ask(locked=["alice"])
    called(force, "alice", "一")
    assert force.knows("alice", "name") == "微信关注者"
    force.ask(locked=[])
    force.later(300)
    assert force.knows("alice", "name") == "一"


def test_a_sync_with_more_people_than_one_question_holds(force: Crm) -> None:
    for number in range(60):
        follower(force.house, f"o6_bmjrPTlm6_2sgVt7hMZOP{number:04d}")
    force.sync()
    force.edit("o6_bmjrPTlm6_2sgVt7hMZOP0031", "level", "gold", told=False)
    assert force.sync().learnt == 1


def test_a_quote_in_a_key_is_no_way_into_the_query(force: Crm) -> None:

    endpoint = find(force.house.svc, force.house.tea, force.endpoint_id)
    theirs = client(force.house.svc, force.house.tea, endpoint, crm.read(endpoint.fields))
    assert theirs.read(["x') OR WeChat_OpenId__c IN ('alice", "x\\"], []) == {}
    assert set(theirs.read(["alice"], [])) == {"alice"}


def test_a_flow_tells_of_a_change_and_a_repeat_counts_once(force: Crm) -> None:
    token = operators.issue_token(force.house.svc, "salesforce flow", ["events:write"])
    force.ask(flow={"url": f"{force.house.app}/api/tea/events", "token": token, "endpoint": force.endpoint_id})

    told = force.edit("alice", "level", "gold")
    force.settle()

    assert told["answer"]["items"] == [{"id": told["event"]["id"], "outcome": "taken"}]
    known = profile(force.house, "alice")["facts"]["level"]
    assert (known["value"], known["source"]) == ("gold", f"crm:{force.endpoint_id}")


def test_what_is_removed_lies_in_their_recycle_bin(force: Crm) -> None:
    force.change_mapping(leaving="remove")
    followers.leaving.leave(force.house.svc, force.house.tea, "alice", force.house.svc.now())
    force.later(120)
    assert set(force.people()) == {"bob"}
    assert len(force.ask()["recycle_bin"]) == 1
