"""What a poll's form sends, and the same answers in an address, for those who sign in before they vote."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalice.app import Request

from ...errors import BadInput, TooBig
from ...features.polls import Poll
from .. import http

Answers = list[list[int]]  # by question, the numbers of the options that are ticked

LARGEST = 4096  # bytes; twenty questions with twelve ticks each are 1,980
FIELD = re.compile(r"q([0-9]{1,2})=([0-9]{1,2})")
PICK = re.compile(r"[0-9a-b.]{0,260}")
DIGITS = "0123456789ab"
UNREADABLE = "这份答卷读不懂，请回到投票页重新填写。These answers cannot be read; please fill in the page again."


def answers(request: Request, poll: Poll) -> Answers:
    """Exactly what our own form can send; anything else is BadInput. How many belong to each question is not judged."""
    raw = http.body(request)
    if len(raw) > LARGEST:
        raise TooBig("这份答卷太大了。These answers are too big.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadInput(UNREADABLE)
    given = empty(poll)
    for question, option in _fields(raw):
        _tick(poll, given, question, option)
    return given


def empty(poll: Poll) -> Answers:
    return [[] for _ in poll.questions]


def pick(given: Answers) -> str:
    """`1.02.b`: for each question a digit for each tick."""
    return ".".join("".join(DIGITS[option] for option in sorted(options)) for options in given)


def picked(poll: Poll, text: str) -> Answers:
    """What `pick` said, as far as it fits the poll; nothing at all where it does not."""
    parts = text.split(".") if PICK.fullmatch(text) else []
    given = empty(poll)
    if len(parts) != len(given):
        return given
    try:
        for question, digits in enumerate(parts):
            for digit in digits:
                _tick(poll, given, question, DIGITS.index(digit))
    except BadInput:
        return empty(poll)
    return given


def _fields(raw: bytes) -> Iterator[tuple[int, int]]:
    for pair in raw.decode("latin-1").split("&") if raw else ():
        found = FIELD.fullmatch(pair)
        if found is None:
            raise BadInput(UNREADABLE)
        yield int(found[1]), int(found[2])


def _tick(poll: Poll, given: Answers, question: int, option: int) -> None:
    known = question < len(given) and option < len(poll.questions[question].options)
    if not known or option in given[question]:
        raise BadInput(UNREADABLE)
    given[question].append(option)
