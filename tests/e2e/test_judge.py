"""The judge of `make e2e` is strict: what it lets pass, a role really needs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ops.e2e import judge
from ops.e2e.emulator.gate import principal
from ops.e2e.emulator.items import leading_keys
from ops.e2e.world import Used

ROLE = "gaiwan-dev-tick"
TABLE = "arn:aws:dynamodb:ap-northeast-1:000000000000:table/gaiwan-dev"
QUEUE = "arn:aws:sqs:ap-northeast-1:000000000000:gaiwan-dev-work"


def allow(action: str, *resources: str, **more: Any) -> judge.Statement:
    return {
        "Effect": "Allow",
        "Action": [action],
        "Resource": list(resources or ("arn:*:dynamodb:*:*:table/gaiwan-dev",)),
        **more,
    }


def use(
    action: str, resource: str = TABLE, allowed: bool = True, role: str = ROLE, leading: tuple[str, ...] = ()
) -> Used:
    return Used(f"role/{role}", action, resource, allowed, leading)


def only_for(*keys: str) -> dict[str, Any]:
    return {"Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}}}


READ, WRITE = "dynamodb:GetItem", "dynamodb:PutItem"


def test_what_was_denied_is_told_even_if_nobody_noticed() -> None:
    (found,) = judge.findings({ROLE: [allow(READ)]}, [use(READ), use(WRITE, allowed=False)])
    assert found == f"role/{ROLE} was denied {WRITE} on {TABLE}"


def test_an_operator_who_was_denied_something_is_told_of_too() -> None:
    assert judge.findings({}, [Used("user/operator", "iam:PassRole", "*", False)])


def test_a_statement_that_nobody_used_is_told() -> None:
    assert judge.findings({ROLE: [allow(READ), allow(WRITE)]}, [use(READ)]) == [
        f"{ROLE}:1 (table/gaiwan-dev) is never used"
    ]


def test_what_another_role_used_does_not_count() -> None:
    policies = {ROLE: [allow(READ)], "gaiwan-dev-nightly": [allow(READ)]}
    assert judge.findings(policies, [use(READ)]) == ["gaiwan-dev-nightly:0 (table/gaiwan-dev) is never used"]


def test_what_two_statements_allow_is_needed_in_neither() -> None:
    found = judge.findings({ROLE: [allow(READ), allow(READ)]}, [use(READ)])
    assert [sentence.partition(" allows nothing")[1] != "" for sentence in found] == [True, True]


def test_an_action_that_nobody_used_is_told() -> None:
    statement = allow(READ) | {"Action": [READ, WRITE]}
    (found,) = judge.findings({ROLE: [statement]}, [use(READ)])
    assert found.endswith(f"allows {WRITE}, which is never used")


def test_a_resource_that_nobody_used_is_told() -> None:
    statement = allow("sqs:SendMessage", "arn:*:sqs:*:*:gaiwan-dev-work", "arn:*:sqs:*:*:gaiwan-dev-bulk")
    (found,) = judge.findings({ROLE: [statement]}, [use("sqs:SendMessage", QUEUE)])
    assert found.endswith("names arn:*:sqs:*:*:gaiwan-dev-bulk, which is never used")


def test_a_statement_for_other_keys_is_not_used_by_these() -> None:
    statements = [allow(READ, **only_for("accounts")), allow(READ, **only_for("account#*"))]
    (found,) = judge.findings({ROLE: statements}, [use(READ, leading=("accounts",))])
    assert found == f"{ROLE}:1 (table/gaiwan-dev) is never used"
    assert not judge.findings({ROLE: statements}, [use(READ, leading=("accounts",)), use(READ, leading=("account",))])


def test_the_index_is_another_resource_than_its_table() -> None:
    found = judge.findings({ROLE: [allow(READ)]}, [use(READ, f"{TABLE}/index/by_shelf")])
    assert found == [f"{ROLE}:0 (table/gaiwan-dev) is never used"]


def test_nothing_is_wrong_when_all_that_is_allowed_was_used_and_nothing_denied() -> None:
    assert judge.findings({ROLE: [allow(READ), allow(WRITE)]}, [use(READ), use(WRITE)]) == []


def test_three_statements_are_drawn_others_every_day_the_same_all_day() -> None:
    policies = {f"role{number}": [allow(READ)] * 4 for number in range(6)}
    today = date(2026, 11, 23)
    assert judge.drawn(policies, today) == judge.drawn(policies, today)
    assert len(set(judge.drawn(policies, today))) == judge.DRAWN
    month = {place for day in range(60) for place in judge.drawn(policies, today + timedelta(days=day))}
    assert len(month) > 20


def test_who_was_denied_after_a_removal_is_the_role_that_lost_it() -> None:
    used = [use(READ), use(WRITE, allowed=False, role="gaiwan-dev-nightly")]
    assert judge.denied(used, ROLE) == []
    assert len(judge.denied(used, "gaiwan-dev-nightly")) == 1


def test_a_session_of_a_role_is_the_role() -> None:
    assert principal(f"arn:aws:sts::000000000000:assumed-role/{ROLE}/{ROLE}") == f"role/{ROLE}"
    assert principal("arn:aws:iam::000000000000:user/operator") == "user/operator"
    assert principal("arn:aws:iam::000000000000:root") == "root"


def test_the_keys_of_every_kind_of_request_are_seen() -> None:
    key, other = {"pk": {"S": "accounts"}, "sk": {"S": "tea"}}, {"pk": {"S": "person#tea#o-1"}, "sk": {"S": "profile"}}
    values = {":pk": {"S": "due"}, ":place": {"S": "0"}}
    query = {"KeyConditionExpression": "#shelf = :pk AND #place <= :place", "ExpressionAttributeValues": values}
    assert leading_keys({"Key": key}) == leading_keys({"Item": key}) == ["accounts"]
    assert leading_keys({"RequestItems": {"gaiwan-dev": {"Keys": [key, other]}}}) == ["accounts", "person#tea#o-1"]
    assert leading_keys({"RequestItems": {"gaiwan-dev": [{"DeleteRequest": {"Key": other}}]}}) == ["person#tea#o-1"]
    assert leading_keys({"TransactItems": [{"Put": {"Item": key}}, {"ConditionCheck": {"Key": other}}]}) == [
        "accounts",
        "person#tea#o-1",
    ]
    assert leading_keys(query) == ["due"]
    assert leading_keys({}) == []
