"""What a poll's form sends, and the same answers in an address, for those who sign in before they vote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalice.app import Request

from ...errors import BadInput, TooBig
from ...features.polls import Poll
from .. import http

Answers = list[list[int]]  # by question, the numbers of the options that are ticked

LARGEST = 4096  # bytes; twenty questions with twelve ticks each are 1,980
FIELD = re.compile(r"q([0-9]{1,2})=([0-9]{1,2})|edition=([0-9a-f]{8})")
PICK = re.compile(r"(?:([0-9a-f]{8})-)?([0-9ab.]{0,260})")
DIGITS = "0123456789ab"
UNREADABLE = "这份答卷读不懂，请重新填写。These answers cannot be read; please fill in the form again."


@dataclass(frozen=True)
class Sent:
    """Which questions were answered ("" where an old form does not say), and what was ticked: (question, option)."""

    edition: str
    ticks: tuple[tuple[int, int], ...]


def sent(request: Request) -> Sent:
    """Exactly what our own form can send; anything else is BadInput."""
    raw = http.body(request)
    if len(raw) > LARGEST:
        raise TooBig("这份答卷太大了。These answers are too big.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadInput(UNREADABLE)
    fields = list(_fields(raw))
    editions = [edition for _, _, edition in fields if edition]
    if len(editions) > 1:
        raise BadInput(UNREADABLE)
    ticks = tuple((int(question), int(option)) for question, option, edition in fields if not edition)
    return Sent(editions[0] if editions else "", ticks)


def answers(poll: Poll, told: Sent) -> Answers:
    """By question. How many belong to each is not judged here; BadInput where there is no such option."""
    given = empty(poll)
    for question, option in told.ticks:
        _tick(poll, given, question, option)
    return given


def empty(poll: Poll) -> Answers:
    return [[] for _ in poll.questions]


def pick(poll: Poll, given: Answers) -> str:
    """`3f0c9a12-1.02.b`: the edition, then for each question a digit for each tick."""
    return f"{poll.edition}-" + ".".join("".join(DIGITS[option] for option in sorted(ticks)) for ticks in given)


def is_of_other_questions(poll: Poll, text: str) -> bool:
    found = PICK.fullmatch(text)
    return bool(found and found[1] and found[1] != poll.edition)


def picked(poll: Poll, text: str) -> Answers:
    """What `pick` said, as far as it fits the poll; nothing at all where it does not."""
    found = PICK.fullmatch(text)
    parts = found[2].split(".") if found and not is_of_other_questions(poll, text) else []
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


def same(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> bool:
    return [sorted(ticks) for ticks in one] == [sorted(ticks) for ticks in other]


def _fields(raw: bytes) -> Iterator[tuple[str, str, str]]:
    for pair in raw.decode("latin-1").split("&") if raw else ():
        found = FIELD.fullmatch(pair)
        if found is None:
            raise BadInput(UNREADABLE)
        yield found[1], found[2], found[3]


def _tick(poll: Poll, given: Answers, question: int, option: int) -> None:
    known = question < len(given) and option < len(poll.questions[question].options)
    if not known or option in given[question]:
        raise BadInput(UNREADABLE)
    given[question].append(option)
