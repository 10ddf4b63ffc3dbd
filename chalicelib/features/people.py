"""Where everything about one person is kept: under one key, so that export and erasure are one query."""

import re

from ..services import Account

OPENID = re.compile(r"[A-Za-z0-9_@.-]{1,128}")


def key(account: Account, openid: str) -> str:
    return f"person#{account.alias}#{openid}"
