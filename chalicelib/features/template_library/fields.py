"""The fields of a template, as its content shows them, and what each may hold.

WeChat names a field by its kind and a number, `{{thing1.DATA}}`, and refuses a message (47003) whose words do not fit
the kind. Fields of the test account and of templates from before 2023 (`first`, `keyword1`) have no kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from .. import variables

LONGEST_FREE = 200  # characters of a field without a kind
PLACE = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
NUMBERED = re.compile(r"([a-z_]+?)\d+")
_TIME = r"\d{1,2}:\d{2}(:\d{2})?"
_DATE = r"\d{4}(年\d{1,2}月\d{1,2}日|[-/.]\d{1,2}[-/.]\d{1,2})"
_MOMENT = rf"({_DATE}|{_TIME}|{_DATE}\s*{_TIME})"


class Kind(msgspec.Struct, frozen=True):
    """What one kind of field takes: a pattern, how many characters at most, and both as a sentence."""

    rule: re.Pattern[str]
    longest: int
    zh: str
    en: str


def _kind(rule: str, longest: int, zh: str, en: str) -> Kind:
    return Kind(re.compile(rule, re.DOTALL), longest, zh, en)


# 02-api of WeChat's reference: "Type rules (same as subscription notices)".
KINDS: dict[str, Kind] = {
    "thing": _kind(r".{1,20}", 20, "最多 20 个字", "up to 20 characters"),
    "number": _kind(r"-?[\d.]{1,32}", 33, "只能是数字，最多 32 位", "a number of up to 32 digits"),
    "letter": _kind(r"[A-Za-z]{1,32}", 32, "只能是字母，最多 32 个", "up to 32 letters"),
    "symbol": _kind(r"[^\w\s]{1,5}", 5, "只能是符号，最多 5 个", "up to 5 symbols"),
    "character_string": _kind(
        r"[\x21-\x7e]{1,32}",
        32,
        "只能是数字、字母和符号，不能有空格，最多 32 个",
        "up to 32 digits, letters and symbols without spaces",
    ),
    "time": _kind(
        rf"{_MOMENT}(\s*[~-]\s*{_MOMENT})?",
        64,
        "要写成时间，如 15:01 或 2026年11月23日 15:01，可用 ~ 连接两个",
        "a time, such as 15:01 or 2026年11月23日 15:01; two with ~ between them",
    ),
    "date": _kind(
        rf"{_MOMENT}(\s*[~-]\s*{_MOMENT})?",
        64,
        "要写成日期，如 2026年11月23日 或 2026-11-23 15:01，可用 ~ 连接两个",
        "a date, such as 2026年11月23日 or 2026-11-23 15:01; two with ~ between them",
    ),
    "amount": _kind(
        r"[¥￥$€£]?\d{1,10}(\.\d+)?元?",
        24,
        "要写成金额，如 ¥128.50 或 128元，整数最多 10 位",
        "an amount, such as ¥128.50 or 128元, of up to 10 digits",
    ),
    "phone_number": _kind(
        r"[\d+\-() ]{1,17}", 17, "只能是电话号码，最多 17 位", "a telephone number of up to 17 characters"
    ),
    "car_number": _kind(r".{1,8}", 8, "最多 8 个字", "up to 8 characters"),
    "name": _kind(
        r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .]{1,20}",
        20,
        "最多 10 个汉字，或 20 个字母",
        "up to 10 Chinese characters, or up to 20 letters",
    ),
    "phrase": _kind(r"[\u4e00-\u9fff]{1,5}", 5, "只能是汉字，最多 5 个", "up to 5 Chinese characters"),
    "const": _kind(r".{1,20}", 20, "要从微信给的几个词里选", "one of the words that WeChat lists"),
}  # fmt: skip
FREE = _kind(rf".{{1,{LONGEST_FREE}}}", LONGEST_FREE, "最多 200 个字", "up to 200 characters")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """`words`: what stands before it in the message. `kind`: "" where WeChat gives none. `choices`: of a `const`.
    `limit`: what it takes, as a sentence in both languages."""

    name: str  # thing1
    kind: str = ""
    longest: int = LONGEST_FREE  # characters
    words: str = ""
    choices: list[str] = []
    limit: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why something cannot be sent as it is. `where`: the field; `blocks`: sending would be refused."""

    where: str
    words: str  # 中文。English.
    blocks: bool = True


