"""Words with variables: `{name|茶友}，您的订单 {event.order_id} 已收到`. `{{` and `}}` are braces that are meant.

    {name|…}           their nickname                {orders|…} {spent|…}   how many orders, and ¥ in all
    {facts.birthday|…} an attribute                  {event.order_id}       what an event told (automations)
    {account} {today}  the account's name; the day, as in 2026年11月23日

What stands behind the bar is said where nothing is known. It must be there, unless we always know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..services import Account, Services
from .days import SHANGHAI
from .followers.facts import NAME

Values = Mapping[str, str]
Profile = Mapping[str, Any]

PART = re.compile(r"\{\{|\}\}|\{([^{}|]*)(?:\|([^{}]*))?\}|[{}]")
FACT, EVENT = "facts.", "event."
OF_A_PERSON = frozenset({"name", "orders", "spent"})
WORDS_OF_THEIRS = frozenset({"name", "event.text", "event.value"})
ALWAYS = frozenset({"account", "today"})


def wrong(words: str, sure: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """What is wrong with the variables of words about a person, in Chinese and English. `sure`: others that are always
    known."""
    for part in PART.finditer(words):
        if part[0] in ("{{", "}}"):
            continue
        if part[1] is None:
            yield BRACE_ALONE
        elif part[1].strip() not in sure:
            yield from wrong_one(part[1].strip(), part[2])


def wrong_one(name: str, default: str | None) -> Iterator[tuple[str, str]]:
    """The same of one variable that needs no event."""
    sure, shown = name in ALWAYS, name[:40]
    fact = name.startswith(FACT) and NAME.fullmatch(name.removeprefix(FACT))
    if not (sure or fact or name in OF_A_PERSON):
        yield f"没有变量 {{{shown}}}", f"knows no variable {{{shown}}}"
    elif not sure and not (default or "").strip():
        yield wants_default(shown)


def wants_default(shown: str) -> tuple[str, str]:
    zh, en = f"{{{shown}}} 可能不知道，请写默认值", f"{{{shown}}} may be unknown, so it needs a default"
    return f"{zh}，如 {{{shown}|茶友}}", f"{en}, such as {{{shown}|friend}}"


BRACE_ALONE = "花括号不成对；要显示花括号请写两个", "has a brace alone; write it twice to show it"


def word(value: Any) -> str:
    """A value as it is said; yes and no as in JSON."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def names(words: str) -> Iterator[str]:
    return (part[1].strip() for part in PART.finditer(words) if part[1] is not None)


def are_theirs(words: str) -> bool:
    """Whether a person may decide what they become: what they said, or what is known of them because they said so."""
    return any(name in WORDS_OF_THEIRS or name.startswith(FACT) for name in names(words))


def is_fixed(words: str) -> bool:
    """No variable is in it, so its length is known."""
    return not any(names(words))


def missing(words: str, values: Values) -> list[str]:
    """Variables that would be said as nothing: not known, and without a default."""
    found = ((part[1].strip(), (part[2] or "").strip()) for part in PART.finditer(words) if part[1] is not None)
    return [name for name, default in found if not (values.get(name) or default)]


def fill(words: str, values: Values) -> str:
    """With what is known; what is not is said as its default, or as nothing."""

    def said(part: re.Match[str]) -> str:
        if part[1] is None:
            return part[0][0]
        return values.get(part[1].strip()) or (part[2] or "").strip()

    return PART.sub(said, words)


def of_person(svc: Services, account: Account, profile: Profile, event: Values | None = None) -> dict[str, str]:
    """All variables of one person, as words. A remark is ours about them, and never said to them."""
    facts = {name: fact["value"] for name, fact in profile.get("facts", {}).items()}
    day = datetime.fromtimestamp(svc.now() + SHANGHAI, UTC)
    known = {
        "name": str(facts.get("nickname", "")),
        "orders": str(profile.get("orders", "")),
        "spent": f"{profile['spent'] / 100:.2f}" if profile.get("spent") else "",
        "account": account.label,
        "today": f"{day.year}年{day.month}月{day.day}日",
    }
    told = {EVENT + name: value for name, value in (event or {}).items()}
    return known | {FACT + name: word(value) for name, value in facts.items()} | told
