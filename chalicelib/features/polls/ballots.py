"""One person's vote, as it is kept.

    pk person#<account>#<openid>   sk vote#<poll>   {answers, score, voted_at, expires}

It ends a month after the poll could have been open at the longest, so nobody can vote twice.
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
    item = svc.table.get(people.key(account, openid), f"vote#{poll.poll_id}", fresh=fresh)
    return of(item, poll) if item else None


def of(item: Item, poll: Poll, fresh: bool = False) -> Vote:
    """As answers to the questions as they are now: in the seconds in which an operator mends a poll that nobody seems
    to have voted in, somebody may vote in the old one."""
    given = [*item["answers"], *([] for _ in poll.questions)]
    answers = tuple(
        tuple(option for option in ticked if option < len(question.options))
        for question, ticked in zip(poll.questions, given, strict=False)
    )
    return Vote(answers, item["score"], item["voted_at"], fresh)


def stored(svc: Services, account: Account, poll: Poll, openid: str, answers: Answers) -> Item:
    return {
        "pk": people.key(account, openid),
        "sk": f"vote#{poll.poll_id}",
        "answers": answers,
        "score": poll.score(answers),
        "voted_at": svc.now(),
        "expires": poll.created + KEPT,
    }
