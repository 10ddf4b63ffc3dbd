"""Changes: of each person whom events are about, what is so now goes out. Order and repeats then do no harm."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import AppError
from ...observe import log
from ...services import Account, Services
from .. import followers, people
from . import records
from .mapping import Mapping, source
from .records import Record
from .trouble import Done, Theirs, Trouble

if TYPE_CHECKING:
    from ..events import Event

Item = dict[str, Any]
WRITES_AT_ONCE = 8


class Client(Protocol):
    """A CRM. All of them raise Trouble."""

    most: int

    def upsert(self, records: Sequence[Record]) -> Done: ...
    def read(self, keys: Sequence[str], properties: Sequence[str]) -> dict[str, Theirs]: ...
    def blank(self, key: str, properties: Sequence[str]) -> None: ...
    def remove(self, key: str) -> None: ...


def changes(
    svc: Services, account: Account, endpoint_id: str, mapping: Mapping, client: Client, events: Sequence[Event]
) -> None:
    """Trouble says why it did not work; that they do not want somebody's record is one that does not get better."""
    gone = _gone(events, source(endpoint_id))
    found = [
        record
        for openid, attributes in gone.items()
        if (record := _record(svc, account, endpoint_id, mapping, openid, attributes)) and record.values
    ]
    for start in range(0, len(found), client.most):
        done = client.upsert(found[start : start + client.most])
        keep_record_ids(svc, account, endpoint_id, mapping, done.record_ids)
        if done.later:
            raise Trouble("、".join(sorted(set(done.later.values()))))
        if done.refused:
            why = "、".join(sorted(set(done.refused.values())))
            raise Trouble(f"对方不接受：{why}。They refuse: {why}.", retry=False)


def keep_record_ids(svc: Services, account: Account, endpoint_id: str, mapping: Mapping, told: dict[str, str]) -> None:
    """Their own numbers, by which they will tell us of changes. What is known already costs half a read unit."""
    name = mapping.record_id
    if not name or not told:
        return
    if name not in (marked := followers.ids.marked(svc, account)):
        followers.ids.mark(svc, account, [*marked, name])
    keys = {people.key(account, openid): openid for openid in told}
    found = svc.table.get_many([(pk, "profile") for pk in keys], "facts")
    known = {keys[item["pk"]]: item.get("facts", {}).get(name, {}).get("value") for item in found}
    news = [openid for openid, number in told.items() if number and known.get(openid) != number]

    def keep(openid: str) -> None:
        try:
            followers.set_facts(svc, account, openid, {name: told[openid]}, source(endpoint_id))
        except AppError as error:  # they have left meanwhile, or two people are one record there
            log.warning("account %s: the CRM's number of %s is not kept: %s", account.alias, _who(svc, openid), error)

    with ThreadPoolExecutor(WRITES_AT_ONCE) as crew:
        list(crew.map(keep, news))


def _gone(events: Sequence[Event], theirs: str) -> dict[str, set[str]]:
    """The people that these events are about, in order, each with the attributes that were taken away. What came from
    there is known there."""
    found: dict[str, set[str]] = {}
    for event in events:
        is_attribute = event.kind == "attribute_changed"
        if is_attribute and event.data.get("source") == theirs:
            continue
        gone = found.setdefault(event.openid, set())
        if is_attribute and event.data.get("value") in (None, ""):
            gone.add(str(event.data.get("attribute", "")))
    return found


def _record(
    svc: Services, account: Account, endpoint_id: str, mapping: Mapping, openid: str, gone: set[str]
) -> Record | None:
    """As it is now, whatever the event said. That somebody left is told by farewells.py, which outlives them here."""
    profile = svc.table.get(people.key(account, openid), "profile", fresh=True)
    if profile is None or not profile["following"]:
        return None
    return records.of(svc, account, endpoint_id, mapping, openid, profile, sorted(gone))


def _who(svc: Services, openid: str) -> str:
    return svc.keys.person(openid)
