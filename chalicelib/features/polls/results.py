"""How people voted, added up from sixty-four shards.

    pk tally#<poll>   sk shard#<edition>#<00-63>   {people, q<i>_o<j>, score_<n>}

A vote adds to one of them by chance, in the same transaction that stores the vote: so no item is hot, and the sum is
exact. The shards are never written in any other way. Each edition of the questions has its own.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from ...services import Services
from .definition import Poll

SHARDS = 64
REMEMBER = 2  # seconds

Answers = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Tally:
    """`counts[question][option]` is how many ticked it; `scores` how many people of a quiz have each score."""

    people: int
    counts: Answers
    scores: dict[int, int]


def tally(svc: Services, poll: Poll) -> Tally:
    """At most two seconds old; without a vote of this container's own missing."""
    return svc.cached(name(poll), REMEMBER, lambda: read(svc, poll))


def read(svc: Services, poll: Poll) -> Tally:
    """As it is now."""
    total: Counter[str] = Counter()
    for shard in svc.table.under(key(poll.poll_id), _shards(poll), fresh=True):
        total.update({word: count for word, count in shard.items() if word not in ("pk", "sk")})
    counts = tuple(
        tuple(total[_option(i, j)] for j in range(len(question.options))) for i, question in enumerate(poll.questions)
    )
    scores = {score: total[_score(score)] for score in range(len(poll.questions) + 1) if total[_score(score)]}
    return Tally(total["people"], counts, scores)


def additions(poll: Poll, answers: Answers, score: int) -> dict[str, int]:
    """What one vote adds to a shard."""
    ticked = {_option(i, j): 1 for i, options in enumerate(answers) for j in options}
    return {"people": 1} | ticked | ({_score(score): 1} if poll.kind == "quiz" else {})


def key(poll_id: str) -> str:
    return f"tally#{poll_id}"


def name(poll: Poll) -> str:
    """Under which the container remembers it."""
    return f"tally#{poll.poll_id}#{poll.edition}"


def any_shard(poll: Poll) -> str:
    return f"{_shards(poll)}{random.randrange(SHARDS):02d}"


def _shards(poll: Poll) -> str:
    return f"shard#{poll.edition}#"


def _option(question: int, option: int) -> str:
    return f"q{question}_o{option}"


def _score(score: int) -> str:
    return f"score_{score}"
