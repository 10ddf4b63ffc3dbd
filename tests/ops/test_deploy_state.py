"""What a deploy finds at AWS is what Chalice would have remembered, wherever and however the last one ended."""

import itertools
import json
import time

import pytest

from ops.deploy import state
from ops.say import Problem
from ops.target import Target
from tests.ops.by_chalice import SEEN, api, comparable, function, function_names, made_by_chalice, role

_stages = itertools.count()


@pytest.fixture
def target(aws: str) -> Target:
    return Target(f"there{next(_stages)}")


def test_it_is_remembered_exactly_as_chalice_would_have(target: Target) -> None:
    made_by_chalice(target)
    wanted = json.loads(SEEN.read_text(encoding="utf-8").replace("gaiwan-dev", target.name()))["resources"]
    assert comparable(state.adopt(target, function_names())) == comparable(wanted)


def test_half_a_deploy_is_remembered_as_half(target: Target) -> None:
    role(target, "run_job")
    function(target, "run_job")
    role(target, "run_bulk")
    found = [(one["resource_type"], one["name"]) for one in state.adopt(target, function_names())]
    assert found == [("iam_role", "run_job_role"), ("lambda_function", "run_job"), ("iam_role", "run_bulk_role")]


def test_what_an_older_version_had_is_found_so_that_chalice_removes_it(target: Target) -> None:
    function(target, "bygone")
    assert [one["name"] for one in state.adopt(target, function_names())] == ["bygone"]


def test_what_others_made_is_left_alone(target: Target) -> None:
    other = Target(f"{target.stage}x")
    for stage in (target, other):
        made_by_chalice(stage)
    function(target, "somebodys", tags={})
    names = json.dumps(state.adopt(target, function_names()))
    assert other.name() not in names and "somebodys" not in names
    assert state.api_id(target) != state.api_id(other)


def test_a_name_that_is_taken_stops_it(target: Target) -> None:
    function(target, "tick", tags={})
    with pytest.raises(Problem, match=f"{target.name('tick')} already that Gaiwan did not make"):
        state.adopt(target, function_names())


def test_a_role_that_lambda_cannot_take_stops_it(target: Target) -> None:
    role(target, "tick", service="ec2.amazonaws.com")
    with pytest.raises(Problem, match=f"IAM role {target.name('tick')} already"):
        state.adopt(target, function_names())


def test_of_two_apis_the_older_stays_since_wechat_has_its_address(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    first = api(target)
    time.sleep(1.1)  # their times of birth are whole seconds
    api(target)
    assert state.api_id(target) == first
    assert "2 APIs belong to this stage" in "".join(capsys.readouterr())
