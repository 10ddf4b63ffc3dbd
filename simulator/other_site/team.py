"""The team's own server: it exchanges a ticket for an identity, and trusts the signature and nothing else."""

from __future__ import annotations

import http.client
import json
import secrets
from urllib.parse import urlsplit

from simulator.accounts import Json
from simulator.other_site.id_token import NotValid, checked
from simulator.world import World

AN_HOUR = 3600
PATIENCE_S = 10


class Refusal(Exception):
    """The brand did not exchange the ticket; the text is its own sentence."""


class Team:
    def __init__(self, world: World, brand: str, alias: str) -> None:
        self.world, self.brand, self.alias = world, brand, alias

    def welcome(self, ticket: str, nonce: str) -> str:
        """A new session of this site for whoever came with the ticket."""
        token = str(self._exchanged(ticket).get("id_token", ""))
        claims = self._proven(token, nonce)
        session = secrets.token_urlsafe(24)
        self.world.guests[session] = claims | {"until": self.world.clock.now() + AN_HOUR}
        return session

    def _exchanged(self, ticket: str) -> Json:
        """Server to server: no browser ever sees the API token."""
        headers = {"Authorization": f"Bearer {self.world.other_site['api_token']}", "Content-Type": "application/json"}
        status, told = ask("POST", f"{self.brand}/oauth/{self.alias}/exchange", {"ticket": ticket}, headers)
        if status != http.client.OK:
            said = told.get("error", {})
            words = said.get("message", "") if isinstance(said, dict) else str(said)
            raise Refusal(words or f"品牌服务器没有答复 The brand's server did not answer ({status}).")
        return told

    def _proven(self, token: str, nonce: str) -> Json:
        _, keys = ask("GET", f"{self.brand}/.well-known/jwks.json")
        claims = checked(token, keys, self.brand, self.world.home, int(self.world.clock.now()))
        if not nonce or claims.get("nonce") != nonce:
            raise NotValid("登录不是从这个浏览器开始的。This sign-in did not begin in this browser.")
        return claims


def ask(method: str, url: str, body: Json | None = None, headers: dict[str, str] | None = None) -> tuple[int, Json]:
    """Status 0 when nothing came back."""
    parts = urlsplit(url)
    made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = made(parts.netloc, timeout=PATIENCE_S)
    try:
        connection.request(method, parts.path, json.dumps(body) if body is not None else None, headers or {})
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        connection.close()
    return answer.status, told if isinstance(told, dict) else {}
