"""How far a sync is: the run of an account, and a small item for each step of it that is finished.

    pk account#<alias>   sk sync   {run, started, touched, phase, reached, pages, parts, listed, chunks, changed, gone,
        ended, reason}
    pk sync#<account>   sk <run>#page#<number>   {chunk_names, listed}
    pk sync#<account>   sk <run>#done#<name>   {altered, gone, more}

A run is `running`, `done` or `failed`. One that shows no sign of life for a quarter of an hour is given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...observe import log
from ...services import Account, Services
from ...wechat.errors import AccountStopped, LimitReached
from .. import alarms
from ..days import A_DAY
from .change import Item

GIVEN_UP = 900  # seconds without a sign of life
NEVER_BEGUN = 60  # seconds: whoever took the account was killed before the first page was in the queue
KEPT = 3 * A_DAY
ALARM = "sync"
OF_A_RUN = ("reached", "pages", "parts", "listed", "chunks", "changed", "gone", "ended", "reason")


def new_name(svc: Services) -> str:
    return f"{svc.now():011d}-{svc.keys.one_time()[:6]}"


def take(svc: Services, account: Account, run: str) -> bool:
    """Whether the account is this run's now: not while another one is alive."""
    now = svc.now()
    ours = svc.table.update(
        *_key(account),
        {"run": run, "started": now, "touched": now, "phase": "running"},
        where="attribute_not_exists(pk) OR #phase <> :running OR #run = :this OR #touched < :dead "
        "OR (attribute_not_exists(#reached) AND #touched < :slow)",
        remove=OF_A_RUN,
        running="running",
        this=run,
        dead=now - GIVEN_UP,
        slow=now - NEVER_BEGUN,
    )
    return ours is not None


def state(svc: Services, account: Account) -> Item | None:
    """{state, started, listed, chunks, finished, changed, gone, percent, ended?, reason?}; None if there was no run."""
    run = svc.table.get(*_key(account), fresh=True)
    if run is None:
        return None
    told = {"state": run["phase"]} | {name: run[name] for name in ("started", "ended", "reason") if name in run}
    if run["phase"] == "done":
        numbers = {name: run[name] for name in ("listed", "chunks", "changed", "gone")}
        return told | numbers | {"finished": run["chunks"], "percent": 100}
    return told | _so_far(svc, account, run)


def alive(svc: Services, account: Account, run: str) -> Item | None:
    """The run, if it is the account's and still under way."""
    known = svc.table.get(*_key(account), fresh=True)
    return known if known and known["run"] == run and known["phase"] == "running" else None


def touch(svc: Services, account: Account, run: str, **change: Any) -> Item | None:
    """A sign of life. The run as it is, or None if it is over."""
    where = "#run = :run AND #phase = :running"
    return svc.table.update(*_key(account), change | {"touched": svc.now()}, where=where, run=run, running="running")


@contextmanager
def watched(svc: Services, account: Account, run: str) -> Iterator[None]:
    """What only waiting a day or an operator can mend ends the run; all else the queue tries again."""
    try:
        yield
    except (AccountStopped, LimitReached) as error:
        if isinstance(error, LimitReached) and error.until == "minute":
            raise
        reason = f"{error.code} {error.message}"[:80]
        touch(svc, account, run, phase="failed", reason=reason, ended=svc.now())
        alarms.ring(svc, account, ALARM, reason)


def finish_step(svc: Services, account: Account, run: str, name: str, **told: Any) -> None:
    """Once; whoever comes second with the same name changes nothing."""
    svc.table.put_new(_step(svc, account, f"{run}#done#{name}") | told)
    touch(svc, account, run)


def names_done(svc: Services, account: Account, run: str, name: str = "") -> dict[str, Item]:
    """The steps that are finished, by name; of those that begin so."""
    prefix = f"{run}#done#"
    found = svc.table.under(f"sync#{account.alias}", prefix + name, fresh=True)
    return {item["sk"].removeprefix(prefix): item for item in found}


def close(svc: Services, account: Account, run: str) -> None:
    """All is done: what it came to."""
    now = _so_far(svc, account, {"run": run})
    numbers = {name: now[name] for name in ("listed", "chunks", "changed", "gone")}
    if touch(svc, account, run, phase="done", ended=svc.now(), **numbers):
        alarms.clear(svc, account, ALARM)
        told = (account.alias, numbers["listed"], numbers["changed"], numbers["gone"])
        log.info("account %s: %d followers listed, %d profiles written, %d found gone", *told)


def _so_far(svc: Services, account: Account, run: Item) -> Item:
    done, listed = names_done(svc, account, run["run"]), list(pages(svc, account, run["run"]))
    names = {name for page in listed for name in page["chunk_names"]}
    finished = len(names & done.keys())
    # Looking at people is nearly all of the work; while pages are still coming, nobody knows how much there is.
    most = 90 if "pages" in run else 45
    return {
        "listed": sum(page["listed"] for page in listed),
        "chunks": len(names),
        "finished": finished,
        "changed": sum(step.get("altered", 0) for step in done.values()),
        "gone": sum(step.get("gone", 0) for step in done.values()),
        "percent": most * finished // max(len(names), 1),
    }


def pages(svc: Services, account: Account, run: str) -> Iterator[Item]:
    return svc.table.under(f"sync#{account.alias}", f"{run}#page#", fresh=True)


def put_page(svc: Services, account: Account, run: str, number: int, names: list[str], listed: int) -> None:
    """What a page of the list was cut into; a page that is listed again stands for itself anew."""
    svc.table.put(_step(svc, account, f"{run}#page#{number:05d}") | {"chunk_names": names, "listed": listed})


def has_page(svc: Services, account: Account, run: str, number: int) -> bool:
    return svc.table.get(f"sync#{account.alias}", f"{run}#page#{number:05d}", fresh=True) is not None


def _step(svc: Services, account: Account, sk: str) -> Item:
    return {"pk": f"sync#{account.alias}", "sk": sk, "expires": svc.now() + KEPT}


def _key(account: Account) -> tuple[str, str]:
    return f"account#{account.alias}", "sync"
