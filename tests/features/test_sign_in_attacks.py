"""What thieves and forgers try, each over HTTP and each refused with words that say what to do; never a 500."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import urllib3

from chalicelib.features.identities import sign_in
from chalicelib.keys import Keys
from tests.house import House
from tests.visiting import (
    CART,
    CHALLENGE,
    HELLO,
    PKCE,
    SHOP,
    VERIFIER,
    Browser,
    ask,
    exchange,
    grant,
    list_sites,
    server,
)

Answer = urllib3.BaseHTTPResponse
Attack = Callable[[House], Answer]
OTHER, EVIL = "https://other.example.com", "https://evil.example"
SECOND_SERVICE = {"kind": "service", "verified": True}


@pytest.fixture
def town(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Two accounts that sign visitors in, and two listed sites."""
    monkeypatch.setattr(sign_in, "WAIT_FOR_TWIN", 0.1)
    house.svc.table.update("accounts", "leaf", SECOND_SERVICE)
    list_sites(house, SHOP, OTHER)
    list_sites(house, SHOP, alias="leaf")
    return house


def letters(raw: bytes | str) -> str:
    return base64.urlsafe_b64encode(raw if isinstance(raw, bytes) else raw.encode()).decode().rstrip("=")


# --- states: the thief holds what belongs into another browser -------------------------------------------------------


def stolen_state(house: House) -> Answer:
    state = Browser(house).begin()
    grant(house)
    return Browser(house).back(state)


def stolen_state_in_a_browser_that_began_too(house: House) -> Answer:
    state, thief = Browser(house).begin(), Browser(house)
    thief.begin()
    grant(house)
    return thief.back(state)


def own_cookie_under_the_name_of_the_stolen_state(house: House) -> Answer:
    state, thief = Browser(house).begin(), Browser(house)
    thief.begin()
    (own,) = thief.cookies.values()
    thief.cookies = {f"__Host-begun-{state[:8]}": own}
    grant(house)
    return thief.back(state)


def victim_lured_to_finish_the_thiefs_sign_in(house: House) -> Answer:
    state, victim = Browser(house).begin(), Browser(house)
    victim.sign_in()
    return victim.back(state, grant(house, "code-of-the-thief", "mallory"))


def replayed_state(house: House) -> Answer:
    browser = Browser(house)
    state = browser.begin()
    browser.back(state, grant(house))
    return browser.back(state, grant(house, "code-2", "mallory"))


def replayed_code(house: House) -> Answer:
    Browser(house).sign_in()
    thief = Browser(house)
    return thief.back(thief.begin(), "code-1")


def state_of_another_account(house: House) -> Answer:
    browser = Browser(house)
    state = browser.begin()
    return browser.back(state, grant(house), alias="leaf")


def late_state(house: House) -> Answer:
    browser = Browser(house)
    state = browser.begin()
    house.advance(601)
    return browser.back(state, grant(house))


def late_and_finished_state(house: House) -> Answer:
    browser = Browser(house)
    state = browser.begin()
    browser.back(state, grant(house))
    house.advance(601)
    return browser.back(state)


def altered_state(house: House) -> Answer:
    browser = Browser(house)
    state = browser.begin()
    return browser.back(state[:-1] + ("A" if state[-1] != "A" else "B"), grant(house))


def altered_beginning(house: House) -> Answer:
    browser = Browser(house)
    state = browser.begin()
    ((name, value),) = browser.cookies.items()
    browser.cookies[name] = value[:-1] + ("A" if value[-1] != "A" else "B")
    return browser.back(state, grant(house))


def visit_cookie_as_a_beginning(house: House) -> Answer:
    browser = Browser(house)
    browser.sign_in()
    state = browser.begin()
    browser.cookies[f"__Host-begun-{state[:8]}"] = browser.cookies["__Host-visit-tea"]
    return browser.back(state, grant(house, "code-2"))


def no_state(house: House) -> Answer:
    browser = Browser(house)
    browser.begin()
    return browser.back("", grant(house))


def no_code(house: House) -> Answer:
    browser = Browser(house)
    return browser.back(browser.begin(), "")


def strange_state(house: House) -> Answer:
    return Browser(house).back("../../state\x00茶" * 9, grant(house))


def strange_code(house: House) -> Answer:
    browser = Browser(house)
    return browser.back(browser.begin(), "\x00\r\n茶&secret=x" * 9)


