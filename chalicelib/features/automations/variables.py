"""Words with variables: `{name|茶友}，您的订单 {event.order_id} 已收到`. `{{` and `}}` are braces that are meant.

    {name|…}           their nickname                {orders|…} {spent|…}   how many orders, and ¥ in all
    {facts.birthday|…} an attribute                  {event.order_id}       what the event told
    {account} {today}  the account's name; the day, as in 2026年11月23日

What stands behind the bar is said where nothing is known. It must be there, unless we always know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ...services import Account, Services
from ..days import SHANGHAI
from ..followers.facts import NAME
from . import places

Values = Mapping[str, str]
Profile = Mapping[str, Any]

PART = re.compile(r"\{\{|\}\}|\{([^{}|]*)(?:\|([^{}]*))?\}|[{}]")
FACT, EVENT = "facts.", "event."
OF_A_PERSON = frozenset({"name", "orders", "spent"})
WORDS_OF_THEIRS = frozenset({"name", "event.text", "event.value"})
ALWAYS = frozenset({"account", "today"})
LONGEST_KEPT = 120  # characters of an event's value
EVENT_FIELD = re.compile(r"[A-Za-z_][\w.-]{0,59}")
# What an event of a kind always tells, and what else it may.
TELLS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "followed": (frozenset(), frozenset({"scene"})),
    "scanned": (frozenset({"scene"}), frozenset()),
    "said": (frozenset(), frozenset({"text"})),
    "clicked": (frozenset({"key"}), frozenset()),
    "viewed": (frozenset({"url"}), frozenset()),
    "tagged": (frozenset({"tag_id"}), frozenset({"tag"})),
    "untagged": (frozenset({"tag_id"}), frozenset({"tag"})),
    "voted": (frozenset({"poll_id"}), frozenset()),
    "ordered": (frozenset({"order_id", "amount", "fen"}), frozenset()),
    "attribute_changed": (frozenset({"attribute"}), frozenset({"value"})),
    "silent": (frozenset({"days"}), frozenset()),
    "date": (frozenset({"date"}), frozenset()),
}
FREE = "fields."  # of a custom event, whose fields nobody knows beforehand


def check(words: str, where: str, kind: str) -> None:
    """BadInput says which variable makes no sense for an automation that begins with such an event."""
    for part in PART.finditer(words):
        if part[0] in ("{{", "}}"):
            continue
        if part[1] is None:
            raise places.wrong(
                where, "花括号不成对；要显示花括号请写两个", "has a brace alone; write it twice to show it"
            )
        _check_one(part[1].strip(), part[2], where, kind)


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


def fill(words: str, values: Values) -> str:
    """With what is known; what is not is said as its default, or as nothing."""

    def said(part: re.Match[str]) -> str:
        if part[1] is None:
            return part[0][0]
        return values.get(part[1].strip()) or (part[2] or "").strip()

    return PART.sub(said, words)


def of_person(svc: Services, account: Account, profile: Profile, event: Values) -> dict[str, str]:
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
    theirs = {FACT + name: word(value) for name, value in facts.items()}
    return known | theirs | {EVENT + name: value for name, value in event.items()}


def of_event(data: Mapping[str, Any], wanted: set[str]) -> dict[str, str]:
    """Of what an event told only what is asked for: this is kept as long as somebody is inside."""
    flat = {name: value for name, value in data.items() if not isinstance(value, dict | list)}
    flat |= {f"{FREE}{name}": value for name, value in (data.get("fields") or {}).items()}
    if "fen" in data:
        flat["amount"] = f"{data['fen'] / 100:.2f}"
    return {name: word(flat[name])[:LONGEST_KEPT] for name in sorted(wanted) if flat.get(name) not in (None, "")}


def _check_one(name: str, default: str | None, where: str, kind: str) -> None:
    sure = name in ALWAYS
    if name.startswith(FACT):
        known = bool(NAME.fullmatch(name.removeprefix(FACT)))
    elif name.startswith(EVENT):
        field = name.removeprefix(EVENT)
        always, perhaps = TELLS.get(kind, (frozenset(), frozenset()))
        sure = field in always
        known = sure or field in perhaps or (kind == "custom" and bool(EVENT_FIELD.fullmatch(field)))
    else:
        known = sure or name in OF_A_PERSON
    shown = name[:40]
    if not known:
        raise places.wrong(where, f"没有变量 {{{shown}}}", f"knows no variable {{{shown}}}")
    if not sure and not (default or "").strip():
        zh, en = f"{{{shown}}} 可能不知道，请写默认值", f"{{{shown}}} may be unknown, so it needs a default"
        raise places.wrong(where, f"{zh}，如 {{{shown}|茶友}}", f"{en}, such as {{{shown}|friend}}")
