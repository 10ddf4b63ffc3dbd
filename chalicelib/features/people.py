"""Where everything about one person is kept: under one key, so that export and erasure are one query."""

from ..services import Account


def key(account: Account, openid: str) -> str:
    return f"person#{account.alias}#{openid}"
