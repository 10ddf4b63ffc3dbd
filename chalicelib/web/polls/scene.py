"""Everything that a poll's page depends on, put together before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from ...features import followers, polls
from ...features.identities import Visitor
from ...features.polls import Poll, Tally, Vote
from ...services import Services
from .form import Answers


@dataclass(frozen=True)
class Asked:
    """`notice` is an AppError's text; `results_first`: to look at the results before voting."""

    ticked: Answers
    notice: str = ""
    results_first: bool = False


@dataclass(frozen=True)
class Scene:
    """`tally` is None where the reader may not see it (yet) or did not ask; `following` is known where it matters."""

    poll: Poll
    label: str  # the account's
    now: int
    ticked: Answers
    who: Visitor | None = None
    vote: Vote | None = None
    following: bool = False
    follow_picture: str = ""
    results_are_public: bool = False  # before one has voted, while others vote
    tally: Tally | None = None
    right_is_shown: bool = False  # of a quiz, which options it wants
    notice: str = ""

    @property
    def state(self) -> str:
        return self.poll.state(self.now)

    @property
    def is_quiz(self) -> bool:
        return self.poll.kind == "quiz"


def scene(svc: Services, poll: Poll, who: Visitor | None, asked: Asked) -> Scene:
    account, now = svc.accounts[poll.account], svc.now()
    person = who.openid if who and not who.virtual else ""
    vote = polls.my_vote(svc, account, poll, person) if person else None
    asks = bool(person) and _asks_to_follow(poll, vote, now)
    may_see = polls.may_see_results(poll, vote is not None, now)
    shows = may_see and (vote is not None or not poll.is_open(now) or asked.results_first)
    following = asks and followers.is_following(svc, account, person)
    return Scene(
        poll=poll,
        label=account.label,
        now=now,
        ticked=asked.ticked,
        who=who,
        vote=vote,
        following=following,
        follow_picture=polls.follow_picture(svc, account, poll) if asks and not following else "",
        results_are_public=may_see and poll.is_open(now),
        tally=polls.tally(svc, poll) if shows else None,
        right_is_shown=polls.may_see_right(poll, vote is not None, now),
        notice=asked.notice,
    )


def _asks_to_follow(poll: Poll, vote: Vote | None, now: int) -> bool:
    """Whether the page says something else to who does not follow the account."""
    return poll.afterwards.follow_qr if vote else poll.voters == "followers" and poll.is_open(now)
