"""Customer-service messages: cgi-bin/message/custom/*, customservice/*; the windows that a person's acts open."""

from __future__ import annotations

from collections.abc import Callable

from simulator.accounts import Json, Person
from simulator.platform.call import OK, Call, word
from simulator.platform.errors import Refused, insist

LONGEST_TEXT = 2048
UNLIMITED = 1_000_000
TYPING_LASTS = 15
TYPING_AFTER = 30
MOST_KF = 100
LONGEST_PREFIX, LONGEST_SUFFIX, LONGEST_NICKNAME = 10, 30, 16


def send(call: Call) -> Json:
    """What it costs is taken last: a refused message leaves the allowance as it was."""
    person = call.known(call.body.get("touser"))
    kind = call.word("msgtype")
    insist(kind in _KINDS, 40008)
    shown = _KINDS[kind](call, call.part(kind))
    check_window(person, call.now)
    if person.window_left < UNLIMITED:
        person.window_left -= 1
    person.typing_until = 0.0
    call.world.show(person, "custom", {"type": kind} | shown)
    return OK


def check_window(person: Person, now: float) -> None:
    insist(person.follows and now < person.window_until, 45015)
    insist(person.window_left > 0, 45047)
    insist(not person.refuses_messages, 48002)


def _text(call: Call, told: Json) -> Json:
    content = told.get("content")
    insist(isinstance(content, str) and content, 44004)
    insist(len(str(content).encode()) <= LONGEST_TEXT, 45002)
    return {"content": content}


def _media(*names: str) -> Callable[[Call, Json], Json]:
    def check(call: Call, told: Json) -> Json:
        for name in names:
            insist(word(told.get(name)) in call.account.media, 40007)
        return told

    return check


def _news(call: Call, told: Json) -> Json:
    articles = told.get("articles")
    insist(isinstance(articles, list) and articles and all(isinstance(a, dict) for a in articles), 47001)
    insist(len(articles or []) == 1, 45008)
    named = {"title": "title", "description": "description", "url": "url", "pic_url": "picurl"}
    return {"articles": [{name: a.get(key, "") for name, key in named.items()} for a in articles or []]}


def _menu(call: Call, told: Json) -> Json:
    choices = told.get("list")
    insist(isinstance(choices, list) and choices, 47001)
    return {"head_content": told.get("head_content", ""), "list": choices, "tail_content": told.get("tail_content", "")}


def _as_told(call: Call, told: Json) -> Json:
    return told


_KINDS: dict[str, Callable[[Call, Json], Json]] = {
    "text": _text,
    "image": _media("media_id"),
    "voice": _media("media_id"),
    "video": _media("media_id", "thumb_media_id"),
    "music": _media("thumb_media_id"),
    "news": _news,
    "mpnews": _media("media_id"),
    "mpnewsarticle": _as_told,
    "msgmenu": _menu,
    "wxcard": _as_told,
    "miniprogrampage": _media("thumb_media_id"),
}


def typing(call: Call) -> Json:
    person = call.known(call.body.get("touser"))
    command = call.word("command")
    insist(command in {"Typing", "CancelTyping"}, 45072)
    if command == "CancelTyping":
        person.typing_until = 0.0
        return OK
    insist(call.now - person.last_seen <= TYPING_AFTER, 45080)
    check_window(person, call.now)
    insist(call.now >= person.typing_until, 45081)
    person.typing_until = call.now + TYPING_LASTS
    return OK


def add_kf(call: Call) -> Json:
    name = _kf_name(call)
    insist(name not in call.account.kf_accounts, 65406)
    insist(len(call.account.kf_accounts) < MOST_KF, 65405)
    call.account.kf_accounts[name] = _nickname(call)
    return OK


def update_kf(call: Call) -> Json:
    name = _known_kf(call)
    call.account.kf_accounts[name] = _nickname(call)
    return OK


def delete_kf(call: Call) -> Json:
    name = call.query.get("kf_account") or call.word("kf_account")
    if name not in call.account.kf_accounts:
        raise Refused(65401)
    del call.account.kf_accounts[name]
    return OK


def _kf_name(call: Call) -> str:
    prefix, at, rest = call.text("kf_account", 65401).partition("@")
    insist(at and 0 < len(prefix) <= LONGEST_PREFIX and 0 < len(rest) <= LONGEST_SUFFIX, 65401)
    return f"{prefix}@{rest}"


def _known_kf(call: Call) -> str:
    name = _kf_name(call)
    insist(name in call.account.kf_accounts, 65401)
    return name


def _nickname(call: Call) -> str:
    nickname = call.text("nickname", 65403)
    insist(len(nickname) <= LONGEST_NICKNAME, 65403)
    return nickname


def kf_list(call: Call) -> Json:
    numbered = enumerate(call.account.kf_accounts.items(), 1001)
    return {
        "kf_list": [
            {"kf_account": n, "kf_nick": nick, "kf_id": str(i), "kf_headimgurl": ""} for i, (n, nick) in numbered
        ]
    }


def online_kf_list(call: Call) -> Json:
    return {"kf_online_list": []}
