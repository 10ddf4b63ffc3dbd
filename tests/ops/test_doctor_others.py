"""What the doctor says of a group's token service and of the systems that messages are relayed to."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from chalicelib.features import tokens
from chalicelib.outbound import Outbound
from ops.doctor.finding import BAD, OK, WARN
from simulator.other_systems import older_crm, token_service
from tests.house import House, store_secret
from tests.ops.visit import Visit, visit

__all__ = ["visit"]


def sourced(house: House, key: str = token_service.KEY) -> None:
    place = urlsplit(house.simulator).netloc
    house.svc.outbound = Outbound(frozenset({place}))
    house.svc.table.update("accounts", "tea", {"token_source": f"{house.simulator}/token-service"})
    store_secret(house.svc, "accounts/tea/token_source", key)
    house.svc._cache.clear()


def relayed(house: House, token: str = "") -> None:
    keys = older_crm.keys_of("tea") | ({"token": token} if token else {})
    url = f"{house.simulator}/older-crm/tea"
    relay = {"name": "crm", "url": url, "mode": "safe", "answers": "theirs", "app_id": ""}
    house.svc.table.update("accounts", "tea", {"relays": [relay]})
    store_secret(house.svc, "accounts/tea/relay", json.dumps({"crm": keys}))
    house.svc._cache.clear()


@pytest.fixture(autouse=True)
def at_home(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAIWAN_OUTBOUND_PRIVATE", urlsplit(visit.house.simulator).netloc)


def test_accounts_with_neither_are_not_spoken_of(visit: Visit) -> None:
    assert visit.says("token_services") == visit.says("relays") == []


def test_a_token_service_that_works_is_fine_and_its_key_is_looked_for(visit: Visit) -> None:
    sourced(visit.house)

    assert visit.is_content("token_services")
    assert visit.is_content("secrets")
    visit.target.client("ssm").delete_parameter(Name=visit.target.parameter("accounts/tea/token_source"))
    assert "account token-source tea --key" in visit.says("secrets", BAD)[0]
    assert "token_source in SSM" in visit.says("token_services", BAD)[0]


def test_a_token_service_that_does_not_know_us_or_is_down_is_told(visit: Visit) -> None:
    house = visit.house
    sourced(house, key="another-key")
    assert "does not take our key" in visit.says("token_services", BAD)[0]

    sourced(house)
    house._ask("POST", f"{house.simulator}/token-service/controls", {"down": True})
    assert "answers 503" in visit.says("token_services", WARN)[0]
    house.advance(7200 - 600)
    assert "answers 503" in visit.says("token_services", BAD)[0]


def test_a_service_that_has_another_token_already_is_odd(visit: Visit) -> None:
    house = visit.house
    sourced(house)
    tokens.refresh(house.svc, house.tea)
    house.svc.table.update("account#tea", "token#access", {"token_text": "an-older-one"})

    assert "has another token" in visit.says("token_services", WARN)[0]


def test_an_account_without_an_app_secret_cannot_sign_visitors_in(visit: Visit) -> None:
    sourced(visit.house)
    visit.target.client("ssm").delete_parameter(Name=visit.target.parameter("accounts/tea/app_secret"))

    assert "has no AppSecret here" in visit.says("token_services", WARN)[0]
    assert visit.is_content("secrets")


def test_a_relay_that_echoes_is_fine_and_one_that_does_not_is_odd(visit: Visit) -> None:
    pytest.importorskip("werobot", reason="WeRoBot is in requirements-dev.txt")
    relayed(visit.house)
    assert "answers with the echo" in visit.says("relays", OK)[0]

    relayed(visit.house, token="anotherToken")
    assert "No echo came back (HTTP 403)" in visit.says("relays", WARN)[0]

    store_secret(visit.house.svc, "accounts/tea/relay", "{}")
    assert "no keys in SSM" in visit.says("relays", BAD)[0]


def test_a_relay_into_our_own_network_is_odd(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    relayed(visit.house)
    monkeypatch.delenv("GAIWAN_OUTBOUND_PRIVATE")
    assert "https" in visit.says("relays", WARN)[0]
