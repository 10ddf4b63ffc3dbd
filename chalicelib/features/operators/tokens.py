"""API tokens: machines call with one that an operator was shown once.

pk api_token#<fingerprint>   sk api_token   {label, since, scopes, created_by}
    shelf api_tokens   place <since>#<fingerprint>
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import BadInput, NotFound, NotSignedIn
from ...services import Services
from .who import AREAS, Who, is_scope

LONGEST_LABEL = 80
EVERYTHING = ("*",)
MARK = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Holder:
    mark: str  # recognises the token, and is of no use as one
    label: str
    since: int


@dataclass(frozen=True)
class Grant:
    """What a token may, and who issued it; it outlives them."""

    scopes: tuple[str, ...]
    created_by: str


def issue_token(svc: Services, label: str, scopes: Sequence[str] = EVERYTHING, created_by: str = "") -> str:
    """A new API token. It is not kept, only recognised: who loses it needs another one."""
    _check(label, scopes)
    token = f"gaiwan_{svc.keys.one_time()}"
    mark = svc.keys.fingerprint(token)
    listing = {"shelf": "api_tokens", "place": f"{svc.now():011d}#{mark}"}
    told = {"label": label, "since": svc.now(), "scopes": list(dict.fromkeys(scopes)), "created_by": created_by}
    svc.table.put({"pk": f"api_token#{mark}", "sk": "api_token", **told, **listing})
    return token


def listed(svc: Services) -> list[Holder]:
    """Who holds a token, the oldest first; one that was issued this second may not show yet."""
    entries = svc.table.shelved("api_tokens")
    return [Holder(entry["pk"].partition("#")[2], entry["label"], int(entry["place"][:11])) for entry in entries]


def grant(svc: Services, mark: str) -> Grant | None:
    """Of the token with this mark; None if it is gone. Those from before there were scopes may everything."""
    known = svc.table.get(f"api_token#{mark}", "api_token")
    return Grant(tuple(known.get("scopes", EVERYTHING)), known.get("created_by", "")) if known else None


def revoke(svc: Services, mark: str) -> str:
    """The token with this mark opens nothing any more: whose it was."""
    gone = svc.table.take(f"api_token#{mark}", "api_token") if MARK.fullmatch(mark) else None
    if gone is None:
        raise NotFound("没有这个令牌。There is no such token.")
    return str(gone["label"])


def revoke_token(svc: Services, token: str) -> None:
    svc.table.delete(_place(svc, token), "api_token")


def identify(svc: Services, token: str) -> Who:
    """Who holds the token, or NotSignedIn. Half a read unit."""
    known = svc.table.get(_place(svc, token), "api_token") if token.startswith("gaiwan_") else None
    if known is None:
        raise NotSignedIn("请提供有效的 API 令牌。A valid API token is needed: Authorization: Bearer gaiwan_…")
    mark = str(known["pk"]).partition("#")[2]
    return Who(str(known["label"]), "token", mark[:12], scopes=tuple(known.get("scopes", EVERYTHING)))


def _check(label: str, scopes: Sequence[str]) -> None:
    if not (label.strip() and label.isprintable() and len(label) <= LONGEST_LABEL):
        raise BadInput("名字要有 1 到 80 个可见字符。A label has 1 to 80 visible characters.")
    wrong = [scope for scope in scopes if not is_scope(scope)]
    if wrong or not scopes:
        raise BadInput(
            f"权限应为 * 或「范围:read」「范围:write」，范围有：{'、'.join(AREAS)}。"
            f"A scope is * or area:read or area:write; areas are {', '.join(AREAS)}."
        )


def _place(svc: Services, token: str) -> str:
    return f"api_token#{svc.keys.fingerprint(token)}"
