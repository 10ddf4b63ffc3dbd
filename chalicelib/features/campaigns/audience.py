"""Who gets a campaign: the followers whom its question fits when it starts, planned shelf by shelf, each once.

    pk campaign#<account>#<id>   sk shard#<shelf>   {reached, chunk_number, lease_holder, lease_until, ended_at}
    pk account#<alias>   sk planning   {campaign_id, held_until}      one campaign of an account plans at a time

Sixteen jobs, one for each shelf of followers. One goes through its shelf in stretches; at the end of each everything is
in the table, and `reached` says from where the next goes on. A planner that finds a stretch begun by another, who was
killed, reads whom that one planned and leaves them out; so nobody is planned twice, and the order of jobs does not
matter. Who began to follow after the start is not in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ...errors import Conflict, NotFound
from ...observe import log
from ...services import Account, Services
from .. import alarms, days, segments
from ..followers import Card, Row, shelves
from ..segments import Fitting
from . import chunks, store
from .campaign import QUIET_FROM, QUIET_TO, Campaign
from .planned import Person, Sheet, planned

BEGIN, PLAN, LOOK = "audience.begin", "audience.plan_shard", "dispatch.look"  # as jobs are named in the queue
WHOLE_PAGE = 4000  # entries in one query; DynamoDB ends it at 1 MB anyway
AT_A_STRETCH = 20.0  # seconds that one job plans, before it leaves the rest to the next
MOST_AT_A_STRETCH = 50_000  # people, whom a planner remembers until they are kept
LEASE = 100  # seconds; longer than any worker lives
SEAT = 900  # seconds; renewed every minute while planning goes on
IN_A_BUCKET = 300  # people, as far as it can be foreseen; in hours of their own more, so that chunks are full
IN_A_BUCKET_BY_HOUR = 2000
MOST_BUCKETS = 64
USUAL_HOUR = 20  # in Shanghai, of whoever never wrote or tapped often enough to know better
ANY_HOUR = "--"
CREW = 16

Item = dict[str, Any]
Entry = tuple[str, str]  # of the index: a place and a card


def take_seat(svc: Services, account: Account, campaign_id: str) -> bool:
    """Only whoever has the seat may plan: of two that start at once the second knows whom the first wrote to."""
    taken = svc.table.update(
        f"account#{account.alias}",
        "planning",
        {"campaign_id": campaign_id, "held_until": svc.now() + SEAT},
        where="attribute_not_exists(pk) OR #campaign_id = :me OR #held_until < :now",
        me=campaign_id,
        now=svc.now(),
    )
    return taken is not None


def leave_seat(svc: Services, account: Account, campaign_id: str) -> None:
    svc.table.delete_if(f"account#{account.alias}", "planning", "#campaign_id = :me", me=campaign_id)


def begin(svc: Services, account: Account, campaign_id: str) -> None:
    """A job: keep the question as it is now, foresee how many it will be, and start the sixteen."""
    item = _planning(svc, account, campaign_id)
    if item is None:
        return None
    if not item.get("asked"):
        try:
            question = _question(svc, account, store.campaign_of(item))
        except NotFound as error:
            return _give_up(svc, account, campaign_id, str(error))
        about = segments.estimate(svc, account, segments.read(question)).about
        asked = msgspec.json.encode(question).decode()
        by_hour = store.campaign_of(item).document.best_hour
        store.note(svc, account, campaign_id, {"asked": ""}, asked=asked, buckets=buckets_for(about, by_hour))
    return start_shards(svc, account, campaign_id, range(shelves.SHELVES))


def start_shards(svc: Services, account: Account, campaign_id: str, numbers: Any) -> None:
    orders = (({"account": account.alias, "campaign_id": campaign_id, "shelf": number}, 0) for number in numbers)
    svc.bulk.put_many(PLAN, orders)


def plan_shard(svc: Services, account: Account, campaign_id: str, shelf: int) -> None:
    """A job: plan one shelf, or as much of it as there is time for. Nothing if that is done, or being done."""
    item = _planning(svc, account, campaign_id)
    if item is None or not item.get("asked"):
        return None
    left_by, mine = _hold(svc, account, campaign_id, shelf)
    if mine is None:
        return None
    question = msgspec.json.decode(item["asked"])
    planner = _Planner(svc, account, store.campaign_of(item), question, shelf, mine["lease_holder"])
    finished = False
    try:
        # Once more: a campaign is closed for good as soon as no shelf is held, and this one was not until now.
        if _planning(svc, account, campaign_id) is None:
            return None
        ended = planner.run(mine.get("reached", ""), mine.get("chunk_number", 0), bool(left_by))
        finished = True
    finally:
        if not finished:
            planner.let_go()
    if not ended:
        return start_shards(svc, account, campaign_id, [shelf])
    if all_ended(svc, account, campaign_id):
        look_soon(svc, account, campaign_id)
    return None


def look_soon(svc: Services, account: Account, campaign_id: str) -> None:
    """The clock's look at a campaign, now. Not in the queue in which a crowd may be waiting."""
    svc.work.put(LOOK, {"account": account.alias, "campaign_id": campaign_id})