def of_content(content: str, choices: Mapping[str, Sequence[str]] | None = None) -> list[Field]:
    """Its fields in the order in which they are read, each once."""
    found: dict[str, Field] = {}
    for line in content.splitlines():
        end = 0
        for place in PLACE.finditer(line):
            name, words = place[1], line[end : place.start()].strip(" \t:：")
            found.setdefault(name, _field(name, words, (choices or {}).get(name, ())))
            end = place.end()
    return list(found.values())


def check(fields: Sequence[Field], told: Mapping[str, str], filled: bool = True) -> list[Problem]:
    """What WeChat would refuse, in the order of the fields. Words with variables that are not `filled` in yet are
    looked at with their defaults, as they go to somebody of whom nothing is known."""
    known = {field.name for field in fields}
    problems = [problem for field in fields if (problem := _problem(field, told.get(field.name, ""), filled))]
    return problems + [_stranger(name) for name in told if name not in known]


def limit(kind: str, choices: Sequence[str] = ()) -> tuple[str, str]:
    """What a field of the kind takes, in Chinese and in English."""
    if choices:
        listed = "、".join(choices[:10])
        return f"要选其中之一：{listed}", f"one of {listed}"
    known = KINDS.get(kind, FREE)
    return known.zh, known.en


def _field(name: str, words: str, choices: Sequence[str]) -> Field:
    numbered = NUMBERED.fullmatch(name)
    kind = numbered[1] if numbered and numbered[1] in KINDS else ""
    longest = KINDS[kind].longest if kind else LONGEST_FREE
    zh, en = limit(kind, choices)
    takes = f"{zh}。{en[0].upper()}{en[1:]}."
    return Field(name=name, kind=kind, longest=longest, words=words[:40], choices=list(choices), limit=takes)


def _problem(field: Field, words: str, filled: bool) -> Problem | None:
    if not words.strip():
        return _wrong(field, "没有内容", "is empty")
    if not filled and not variables.is_fixed(words):
        said = variables.fill(words, {})
        # A variable that is always known has no default: then only the rest can be measured.
        return _unfit(field, said) if not variables.missing(words, {}) else _too_long(field, said)
    return _unfit(field, words if filled else variables.fill(words, {}))


def _unfit(field: Field, words: str) -> Problem | None:
    if field.choices:
        return None if words in field.choices else _unlike(field)
    if KINDS.get(field.kind, FREE).rule.fullmatch(words):
        return None
    return _too_long(field, words) or _unlike(field)


def _unlike(field: Field) -> Problem:
    zh, en = limit(field.kind, field.choices)
    return _wrong(field, zh, f"takes {en}")


def _too_long(field: Field, words: str) -> Problem | None:
    if len(words) <= field.longest:
        return None
    zh, en = limit(field.kind)
    return _wrong(field, f"有 {len(words)} 个字，{zh}", f"has {len(words)} characters; it takes {en}")


def _wrong(field: Field, zh: str, en: str) -> Problem:
    return Problem(where=field.name, words=f"{_shown(field)} {zh}。{field.name} {en}.")


def _stranger(name: str) -> Problem:
    return Problem(
        where=name,
        words=f"模板里没有 {name[:40]}，不会显示。The template has no {name[:40]}; it is not shown.",
        blocks=False,
    )


def _shown(field: Field) -> str:
    return f"{field.words}（{field.name}）" if field.words else field.name
