"""Tags on people: WeChat first, fifty at a time, then their profiles; who could not be done is named, the rest is.

    pk tags#<account>   sk run#<id>   {run_id, tag_id, remove, asked, chunks, started, expires}     a day
    pk tags#<account>   sk run#<id>#<chunk>   {done, failed, expires}     a day

A chunk that is done again does the same again: WeChat and the profiles know what they have, and its result replaces the
first one. A call that WeChat refuses because of one person names nobody, so it is halved until the person is found.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import msgspec

from ...errors import AppError, BadInput, Conflict, NotFound, Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat.errors import PersonRefused
from ...wechat.tags import MOST_AT_ONCE
from .. import followers, people
from ..days import A_DAY
from . import mirror, refusals

MOST_TAGS = 20  # on a person
MOST_PEOPLE = 7000  # in one request, which may have 256 KiB
CHUNK = 500  # people in one job
LONGEST_OPENID = 128
CREW = 8
NOT_FOLLOWING = "没有关注。They do not follow."
TWENTY = "已有 20 个标签。They have 20 tags already."
LEFT_OUT = "微信没有处理。WeChat left them out."

Item = dict[str, Any]


class Failure(msgspec.Struct, frozen=True):
    openid: str
    why: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is running or done; who failed is told for a day."""

    run_id: str
    tag_id: int
    remove: bool
    state: str
    asked: int
    done: int
    percent: int
    failed: list[Failure]
    started: int


class Outcome(NamedTuple):
    done: list[str]
    failed: list[Failure]


def tag_people(svc: Services, account: Account, tag_id: int, openids: Sequence[str], remove: bool = False) -> Run:
    """At once for up to fifty people, else in the background: `find_run` tells how far it is."""
    unique = _checked(openids)
    mirror.known(svc, account, tag_id)
    run = uuid.uuid4().hex[:12]
    chunks = [unique[at : at + CHUNK] for at in range(0, len(unique), CHUNK)]
    told = {"tag_id": tag_id, "remove": remove, "asked": len(unique), "chunks": len(chunks), "started": svc.now()}
    if len(unique) <= MOST_AT_ONCE:
        outcome = apply(svc, account, tag_id, unique, remove)
        _keep(svc, account, run, 0, outcome)
    svc.table.put(_item(svc, account, f"run#{run}") | told | {"run_id": run})
    if len(unique) > MOST_AT_ONCE:
        for number, chunk in enumerate(chunks):
            each = {"run": run, "number": number, "tag_id": tag_id, "remove": remove, "openids": chunk}
            svc.in_bulk(tag_chunk, account, **each)
    return find_run(svc, account, run)


def find_run(svc: Services, account: Account, run_id: str) -> Run:
    found = list(svc.table.under(_pk(account), f"run#{run_id}", fresh=True)) if run_id.isalnum() else []
    if not found or found[0].get("run_id") != run_id or found[0]["expires"] <= svc.now():
        raise NotFound("没有这次操作的记录，记录保留一天。There is no such run; they are kept for a day.")
    told, chunks = found[0], found[1:]
    failed = [msgspec.convert(one, Failure) for chunk in chunks for one in chunk["failed"]]
    return Run(
        run_id=run_id,
        tag_id=told["tag_id"],
        remove=told["remove"],
        state="done" if len(chunks) >= told["chunks"] else "running",
        asked=told["asked"],
        done=sum(chunk["done"] for chunk in chunks),
        percent=100 * len(chunks) // told["chunks"],
        failed=failed,
        started=told["started"],
    )


def forget_runs(svc: Services, account: Account) -> None:
    """A job, every night: runs that are over name people who could not be tagged, and AWS takes its time."""
    for item in svc.table.under(_pk(account), "run#"):
        if item["expires"] <= svc.now():
            svc.table.delete(item["pk"], item["sk"])


def tag_chunk(  # noqa: PLR0913, PLR0917 (of which run, what, and whom)
    svc: Services, account: Account, run: str, number: int, tag_id: int, remove: bool, openids: list[str]
) -> None:
    """A job: one part of a run. What only waiting mends is tried again by the queue; all else is in the report."""
    done: list[str] = []
    failed: list[Failure] = []
    for at in range(0, len(openids), MOST_AT_ONCE):
        group = openids[at : at + MOST_AT_ONCE]
        try:
            outcome = apply(svc, account, tag_id, group, remove)
        except Unavailable:
            raise
        except AppError as error:
            outcome = Outcome([], [Failure(openid, str(error)) for openid in group])
        done += outcome.done
        failed += outcome.failed
    _keep(svc, account, run, number, Outcome(done, failed))


def tag_one(svc: Services, account: Account, openid: str, tag_id: int) -> None:
    """A job: what cannot be done is in the log, and left at that."""
    try:
        failed = apply(svc, account, tag_id, [openid]).failed
        reason = failed[0].why if failed else ""
    except Unavailable:
        raise
    except AppError as error:
        reason = str(error)
    if reason:
        who = svc.keys.person(openid)
        log.warning("account %s: %s does not get tag %d: %s", account.alias, who, tag_id, reason)


