"""Who may call the API: machines with a token that an operator was shown once.

pk api_token#<fingerprint>   sk api_token   {label, since}
    shelf api_tokens   place <since>#<fingerprint>
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import NotSignedIn
from ..services import Services


@dataclass(frozen=True)
class Holder:
    mark: str  # recognises the token, and is of no use as one
    label: str
    since: int


def issue_token(svc: Services, label: str) -> str:
    """A new API token. It is not kept, only recognised: who loses it needs another one."""
    token = f"gaiwan_{svc.keys.one_time()}"
    mark = svc.keys.fingerprint(token)
    listing = {"shelf": "api_tokens", "place": f"{svc.now():011d}#{mark}"}
    svc.table.put({"pk": f"api_token#{mark}", "sk": "api_token", "label": label, "since": svc.now(), **listing})
    return token


def listed(svc: Services) -> list[Holder]:
    """Who holds a token, the oldest first; one that was issued this second may not show yet."""
    entries = svc.table.shelved("api_tokens")
    return [Holder(entry["pk"].partition("#")[2], entry["label"], int(entry["place"][:11])) for entry in entries]


def revoke(svc: Services, mark: str) -> None:
    """The token with this mark opens nothing any more."""
    svc.table.delete(f"api_token#{mark}", "api_token")


def revoke_token(svc: Services, token: str) -> None:
    svc.table.delete(_place(svc, token), "api_token")


def identify(svc: Services, token: str) -> str:
    """The label of the token's holder, or NotSignedIn."""
    known = svc.table.get(_place(svc, token), "api_token") if token.startswith("gaiwan_") else None
    if known is None:
        raise NotSignedIn("请提供有效的 API 令牌。A valid API token is needed: Authorization: Bearer gaiwan_…")
    return str(known["label"])


def _place(svc: Services, token: str) -> str:
    return f"api_token#{svc.keys.fingerprint(token)}"
