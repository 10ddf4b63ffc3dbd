"""When rules give their tags: at once where an event may have made one true, and every night for all who fit.

    pk person#<account>#<openid>   sk ruled#<rule>   {cause, given_at}

A rule gives its tag once for each cause: what made it true, such as the day of the scan, or the day since when there is
silence. So a tag that an operator takes off stays off until there is a new cause. A rule that gives another tag or asks
something else begins anew. Tag first, then the mark: whoever is killed in between gives the tag once more, which
changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import msgspec

from ...errors import AppError, Unavailable
from ...observe import log
from ...services import Account, Services, job_name
from ...wechat.messages import Message
from ...wechat.tags import MOST_AT_ONCE
from .. import days, followers, people, segments
from ..followers import Card, Row
from ..followers.shelves import SHELVES
from ..segments import Compare, Fitting, Happened, Node, Not
from . import tagging
from .automatic import TagRule, in_force

AFTER_COUNTING = 900  # seconds, the longest that a queue waits: by then the night's counting is done
NEW = 2 * days.A_DAY  # seconds in which a rule that messages make true is also asked about those who fit already
MOST_GIVEN = 2000  # tags that one job gives
AT_A_STRETCH = 20.0  # seconds after which one job leaves the other rules to the next
CREW = 16
OF_EVENTS = {"scan": ("scanned",), "click": ("clicked",), "subscribe": ("followed",)}


class Found(NamedTuple):
    row: Row
    cause: str


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener: only where a rule asks for such an event, a job looks at the person."""
    what = list(OF_EVENTS.get(message.event, ())) if message.kind == "event" else ["said"]
    if message.scene and "scanned" not in what:
        what.append("scanned")
    wake(svc, account, message.openid, what)


def wake(svc: Services, account: Account, openid: str, what: Iterable[str]) -> None:
    """Something happened to this person: scanned, said, clicked, followed, ordered, voted or visited."""
    happenings = set(what)
    if asks(svc, account, happenings):
        svc.later(happened, account, openid=openid, what=sorted(happenings))


def asks(svc: Services, account: Account, what: set[str]) -> bool:
    """Whether a rule wants to know when this happens; from memory."""
    return bool(what) and any(rule.wakes & what for rule in in_force(svc, account))


def happened(svc: Services, account: Account, openid: str, what: list[str]) -> None:
    """A job: ask the rules that may have become true by this."""
    rules = [rule for rule in in_force(svc, account) if rule.wakes & set(what)]
    row = _now(svc, account, openid) if rules else None
    for rule in rules if row else ():
        _ask(svc, account, rule, [row] if row else [])


def review_later(svc: Services, account: Account) -> None:
    for shelf in range(SHELVES):
        svc.bulk.put(job_name(review), {"account": account.alias, "shelf": shelf}, delay=AFTER_COUNTING)


def review(svc: Services, account: Account, shelf: int, after: str = "") -> None:
    """A job, every night: all rules over a sixteenth of the followers. Those who have the tag cost nothing more.

    After twenty seconds, or very many tags, another job goes on: behind the last rule that was done with.
    """
    given, give_up = 0, svc.clock.time() + AT_A_STRETCH
    for rule in _waiting(svc, account, after):
        given += _review(svc, account, rule, shelf, MOST_GIVEN - given)
        if given < MOST_GIVEN:
            after = _turn(rule)
        if given >= MOST_GIVEN or svc.clock.time() > give_up:
            svc.in_bulk(review, account, shelf=shelf, after=after)
            return


def _waiting(svc: Services, account: Account, after: str) -> list[TagRule]:
    """Rules whose turn it is; of those that only messages make true just the new ones."""
    rules = [rule for rule in in_force(svc, account) if _turn(rule) > after]
    return [rule for rule in rules if not (rule.is_told and svc.now() - rule.changed > NEW)]


def _turn(rule: TagRule) -> str:
    """Rules come in this order."""
    return f"{rule.created:011d} {rule.rule_id}"


def _review(svc: Services, account: Account, rule: TagRule, shelf: int, most: int) -> int:
    """How many got the tag; at least so many if there may be more."""
    given = 0
    fits = segments.fitting(svc, account, rule.node)
    rows = (row for row in followers.everyone(svc, account, shelf) if _may_get(rule, fits, row))
    while given < most and (batch := list(islice(rows, MOST_AT_ONCE))):
        given += _ask(svc, account, rule, _looked_at(svc, account, batch))
    return given


