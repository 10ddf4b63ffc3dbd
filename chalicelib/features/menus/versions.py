"""What was published, when and by whom: each version is kept as it was, also those that WeChat refused.

    pk menus#<account>   sk version#<number>
        {version, menu, origin, draft_version, stage, reason, made_by, made_at, ended_at, menu_ids,
         old_menu, old_ids, by_hand, new_ids, took_over}
    pk menus#<account>   sk desk   {version, holder, held_until_ms, counted_on, creates, adds, deletes}

Stages: publishing -> live, which the next one ends as replaced; or publishing -> restoring -> refused, where WeChat
said no and shows what it showed before. `half`: that could not be put back either, and a person must look. `given_up`:
nobody finished it before the next one began, or WeChat was silent for an hour.

`menu_ids` are WeChat's, the ordinary menu's first ("" where it tells none). `old_menu`, `old_ids` and `new_ids` are for
going on after a kill: what was there before, and which conditional menus we have made so far. `took_over`: the
unfinished versions that this one takes over from. `desk` is held by whoever publishes, and counts what was asked of
WeChat today.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import NotFound
from ...services import Account, Services
from .document import Menu, restored

UNDER_WAY = frozenset({"publishing", "restoring"})
FIRST, LAST = "version#", "version#~"
LONGEST_NUMBER = 6  # digits

Item = dict[str, Any]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """`origin`: the version that this one rolled back to, or 0. `reason` says what went wrong, or what to know."""

    number: int
    menu: Menu
    stage: str
    origin: int = 0
    draft_version: int = 0
    reason: str = ""
    made_by: str = ""
    made_at: int = 0
    ended_at: int = 0
    menu_ids: list[str] = []


def page(svc: Services, account: Account, cursor: str = "", limit: int = 20) -> tuple[list[Version], str]:
    """The newest first."""
    after = f"{FIRST}{cursor}" if cursor else LAST
    items, more = svc.table.page(pk(account), limit, after, newest_first=True)
    found = [version(item) for item in items if item["sk"].startswith(FIRST)]
    return found, more.removeprefix(FIRST) if more and len(found) == len(items) else ""


def newest(svc: Services, account: Account) -> Version | None:
    found, _ = page(svc, account, limit=1)
    return found[0] if found else None


def live(svc: Services, account: Account) -> Version | None:
    """What followers see, as far as we know."""
    cursor = ""
    while True:
        found, cursor = page(svc, account, cursor)
        known = next((one for one in found if one.stage == "live"), None)
        if known or not cursor:
            return known


def find(svc: Services, account: Account, number: int) -> Version:
    item = svc.table.get(pk(account), sk(number), fresh=True)
    if item is None:
        raise NotFound("没有这个版本的菜单。There is no such version of the menu.")
    return version(item)


def version(item: Item) -> Version:
    told = {name: item[name] for name in Version.__struct_fields__ if name in item}
    return msgspec.convert({**told, "number": item["version"], "menu": restored(item["menu"])}, Version)


def pk(account: Account) -> str:
    return f"menus#{account.alias}"


def sk(number: int) -> str:
    return f"{FIRST}{number:0{LONGEST_NUMBER}d}"