STATES: list[Attack] = [
    stolen_state,
    stolen_state_in_a_browser_that_began_too,
    own_cookie_under_the_name_of_the_stolen_state,
    victim_lured_to_finish_the_thiefs_sign_in,
    replayed_state,
    replayed_code,
    state_of_another_account,
    late_state,
    late_and_finished_state,
    altered_state,
    altered_beginning,
    visit_cookie_as_a_beginning,
    no_state,
    no_code,
    strange_state,
    strange_code,
]


@pytest.mark.parametrize("attack", STATES)
def test_a_state_of_others_leads_nowhere(town: House, attack: Attack) -> None:
    answer = attack(town)

    assert answer.status == 400
    assert_page(answer, "请重新开始", "start again")


# --- addresses: where the thief would like the visitor to arrive -----------------------------------------------------

FOREIGN = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:evil.example",
    EVIL,
    f"{EVIL}/",
    f"{SHOP}.evil.example/",
    f"{SHOP}@evil.example/",
    f"{SHOP}:443@evil.example/",
    "https://user@shop.example.com/",
    "https://user:pw@shop.example.com/",
    f"{SHOP}:443/",
    f"{SHOP}:8443/",
    f"{SHOP}:/",
    f"{SHOP}./",
    "http://shop.example.com/",
    "HTTPS://shop.example.com/",
    "https://SHOP.example.com/",
    "https://evil.example/https://shop.example.com/",
    "https://evil.example#https://shop.example.com/",
    "https://evil.example?https://shop.example.com/",
    f"{SHOP}\\@evil.example/",
    f"{SHOP}%2eevil.example/",
    f"{SHOP}%00.evil.example/",
    "https://shop。example.com/",
    "https://ѕhop.example.com/",  # a Cyrillic s
    "javascript:alert(document.cookie)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "\t//evil.example",
    "/\t/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/\x00",
    "//127.0.0.1@evil.example",
    "evil.example",
    "",
]


@pytest.mark.parametrize("then", FOREIGN)
def test_no_sign_in_leads_to_a_foreign_address(town: House, then: str) -> None:
    answer = Browser(town).start(then)

    assert answer.status == 400
    assert_page(answer, "then 只能是", "then must be")
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("then", ["//evil.example", EVIL, f"{SHOP}@evil.example/", "/\\evil.example"])
def test_no_sign_out_leads_to_one(town: House, then: str) -> None:
    answer = ask(town, "POST", f"/oauth/tea/sign-out?then={then}", Accept="text/html")

    assert answer.status == 400
    assert "Location" not in answer.headers


def plain_method(house: House) -> Answer:
    return Browser(house).start(CART, code_challenge=VERIFIER, code_challenge_method="plain")


def no_method(house: House) -> Answer:
    return Browser(house).start(CART, code_challenge=CHALLENGE)


def no_challenge(house: House) -> Answer:
    return Browser(house).start(CART, code_challenge_method="S256")


def short_challenge(house: House) -> Answer:
    return Browser(house).start(CART, code_challenge="c", code_challenge_method="S256")


def strange_nonce(house: House) -> Answer:
    return Browser(house).start(CART, nonce="a\r\nb")


@pytest.mark.parametrize("attack", [plain_method, no_method, no_challenge, short_challenge, strange_nonce])
def test_what_protects_nothing_is_not_begun(town: House, attack: Attack) -> None:
    answer = attack(town)

    assert answer.status == 400
    assert_page(answer, "不对", "must be")


# --- tickets: the thief saw one in an address -------------------------------------------------------------------------


def replayed_ticket(house: House) -> Answer:
    ticket, shop = Browser(house).ticket(), server(house)
    assert exchange(house, ticket, **shop).status == 200
    return exchange(house, ticket, **shop)


def late_ticket(house: House) -> Answer:
    ticket = Browser(house).ticket()
    house.advance(62)
    return exchange(house, ticket, **server(house))


def ticket_at_another_account(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(), alias="leaf", **server(house))


def altered_ticket(house: House) -> Answer:
    ticket = Browser(house).ticket()
    return exchange(house, ticket[:-1] + ("A" if ticket[-1] != "A" else "B"), **server(house))


def ticket_with_something_appended(house: House) -> Answer:
    return exchange(house, Browser(house).ticket() + "AAAA", **server(house))