def _may_get(rule: TagRule, fits: Fitting, row: Row) -> bool:
    return rule.tag_id not in row.card.tags and fits.quickly(row) is not False


def _looked_at(svc: Services, account: Account, rows: list[Row]) -> list[Row]:
    """As they are at this moment: somebody may have come back from a long silence since their card was written."""
    with ThreadPoolExecutor(CREW) as crew:
        fresh = crew.map(lambda row: _now(svc, account, row.openid), rows)
        return [row for row in fresh if row is not None]


def _now(svc: Services, account: Account, openid: str) -> Row | None:
    known = followers.refresh_activity(svc, account, openid)
    return Row(openid, known["since"], Card.read(followers.card(known))) if known else None


def _ask(svc: Services, account: Account, rule: TagRule, rows: list[Row]) -> int:
    """Give the tag to those whom the rule fits for a cause that it has not had yet: how many got it."""
    fits = segments.fitting(svc, account, rule.node)
    wanting = [row for row in rows if rule.tag_id not in row.card.tags]
    with ThreadPoolExecutor(CREW) as crew:
        held = list(crew.map(fits.surely, wanting))
        fitting = [row for row, holds in zip(wanting, held, strict=True) if holds]
        found = list(crew.map(lambda row: Found(row, _sign(rule) + cause(svc, account, rule.node, row)), fitting))
    return _give(svc, account, rule, list(_new(svc, account, rule, found)))


def _new(svc: Services, account: Account, rule: TagRule, found: list[Found]) -> Iterator[Found]:
    keys = [(people.key(account, one.row.openid), _mark(rule)) for one in found]
    causes = {item["pk"]: item["cause"] for item in svc.table.get_many(keys, "cause")}
    return (one for one in found if causes.get(people.key(account, one.row.openid)) != one.cause)


def _give(svc: Services, account: Account, rule: TagRule, found: list[Found]) -> int:
    """Whom WeChat refuses is marked as well: the same cause would be refused every night."""
    if not found:
        return 0
    try:
        outcome = tagging.apply(svc, account, rule.tag_id, [one.row.openid for one in found])
    except Unavailable:
        raise
    except AppError as error:
        log.warning("account %s: the rule %s gives no tag: %s", account.alias, rule.rule_id, error)
        return 0
    with ThreadPoolExecutor(CREW) as crew:
        list(crew.map(lambda one: _put_mark(svc, account, rule, one), found))
    return len(outcome.done)


def _put_mark(svc: Services, account: Account, rule: TagRule, one: Found) -> None:
    """Not under the key of somebody who was erased at this very moment: nobody would ever take it away."""
    pk, sk = people.key(account, one.row.openid), _mark(rule)
    svc.table.put({"pk": pk, "sk": sk, "cause": one.cause, "given_at": svc.now()})
    known = svc.table.get(pk, "profile", fresh=True)
    if known is None or not known["following"]:
        svc.table.delete(pk, sk)


def _sign(rule: TagRule) -> str:
    """The same as long as the rule gives the same tag for the same question, whatever it is called."""
    asked = msgspec.json.encode(rule.question, order="deterministic")
    return f"{rule.tag_id}.{hashlib.sha256(asked).hexdigest()[:8]}|"


def _mark(rule: TagRule) -> str:
    return f"ruled#{rule.rule_id}"


def cause(svc: Services, account: Account, node: Node, row: Row) -> str:
    """What made the question true: of each condition that helped, the day it is about, or nothing."""
    parts = (_reason(svc, account, leaf, row, negated) for leaf, negated in _signed(node, False))
    return "|".join(parts)[:1000]


def _signed(node: Node, negated: bool) -> Iterator[tuple[Compare | Happened, bool]]:
    if isinstance(node, Not):
        yield from _signed(node.part, not negated)
    elif isinstance(node, Compare | Happened):
        yield node, negated
    else:
        for part in node.parts:
            yield from _signed(part, negated)


def _reason(svc: Services, account: Account, leaf: Compare | Happened, row: Row, negated: bool) -> str:
    today = days.today(svc.now())
    if isinstance(leaf, Happened):
        last = segments.last_day(svc, account, leaf, row, today)
        return str(last) if last and not negated else ""
    recent = leaf.op in {"within_days", "at_least"}
    if leaf.field == "last_active" and recent != negated:
        return ""  # of somebody who is active this changes every day
    value = segments.day_value(leaf, row)
    return str(value) if value and segments.compares(leaf, row, today) != negated else ""
