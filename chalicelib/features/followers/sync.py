"""Ask WeChat who follows and what it knows of them, in bulk jobs; whatever is killed, nobody is lost or doubled.

    list_page ×N/10,000   the list, cut into chunks of 2,000
    look ×N/2,000         what WeChat knows of a chunk, a hundred at a time; what is new or different is written
    absent.py             once all chunks are done: the list again, and on our shelves whoever is not on it any more

A chunk is named by what is in it: a page that is listed a second time, after a kill, gives the same names, and what is
done is not done again. The last one to finish starts what comes next, and everybody who finishes looks whether they
are (runs.py keeps count). Should a run die all the same, the next one writes whatever is left to write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ...observe import log
from ...services import Account, Services
from ...wechat.errors import PersonRefused
from ...wechat.users import MOST_AT_ONCE
from .. import people
from ..identities import unions
from . import absent, hearing, leaving, runs
from .change import ATTRIBUTES, Item

CHUNK = 2000  # openids in one message of a queue: below 64 KiB
CALLS_AT_ONCE = 4
WRITES_AT_ONCE = 16


def sync_all(svc: Services) -> None:
    """A run for each account that may list its followers."""
    for account in svc.accounts:
        if account.may_list_followers:
            svc.in_bulk(begin, account, run=runs.new_name(svc))


def start(svc: Services, account: Account) -> Item:
    """What `state` says: of a new run, or of the one that is under way."""
    begin(svc, account, runs.new_name(svc))
    return runs.state(svc, account) or {}


def begin(svc: Services, account: Account, run: str) -> None:
    """A job: a run, unless another one is under way."""
    if runs.take(svc, account, run):
        svc.in_bulk(list_page, account, run=run, number=0, next_openid="")


def list_page(svc: Services, account: Account, run: str, number: int, next_openid: str) -> None:
    """A job: one page of up to 10,000 people. A second time it asks again, and queues what is not done."""
    if runs.touch(svc, account, run, reached=number) is None:
        return
    with runs.watched(svc, account, run):
        page = account.wechat.users.page(next_openid)
        _queue_chunks(svc, account, run, number, page.openids)
        if page.next_openid not in ("", next_openid):
            _next_page(svc, account, run, number + 1, page.next_openid)
        else:
            runs.touch(svc, account, run, pages=number + 1)
            _go_on(svc, account, run)


def look(svc: Services, account: Account, run: str, name: str, openids: list[str]) -> None:
    """A job: ask about these people, and write what we did not know."""
    if not runs.alive(svc, account, run):
        return
    with runs.watched(svc, account, run):
        if name not in runs.names_done(svc, account, run, name):
            altered, left = _look(svc, account, openids)
            runs.finish_step(svc, account, run, name, altered=altered, gone=left)
        _go_on(svc, account, run)


def _queue_chunks(svc: Services, account: Account, run: str, number: int, openids: Sequence[str]) -> None:
    chunks = {_name(some): some for some in _cut(openids)}
    runs.put_page(svc, account, run, number, list(chunks), len(openids))
    done = runs.names_done(svc, account, run)
    for name, some in chunks.items():
        if name not in done:
            svc.in_bulk(look, account, run=run, name=name, openids=some)


def _next_page(svc: Services, account: Account, run: str, number: int, next_openid: str) -> None:
    """Unless it is there already: then this page is one that came a second time."""
    if not runs.has_page(svc, account, run, number):
        svc.in_bulk(list_page, account, run=run, number=number, next_openid=next_openid)


def _go_on(svc: Services, account: Account, run: str) -> None:
    """When everybody on the list is looked at, find those who are not on it any more."""
    if "pages" not in (runs.alive(svc, account, run) or {}):
        return
    names = {name for page in runs.pages(svc, account, run) for name in page["chunk_names"]}
    done = runs.names_done(svc, account, run)
    if names <= done.keys() and absent.LISTED not in done:
        svc.in_bulk(absent.list_again, account, run=run)


def _look(svc: Services, account: Account, openids: list[str]) -> tuple[int, int]:
    """How many profiles were written, and how many of these people have left meanwhile."""
    asked_at = svc.now()
    with ThreadPoolExecutor(CALLS_AT_ONCE) as crew:
        hundreds = [openids[start : start + MOST_AT_ONCE] for start in range(0, len(openids), MOST_AT_ONCE)]
        told = [info for page in crew.map(lambda some: _ask(account, some), hundreds) for info in page]
    known = _known(svc, account, [info["openid"] for info in told])
    news = [info for info in told if hearing.is_news(info, known.get(info["openid"]))]
    strangers = [info["openid"] for info in news if info["openid"] not in known]
    back = leaving.was_here(svc, account, strangers)

    def hear(info: Item) -> tuple[bool, bool]:
        openid = info["openid"]
        return hearing.hear(svc, account, info, asked_at, known.get(openid), openid in back)

    with ThreadPoolExecutor(WRITES_AT_ONCE) as crew:
        heard = list(crew.map(hear, news))
    # After the profiles: of whoever has none no unionid is kept.
    if account.open_platform:
        unions.keep_many(svc, account, _unionids(told))
    return sum(written for written, _ in heard), sum(left for _, left in heard)


def _unionids(told: list[Item]) -> dict[str, str]:
    return {info["openid"]: str(info["unionid"]) for info in told if info.get("subscribe") and info.get("unionid")}


def _ask(account: Account, openids: Sequence[str]) -> list[Item]:
    try:
        return account.wechat.users.batchget(openids)
    except PersonRefused:
        return [info for openid in openids for info in _ask_one(account, openid)]


def _ask_one(account: Account, openid: str) -> Iterator[Item]:
    """One person whom WeChat no longer knows must not hide the other ninety-nine."""
    try:
        yield account.wechat.users.info(openid)
    except PersonRefused:
        log.warning("account %s: WeChat does not know one of the people that it listed", account.alias)


def _known(svc: Services, account: Account, openids: list[str]) -> dict[str, Item]:
    keys = {people.key(account, openid): openid for openid in openids}
    found = svc.table.get_many([(pk, "profile") for pk in keys], *ATTRIBUTES)
    return {keys[item["pk"]]: item for item in found}


def _cut(openids: Sequence[str]) -> list[list[str]]:
    return [list(openids[start : start + CHUNK]) for start in range(0, len(openids), CHUNK)]


def _name(openids: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(openids).encode()).hexdigest()[:16]
