"""What each step may say, checked field by field, and kept with every field there.

    {"do": "wait", "minutes": 10}   {"do": "wait", "clock": "20:00"}     until the clocks in Shanghai show it
    {"do": "branch", "if": {…}, "then": [...], "else": [...]}
    {"do": "template", "template": "thanks" (or "template_id"), "fields": {"thing1": "…"}, "url", "miniprogram"}
    {"do": "message", "reply": {"type": "text", "content": "…"}}
    {"do": "tag", "tag_id": 100}   {"do": "untag", "tag_id": 100}
    {"do": "attribute", "attribute": "level", "value": "gold"}
    {"do": "webhook", "fields": {"why": "{event.order_id}"}}
    {"do": "hand_over", "hours": 2, "desk": ""}   {"do": "end"}

Each may have a `step_id` of up to twelve small letters and digits; who has none gets one. It names the step for its
figures and for people who wait in it, so it stays the same when a step is moved or changed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

import msgspec

from ...errors import BadInput
from ...services import Account, Services
from ...wechat import messages
from .. import segments, tags, template_names
from ..followers import facts
from . import places, variables
from .definition import BRANCHES, Told
from .places import Mistakes, at, only, text, whole, wrong

MOST_STEPS = 40
DEEPEST = 5  # branches in each other
LONGEST_WAIT = 90 * 1440  # minutes
LONGEST_HAND_OVER = 168  # hours
LONGEST_TEXT = 600  # characters of a message, or of a field of a webhook
LONGEST_FIELD = 200  # of a template's field
LONGEST_THING = 20  # WeChat's own, of fields that begin with "thing"
MOST_FIELDS = 20
STEP_ID = re.compile(r"[a-z0-9]{1,12}")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
FIELD = re.compile(r"[A-Za-z_]\w{0,39}")
DESK = re.compile(r"([A-Za-z0-9_]{1,10}@[\w-]{1,30})?", re.ASCII)
URL = re.compile(r"https?://[^\s]{1,1000}")
REPLIES = {"type", "content", "media_id", "title", "description", "url", "hq_url", "thumb_media_id", "articles"}


class Reading:
    """One look at all the steps; `kind` is that of the event that begins."""

    def __init__(self, svc: Services, account: Account, kind: str, mistakes: Mistakes) -> None:
        self.svc, self.account, self.kind, self.mistakes = svc, account, kind, mistakes
        self.number = 0
        self._ids: set[str] = set()
        self._tags: dict[int, str] | None = None

    def steps(self, told: Any, where: str, deeper: int = DEEPEST) -> list[Told]:
        """Those that are right; what is wrong with the others is among the mistakes."""
        if not isinstance(told, list):
            with self.mistakes.noted():
                raise wrong(where, "要是步骤的列表", "must be a list of steps")
            return []
        kept: list[Told] = []
        for number, one in enumerate(told[: MOST_STEPS + 1]):
            with self.mistakes.noted():
                kept.append(self._step(one, f"{where}[{number}]", deeper))
        return kept

    def knows_tag(self, tag_id: int) -> bool:
        if self._tags is None:
            self._tags = tags.names(self.svc, self.account)
        return tag_id in self._tags

    def words(self, told: Any, where: str, most: int, least: int = 1) -> str:
        said = text(told, where, most, least)
        variables.check(said, where, self.kind)
        return said

    def _step(self, told: Any, where: str, deeper: int) -> Told:
        self.number += 1
        if self.number > MOST_STEPS:
            raise wrong(where, f"最多 {MOST_STEPS} 步", f"is one step too many, {MOST_STEPS} at most")
        told = places.is_object(told, where)
        do = places.one_of(told.get("do"), f"{where}.do", CHECKS)
        kept = {"do": do, "step_id": self._id(told.get("step_id"), f"{where}.step_id")}
        rest = {name: value for name, value in told.items() if name not in kept}
        if do == "branch":
            return kept | self._branch(rest, where, deeper)
        return kept | CHECKS[do](self, rest, where)

    def _branch(self, told: Told, where: str, deeper: int) -> Told:
        only(told, {"if", *BRANCHES}, where)
        if not deeper:
            raise wrong(where, f"分支最多套 {DEEPEST} 层", f"branches may be in each other {DEEPEST} deep at most")
        with self.mistakes.noted(), places.asked_at(f"{where}.if"):
            segments.read(told.get("if"))
        if not told.get("then") and not told.get("else"):
            raise wrong(where, "两边都没有步骤", "has no step on either side")
        ways = {name: self.steps(told.get(name) or [], f"{where}.{name}", deeper - 1) for name in BRANCHES}
        return {"if": told.get("if"), **ways}

    def _id(self, told: Any, where: str) -> str:
        if told in (None, ""):
            told = next(name for _ in range(99) if (name := secrets.token_hex(3)) not in self._ids)
        if not isinstance(told, str) or not STEP_ID.fullmatch(told):
            raise wrong(where, "要是最多 12 个小写字母和数字", "must be up to 12 small letters and digits")
        if told in self._ids:
            raise wrong(where, f"{told} 用了两次", f"{told} is used twice")
        self._ids.add(told)
        return told


def _wait(reading: Reading, told: Told, where: str) -> Told:
    only(told, {"minutes", "clock"}, where)
    minutes, clock = told.get("minutes"), told.get("clock")
    if (minutes is None) == (not clock):
        raise wrong(where, "写 minutes 或 clock，只写一个", "needs either minutes or clock")
    if not clock:
        return {"minutes": whole(minutes, f"{where}.minutes", 1, LONGEST_WAIT)}
    if not isinstance(clock, str) or not CLOCK.fullmatch(clock):
        raise wrong(f"{where}.clock", "要是上海时间，如 20:00", "must be a time in Shanghai such as 20:00")
    return {"clock": clock}


def _template(reading: Reading, told: Told, where: str) -> Told:
    only(told, {"template", "template_id", "fields", "url", "miniprogram"}, where)
    if not reading.account.may_send_templates:
        raise wrong(
            where, "只有已认证的服务号可以发模板消息", "only verified service accounts may send template messages"
        )
    name, template_id = told.get("template") or "", told.get("template_id") or ""
    if not isinstance(name, str) or not isinstance(template_id, str) or bool(name) == bool(template_id):
        raise wrong(f"{where}.template", "写 template 或 template_id，只写一个", "give either template or template_id")
    if name:
        with at(f"{where}.template"):
            template_names.find(reading.svc, reading.account, name)
    elif not template_names.TEMPLATE_ID.fullmatch(template_id):
        raise wrong(f"{where}.template_id", "不是模板 ID", "is no template id")
    return {
        "template": name,
        "template_id": template_id,
        "fields": _fields(reading, told.get("fields"), f"{where}.fields", LONGEST_FIELD),
        "url": _url(reading, told.get("url") or "", f"{where}.url"),
        "miniprogram": _miniprogram(told.get("miniprogram"), f"{where}.miniprogram"),
    }


def _fields(reading: Reading, told: Any, where: str, most: int) -> Told:
    told = places.is_object(told, where)
    if not 0 < len(told) <= MOST_FIELDS:
        raise wrong(where, f"要有 1 到 {MOST_FIELDS} 个字段", f"must have 1 to {MOST_FIELDS} fields")
    for name in told:
        if not FIELD.fullmatch(str(name)):
            raise wrong(where, f"字段名 {str(name)[:40]} 不对", f"has a field of the wrong name, {str(name)[:40]}")
    kept = {name: reading.words(value, f"{where}.{name}", most) for name, value in told.items()}
    for name, said in kept.items():
        if (
            name.startswith("thing")
            and most == LONGEST_FIELD
            and variables.is_fixed(said)
            and len(said) > LONGEST_THING
        ):
            zh, en = f"微信最多显示 {LONGEST_THING} 个字", f"may have {LONGEST_THING} characters at most at WeChat"
            raise wrong(f"{where}.{name}", zh, en)
    return kept


def _url(reading: Reading, told: Any, where: str) -> str:
    if told == "":
        return ""
    if not isinstance(told, str) or not URL.fullmatch(told):
        raise wrong(where, "要是 https:// 开头的网址", "must be an address that begins with https://")
    variables.check(told, where, reading.kind)
    return told


def _miniprogram(told: Any, where: str) -> Told | None:
    if told is None:
        return None
    told = places.is_object(told, where)
    only(told, {"appid", "pagepath"}, where)
    return {
        "appid": text(told.get("appid"), f"{where}.appid", 40),
        "pagepath": text(told.get("pagepath", ""), f"{where}.pagepath", 1024, 0),
    }


def _message(reading: Reading, told: Told, where: str) -> Told:
    only(told, {"reply"}, where)
    if not reading.account.may_send_custom:
        zh, en = "这个公众号不能发客服消息", "this account may not send customer-service messages"
        raise wrong(where, zh, en)
    reply = places.is_object(told.get("reply"), f"{where}.reply")
    only(reply, REPLIES, f"{where}.reply")
    if reply.get("type") == "text":
        return {
            "reply": {
                "type": "text",
                "content": reading.words(reply.get("content"), f"{where}.reply.content", LONGEST_TEXT),
            }
        }
    try:
        known = messages.reply_from(reply)
    except (msgspec.ValidationError, TypeError):
        raise wrong(f"{where}.reply", "不是能发的消息", "is no message that can be sent") from None
    if isinstance(known, messages.Transfer) or (isinstance(known, messages.News) and len(known.articles) != 1):
        raise wrong(f"{where}.reply", "要是一条客服消息，图文只能一篇", "must be one message; of articles, just one")
    return {"reply": messages.reply_data(known)}


def _tag(reading: Reading, told: Told, where: str) -> Told:
    only(told, {"tag_id"}, where)
    tag_id = whole(told.get("tag_id"), f"{where}.tag_id", 0, 2**53)
    if not reading.knows_tag(tag_id):
        raise wrong(f"{where}.tag_id", "没有这个标签", "is no tag of this account")
    return {"tag_id": tag_id}


def _attribute(reading: Reading, told: Told, where: str) -> Told:
    only(told, {"attribute", "value"}, where)
    name, value = told.get("attribute"), told.get("value")
    if not isinstance(name, str):
        raise wrong(f"{where}.attribute", "要是一项资料的名称", "must be the name of an attribute")
    if isinstance(value, str):
        value = reading.words(value, f"{where}.value", LONGEST_FIELD)
    elif not isinstance(value, int):
        raise wrong(f"{where}.value", "要是文字、整数或 true、false", "must be a text, a whole number, true or false")
    with at(f"{where}.attribute"):
        facts.check(name, value, SOURCE, None)
    return {"attribute": name, "value": value}


def _webhook(reading: Reading, told: Told, where: str) -> Told:
    only(told, {"fields"}, where)
    fields = told.get("fields") or {}
    return {"fields": _fields(reading, fields, f"{where}.fields", LONGEST_TEXT) if fields else {}}


def _hand_over(reading: Reading, told: Told, where: str) -> Told:
    only(told, {"hours", "desk"}, where)
    desk = told.get("desk") or ""
    if not isinstance(desk, str) or not DESK.fullmatch(desk):
        raise wrong(f"{where}.desk", "要是客服账号，如 desk@tea，或留空", "must be a desk such as desk@tea, or empty")
    return {"hours": whole(told.get("hours"), f"{where}.hours", 1, LONGEST_HAND_OVER), "desk": desk}


def _end(reading: Reading, told: Told, where: str) -> Told:
    only(told, (), where)
    return {}


def _never(reading: Reading, told: Told, where: str) -> Told:
    raise BadInput(where)  # branches are read by Reading itself


SOURCE = "api:automation"
CHECKS: dict[str, Callable[[Reading, Told, str], Told]] = {
    "wait": _wait,
    "branch": _never,
    "template": _template,
    "message": _message,
    "tag": _tag,
    "untag": _tag,
    "attribute": _attribute,
    "webhook": _webhook,
    "hand_over": _hand_over,
    "end": _end,
}
