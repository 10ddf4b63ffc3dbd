"""The short link of each recipient, `/go/<code>`: where it leads, and that it was opened, once for each person.

A code is 24 bytes: nine that sign it and hide the rest, then the campaign, the bucket that the person is in, the
variant and 48 bits of the person's mark. Whoever reads it learns nothing; whoever alters or makes one up is told that
there is no such link. The same person has the same code however often they are sent it. Who it is follows from the
campaign's own list, so a person who is erased has a link that still leads on, and is counted no more; nor is anybody 90
days after the planning.

A link is asked for by people in WeChat's browser, and by machines that want a picture of the page for a chat, look
whether it is safe, or fetch it before anybody has tapped. All are led on; only people are counted. Who forwards their
link is counted for whoever opens it in WeChat: once, like everybody.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from ...errors import AppError, NotFound
from ...observe import log
from ...services import Account, Services
from .. import followers, variables
from ..followers import shelves
from . import store
from .campaign import LETTERS

if TYPE_CHECKING:
    from .campaign import Campaign

SIGNED = 9  # bytes
TOLD = 15
MARK_BYTES = 6
LENGTH = (SIGNED + TOLD) * 4 // 3  # characters of a code: 32
SIGN, HIDE = "go", "go hidden"  # what the stage's key is used for
# What an address may hold as it stands: RFC 3986's reserved characters, and what is written as %XX already.
AS_IT_IS = "%!$&'()*+,;=:@/?#[]~"
REMEMBER = 60  # seconds: so long is a campaign known to whoever follows its links
IN_WECHAT = "micromessenger"  # in the User-Agent of its browsers on every system
# A Cubot is a telephone.
MACHINE = re.compile(r"(?<!cu)bot\b|spider|crawler|preview|prerender|headless|scan", re.IGNORECASE)
CODE = re.compile(rf"[A-Za-z0-9_-]{{{LENGTH}}}")
UNKNOWN = "没有这个链接，或者它已经收起来了。There is no such link, or it was put away."


@dataclass(frozen=True)
class Told:
    """What a code says. `mark` is the end of the person's (followers/shelves.py)."""

    account: Account
    campaign_id: str
    shelf: int
    bucket: int
    variant: int
    mark: bytes


def address(svc: Services, account: Account, campaign: Campaign, variant: int, openid: str) -> str:
    """What this person is sent for the variant's link: absolute, "" if it has none. The link itself where clicks are
    not counted, or where we know no address of our own (GAIWAN_PUBLIC_URL): nobody shall get a link to nowhere."""
    link = campaign.document.variants[variant].link
    if not link or not campaign.document.track or not svc.settings.public_url:
        return as_it_stands(svc, account, link, openid)
    return f"{svc.settings.public_url}/go/{code(svc, account, campaign, variant, openid)}"


def code(svc: Services, account: Account, campaign: Campaign, variant: int, openid: str) -> str:
    """32 characters, URL-safe."""
    from . import chunks  # noqa: PLC0415 (only those who send make codes)

    shelf, bucket = chunks.mark_bucket(openid, campaign.buckets)
    place = bytes((int(shelf, 16), int(bucket, 16), variant))
    told = bytes.fromhex(campaign.campaign_id) + place + _mark(openid)
    signature = _signature(svc, account, told)
    return base64.urlsafe_b64encode(signature + _mixed(svc, signature, told)).decode()


def read(svc: Services, code: str) -> Told:
    """NotFound for whatever is not a code of ours, without asking the table."""
    raw = _bytes(code)
    signature = raw[:SIGNED]
    told = _mixed(svc, signature, raw[SIGNED:])
    for account in svc.accounts:
        if hmac.compare_digest(_signature(svc, account, told), signature):
            return Told(account, told[:6].hex(), told[6], told[7], told[8], told[9:])
    raise NotFound(UNKNOWN)


