"""The group's token service is asked and never bypassed: what it does wrong is told, and nothing is forced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.errors import Misconfigured
from chalicelib.features import alarms, token_source, tokens
from chalicelib.outbound import Outbound
from chalicelib.wechat.errors import TokenRejected
from simulator.other_systems import token_service
from tests.house import House, logged, store_secret
from tests.other_system import OtherSystem, other_system

STABLE, TOKEN, TICKET = "/cgi-bin/stable_token", "/cgi-bin/token", "/cgi-bin/ticket/getticket"


@pytest.fixture
def group(house: House) -> House:
    """The tea shop's token comes from the group's service; the stage has no AppSecret that works."""
    sourced(house, f"{house.simulator}/token-service")
    store_secret(house.svc, "accounts/tea/app_secret", "not-ours-to-use")
    return house


def sourced(house: House, url: str, key: str = token_service.KEY) -> None:
    house.svc.table.update("accounts", "tea", {"token_source": url})
    store_secret(house.svc, "accounts/tea/token_source", key)
    house.svc.outbound = Outbound(frozenset({urlsplit(url).netloc}))
    house.svc._cache.clear()
    house.svc.secrets._known.clear()


def service(house: House, **switches: bool) -> dict[str, Any]:
    return house._ask("POST", f"{house.simulator}/token-service/controls", switches)


def kept(house: House) -> dict[str, Any]:
    return house.tea.tokens.read("access")


def ask(house: House) -> list[str]:
    return house.tea.wechat.credentials.callback_addresses()


def rung(house: House) -> str:
    return alarms.ringing(house.svc, house.tea).get("token_source", "")


def test_the_service_is_asked_instead_of_wechat_and_its_answer_is_kept(group: House) -> None:
    tokens.refresh(group.svc, group.tea)
    for _ in range(3):
        ask(group)
    tokens.refresh(group.svc, group.tea)

    assert len(service(group)["seen"]) == 1
    assert group.count(STABLE) == group.count(TOKEN) == 0
    assert group.count(TICKET) == 1  # the ticket is WeChat's, with the service's token
    assert alarms.ringing(group.svc, group.tea) == {}


def test_the_service_is_asked_again_shortly_before_the_end(group: House) -> None:
    tokens.refresh(group.svc, group.tea)
    first = kept(group)

    group.advance(7200 - 400)
    tokens.refresh(group.svc, group.tea)
    same = kept(group)
    group.advance(200)  # now `stable_token` gives another one
    tokens.refresh(group.svc, group.tea)

    assert (same["serial"], kept(group)["serial"]) == (first["serial"], first["serial"] + 1)
    assert ask(group)


def test_a_refused_token_is_named_to_the_service_and_nothing_is_forced_by_us(group: House) -> None:
    tokens.refresh(group.svc, group.tea)
    refused = kept(group)["token_text"]
    group.control("tokens", account="tea")

    assert ask(group)

    assert service(group)["seen"][-1]["rejected"] == token_source.fingerprint(refused)
    assert group.count(STABLE) == 0
    assert "forced_today" not in kept(group)
    assert kept(group)["token_text"] != refused


def test_a_service_that_keeps_serving_a_dead_token_is_an_alarm_and_no_loop(
    group: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.aws.tokens.WAIT_FOR_NEW", 0.0)
    tokens.refresh(group.svc, group.tea)
    service(group, stuck=True)
    group.control("tokens", account="tea")
    before = len(service(group)["seen"])

    for _ in range(5):
        with pytest.raises(TokenRejected):
            ask(group)

    assert 1 <= len(service(group)["seen"]) - before <= 3  # the access token's refresh, and the ticket's
    assert "keeps serving a token that WeChat refuses" in rung(group)
    assert group.count(STABLE) == 0

    service(group, stuck=False)
    tokens.refresh(group.svc, group.tea)
    assert ask(group)
    assert rung(group) == ""


def test_while_the_service_is_down_the_token_that_is_kept_works_until_its_end(group: House) -> None:
    tokens.refresh(group.svc, group.tea)
    service(group, down=True)
    group.advance(7200 - 500)

    tokens.refresh(group.svc, group.tea)

    assert ask(group)
    assert "answers 503" in rung(group)
    assert "token" not in alarms.ringing(group.svc, group.tea)
    group.advance(600)
    tokens.refresh(group.svc, group.tea)
    assert "ran out" in alarms.ringing(group.svc, group.tea)["token"]

    service(group, down=False)
    tokens.refresh(group.svc, group.tea)
    assert ask(group)
    assert alarms.ringing(group.svc, group.tea) == {}


def test_a_wrong_key_is_told_and_the_other_accounts_get_their_tokens(group: House) -> None:
    sourced(group, f"{group.simulator}/token-service", key="wrong")

    tokens.refresh_all(group.svc)

    assert "does not take our key" in alarms.ringing(group.svc, group.tea)["token"]
    assert group.leaf.tokens.read("access")["token_text"]


@pytest.fixture
def odd(house: House) -> Iterator[OtherSystem]:
    with other_system() as system:
        sourced(house, system.url)
        yield system


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>it works!</html>"),
        (200, b"[]"),
        (200, b'{"access_token": "", "expires_in": 7200}'),
        (200, b'{"access_token": "t", "expires_in": 0}'),
        (200, b'{"access_token": "t", "expires_in": "soon"}'),
        (200, b'{"access_token": "' + b"t" * 70_000 + b'", "expires_in": 7200}'),
        (302, b""),
        (500, b""),
    ],
)
def test_what_is_no_token_is_not_kept(house: House, odd: OtherSystem, status: int, body: bytes) -> None:
    odd.answers = lambda _: (status, body)

    tokens.refresh(house.svc, house.tea)

    assert "token_text" not in kept(house)
    assert rung(house)


def test_a_service_of_which_the_account_is_unknown_needs_a_person(house: House, odd: OtherSystem) -> None:
    odd.answers = lambda _: (404, b"{}")
    with pytest.raises(Misconfigured, match="does not know this AppID"):
        token_source.ask(house.svc, house.tea)


def test_no_service_leads_into_our_own_network(house: House) -> None:
    sourced(house, "https://169.254.169.254/token")
    house.svc.outbound = Outbound()

    tokens.refresh(house.svc, house.tea)

    assert "not public" in rung(house)


def test_neither_the_key_nor_the_token_is_in_a_log_or_sent_anywhere_else(group: House) -> None:
    with logged() as log:
        tokens.refresh(group.svc, group.tea)
        group.control("tokens", account="tea")
        ask(group)
        service(group, down=True)
        group.advance(7200)
        tokens.refresh(group.svc, group.tea)
    text = log.getvalue()
    assert token_service.KEY not in text
    assert str(kept(group)["token_text"]) not in text
