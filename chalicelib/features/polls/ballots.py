"""One person's vote, as it is kept.

    pk person#<account>#<openid>   sk vote#<poll>#<edition>   {answers, score, voted_at, expires}

It ends a month after the poll could have been open at the longest, so nobody can vote twice. Whoever voted in the very
second in which the questions changed has a vote in an edition that is gone, and may vote in the new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...services import Account, Services
from .. import people
from ..days import A_DAY
from .definition import A_YEAR, Poll

KEPT = A_YEAR + 30 * A_DAY  # seconds after the poll was made

Answers = tuple[tuple[int, ...], ...]
Item = dict[str, Any]


@dataclass(frozen=True)
class Vote:
    """`answers[question]` are the numbers of the options ticked; `fresh`: stored just now, by this call."""

    answers: Answers
    score: int
    at: int
    fresh: bool


def my_vote(svc: Services, account: Account, poll: Poll, openid: str) -> Vote | None:
    """One read unit: a page that is opened right after voting must know of it."""
    return find(svc, account, poll, openid, fresh=True)


def find(svc: Services, account: Account, poll: Poll, openid: str, fresh: bool) -> Vote | None:
    item = svc.table.get(people.key(account, openid), _name(poll), fresh=fresh)
    return of(item) if item else None


def of(item: Item, fresh: bool = False) -> Vote:
    return Vote(tuple(map(tuple, item["answers"])), item["score"], item["voted_at"], fresh)


def stored(svc: Services, account: Account, poll: Poll, openid: str, answers: Answers) -> Item:
    return {
        "pk": people.key(account, openid),
        "sk": _name(poll),
        "answers": answers,
        "score": poll.score(answers),
        "voted_at": svc.now(),
        "expires": poll.created + KEPT,
    }


def _name(poll: Poll) -> str:
    return f"vote#{poll.poll_id}#{poll.edition}"
