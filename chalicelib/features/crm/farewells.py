"""Who left or is erased is emptied or removed at the CRM, if the mapping says so, even if that takes days.

Where records are kept, at least that they do not follow any more is told, if that is mapped.

    pk farewells#<account>   sk <endpoint>#<hash>   {sealed, noted, tries}      60 days; gone once it is done
        shelf farewells   place <due>#<account>#<endpoint>#<hash>

It is written before the person is forgotten here, since afterwards nobody would know by what key the CRM knows them.
So it outlives the person: `sealed` holds nothing but the openid and that key, only this stage can open it, and it goes
with the answer of the CRM. Whoever is back by then stays there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import AppError
from ...observe import log
from ...services import Account, Services
from .. import alarms, followers
from ..days import A_DAY
from . import records
from .clients import client
from .mapping import Mapping, read
from .trouble import Trouble

if TYPE_CHECKING:
    from ..endpoints import Endpoint

Item = dict[str, Any]
SHELF = "farewells"
PURPOSE = "farewell"
KEPT = 60 * A_DAY
SOON = 60  # seconds until a farewell that was not said at once is tried
LONGEST_WAIT = 6 * 3600
MOST_AT_ONCE = 500  # that one tick starts
ALARM = "crm_farewell"


def note_leaving(svc: Services, account: Account, openid: str, profile: Item) -> None:
    """Before `profile` is forgotten: what each CRM will have to be told. Nothing if there is none, from memory.

    Also one that is switched off, by hand or since it was down for long: it has their record all the same.
    """
    from ..endpoints import endpoint as store  # noqa: PLC0415 (the endpoints need this package)

    for endpoint in store.remembered(svc, account):
        if endpoint.kind in store.CRMS:
            _note(svc, account, endpoint, openid, profile)


def start_farewells(svc: Services) -> None:
    """Of tick: those that are due."""
    for number, entry in enumerate(svc.table.shelved(SHELF, up_to=f"{svc.now():011d}$")):
        if number == MOST_AT_ONCE:
            return
        _, alias, endpoint_id, mark = entry["place"].split("#")
        later = f"{svc.now() + LONGEST_WAIT:011d}#{alias}#{endpoint_id}#{mark}"
        # Whoever moves it on starts it: two ticks at once do not both.
        moved = svc.table.update(
            entry["pk"], entry["sk"], {"place": later}, where="#place = :seen", seen=entry["place"]
        )
        if moved is not None and alias in svc.accounts.aliases():
            svc.later(say, svc.accounts[alias], endpoint_id=endpoint_id, mark=mark)


def say(svc: Services, account: Account, endpoint_id: str, mark: str) -> None:
    """A job: tell the CRM, and forget it ourselves."""
    from ..endpoints import endpoint as store  # noqa: PLC0415 (the endpoints need this package)

    item = svc.table.get(_pk(account), f"{endpoint_id}#{mark}", fresh=True)
    endpoint = store.known(svc, account, endpoint_id)
    if item is None:
        return
    told = svc.keys.unseal(PURPOSE, item["sealed"])
    if endpoint is None or told is None or followers.is_following(svc, account, told["openid"]):
        svc.table.delete(item["pk"], item["sk"])
        return
    try:
        _say(svc, account, endpoint, told)
    except (Trouble, AppError) as error:
        _again(svc, account, item, endpoint_id, mark, error)
    else:
        svc.table.delete(item["pk"], item["sk"])
        alarms.clear(svc, account, ALARM)
        log.info("account %s: the CRM knows that %s has left", account.alias, svc.keys.person(told["openid"]))


def _note(svc: Services, account: Account, endpoint: Endpoint, openid: str, profile: Item) -> None:
    mapping = read(endpoint.fields)
    key = records.key_of(svc, account, mapping, openid, profile)
    if not key or (mapping.leaving == "keep" and not (endpoint.enabled and _following(mapping))):
        return
    mark = svc.keys.digest(PURPOSE, f"{account.alias}#{openid}")[:32]
    place = f"{svc.now() + SOON:011d}#{account.alias}#{endpoint.endpoint_id}#{mark}"
    item = {"pk": _pk(account), "sk": f"{endpoint.endpoint_id}#{mark}", "noted": svc.now(), "tries": 0}
    sealed = svc.keys.seal(PURPOSE, {"openid": openid, "key": key})
    svc.table.put({**item, "sealed": sealed, "shelf": SHELF, "place": place, "expires": svc.now() + KEPT})


def _say(svc: Services, account: Account, endpoint: Endpoint, told: Item) -> None:
    mapping = read(endpoint.fields)
    theirs, key = client(svc, account, endpoint, mapping), str(told["key"])
    if mapping.leaving == "remove":
        theirs.remove(key)
    elif mapping.leaving == "blank":
        theirs.blank(key, _mapped(mapping))
    elif _following(mapping):
        done = theirs.upsert([records.Record(told["openid"], key, dict(_following(mapping)))])
        if done.later:
            raise Trouble(" ".join(done.later.values()))


def _following(mapping: Mapping) -> dict[str, bool]:
    return {field.theirs: False for field in mapping.map if field.ours == "following"}


def _mapped(mapping: Mapping) -> list[str]:
    return [field.theirs for field in mapping.map if field.leaves]


def _again(svc: Services, account: Account, item: Item, endpoint_id: str, mark: str, error: Exception) -> None:
    """Later, and later; a person hears of it after a day of trying."""
    tries = item["tries"] + 1
    wait = min(getattr(error, "wait", 0) or SOON << min(tries, 10), LONGEST_WAIT)
    place = f"{svc.now() + wait:011d}#{account.alias}#{endpoint_id}#{mark}"
    svc.table.update(item["pk"], item["sk"], {"tries": tries, "place": place}, where="attribute_exists(pk)")
    if svc.now() - item["noted"] > A_DAY:
        words = f"有人离开后，CRM 里的记录还没能删除：{error} A record of somebody who left is still at the CRM."
        alarms.ring(svc, account, ALARM, words)


def _pk(account: Account) -> str:
    return f"farewells#{account.alias}"
