"""The first sync: everybody whom we know and the CRM, page by page, in bulk jobs that go on wherever they were killed.

    pk crm#<account>   sk fill#<endpoint>
        {run, begun, touched, reached, earlier, looked, sent, refused, unkeyed, learnt, waits, waiting_since, why,
        ended, reason}

Each page reads what the CRM knows better, keeps it, and then sends what we know (`reached` is the page's cursor, and
`earlier` the one before it). A page that is done a second time, after a kill, does the same again; whoever comes with
the page before the present one starts that again, and with any other one nothing. While the CRM is away it waits, for
a day; what failed or was stopped goes on where it was when it is begun again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Told
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec

from ...errors import AppError, BadInput, Conflict, Misconfigured, NotFound
from ...observe import log
from ...services import Account, Services
from .. import followers, people
from ..days import A_DAY
from ..followers.card import Value
from ..followers.change import ATTRIBUTES
from ..followers.facts import Beats
from ..followers.shelves import SHELVES
from . import mapping as mappings
from . import records, sending
from .clients import client
from .inward import of_ours
from .mapping import Mapping
from .records import Record
from .sending import Client
from .trouble import Theirs, Trouble

if TYPE_CHECKING:
    from ..endpoints import Endpoint

Item = dict[str, Any]
ALIVE = 1800  # seconds: after that without a page, another may take over
LONGEST_WAIT = 900  # seconds, SQS's own limit
FIRST_WAIT = 10
GIVEN_UP = A_DAY
WRITES_AT_ONCE = 8
MOST_WHY = 20  # different reasons that are told
NUMBERS = ("looked", "sent", "refused", "unkeyed", "learnt")


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is running, waiting (for the CRM), done or failed. Of the people that were `looked` at: `sent`, `refused`
    by the CRM (`why`: how often for which reason), without what is the key (`unkeyed`), and from how many we `learnt`
    something."""

    endpoint_id: str
    state: str
    percent: int
    begun: int
    ended: int = 0
    looked: int = 0
    sent: int = 0
    refused: int = 0
    unkeyed: int = 0
    learnt: int = 0
    why: dict[str, int] = {}
    reason: str = ""


def begin(svc: Services, account: Account, endpoint_id: str, again: bool = False) -> Fill:
    """Conflict while one is under way. One that failed goes on where it was, unless all is to be done `again`."""
    endpoint = of_ours(svc, account, endpoint_id)
    if endpoint is None:
        raise NotFound("没有这个 CRM 端点，或它没有打开。There is no such CRM endpoint, or it is switched off.")
    mapping = mappings.read(endpoint.fields)
    if not mapping.map:
        raise BadInput("映射是空的，没有可同步的。The mapping is empty: there is nothing to sync.")
    before = svc.table.get(*_key(account, endpoint_id), fresh=True) or {}
    goes_on = bool(before.get("reason")) and not again
    run, now = svc.keys.one_time()[:12], svc.now()
    told: Item = {
        "run": run,
        "begun": before["begun"] if goes_on else now,
        "touched": now,
        "waits": 0,
        "waiting_since": 0,
    }
    if not goes_on:
        told |= {"reached": "", "earlier": "", "why": {}} | dict.fromkeys(NUMBERS, 0)
    where = "attribute_not_exists(pk) OR attribute_exists(#ended) OR #touched < :dead"
    taken = svc.table.update(
        *_key(account, endpoint_id), told, where=where, remove=("ended", "reason"), dead=now - ALIVE
    )
    if taken is None:
        raise Conflict("正在同步，请等它结束。A sync is under way; please wait until it has ended.")
    svc.in_bulk(page, account, endpoint_id=endpoint_id, run=run, cursor=taken["reached"])
    return _fill(taken)


def state(svc: Services, account: Account, endpoint_id: str) -> Fill:
    found = svc.table.get(*_key(account, endpoint_id), fresh=True)
    if found is None:
        raise NotFound("还没有同步过。There was no sync yet.")
    return _fill(found)


