"""Who did what: one line for each change, kept for four hundred days.

    pk audit#<yyyymm>   sk <time in ms>#<id>   {label, kind, mark, did, about, account, outcome, expires}

What was done is in it, who signed in, and who took the list of followers away; not what else was looked at, and not
what was refused, which would let anybody with a token fill it. A person is named as in the logs, never by openid. The
line is written after the deed, so whoever dies in between leaves none.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from ...errors import BadInput
from ...services import Services
from ..days import A_DAY
from .who import Who

KEPT = 400 * A_DAY
LONGEST_ABOUT = 200
CURSOR = re.compile(r"([0-9]{6})\|([0-9]{14}#[0-9a-f]{8})?")


@dataclass(frozen=True)
class Entry:
    at_ms: int
    name: str
    kind: str
    did: str
    about: str
    account: str
    outcome: str


def note(svc: Services, who: Who, did: str, about: str, account: str = "", outcome: str = "done") -> None:  # noqa: PLR0913, PLR0917 (a line of the log)
    now_ms = int(svc.clock.time() * 1000)
    told = {"label": who.name, "kind": who.kind, "mark": who.mark, "did": did, "about": about[:LONGEST_ABOUT]}
    place = {"pk": f"audit#{_month(now_ms // 1000)}", "sk": f"{now_ms:014d}#{secrets.token_hex(4)}"}
    svc.table.put({**place, **told, "account": account, "outcome": outcome, "expires": svc.now() + KEPT})


def page(svc: Services, cursor: str, limit: int) -> tuple[list[Entry], str]:
    """The newest first; the cursor of the next page, or "" after the oldest."""
    first, at = _month(svc.now() - KEPT), _month(svc.now())
    after = ""
    if cursor:
        at, after = _place(cursor, first, at)
    found: list[Entry] = []
    while at >= first and len(found) < limit:
        items, more = svc.table.page(f"audit#{at}", limit - len(found), after, newest_first=True)
        found += [_entry(item) for item in items]
        if more:
            return found, f"{at}|{more}"
        at, after = _before(at), ""
    return found, f"{at}|" if at >= first else ""


def _place(cursor: str, first: int, last: int) -> tuple[int, str]:
    """(month, sk) of a cursor of ours."""
    fits = CURSOR.fullmatch(cursor)
    month = int(fits[1]) if fits else 0
    if not fits or not first <= month <= last or not 1 <= month % 100 <= 12:  # noqa: PLR2004 (months of a year)
        raise BadInput("cursor 不对，请从头开始。This is not a cursor; please start from the first page.")
    return month, fits[2] or ""


def _month(seconds: int) -> int:
    when = datetime.fromtimestamp(seconds, UTC)
    return when.year * 100 + when.month


def _before(month: int) -> int:
    return month - 1 if month % 100 > 1 else month - 89


def _entry(item: dict[str, object]) -> Entry:
    told = {name: str(item[name]) for name in ("kind", "did", "about", "account", "outcome")}
    return Entry(int(str(item["sk"])[:14]), str(item["label"]), **told)
