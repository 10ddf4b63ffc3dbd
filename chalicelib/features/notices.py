"""Subscription notices: who agreed to which, and how each notice ended. Nobody is asked who did not agree.

    pk person#<account>#<openid>   sk grant#<template_id>     {remaining, agreed, refused, changed, heard, version}
    pk person#<account>#<openid>   sk noticed#<template_id>   {outcome, reason, msgid, reported_at}

One `accept` in WeChat's popup is one notice of a one-time template, whenever; of a long-term one it is as many as
wanted, until they refuse. `remaining` counts the one-time consents, `agreed` says that the last word was yes. A
consent is taken before the notice goes out, and WeChat knows no repeat of one, so a notice is sent at most once: who is
killed in between has lost the consent. `noticed` is WeChat's newest report on a notice of that template, because its
answer to the sending names no message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import AppError, Conflict
from ..services import Account, Services
from ..wechat.messages import Message
from . import late, people
from .days import A_DAY

if TYPE_CHECKING:
    from .template_library import Template

POPUP, CHANGE, SENT = "subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event"
# WeChat's own sample once showed a change under the popup's name.
WRAPPERS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")
KEPT = 90 * A_DAY  # reports
NO_CONSENT = 43101
MOST_HEARD = 20  # events by which a repeat is known; they come within seconds
MOST_LISTED = 10  # templates that one event tells of; a popup shows five
LONGEST_ID = 128
TRIES = 8

Item = dict[str, Any]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said to one template. `may`: a notice can be sent to them now; `remaining`: how many, where each
    consent is for one; `refused`: their last word was no."""

    template_id: str
    title: str
    long_term: bool
    may: bool
    remaining: int
    refused: bool
    changed_at: int


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener: consents, refusals, and what became of notices. A repeat changes nothing; nothing else costs."""
    if message.event not in (POPUP, CHANGE, SENT):
        return
    for told in _told(message):
        if message.event == SENT:
            _note_report(svc, account, message, told)
        elif (answer := _text(told, "SubscribeStatusString").casefold()) in ("accept", "reject"):
            _note_answer(svc, account, message, _text(told, "TemplateId"), answer == "accept")


def grants(svc: Services, account: Account, openids: Sequence[str], template_id: str) -> dict[str, bool]:
    """To whom of them a notice may be sent now; a hundred in a request."""
    keys = {people.key(account, openid): openid for openid in openids}
    asked = [(pk, _sk(template_id)) for pk in keys]
    long_term = _is_long_term(svc, account, template_id)
    found = {keys[item["pk"]]: item for item in svc.table.get_many(asked, "remaining", "agreed")}
    return {openid: openid in found and _may(found[openid], long_term) for openid in openids}


def take(svc: Services, account: Account, openid: str, template_id: str) -> bool:
    """Spend one consent, just before sending: was there one? Whoever gets True is the only one who may send for it."""
    if _is_long_term(svc, account, template_id):
        return grants(svc, account, [openid], template_id)[openid]
    return _change(svc, people.key(account, openid), template_id, _one_less, make=False)


def give_back(svc: Services, account: Account, openid: str, template_id: str) -> None:
    """It certainly was not sent (no token, no connection, a quota spent): the consent is good for another time."""
    if not _is_long_term(svc, account, template_id):
        _change(svc, people.key(account, openid), template_id, _one_more, make=False)


def refused(svc: Services, account: Account, openid: str, template_id: str, code: int) -> None:
    """WeChat surely sent nothing: the consent is theirs still, unless it says that there was none."""
    (forget if code == NO_CONSENT else give_back)(svc, account, openid, template_id)


def forget(svc: Services, account: Account, openid: str, template_id: str) -> None:
    """WeChat says (43101) that there is no consent, whatever we thought."""
    gone = {"remaining": 0, "agreed": False}
    _change(svc, people.key(account, openid), template_id, lambda _: gone, make=False)


def of_person(svc: Services, account: Account, openid: str) -> list[Grant]:
    """What they were asked and said, the newest first; nothing for somebody who was never asked."""
    names = ("remaining", "agreed", "refused", "changed")
    found = list(svc.table.between(people.key(account, openid), "grant#", "grant$", *names))
    known = {one.template_id: one for one in _templates(svc, account)} if found else {}
    told = [_grant(item, known) for item in found]
    return sorted(told, key=lambda one: (-one.changed_at, one.template_id))


def report(svc: Services, account: Account, openid: str, template_id: str) -> Item | None:
    """{outcome, reason, msgid, reported_at} that WeChat last told of a notice of this template to them."""
    return svc.table.get(people.key(account, openid), f"noticed#{template_id}")


def _told(message: Message) -> Iterator[Item]:
    """The entries under whichever wrapper there is, each template once."""
    entries = next((found for name in WRAPPERS if (found := message.items(name))), [])
    seen: set[str] = set()
    for told in entries[:MOST_LISTED]:
        template_id = _text(told, "TemplateId")
        if 0 < len(template_id) <= LONGEST_ID and template_id not in seen:
            seen.add(template_id)
            yield told


def _note_answer(svc: Services, account: Account, message: Message, template_id: str, accepts: bool) -> None:
    """An older yes after a newer no is none any more, nor is an older no after a newer yes: events may come out of
    order, and nobody is asked against their last word. Of what was agreed before a no from the settings nobody knows
    how much is newer, but the last yes surely is."""

    def hear(item: Item) -> Item | None:
        if message.key in item["heard"]:
            return None
        told: Item = {"heard": [*item["heard"], message.key][-MOST_HEARD:]}
        is_older = item["changed"] > message.created
        later_no, later_yes = item["refused"] and is_older, item["agreed"] and is_older
        if accepts and not later_no:
            told |= {"remaining": item["remaining"] + 1, "agreed": True, "refused": False}
        elif not accepts:
            told |= {} if later_yes else {"agreed": False, "refused": True}
            # In the popup they refuse one more notice; in their settings, all that they had agreed to.
            left = min(item["remaining"], int(later_yes))
            told |= {"remaining": left} if message.event == CHANGE else {}
        return told | {"changed": max(item["changed"], message.created)}

    _change(svc, people.key(account, message.person), template_id, hear, make=True)


def _note_report(svc: Services, account: Account, message: Message, told: Item) -> None:
    code = _text(told, "ErrorCode") or "0"
    outcome = "delivered" if code == "0" else "failed"
    svc.table.put(
        {
            "pk": people.key(account, message.person),
            "sk": f"noticed#{_text(told, 'TemplateId')}",
            "outcome": outcome,
            "reason": f"{code} {_text(told, 'ErrorStatus')}"[:80],
            "msgid": _text(told, "MsgID")[:40],
            "reported_at": message.created,
            "expires": svc.now() + KEPT,
        }
    )


def _change(svc: Services, pk: str, template_id: str, edit: Callable[[Item], Item | None], *, make: bool) -> bool:
    """Was it changed? `edit` says what to set, None for nothing. Conflict if others change it all the time."""
    empty = {"remaining": 0, "agreed": False, "refused": False, "changed": 0, "heard": [], "version": 0}
    for _ in range(TRIES):
        kept = svc.table.get(pk, _sk(template_id), fresh=True)
        if kept is None and not make:
            return False
        told = edit(kept or empty)
        if told is None:
            return False
        if kept is None:
            if svc.table.put_new({"pk": pk, "sk": _sk(template_id), **empty, **told, "version": 1}) is None:
                return True
        elif svc.table.update(
            pk, _sk(template_id), {**told, "version": kept["version"] + 1}, where="#version = :v", v=kept["version"]
        ):
            return True
    raise Conflict("正好有别的改动，请再试一次。Something else changes it just now; please try again.")


def _one_less(item: Item) -> Item | None:
    return {"remaining": item["remaining"] - 1} if item["remaining"] > 0 else None


def _one_more(item: Item) -> Item | None:
    """Not against a no that came meanwhile."""
    return None if item["refused"] and not item["remaining"] else {"remaining": item["remaining"] + 1}


def _may(item: Item, long_term: bool) -> bool:
    return bool(item["agreed"]) if long_term else int(item["remaining"]) > 0


def _is_long_term(svc: Services, account: Account, template_id: str) -> bool:
    """A template that WeChat did not tell of is taken for a one-time one: then nobody gets more than they agreed to."""
    return any(one.long_term for one in _templates(svc, account) if one.template_id == template_id)


def _templates(svc: Services, account: Account) -> list[Template]:
    """From memory, if it is there; message handling never asks WeChat for it."""
    try:
        found: list[Template] = late.find("template_library.remembered")(svc, account)
    except AppError:
        return []
    return found


def _grant(item: Item, known: dict[str, Template]) -> Grant:
    template_id = item["sk"].removeprefix("grant#")
    template = known.get(template_id)
    long_term = bool(template and template.long_term)
    return Grant(
        template_id=template_id,
        title=template.title if template else "",
        long_term=long_term,
        may=_may(item, long_term),
        remaining=item["remaining"],
        refused=item["refused"],
        changed_at=item["changed"],
    )


def _sk(template_id: str) -> str:
    return f"grant#{template_id}"


def _text(told: Item, name: str) -> str:
    value = told.get(name, "")
    return value.strip() if isinstance(value, str) else ""
