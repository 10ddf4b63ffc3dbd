"""Who is here: a visit begins when somebody signs in, and is over when its item is gone.

    pk person#<account>#<openid>   sk visit#<id>
        {since, granted, is_virtual, expires, browser, renewal, unionid, nickname, picture, consented}
        shelf union#<mark>   place <account>#<openid>

The visitor's cookie is opaque: {account, openid, visit} sealed with the stage's key. It is worth nothing once its visit
is gone, so erasing a person ends their visits too. Of a snapshot (`is_virtual`) nothing is real: such a visit lasts an
hour and holds no unionid, no profile and no `renewal`, which is the sealed refresh token. `consented` is when the
person allowed nickname and picture, `browser` what theirs says of itself: {device, wechat_version, language}. From
there these become facts of a follower (followers/visiting.py). Only a unionid puts a visit on the index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...services import Account, Services
from ...wechat.oauth import OAuthToken, Profile
from .. import people
from ..days import A_DAY
from ..followers.devices import device_of
from . import unions

AN_HOUR = 3600


@dataclass(frozen=True)
class Visitor:
    """`virtual`: WeChat's snapshot mode, where openid stands for nobody; never tie anything to it."""

    openid: str
    virtual: bool
    since: int
    scope: str = "snsapi_base"
    unionid: str = ""
    nickname: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Visit:
    """One that somebody is signed in with."""

    name: str
    cookie: str


def begin(svc: Services, account: Account, known: OAuthToken, profile: Profile, user_agent: str = "") -> Visit:
    """Keep who came. One write unit, and one of the index where there is a unionid."""
    name = svc.keys.one_time()[:22]
    svc.table.put(
        {
            "pk": people.key(account, known.openid),
            "sk": f"visit#{name}",
            "since": svc.now(),
            "granted": "snsapi_userinfo" if known.has_profile else "snsapi_base",
            "is_virtual": known.is_snapshotuser,
            "expires": svc.now() + lifetime(svc, known.is_snapshotuser),
            **_what_is_real(svc, account, known, profile, device_of(user_agent)),
        }
    )
    return Visit(name, svc.keys.seal("visit", {"account": account.alias, "openid": known.openid, "visit": name}))


def going_on(svc: Services, account: Account, known: OAuthToken, cookie: str) -> Visit | None:
    """The visit of this cookie, if it is the same person's and a new one would know nothing more; not in its last hour.

    Who has allowed nickname and picture is not to lose them by a silent sign-in of another page. Half a read unit.
    """
    held = _opened(svc, account, cookie)
    if held is None or held["openid"] != known.openid or known.has_profile or known.is_snapshotuser:
        return None
    found = svc.table.get(people.key(account, known.openid), f"visit#{held['visit']}")
    if found is None or found["is_virtual"] or found["expires"] < svc.now() + AN_HOUR:
        return None
    return Visit(held["visit"], cookie) if known.unionid in ("", found.get("unionid")) else None


def lifetime(svc: Services, virtual: bool) -> int:
    """Of a visit, in seconds."""
    return AN_HOUR if virtual else svc.settings.visit_days * A_DAY


def visitor(svc: Services, account: Account, cookie: str) -> Visitor | None:
    """Who holds this cookie, or None. Half a read unit; a whole one where a follower's unionid is looked up."""
    held = _opened(svc, account, cookie)
    return visit(svc, account, held["openid"], held["visit"]) if held else None


def visit(svc: Services, account: Account, openid: str, name: str) -> Visitor | None:
    """Whose visit it is, or None once it is over. One that began this very moment is found too."""
    key = people.key(account, openid), f"visit#{name}"
    found = svc.table.get(*key) or svc.table.get(*key, fresh=True)
    if found is None or found["expires"] < svc.now():
        return None
    return _visitor(openid, found, found.get("unionid") or _unionid_of_follower(svc, account, openid, found))


def holder(svc: Services, account: Account, cookie: str) -> str:
    """The openid in this cookie, whether its visit lasts or not; "" if it opens nothing. Nothing is read."""
    held = _opened(svc, account, cookie)
    return str(held["openid"]) if held else ""


def sign_out(svc: Services, account: Account, cookie: str) -> None:
    """End the visit of this cookie; of one that opens nothing there is nothing to end."""
    held = _opened(svc, account, cookie)
    if held:
        end(svc, account, held["openid"], held["visit"])


def end(svc: Services, account: Account, openid: str, name: str) -> None:
    svc.table.delete(people.key(account, openid), f"visit#{name}")


def _opened(svc: Services, account: Account, cookie: str) -> dict[str, Any] | None:
    held = svc.keys.unseal("visit", cookie) if cookie else None
    return held if held and held["account"] == account.alias else None


def _what_is_real(
    svc: Services, account: Account, known: OAuthToken, profile: Profile, browser: dict[str, str]
) -> dict[str, Any]:
    if known.is_snapshotuser:
        return {}
    unionid = known.unionid or profile.unionid
    real: dict[str, Any] = {"browser": browser} if browser else {}
    if known.has_profile:
        real |= {"nickname": profile.nickname, "picture": profile.picture, "consented": svc.now()}
    if known.has_profile and known.refresh_token:
        real["renewal"] = svc.keys.seal("renewal", {"token": known.refresh_token})
    if unionid:
        real |= {"unionid": unionid, **unions.shelf(svc, account, known.openid, unionid)}
    return real


def _unionid_of_follower(svc: Services, account: Account, openid: str, found: Mapping[str, Any]) -> str:
    """A silent sign-in tells none, but following may have."""
    if found["is_virtual"] or not account.open_platform:
        return ""
    union = unions.kept(svc, account, openid)
    return str(union["unionid"]) if union else ""


def _visitor(openid: str, found: Mapping[str, Any], unionid: str) -> Visitor:
    return Visitor(
        openid,
        found["is_virtual"],
        found["since"],
        found["granted"],
        unionid,
        found.get("nickname", ""),
        found.get("picture", ""),
    )
