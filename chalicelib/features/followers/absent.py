"""The second half of a sync: who is on our shelves, but not on WeChat's list; and who is on its blacklist.

WeChat lists everybody once more, for a hundredth of the calls. Of each only 64 bits are kept, sorted, in one array for
each of our shelves, and travel to the sixteen jobs that walk along them, in the message itself. Whoever is not in the
array is asked for by name before they are believed to be gone: they may have come a moment ago.
"""

from __future__ import annotations

import base64
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from ...services import Account, Services
from ...wechat.errors import PersonRefused
from ...wechat.users import Page
from . import hearing, leaving, runs, shelves
from .change import Item, change

LISTED = "listed again"
MOST_MARKS = 16_000  # in one message of a queue, 256 KiB at most, eleven characters each
ASKED_AT_ONCE = 50  # people that one job asks for by name: some ten seconds
FLAG = '"b":1'

Marks: TypeAlias = "array[int]"


def list_again(svc: Services, account: Account, run: str) -> None:
    """A job: everybody's mark, and the blacklist's, for whoever compares them with a shelf."""
    if not runs.alive(svc, account, run) or LISTED in runs.names_done(svc, account, run, LISTED):
        return
    with runs.watched(svc, account, run):
        asked_at, users = svc.now(), account.wechat.users
        listed, blocked = _marks(users.page), _marks(users.blacklist)
        most = max(len(one) + len(other) for one, other in zip(listed, blocked, strict=True))
        parts = -(-most // MOST_MARKS) or 1
        runs.touch(svc, account, run, parts=parts)
        for shelf in range(shelves.SHELVES):
            for part in range(parts):
                marks = {"listed": _packed(listed[shelf], part, parts), "blocked": _packed(blocked[shelf], part, parts)}
                told = {"run": run, "shelf": shelf, "part": part, "parts": parts, "asked_at": asked_at}
                svc.in_bulk(compare, account, **told, **marks)
        runs.finish_step(svc, account, run, LISTED)


def compare(  # noqa: PLR0913, PLR0917 (as they are written in the queue)
    svc: Services,
    account: Account,
    run: str,
    shelf: int,
    part: int,
    parts: int,
    asked_at: int,
    listed: str,
    blocked: str,
) -> None:
    """A job: walk along a shelf. Who is not listed is looked for; who is on the blacklist is marked so."""
    name = _name(shelf, part, parts)
    if not runs.alive(svc, account, run):
        return
    with runs.watched(svc, account, run):
        if name not in runs.names_done(svc, account, run, name):
            entries = svc.table.shelved(shelves.names(account)[shelf])
            ours = ((mark, entry) for entry in entries if (mark := _mark(entry)) % parts == part)
            altered, suspects = _walk(svc, account, ours, _unpacked(listed), _unpacked(blocked), asked_at)
            more, left = _look_for(svc, account, run, name, suspects)
            runs.finish_step(svc, account, run, name, altered=altered + left, gone=left, more=more)
        _go_on(svc, account, run)


def ask(svc: Services, account: Account, run: str, name: str, openids: list[str]) -> None:
    """A job: people who were not listed, when there are many."""
    if not runs.alive(svc, account, run):
        return
    with runs.watched(svc, account, run):
        if name not in runs.names_done(svc, account, run, name):
            left = sum(_is_gone(svc, account, openid) for openid in openids)
            runs.finish_step(svc, account, run, name, altered=left, gone=left)
        _go_on(svc, account, run)


def _walk(  # noqa: PLR0913, PLR0917 (a shelf, both lists, and when they were asked for)
    svc: Services,
    account: Account,
    entries: Iterable[tuple[int, Item]],
    listed: Marks,
    blocked: Marks,
    asked_at: int,
) -> tuple[int, list[str]]:
    """How many profiles were written, and who of the shelf is not on the list."""
    altered, suspects = 0, []
    for mark, entry in entries:
        openid = shelves.openid_at(entry["place"])
        altered += _note_blocked(svc, account, openid, entry, _has(blocked, mark), asked_at)
        if not _has(listed, mark) and int(entry["place"].partition("#")[0]) < asked_at - hearing.SLACK:
            suspects.append(openid)
    return altered, suspects


def _look_for(svc: Services, account: Account, run: str, name: str, suspects: list[str]) -> tuple[list[str], int]:
    """The names of the jobs that ask for all but the first few, and how many of those few are gone."""
    now, later = suspects[:ASKED_AT_ONCE], suspects[ASKED_AT_ONCE:]
    more = []
    for start in range(0, len(later), ASKED_AT_ONCE):
        more.append(f"{name}.{start}")
        svc.in_bulk(ask, account, run=run, name=more[-1], openids=later[start : start + ASKED_AT_ONCE])
    return more, sum(_is_gone(svc, account, openid) for openid in now)


def _is_gone(svc: Services, account: Account, openid: str) -> bool:
    asked_at = svc.now()
    try:
        info = account.wechat.users.info(openid)
    except PersonRefused:
        info = {}  # WeChat knows nobody of that name any more
    return not info.get("subscribe") and leaving.leave(svc, account, openid, asked_at - hearing.SLACK)


def _note_blocked(  # noqa: PLR0913, PLR0917 (who, what we know, and what WeChat says)
    svc: Services, account: Account, openid: str, entry: Item, blocked: bool, asked_at: int
) -> bool:
    if blocked == (FLAG in entry.get("label", "")):
        return False

    def edit(profile: Item) -> Item:
        ours = profile.get("edited", -1) >= asked_at or not profile["following"]
        return {} if ours else {"blocked": blocked}

    after = change(svc, account, openid, edit, from_wechat=True)
    return bool(after and after["following"] and bool(after.get("blocked")) == blocked)


def _go_on(svc: Services, account: Account, run: str) -> None:
    """The last one closes the run."""
    done = runs.names_done(svc, account, run)
    parts = (runs.alive(svc, account, run) or {}).get("parts", 0)
    names = {_name(shelf, part, parts) for shelf in range(shelves.SHELVES) for part in range(parts)}
    names |= {more for step in done.values() for more in step.get("more", ())}
    if parts and LISTED in done and names <= done.keys():
        runs.close(svc, account, run)


def _marks(page_after: Callable[[str], Page]) -> list[Marks]:
    """Of all that WeChat lists, sorted; an array for each shelf."""
    marks: list[Marks] = [array("Q") for _ in range(shelves.SHELVES)]
    for openid in _openids(page_after):
        mark = shelves.mark(openid)
        marks[shelves.number(mark)].append(mark)
    return [array("Q", sorted(some)) for some in marks]


def _openids(page_after: Callable[[str], Page]) -> Iterator[str]:
    after, more = "", True
    while more:
        page = page_after(after)
        yield from page.openids
        # A page that leads to itself would keep us here for ever.
        more = page.next_openid not in ("", after)
        after = page.next_openid


def _packed(marks: Marks, part: int, parts: int) -> str:
    some = marks if parts == 1 else array("Q", [mark for mark in marks if mark % parts == part])
    return base64.b64encode(some.tobytes()).decode()


def _unpacked(text: str) -> Marks:
    marks: Marks = array("Q")
    marks.frombytes(base64.b64decode(text))
    return marks


def _has(marks: Marks, mark: int) -> bool:
    at = bisect_left(marks, mark)
    return at < len(marks) and bool(marks[at] == mark)


def _mark(entry: Item) -> int:
    return shelves.mark(shelves.openid_at(entry["place"]))


def _name(shelf: int, part: int, parts: int) -> str:
    return f"shelf {shelf:x} {part}/{parts}"
