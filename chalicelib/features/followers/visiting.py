"""What sign-ins at our pages tell of a follower: facts with the source `h5`.

A sign-in writes its visit (identities/visits.py) and no more: each night, and when the person is opened, what is new in
the visits is copied into the profile (activity.py). Of two statements the newer counts, and what is known already keeps
its day. Nickname and picture bring along when and to what the person agreed; `revoked` in the profile is when they took
that back, and no earlier consent counts any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...services import Account, Services
from .. import people
from .card import MOST_FACTS
from .change import Item, change

if TYPE_CHECKING:
    from .facts import Fact

SOURCE = "h5"
SHOWN = ("nickname", "picture")
AGREED = "微信网页授权：昵称、头像。WeChat page authorisation (snsapi_userinfo): nickname and picture."


def heard(profile: Item, visits: Iterable[Item]) -> Item:
    """What is to change of a profile after these visits; nothing, nearly always."""
    if not profile.get("following"):
        return {}
    known: dict[str, Fact] = profile.get("facts", {})
    told: dict[str, Fact] = {}
    for visit in sorted(visits, key=lambda visit: int(visit["since"])):
        if not visit.get("is_virtual"):
            told |= _of_browser(visit) | _of_consent(visit, profile.get("revoked", 0))
    news = {name: fact for name, fact in told.items() if _is_news(known.get(name), fact)}
    return {"facts": known | news} if news and len(known | news) <= MOST_FACTS else {}


def copy(svc: Services, account: Account, openid: str) -> None:
    """At once, for whoever cannot wait for the night."""
    visits = list(svc.table.under(people.key(account, openid), "visit#", fresh=True))
    change(svc, account, openid, lambda profile: heard(profile, visits))


def retract(svc: Services, account: Account, openid: str, revoked: int = 0) -> None:
    """Nickname and picture as visits told them are known no more; nor, if it was `revoked`, by any consent until then.

    The profile then always changes, so that whoever copies them at this moment has to look again.
    """

    def edit(profile: Item) -> Item:
        facts = profile.get("facts", {})
        kept = {name: fact for name, fact in facts.items() if name not in SHOWN or fact["source"] != SOURCE}
        mark = {"revoked": revoked} if revoked and profile["following"] else {}
        return {"facts": kept} | mark

    change(svc, account, openid, edit)


def unsay(svc: Services, account: Account, openid: str, name: str) -> None:
    """The visits do not tell this any more, else the next night would bring it back."""
    for visit in svc.table.under(people.key(account, openid), "visit#", fresh=True):
        place = visit["pk"], visit["sk"]
        browser = visit.get("browser", {})
        if name in SHOWN and name in visit:
            svc.table.update(*place, {}, where="attribute_exists(pk)", remove=(name,))
        elif name in browser:
            left = {one: value for one, value in browser.items() if one != name}
            svc.table.update(*place, {"browser": left}, where="attribute_exists(pk)")


def _of_browser(visit: Item) -> dict[str, Fact]:
    at = int(visit["since"])
    return {name: {"value": value, "source": SOURCE, "at": at} for name, value in visit.get("browser", {}).items()}


def _of_consent(visit: Item, revoked: int) -> dict[str, Fact]:
    at = int(visit.get("consented", 0))
    if at <= revoked:
        return {}
    shown = {name: str(visit[name]) for name in SHOWN if visit.get(name)}
    return {
        name: {"value": value, "source": SOURCE, "at": at, "consent": {"at": at, "text": AGREED}}
        for name, value in shown.items()
    }


def _is_news(known: Mapping[str, Any] | None, fact: Fact) -> bool:
    if known is None:
        return True
    same = (known["value"], known["source"]) == (fact["value"], fact["source"])
    return not same and bool(fact["at"] >= known["at"])