def visit_cookie_as_a_ticket(house: House) -> Answer:
    browser = Browser(house)
    browser.sign_in()
    return exchange(house, browser.cookies["__Host-visit-tea"], **server(house))


def beginning_as_a_ticket(house: House) -> Answer:
    browser = Browser(house)
    browser.begin(CART)
    (begun,) = browser.cookies.values()
    return exchange(house, begun, **server(house))


def ticket_of_a_visit_that_is_over(house: House) -> Answer:
    browser = Browser(house)
    ticket = browser.ticket()
    browser.send("POST", "/oauth/tea/sign-out")
    return exchange(house, ticket, **server(house))


def ticket_of_another_stage(house: House) -> Answer:
    other = Keys(lambda: base64.b64encode(b"x" * 32).decode())
    told = {"account": "tea", "openid": "alice", "visit": "v", "origin": SHOP, "at": house.svc.now()}
    forged = other.seal("ticket", told | {"nonce": "", "challenge": "", "id": "i"})
    return exchange(house, forged, **server(house))


def empty_ticket(house: House) -> Answer:
    return exchange(house, "", **server(house))


def ticket_without_a_token(house: House) -> Answer:
    return exchange(house, Browser(house).ticket())


def ticket_with_a_made_up_token(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(), Authorization="Bearer gaiwan_made-up")


def ticket_with_a_verifier_instead_of_a_token(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(), verifier=VERIFIER)


def ticket_from_an_unlisted_page(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), verifier=VERIFIER, Origin=EVIL)


def ticket_from_another_listed_page(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), verifier=VERIFIER, Origin=OTHER)


def ticket_of_the_thiefs_own_challenge_without_a_page(house: House) -> Answer:
    """Who lured the visitor to a link with their own challenge, and got hold of the address they came back to."""
    return exchange(house, Browser(house).ticket(**PKCE), verifier=VERIFIER)


def ticket_from_a_page_that_hides_where_it_is(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), verifier=VERIFIER, Origin="null", Sec_Fetch_Site="none")


def ticket_of_a_site_that_left_the_list(house: House) -> Answer:
    ticket = Browser(house).ticket(**PKCE)
    list_sites(house, OTHER)
    return exchange(house, ticket, verifier=VERIFIER, Origin=SHOP)


def wrong_verifier(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), verifier="w" * 43, Origin=SHOP)


def challenge_as_the_verifier(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), verifier=CHALLENGE, Origin=SHOP)


def missing_verifier(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), Origin=SHOP)


def missing_verifier_with_a_token(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), Origin=SHOP, **server(house))


def challenged_ticket_at_a_server(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), **server(house))


def short_verifier(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), verifier="v" * 42, Origin=SHOP)


def long_verifier(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), verifier="v" * 129, Origin=SHOP)


def verifier_in_other_letters(house: House) -> Answer:
    return exchange(house, Browser(house).ticket(**PKCE), verifier="茶" * 43, Origin=SHOP)


BAD, NEEDS_TOKEN, FORBIDDEN = 400, 401, 403
TICKETS: list[tuple[Attack, int, str]] = [
    (replayed_ticket, BAD, "sign in again"),
    (late_ticket, BAD, "older than a minute"),
    (ticket_at_another_account, BAD, "not of this account"),
    (altered_ticket, BAD, "sign in again"),
    (ticket_with_something_appended, BAD, "sign in again"),
    (visit_cookie_as_a_ticket, BAD, "sign in again"),
    (beginning_as_a_ticket, BAD, "sign in again"),
    (ticket_of_a_visit_that_is_over, BAD, "sign in again"),
    (ticket_of_another_stage, BAD, "sign in again"),
    (empty_ticket, BAD, "sign in again"),
    (ticket_without_a_token, NEEDS_TOKEN, "API token"),
    (ticket_with_a_made_up_token, NEEDS_TOKEN, "API token"),
    (ticket_with_a_verifier_instead_of_a_token, NEEDS_TOKEN, "API token"),
    (ticket_from_an_unlisted_page, FORBIDDEN, "must carry that Origin"),
    (ticket_from_another_listed_page, FORBIDDEN, "must carry that Origin"),
    (ticket_of_the_thiefs_own_challenge_without_a_page, FORBIDDEN, "must carry that Origin"),
    (ticket_from_a_page_that_hides_where_it_is, FORBIDDEN, "must carry that Origin"),
    (ticket_of_a_site_that_left_the_list, BAD, "sign in again"),
    (wrong_verifier, BAD, "code_verifier does not fit"),
    (challenge_as_the_verifier, BAD, "code_verifier does not fit"),
    (missing_verifier, BAD, "code_verifier does not fit"),
    (missing_verifier_with_a_token, BAD, "code_verifier does not fit"),
    (challenged_ticket_at_a_server, FORBIDDEN, "must carry that Origin"),
    (short_verifier, BAD, "code_verifier does not fit"),
    (long_verifier, BAD, "code_verifier does not fit"),
    (verifier_in_other_letters, BAD, "code_verifier does not fit"),
]


