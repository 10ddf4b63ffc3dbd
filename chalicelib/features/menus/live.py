"""What WeChat shows right now, whoever made it, beside what we published and what is being worked on."""

from __future__ import annotations

from typing import Any

import msgspec

from ...services import Account, Services
from . import drafts, refusals, versions
from .differences import Change, difference
from .document import Menu, alike, seen
from .importing import Note, from_console

ALTERED = (
    "微信保存的和发布的不完全一样，请看与线上的差别。"
    "WeChat keeps something else than was published; see the difference from what is live."
)


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """`made_by`: ours (as last published), others (changed since, by another program), console (made by hand in
    WeChat's), none. `since_published`: what others changed; `to_draft`: what publishing the draft would change."""

    made_by: str
    menu: Menu
    number: int = 0
    since_published: list[Change] = []
    to_draft: list[Change] = []
    notes: list[Note] = []


def look(svc: Services, account: Account) -> Live:
    """Asks WeChat."""
    refusals.insist_on_menus(account)
    there, notes = refusals.told(account.wechat.menus.get), list[Note]()
    menu = seen(there) if there else Menu()
    made_by = "others" if there else "none"
    if there is None:
        menu, notes = _console(account)
        made_by = "console" if menu.button else "none"
    known, draft = versions.live(svc, account), drafts.find(svc, account)
    if known and there and alike(known.menu, menu):
        menu, made_by = known.menu, "ours"  # the same, with our labels
    return Live(
        made_by=made_by,
        menu=menu,
        number=known.number if known else 0,
        since_published=difference(known.menu, menu) if known else [],
        to_draft=difference(menu, draft.menu) if draft.version else [],
        notes=notes,
    )


def to_draft(svc: Services, account: Account, version: int, by: str) -> drafts.Draft:
    """What is live becomes the draft, over the `version` that was seen."""
    found = look(svc, account)
    return drafts.save(svc, account, found.menu, version, by, found.notes)


def version_to_draft(svc: Services, account: Account, number: int, version: int, by: str) -> drafts.Draft:
    return drafts.save(svc, account, versions.find(svc, account, number).menu, version, by)


def made_in_console(account: Account) -> Menu | None:
    """As far as the API can make it again."""
    menu, _ = _console(account)
    return menu if menu.button else None


def _console(account: Account) -> tuple[Menu, list[Note]]:
    told: dict[str, Any] = refusals.told(account.wechat.menus.current)
    return from_console(told) if told.get("is_menu_open") else (Menu(), [])
