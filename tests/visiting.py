"""A browser that signs in over plain HTTP, step by step, and keeps its cookies; and another site that uses it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3

from chalicelib.features import operators
from simulator.accounts import Grant
from tests.house import HTTP, House, Json

SHOP = "https://shop.example.com"
CART = f"{SHOP}/cart?id=7"
HELLO = "/h5/tea/hello"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
FIVE_MINUTES = 300


def list_sites(house: House, *origins: str, alias: str = "tea") -> None:
    """These sites may ask for sign-ins."""
    house.svc.table.update("accounts", alias, {"then_origins": list(origins)})
    house.svc._cache.clear()


def grant(house: House, code: str = "code-1", openid: str = "alice", scope: str = "snsapi_base") -> str:
    """What WeChat sends back for a person who said yes."""
    account = house.world.accounts["tea"]
    until, virtual = house.world.clock.now() + FIVE_MINUTES, account.person(openid).snapshot
    account.codes[code] = Grant(code, openid, scope, until, virtual=virtual)
    return code


def ask(house: House, method: str, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
    """`Sec_Fetch_Site` stands for Sec-Fetch-Site."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
    return HTTP.request(method, house.app + path, body=data, headers=named, redirect=False)


@dataclass
class Browser:
    house: House
    cookies: dict[str, str] = field(default_factory=dict)
    keeps_cookies: bool = True
    user_agent: str = ""

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.send("GET", path, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
        if self.cookies and "Cookie" not in headers:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.user_agent:
            headers["User_Agent"] = self.user_agent
        answer = ask(self.house, method, path, body, **headers)
        if self.keeps_cookies:
            self._keep(answer)
        return answer

    def start(self, then: str = HELLO, alias: str = "tea", **query: str) -> urllib3.BaseHTTPResponse:
        return self.get(f"/oauth/{alias}/start?" + urlencode({"then": then} | query))

    def begin(self, then: str = HELLO, alias: str = "tea", **query: str) -> str:
        """The state that went out to WeChat."""
        begun = self.start(then, alias, **query)
        assert begun.status == 302, begun.data
        return parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]

    def back(self, state: str, code: str = "code-1", alias: str = "tea") -> urllib3.BaseHTTPResponse:
        return self.get(f"/oauth/{alias}/return?" + urlencode({"code": code, "state": state}))

    def sign_in(
        self, then: str = HELLO, openid: str = "alice", code: str = "code-1", **query: str
    ) -> urllib3.BaseHTTPResponse:
        state = self.begin(then, **query)
        grant(self.house, code, openid, query.get("scope", "snsapi_base"))
        return self.back(state, code)

    def me(self, alias: str = "tea") -> Json:
        told: Json = self.get(f"/oauth/{alias}/me").json()
        return told

    def ticket(self, then: str = CART, openid: str = "alice", code: str = "code-1", **query: str) -> str:
        """What the browser carries to the other site."""
        done = self.sign_in(then, openid, code, **query)
        assert done.status == 302, done.data
        return ticket_in(done.headers["Location"])

    def _keep(self, answer: urllib3.BaseHTTPResponse) -> None:
        for line in answer.headers.getlist("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def ticket_in(location: str) -> str:
    return parse_qs(urlsplit(location).query)["ticket"][0]


def exchange(
    house: House, ticket: str, alias: str = "tea", verifier: str = "", **headers: str
) -> urllib3.BaseHTTPResponse:
    told = {"ticket": ticket} | ({"code_verifier": verifier} if verifier else {})
    return ask(house, "POST", f"/oauth/{alias}/exchange", told, Content_Type="application/json", **headers)


def server(house: House) -> dict[str, str]:
    """Headers of the other site's server, which has an API token."""
    return {"Authorization": f"Bearer {operators.issue_token(house.svc, 'the shop')}"}
