"""What a poll must look like: the sentence for each mistake names its field."""

from __future__ import annotations

import re
from html import escape
from typing import NoReturn

from ...errors import BadInput
from .definition import A_YEAR, Poll, Question

KINDS = ("poll", "quiz")
VOTERS = ("visitors", "followers")
RESULTS = ("always", "after_vote", "after_close", "never")
LONGEST_TITLE, LONGEST_INTRO, LONGEST_QUESTION, LONGEST_OPTION = 60, 500, 120, 60
LONGEST_CARD, LONGEST_THANKS = 120, 200
LARGEST_IN_ALL = 6000  # bytes of all questions and options, as HTML: no page may pass 60 KB
MOST_QUESTIONS, MOST_OPTIONS, FEWEST_OPTIONS = 20, 12, 2
TAG_BYTES = 30  # WeChat's limit (45158), though its pages say characters
MESSAGE_BYTES = 2048  # of one customer-service message
PICTURE = re.compile(r"https://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]{1,490}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check(poll: Poll) -> None:
    """BadInput says what is wrong first."""
    _one_of("kind", poll.kind, KINDS)
    _one_of("voters", poll.voters, VOTERS)
    _one_of("results", poll.results, RESULTS)
    _line("title", poll.title, 1, LONGEST_TITLE)
    _lines("intro", poll.intro, LONGEST_INTRO)
    _check_times(poll)
    _count("questions", len(poll.questions), 1, MOST_QUESTIONS)
    for number, question in enumerate(poll.questions):
        _check_question(f"questions[{number}]", question, poll.kind)
    _check_whole(poll.questions)
    _check_card(poll)
    _check_afterwards(poll)
    _check_scores(poll)


def _check_times(poll: Poll) -> None:
    if not 0 <= poll.opens_at < poll.closes_at:
        _wrong("closes_at", "必须晚于 opens_at（Unix 秒）", "must be later than opens_at, in unix seconds")
    if poll.closes_at > poll.created + A_YEAR:
        _wrong("closes_at", "最晚是创建后一年（Unix 秒）", "may be a year after the creation at most, in unix seconds")


def _check_question(field: str, question: Question, kind: str) -> None:
    _line(f"{field}.text", question.text, 1, LONGEST_QUESTION)
    options = question.options
    _count(f"{field}.options", len(options), FEWEST_OPTIONS, MOST_OPTIONS)
    for number, option in enumerate(options):
        _line(f"{field}.options[{number}]", option, 1, LONGEST_OPTION)
    if len({option.strip() for option in options}) < len(options):
        _wrong(f"{field}.options", "不能重复", "must differ from each other")
    if not 1 <= question.choose <= len(options):
        _wrong(f"{field}.choose", f"要在 1 到 {len(options)} 之间", f"must be from 1 to {len(options)}")
    _check_right(f"{field}.right", question, kind)


def _check_whole(questions: tuple[Question, ...]) -> None:
    texts = [text for question in questions for text in (question.text, *question.options)]
    size = sum(len(escape(text).encode()) for text in texts)
    if size > LARGEST_IN_ALL:
        _wrong(
            "questions",
            f"连选项合计最多 {LARGEST_IN_ALL} 字节（一个汉字三字节），现在有 {size}",
            f"may have {LARGEST_IN_ALL} bytes in all, options included, and have {size}; a Chinese character has three",
        )


def _check_right(field: str, question: Question, kind: str) -> None:
    right = question.right
    if kind == "poll":
        if right:
            _wrong(field, "只用于 quiz", "is for a quiz only")
        return
    most = question.choose
    if most == 1 and len(right) != 1:
        _wrong(field, "要有一个，因为只能选一项", "must name one option, since only one may be ticked")
    if not 1 <= len(right) <= most:
        _wrong(field, f"要有 1 到 {most} 个", f"must name 1 to {most} options, as many as one may tick")
    if len(set(right)) < len(right) or not all(0 <= option < len(question.options) for option in right):
        _wrong(field, "是选项的序号，从 0 开始，不能重复", "holds numbers of options, from 0, each once")


def _check_card(poll: Poll) -> None:
    _line("share.title", poll.share.title, 0, LONGEST_TITLE)
    _line("share.text", poll.share.text, 0, LONGEST_CARD)
    if poll.share.picture and not PICTURE.fullmatch(poll.share.picture):
        _wrong(
            "share.picture", "必须是 https 地址，最多 500 个字符", "must be an https address of at most 500 characters"
        )


def _check_afterwards(poll: Poll) -> None:
    told = poll.afterwards
    _line("afterwards.tag", told.tag, 0, TAG_BYTES)
    _bytes("afterwards.tag", told.tag, TAG_BYTES)
    _lines("afterwards.message", told.message, MESSAGE_BYTES)
    _bytes("afterwards.message", told.message, MESSAGE_BYTES)
    _lines("afterwards.thanks", told.thanks, LONGEST_THANKS)


def _check_scores(poll: Poll) -> None:
    if poll.scores and poll.kind != "quiz":
        _wrong("scores", "只用于 quiz", "are for a quiz only")
    highest = len(poll.questions)
    for number, step in enumerate(poll.scores):
        _line(f"scores[{number}].text", step.text, 1, LONGEST_THANKS)
        if not 0 <= step.least <= highest:
            _wrong(f"scores[{number}].from", f"要在 0 到 {highest} 之间", f"must be from 0 to {highest}")
    if len({step.least for step in poll.scores}) < len(poll.scores):
        _wrong("scores", "的 from 不能重复", "must differ in their from")


def _one_of(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        _wrong(field, f"只能是 {'、'.join(choices)}", f"must be one of {', '.join(choices)}")


def _line(field: str, text: str, least: int, most: int) -> None:
    """One line; where it must not be empty, it must not be blank either."""
    if not least <= len(text.strip()) or len(text) > most:
        _wrong(field, f"要有 {least} 到 {most} 个字", f"must have {least} to {most} characters")
    if CONTROL.search(text):
        _wrong(field, "不能换行，也不能有控制字符", "must be one line, without control characters")


def _lines(field: str, text: str, most: int) -> None:
    if len(text) > most:
        _wrong(field, f"最多 {most} 个字", f"may have {most} characters at most")
    if CONTROL.search(text.replace("\n", "")):
        _wrong(field, "不能有控制字符", "must not have control characters")


def _bytes(field: str, text: str, most: int) -> None:
    if len(text.encode()) > most:
        _wrong(
            field,
            f"最多 {most} 字节（一个汉字三字节）",
            f"may have {most} bytes at most, and a Chinese character has three",
        )


def _count(field: str, count: int, least: int, most: int) -> None:
    if not least <= count <= most:
        _wrong(field, f"要有 {least} 到 {most} 个", f"must be {least} to {most}")


def _wrong(field: str, chinese: str, english: str) -> NoReturn:
    raise BadInput(f"{field} {chinese}。{field} {english}.")
