"""The other site's server believes an ID token for its signature, issuer, audience, time and browser; else nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from tests.simulator.shop import Doors, Json, Shop

KEY, STRANGERS_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
API_TOKEN = "gaiwan_" + "x" * 43


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def jwk(key: ec.EllipticCurvePrivateKey, kid: str = "k1") -> Json:
    numbers = key.public_key().public_numbers()
    x, y = (encoded(number.to_bytes(32)) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "use": "sig", "x": x, "y": y}


def id_token(claims: Json, key: ec.EllipticCurvePrivateKey = KEY, head: Json | None = None) -> str:
    parts = [head or {"alg": "ES256", "typ": "JWT", "kid": "k1"}, claims]
    signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"


class Visitor:
    """A browser at the other site: its cookies, and redirects as they come."""

    def __init__(self, tea: Doors) -> None:
        self._tea, self._cookies = tea, dict[str, str]()

    def ask(self, path: str = "/other-site/server/", method: str = "GET") -> tuple[int, str]:
        connection = HTTPConnection(urlsplit(self._tea.address).netloc)
        connection.request(method, path, headers={"Cookie": "; ".join(map("=".join, self._cookies.items()))})
        answer = connection.getresponse()
        page = answer.read().decode()
        fresh = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
        self._cookies |= dict(pair.split("=", 1) for pair in fresh)
        connection.close()
        return answer.status, page

    @property
    def nonce(self) -> str:
        return self._cookies["other_site_nonce"]


@pytest.fixture
def brand(tea: Doors, shop: Shop) -> Callable[[str], None]:
    """The brand's exchange will give this ID token, for one ticket and to one API token."""
    shop.pages["/.well-known/jwks.json"] = lambda *_: (200, {}, json.dumps({"keys": [jwk(KEY)]}))
    tea.control("settings", other_site={"api_token": API_TOKEN})

    def gives(token: str) -> None:
        def exchange(_: Json, body: str) -> tuple[int, dict[str, str], str]:
            if json.loads(body) != {"ticket": "t1"}:
                return 400, {}, json.dumps({"error": {"message": "凭票已用过 used"}})
            return 200, {}, json.dumps({"id_token": token})

        shop.pages["/oauth/tea/exchange"] = exchange

    return gives


@pytest.fixture
def visitor(tea: Doors) -> Visitor:
    visitor = Visitor(tea)
    visitor.ask()
    return visitor


@pytest.fixture
def claims(tea: Doors, shop: Shop, visitor: Visitor) -> Json:
    now = int(tea.look("clock")["now"])
    known = {"iss": shop.address, "aud": tea.address, "sub": "alice", "iat": now, "exp": now + 600}
    return known | {"nonce": visitor.nonce, "nickname": "爱丽<丝>"}


def test_a_guest_is_greeted_by_name_and_leaves_again(brand: Any, visitor: Visitor, claims: Json) -> None:
    brand(id_token(claims))

    assert visitor.ask("/other-site/server/?ticket=t1")[0] == 303
    assert "爱丽&lt;丝&gt;，你好" in visitor.ask()[1]
    assert visitor.ask("/other-site/server/sign-out", "POST")[0] == 303
    assert "你好" not in visitor.ask()[1]


def test_the_session_ends_after_an_hour(brand: Any, visitor: Visitor, claims: Json, tea: Doors) -> None:
    brand(id_token(claims))
    visitor.ask("/other-site/server/?ticket=t1")
    tea.advance(3600)
    assert "你好" not in visitor.ask()[1]


def test_a_refused_ticket_shows_the_brands_own_words(brand: Any, visitor: Visitor, claims: Json) -> None:
    brand(id_token(claims))
    status, page = visitor.ask("/other-site/server/?ticket=stolen")
    assert (status, "凭票已用过 used" in page, "oauth/tea/start" in page) == (400, True, True)


