"""Polls and quizzes on pages of ours: operators write them, one person has one vote, and the counts are exact."""

from .afterwards import follow_picture, heed, tag, thank
from .definition import Afterwards, Poll, Question, ScoreText, Share, may_see_results, may_see_right, score_text
from .results import Tally, tally
from .store import Listed, find, find_edition, listed, owned, remove, save, sweep
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
    "find_edition",
    "follow_picture",
    "heed",
    "listed",
    "may_see_results",
    "may_see_right",
    "my_vote",
    "owned",
    "remove",
    "save",
    "score_text",
    "sweep",
    "tag",
    "tally",
    "thank",
    "vote",
]
