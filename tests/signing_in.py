"""Visits for tests that begin after the sign-in: the code is exchanged for real, the redirect is left out."""

from __future__ import annotations

import itertools

import msgspec

from chalicelib.features.identities import visits
from chalicelib.wechat.oauth import NOBODY
from simulator.accounts import Grant
from tests.house import House, Json

_codes = itertools.count()


def signs_in(
    house: House, openid: str = "alice", scope: str = "snsapi_userinfo", alias: str = "tea", snapshot: bool = False
) -> str:
    """The cookie of a visit that has just begun."""
    code, account = f"code{next(_codes)}", house.svc.accounts[alias]
    house.world.accounts[alias].codes[code] = Grant(code, openid, scope, house.world.clock.now() + 300)
    known = account.wechat.oauth.exchange(house.svc.app_secret(account), code)
    profile = account.wechat.oauth.userinfo(known.access_token, openid) if known.has_profile else NOBODY
    known = msgspec.structs.replace(known, is_snapshotuser=snapshot)
    return visits.begin(house.svc, account, known, profile).cookie


def visits_of(house: House, openid: str = "alice", alias: str = "tea") -> list[Json]:
    """As they are kept, the oldest first."""
    found = house.svc.table.under(f"person#{alias}#{openid}", "visit#", fresh=True)
    return sorted(found, key=lambda visit: int(visit["since"]))


def bind(house: House, *aliases: str) -> None:
    """One Open Platform account binds these verified service accounts, and the stage knows."""
    for alias in aliases:
        simulated = house.world.accounts[alias]
        simulated.kind, simulated.verified, simulated.open_platform = "service", True, True
        house.svc.table.update("accounts", alias, {"kind": "service", "verified": True, "open_platform": True})
        house.svc.forget(f"account#{alias}")
    house.svc.forget("accounts")