def tag_person(
    svc: Services, account: Account, openid: str, add: Sequence[int] = (), remove: Sequence[int] = ()
) -> Item:
    """The profile afterwards. Conflict says what WeChat refused; what was done before that stays done."""
    for tag_ids, off in ((remove, True), (add, False)):
        for tag_id in tag_ids:
            mirror.known(svc, account, tag_id)
            failed = apply(svc, account, tag_id, [openid], off).failed
            if failed:
                raise Conflict(failed[0].why)
    profile = followers.profile(svc, account, openid)
    if profile is None or not profile["following"]:
        raise NotFound("没有这位粉丝。There is no such follower.")
    return profile


def apply(svc: Services, account: Account, tag_id: int, openids: Sequence[str], remove: bool = False) -> Outcome:
    """At most fifty people. An AppError is about all of them; Unavailable may be tried again."""
    refusals.insist_on_tags(account)
    failed = _hopeless(svc, account, tag_id, openids, remove)
    hopeless = {one.openid for one in failed}
    sent = _send(account, tag_id, [openid for openid in openids if openid not in hopeless], remove)
    with ThreadPoolExecutor(CREW) as crew:
        changed = list(crew.map(lambda openid: _mark(svc, account, tag_id, openid, remove), sent.done))
    mirror.count(svc, account, tag_id, -sum(changed) if remove else sum(changed))
    return Outcome(sent.done, failed + sent.failed)


def _hopeless(svc: Services, account: Account, tag_id: int, openids: Sequence[str], remove: bool) -> list[Failure]:
    """Whom WeChat would refuse, as far as we know: then it need not be asked."""
    keys = [(people.key(account, openid), "profile") for openid in openids]
    known = {item["pk"]: item for item in svc.table.get_many(keys, "following", "tag_ids")}
    failed = []
    for openid in openids:
        profile = known.get(people.key(account, openid), {"following": False})
        tags = profile.get("tag_ids", [])
        if not profile["following"]:
            failed.append(Failure(openid, NOT_FOLLOWING))
        elif not remove and tag_id not in tags and len(tags) >= MOST_TAGS:
            failed.append(Failure(openid, TWENTY))
    return failed


def _send(account: Account, tag_id: int, openids: list[str], remove: bool, again: bool = True) -> Outcome:
    """Those whom WeChat left out of a call (45171) get one more, which may tell why."""
    if not openids:
        return Outcome([], [])
    call = account.wechat.tags.take_off if remove else account.wechat.tags.put_on
    try:
        left = set(refusals.told(lambda: _or_person(lambda: call(tag_id, openids))))
    except _Refused as refused:
        if len(openids) == 1:
            return Outcome([], [Failure(openids[0], refused.why)])
        half = len(openids) // 2
        first, second = (_send(account, tag_id, part, remove, again) for part in (openids[:half], openids[half:]))
        return Outcome(first.done + second.done, first.failed + second.failed)
    done = [openid for openid in openids if openid not in left]
    if not again:
        return Outcome(done, [Failure(openid, LEFT_OUT) for openid in openids if openid in left])
    rest = _send(account, tag_id, [openid for openid in openids if openid in left], remove, again=False)
    return Outcome(done + rest.done, rest.failed)


class _Refused(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _or_person(call: Any) -> tuple[str, ...]:
    try:
        left: tuple[str, ...] = call()
    except PersonRefused as error:
        raise _Refused(str(refusals.words(error))) from None
    return left


def _mark(svc: Services, account: Account, tag_id: int, openid: str, remove: bool) -> bool:
    """Whether that was news to the profile."""
    news = False

    def edit(profile: Item) -> Item:
        nonlocal news
        tags = set(profile.get("tag_ids", []))
        after = tags - {tag_id} if remove else tags | {tag_id}
        news = bool(profile["following"]) and after != tags
        return {"tag_ids": sorted(after)} if news else {}

    followers.change(svc, account, openid, edit)
    return news


def _keep(svc: Services, account: Account, run: str, number: int, outcome: Outcome) -> None:
    failed = [msgspec.structs.asdict(one) for one in outcome.failed]
    svc.table.put(_item(svc, account, f"run#{run}#{number:04d}") | {"done": len(outcome.done), "failed": failed})


def _checked(openids: Sequence[str]) -> list[str]:
    unique = list(dict.fromkeys(openids))
    if not 0 < len(unique) <= MOST_PEOPLE:
        raise BadInput(f"一次 1 到 {MOST_PEOPLE} 人。Name 1 to {MOST_PEOPLE} people at a time.")
    if any(not 0 < len(openid) <= LONGEST_OPENID or "#" in openid for openid in unique):
        raise BadInput("有的 openid 不对。Some of these are no openids.")
    return unique


def _item(svc: Services, account: Account, sk: str) -> Item:
    return {"pk": _pk(account), "sk": sk, "expires": svc.now() + A_DAY}


def _pk(account: Account) -> str:
    return f"tags#{account.alias}"
