"""Voting: once a person, however often and from how many places at once it is asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ...errors import BadInput, Conflict, Forbidden
from ...services import Account, Services
from .. import events, followers, tags
from . import afterwards, ballots, results
from .ballots import Answers, Vote, my_vote
from .definition import Poll, Question

__all__ = ["Vote", "my_vote", "vote"]

TRIES = 20  # of one vote, each at another shard
SHORTEST, LONGEST = 0.01, 0.2  # seconds between them, at most
THANK_AFTER = 2  # seconds; by then the vote is stored, or will not be

Item = dict[str, Any]


def vote(
    svc: Services, account: Account, poll: Poll, openid: str, answers: Sequence[Sequence[int]], virtual: bool = False
) -> Vote:
    """Their first vote, whether this is it or not: a repeat changes nothing, costs no write, and is told the same.

    BadInput when the answers do not fit the questions, Conflict when the poll is not open, Forbidden who may not.
    """
    if virtual:
        raise Forbidden("请先打开完整页面再投票。Please open the full page first; a preview cannot vote.")
    earlier = ballots.find(svc, account, poll, openid, fresh=False)
    if earlier is not None:
        return earlier
    _check_may_vote(svc, account, poll, openid)
    return _cast(svc, account, poll, openid, fitting(poll, answers))


def fitting(poll: Poll, answers: Sequence[Sequence[int]]) -> Answers:
    """The answers in order, each option once; BadInput names the first question that they do not fit."""
    if len(answers) != len(poll.questions):
        raise BadInput(f"要回答 {len(poll.questions)} 个问题。There are {len(poll.questions)} questions to answer.")
    for number, (question, ticked) in enumerate(zip(poll.questions, answers, strict=True), start=1):
        if not all(0 <= option < len(question.options) for option in ticked):
            raise BadInput(f"第 {number} 题没有这个选项。Question {number} has no such option.")
        if not 1 <= len(set(ticked)) <= question.choose:
            raise BadInput(_how_many(number, question))
    return tuple(tuple(sorted(set(ticked))) for ticked in answers)


def _how_many(number: int, question: Question) -> str:
    most = question.choose
    if most == 1:
        return f"第 {number} 题请选一项。Please choose one option for question {number}."
    return f"第 {number} 题请选 1 到 {most} 项。Please choose 1 to {most} options for question {number}."


def _check_may_vote(svc: Services, account: Account, poll: Poll, openid: str) -> None:
    state = poll.state(svc.now())
    if state == "waiting":
        raise Conflict("投票还没开始。Voting has not begun yet.")
    if state == "closed":
        raise Conflict("投票已经结束。Voting is over.")
    if poll.voters == "followers" and not followers.is_following(svc, account, openid):
        raise Forbidden("请先关注公众号再投票。Only followers may vote; please follow the account first.")


def _cast(svc: Services, account: Account, poll: Poll, openid: str, answers: Answers) -> Vote:
    """The thanks go into the queue first, so that being killed here loses none; they look whether there is a vote."""
    thanks = _Thanks(svc, account, poll, openid)
    item = ballots.stored(svc, account, poll, openid, answers)
    earlier = _store(svc, poll, item, thanks)
    svc.forget(results.name(poll))
    return ballots.of(earlier or item, fresh=earlier is None)


class _Thanks:
    """In the queue before every try that comes so late that those before it may look too early; two do no harm."""

    def __init__(self, svc: Services, account: Account, poll: Poll, openid: str) -> None:
        self._svc, self._account = svc, account
        self._told = {"poll_id": poll.poll_id, "openid": openid}
        follows = bool(poll.afterwards.tag or poll.afterwards.message) or tags.asks(svc, account, {"voted"})
        self._are_due = follows or events.is_asked(svc, account, "voted")
        self._queued_at = 0.0

    def queue(self) -> None:
        now = self._svc.clock.time()
        if self._are_due and now - self._queued_at > THANK_AFTER / 2:
            self._svc.later_by(THANK_AFTER, afterwards.thank, self._account, **self._told)
            self._queued_at = now


def _store(svc: Services, poll: Poll, item: Item, thanks: _Thanks) -> Item | None:
    """The vote and its counts in one transaction; the vote that was there, if there was one."""
    add = results.additions(poll, item["answers"], item["score"])
    for attempt in range(TRIES):
        thanks.queue()
        try:
            return svc.table.put_new_and_add(item, results.key(poll.poll_id), results.any_shard(poll), add)
        except Conflict:
            svc.clock.sleep(random.uniform(0, min(LONGEST, SHORTEST * 2**attempt)))
    raise Conflict("投票的人太多，请再按一次。Very many are voting right now; please press again.")
