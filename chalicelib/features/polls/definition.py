"""What a poll or a quiz consists of, when it is open, and who may see its results."""

from __future__ import annotations

import hashlib

import msgspec

A_YEAR = 366 * 86_400  # seconds; however long this one is


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`choose`: how many options one may tick at most; `right`: those that a quiz wants ticked, and no others."""

    text: str
    options: tuple[str, ...]
    choose: int = 1
    right: tuple[int, ...] = ()


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The card that a friend sees; "" for what the poll itself is called, says, or shows."""

    title: str = ""
    text: str = ""
    picture: str = ""


class Afterwards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to who has voted: a tag, a message, a code to follow by, words on the page; "" for none."""

    tag: str = ""
    message: str = ""
    follow_qr: bool = False
    thanks: str = ""


class ScoreText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a quiz says to those who have so many right answers, or more."""

    least: int = msgspec.field(name="from")
    text: str = ""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    poll_id: str
    account: str  # its alias
    kind: str  # poll, quiz
    title: str
    intro: str = ""
    questions: tuple[Question, ...]
    opens_at: int = 0
    closes_at: int
    voters: str = "visitors"  # or followers
    results: str = "after_vote"  # or always, after_close, never
    share: Share = Share()
    afterwards: Afterwards = Afterwards()
    scores: tuple[ScoreText, ...] = ()
    created: int = 0
    changed: int = 0
    edition: str = ""  # names its kind and questions: a vote for others is never counted for these

    def state(self, now: int) -> str:
        """waiting, open or closed."""
        return state(self.opens_at, self.closes_at, now)

    def is_open(self, now: int) -> bool:
        return self.state(now) == "open"

    def score(self, answers: tuple[tuple[int, ...], ...]) -> int:
        """How many questions have just the right options ticked; 0 for a poll."""
        if self.kind != "quiz":
            return 0
        return sum(set(ticked) == set(question.right) for question, ticked in zip(self.questions, answers, strict=True))


def state(opens_at: int, closes_at: int, now: int) -> str:
    if now < opens_at:
        return "waiting"
    return "open" if now < closes_at else "closed"


def edition(kind: str, questions: tuple[Question, ...]) -> str:
    """Eight letters, kept with the poll: what a form, its votes and their counts belong to."""
    return hashlib.sha256(msgspec.json.encode((kind, questions))).hexdigest()[:8]


def may_see_results(poll: Poll, voted: bool, now: int) -> bool:
    """After the close, `after_vote` shows them to everybody: nobody can vote any more to see them."""
    if poll.results == "after_vote":
        return voted or poll.state(now) == "closed"
    return poll.results == "always" or (poll.results == "after_close" and poll.state(now) == "closed")


def may_see_right(poll: Poll, voted: bool, now: int) -> bool:
    """What a quiz wants ticked: with its results, to those who took it; and to them after the close in any case."""
    return voted and (may_see_results(poll, voted, now) or poll.state(now) == "closed")


def score_text(poll: Poll, score: int) -> str:
    """The words for the highest step that this score reaches; "" for none."""
    reached = [step for step in poll.scores if step.least <= score]
    return max(reached, key=lambda step: step.least).text if reached else ""
