"""What is done with an event, once: an order is counted, attributes become facts, and whoever asks for it is told.

    pk person#<account>#<openid>   sk arrival#<hash>   {kind, taken_at}      30 days; the hash is of its kind and id

It is noted as taken after it was acted on: all that is done can be done twice with the same effect (an order is told
by its id, a fact by its time, and what is published has an id of its own made from this one), so a worker that is
killed in between, or two that work on the same event at once, lose nothing and double nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import msgspec

from ...errors import AppError, BadInput, Unavailable
from ...services import Account, Services
from .. import crm, events, followers, people
from ..days import A_DAY
from ..followers.facts import Beats, Fact
from .kinds import Arrival, Attributes, Custom, Person, Purchase
from .matching import match

MOST_AT_ONCE = 100  # events in a request
CREW = 16  # people at once
KEPT = 30 * A_DAY
AHEAD = 300  # seconds that another system's clock may be ahead of ours
NOBODY = "没有匹配到关注者。Not matched: no follower is known by this."
OLDER = "我们已经知道更新的内容。Something newer is known already; nothing was changed."
NOT_LISTENED = "映射里没有让这些属性进来。The mapping lets none of these attributes in."
FUTURE = "时间在将来。at lies in the future."

What = Literal["taken", "repeated", "not_matched", "older", "ignored", "refused"]
Item = dict[str, Any]


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """`taken`: done now. `repeated`: done before, by this id. `not_matched`: about nobody who follows. `older`: we know
    better already. `ignored`: the endpoint's mapping lets none of it in. `refused`: `why` says what is wrong with it;
    mended, it may be sent again."""

    id: str
    outcome: What
    why: str = ""


def take(svc: Services, account: Account, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """One outcome for each, in order. Of one person they are taken in the order given, of several side by side.

    Unavailable if one of them could not be done right now: then all may be sent again, and none counts twice.
    """
    by_person: dict[str, list[int]] = {}
    for place, arrival in enumerate(arrivals):
        by_person.setdefault(_whom(arrival.person), []).append(place)
    outcomes: dict[int, Outcome] = {}

    def work(places: list[int]) -> None:
        for place in places:
            outcomes[place] = _take(svc, account, arrivals[place])

    with ThreadPoolExecutor(CREW) as crew:
        list(crew.map(work, by_person.values()))
    return [outcomes[place] for place in range(len(arrivals))]


def _whom(person: Person) -> str:
    return f"{person.openid}#{person.unionid}#{person.by}#{person.value}"


def _take(svc: Services, account: Account, arrival: Arrival) -> Outcome:
    try:
        if max(arrival.at, getattr(arrival, "changed", 0)) > svc.now() + AHEAD:
            raise BadInput(FUTURE)
        openid = match(svc, account, arrival.person)
        return _once(svc, account, openid, arrival) if openid else Outcome(arrival.id, "not_matched", NOBODY)
    except Unavailable:
        raise
    except AppError as error:
        return Outcome(arrival.id, "refused", str(error))


def _once(svc: Services, account: Account, openid: str, arrival: Arrival) -> Outcome:
    # With its kind: a shop's order 7 is not the CRM's event 7, though both are about one person.
    kind = type(arrival).__struct_config__.tag
    mark = svc.keys.digest("arrival", f"{account.alias}#{kind}#{arrival.id}")[:32]
    place = people.key(account, openid), f"arrival#{mark}"
    if svc.table.get(*place, fresh=True) is not None:
        return Outcome(arrival.id, "repeated")
    outcome = _do(svc, account, openid, arrival)
    if outcome.outcome in ("taken", "older"):
        told = {"kind": kind, "taken_at": svc.now(), "expires": svc.now() + KEPT}
        svc.table.put_new({"pk": place[0], "sk": place[1], **told})
    return outcome


def _do(svc: Services, account: Account, openid: str, arrival: Arrival) -> Outcome:
    at = min(arrival.at or svc.now(), svc.now())
    if isinstance(arrival, Purchase):
        return _buy(svc, account, openid, arrival, at)
    if isinstance(arrival, Attributes):
        return _learn(svc, account, openid, arrival, at)
    return _hear(svc, account, openid, arrival, at)


def _buy(svc: Services, account: Account, openid: str, bought: Purchase, at: int) -> Outcome:
    """Counting tells whoever asks for `ordered` (followers/orders.py)."""
    known = svc.table.get(people.key(account, openid), f"order#{bought.order_id}", fresh=True) or {}
    changed = max(min(bought.changed, svc.now()), at)
    if followers.note_order(svc, account, openid, bought.order_id, bought.fen, at, changed) is None:
        return Outcome(bought.id, "not_matched", NOBODY)
    return Outcome(bought.id, "older", OLDER) if known.get("changed", 0) > changed else Outcome(bought.id, "taken")


def _learn(svc: Services, account: Account, openid: str, told: Attributes, at: int) -> Outcome:
    values, beats = crm.translate(svc, account, told.endpoint, told.attributes)
    if not values:
        return Outcome(told.id, "ignored", NOT_LISTENED)
    consent = followers.Consent(at=told.consent.at, text=told.consent.text) if told.consent else None
    known = (followers.profile(svc, account, openid) or {}).get("facts", {})
    losing = _losing(values, known, at, beats)
    if losing and told.endpoint and crm.is_shared(svc, account, told.endpoint, losing):
        svc.later(crm.sending.restate, account, endpoint_id=told.endpoint, openid=openid)
    if losing and losing == _other(values, known):
        return Outcome(told.id, "older", OLDER)
    kept = {name: value for name, value in values.items() if value is not None}
    if kept:
        source = crm.mapping.source(told.endpoint)
        followers.set_facts(svc, account, openid, kept, source, consent, at=at, beats=beats)
    for name, value in values.items():
        if value is None and name in known and beats(name, known[name], _fact(None, at)):
            followers.forget_fact(svc, account, openid, name)
    return Outcome(told.id, "taken")


def _other(values: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """Those that are other than we know."""
    return [name for name, value in values.items() if name not in known or known[name]["value"] != value]


def _losing(values: Mapping[str, Any], known: Mapping[str, Any], at: int, beats: Beats) -> list[str]:
    """Those of them of which we know better."""
    return [name for name in _other(values, known) if not beats(name, known.get(name), _fact(values[name], at))]


def _fact(value: Any, at: int) -> Fact:
    return {"value": value, "source": crm.mapping.ANY_CRM, "at": at}


def _hear(svc: Services, account: Account, openid: str, told: Custom, at: int) -> Outcome:
    data = {"name": told.name, "fields": told.fields}
    events.publish(svc, account, "custom", openid, data, cause=told.id, at=at, about=told.name)
    return Outcome(told.id, "taken")
