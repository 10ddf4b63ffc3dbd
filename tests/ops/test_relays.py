"""What an operator does about relays and token sources: tried before it is kept, and no secret on the screen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
import pytest

from chalicelib.features import alarms, tokens
from chalicelib.outbound import Outbound
from ops.accounts import COMMANDS
from simulator.other_systems import older_crm, token_service
from tests.house import House
from tests.ops.operator import Operator
from tests.ops.test_accounts import BREW, a_minute_later, secret
from tests.other_system import OtherSystem, other_system

TOKEN, AES_KEY = "olderToken", "Q" * 43
TYPED = f"{TOKEN}\n{AES_KEY}\n"
KEY = token_service.KEY


@pytest.fixture
def ops(house: House) -> Operator:
    return Operator(COMMANDS[0], house.svc.settings.stage)


@pytest.fixture
def older() -> Iterator[OtherSystem]:
    def echo(asked: object) -> tuple[int, bytes]:
        found = dict(pair.split("=", 1) for pair in asked.query.split("&"))  # type: ignore[attr-defined]
        return 200, found.get("echostr", "success").encode()

    with other_system(echo) as system:
        yield system


@pytest.fixture(autouse=True)
def at_home(house: House, older: OtherSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop's stack, whose neighbours are on the same machine."""
    places = [older.place, urlsplit(house.simulator).netloc]
    monkeypatch.setenv("GAIWAN_OUTBOUND_PRIVATE", ",".join(places))
    house.svc.outbound = Outbound(frozenset(places))


def add(url: str, *more: str, name: str = "crm") -> tuple[str, ...]:
    return ("relay", "add", "tea", name, "--url", url, *more)


def test_a_system_is_tried_as_wechats_console_would_and_kept_without_showing_its_keys(
    ops: Operator, house: House, older: OtherSystem
) -> None:
    said = ops(*add(older.url), types=TYPED)

    (asked,) = older.asked
    assert asked.method == "GET" and "echostr=" in asked.query
    assert TOKEN not in said and AES_KEY not in said
    a_minute_later(house)
    (one,) = house.tea.relays
    assert (one.name, one.url, one.mode, one.answers) == ("crm", older.url, "safe", "ours")
    assert json.loads(secret(house, "accounts/tea/relay")) == {"crm": {"token": TOKEN, "aes_key": AES_KEY}}

    house.phone("alice", "follow")
    house.says("alice", "hello")
    house.work()
    assert [one.method for one in older.asked] == ["GET", "POST", "POST"]
    assert f"crm  {older.url}  safe  answers=ours" in ops("relay", "list", "tea")


def test_a_system_that_does_not_echo_is_not_kept_unless_it_is_to_be(
    ops: Operator, house: House, older: OtherSystem
) -> None:
    older.answers = lambda _: (403, b"who are you?")
    assert "No echo came back (HTTP 403)" in ops.fails(*add(older.url), types=TYPED)
    a_minute_later(house)
    assert house.tea.relays == ()

    ops(*add(older.url, "--untried"), types=TYPED)
    a_minute_later(house)
    assert len(house.tea.relays) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://crm.example.com/wx", "begin with https"),
        ("https://10.0.0.7/wx", "not public"),
        ("https://[::1]/wx", "not public"),
        ("https://crm.example.com:22/wx", "443 or 8443"),
        ("crm.example.com", "looks like https"),
    ],
)
def test_no_relay_leads_where_only_we_can_go(ops: Operator, house: House, url: str, sentence: str) -> None:
    assert sentence in ops.fails(*add(url), types=TYPED)
    a_minute_later(house)
    assert house.tea.relays == ()


def test_a_relay_to_ourselves_is_refused(ops: Operator, house: House) -> None:
    full = f"{house.svc.settings.secrets_path}/settings/public_url"
    boto3.client("ssm").put_parameter(Name=full, Value="https://wx.example.com", Type="String")
    assert "address of our own" in ops.fails(*add("https://wx.example.com/wechat/tea"), types=TYPED)


def test_mistakes_are_told_one_sentence_each(ops: Operator, older: OtherSystem) -> None:
    ops(*add(older.url, "--answers", "theirs"), types=TYPED)
    assert "crm already" in ops.fails(*add(older.url), types=TYPED)
    assert "crm answers first already" in ops.fails(*add(older.url, "--answers", "theirs", name="b"), types=TYPED)
    assert "1 to 20" in ops.fails(*add(older.url, name="The CRM"), types=TYPED)
    assert "3 to 32" in ops.fails(*add(older.url, name="b"), types="no!\n")
    assert "exactly 43" in ops.fails(*add(older.url, name="b"), types=f"{TOKEN}\nshort\n")
    assert "relays to no x" in ops.fails("relay", "remove", "tea", "x")
    for name in "bcde":
        ops(*add(older.url, "--mode", "plain", name=name), types=f"{TOKEN}\n")
    assert "5 systems at most" in ops.fails(*add(older.url, name="f"), types=TYPED)


