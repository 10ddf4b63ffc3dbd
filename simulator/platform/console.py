"""What an account says by itself from WeChat's own console: its menu and auto-replies, until a server URL is set.

`account.console` is {"menu": {"button": […]}, "replies": {…}}, both as `get_current_selfmenu_info` and
`get_current_autoreply_info` write them. With a server URL both stop; that the rules can still be read then, as
switched off, is this simulator's choice: nobody has written down what the platform does.
"""

from __future__ import annotations

import random
from typing import Any

from simulator.accounts import Account, Json, Person
from simulator.platform.call import Call

ONCE_IN = 3600  # seconds: the answer to any message comes once in this time
SENT = {"text", "image", "voice", "video", "shortvideo", "location", "link"}


def autoreply_info(call: Call) -> Json:
    replies: Json = call.account.console.get("replies", {})
    works = not call.account.callback_url
    opened = {
        "is_add_friend_reply_open": int(works and "add_friend_autoreply_info" in replies),
        "is_autoreply_open": int(works and bool({*replies} - {"add_friend_autoreply_info"})),
    }
    return opened | replies


def answers(account: Account, person: Person, fields: Json, now: float) -> list[Json]:
    """What the console's auto-replies show on the phone after a message or a follow; nothing once a server is set."""
    replies = account.console.get("replies", {})
    if fields.get("Event") == "subscribe":
        return _shown([replies.get("add_friend_autoreply_info")])
    if fields["MsgType"] not in SENT:
        return []
    for rule in replies.get("keyword_autoreply_info", {}).get("list", []):
        if any(_fits(keyword, str(fields.get("Content", ""))) for keyword in rule["keyword_list_info"]):
            said = rule["reply_list_info"]
            return _shown(said if rule["reply_mode"] == "reply_all" else [random.choice(said)])
    last = max((item["at"] for item in person.chat if item.get("to_anything")), default=0.0)
    default = _shown([replies.get("message_default_autoreply_info")])
    return [one | {"to_anything": True} for one in default] if now - last >= ONCE_IN else []


def shown(told: Json) -> Json:
    """A console's text, picture, voice, video or articles, as a phone shows them."""
    kind, value = str(told.get("type")), told.get("content", told.get("value", ""))
    if kind == "news":
        listed: list[Json] = told.get("news_info", {}).get("list", [])
        return {"type": "news", "articles": [_article(one) for one in listed]}
    if kind == "text":
        return {"type": "text", "content": value}
    return {"type": "image" if kind == "img" else kind, "media_id": value}


def _shown(said: list[Any]) -> list[Json]:
    return [shown(one) for one in said if one]


def _article(told: Json) -> Json:
    return {
        "title": told.get("title", ""),
        "description": told.get("digest", ""),
        "pic_url": told.get("cover_url", ""),
        "url": told.get("content_url", ""),
    }


def _fits(keyword: Json, said: str) -> bool:
    return keyword["content"] == said if keyword["match_mode"] == "equal" else keyword["content"] in said