def all_ended(svc: Services, account: Account, campaign_id: str) -> bool:
    return not list(waiting_shards(svc, account, campaign_id, held=True))


def waiting_shards(svc: Services, account: Account, campaign_id: str, held: bool = False) -> Iterator[int]:
    """The shelves that are not planned to their end, and are in nobody's hands; or, with `held`, in anybody's."""
    place = store.pk(account, campaign_id)
    known = {item["sk"].removeprefix("shard#"): item for item in svc.table.under(place, "shard#", fresh=True)}
    for number in range(shelves.SHELVES):
        item = known.get(f"{number:x}", {})
        if "ended_at" not in item and (held or item.get("lease_until", 0) < svc.now()):
            yield number


def is_planned(svc: Services, account: Account, campaign_id: str) -> bool:
    """Whether somebody is planning it at this moment."""
    shards = svc.table.under(store.pk(account, campaign_id), "shard#", fresh=True)
    return any(item.get("lease_until", 0) >= svc.now() for item in shards)


def buckets_for(about: int, by_hour: bool) -> int:
    """A power of two, so that a bucket has about as many people as one query should read."""
    wanted = about / shelves.SHELVES / (IN_A_BUCKET_BY_HOUR if by_hour else IN_A_BUCKET)
    number = 1
    while number < min(wanted, MOST_BUCKETS):
        number *= 2
    return number


def hour_of(card: Card, quiet: bool) -> int:
    """In which hour of Shanghai's day somebody likes to read, or the nearest one that is not quiet."""
    hour = card.best_hour if card.best_hour >= 0 else USUAL_HOUR
    if not quiet or QUIET_TO <= hour < QUIET_FROM:
        return hour
    return QUIET_FROM - 1 if hour >= QUIET_FROM else QUIET_TO