def page(svc: Services, account: Account, endpoint_id: str, run: str, cursor: str) -> None:
    """A job: one page of followers."""
    item = svc.table.get(*_key(account, endpoint_id), fresh=True)
    if item is None or item["run"] != run or "ended" in item:
        return
    if item["reached"] != cursor:
        if item["earlier"] == cursor and item["looked"]:
            svc.in_bulk(page, account, endpoint_id=endpoint_id, run=run, cursor=item["reached"])
        return
    endpoint = of_ours(svc, account, endpoint_id)
    if endpoint is None:
        _end(svc, account, item, "端点已删除或关闭。The endpoint is gone or switched off.")
        return
    try:
        _page(svc, account, endpoint, item)
    except Trouble as trouble:
        _wait(svc, account, item, trouble)
    except (BadInput, Misconfigured) as error:
        _end(svc, account, item, str(error))


def _page(svc: Services, account: Account, endpoint: Endpoint, item: Item) -> None:
    mapping = mappings.read(endpoint.fields)
    crm = client(svc, account, endpoint, mapping)
    rows, more = followers.page(svc, account, item["reached"], crm.most)
    keys = {people.key(account, row.openid): row.openid for row in rows}
    found = svc.table.get_many([(pk, "profile") for pk in keys], *ATTRIBUTES)
    profiles = {keys[one["pk"]]: one for one in found if one["following"]}
    numbers = Counter(looked=len(rows))
    learnt = _learn(svc, account, endpoint, mapping, crm, profiles)
    numbers["learnt"] = len(learnt)
    made = {
        openid: records.of(svc, account, endpoint.endpoint_id, mapping, openid, profile)
        for openid, profile in (profiles | learnt).items()
    }
    batch = [record for record in made.values() if record]
    numbers["unkeyed"] = len(made) - len(batch)
    why = _send(svc, account, endpoint, mapping, crm, batch, numbers)
    _go_on(svc, account, item, more, numbers, why)


def _learn(  # noqa: PLR0913, PLR0917 (whom, of whom, by what)
    svc: Services, account: Account, endpoint: Endpoint, mapping: Mapping, crm: Client, profiles: Told[str, Item]
) -> dict[str, Item]:
    """What the CRM knows better, kept: the profiles that this changed. Of what is shared ours counts at the first
    meeting, since nobody knows who wrote it later; what only they know is taken."""
    entering = [field for field in mapping.map if field.enters]
    by_key = {records.key_of(svc, account, mapping, one, profile): one for one, profile in profiles.items()}
    by_key.pop("", None)
    if not entering or not by_key:
        return {}
    theirs = crm.read(list(by_key), [field.theirs for field in entering])

    def keep(key: str) -> tuple[str, Item | None]:
        openid = by_key[key]
        return openid, _keep(svc, account, endpoint, mapping, openid, profiles[openid], theirs[key])

    with ThreadPoolExecutor(WRITES_AT_ONCE) as crew:
        kept = list(crew.map(keep, [key for key in theirs if key in by_key]))
    return {openid: profile for openid, profile in kept if profile is not None}


def _keep(  # noqa: PLR0913, PLR0917 (whom, of whom, by what)
    svc: Services,
    account: Account,
    endpoint: Endpoint,
    mapping: Mapping,
    openid: str,
    profile: Item,
    theirs: Theirs,
) -> Item | None:
    known = profile.get("facts", {})
    told = {
        field.theirs: theirs.values[field.theirs]
        for field in mapping.map
        if theirs.values.get(field.theirs) not in (None, "") and (field.direction == "in" or field.ours not in known)
    }
    values, beats = mappings.translated(mapping, endpoint.endpoint_id, told)
    news = {
        name: value if isinstance(value, (str, int, bool)) else str(value)
        for name, value in values.items()
        if value is not None and beats(name, known.get(name), {"value": value, "source": "", "at": theirs.at})
    }
    kept = None
    for name, value in news.items():
        kept = _keep_one(svc, account, endpoint, openid, {name: value}, theirs.at, beats) or kept
    return kept


