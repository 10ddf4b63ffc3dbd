"""Segments: saved questions about followers, and the people whom they fit.

questions.py    what may be asked, and where a question is wrong      history.py    what a card cannot say, from the log
fields.py       what is known of a follower                           saved.py      questions that were given a name
predicates.py   a question as a function of one follower              sentences.py  a question in words
counting.py     how many, and who                                     explain.py    why somebody is in or out
"""

from .counting import Estimate, Page, TooLong, count_exact, estimate, page, stream
from .explain import Explained, Part, explain, last_day
from .fields import day_value
from .predicates import Fitting, compares, fitting
from .questions import Compare, Group, Happened, Node, Not, leaves, read
from .saved import Segment, change, count, count_on, create, find, listed, remove

__all__ = [
    "Compare", "Estimate", "Explained", "Fitting", "Group", "Happened", "Node", "Not", "Page", "Part", "Segment",
    "TooLong", "change", "compares", "count", "count_exact", "count_on", "create", "day_value", "estimate", "explain",
    "find", "fitting", "last_day", "leaves", "listed", "page", "read", "remove", "stream",
]  # fmt: skip
