"""What WeChat refuses altogether is not asked again for ten minutes: one mistake must not become a storm of calls.

pk account#<alias>   sk stopped#<what>   {ends_at, reason}
"""

from __future__ import annotations

from typing import Any

from ..services import Account, Services

STOPPED_FOR = 600  # seconds; then one message tries again, and an account that was mended goes on by itself
REMEMBER = 60  # seconds, so that no message pays for the look

Item = dict[str, Any]


def stop(svc: Services, account: Account, what: str, reason: str) -> Item:
    """{ends_at, reason}. Written once, however many are refused at the same time."""
    ends_at = svc.now() + STOPPED_FOR
    svc.table.update(
        f"account#{account.alias}",
        f"stopped#{what}",
        {"ends_at": ends_at, "reason": reason, "expires": ends_at},
        where="attribute_not_exists(pk) OR #ends_at <= :now",
        now=svc.now(),
    )
    svc.forget(_name(account))
    return {"ends_at": ends_at, "reason": reason}


def standing(svc: Services, account: Account, what: str) -> Item | None:
    """{ends_at, reason} while it is stopped. Other containers learn of it within a minute."""
    stops: dict[str, Item] = svc.cached(_name(account), REMEMBER, lambda: _read(svc, account))
    found = stops.get(f"stopped#{what}")
    return found if found and found["ends_at"] > svc.now() else None


def _read(svc: Services, account: Account) -> dict[str, Item]:
    return {item["sk"]: item for item in svc.table.under(f"account#{account.alias}", "stopped#")}


def _name(account: Account) -> str:
    return f"stopped#{account.alias}"