def test_a_ticket_that_comes_twice_leaves_the_guest_where_they_are(brand: Any, visitor: Visitor, claims: Json) -> None:
    brand(id_token(claims))
    visitor.ask("/other-site/server/?ticket=t1")

    assert visitor.ask("/other-site/server/?ticket=used")[0] == 303
    assert "你好" in visitor.ask()[1]
    brand(id_token(claims | {"nonce": "of another browser", "nickname": "mallory"}))
    assert visitor.ask("/other-site/server/?ticket=t1")[0] == 303
    assert "mallory" not in visitor.ask()[1]


def test_a_guest_may_come_again_and_tell_more(brand: Any, visitor: Visitor, claims: Json) -> None:
    brand(id_token({name: value for name, value in claims.items() if name != "nickname"}))
    visitor.ask("/other-site/server/?ticket=t1")
    brand(id_token(claims))

    visitor.ask("/other-site/server/?ticket=t1")

    assert "爱丽&lt;丝&gt;，你好" in visitor.ask()[1]


def test_a_brand_that_does_not_answer_is_told(tea: Doors, visitor: Visitor) -> None:
    tea.control("settings", other_site={"api_token": API_TOKEN})
    assert visitor.ask("/other-site/server/?ticket=t1")[0] == 400


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"iss": "http://evil.example"}, "another issuer"),
        ({"aud": "http://127.0.0.1:1"}, "another site"),
        ({"aud": ""}, "another site"),
        ({"exp": 0}, "expired"),
        ({"iat": 9999999999, "exp": 9999999999}, "expired"),
        ({"nonce": "of another browser"}, "did not begin"),
        ({"nonce": ""}, "did not begin"),
    ],
)
def test_a_well_signed_token_for_somebody_else_is_refused(
    brand: Any, visitor: Visitor, claims: Json, change: Json, words: str
) -> None:
    brand(id_token(claims | change))
    status, page = visitor.ask("/other-site/server/?ticket=t1")
    assert (status, words in page) == (400, True)
    assert "你好" not in visitor.ask()[1]


@pytest.mark.parametrize(
    "token",
    [
        lambda c: id_token(c, STRANGERS_KEY),
        lambda c: id_token(c, head={"alg": "none", "kid": "k1"}),
        lambda c: id_token(c, head={"alg": "HS256", "kid": "k1"}),
        lambda c: id_token(c, head={"alg": "ES256", "kid": "other"}),
        lambda c: id_token(c).rpartition(".")[0] + ".",
        lambda c: id_token(c)[:-8] + "AAAAAAAA",
        lambda c: ".".join([*id_token(c).split(".")[:1], encoded(b'{"sub":"bob"}'), id_token(c).split(".")[2]]),
        lambda c: "nonsense",
        lambda c: "..",
        lambda c: "",
        lambda c: "a.é.b",
    ],
)
def test_an_altered_token_is_refused(brand: Any, visitor: Visitor, claims: Json, token: Callable[[Json], str]) -> None:
    brand(token(claims))
    assert visitor.ask("/other-site/server/?ticket=t1")[0] == 400
    assert "你好" not in visitor.ask()[1]


def test_the_api_token_is_shown_to_nobody(brand: Any, visitor: Visitor, tea: Doors) -> None:
    assert tea.look("settings")["other_site"] == {"api_token": True}
    assert API_TOKEN not in visitor.ask()[1]
    assert tea.ask("POST", "/controls/settings", {"other_site": {"api_token": 7}})[0] == 400
    assert tea.ask("POST", "/controls/settings", {"other_site": "x"})[0] == 400


def test_the_page_without_a_server_loads_the_brands_module_and_nothing_else(visitor: Visitor, shop: Shop) -> None:
    assert '<script type="module" src="/other-site/page-only/page.js">' in visitor.ask("/other-site/page-only/")[1]
    assert f'from "{shop.address}/h5/gaiwan.js?account=tea"' in visitor.ask("/other-site/page-only/page.js")[1]
    assert visitor.ask("/other-site/page-only")[0] == 302