@pytest.mark.parametrize(("attack", "status", "says"), TICKETS)
def test_a_ticket_of_others_is_worth_nothing(town: House, attack: Attack, status: int, says: str) -> None:
    answer = attack(town)

    assert answer.status == status, answer.data
    assert_json(answer, says)
    assert b"alice" not in answer.data


# --- ID tokens: the thief has one, or would like to make one ----------------------------------------------------------


def real_token(house: House) -> str:
    return str(exchange(house, Browser(house).ticket(), **server(house)).json()["id_token"])


def shown(house: House, token: str, origin: str = SHOP, alias: str = "tea") -> Answer:
    headers = {"Authorization": f"Bearer {token}"} | ({"Origin": origin} if origin else {})
    return ask(house, "GET", f"/oauth/{alias}/me", **headers)


def with_claims(house: House, **changed: Any) -> Answer:
    """Signed with the real key: what only a bug of ours could give out."""
    claims = jwt.decode(real_token(house), options={"verify_signature": False})
    return shown(house, house.svc.keys.sign_token(claims | changed))


def with_header(house: House, signature: str | None = None, **header: Any) -> Answer:
    begun, payload, signed = real_token(house).split(".")
    told = json.loads(base64.urlsafe_b64decode(begun + "==")) | header
    return shown(house, f"{letters(json.dumps(told))}.{payload}.{signed if signature is None else signature}")


def altered_header(house: House) -> Answer:
    token = real_token(house)
    return shown(house, ("f" if token[0] != "f" else "e") + token[1:])


def altered_payload(house: House) -> Answer:
    header, payload, signature = real_token(house).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return shown(house, f"{header}.{letters(json.dumps(claims | {'sub': 'bob'}))}.{signature}")


def altered_signature(house: House) -> Answer:
    token = real_token(house)
    return shown(house, token[:-1] + ("A" if token[-1] != "A" else "B"))


def signature_of_zeros(house: House) -> Answer:
    header, payload, _ = real_token(house).split(".")
    return shown(house, f"{header}.{payload}.{letters(bytes(64))}")


def signature_in_asn1(house: House) -> Answer:
    header, payload, signature = real_token(house).split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    return shown(house, f"{header}.{payload}.{letters(bytes([48, 68, 2, 32]) + raw[:32] + bytes([2, 32]) + raw[32:])}")


def no_signature(house: House) -> Answer:
    return shown(house, real_token(house).rpartition(".")[0] + ".")


def algorithm_none(house: House) -> Answer:
    return with_header(house, signature="", alg="none")


def algorithm_none_with_the_signature(house: House) -> Answer:
    return with_header(house, alg="None")


def hmac_with_the_public_key(house: House) -> Answer:
    """The confusion of old libraries: what everybody knows, taken for a secret."""
    (public,) = house.get("/.well-known/jwks.json").json()["keys"]
    header = letters(json.dumps({"alg": "HS256", "typ": "JWT", "kid": public["kid"]}))
    signed = f"{header}.{real_token(house).split('.')[1]}"
    return shown(house, f"{signed}.{letters(hmac.digest(json.dumps(public).encode(), signed.encode(), 'sha256'))}")


def another_key_in_the_header(house: House) -> Answer:
    return with_header(house, jwk={"kty": "EC", "crv": "P-256", "x": "x", "y": "y"})


def another_key_id(house: House) -> Answer:
    return with_header(house, kid="another")


def key_of_another_stage(house: House) -> Answer:
    other = Keys(lambda: base64.b64encode(b"x" * 32).decode())
    return shown(house, other.sign_token(jwt.decode(real_token(house), options={"verify_signature": False})))


def wrong_audience(house: House) -> Answer:
    return with_claims(house, aud=OTHER)


def several_audiences(house: House) -> Answer:
    return with_claims(house, aud=[SHOP, OTHER])


