"""A file of people, looked at first; applied only if every row is right, in the background.

    pk imports#<account>   sk import#<id>   {import_id, lines_read, idle, chunks, started, expires}     a week
    pk imports#<account>   sk import#<id>#<chunk>   {done, failed, expires}     a week

All of it, or nothing: the chunks are queued first and the import itself is stored last, and no chunk is applied before
it is there. Whoever is killed in between has begun nothing, and what waits in the queue is let go. A chunk that is done
again does the same again, and its result replaces the first one. What WeChat refuses after all, of one person, is told
by the number of their row; nobody's openid is in these items.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ...errors import AppError, NotFound, Unavailable
from ...services import Account, Services, job_name
from .. import followers, people, tags
from ..days import A_DAY
from . import checking
from .checking import Change
from .reading import Mistake, Sheet

KEPT = 7 * A_DAY
ROWS_AT_ONCE = 50  # of one job, and of one call about a tag
MOST_BYTES = 60_000  # of one job's message
GIVEN_UP = 3600  # seconds after which an import that did not end never will
QUEUED_WITHIN = 60  # seconds; a request that queues the chunks has ten
LOOK_AGAIN = 5  # seconds until a chunk looks again whether its import has begun
CREW = 8
IMPORT_ID = re.compile(r"[0-9a-f]{12}")

Item = dict[str, Any]


class Outcome(msgspec.Struct, frozen=True):
    """`accepted` rows are right. `item` names the import that was begun; "" if there are errors, or it was a look."""

    rows: int
    accepted: int
    errors: list[Mistake]
    encoding: str
    delimiter: str
    item: str = ""
    state: str = ""


class Import(msgspec.Struct, frozen=True):
    """`state` is running, done or failed; rows that were refused after all are in `errors`."""

    item: str
    state: str
    rows: int
    done: int
    percent: int
    errors: list[Mistake]
    started: int


def import_people(svc: Services, account: Account, sheet: Sheet, source: str, apply: bool) -> Outcome:
    """`source` is what the facts say of where they are from."""
    changes, mistakes = checking.check_sheet(svc, account, sheet, source)
    wrong = len({one.row for one in mistakes if one.row > 1})
    accepted = 0 if any(one.row == 1 for one in mistakes) else max(len(sheet.rows) - wrong, 0)
    told = Outcome(len(sheet.rows), accepted, mistakes, sheet.encoding, sheet.delimiter)
    if mistakes or not apply:
        return told
    job = _begin(svc, account, changes, source)
    return msgspec.structs.replace(told, item=job, state="running")


def find(svc: Services, account: Account, item: str) -> Import:
    named = IMPORT_ID.fullmatch(item)
    found = list(svc.table.under(_pk(account), f"import#{item}", fresh=True)) if named else []
    if not found or found[0].get("import_id") != item:
        raise NotFound("没有这次导入的记录，记录保留一周。There is no such import; they are kept for a week.")
    told, chunks = found[0], found[1:]
    done = told["idle"] + sum(chunk["done"] for chunk in chunks)
    failed = [msgspec.convert(one, Mistake) for chunk in chunks for one in chunk["failed"]]
    percent = 100 * done // max(told["lines_read"], 1)
    return Import(item, _state(svc, told, len(chunks)), told["lines_read"], done, percent, failed, told["started"])


def take_rows(  # noqa: PLR0913, PLR0917 (of which import, and what)
    svc: Services, account: Account, name: str, number: int, source: str, changes: list[Item], queued: int = 0
) -> None:
    """A job: some rows of an import. What only waiting mends is tried again by the queue."""
    if svc.table.get(_pk(account), f"import#{name}", fresh=True) is None:
        if svc.now() - queued <= QUEUED_WITHIN:
            again = {"name": name, "number": number, "source": source, "changes": changes, "queued": queued}
            svc.bulk.put(job_name(take_rows), {"account": account.alias, **again}, delay=LOOK_AGAIN)
        return
    rows = [msgspec.convert(one, Change) for one in changes]
    known = checking.profiles(svc, account, [row.openid for row in rows])
    failed = [*_tag(svc, account, rows, known)]
    with ThreadPoolExecutor(CREW) as crew:
        told = crew.map(lambda row: _write(svc, account, row, known.get(people.key(account, row.openid)), source), rows)
        failed += [mistake for some in told for mistake in some]
    kept = [msgspec.to_builtins(one) for one in sorted(failed, key=lambda one: one.row)]
    svc.table.put(_item(svc, account, f"import#{name}#{number:04d}") | {"done": len(rows), "failed": kept})


def _begin(svc: Services, account: Account, changes: list[Change], source: str) -> str:
    """Rows that change nothing are done already."""
    job = uuid.uuid4().hex[:12]
    real = [one for one in changes if one.remark or one.tags or one.facts]
    chunks = list(_chunks(real))
    told = {"lines_read": len(changes), "idle": len(changes) - len(real), "chunks": len(chunks), "started": svc.now()}
    for number, chunk in enumerate(chunks):
        svc.in_bulk(take_rows, account, name=job, number=number, source=source, changes=chunk, queued=svc.now())
    svc.table.put(_item(svc, account, f"import#{job}") | told | {"import_id": job})
    return job


def _chunks(changes: list[Change]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    size = 0
    for change in changes:
        told = msgspec.to_builtins(change)
        length = len(json.dumps(told, ensure_ascii=False).encode())
        if chunk and (len(chunk) == ROWS_AT_ONCE or size + length > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(told)
        size += length
    if chunk:
        yield chunk


def _tag(svc: Services, account: Account, rows: list[Change], known: dict[str, Item]) -> Iterator[Mistake]:
    """A call for each tag."""
    for tag_id in sorted({tag for row in rows for tag in row.tags}):
        lacking = {row.openid: row.row for row in rows if tag_id in row.tags and _lacks(account, row, known, tag_id)}
        if not lacking:
            continue
        try:
            refused = tags.tagging.apply(svc, account, tag_id, list(lacking)).failed
            yield from (Mistake(lacking[one.openid], "tags", one.why) for one in refused)
        except Unavailable:
            raise
        except AppError as error:
            yield from (Mistake(row, "tags", str(error)) for row in lacking.values())


def _lacks(account: Account, row: Change, known: dict[str, Item], tag_id: int) -> bool:
    return tag_id not in known.get(people.key(account, row.openid), {}).get("tag_ids", ())


def _write(svc: Services, account: Account, row: Change, profile: Item | None, source: str) -> list[Mistake]:
    """Remark and facts; what is there by now is not written again."""
    column = "openid"
    try:
        if profile is None:
            raise NotFound("已不再关注。They do not follow any more.")
        if row.remark and row.remark != profile.get("remark", ""):
            column = "remark"
            followers.set_remark(svc, account, row.openid, row.remark)
        if facts := checking.differing(row.facts, profile):
            column = next(iter(facts))
            followers.set_facts(svc, account, row.openid, facts, source, row.consent)
    except Unavailable:
        raise
    except AppError as error:
        return [Mistake(row.row, column, str(error))]
    return []


def _state(svc: Services, told: Item, chunks: int) -> str:
    if chunks >= told["chunks"]:
        return "done"
    return "failed" if svc.now() - told["started"] > GIVEN_UP else "running"


def _item(svc: Services, account: Account, sk: str) -> Item:
    return {"pk": _pk(account), "sk": sk, "expires": svc.now() + KEPT}


def _pk(account: Account) -> str:
    return f"imports#{account.alias}"
