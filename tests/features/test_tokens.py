"""One refresh however many find the token stale, and one account's trouble is nobody else's."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

import app
from chalicelib.aws import session
from chalicelib.aws import tokens as stored
from chalicelib.aws.functions import Functions, refresh_event
from chalicelib.aws.secrets import Secrets
from chalicelib.errors import Unavailable
from chalicelib.features import alarms, tokens
from chalicelib.wechat.errors import TokenRejected
from tests.house import House, logged, store_secret

STABLE, INFO, TICKET = "/cgi-bin/stable_token", "/cgi-bin/user/info", "/cgi-bin/ticket/getticket"
TWO_HOURS, FIVE_MINUTES = 7200, 300


@pytest.fixture
def shop(house: House) -> Iterator[House]:
    """Every account has its token, and alice follows the tea shop."""
    tokens.refresh_all(house.svc)
    house.control("people", account="tea", count=1, prefix="alice")
    yield house


def kept(house: House, kind: str = "access", alias: str = "tea") -> dict[str, Any]:
    return house.svc.accounts[alias].tokens.read(kind)


def ask(house: House, openid: str = "alice1") -> dict[str, Any]:
    return house.tea.wechat.users.info(openid)


def refuse(house: House, times: int = 1, errcode: int = 40001) -> None:
    """WeChat says that the token is wrong, though it is the one it gave."""
    house.control("faults", path=INFO, errcode=errcode, times=times)


def together(number: int, do: Callable[[int], Any]) -> list[Any]:
    begin = threading.Barrier(number)

    def one(n: int) -> Any:
        begin.wait()
        return do(n)

    with ThreadPoolExecutor(number) as crowd:
        return list(crowd.map(one, range(1, number + 1)))


def test_two_hundred_are_told_at_once_and_there_is_one_refresh(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 60.0)  # two cores play two hundred machines here
    shop.control("people", account="tea", count=200, prefix="guest-")
    ask(shop)
    before = shop.count(STABLE)
    shop.control("tokens", account="tea")

    answers = together(200, lambda n: ask(shop, f"guest-{n}"))

    assert all(answer["subscribe"] == 1 for answer in answers)
    assert 1 <= shop.count(STABLE) - before <= 2
    calls = [
        call["query"].partition("openid=")[2].split("&")[0] for call in shop.calls()["calls"] if call["path"] == INFO
    ]
    assert max(Counter(calls).values()) <= 2
    assert shop.svc.functions.woken == 1  # type: ignore[attr-defined]


def test_a_thread_that_looked_before_the_refresh_does_not_condemn_the_new_token(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = shop.tea.tokens.current()
    shop.control("tokens", account="tea")
    mark = shop.tea.tokens.mark_rejected

    def slowly(serial: int) -> bool:
        # Meanwhile another thread of this container has learnt of the new token.
        tokens.refresh(shop.svc, shop.tea)
        shop.tea.tokens._look()
        return mark(serial)

    with monkeypatch.context() as patch:
        assert mark(kept(shop)["serial"])
        patch.setattr(shop.tea.tokens, "mark_rejected", slowly)
        shop.tea.tokens.rejected(old)

    assert kept(shop)["rejected_serial"] < kept(shop)["serial"]


def test_nobody_is_asked_a_third_time_when_no_token_is_good_enough(shop: House) -> None:
    refuse(shop, times=5)
    before = shop.count(INFO)

    with pytest.raises(TokenRejected):
        ask(shop)

    assert shop.count(INFO) - before == 2


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_token_that_wechat_gave_and_refuses_is_replaced_by_force(shop: House, errcode: int) -> None:
    refused = kept(shop)["token_text"]
    refuse(shop, errcode=errcode)

    assert ask(shop)["openid"] == "alice1"

    assert kept(shop)["token_text"] != refused
    assert kept(shop)["forced_today"] == 1


def test_who_finds_that_the_stored_token_is_another_one_only_uses_that(shop: House) -> None:
    old = shop.tea.tokens.current()
    shop.control("tokens", account="tea")
    tokens_elsewhere = shop.svc.accounts._build(shop.svc.accounts._items()["tea"])
    tokens_elsewhere.wechat.users.info("alice1")
    asked = shop.count(STABLE)

    assert shop.tea.tokens.rejected(old) == kept(shop)["token_text"]
    assert shop.count(STABLE) == asked


def test_the_very_first_caller_wakes_the_refresher(house: House) -> None:
    house.control("people", account="tea", count=1, prefix="alice")

    assert ask(house)["openid"] == "alice1"


def test_force_is_used_at_most_every_thirty_seconds(shop: House, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(shop)
    ask(shop)
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 0.0)
    refuse(shop)

    with pytest.raises(TokenRejected):
        ask(shop)
    assert kept(shop)["forced_today"] == 1

    shop.advance(31)
    tokens.refresh(shop.svc, shop.tea)
    assert kept(shop)["forced_today"] == 2


def test_force_is_used_at_most_twenty_times_a_day_then_a_person_hears_of_it(shop: House) -> None:
    for _ in range(25):
        shop.tea.tokens.mark_rejected(kept(shop)["serial"])
        tokens.refresh(shop.svc, shop.tea)
        shop.advance(31)

    assert kept(shop)["forced_today"] == 20
    assert len(shop.world.accounts["tea"].forced_refreshes) == 20
    assert "20" in alarms.ringing(shop.svc, shop.tea)["forced"]


def test_the_next_day_force_works_again_and_the_alarm_ends(shop: House) -> None:
    alarms.ring(shop.svc, shop.tea, "forced", "20")
    shop.tea.tokens.mark_rejected(kept(shop)["serial"])

    tokens.refresh(shop.svc, shop.tea)

    assert "forced" not in alarms.ringing(shop.svc, shop.tea)


def test_a_token_is_replaced_before_its_end_and_not_earlier(shop: House) -> None:
    first, asked = kept(shop)["token_text"], shop.count(STABLE)
    shop.advance(TWO_HOURS / 2)
    tokens.refresh(shop.svc, shop.tea)
    assert (kept(shop)["token_text"], shop.count(STABLE)) == (first, asked)

    shop.advance(TWO_HOURS / 2 - FIVE_MINUTES + 5)
    tokens.refresh(shop.svc, shop.tea)

    assert kept(shop)["token_text"] != first
    assert kept(shop)["good_until"] > shop.svc.now() + TWO_HOURS - 10


def test_with_a_run_every_five_minutes_a_good_token_is_always_there(shop: House) -> None:
    for _ in range(2 * TWO_HOURS // FIVE_MINUTES):
        shop.advance(FIVE_MINUTES)
        tokens.refresh(shop.svc, shop.tea)
        assert kept(shop)["good_until"] > shop.svc.now()

    assert kept(shop)["serial"] == 3
    assert "forced_today" not in kept(shop)


def test_the_ticket_is_kept_like_a_token(shop: House) -> None:
    first = kept(shop, "jsapi")["token_text"]
    tokens.refresh(shop.svc, shop.tea)
    assert (kept(shop, "jsapi")["token_text"], shop.count(TICKET)) == (first, 2)  # one of each account

    shop.advance(TWO_HOURS + 1)
    tokens.refresh(shop.svc, shop.tea)

    assert kept(shop, "jsapi")["token_text"] != first


def test_while_one_holds_the_lease_the_others_leave_and_a_dead_ones_lease_ends(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "WAIT_FOR_NEW", 0.0)
    assert house.tea.tokens.lease("access")
    tokens.refresh(house.svc, house.tea)
    assert "token_text" not in kept(house)

    house.advance(stored.LEASE + 1)
    tokens.refresh(house.svc, house.tea)

    assert kept(house)["token_text"]


def test_whose_lease_ran_out_does_not_undo_the_work_of_the_next(shop: House) -> None:
    slow = shop.tea.tokens.lease("access")
    shop.advance(stored.LEASE + 1)
    assert slow
    assert shop.tea.tokens.lease("access")

    shop.tea.tokens.store("access", slow, "an old token", TWO_HOURS)

    assert kept(shop)["token_text"] != "an old token"


def test_ten_refreshers_at_once_ask_once(house: House) -> None:
    together(10, lambda _: tokens.refresh(house.svc, house.tea))

    assert house.count(STABLE) == 1


def test_who_gets_the_lease_after_another_has_refreshed_asks_for_nothing(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (shop.count(STABLE), shop.count(TICKET))
    monkeypatch.setattr(shop.tea.tokens, "read", lambda kind: {})  # as it was before the other one came

    tokens.refresh(shop.svc, shop.tea)

    assert (shop.count(STABLE), shop.count(TICKET)) == asked


def wrong_secret(house: House) -> None:
    store_secret(house.svc, "accounts/tea/app_secret", "wrong")


def unknown_app_id(house: House) -> None:
    house.control("faults", path=STABLE, errcode=40013, times=9, account="tea")


def refused_secret(house: House) -> None:
    house.control("faults", path=STABLE, errcode=40001, times=9, account="tea")


def no_secret(house: House) -> None:
    boto3.client("ssm").delete_parameter(Name=f"{house.svc.settings.secrets_path}/accounts/tea/app_secret")


@pytest.mark.parametrize("trouble", [wrong_secret, unknown_app_id, refused_secret, no_secret])
def test_the_trouble_of_one_account_rings_once_and_leaves_the_others_alone(
    house: House, trouble: Callable[[House], None]
) -> None:
    trouble(house)

    with logged() as lines:
        for _ in range(3):
            tokens.refresh_all(house.svc)

    assert lines.getvalue().count("needs a person") == 1
    assert "token" in alarms.ringing(house.svc, house.tea)
    assert kept(house, alias="leaf")["token_text"]
    assert "secret-of" not in lines.getvalue()


def test_the_refresher_needs_no_secret_of_the_callback(house: House) -> None:
    boto3.client("ssm").delete_parameter(Name=f"{house.svc.settings.secrets_path}/accounts/leaf/callback")

    tokens.refresh_all(house.svc)

    assert kept(house)["token_text"]
    assert kept(house, alias="leaf")["token_text"]


def test_with_the_right_secret_the_alarm_ends(house: House) -> None:
    store_secret(house.svc, "accounts/tea/app_secret", "wrong")
    tokens.refresh(house.svc, house.tea)
    store_secret(house.svc, "accounts/tea/app_secret", "secret-of-tea")
    house.svc.secrets = Secrets(house.svc.settings.secrets_path)  # a minute later

    tokens.refresh(house.svc, house.tea)

    assert alarms.ringing(house.svc, house.tea) == {}


def test_an_address_that_is_not_on_the_whitelist_is_named(house: House) -> None:
    house.control("settings", account="tea", ip_whitelist=["10.0.0.1"], caller_ip="203.0.113.7")

    with logged() as lines:
        tokens.refresh_all(house.svc)

    told = alarms.ringing(house.svc, house.tea)["token"]
    assert "40164" in told
    assert "203.0.113.7" in told
    assert "白名单" in told
    assert "203.0.113.7" in lines.getvalue()


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 502}, {"timeout": True}])
def test_what_passes_by_itself_rings_no_alarm(house: House, fault: dict[str, Any]) -> None:
    house.control("faults", path=STABLE, account="tea", **fault)
    tokens.refresh(house.svc, house.tea)
    assert alarms.ringing(house.svc, house.tea) == {}

    tokens.refresh(house.svc, house.tea)
    assert kept(house)["token_text"]


def test_two_accounts_never_share_a_token(shop: House) -> None:
    leaf = kept(shop, alias="leaf")
    assert leaf["token_text"] != kept(shop)["token_text"]

    shop.control("tokens", account="tea")
    ask(shop)

    assert kept(shop, alias="leaf") == leaf
    assert kept(shop)["serial"] == 2


def make_due(house: House, kind: str, alias: str = "tea") -> None:
    house.svc.table.update(f"account#{alias}", f"token#{kind}", {"good_until": 0})


def test_a_token_refused_for_the_ticket_is_replaced_in_the_same_run_and_nobody_is_woken(shop: House) -> None:
    for alias in ("tea", "leaf"):
        make_due(shop, "jsapi", alias)
    refused = kept(shop, alias="leaf")["token_text"]
    shop.control("faults", path=TICKET, account="leaf", errcode=40001)

    tokens.refresh_all(shop.svc)

    assert kept(shop, alias="leaf")["token_text"] != refused
    assert kept(shop, "jsapi", "leaf")["good_until"] > shop.svc.now()
    assert kept(shop, "jsapi")["good_until"] > shop.svc.now()
    assert shop.svc.functions.woken == 0  # type: ignore[attr-defined]


def test_a_ticket_is_not_asked_for_a_third_time(shop: House) -> None:
    make_due(shop, "jsapi")
    asked = shop.count(TICKET)
    shop.control("faults", path=TICKET, account="tea", errcode=40001, times=9)

    tokens.refresh(shop.svc, shop.tea)
    assert shop.count(TICKET) - asked == 2

    tokens.refresh(shop.svc, shop.tea)  # too early to use force again, so there is no other token to ask with
    assert shop.count(TICKET) - asked == 3
    assert alarms.ringing(shop.svc, shop.tea) == {}


def test_without_a_token_no_ticket_is_asked_for(house: House) -> None:
    assert house.tea.tokens.lease("access")

    tokens.refresh(house.svc, house.tea)

    assert house.count(TICKET) == 0


def test_a_bug_in_one_account_stops_no_other_and_lambda_hears_of_it(house: House) -> None:
    house.svc.table.put({"pk": "accounts", "sk": "broken"})

    with logged() as lines, pytest.raises(tokens.RefreshFailed, match="broken"):
        tokens.refresh_all(house.svc)

    assert "KeyError" in lines.getvalue()
    assert kept(house)["token_text"]
    assert kept(house, alias="leaf")["token_text"]


def test_who_is_woken_for_one_account_leaves_the_others_to_the_schedule(house: House) -> None:
    app.refresh_tokens(refresh_event("tea"), mock.Mock(memory_limit_in_mb=256))
    assert kept(house)["token_text"]
    assert kept(house, alias="leaf") == {}

    app.refresh_tokens(refresh_event(""), mock.Mock(memory_limit_in_mb=256))
    assert kept(house, alias="leaf")["token_text"]


def test_aws_being_away_is_explained_to_who_would_wake_the_refresher(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(service: str) -> Any:
        raise EndpointConnectionError(endpoint_url="lambda")

    monkeypatch.setattr(session, "client", away)

    with pytest.raises(Unavailable):
        Functions("gaiwan-dev-refresh_tokens").refresh_tokens("tea")


def test_the_alarm_stays_while_nothing_has_succeeded(house: House) -> None:
    wrong_secret(house)
    tokens.refresh(house.svc, house.tea)
    assert house.tea.tokens.lease("access")  # another refresher, which has not come to an end

    tokens.refresh(house.svc, house.tea)
    assert "token" in alarms.ringing(house.svc, house.tea)

    house.advance(stored.LEASE + 1)
    house.control("faults", path=STABLE, errcode=-1, account="tea")
    tokens.refresh(house.svc, house.tea)
    assert "token" in alarms.ringing(house.svc, house.tea)


def test_a_run_that_finds_all_well_only_reads_and_a_refresh_looks_for_no_alarm(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    call = type(house.svc.table)._call_all

    def watched(table: Any, operation: str, **arguments: Any) -> Any:
        asked.append(operation)
        return call(table, operation, **arguments)

    monkeypatch.setattr(type(house.svc.table), "_call_all", watched)
    tokens.refresh_all(house.svc)
    assert set(asked) == {"query", "get_item", "update_item"}

    asked.clear()
    tokens.refresh_all(house.svc)
    assert set(asked) <= {"query", "get_item"}


def test_a_token_is_in_no_log(shop: House) -> None:
    with logged() as lines:
        refuse(shop, times=2)
        with pytest.raises(TokenRejected) as told:
            ask(shop)
        tokens.refresh_all(shop.svc)

    for alias in ("tea", "leaf"):
        for kind in ("access", "jsapi"):
            assert kept(shop, kind, alias)["token_text"] not in lines.getvalue() + str(told.value)