def _keep_one(  # noqa: PLR0913, PLR0917 (whose, what, from where, since when)
    svc: Services,
    account: Account,
    endpoint: Endpoint,
    openid: str,
    told: Told[str, Value],
    at: int,
    beats: Beats,
) -> Item | None:
    """One by one, so that what may not be kept takes nothing else along."""
    try:
        source = mappings.source(endpoint.endpoint_id)
        return followers.set_facts(svc, account, openid, told, source, at=at, beats=beats)
    except AppError as error:  # theirs is nothing that we keep: a phone number without consent, somebody else's id
        log.warning(
            "account %s: what the CRM says of %s is not kept: %s", account.alias, svc.keys.person(openid), error
        )
        return None


def _send(  # noqa: PLR0913, PLR0917 (whom, by what, and what came of it)
    svc: Services,
    account: Account,
    endpoint: Endpoint,
    mapping: Mapping,
    crm: Client,
    batch: list[Record],
    numbers: Counter[str],
) -> Counter[str]:
    if not batch:
        return Counter()
    done = crm.upsert(batch)
    sending.keep_record_ids(svc, account, endpoint.endpoint_id, mapping, done.record_ids)
    if done.later:
        raise Trouble("、".join(sorted(set(done.later.values()))))
    numbers["refused"] = len(done.refused)
    numbers["sent"] = len(batch) - len(done.refused)
    return Counter(done.refused.values())


def _go_on(svc: Services, account: Account, item: Item, more: str, numbers: Counter[str], why: Counter[str]) -> None:
    """The next page, unless somebody else has done this one already."""
    together = Counter(item["why"]) + why
    told: Item = {name: item[name] + numbers[name] for name in NUMBERS}
    told |= {"why": dict(together.most_common(MOST_WHY)), "touched": svc.now(), "waits": 0, "waiting_since": 0}
    told |= {"reached": more, "earlier": item["reached"]} if more else {"ended": svc.now()}
    after = _change(svc, account, item, told)
    if after is not None and more:
        svc.in_bulk(page, account, endpoint_id=_endpoint_id(item), run=item["run"], cursor=more)


def _wait(svc: Services, account: Account, item: Item, trouble: Trouble) -> None:
    """Their limits and their bad days are waited for; a new message of the queue, since five tries would be too few."""
    since = item["waiting_since"] or svc.now()
    if not trouble.retry or svc.now() - since > GIVEN_UP:
        _end(svc, account, item, str(trouble))
        return
    told = {"waits": item["waits"] + 1, "waiting_since": since, "touched": svc.now()}
    if _change(svc, account, item, told) is not None:
        wait = min(trouble.wait or FIRST_WAIT << min(item["waits"], 7), LONGEST_WAIT)
        args = {
            "account": account.alias,
            "endpoint_id": _endpoint_id(item),
            "run": item["run"],
            "cursor": item["reached"],
        }
        svc.bulk.put(PAGE, args, delay=wait)


def _end(svc: Services, account: Account, item: Item, reason: str) -> None:
    _change(svc, account, item, {"ended": svc.now(), "reason": reason[:300]})
    log.warning("account %s: the sync with a CRM ended early: %s", account.alias, reason)


def _change(svc: Services, account: Account, item: Item, told: Item) -> Item | None:
    """None if this page is not the present one any more, or another sync has begun."""
    where = "#run = :run AND #reached = :seen AND #waits = :waits AND attribute_not_exists(#ended)"
    seen = {"run": item["run"], "seen": item["reached"], "waits": item["waits"]}
    return svc.table.update(item["pk"], item["sk"], told, where=where, **seen)


def _fill(item: Item) -> Fill:
    told = {name: item[name] for name in (*NUMBERS, "why", "begun") if name in item}
    shelf = int(item["reached"].partition(".")[0] or "0", 16)
    state = "failed" if item.get("reason") else "done" if "ended" in item else "waiting" if item["waits"] else "running"
    return Fill(
        **told,
        endpoint_id=_endpoint_id(item),
        state=state,
        percent=100 if state == "done" else 100 * shelf // SHELVES,
        ended=item.get("ended", 0),
        reason=item.get("reason", ""),
    )


def _endpoint_id(item: Item) -> str:
    return str(item["sk"]).partition("#")[2]


def _key(account: Account, endpoint_id: str) -> tuple[str, str]:
    return f"crm#{account.alias}", f"fill#{endpoint_id}"


PAGE = "filling.page"
