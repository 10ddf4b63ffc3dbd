"""Everything that happened with one person, the newest first, a page at a time.

Nothing is kept for this: it is read from what other features keep under the person's key. The conversation is long,
so it is read page by page; all else of a person is short, and read with each page in one query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from ..errors import NotFound, wrong_cursor
from ..services import Account, Services
from . import automations, people, polls, qrcodes, tags, template_names
from .days import A_DAY
from .templates import KEPT

PAGE = 50
FAR = 10**11 - 1  # later than anything
SAME = 60  # seconds between two accounts of the same arrival
CURSOR = re.compile(r"([0-9]{11})\.([0-9]{1,4})")
SCANNED_TO_FOLLOW = "qrscene_"
# Told of elsewhere: a template message has its own fate.
NOT_SHOWN = frozenset({"templatesendjobfinish", "subscribe_msg_sent_event"})
EVENTS = {
    "subscribe_msg_popup_event": "订阅通知：作了选择 answered about notices",
    "subscribe_msg_change_event": "关掉了订阅通知 switched notices off",
}
KINDS = {"subscribe": "follow", "unsubscribe": "leave", "scan": "scan", "click": "click"}
SHAPES = {
    "image": "图片 picture", "voice": "语音 voice", "video": "视频 video", "shortvideo": "视频 video",
    "music": "音乐 music", "location": "位置 place", "link": "链接 link", "news": "图文 article",
    "transfer_customer_service": "转人工 handed over",
}  # fmt: skip
# Of a person's own items all but the conversation, in one range of sk.
FIRST, LAST = "order#", "vote$"
READ = (
    "bought_at", "fen", "reply", "since", "given_to", "given_at", "following", "left_at", "facts", "qr_scene", "stage",
    "words", "template_id", "tried_ms", "send_at", "expires", "kind", "is_virtual", "voted_at",
)  # fmt: skip

Item = dict[str, Any]


class Happening(msgspec.Struct, frozen=True, omit_defaults=True):
    """`kind` is message, scan, click, follow, leave, template, told (by customer service), owed, visit, vote, order,
    tagged, journey (of an automation), fact or event; `fate` is how far a template message or a journey came."""

    at: int
    kind: str
    text: str = ""
    answer: str = ""
    fate: str = ""


class Visit(msgspec.Struct, frozen=True):
    """Of a page of ours; `preview` is WeChat's snapshot mode, in which nobody real was seen."""

    at: int
    preview: bool


class Entry(NamedTuple):
    """In order: by time, the conversation first, then by name."""

    at: int
    said: bool
    sk: str
    show: Callable[[Names], Happening | None]


class Names:
    """What things are called, looked up only if they are on the page."""

    def __init__(self, svc: Services, account: Account) -> None:
        self._svc, self._account = svc, account
        self._codes: dict[str, str] = {}

    def code(self, scene: str) -> str:
        if scene not in self._codes:
            try:
                self._codes[scene] = qrcodes.find(self._svc, self._account, scene).name
            except NotFound:  # one that another system made
                self._codes[scene] = scene
        return self._codes[scene]

    def poll(self, poll_id: str) -> str:
        try:
            return polls.find(self._svc, poll_id).title
        except NotFound:
            return poll_id

    def automation(self, automation_id: str) -> str:
        return automations.name_of(self._svc, self._account, automation_id)

    @cached_property
    def templates(self) -> dict[str, str]:
        return {known: name for name, known in template_names.listed(self._svc, self._account).items()}

    @cached_property
    def rules(self) -> dict[str, str]:
        return {rule.rule_id: rule.name for rule in tags.rules(self._svc, self._account)}


def page(
    svc: Services, account: Account, openid: str, cursor: str = "", limit: int = PAGE
) -> tuple[list[Happening], str]:
    """A page may be a few short, or empty; the cursor is "" after the first that ever happened."""
    until, skip = _read_cursor(cursor)
    log, floor = _conversation(svc, account, openid, until, limit + skip + 1)
    rest = [entry for entry in _rest(svc, account, openid) if floor < entry.at <= until]
    entries = sorted(log + rest, key=lambda entry: entry[:3], reverse=True)
    # Of the cursor's own second, so many were shown already.
    left = entries[skip:] if entries and entries[0].at == until else entries
    shown = left[:limit]
    names = Names(svc, account)
    happenings = [happening for entry in shown if (happening := entry.show(names))]
    ended = len(shown) == len(left) and floor < 0
    return happenings, "" if ended else _cursor(shown, until, skip)


def visits(svc: Services, account: Account, openid: str) -> list[Visit]:
    """The newest first, as long as they are kept."""
    found = svc.table.between(people.key(account, openid), "visit#", "visit$", "since", "is_virtual")
    told = [Visit(item["since"], item["is_virtual"]) for item in found]
    return sorted(told, key=lambda visit: visit.at, reverse=True)


def _read_cursor(cursor: str) -> tuple[int, int]:
    found = CURSOR.fullmatch(cursor)
    if cursor and not found:
        raise wrong_cursor()
    return (int(found[1]), int(found[2])) if found else (FAR, 0)


def _cursor(shown: list[Entry], until: int, skip: int) -> str:
    """The second of the last one shown, and how many of that second are behind us."""
    last = shown[-1].at
    behind = sum(entry.at == last for entry in shown) + (skip if last == until else 0)
    return f"{last:011d}.{behind}"


def _conversation(svc: Services, account: Account, openid: str, until: int, number: int) -> tuple[list[Entry], int]:
    """So many of the newest up to a time, and the time down to which that is all; -1 if there is nothing older."""
    behind = f"message#{until + 1:011d}"
    items, more = svc.table.page(people.key(account, openid), number, behind, newest_first=True)
    # In front of the conversation stand the reports on template messages.
    log = [_said(item) for item in items if item["sk"].startswith("message#")]
    return log, log[-1].at if more and len(log) == len(items) else -1


