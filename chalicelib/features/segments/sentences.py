"""A question in words, Chinese and English: a sentence for each condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .fields import IN_DAYS, KNOWN, Field, day_text, field
from .questions import Compare, Group, Happened, Node, Not

Names = Mapping[int, str]  # of tags


class Words(NamedTuple):
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh}。{self.en}."


EVENTS = {
    "scanned": Words("扫过码", "scanned"),
    "said": Words("说过", "said"),
    "clicked": Words("点过菜单", "tapped the menu"),
    "voted": Words("投过票", "voted in"),
    "ordered": Words("下过单", "ordered"),
    "visited": Words("访问过网页", "visited a page"),
}
OPERATORS = {
    "is": Words("是 {}", "is {}"),
    "is_not": Words("不是 {}", "is not {}"),
    "contains": Words("包含 {}", "contains {}"),
    "starts_with": Words("以 {} 开头", "begins with {}"),
    "at_least": Words("至少 {}", "is {} or more"),
    "at_most": Words("至多 {}", "is {} or less"),
    "within_days": Words("在最近 {} 天内", "within the last {} days"),
    "before_days": Words("在 {} 天以前", "{} days ago or longer"),
    "has": Words("有 {}", "include {}"),
    "has_not": Words("没有 {}", "do not include {}"),
    "known": Words("已知", "is known"),
    "unknown": Words("未知", "is unknown"),
}
OF_DAYS = {"at_least": Words("在 {} 或以后", "on {} or later"), "at_most": Words("在 {} 或以前", "on {} or earlier")}
GROUPS = {"all": Words("以下都成立", "All of these"), "any": Words("以下至少一项成立", "Any of these")}
EVERYBODY = Words("所有粉丝", "Everybody")


def words(node: Node, names: Names) -> Words:
    if isinstance(node, Group):
        return GROUPS[node.kind] if node.parts else EVERYBODY
    if isinstance(node, Not):
        return Words("以下不成立", "Not")
    return _event(node) if isinstance(node, Happened) else _comparison(node, names)


def shown(known: Field, value: Any, names: Names) -> str:
    """Somebody's value, as people read it; "" for what is unknown."""
    if known.kind == "list":
        return "、".join(names.get(tag, f"#{tag}") for tag in value)
    if known.kind == "flag" or value is True:
        return "是 yes" if value else "否 no"
    if known.kind == "day":
        return day_text(value) if value else ""
    return f"¥{value / 100:.2f}" if known.kind == "money" else str(value)


def _event(leaf: Happened) -> Words:
    what = f" “{leaf.what}”" if leaf.what else ""
    zh, en = f"{EVENTS[leaf.event].zh}{what}", f"{EVENTS[leaf.event].en}{what}"
    if leaf.within_days:
        zh, en = f"最近 {leaf.within_days} 天{zh}", f"{en} in the last {leaf.within_days} days"
    if leaf.at_least > 1:
        zh, en = f"{zh}，至少 {leaf.at_least} 次", f"{en}, {leaf.at_least} times or more"
    return Words(zh, en[:1].upper() + en[1:])


def _comparison(leaf: Compare, names: Names) -> Words:
    known = field(leaf.field)
    assert known is not None, "questions are checked when they are read"
    is_day = known.kind == "day" and leaf.op not in IN_DAYS
    way = OF_DAYS.get(leaf.op, OPERATORS[leaf.op]) if is_day else OPERATORS[leaf.op]
    value = "" if leaf.op in KNOWN else _wanted(leaf, known, names)
    return Words(f"{known.zh}{way.zh.format(value)}", f"{known.en} {way.en.format(value)}")


def _wanted(leaf: Compare, known: Field, names: Names) -> str:
    if leaf.op in IN_DAYS:
        return str(leaf.value)
    return shown(known, (leaf.value,) if known.kind == "list" else leaf.value, names)
