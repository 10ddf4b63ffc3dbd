"""Whom an event is about. Whoever does not follow is nobody here: no event ever makes a person."""

from __future__ import annotations

from ...errors import BadInput
from ...services import Account, Services
from .. import followers, people
from ..identities import unions
from .kinds import Person

ONE_WAY = (
    "person 要用 openid、unionid 或 by 加 is 其中一种。"
    "person is told in one way: openid, or unionid, or by and is."
)  # fmt: skip


def match(svc: Services, account: Account, person: Person) -> str:
    """The openid of a follower, or "" for nobody. BadInput when it is told in no way, or in two."""
    ways = [bool(person.openid), bool(person.unionid), bool(person.by or person.value)]
    if ways.count(True) != 1 or bool(person.by) != bool(person.value):
        raise BadInput(ONE_WAY)
    if person.openid:
        known = bool(people.OPENID.fullmatch(person.openid)) and followers.is_following(svc, account, person.openid)
        return person.openid if known else ""
    if person.unionid:
        return _of_union(svc, account, person.unionid)
    return _by_id(svc, account, person)


def _by_id(svc: Services, account: Account, person: Person) -> str:
    if person.by not in followers.ids.marked(svc, account):
        raise BadInput(
            f"属性 {person.by} 没有标为编号。{person.by} is not marked as an id: see PUT /api/{account.alias}/ids."
        )
    found = followers.ids.whose(svc, account, person.by, person.value)
    return str(found["openid"]) if found and found["following"] else ""


def _of_union(svc: Services, account: Account, unionid: str) -> str:
    shelf = unions.shelf(svc, account, "", unionid)["shelf"]
    mine = f"{account.alias}#"
    for entry in svc.table.shelved_between(shelf, mine, mine + "\uffff"):
        openid = str(entry["place"]).removeprefix(mine)
        if followers.is_following(svc, account, openid):
            return openid
    return ""