def follow(svc: Services, code: str, by_person: bool) -> str:
    """Where the link leads, as an address for a header; a person's first click is counted. NotFound for a code that is
    none, or whose campaign was removed."""
    told = read(svc, code)
    campaign = _campaign(svc, told)
    variants = campaign.document.variants
    link = variants[told.variant].link if told.variant < len(variants) else ""
    if not link:
        raise NotFound(UNKNOWN)
    openid = _counted(svc, told, campaign) if by_person else ""
    return as_it_stands(svc, told.account, link, openid)


def as_it_stands(svc: Services, account: Account, link: str, openid: str) -> str:
    """The link itself with this person's variables, as it may stand in a header; of nobody ("") with its defaults."""
    return target(_said(svc, account, link, openid))


def is_person(user_agent: str, purpose: str) -> bool:
    """Whether somebody looks, in WeChat, where the link was sent to. `purpose`: what a browser says that fetches a page
    in advance."""
    return IN_WECHAT in user_agent.lower() and not MACHINE.search(user_agent) and not purpose


def target(link: str) -> str:
    """The address as it may stand in a header: Chinese in the host as punycode, elsewhere percent-encoded."""
    if link.isascii():
        return link
    parts = urlsplit(link)
    return urlunsplit(parts._replace(netloc=_host(parts.netloc), **_quoted(parts.path, parts.query, parts.fragment)))


def _campaign(svc: Services, told: Told) -> Campaign:
    name = f"go#{told.account.alias}#{told.campaign_id}"
    return svc.cached(name, REMEMBER, lambda: store.find(svc, told.account, told.campaign_id))


def _counted(svc: Services, told: Told, campaign: Campaign) -> str:
    """Whose link it is, "" if nobody's any more; their first click is counted."""
    from . import persons  # noqa: PLC0415 (a machine needs nobody)

    bucket = (f"{told.shelf:x}", f"{told.bucket:02x}")
    try:
        place = persons.find(svc, told.account, campaign, bucket, lambda one: _mark(one) == told.mark)
        if place is not None and place.letter == LETTERS[told.variant]:
            persons.note(svc, told.account, campaign, place, "clicked", svc.now())
    except AppError as error:  # somebody waits for the page, and a click that is not counted is no reason to
        log.warning("campaign %s: a click could not be counted: %s", told.campaign_id, error)
        return ""
    return place.openid if place else ""


def _said(svc: Services, account: Account, link: str, openid: str) -> str:
    """The link with this person's variables behind the host, each percent-encoded; nobody's are their defaults."""
    if "{" not in link:
        return link
    profile = (followers.profile(svc, account, openid) or {}) if openid else {}
    known = variables.of_person(svc, account, profile)
    values = {name: quote(value, safe="") for name, value in known.items()}
    parts = urlsplit(link)
    filled = {name: variables.fill(getattr(parts, name), values) for name in ("path", "query", "fragment")}
    return urlunsplit(parts._replace(**filled))


def _quoted(path: str, query: str, fragment: str) -> dict[str, str]:
    return {
        "path": quote(path, safe=AS_IT_IS),
        "query": quote(query, safe=AS_IT_IS),
        "fragment": quote(fragment, safe=AS_IT_IS),
    }


def _host(netloc: str) -> str:
    try:
        return netloc.encode("idna").decode()
    except UnicodeError:
        return quote(netloc, safe=AS_IT_IS)


def _bytes(code: str) -> bytes:
    """One spelling only: 32 characters of the URL-safe alphabet are 24 bytes without any to spare."""
    if not CODE.fullmatch(code):
        raise NotFound(UNKNOWN)
    return base64.urlsafe_b64decode(code)


def _mark(openid: str) -> bytes:
    return shelves.mark(openid).to_bytes(shelves.MARK_BYTES)[-MARK_BYTES:]


def _signature(svc: Services, account: Account, told: bytes) -> bytes:
    return bytes.fromhex(svc.keys.digest(SIGN, f"{account.alias}#{told.hex()}"))[:SIGNED]


def _mixed(svc: Services, signature: bytes, text: bytes) -> bytes:
    """Hidden, or shown again: by a pad that the signature chooses, so equal texts alone look alike."""
    pad = bytes.fromhex(svc.keys.digest(HIDE, signature.hex()))
    return bytes(one ^ other for one, other in zip(text, pad, strict=False))
