"""What a visitor brings back to a listed site: a ticket that lives for a minute and is exchanged once, for an ID token.

    pk ticket#<fingerprint>   sk ticket   {expires}   ten minutes, written when the ticket is exchanged

The ticket itself is sealed, so nothing is stored before it is used. Whoever exchanges it is a server of the brand's,
with an API token; or, where the sign-in began with a challenge (PKCE, RFC 7636), a page of the ticket's own site that
knows its secret. That keeps a ticket from whoever only finds it. It does not prove who began: anybody may write a link
with a challenge of their own, and a program may claim any Origin. So a listed site must let nobody else see the
addresses that visitors come back to: no open redirect, no log, nothing handed on (docs/h5.md).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import BadInput
from ...services import Account, Services
from .visits import Visitor, visit

A_MINUTE, TEN_MINUTES = 60, 600
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
SPENT = (
    "凭票已用过、已过期或不属于这里，请重新登录。This ticket was used, is older than a minute or is not of this "
    "account; please sign in again."
)
UNPROVEN = (
    "code_verifier 与开始登录时的不符。code_verifier does not fit the code_challenge that this sign-in began with."
)


@dataclass(frozen=True)
class Ticket:
    """One that was opened; it is not spent by looking at it."""

    openid: str
    visit: str
    origin: str
    nonce: str
    challenge: str
    name: str


@dataclass(frozen=True)
class Exchanged:
    visitor: Visitor
    id_token: str
    expires_in: int


def give(svc: Services, account: Account, openid: str, visit_name: str, begun: Mapping[str, Any]) -> str:
    """For the site at `begun["origin"]`, which asked with that nonce and challenge."""
    return svc.keys.seal(
        "ticket",
        {
            "account": account.alias,
            "openid": openid,
            "visit": visit_name,
            "origin": begun["origin"],
            "at": svc.now(),
            "nonce": begun["nonce"],
            "challenge": begun["challenge"],
            "id": svc.keys.one_time()[:22],
        },
    )


def look_at(svc: Services, account: Account, text: str) -> Ticket | None:
    """What the ticket says, or None for one that is late, of another account, none of ours, or of a site that has left
    the list."""
    told = svc.keys.unseal("ticket", text)
    if told is None or told["account"] != account.alias or not 0 <= svc.now() - told["at"] <= A_MINUTE:
        return None
    if told["origin"] not in account.then_origins:
        return None
    return Ticket(told["openid"], told["visit"], told["origin"], told["nonce"], told["challenge"], told["id"])


def exchange(svc: Services, account: Account, site: str, ticket: Ticket | None, verifier: str) -> Exchanged:
    """Spend the ticket: who came, and their ID token. What is refused before that does not spend it."""
    if ticket is None:
        raise BadInput(SPENT)
    if not _proven(ticket.challenge, verifier):
        raise BadInput(UNPROVEN)
    who = visit(svc, account, ticket.openid, ticket.visit)
    mark = {"pk": f"ticket#{svc.keys.fingerprint(ticket.name)}", "sk": "ticket", "expires": svc.now() + TEN_MINUTES}
    if who is None or svc.table.put_new(mark) is not None:
        raise BadInput(SPENT)
    return Exchanged(who, svc.keys.sign_token(_claims(svc, account, site, ticket, who)), TEN_MINUTES)


def of_id_token(
    svc: Services, account: Account, site: str, shown: tuple[str, str], ended_too: bool
) -> tuple[str, str] | None:
    """(openid, visit) of an ID token `shown` by an origin, if it is the one that we gave it to for this account, and
    still on its list."""
    token, origin = shown
    if origin not in account.then_origins:
        return None
    claims = svc.keys.open_token(token, 0 if ended_too else svc.now())
    wanted = {"iss": site, "aud": origin, "account": account.alias}
    if claims is None or any(claims.get(name) != value for name, value in wanted.items()):
        return None
    return claims["sub"], claims["sid"]


def _proven(challenge: str, verifier: str) -> bool:
    if not challenge:
        return not verifier
    if not VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(made, challenge)


def _claims(svc: Services, account: Account, site: str, ticket: Ticket, who: Visitor) -> dict[str, Any]:
    """OpenID Connect's names where it has one; `sid` is the visit, so signing out ends the token's use here too."""
    now = svc.now()
    claims = {
        "iss": site,
        "sub": who.openid,
        "aud": ticket.origin,
        "iat": now,
        "exp": now + TEN_MINUTES,
        "auth_time": who.since,
        "sid": ticket.visit,
        "account": account.alias,
    }
    told = {"nonce": ticket.nonce, "unionid": who.unionid, "nickname": who.nickname, "picture": who.picture}
    claims |= {name: value for name, value in told.items() if value}
    return claims | ({"virtual": True} if who.virtual else {})
