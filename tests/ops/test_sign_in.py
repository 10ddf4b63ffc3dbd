"""`ops sign-in`: a person gets a link, a machine a token; each is shown once, and the log says who gave it."""

from __future__ import annotations

import importlib
import re
from typing import Any

import boto3
import pytest

from chalicelib.features import operators
from ops.accounts import COMMANDS, fields
from ops.local import prepare
from ops.say import Problem
from tests.house import House
from tests.ops.operator import Operator
from tests.web.operating import Browser

SIGN_IN = COMMANDS[1]
SITE = "https://wx.example.com"


@pytest.fixture
def deployed(house: House) -> House:
    name = f"{house.svc.settings.secrets_path}/settings/public_url"
    boto3.client("ssm").put_parameter(Name=name, Value=SITE, Type="String")
    return house


@pytest.fixture
def sign_in(house: House) -> Operator:
    return Operator(SIGN_IN, house.svc.settings.stage)


def code(said: str) -> str:
    found = re.search(rf"^{SITE}/console#/sign-in/(\S+)$", said, re.MULTILINE)
    assert found, said
    return found[1]


def log(house: House) -> list[tuple[str, str, str]]:
    return [(one.kind, one.did, one.about) for one in operators.audit_page(house.svc, "", 50)[0]]


def test_without_a_stage_there_is_no_console_to_sign_in_to(house: House, sign_in: Operator) -> None:
    assert "not deployed yet" in sign_in.fails("link")
    assert not operators.operators(house.svc)


@pytest.mark.parametrize("name", ["a\nb", "x" * 41])
def test_a_name_that_cannot_be_is_one_clear_sentence(deployed: House, sign_in: Operator, name: str) -> None:
    assert "1 to 40 visible characters" in sign_in.fails("link", name)
    assert not operators.operators(deployed.svc)


def test_a_link_makes_an_admin_who_gets_in_once(deployed: House, sign_in: Operator) -> None:
    said = sign_in("link", "小满")
    browser = Browser(deployed)
    assert browser.enter(code(said)).status == 204
    assert browser("GET", "me").body["role"] == "admin"
    assert Browser(deployed).enter(code(said)).status == 400
    assert "小满" in said
    assert log(deployed) == [("operator", "sign_in", "by a link"), ("ops", "operators_sign_in_link", "小满 admin")]


def test_the_link_is_for_ten_minutes(deployed: House, sign_in: Operator) -> None:
    said = sign_in("link", "小满")
    deployed.advance(601)
    assert Browser(deployed).enter(code(said)).status == 400


def test_who_is_an_operator_already_keeps_their_role(deployed: House, sign_in: Operator) -> None:
    sign_in("link", "小满")
    for wish in (["link", "谷雨", "--role", "viewer"], ["link", "--for", "谷雨", "--role", "admin"]):
        browser = Browser(deployed)
        assert browser.enter(code(sign_in(*wish))).status == 204
        assert browser("GET", "me").body["role"] == "viewer"
    assert {one.name for one in operators.operators(deployed.svc)} == {"小满", "谷雨"}


def test_without_a_name_it_is_for_whoever_asks(deployed: House, sign_in: Operator) -> None:
    sign_in("link")
    (one,) = operators.operators(deployed.svc)
    assert one.name
    assert "/" not in one.name
    assert ":" not in one.name


def test_who_is_disabled_gets_no_link(deployed: House, sign_in: Operator) -> None:
    operators.add(deployed.svc, "谷雨", "admin")
    one = operators.add(deployed.svc, "小满", "admin")
    operators.change(deployed.svc, one.operator_id, "小满", "admin", disabled=True)
    said = sign_in.fails("link", "小满")
    assert "has been disabled" in said
    assert "/console#" not in said


def test_a_token_has_the_scopes_that_were_asked_for_and_the_log_knows(house: House, sign_in: Operator) -> None:
    said = sign_in("new", "--for", "收银台", "--scope", "rules:read", "--scope", "tags:write")
    token = next(line for line in said.splitlines() if line.startswith("gaiwan_"))
    till = {"Authorization": f"Bearer {token}"}
    assert Browser(house)("GET", "tea/rules", **till).status == 200
    assert Browser(house)("POST", "tea/rules", {}, **till).status == 403
    sign_in("revoke", "收银台")
    assert log(house) == [
        ("ops", "operators_revoke", "收银台"),
        ("ops", "operators_issue", "收银台: rules:read tags:write"),
    ]
    assert token not in str(log(house))
    assert "area:read or area:write" in sign_in.fails("new", "--scope", "cats:read")


def test_the_local_stacks_link_survives_what_becomes_of_its_manager(house: House, tmp_path: Any) -> None:
    """It is for an admin, whoever that is by now, and works as often as one likes."""
    file = tmp_path / "sign_in"
    prepare._store_sign_in(house.svc, file)
    assert file.stat().st_mode & 0o077 == 0
    for _ in range(2):
        assert Browser(house).enter(file.read_text()).status == 204
    (manager,) = operators.operators(house.svc)
    operators.add(house.svc, "谷雨", "admin")
    operators.change(house.svc, manager.operator_id, manager.name, "viewer", disabled=True)
    assert Browser(house).enter(file.read_text()).status == 400
    prepare._store_sign_in(house.svc, file)
    browser = Browser(house)
    assert browser.enter(file.read_text()).status == 204
    assert browser("GET", "me").body["name"] == "谷雨"


def test_an_alias_is_no_word_of_our_own_addresses() -> None:
    app = importlib.import_module("app").app
    ours = set()
    for route in app.routes:
        before, found, _ = route.partition("{account}")
        if found:
            beside = (other.removeprefix(before).split("/")[0] for other in app.routes if other.startswith(before))
            ours |= {word for word in beside if fields.ALIAS.fullmatch(word)}
    assert ours >= {"me", "operators", "tokens", "audit", "polls", "quizzes"}
    assert ours <= fields.RESERVED
    for word in (*fields.RESERVED, "openapi.json", "gaiwan.js"):
        with pytest.raises(Problem):
            fields.check_alias(word)
    fields.check_alias("me-1")


def test_an_account_of_such_a_name_is_refused_with_a_sentence(house: House) -> None:
    account = Operator(COMMANDS[0], house.svc.settings.stage)
    ids = ("--kind", "service", "--verified", "--app-id", "wx00000000000000aa", "--original-id", "gh_brew")
    said = account.fails("add", "audit", *ids, types="x\n")
    assert "choose another, such as audit-1" in said
    assert "audit" not in house.svc.accounts.aliases()