def shown_by_another_listed_site(house: House) -> Answer:
    return shown(house, real_token(house), OTHER)


def shown_by_an_unlisted_site(house: House) -> Answer:
    return shown(house, real_token(house), EVIL)


def shown_by_our_own_site(house: House) -> Answer:
    return shown(house, real_token(house), house.app)


def shown_without_an_origin(house: House) -> Answer:
    return shown(house, real_token(house), "")


def shown_at_another_account(house: House) -> Answer:
    return shown(house, real_token(house), alias="leaf")


def of_a_site_that_left_the_list(house: House) -> Answer:
    token = real_token(house)
    list_sites(house, OTHER)
    return shown(house, token)


def wrong_issuer(house: House) -> Answer:
    return with_claims(house, iss=EVIL)


def expired(house: House) -> Answer:
    token = real_token(house)
    house.advance(601)
    return shown(house, token)


def ended_long_ago(house: House) -> Answer:
    return with_claims(house, exp=1)


def ticket_as_a_token(house: House) -> Answer:
    return shown(house, Browser(house).ticket())


def api_token_as_an_id_token(house: House) -> Answer:
    return shown(house, server(house)["Authorization"].removeprefix("Bearer "))


def cookie_as_a_token(house: House) -> Answer:
    browser = Browser(house)
    browser.sign_in()
    return shown(house, browser.cookies["__Host-visit-tea"])


def four_parts(house: House) -> Answer:
    return shown(house, real_token(house) + ".x")


def one_part(house: House) -> Answer:
    return shown(house, "x")


def dots(house: House) -> Answer:
    return shown(house, "..")


TOKENS: list[Attack] = [
    altered_header,
    altered_payload,
    altered_signature,
    signature_of_zeros,
    signature_in_asn1,
    no_signature,
    algorithm_none,
    algorithm_none_with_the_signature,
    hmac_with_the_public_key,
    another_key_in_the_header,
    another_key_id,
    key_of_another_stage,
    wrong_audience,
    several_audiences,
    shown_by_another_listed_site,
    shown_by_an_unlisted_site,
    shown_by_our_own_site,
    shown_without_an_origin,
    shown_at_another_account,
    of_a_site_that_left_the_list,
    wrong_issuer,
    expired,
    ended_long_ago,
    ticket_as_a_token,
    api_token_as_an_id_token,
    cookie_as_a_token,
    four_parts,
    one_part,
    dots,
]


@pytest.mark.parametrize("attack", TOKENS)
def test_a_token_that_is_not_quite_right_says_nobody_is_here(town: House, attack: Attack) -> None:
    answer = attack(town)

    assert answer.status == 401, answer.data
    assert_json(answer, "sign in again")
    assert b"alice" not in answer.data


@pytest.mark.parametrize("attack", [altered_payload, algorithm_none, hmac_with_the_public_key, key_of_another_stage])
def test_nor_does_it_sign_anybody_out(town: House, attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    def sign_out(house: House, token: str) -> Answer:
        return ask(house, "POST", "/oauth/tea/sign-out", Authorization=f"Bearer {token}", Origin=SHOP)

    monkeypatch.setitem(globals(), "shown", sign_out)
    answer = attack(town)

    assert answer.status == 401
    assert len(list(town.svc.table.under("person#tea#alice", "visit#", fresh=True))) == 1


def test_the_real_ones_work(town: House) -> None:
    """So that the tables above are refused for the reason they name."""
    browser = Browser(town)
    assert browser.sign_in(HELLO).status == 302
    assert shown(town, real_token(town)).json()["openid"] == "alice"
    ticket = Browser(town).ticket(code="code-3", **PKCE)
    assert exchange(town, ticket, verifier=VERIFIER, Origin=SHOP).status == 200


def test_there_are_more_than_sixty_attacks() -> None:
    assert len(STATES) + len(FOREIGN) + len(TICKETS) + len(TOKENS) >= 60


def assert_page(answer: Answer, *words: str) -> None:
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = answer.data.decode()
    for word in words:
        assert word in page
    assert "Location" not in answer.headers
    assert "__Host-visit-" not in str(answer.headers)


def assert_json(answer: Answer, says: str) -> None:
    """Chinese first, then English."""
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    message = answer.json()["error"]["message"]
    assert says in message
    assert not message.partition("。")[0].isascii()
    assert message.partition("。")[2]