def test_a_system_is_replaced_and_removed_with_its_keys(ops: Operator, house: House, older: OtherSystem) -> None:
    ops(*add(older.url), types=TYPED)
    ops(*add(older.url, "--mode", "plain", name="desk"), types=f"{TOKEN}\n")
    ops(*add(older.url, "--answers", "theirs", "--replace"), types=TYPED)
    a_minute_later(house)
    assert {one.name: one.answers for one in house.tea.relays} == {"crm": "theirs", "desk": "ours"}
    alarms.ring(house.svc, house.tea, "relay_crm", "它病了。It is ill.")
    assert "It is ill" in ops("relay", "list", "tea")

    ops("relay", "remove", "tea", "crm")
    assert set(json.loads(secret(house, "accounts/tea/relay"))) == {"desk"}
    assert alarms.ringing(house.svc, house.tea) == {}
    ops("relay", "remove", "tea", "desk")

    a_minute_later(house)
    assert house.tea.relays == ()
    with pytest.raises(boto3.client("ssm").exceptions.ParameterNotFound):
        secret(house, "accounts/tea/relay")


def test_the_werobot_app_passes_the_echo_check(ops: Operator, house: House) -> None:
    pytest.importorskip("werobot", reason="WeRoBot is in requirements-dev.txt")
    told = older_crm.keys_of("tea")
    url = f"{house.simulator}/older-crm/tea"
    ops(*add(url, "--answers", "theirs"), types=f"{told['token']}\n{told['aes_key']}\n")
    assert "No echo" in ops.fails(*add(url, name="b"), types=f"wrong{told['token'][:20]}\n{told['aes_key']}\n")

    a_minute_later(house)
    house.phone("alice", "follow")
    assert house.says("alice", "积分") == older_crm.POINTS


# Token sources.


def source(house: House) -> str:
    return f"{house.simulator}/token-service"


def test_a_token_service_is_tried_and_then_asked_instead_of_wechat(ops: Operator, house: House) -> None:
    assert "its own AppSecret" in ops("token-source", "tea")
    said = ops("token-source", "tea", "--url", source(house), types=f"{KEY}\n")
    assert KEY not in said and "fingerprint" in said
    assert secret(house, "accounts/tea/token_source") == KEY
    a_minute_later(house)

    tokens.refresh(house.svc, house.tea)

    assert house.count("/cgi-bin/stable_token") == 0
    assert house.tea.wechat.credentials.callback_addresses()
    assert source(house) in ops("token-source", "tea")


def test_a_service_that_does_not_know_us_is_not_kept(ops: Operator, house: House, older: OtherSystem) -> None:
    assert "does not take our key" in ops.fails("token-source", "tea", "--url", source(house), types="wrongkey1\n")
    older.answers = lambda _: (404, b"")
    assert "does not know this AppID" in ops.fails("token-source", "tea", "--url", older.url, types=f"{KEY}\n")
    assert "not a key" in ops.fails("token-source", "tea", "--url", source(house), types="x\n")
    assert "not public" in ops.fails("token-source", "tea", "--url", "https://10.1.2.3/", types=f"{KEY}\n")
    assert "give --url" in ops.fails("token-source", "tea", "--key", types=f"{KEY}\n")
    assert "Use one of" in ops.fails("token-source", "tea", "--key", "--own")
    a_minute_later(house)
    assert house.tea.token_source == ""


def test_an_account_goes_back_to_its_own_secret(ops: Operator, house: House) -> None:
    ops("token-source", "tea", "--url", source(house), types=f"{KEY}\n")
    ops("token-source", "tea", "--key", types=f"{KEY}\n")
    ops("token-source", "tea", "--own")
    a_minute_later(house)

    tokens.refresh(house.svc, house.tea)

    assert house.tea.token_source == ""
    assert house.count("/cgi-bin/stable_token") == 1


def test_a_new_app_secret_leaves_the_services_token_alone(ops: Operator, house: House) -> None:
    ops("token-source", "tea", "--url", source(house), types=f"{KEY}\n")
    a_minute_later(house)
    tokens.refresh(house.svc, house.tea)

    said = ops("rotate", "tea", "app-secret", types=f"{'0123456789abcdef' * 2}\n")

    assert "comes from the token service" in said
    kept = house.tea.tokens.read("access")
    assert kept.get("rejected_serial", -1) < kept["serial"]


def test_an_account_is_added_with_the_groups_service_and_no_app_secret(ops: Operator, house: House) -> None:
    told = house.world.accounts["leaf"]
    words = [told.app_id if word.startswith("wx") else word for word in BREW]
    ops("remove", "leaf", "--yes")
    typed = f"{KEY}\n{TOKEN}\n{AES_KEY}\n"
    said = ops(*words, "--token-source", source(house), types=typed)

    a_minute_later(house)
    assert house.svc.accounts["brew"].token_source == source(house)
    assert not [one for one in typed.split() if one in said]
    with pytest.raises(boto3.client("ssm").exceptions.ParameterNotFound):
        secret(house, "accounts/brew/app_secret")
    assert "no /gaiwan" in ops.fails("token-source", "brew", "--own")

    ops("remove", "brew", "--yes")
    with pytest.raises(boto3.client("ssm").exceptions.ParameterNotFound):
        secret(house, "accounts/brew/token_source")
