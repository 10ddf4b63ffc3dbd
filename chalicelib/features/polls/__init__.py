"""Polls and quizzes on pages of ours: operators write them, one person has one vote, and the counts are exact."""

from .afterwards import follow_picture, thank
from .definition import Afterwards, Poll, Question, ScoreText, Share, may_see_results, score_text
from .results import Tally, tally
from .store import Listed, find, listed, owned, remove, save, sweep
from .votes import Vote, my_vote, vote

__all__ = [
    "Afterwards",
    "Listed",
    "Poll",
    "Question",
    "ScoreText",
    "Share",
    "Tally",
    "Vote",
    "find",
    "follow_picture",
    "listed",
    "may_see_results",
    "my_vote",
    "owned",
    "remove",
    "save",
    "score_text",
    "sweep",
    "tally",
    "thank",
    "vote",
]
