"""Events that messages are: followed, left, said, scanned, clicked, viewed."""

from __future__ import annotations

from typing import Any

from ...services import Account, Services
from ...wechat.messages import Message
from .. import operators
from .interest import is_asked
from .publishing import publish

LONGEST_TEXT = 600  # characters of what was said
LONGEST_KEY = 200


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener, the last one: by now everything that the message changes is noted."""
    if operators.is_console_scan(message):
        return  # an operator signs in: nobody else's business
    for kind, data in heard(message):
        more = _version(svc, account, message) if kind == "clicked" and is_asked(svc, account, kind) else {}
        publish(svc, account, kind, message.openid, data | more, cause=message.key, at=message.created)


def heard(message: Message) -> list[tuple[str, dict[str, Any]]]:
    """What a message says that happened; two things where somebody followed by a code."""
    if message.kind != "event":
        return [("said", {"text": _said(message)[:LONGEST_TEXT], "type": message.kind})]
    key = message.event_key[:LONGEST_KEY]
    found: list[tuple[str, dict[str, Any]]] = []
    if message.event == "subscribe":
        found.append(("followed", {"found_by": "code" if message.scene else "other", "scene": message.scene}))
    elif message.event == "unsubscribe":
        found.append(("left", {}))
    elif message.event == "click":
        found.append(("clicked", {"key": key}))
    elif message.event in ("view", "view_miniprogram"):
        found.append(("viewed", {"url": message.event_key[:1000]}))
    if message.scene:
        found.append(("scanned", {"scene": message.scene}))
    return found


def _version(svc: Services, account: Account, message: Message) -> dict[str, Any]:
    """Of the menu that was tapped, from memory; nothing of a menu that is not ours."""
    from .. import menus  # noqa: PLC0415 (menus ask segments, which know followers, which publish)

    found = menus.tapped(svc, account, message)
    return {"menu_version": found[0]} if found else {}


def _said(message: Message) -> str:
    """Typed, or recognised from what was spoken."""
    return message.text or message.get("Recognition")
