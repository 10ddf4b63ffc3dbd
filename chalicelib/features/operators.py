"""Who may call the API: machines with a token that an operator was shown once.

pk api_token#<fingerprint>   sk api_token   {label, since}
"""

from __future__ import annotations

from ..errors import NotSignedIn
from ..services import Services


def issue_token(svc: Services, label: str) -> str:
    """A new API token. It is not kept, only recognised: who loses it needs another one."""
    token = f"gaiwan_{svc.keys.one_time()}"
    svc.table.put({"pk": _place(svc, token), "sk": "api_token", "label": label, "since": svc.now()})
    return token


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
