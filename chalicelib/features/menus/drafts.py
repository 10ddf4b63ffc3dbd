"""The menu that operators work on: saved with its faults, and by nobody over somebody else's work.

    pk menus#<account>   sk draft   {menu, version, saved_at, saved_by, notes}

`version` grows with each save, and a save names the one it began from: who comes second is told, and shown what saving
would change. `notes` are what an import could not take over as it was; the next save ends them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from ...errors import BadInput, Conflict
from ...services import Account, Services
from .checks import Problem, check
from .differences import difference
from .document import Menu, every, restored, stored
from .importing import Note, from_console

LARGEST = 100_000  # bytes as JSON
DEEPEST = 10  # levels of buttons; WeChat has two, and the table keeps thirty-two of lists and maps
IMPORT = "import"
OVERTAKEN = (
    "别人刚刚改过菜单，您的修改还没有保存。看一下不同之处，再决定保留哪些。"
    "Somebody else changed the menu meanwhile, and yours is not saved. See what differs, then decide what to keep."
)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """`version` 0: nobody has begun one. `saved_by` is an operator's name, or a token's."""

    menu: Menu = Menu()
    version: int = 0
    saved_at: int = 0
    saved_by: str = ""
    notes: list[Note] = []


def find(svc: Services, account: Account) -> Draft:
    item = svc.table.get(_pk(account), "draft", fresh=True)
    return _draft(item) if item else Draft()


def save(svc: Services, account: Account, menu: Menu, version: int, by: str, notes: Collection[Note] = ()) -> Draft:  # noqa: PLR0913, PLR0917 (what, over which, and whose)
    """As it is, with its faults. Conflict, with the difference, if `version` is not the newest."""
    _insist_on_size(menu)
    told = {
        "menu": stored(menu),
        "version": version + 1,
        "saved_at": svc.now(),
        "saved_by": by,
        "notes": [msgspec.to_builtins(note) for note in notes],
    }
    where = "#version = :seen" if version else "attribute_not_exists(pk)"
    seen: dict[str, Any] = {"seen": version} if version else {}
    item = svc.table.update(_pk(account), "draft", told, where=where, **seen)
    if item is not None:
        return _draft(item)
    known = find(svc, account)
    if known.menu == menu:
        return known  # the same already: a second press, or an answer that was lost
    raise overtaken(known, menu)


def _insist_on_size(menu: Menu) -> None:
    level, levels = [button for _, buttons in every(menu) for button in buttons], 0
    while level := [below for button in level for below in button.sub_button]:
        levels += 1
        if levels >= DEEPEST:
            raise BadInput(
                "菜单一层套一层，太深了；只有两级。Buttons lie too deep inside one another; there are two levels."
            )
    if len(msgspec.json.encode(menu)) > LARGEST:
        raise BadInput(f"菜单太大，最多 {LARGEST} 字节。The menu is too big: {LARGEST} bytes at most.")


def overtaken(known: Draft, mine: Menu) -> Conflict:
    details = {"draft": msgspec.to_builtins(known), "difference": msgspec.to_builtins(difference(known.menu, mine))}
    return Conflict(OVERTAKEN, details=details)


def problems(svc: Services, account: Account, menu: Menu) -> list[Problem]:
    """By the tags that we know of; before publishing WeChat is asked for them."""
    from .. import tags  # noqa: PLC0415 (tags know followers, who tell events, which ask for the menu's version)

    _insist_on_size(menu)
    wanted = any(one.when.tag_id for one in menu.conditional)
    return check(menu, tags.names(svc, account).keys() if wanted else ())


def import_draft(svc: Services, account: Account, selfmenu_info: dict[str, Any]) -> Draft:
    """The menu that an account had before us, from get_current_selfmenu_info (its whole answer, or what is in it).

    Entries that only WeChat's console can make become buttons that send their key, each with a note. A draft that an
    operator has worked on stays: Conflict. A second import of the same changes nothing.
    """
    menu, notes = from_console(selfmenu_info)
    known = find(svc, account)
    if known.version and known.saved_by != IMPORT:
        raise Conflict(
            "已有运营人员写的菜单草稿，没有导入。There is a draft that an operator wrote; nothing was imported."
        )
    if known.version and known.menu == menu:
        return known
    return save(svc, account, menu, known.version, IMPORT, notes)


def _draft(item: dict[str, Any]) -> Draft:
    return msgspec.convert({**item, "menu": restored(item["menu"])}, Draft)


def _pk(account: Account) -> str:
    return f"menus#{account.alias}"
