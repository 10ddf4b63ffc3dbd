"""After an account has moved into another one every openid is new: what is kept under the old one moves along.

A job of operators (`python -m ops migrate-openids`), a person at a time. Killed anywhere it is done again: copies are
stored unless they are there, the profiles are merged once (`moved_from` tells), and the old key is erased last.
How far the command is:

    pk account#<alias>   sk migration   {from_id, shelf_number, place_reached, moved, strangers, ended_at}
"""

from __future__ import annotations

from typing import Any

from ...services import Account, Services
from .. import people
from . import ids, leaving
from .change import Item, change

# Of the person at WeChat, so the new account's word counts; all else is ours and comes along.
OF_THE_ACCOUNT = frozenset({"following", "changed", "since", "scene", "qr_scene", "version", "label", "shelf", "place"})
SUMS = ("messages", "orders", "spent")


def move(svc: Services, account: Account, old: str, new: str) -> dict[str, int]:
    """Everything under the old key is under the new one, and the old one is gone: how many items of which kind."""
    pk = people.key(account, new)
    for item in list(svc.table.under(people.key(account, old), fresh=True)):
        if item["sk"] == "profile":
            _merge(svc, account, old, new, item)
        else:
            svc.table.put_new(item | {"pk": pk} | _place(account, new, item))
            if item["sk"].startswith(ids.PREFIX):
                ids.hand_over(svc, account, old, new, item["sk"])
    return leaving.erase(svc, account, old)


def _place(account: Account, new: str, item: Item) -> Item:
    """What stands beside the same person's in other accounts names them there."""
    return {"place": f"{account.alias}#{new}"} if str(item.get("shelf", "")).startswith("union#") else {}


def _merge(svc: Services, account: Account, old: str, new: str, before: Item) -> None:
    mark = svc.keys.digest("moved", f"{account.alias}#{old}")

    def edit(known: Item) -> Item:
        if known.get("moved_from") == mark:
            return {}
        if not known:
            return {name: value for name, value in before.items() if name not in ("pk", "sk", "version")} | {
                "moved_from": mark
            }
        return _together(before, known) | {"moved_from": mark}

    change(svc, account, new, edit, make=True, from_wechat=True)


def _together(before: Item, known: Item) -> dict[str, Any]:
    """Two profiles of one person: sums of what is counted, the newer of what is dated, and all that only one has."""
    ours = {name: value for name, value in before.items() if name not in OF_THE_ACCOUNT and name not in ("pk", "sk")}
    merged = ours | {name: value for name, value in known.items() if name in ours}
    for name in SUMS:
        merged[name] = before.get(name, 0) + known.get(name, 0)
    for name in ("last_active", "last_order"):
        merged[name] = max(before.get(name, 0), known.get(name, 0))
    merged["first_seen"] = min(filter(None, (before.get("first_seen"), known.get("first_seen"))), default=0)
    merged["facts"] = before.get("facts", {}) | known.get("facts", {})
    merged["recent"] = before.get("recent", {}) | known.get("recent", {})
    return {name: value for name, value in merged.items() if value}
