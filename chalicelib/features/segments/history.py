"""What a person did, from what is kept under their key: for questions that a card cannot answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...services import Account, Services
from .. import days, people
from .questions import Happened

Item = dict[str, Any]

LAST = "~"  # behind every name that we give


def days_of(svc: Services, account: Account, openid: str, leaf: Happened, today: int) -> list[int]:
    """The days of such events, one for each; of messages only as long as they are kept."""
    first = days.begins(today - leaf.within_days + 1) if leaf.within_days else 0
    found = FOUND[leaf.event](svc, people.key(account, openid), leaf.what, first)
    return sorted(days.today(at) for at in found if at >= first)


def _messages(svc: Services, pk: str, first: int, fits: Callable[[Item], bool]) -> Iterator[int]:
    for item in svc.table.between(pk, f"message#{first:011d}", f"message#{LAST}", "kind", "event", "said"):
        if fits(item):
            yield int(item["sk"].split("#", 2)[1])


def _scanned(svc: Services, pk: str, what: str, first: int) -> Iterator[int]:
    def fits(item: Item) -> bool:
        event, said = item.get("event"), str(item.get("said", ""))
        scanned = event == "scan" or (event == "subscribe" and said.startswith("qrscene_"))
        return scanned and what in ("", said.removeprefix("qrscene_"))

    return _messages(svc, pk, first, fits)


def _clicked(svc: Services, pk: str, what: str, first: int) -> Iterator[int]:
    return _messages(
        svc, pk, first, lambda item: item.get("event") == "click" and what in ("", str(item.get("said", "")))
    )


def _said(svc: Services, pk: str, what: str, first: int) -> Iterator[int]:
    wanted = what.casefold()
    return _messages(
        svc, pk, first, lambda item: item["kind"] != "event" and wanted in str(item.get("said", "")).casefold()
    )


def _voted(svc: Services, pk: str, what: str, first: int) -> Iterator[int]:
    """Once for each poll, whichever edition of it; half a read unit. Cards do not tell: a vote writes no profile."""
    polls: dict[str, int] = {}
    for item in svc.table.between(pk, f"vote#{what}", f"vote#{what}#{LAST}" if what else f"vote#{LAST}", "voted_at"):
        poll = item["sk"].split("#")[1]
        polls[poll] = max(polls.get(poll, 0), int(item.get("voted_at", 0)))
    yield from polls.values()


def _ordered(svc: Services, pk: str, what: str, first: int) -> Iterator[int]:
    for item in svc.table.between(pk, "order#", f"order#{LAST}", "fen", "bought_at"):
        if item["fen"]:  # nothing: paid back
            yield int(item["bought_at"])


def _visited(svc: Services, pk: str, what: str, first: int) -> Iterator[int]:
    for item in svc.table.between(pk, "visit#", f"visit#{LAST}", "since", "is_virtual"):
        if not item.get("is_virtual"):
            yield int(item["since"])


FOUND: dict[str, Callable[[Services, str, str, int], Iterator[int]]] = {
    "scanned": _scanned,
    "clicked": _clicked,
    "said": _said,
    "voted": _voted,
    "ordered": _ordered,
    "visited": _visited,
}
