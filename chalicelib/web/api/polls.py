"""/api/{account}/polls: make polls and quizzes, change them, and see how people voted."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...features import polls
from .. import http
from .door import Call, door

OURS = ("poll_id", "account", "created", "changed", "page", "state")
ONE, RESULTS = "/api/{account}/polls/{item}", "/api/{account}/polls/{item}/results"
LONGEST_CURSOR = 80


class PollBody(msgspec.Struct, forbid_unknown_fields=True):
    """The last six are what an answer says besides: whoever changes one and sends it back is not refused for them."""

    kind: str
    title: str
    questions: tuple[polls.Question, ...]
    closes_at: int
    intro: str = ""
    opens_at: int = 0
    voters: str = "visitors"
    results: str = "after_vote"
    share: polls.Share = polls.Share()
    afterwards: polls.Afterwards = polls.Afterwards()
    scores: tuple[polls.ScoreText, ...] = ()
    poll_id: Any = None
    account: Any = None
    created: Any = None
    changed: Any = None
    page: Any = None
    state: Any = None

    def told(self) -> dict[str, Any]:
        """What may be changed."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if name not in OURS}


class OnePoll(msgspec.Struct):
    """`page` is its address, `state` waiting, open or closed."""

    poll_id: str
    account: str
    kind: str
    title: str
    intro: str
    questions: tuple[polls.Question, ...]
    opens_at: int
    closes_at: int
    voters: str
    results: str
    share: polls.Share
    afterwards: polls.Afterwards
    scores: tuple[polls.ScoreText, ...]
    created: int
    changed: int
    page: str
    state: str


class ListedPoll(msgspec.Struct):
    poll_id: str
    kind: str
    title: str
    state: str
    created: int
    page: str


class PollPage(msgspec.Struct):
    """Fifty at most, the newest first."""

    items: list[ListedPoll]
    cursor: str


class PollsQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(max_length=LONGEST_CURSOR)] = ""


class OptionVotes(msgspec.Struct):
    text: str
    votes: int


class QuestionVotes(msgspec.Struct):
    text: str
    options: list[OptionVotes]


class ScorePeople(msgspec.Struct):
    score: int
    people: int


class Results(msgspec.Struct):
    """Whatever visitors may see; `scores` are those of a quiz that somebody has."""

    people: int
    questions: list[QuestionVotes]
    scores: list[ScorePeople]
    state: str


@door(
    "GET",
    "/api/{account}/polls",
    needs="polls:read",
    asks=PollsQuery,
    gives=PollPage,
    says="投票与测验，新的在前。Polls and quizzes, the newest first.",
)
def listed(call: Call, account: str) -> PollPage:
    found, following = polls.listed(call.svc, call.svc.accounts[account], call.query.cursor)
    told = [
        ListedPoll(each.poll_id, each.kind, each.title, each.state, each.created, _page(call, each.kind, each.poll_id))
        for each in found
    ]
    return PollPage(told, following)


@door(
    "POST",
    "/api/{account}/polls",
    needs="polls:write",
    takes=PollBody,
    gives=OnePoll,
    status=201,
    says="建投票或测验。Make a poll or a quiz.",
)
def create(call: Call, account: str) -> OnePoll:
    return _shown(call, polls.save(call.svc, call.svc.accounts[account], **call.body.told()))


@door("GET", ONE, needs="polls:read", gives=OnePoll, says="一个投票或测验。A poll or a quiz.")
def find(call: Call, account: str, item: str) -> OnePoll:
    return _shown(call, polls.owned(call.svc, call.svc.accounts[account], item))


@door(
    "PUT",
    ONE,
    needs="polls:write",
    takes=PollBody,
    gives=OnePoll,
    says="整个改过，票都保留；有人投票后，题目不能再改。The whole poll anew; votes stay, and so do voted questions.",
)
def change(call: Call, account: str, item: str) -> OnePoll:
    return _shown(call, polls.save(call.svc, call.svc.accounts[account], poll_id=item, **call.body.told()))


@door("DELETE", ONE, needs="polls:write", says="删除，结果也一起删除。Delete it, and its results.")
def remove(call: Call, account: str, item: str) -> None:
    polls.remove(call.svc, call.svc.accounts[account], item)


@door("GET", RESULTS, needs="polls:read", gives=Results, says="投票结果。How people voted.")
def results(call: Call, account: str, item: str) -> Results:
    poll = polls.owned(call.svc, call.svc.accounts[account], item)
    tally = polls.tally(call.svc, poll)
    questions = [
        QuestionVotes(question.text, [OptionVotes(*each) for each in zip(question.options, counts, strict=True)])
        for question, counts in zip(poll.questions, tally.counts, strict=True)
    ]
    scores = [ScorePeople(score, people) for score, people in sorted(tally.scores.items())]
    return Results(tally.people, questions, scores, poll.state(call.svc.now()))


def _shown(call: Call, poll: polls.Poll) -> OnePoll:
    told = {name: getattr(poll, name) for name in OnePoll.__struct_fields__ if name not in ("page", "state")}
    return OnePoll(**told, page=_page(call, poll.kind, poll.poll_id), state=poll.state(call.svc.now()))


def _page(call: Call, kind: str, poll_id: str) -> str:
    return f"{http.site(call.request, call.svc)}/h5/{'quizzes' if kind == 'quiz' else 'polls'}/{poll_id}"
