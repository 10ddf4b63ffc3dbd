"""An automation in words, Chinese and English: a sentence for when, for whom, how often, and for each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .. import segments
from ..segments.sentences import Names, Words
from ..segments.sentences import words as question_words
from .definition import BRANCHES, Document, Told

HOUR, DAY = 60, 1440  # minutes
ENTERS = {
    "person": Words("每人只进一次", "Each person enters once"),
    "cause": Words("每人每个起因只进一次", "Each person enters once for each cause"),
    "each": Words("每次都进", "A person enters each time"),
}
KINDS = {
    "followed": Words("关注后", "When somebody follows"),
    "scanned": Words("扫码{}后", "When somebody scans{}"),
    "said": Words("说到{}时", "When somebody says{}"),
    "clicked": Words("点菜单{}后", "When somebody taps the menu{}"),
    "viewed": Words("打开菜单链接{}后", "When somebody opens a link of the menu{}"),
    "tagged": Words("打上标签{}后", "When somebody gets the tag{}"),
    "untagged": Words("取下标签{}后", "When somebody loses the tag{}"),
    "voted": Words("投票{}后", "When somebody votes{}"),
    "ordered": Words("下单后", "When somebody buys"),
    "attribute_changed": Words("资料{}改变后", "When the attribute{} changes"),
    "custom": Words("发生{}后", "When this happens:{}"),
}


class Sentence(msgspec.Struct, frozen=True):
    """`part` is when, question, enter or step; `place` as mistakes name it, `depth` how far it is set in."""

    part: str
    place: str
    text: str
    step_id: str = ""
    do: str = ""
    depth: int = 0


def sentences(document: Document, names: Names) -> list[Sentence]:
    """`names` are those of the tags."""
    told = [Sentence("when", "when", str(when(document.when, names)))]
    if document.question is not None:
        told += _question(document.question, names)
    told.append(Sentence("enter", "enter", str(ENTERS[document.enter])))
    return told + list(_steps(document.steps, "steps", 0, names))


def when(told: Told, names: Names) -> Words:
    kind = told["kind"]
    if kind == "silent":
        days = told["days"]
        return Words(f"{days} 天没有动静时", f"When somebody has been silent for {days} days")
    if kind == "date":
        return _date(told)
    about = next((str(value) for name, value in told.items() if name not in ("kind", "at_least_fen", "value")), "")
    if kind in ("tagged", "untagged"):
        about = names.get(int(about), f"#{about}")
    known = KINDS.get(kind, Words("", ""))
    said = Words(known.zh.format(f"「{about}」" if about else ""), known.en.format(f" “{about}”" if about else ""))
    if told.get("at_least_fen"):
        yuan = f"{told['at_least_fen'] / 100:.2f}"
        said = Words(f"{said.zh[:-1]}满 ¥{yuan} 后", f"{said.en} for ¥{yuan} or more")
    if told.get("value"):
        said = Words(f"{said.zh[:-3]}变成「{told['value']}」后", f"{said.en} to “{told['value']}”")
    return said


def _date(told: Told) -> Words:
    days, name = told["offset_days"], told["attribute"]
    which = Words("", "") if told["yearly"] else Words("（只此一次）", " (that one day)")
    if not days:
        return Words(f"{name} 当天{which.zh}", f"On the day of {name}{which.en}")
    far = abs(days)
    zh, en = ("前", "before") if days < 0 else ("后", "after")
    return Words(f"{name} {zh} {far} 天{which.zh}", f"{far} days {en} {name}{which.en}")


def step(told: Told, names: Names) -> Words:
    """Of one step alone, without those in its branches."""
    return STEPS[told["do"]](told, names)


def _question(question: Told, names: Names) -> list[Sentence]:
    words = _asked(question, names)
    return [Sentence("question", "question", str(Words(f"如果{words.zh}", f"If {_small(words.en)}")))]


def _asked(question: Told, names: Names) -> Words:
    """The whole question in one: its conditions, joined."""
    node = segments.read(question)
    if isinstance(node, segments.Group) and node.parts:
        zh, en = ("，并且", ", and ") if node.kind == "all" else ("，或者", ", or ")
        parts = [_node(part, names) for part in node.parts]
        return Words(zh.join(part.zh for part in parts), en.join(_small(part.en) for part in parts))
    return _node(node, names)


def _node(node: segments.Node, names: Names) -> Words:
    if isinstance(node, segments.Not):
        part = _node(node.part, names)
        return Words(f"不是「{part.zh}」", f"not “{_small(part.en)}”")
    if isinstance(node, segments.Group) and node.parts:
        head = question_words(node, names)
        inner = [_node(part, names) for part in node.parts]
        return Words(
            f"{head.zh}（{'；'.join(part.zh for part in inner)}）",
            f"{head.en} ({'; '.join(_small(part.en) for part in inner)})",
        )
    return question_words(node, names)


def _steps(steps: list[Told], where: str, depth: int, names: Names) -> Iterator[Sentence]:
    for number, one in enumerate(steps):
        place = f"{where}[{number}]"
        yield Sentence("step", place, str(step(one, names)), one["step_id"], one["do"], depth)
        for way in BRANCHES if one["do"] == "branch" else ():
            yield from _steps(one.get(way) or [], f"{place}.{way}", depth + 1, names)


def _wait(told: Told, _: Names) -> Words:
    if "clock" in told:
        return Words(f"等到 {told['clock']}（上海时间）", f"Wait until {told['clock']} in Shanghai")
    minutes = told["minutes"]
    for unit, zh, en in ((DAY, "天", "day"), (HOUR, "小时", "hour"), (1, "分钟", "minute")):
        if minutes % unit == 0:
            number = minutes // unit
            return Words(f"等 {number} {zh}", f"Wait {number} {en}{'s' * (number > 1)}")
    raise AssertionError(minutes)


def _branch(told: Told, names: Names) -> Words:
    asked = _asked(told["if"], names)
    return Words(f"如果{asked.zh}，走「是」，否则走「否」", f"If {_small(asked.en)}: then; otherwise: else")


def _template(told: Told, _: Names) -> Words:
    what, said = told["template"] or told["template_id"], _cut(" · ".join(told["fields"].values()))
    return Words(f"发模板消息 {what}：{said}", f"Send the template message {what}: {said}")


def _message(told: Told, _: Names) -> Words:
    reply = told["reply"]
    said = _cut(str(reply.get("content") or reply.get("title") or f"[{reply['type']}]"))
    return Words(f"如果还能发客服消息，说「{said}」", f"If their window is open, say “{said}”")


def _tag(told: Told, names: Names) -> Words:
    name = names.get(told["tag_id"], f"#{told['tag_id']}")
    if told["do"] == "tag":
        return Words(f"打标签「{name}」", f"Add the tag “{name}”")
    return Words(f"取下标签「{name}」", f"Take off the tag “{name}”")


def _attribute(told: Told, _: Names) -> Words:
    return Words(f"把 {told['attribute']} 记为「{told['value']}」", f"Set {told['attribute']} to “{told['value']}”")


def _webhook(told: Told, _: Names) -> Words:
    fields = "、".join(told["fields"])
    return Words(f"通知其他系统{'：' * bool(fields)}{fields}", f"Tell the other systems{': ' * bool(fields)}{fields}")


def _hand_over(told: Told, _: Names) -> Words:
    hours, desk = told["hours"], f" {told['desk']}" if told["desk"] else ""
    return Words(f"转人工{desk}，{hours} 小时", f"Hand over to people{desk} for {hours} hour{'s' * (hours > 1)}")


def _cut(said: str) -> str:
    one_line = " ".join(said.split())
    return one_line if len(one_line) <= MOST_SHOWN else one_line[: MOST_SHOWN - 1] + "…"


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]


MOST_SHOWN = 60  # characters of what is said
STEPS: dict[str, Callable[[Any, Names], Words]] = {
    "wait": _wait,
    "branch": _branch,
    "template": _template,
    "message": _message,
    "tag": _tag,
    "untag": _tag,
    "attribute": _attribute,
    "webhook": _webhook,
    "hand_over": _hand_over,
    "end": lambda _, __: Words("到此结束", "End here"),
}
