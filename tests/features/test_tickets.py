"""What another site gets for a ticket: who came, and an ID token that a library nobody here wrote can check."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from chalicelib.features import operators
from tests.house import House, Json
from tests.visiting import CART, PKCE, SHOP, VERIFIER, Browser, ask, exchange, list_sites, server

EXCHANGE = "/oauth/tea/exchange"


@pytest.fixture
def shop(house: House) -> dict[str, str]:
    """The other site's server: its headers. Its origin is listed."""
    list_sites(house, SHOP, "https://other.example.com")
    return server(house)


def checked(house: House, token: str, audience: str = SHOP) -> Json:
    """By PyJWT, with the keys that it fetches itself."""
    configuration = house.get("/.well-known/openid-configuration").json()
    keys = jwt.PyJWKClient(configuration["jwks_uri"])
    key = keys.get_signing_key_from_jwt(token)
    claims: Json = jwt.decode(
        token,
        key,
        algorithms=configuration["id_token_signing_alg_values_supported"],
        audience=audience,
        issuer=configuration["issuer"],
        options={"require": ["iss", "sub", "aud", "iat", "exp", "auth_time"]},
    )
    return claims


def refused(answer: Any, status: int, says: str) -> None:
    assert answer.status == status, answer.data
    assert says in answer.json()["error"]["message"]


def test_a_ticket_becomes_an_identity_once(house: House, shop: dict[str, str]) -> None:
    ticket = Browser(house).ticket()

    answer = exchange(house, ticket, **shop)

    assert answer.status == 200
    told = answer.json()
    assert checked(house, told.pop("id_token"))["sub"] == "alice"
    assert told == {
        "openid": "alice",
        "unionid": "",
        "expires_in": 600,
        "follower": False,
        "virtual": False,
        "nickname": "",
        "picture": "",
    }
    refused(exchange(house, ticket, **shop), 400, "sign in again")


def test_ten_exchanges_at_once_are_one(house: House, shop: dict[str, str]) -> None:
    ticket = Browser(house).ticket()

    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(lambda _: exchange(house, ticket, **shop).status, range(10)))

    assert sorted(answers) == [200] + [400] * 9


def test_the_token_says_all_that_is_known_in_standard_claims(house: House, shop: dict[str, str]) -> None:
    tea = house.world.accounts["tea"]
    tea.open_platform = True
    tea.person("alice").nickname = "爱丽丝"
    ticket = Browser(house).ticket(scope="snsapi_userinfo", nonce="n-0S6_WzA2Mj")

    told = exchange(house, ticket, **shop).json()

    claims = checked(house, told["id_token"])
    assert claims.pop("exp") - claims["iat"] == 600
    assert abs(claims.pop("iat") - house.svc.now()) < 10
    assert abs(claims.pop("auth_time") - house.svc.now()) < 10
    assert len(claims.pop("sid")) == 22
    assert claims.pop("picture") == told["picture"] != ""
    assert claims == {
        "iss": house.app,
        "sub": "alice",
        "aud": SHOP,
        "nonce": "n-0S6_WzA2Mj",
        "account": "tea",
        "unionid": tea.person("alice").unionid,
        "nickname": "爱丽丝",
    }
    assert (told["unionid"], told["nickname"]) == (claims["unionid"], "爱丽丝")


def test_a_snapshot_is_marked_virtual(house: House, shop: dict[str, str]) -> None:
    house.world.accounts["tea"].person("alice").snapshot = True

    told = exchange(house, Browser(house).ticket(), **shop).json()

    assert told["virtual"] is True
    claims = checked(house, told["id_token"])
    assert claims["virtual"] is True
    assert claims["sub"] == told["openid"] != "alice"


def test_a_follower_is_told_as_one(house: House, shop: dict[str, str]) -> None:
    house.phone("alice", "follow")

    assert exchange(house, Browser(house).ticket(), **shop).json()["follower"] is True


def test_the_page_itself_exchanges_with_its_verifier(house: House, shop: dict[str, str]) -> None:
    ticket = Browser(house).ticket(**PKCE)

    refused(exchange(house, ticket, verifier="w" * 43, Origin=SHOP), 400, "code_verifier")
    refused(exchange(house, ticket, Origin=SHOP), 400, "code_verifier")
    refused(exchange(house, ticket, Origin=SHOP, **shop), 400, "code_verifier")
    answer = exchange(house, ticket, verifier=VERIFIER, Origin=SHOP)

    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    refused(exchange(house, ticket, verifier=VERIFIER, Origin=SHOP), 400, "sign in again")


def test_only_the_page_it_was_given_to_exchanges_it(house: House, shop: dict[str, str]) -> None:
    ticket = Browser(house).ticket(**PKCE)

    for origin in ("https://other.example.com", "https://evil.example", house.app, "null", "", f"{SHOP}:443"):
        refused(exchange(house, ticket, verifier=VERIFIER, Origin=origin), 403, "Only a page of the site")
    refused(exchange(house, ticket, verifier=VERIFIER), 403, "must carry that Origin")
    refused(exchange(house, ticket, verifier=VERIFIER, Sec_Fetch_Site="same-origin", **shop), 403, "Origin")
    assert exchange(house, ticket, verifier=VERIFIER, Origin=SHOP).status == 200


