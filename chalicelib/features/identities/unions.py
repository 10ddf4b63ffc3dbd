"""One person in several accounts, known by the unionid that WeChat tells where one Open Platform account binds them.

    pk person#<account>#<openid>   sk union   {unionid, found_by, since}   shelf union#<mark>   place <account>#<openid>

A follower's unionid is asked for when they follow, and forgotten when they leave; a visitor's comes with the sign-in
and stands in the visit, on the same shelf. A snapshot's unionid is made up and never gets here. The shelf's name is a
keyed digest, so the index tells nobody a unionid.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...observe import log
from ...services import Account, Services
from ...wechat.errors import AccountStopped, BadCall, LimitReached, PersonRefused
from ...wechat.messages import Message
from .. import people

Item = dict[str, Any]
Somebody = tuple[str, str]  # the account's alias, the openid there


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener: ask for a new follower's unionid later; forget it at once when they leave."""
    if message.event == "subscribe" and account.open_platform and account.may_list_followers:
        svc.later(note_unionid, account, openid=message.openid)
    elif message.event == "unsubscribe":
        _forget(svc, account, message)


def note_unionid(svc: Services, account: Account, openid: str) -> None:
    """A job: keep the unionid of somebody who follows; nothing is kept of who has left meanwhile."""
    try:
        told = account.wechat.users.info(openid)
    except PersonRefused:
        return
    except (AccountStopped, BadCall, LimitReached) as error:
        # Trying again soon would be refused as well; signing in tells the unionid too.
        log.warning("account %s: the unionid of a follower was not told: %s", account.alias, error)
        return
    if told.get("subscribe") and told.get("unionid"):
        _keep(svc, account, openid, str(told["unionid"]))


def same_person(svc: Services, account: Account, openid: str) -> list[Somebody]:
    """All accounts in which this person is known, this one too; empty as long as no unionid says so."""
    kept = [*_union(svc, account, openid), *svc.table.under(people.key(account, openid), "visit#")]
    shelves = {item["shelf"] for item in kept if "shelf" in item and _lives(svc, item)}
    known: dict[Somebody, bool] = {}
    for shelf in sorted(shelves):
        for entry in svc.table.shelved(shelf):
            alias, _, their_openid = entry["place"].partition("#")
            found = (alias, their_openid)
            known[found] = known.get(found) or _still_there(svc, alias, entry)
    return sorted(one for one, is_there in known.items() if is_there)


def shelf(svc: Services, account: Account, openid: str, unionid: str) -> dict[str, str]:
    """What puts an item beside everything else of the same person."""
    digest = svc.keys.digest("union", unionid)
    return {"shelf": f"union#{digest}", "place": f"{account.alias}#{openid}"}


def _keep(svc: Services, account: Account, openid: str, unionid: str) -> None:
    pk = people.key(account, openid)
    told = {"unionid": unionid, "found_by": "follow", "since": svc.now()}
    svc.table.put({"pk": pk, "sk": "union", **told, **shelf(svc, account, openid, unionid)})
    # Who leaves is first noted as gone and then forgotten here: one of the two sees the other's write.
    profile = svc.table.get(pk, "profile", fresh=True)
    if not (profile and profile["following"]):
        svc.table.delete(pk, "union")


def _forget(svc: Services, account: Account, message: Message) -> None:
    pk = people.key(account, message.openid)
    if svc.table.get(pk, "union", fresh=True) is None:
        return
    profile = svc.table.get(pk, "profile", fresh=True)
    if profile is None or profile["changed"] <= message.created:  # else they came back before this was delivered
        svc.table.delete(pk, "union")


def _union(svc: Services, account: Account, openid: str) -> Iterator[Item]:
    found = svc.table.get(people.key(account, openid), "union")
    if found is not None:
        yield found


def _still_there(svc: Services, alias: str, entry: Item) -> bool:
    """The index is a moment late, keeps what has expired until it is swept, and knows of removed accounts."""
    if alias not in svc.accounts.aliases():
        return False
    item = svc.table.get(entry["pk"], entry["sk"])
    return item is not None and item.get("shelf") == entry["shelf"] and _lives(svc, item)


def _lives(svc: Services, item: Item) -> bool:
    return bool(item.get("expires", svc.now()) >= svc.now())
