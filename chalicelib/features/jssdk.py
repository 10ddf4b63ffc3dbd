"""What a page needs for `wx.config`: a signature over its own address, made with the account's ticket.

Only pages of our own site and of the account's listed origins are signed: whoever holds a signature may act towards
WeChat as this account's page. The ticket is described in aws/tokens.py.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from ..errors import BadInput, Forbidden
from ..services import Account, Services
from ..wechat.jssdk import signature
from .tokens import WITH_JSSDK

LONGEST_ADDRESS = 2000
# As `location.href` writes it: whatever is not visible ASCII is escaped there. The origin must end where a path begins.
ADDRESS = re.compile(r"(?P<origin>https?://[a-z0-9.-]+(?::[0-9]{1,5})?)(?:/[!-~]*)?")


def config(svc: Services, account: Account, url: str, site: str, doubted: bool = False) -> dict[str, Any]:
    """For `wx.config`, under the names that it has there. `site` is our own public address; `doubted` says that WeChat
    has called an earlier signature for this page invalid. A ticket that must be waited for takes up to 3 s."""
    if account.kind not in WITH_JSSDK:
        raise Forbidden(
            "这类账号没有 JS-SDK。This kind of account has no JS-SDK; service and subscription accounts do."
        )
    page = _page(url, site, account.then_origins)
    nonce, timestamp = secrets.token_hex(8), svc.now()
    signed = signature(account.tokens.ticket(doubted), nonce, timestamp, page)
    return {"appId": account.app_id, "timestamp": timestamp, "nonceStr": nonce, "signature": signed}


def _page(url: str, site: str, origins: tuple[str, ...]) -> str:
    """The address as it is signed, if its origin is, letter for letter, ours or one that is listed."""
    page = url.partition("#")[0]
    found, own = ADDRESS.fullmatch(page), ADDRESS.fullmatch(site)
    if not found or not own or len(page) > LONGEST_ADDRESS or found["origin"] not in (own["origin"], *origins):
        raise BadInput(
            "url 只能是本站或已登记网站的页面地址。url must be the whole address of a page of this site or of a listed "
            "one, as location.href has it, and escaped once: ?url= and encodeURIComponent(location.href)."
        )
    return page