def test_a_verifier_without_a_challenge_proves_nothing(house: House, shop: dict[str, str]) -> None:
    ticket = Browser(house).ticket()

    refused(exchange(house, ticket, verifier=VERIFIER), 401, "API token")
    refused(exchange(house, ticket, verifier=VERIFIER, **shop), 400, "code_verifier")
    assert exchange(house, ticket, **shop).status == 200


def test_without_a_token_no_server_exchanges(house: House, shop: dict[str, str]) -> None:
    ticket = Browser(house).ticket()
    gone = operators.issue_token(house.svc, "gone")
    operators.revoke_token(house.svc, gone)

    for authorization in ("", "Bearer", "Bearer gaiwan_made-up", f"Bearer {gone}", f"Basic {gone}", "Bearer é"):
        refused(exchange(house, ticket, Authorization=authorization), 401, "API token")
    refused(exchange(house, "not even a ticket"), 401, "API token")
    assert exchange(house, ticket, **shop).status == 200


def test_a_site_that_left_the_list_exchanges_nothing_and_its_tokens_end(house: House, shop: dict[str, str]) -> None:
    browser = Browser(house)
    by_server, by_page = browser.ticket(code="code-1"), browser.ticket(code="code-2", **PKCE)
    token = exchange(house, browser.ticket(code="code-3"), **shop).json()["id_token"]
    shown = {"Authorization": f"Bearer {token}", "Origin": SHOP}
    assert ask(house, "GET", "/oauth/tea/me", **shown).json()["signed_in"] is True

    list_sites(house, "https://other.example.com")

    refused(exchange(house, by_server, **shop), 400, "sign in again")
    refused(exchange(house, by_page, verifier=VERIFIER, Origin=SHOP), 400, "sign in again")
    refused(ask(house, "GET", "/oauth/tea/me", **shown), 401, "sign in again")
    list_sites(house, SHOP)
    assert exchange(house, by_server, **shop).status == 200


def test_a_silent_ticket_of_another_site_tells_the_nickname_that_was_allowed(
    house: House, shop: dict[str, str]
) -> None:
    house.world.accounts["tea"].person("alice").nickname = "爱丽丝"
    browser = Browser(house)
    browser.sign_in(scope="snsapi_userinfo")

    told = exchange(house, browser.ticket(code="code-2"), **shop).json()

    assert told["nickname"] == browser.me()["nickname"] == "爱丽丝"


def test_a_ticket_lives_for_a_minute(house: House, shop: dict[str, str]) -> None:
    browser = Browser(house)
    early, late = browser.ticket(code="code-1"), browser.ticket(code="code-2")
    house.advance(58)
    assert exchange(house, early, **shop).status == 200

    house.advance(5)
    refused(exchange(house, late, **shop), 400, "older than a minute")


def test_a_ticket_ends_with_its_visit(house: House, shop: dict[str, str]) -> None:
    browser = Browser(house)
    ticket = browser.ticket()
    browser.send("POST", "/oauth/tea/sign-out")

    refused(exchange(house, ticket, **shop), 400, "sign in again")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"ticket": 7}', b'{"ticket": null}', b"{}", b"\xff", b'{"ticket": "\\ud800"}']
)
def test_what_is_no_request_is_refused(house: House, shop: dict[str, str], body: bytes) -> None:
    answer = ask(house, "POST", EXCHANGE, body, Content_Type="application/json", **shop)

    refused(answer, 400, "")


def test_of_any_content_type(house: House, shop: dict[str, str]) -> None:
    for kind in ("text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded"):
        answer = ask(house, "POST", EXCHANGE, {"ticket": "x"}, Content_Type=kind, **shop)
        refused(answer, 400, "sign in again")


def test_the_keys_are_public_for_five_minutes(house: House) -> None:
    for path in ("/.well-known/jwks.json", "/.well-known/openid-configuration"):
        answer = house.get(path, Origin="https://anybody.example")
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (key,) = house.get("/.well-known/jwks.json").json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "use", "alg", "kid"}


def test_the_configuration_says_what_is_true(house: House) -> None:
    told = house.get("/.well-known/openid-configuration").json()

    assert told["issuer"] == house.app
    assert told["jwks_uri"] == f"{house.app}/.well-known/jwks.json"
    assert told["id_token_signing_alg_values_supported"] == ["ES256"]


def test_the_ticket_is_opaque_and_fits_into_an_address(house: House, shop: dict[str, str]) -> None:
    ticket = Browser(house).ticket(CART, nonce="n" * 100, **PKCE)

    assert "alice" not in ticket
    assert ticket.replace("-", "").replace("_", "").isalnum()
    assert len(ticket) < 700