class _Planner:
    """Of one shelf, as long as its lease holds."""

    def __init__(  # noqa: PLR0913, PLR0917 (what is planned, and for whom)
        self, svc: Services, account: Account, campaign: Campaign, question: Any, shelf: int, holder: str
    ) -> None:
        self._svc, self._account, self._campaign, self._shelf, self._holder = svc, account, campaign, shelf, holder
        self._fits: Fitting = segments.fitting(svc, account, segments.read(question))
        self._began = svc.clock.time()

    def run(self, reached: str, number: int, begun: bool) -> bool:
        """From where the one before got to, who may have `begun` more than that: whether the shelf's end was
        reached."""
        known = set[str]()
        if begun:
            known, number = planned(self._svc, self._account, self._campaign, self._shelf, number)
        while True:
            with Sheet(self._svc, self._account, self._campaign, self._shelf, number) as sheet:
                reached, more = self._stretch(sheet, reached, known)
                self._insist()
                sheet.flush()
            number, known = sheet.number, set()
            stops = not more or self._is_over() or not self._may_go_on()
            self._note(reached, number, ended=not more, leaves=stops)
            if stops:
                return not more

    def let_go(self) -> None:
        """After a failure: whoever comes next need not wait, and sees that a stretch was begun."""
        self._update({"lease_until": 0})

    def _stretch(self, sheet: Sheet, reached: str, known: set[str]) -> tuple[str, bool]:
        """The place behind which the next one begins, and whether there is one."""
        more = True
        first = len(known)
        with ThreadPoolExecutor(1) as ahead:
            page = ahead.submit(self._page, reached)
            while more:
                entries, cursor = page.result()
                more = bool(cursor)
                over = self._is_over() or len(known) - first > MOST_AT_A_STRETCH or not self._may_go_on()
                if more and not over:
                    page = ahead.submit(self._page, cursor)
                self._insist()
                self._take(entries, sheet, known)
                reached = cursor or reached
                if over:
                    break
        return reached, more

    def _page(self, after: str) -> tuple[list[Entry], str]:
        """One page of those who followed by the start, oldest first; the cursor is "" after the last."""
        name = shelves.names(self._account)[self._shelf]
        entries, more = self._svc.table.shelved_labels(name, WHOLE_PAGE, after)
        last = shelves.place(self._campaign.started_at, "~")
        if entries and entries[-1][0] > last:
            return [entry for entry in entries if entry[0] <= last], ""
        return entries, more

    def _take(self, entries: list[Entry], sheet: Sheet, known: set[str]) -> None:
        document, buckets = self._campaign.document, self._campaign.buckets
        lane = ANY_HOUR
        for row in self._fitting(entries):
            if row.openid in known:
                continue
            known.add(row.openid)
            if document.best_hour:
                lane = f"{hour_of(row.card, document.quiet):02d}"
            _, bucket = chunks.mark_bucket(row.openid, buckets)
            sheet.add(Person(row.openid, f"{bucket}#{lane}", bool(row.card.blocked)))

    def _fitting(self, entries: list[Entry]) -> Iterator[Row]:
        quickly = self._fits.quickly
        unsure: list[Row] = []
        for place, label in entries:
            since, _, openid = place.partition("#")
            row = Row(openid, int(since), Card.read(label))
            answer = quickly(row)
            if answer:
                yield row
            elif answer is None:
                unsure.append(row)
        if unsure:
            with ThreadPoolExecutor(CREW) as crew:
                held = list(crew.map(self._fits.surely, unsure))
            yield from (row for row, holds in zip(unsure, held, strict=True) if holds)

    def _is_over(self) -> bool:
        return self._svc.clock.time() - self._began > AT_A_STRETCH

    def _may_go_on(self) -> bool:
        try:
            return store.control(self._svc, self._account, self._campaign.campaign_id).phase == "planning"
        except NotFound:
            return False

    def _insist(self) -> None:
        """Nothing is written by a planner that stood still until its lease was another's."""
        if self._svc.clock.time() - self._began > LEASE - 10:
            raise Conflict("排人用时太长，会再来一次。Planning stood still and is taken up again.")

    def _note(self, reached: str, number: int, ended: bool, leaves: bool) -> None:
        news: Item = {"reached": reached, "chunk_number": number} | ({"ended_at": self._svc.now()} if ended else {})
        if self._update(news, remove=("lease_holder", "lease_until") if leaves else ()) is None:
            raise Conflict("别处正在排这一批人。These people are being planned by somebody else.")

    def _update(self, news: Item, remove: tuple[str, ...] = ()) -> Item | None:
        place, sk = store.pk(self._account, self._campaign.campaign_id), f"shard#{self._shelf:x}"
        return self._svc.table.update(place, sk, news, where="#lease_holder = :me", remove=remove, me=self._holder)


def _planning(svc: Services, account: Account, campaign_id: str) -> Item | None:
    try:
        item = store.found(svc, account, campaign_id)
    except NotFound:
        return None
    return item if item["phase"] == "planning" else None


def _question(svc: Services, account: Account, campaign: Campaign) -> Any:
    document = campaign.document
    if document.segment_id:
        return segments.find(svc, account, document.segment_id).question
    return document.question or {"all": []}


def _give_up(svc: Services, account: Account, campaign_id: str, why: str) -> None:
    """An operator has to choose another audience."""
    log.warning("campaign %s of account %s has no audience any more", campaign_id, account.alias)
    store.move(svc, account, campaign_id, ("planning",), "paused", why=why)
    alarms.ring(svc, account, f"campaign#{campaign_id}", why, lasts=days.A_DAY)
    leave_seat(svc, account, campaign_id)


def _hold(svc: Services, account: Account, campaign_id: str, shelf: int) -> tuple[str, Item | None]:
    """Who left a stretch unfinished, or ""; and the shelf's item, now ours. None: it is done, or another's."""
    place, sk, now = store.pk(account, campaign_id), f"shard#{shelf:x}", svc.now()
    seen = (svc.table.get(place, sk, fresh=True) or {}).get("lease_holder", "")
    free = "#lease_holder = :seen AND #lease_until < :now" if seen else "attribute_not_exists(#lease_holder)"
    held = svc.table.update(
        place,
        sk,
        {"lease_holder": secrets.token_hex(8), "lease_until": now + LEASE, "expires": now + store.KEPT},
        where=f"attribute_not_exists(#ended_at) AND {free}",
        **({"seen": seen, "now": now} if seen else {}),
    )
    return seen, held