def _rest(svc: Services, account: Account, openid: str) -> Iterator[Entry]:
    found = list(svc.table.between(people.key(account, openid), FIRST, LAST, *READ))
    if not any(item["sk"] == "profile" for item in found):
        raise NotFound("没有这位粉丝。There is no such follower.")
    # They stand before the conversation, which is too long to be read along.
    journeys = svc.table.between(people.key(account, openid), "journey#", "journey$", "entered_at", "ending")
    for item in [*journeys, *found]:
        kind, _, name = item["sk"].partition("#")
        if kind == "profile":
            yield from _of_profile(svc, item)
        elif kind in OTHERS:
            at, show = OTHERS[kind]
            yield Entry(at(item), False, item["sk"], _bound(show, item, at(item), name))


def _bound(
    show: Callable[[Names, Item, int, str], Happening], item: Item, at: int, name: str
) -> Callable[[Names], Happening]:
    return lambda names: show(names, item, at, name)


def _said(item: Item) -> Entry:
    at = int(item["sk"].split("#", 2)[1])
    return Entry(at, True, item["sk"], lambda names: _shown(names, item, at))


def _shown(names: Names, item: Item, at: int) -> Happening | None:
    event, said, answer = str(item.get("event", "")), str(item.get("said", "")), _answer(item)
    if item["kind"] != "event":
        return Happening(at, "message", said or _shape(str(item["kind"])), answer)
    if event in NOT_SHOWN:
        return None
    if event == "scan" or said.startswith(SCANNED_TO_FOLLOW):
        said = names.code(said.removeprefix(SCANNED_TO_FOLLOW))
    elif event not in KINDS:
        said = f"{EVENTS.get(event, event)} {said}".strip()
    return Happening(at, KINDS.get(event, "event"), said, answer)


def _answer(item: Item) -> str:
    parts = [item.get("answer"), *item.get("rest", ()), *item.get("later", ())]
    return "\n".join(_words(part) for part in parts if part)


def _words(reply: Item) -> str:
    title = reply["articles"][0].get("title", "") if reply.get("articles") else reply.get("title", "")
    return str(reply.get("content") or title or _shape(reply["type"]))


def _shape(kind: str) -> str:
    return f"[{SHAPES.get(kind, kind)}]"


def _of_profile(svc: Services, profile: Item) -> Iterator[Entry]:
    for name, fact in profile.get("facts", {}).items():
        told = Happening(fact["at"], "fact", f"{name}：{fact['value']}")
        yield Entry(told.at, False, f"fact#{name}", lambda names, told=told: told)  # type: ignore[misc]
    kind, event = ("follow", "subscribe") if profile["following"] else ("leave", "unsubscribe")
    at = int(profile.get("since" if profile["following"] else "left_at", 0))
    scene = str(profile.get("qr_scene", ""))
    if at and not _was_heard(svc, profile["pk"], event, at):
        yield Entry(at, False, kind, lambda names: Happening(at, kind, names.code(scene) if scene else ""))


def _was_heard(svc: Services, pk: str, event: str, at: int) -> bool:
    """Then the conversation tells of it."""
    around = svc.table.between(pk, f"message#{at - SAME:011d}", f"message#{at + SAME:011d}~", "event")
    return any(item.get("event") == event for item in around)


def _template(names: Names, item: Item, at: int, _: str) -> Happening:
    title = names.templates.get(item["template_id"], "")
    words = " · ".join(str(value) for value in item["words"].values())
    return Happening(at, "template", "：".join(filter(None, (title, words))), fate=item["stage"])


def _owed(names: Names, item: Item, at: int, _: str) -> Happening:
    return Happening(at, "owed", _words(item["reply"]), fate="" if "given_to" in item else "planned")


def _order(names: Names, item: Item, at: int, _: str) -> Happening:
    return Happening(at, "order", f"¥{item['fen'] / 100:.2f}")


def _visit(names: Names, item: Item, at: int, _: str) -> Happening:
    return Happening(at, "visit", "预览 preview" if item["is_virtual"] else "")


def _tried(item: Item) -> int:
    """When it went out; before that, when it will; else when it was ordered."""
    return int(item.get("tried_ms", 0)) // 1000 or int(item.get("send_at", 0)) or int(item["expires"]) - KEPT


# What else is kept of a person: when that was, and how it is told.
OTHERS: dict[str, tuple[Callable[[Item], int], Callable[[Names, Item, int, str], Happening]]] = {
    "journey": (
        lambda item: int(item["entered_at"]),
        lambda names, item, at, key: Happening(
            at, "journey", names.automation(key.partition("#")[0]), fate=str(item.get("ending", "inside"))
        ),
    ),
    "order": (lambda item: int(item["bought_at"]), _order),
    "owed": (lambda item: int(item["since"]), _owed),
    "ruled": (
        lambda item: int(item["given_at"]),
        lambda names, _, at, rule: Happening(at, "tagged", names.rules.get(rule, rule)),
    ),
    "template": (_tried, _template),
    "told": (
        lambda item: int(item["expires"]) - A_DAY,
        lambda _, item, at, __: Happening(at, "told", _shape(item["kind"]) if item["kind"] != "text" else ""),
    ),
    "visit": (lambda item: int(item["since"]), _visit),
    "vote": (
        lambda item: int(item["voted_at"]),
        lambda names, _, at, poll: Happening(at, "vote", names.poll(poll.partition("#")[0])),
    ),
}
