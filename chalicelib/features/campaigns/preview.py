"""How a campaign's message will look: filled with somebody's data, or on the operator's own phone."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

import msgspec

from ...errors import BadInput, Conflict, NotFound, Unavailable
from ...services import Account, Services
from ...wechat.errors import Unreachable, WeChatError
from .. import abilities, followers, notices, operators, people, template_library, template_names, variables
from ..operators import Who
from ..template_library.fields import PLACE
from . import links, reading, refusals, senders, wording
from .campaign import Document, Told, Variant
from .checks import ABILITIES
from .senders import Content

NOT_TIED = (
    "您还没有绑定这个公众号的微信：请在控制台「我」里扫码绑定，再试。"
    "Your WeChat is not tied to you for this account yet: tie it under Me in the console, by scanning."
)
NOBODY_KNOWN = "此人没有关注这个公众号。They do not follow this account."
NO_CONSENT = (
    "您还没有同意接收这个订阅通知：请先在手机上同意一次。"
    "You have not agreed to this notice yet: please agree on your phone first."
)
NOT_ASKED = "现在查不到您的同意，请再试一次。Your consent cannot be looked up right now; please try again."
NO_VARIANT = "没有这个版本。There is no such variant."


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """`fields` of a template or notice, `text` as it reads in whole, `link` before it is shortened. `missing`:
    variables without a default of which nothing is known of this person, so they would get nothing."""

    fields: dict[str, str]
    text: str
    link: str
    missing: list[str]


def of_person(svc: Services, account: Account, told: Told, number: int, openid: str) -> Preview:
    """NotFound for whoever does not follow. `openid` "": somebody of whom nothing is known."""
    document, variant = _variant(svc, account, told, number)
    values = variables.of_person(svc, account, _profile(svc, account, openid))
    link = links.as_it_stands(svc, account, variant.link, openid)
    values |= {"link": link}
    fields = {name: senders.fitting(name, variables.fill(said, values)) for name, said in variant.fields.items()}
    words = [*variant.fields.values(), variant.link, *(said for _, said in wording.spoken(variant.reply))]
    missing = dict.fromkeys(name for said in words for name in variables.missing(said, values) if name != "link")
    text = _text(svc, account, document, variant, fields, values)
    return Preview(fields=fields, text=text, link=link, missing=list(missing))


def send(svc: Services, account: Account, who: Who, told: Told, number: int) -> None:
    """To the WeChat that the operator tied to themselves; it counts like any other message. Filled with their own
    data, without a counted link."""
    document, variant = _variant(svc, account, told, number)
    abilities.insist(account, ABILITIES[document.kind])
    for mistake in reading.unfinished(document):
        if mistake.place.startswith(f"variants[{number}]"):
            raise BadInput(mistake.message)
    openid = operators.wechat_of(svc, who.mark, account.alias) if who.kind == "operator" else ""
    if not openid:
        raise Conflict(NOT_TIED)
    if document.kind == "mass":
        refusals.told(partial(account.wechat.masses.preview, openid, variant.mass or {}))
        return
    content = _content(svc, account, variant, openid)
    try:
        refusals.told(partial(_sent, svc, account, document.kind, openid, content))
    except senders.NoConsent:
        raise Conflict(NO_CONSENT) from None
    except senders.NotAsked:
        raise Unavailable(NOT_ASKED) from None


def _variant(svc: Services, account: Account, told: Told, number: int) -> tuple[Document, Variant]:
    document, mistakes = reading.mistakes_of(svc, account, told)
    for mistake in mistakes:
        if mistake.place.startswith(("kind", f"variants[{number}]")) or mistake.place == "variants":
            raise BadInput(mistake.message)
    if not 0 <= number < len(document.variants):
        raise NotFound(NO_VARIANT)
    return document, document.variants[number]


def _profile(svc: Services, account: Account, openid: str) -> dict[str, Any]:
    if not openid:
        return {}
    profile = followers.profile(svc, account, openid) if people.OPENID.fullmatch(openid) else None
    if profile is None or not profile["following"]:
        raise NotFound(NOBODY_KNOWN)
    return profile


def _text(  # noqa: PLR0913, PLR0917 (what is said, and with what)
    svc: Services,
    account: Account,
    document: Document,
    variant: Variant,
    fields: dict[str, str],
    values: variables.Values,
) -> str:
    if document.kind == "mass":
        return str((variant.mass or {}).get("content", ""))
    if document.kind == "custom":
        return variables.fill(next((said for _, said in wording.spoken(variant.reply) if said), ""), values)
    if not variant.template:
        return ""
    try:
        template = template_library.find(svc, account, template_names.find(svc, account, variant.template))
    except NotFound:
        return ""
    return PLACE.sub(lambda place: fields.get(place[1], ""), template.content)


def _sent(svc: Services, account: Account, kind: str, openid: str, content: Content) -> None:
    """What surely did not arrive costs nobody a consent."""
    try:
        senders.SENDERS[kind](svc, account, openid, content)
    except (WeChatError, Unreachable, Unavailable) as error:
        if kind == "notice" and not getattr(error, "sent", False):
            notices.refused(svc, account, openid, content.template_id, getattr(error, "code", 0))
        raise


def _content(svc: Services, account: Account, variant: Variant, openid: str) -> Content:
    """As it would be sent, but for the counted link; under an id of its own, so that it can be sent again."""
    values = variables.of_person(svc, account, followers.profile(svc, account, openid) or {})
    link = links.as_it_stands(svc, account, variant.link, openid)
    try:
        return Content(
            template_id=template_names.find(svc, account, variant.template) if variant.template else "",
            fields={name: senders.fitting(name, said) for name, said in senders.filled(variant.fields, values).items()},
            link=link,
            miniprogram=variant.miniprogram,
            reply=senders.filled(variant.reply, values | {"link": link}),
            once=secrets.token_hex(16),
        )
    except senders.Missing as missing:
        raise Conflict(
            f"不知道您的 {{{missing}}}，也没有默认值。Nothing is known of your {{{missing}}}, and it has no default."
        ) from None
