"""Changes: of each person whom events are about, what is so now goes out. Order and repeats then do no harm."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import AppError, BadInput
from ...observe import log
from ...services import Account, Services
from .. import followers, people
from . import records
from .mapping import Mapping, read, source
from .records import Record
from .trouble import Done, Theirs, Trouble

if TYPE_CHECKING:
    from ..events import Event

Item = dict[str, Any]
WRITES_AT_ONCE = 8


@dataclass
class Seen:
    """What events told of a person: attributes that were taken away, and whether there was anything `more`."""

    gone: set[str] = field(default_factory=set)
    more: bool = False


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
    about = _gone(events, mapping, source(endpoint_id))
    found = [
        record
        for openid, seen in about.items()
        if (record := _record(svc, account, endpoint_id, mapping, openid, seen)) and record.values
    ]
    for start in range(0, len(found), client.most):
        done = client.upsert(found[start : start + client.most])
        keep_record_ids(svc, account, endpoint_id, mapping, done.record_ids)
        if done.later:
            raise Trouble("、".join(sorted(set(done.later.values()))))
        if done.refused:
            why = "、".join(sorted(set(done.refused.values())))
            raise Trouble(f"对方不接受：{why}。They refuse: {why}.", retry=False)


def restate(svc: Services, account: Account, endpoint_id: str, openid: str) -> None:
    """A job: they said something that lost against what we know; so that both say the same, ours goes there again."""
    from ..endpoints import endpoint as store  # noqa: PLC0415 (the endpoints need this package)
    from .clients import client  # noqa: PLC0415

    endpoint = store.known(svc, account, endpoint_id)
    if endpoint is None or not endpoint.enabled or endpoint.kind not in store.CRMS:
        return
    mapping = read(endpoint.fields)
    record = _record(svc, account, endpoint_id, mapping, openid, Seen(more=True))
    if record is not None and record.values:
        done = client(svc, account, endpoint, mapping).upsert([record])
        for why in (done.refused | done.later).values():
            log.warning("account %s: the CRM does not take what %s is: %s", account.alias, _who(svc, openid), why)


def keep_record_ids(svc: Services, account: Account, endpoint_id: str, mapping: Mapping, told: dict[str, str]) -> None:
    """Their own numbers, by which they will tell us of changes. What is known already costs half a read unit."""
    name = mapping.record_id
    if not name or not told:
        return
    if name not in (marked := followers.ids.marked(svc, account)):
        try:
            followers.ids.mark(svc, account, [*marked, name])
        except BadInput as error:  # there are ten already: what went out has arrived all the same
            log.warning("account %s: the CRM's numbers are not kept: %s", account.alias, error)
            return
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


def _gone(events: Sequence[Event], mapping: Mapping, theirs: str) -> dict[str, Seen]:
    """The people that these events are about, in order. What came from there is known there, and what is not mapped
    to go out is none of theirs."""
    leaving = {one.ours for one in mapping.map if one.leaves} | {mapping.key.ours}
    found: dict[str, Seen] = {}
    for event in events:
        attribute = str(event.data.get("attribute", "")) if event.kind == "attribute_changed" else ""
        if attribute and (event.data.get("source") == theirs or attribute not in leaving):
            continue
        seen = found.setdefault(event.openid, Seen())
        if attribute and event.data.get("value") in (None, ""):
            seen.gone.add(attribute)
        else:
            seen.more = True
    return found


def _record(
    svc: Services, account: Account, endpoint_id: str, mapping: Mapping, openid: str, seen: Seen
) -> Record | None:
    """As it is now, whatever the event said. That somebody left is told by farewells.py, which outlives them here."""
    profile = svc.table.get(people.key(account, openid), "profile", fresh=True)
    if profile is None or not profile["following"]:
        return None
    if not seen.more and mapping.record_id and mapping.record_id not in profile.get("facts", {}):
        return None  # they have no record of this person, or deleted it: nothing is to be emptied there
    return records.of(svc, account, endpoint_id, mapping, openid, profile, sorted(seen.gone))


def _who(svc: Services, openid: str) -> str:
    return svc.keys.person(openid)
