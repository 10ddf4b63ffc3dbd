"""What goes to one person, and the call that sends it: a sender for each kind.

A template message carries an id by which WeChat knows a repeat for ten minutes. A notice and a customer-service message
carry none: they go out at most once, and a consent is spent before its notice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ...errors import AppError
from ...services import Account, Services
from ...wechat import messages
from .. import notices, template_names, variables
from . import links

if TYPE_CHECKING:
    from .campaign import Campaign

REMEMBER = 60  # seconds
THING = 20  # characters of a field that begins with "thing"; WeChat refuses more
LINK = "link"

Told = dict[str, Any]


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """One message as this person gets it."""

    template_id: str = ""
    fields: dict[str, str] = {}
    link: str = ""
    miniprogram: dict[str, str] | None = None
    reply: Told | None = None
    once: str = ""  # WeChat's client_msg_id


class Missing(Exception):
    """A variable without a default, of which nothing is known."""


class NoConsent(Exception):
    """It was spent, or taken back, since it was looked up."""


class NotAsked(Exception):
    """Our own table could not be asked; nothing was sent."""


class Sender(Protocol):
    def __call__(self, svc: Services, account: Account, openid: str, content: Content) -> int:
        """WeChat's id of the message, 0 where it tells none. Raises what wechat/ raises."""


def content(
    svc: Services, account: Account, campaign: Campaign, number: int, openid: str, profile: Mapping[str, Any]
) -> Content:
    """The variant of that number with this person's words. Missing names what is not known; NotFound: the template."""
    variant, kind = campaign.document.variants[number], campaign.document.kind
    link = links.address(svc, account, campaign, number, openid) if variant.link else ""
    values = variables.of_person(svc, account, profile) | {LINK: link}
    if kind == "custom":
        return Content(reply=filled(variant.reply or {}, values), link=link)
    return Content(
        template_id=template_id(svc, account, variant.template),
        fields={name: fitting(name, _said(words, values)) for name, words in variant.fields.items()},
        link=link,
        miniprogram=variant.miniprogram,
        once=once(campaign.campaign_id, openid),
    )


def once(campaign_id: str, openid: str) -> str:
    return hashlib.sha256(f"{campaign_id}#{openid}".encode()).hexdigest()[:32]


def send_template(svc: Services, account: Account, openid: str, content: Content) -> int:
    send = account.wechat.templates.send
    given = (content.template_id, content.fields, content.link, content.miniprogram)
    return send(openid, *given, client_msg_id=content.once)


def send_notice(svc: Services, account: Account, openid: str, content: Content) -> int:
    """NoConsent unless one could be spent."""
    try:
        taken = notices.take(svc, account, openid, content.template_id)
    except AppError:
        raise NotAsked from None
    if not taken:
        raise NoConsent
    account.wechat.notices.send(openid, content.template_id, content.fields, content.link, content.miniprogram)
    return 0


def send_custom(svc: Services, account: Account, openid: str, content: Content) -> int:
    account.wechat.custom.send(openid, messages.reply_from(content.reply or {}))
    return 0


SENDERS: dict[str, Sender] = {"template": send_template, "notice": send_notice, "custom": send_custom}
KNOWS_REPEATS = frozenset({"template"})  # by client_msg_id, for ten minutes
PATHS = {
    "template": "/cgi-bin/message/template/send",
    "notice": "/cgi-bin/message/subscribe/bizsend",
    "custom": "/cgi-bin/message/custom/send",
}


def filled(told: Any, values: variables.Values) -> Any:
    """Of a reply's words only those that a follower reads or opens; ids stay as they are."""
    if isinstance(told, dict):
        return {name: filled(part, values) if name not in AS_THEY_ARE else part for name, part in told.items()}
    if isinstance(told, list):
        return [filled(part, values) for part in told]
    return _said(told, values) if isinstance(told, str) else told


AS_THEY_ARE = frozenset({"type", "media_id", "thumb_media_id"})


def _said(words: str, values: variables.Values) -> str:
    if unknown := variables.missing(words, {LINK: " "} | {name: value for name, value in values.items() if value}):
        raise Missing(unknown[0])
    return variables.fill(words, values)


def fitting(name: str, words: str) -> str:
    """As much as WeChat shows: a nickname may be longer than whoever wrote it thought."""
    return words if not name.startswith("thing") or len(words) <= THING else words[: THING - 1] + "…"


def template_id(svc: Services, account: Account, name: str) -> str:
    """Of our name for it; NotFound if there is none."""
    return svc.cached(f"template#{account.alias}#{name}", REMEMBER, lambda: template_names.find(svc, account, name))
