"""One person in several accounts, known by the unionid that WeChat tells where one Open Platform account binds them.

    pk person#<account>#<openid>   sk union
        {unionid, found_by, since, expires}   shelf union#<mark>   place <account>#<openid>

A follower's unionid is asked for when they follow or are first met, kept from what every sync hears, and forgotten
when they leave; a visitor's comes with the sign-in and stands in the visit, on the same shelf. A snapshot's unionid is
made up and never gets here. The shelf's name is a keyed digest, so the index tells nobody a unionid.

`expires` stands there only until it is sure that the person has not left meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...observe import log
from ...services import Account, Services
from ...wechat.errors import AccountStopped, BadCall, LimitReached, PersonRefused
from ...wechat.messages import Message
from .. import people

Item = dict[str, Any]
TEN_MINUTES = 600
REFUSED = (AccountStopped, BadCall, LimitReached)  # trying again soon would be refused as well
WRITES_AT_ONCE = 16
TOLD = ("unionid", "found_by", "since", "shelf", "place")
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
    except REFUSED as error:
        log.warning("account %s: the unionid of a follower was not told: %s", account.alias, error)
        return
    if told.get("subscribe") and told.get("unionid"):
        keep(svc, account, openid, str(told["unionid"]), "follow")


def keep(svc: Services, account: Account, openid: str, unionid: str, found_by: str) -> None:
    """Of somebody whose profile is stored; of whom it is known already nothing is written. `found_by`: follow, sync.

    For ten minutes, and for good once the person is seen to follow after that: who is killed between leaves none.
    """
    pk = people.key(account, openid)
    told = {"unionid": unionid, "found_by": found_by, "since": svc.now(), "expires": svc.now() + TEN_MINUTES}
    is_news = "attribute_not_exists(#unionid) OR #unionid <> :unionid OR attribute_exists(#expires)"
    if svc.table.update(pk, "union", told | shelf(svc, account, openid, unionid), where=is_news, unionid=unionid):
        _confirm(svc, pk)


def keep_many(svc: Services, account: Account, told: Mapping[str, str]) -> None:
    """Unionids by openid, as a sync heard them. Who is known already costs half a read unit, and no write."""
    keys = {people.key(account, openid): openid for openid in told}
    found = svc.table.get_many([(pk, "union") for pk in keys], "unionid", "expires")
    known = {keys[item["pk"]]: item["unionid"] for item in found if _is_sure(item)}
    news = [openid for openid, unionid in told.items() if known.get(openid) != unionid]
    with ThreadPoolExecutor(WRITES_AT_ONCE) as crew:
        list(crew.map(lambda openid: keep(svc, account, openid, told[openid], "sync"), news))


def kept(svc: Services, account: Account, openid: str) -> Item | None:
    """What is known of a follower's unionid: {unionid, found_by, since, …}, or None."""
    item = svc.table.get(people.key(account, openid), "union")
    return item if item is not None and _is_sure(item) else None


def same_person(svc: Services, account: Account, openid: str) -> list[Somebody]:
    """All accounts in which this person is known, this one too; empty as long as no unionid says so."""
    union = kept(svc, account, openid)
    items = [union] if union else []
    items += svc.table.under(people.key(account, openid), "visit#")
    shelves = {item["shelf"] for item in items if "shelf" in item and _lives(svc, item)}
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


def _confirm(svc: Services, pk: str) -> None:
    # Who leaves is first noted as gone and then forgotten here: one of the two sees the other's write.
    profile = svc.table.get(pk, "profile", fresh=True)
    if profile and profile["following"]:
        svc.table.update(pk, "union", {}, where="attribute_exists(#expires)", remove=("expires",))
    else:
        # Not deleted: whoever keeps it anew at this moment is not in our way.
        svc.table.update(pk, "union", {"expires": svc.now()}, where="attribute_exists(#expires)", remove=TOLD)


def _forget(svc: Services, account: Account, message: Message) -> None:
    pk = people.key(account, message.openid)
    if svc.table.get(pk, "union", fresh=True) is None:
        return
    profile = svc.table.get(pk, "profile", fresh=True)
    if profile is None or profile["changed"] <= message.created:  # else they came back before this was delivered
        svc.table.delete(pk, "union")


def _is_sure(union: Item) -> bool:
    return "unionid" in union and "expires" not in union


def _still_there(svc: Services, alias: str, entry: Item) -> bool:
    """The index is a moment late, keeps what has expired until it is swept, and knows of removed accounts."""
    if alias not in svc.accounts.aliases():
        return False
    item = svc.table.get(entry["pk"], entry["sk"])
    return item is not None and item.get("shelf") == entry["shelf"] and _lives(svc, item)


def _lives(svc: Services, item: Item) -> bool:
    return bool(item.get("expires", svc.now()) >= svc.now())
