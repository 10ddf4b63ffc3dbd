"""Tokens go bad in four ways, and each has its own number."""

from __future__ import annotations

import re

from tests.simulator.shop import LEAF, SECRET, TEA, Doors

GET = "/cgi-bin/getcallbackip"
SEVEN_MINUTES = 420


def test_each_way_of_a_bad_token_has_its_errcode(tea: Doors) -> None:
    first, _, _ = tea.rotated(), tea.rotated(), tea.rotated()
    stable = tea.stable()["access_token"]
    assert tea.code(GET, token="") == 41001
    assert tea.code(GET, token="not-a-token") == 40014
    assert tea.code(GET, token="99_" + "x" * 100) == 40014
    assert tea.code(GET, token=first) == 40001
    tea.advance(7200)
    assert tea.code(GET, token=stable) == 42001


def test_errors_are_http_200_with_a_rid_that_can_be_looked_up(tea: Doors) -> None:
    status, _ = tea.ask("GET", "/api.weixin.qq.com/cgi-bin/user/get")
    told = tea.call("/cgi-bin/user/info", query={"openid": "nobody"})
    rid = re.search(r" rid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})$", told["errmsg"])
    assert status == 200
    assert rid
    found = tea.call("/cgi-bin/openapi/rid/get", {"rid": rid[1]})["request"]
    assert found["request_url"] == "/cgi-bin/user/info?openid=nobody&access_token=***"
    assert tea.code("/cgi-bin/openapi/rid/get", {"rid": "nonsense"}) == 76002
    assert tea.code("/cgi-bin/openapi/rid/get", {"rid": "00000000-00000000-00000000"}) == 76001


def test_token_keeps_the_previous_one_alive_for_five_minutes_and_none_older(tea: Doors) -> None:
    first, second = tea.rotated(), tea.rotated()
    assert tea.code(GET, token=first) == 0
    third = tea.rotated()
    assert [tea.code(GET, token=t) for t in (first, second, third)] == [40001, 0, 0]
    tea.advance(300)
    assert [tea.code(GET, token=t) for t in (second, third)] == [40001, 0]


def test_stable_token_stays_the_same_until_five_minutes_before_its_end(tea: Doors) -> None:
    first = tea.stable()
    tea.advance(7200 - 301)
    assert tea.stable()["access_token"] == first["access_token"]
    tea.advance(1)
    second = tea.stable()
    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] == 7200
    assert tea.code(GET, token=first["access_token"]) == 0
    tea.advance(300)
    assert tea.code(GET, token=first["access_token"]) == 42001


def test_two_forced_refreshes_thirty_seconds_apart_kill_a_leaked_token(tea: Doors) -> None:
    leaked = tea.stable()["access_token"]
    second = tea.stable(force_refresh=True)["access_token"]
    assert tea.code(GET, token=leaked) == 0
    assert tea.stable(force_refresh=True)["access_token"] == second
    tea.advance(30)
    third = tea.stable(force_refresh=True)["access_token"]
    assert third != second
    assert tea.code(GET, token=leaked) == 40001


def test_the_twenty_first_forced_refresh_of_a_day_changes_nothing(tea: Doors) -> None:
    tea.wait_until(hour=12)
    tea.stable()
    given = []
    for _ in range(21):
        given.append(tea.stable(force_refresh=True)["access_token"])
        tea.advance(30)
    assert len(set(given)) == 20


def test_the_two_pools_know_nothing_of_each_other(tea: Doors) -> None:
    stable = tea.stable()["access_token"]
    for _ in range(3):
        tea.rotated()
    assert tea.code(GET, token=stable) == 0


def test_who_asks_for_a_token_must_say_who_they_are(tea: Doors) -> None:
    good = {"grant_type": "client_credential", "appid": TEA, "secret": SECRET}
    for change, errcode in (
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "wx0"}, 40013),
        ({"secret": "wrong"}, 40125),
    ):
        assert tea.code("/cgi-bin/stable_token", good | change, token="") == errcode
        assert tea.code("/cgi-bin/token", query=good | change, token="") == errcode


def test_an_address_that_is_not_listed_is_told_which_one_to_list(tea: Doors) -> None:
    token = tea.token()
    tea.set(ip_whitelist=["10.0.0.1"], caller_ip="1.2.3.4")
    told = tea.stable()
    assert told["errcode"] == 40164
    assert told["errmsg"].startswith("invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: ")
    assert tea.code(GET, token=token) == 0
    asked = f"/api.weixin.qq.com/cgi-bin/token?grant_type=client_credential&appid={TEA}&secret={SECRET}"
    assert b"access_token" in tea.ask("GET", asked, None, **{"X-Simulated-Ip": "10.0.0.1"})[1]


def test_a_token_of_another_account_is_not_good_for_this_one(tea: Doors, leaf: Doors) -> None:
    assert leaf.code("/cgi-bin/clear_quota", {"appid": TEA}) == 40001
    assert leaf.code("/cgi-bin/clear_quota", {"appid": LEAF}) == 0


def test_the_ticket_of_the_page_sdk_is_the_same_until_it_ends(tea: Doors) -> None:
    asked = {"type": "jsapi"}
    first = tea.call("/cgi-bin/ticket/getticket", query=asked)
    assert tea.call("/cgi-bin/ticket/getticket", query=asked)["ticket"] == first["ticket"]
    tea.advance(6900)
    tea.advance(300)
    tea.wait_until(hour=12)
    assert tea.call("/cgi-bin/ticket/getticket", query=asked)["ticket"] != first["ticket"]
