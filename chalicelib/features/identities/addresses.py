"""Where a sign-in may lead: to pages of our own site and of the account's listed ones, compared letter for letter."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from ...errors import BadInput
from ...services import Account

LONGEST_ADDRESS = 1000
_REST = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*"
PLAIN_PATH = re.compile(rf"/(?!/){_REST}")
PLAIN_ADDRESS = re.compile(rf"(?P<origin>https?://[a-z0-9.-]+(?::[0-9]{{1,5}})?)(?:/{_REST})?")


def allowed_page(goes_to: str, site: str, origins: tuple[str, ...]) -> str:
    """The whole address of a page on our own site, or on one of the account's listed origins; else BadInput.

    A path belongs to our site. Browsers read `//x` and `/\\x` as another host and forgive much more, so an address
    passes only if it consists of plain characters and its origin is, letter for letter, one that is listed.
    """
    if PLAIN_PATH.fullmatch(goes_to):
        goes_to = site + goes_to
    own, found = origin_of(site), origin_of(goes_to)
    listed = own and found and found in (own, *origins)
    if not listed or len(goes_to) > LONGEST_ADDRESS:
        raise BadInput("then 只能是本站或已登记网站的页面。then must be a page of this site or of a listed one.")
    return goes_to


def origin_of(address: str) -> str:
    """https://host[:port] of an address in plain characters, "" for any other text."""
    found = PLAIN_ADDRESS.fullmatch(address)
    return found["origin"] if found else ""


def listed_origin(account: Account, site: str, address: str) -> str:
    """The origin of an address on our own site or on a listed one, "" for any other."""
    origin = origin_of(address)
    return origin if origin and origin in (origin_of(site), *account.then_origins) else ""


def without_query(address: str) -> str:
    return address.partition("#")[0].partition("?")[0]


def with_ticket(address: str, ticket: str) -> str:
    """The ticket as the query's last word; one that is there already goes, however it is spelled."""
    page, sharp, fragment = address.partition("#")
    path, _, query = page.partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != "ticket"]
    return f"{path}?{'&'.join([*kept, f'ticket={ticket}'])}{sharp}{fragment}"
