"""The steps at WeChat from the menu that is there to the one that should be; begun anew, they go on where they were.

WeChat has no way to change a whole menu at once. So conditional menus are added before the ordinary one is replaced and
before the earlier ones go: the newest is asked first, so followers see the old or the new, and nearly every refusal
comes while everything old is still there. Nothing is remembered of a call but the ids it gave: what happened is read
from WeChat itself, so that a call whose answer was lost is known by its effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ...services import Account
from ...wechat.errors import WeChatError
from ...wechat.menus import AtWeChat
from ...wechat.menus import Conditional as Theirs
from .checks import MOST_DOMAINS, domains
from .document import Conditional, Menu, rule, same, seen, unwired, when, wire

FULL = frozenset({65305, 65316})  # too many conditional menus, or domains, together with those that will go


class Refusal(Exception):
    """WeChat said no; `menu` is the number of the menu that it did not take (0: the ordinary one)."""

    def __init__(self, menu: int, error: WeChatError) -> None:
        super().__init__(str(error))
        self.menu = menu
        self.error = error


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What is at WeChat afterwards; `ids` are those of the document's menus, the ordinary one's first."""

    at_wechat: AtWeChat
    ids: list[str]


def become(
    account: Account, menu: Menu, old_ids: Sequence[str], new_ids: Sequence[str], remember: Callable[[list[str]], None]
) -> Made:
    """Make WeChat show this menu. `old_ids` were there before anything began, `new_ids` we made since, in that order;
    `remember` is told them as they grow. A second call goes on where the first one stopped."""
    there = account.wechat.menus.get()
    if there is None:
        _create(account, menu)
        there = AtWeChat(wire(menu.button))
    ids = _untouched(menu, there) if not new_ids else []
    if not ids:
        ids = _add_all(account, menu, there, old_ids, new_ids, remember)
    if not same(menu.button, there.buttons):
        _create(account, menu)
    for one in there.conditional:
        if one.menu_id not in ids:
            account.wechat.menus.delete_conditional(one.menu_id)
    afterwards = account.wechat.menus.get() or AtWeChat([])
    return Made(at_wechat=afterwards, ids=[afterwards.menu_id, *reversed(ids)])


def _create(account: Account, menu: Menu) -> None:
    try:
        account.wechat.menus.create(wire(menu.button))
    except WeChatError as error:
        raise Refusal(0, error) from None


def _untouched(menu: Menu, there: AtWeChat) -> list[str]:
    """The ids of the conditional menus, oldest first, if they are those that should be there; else []."""
    known = seen(there)
    shown = [(one.when, wire(one.button)) for one in known.conditional]
    plain = all(when(one.rule) for one in there.conditional)
    if not plain or shown != [(one.when, wire(one.button)) for one in menu.conditional]:
        return []
    return sorted((one.menu_id for one in there.conditional), key=_age)


def _add_all(  # noqa: PLR0913, PLR0917 (what there is, and how far we are)
    account: Account,
    menu: Menu,
    there: AtWeChat,
    old_ids: Sequence[str],
    new_ids: Sequence[str],
    remember: Callable[[list[str]], None],
) -> list[str]:
    """The last of the document first: WeChat asks the newest first."""
    known = {one.menu_id: one for one in there.conditional}
    ids = list(new_ids) if set(new_ids) <= known.keys() else []  # somebody deleted what we had made: begin again
    lost = [one for one in known.values() if one.menu_id not in {*old_ids, *new_ids}]
    wanted = list(enumerate(menu.conditional, start=1))[::-1]
    if _crowded(menu, there):
        _make_room(account, there, [*ids, *(one.menu_id for one in lost)])
    for number, one in wanted[len(ids) :]:
        mine = next((other for other in lost if _fits(one, other) and _is_newest(other, ids)), None)
        if mine:
            lost.remove(mine)  # made by a call whose answer never came
        ids.append(mine.menu_id if mine else _add(account, number, one, there, ids))
        remember(ids)
    return ids


def _add(account: Account, number: int, one: Conditional, there: AtWeChat, ids: list[str]) -> str:
    try:
        try:
            return account.wechat.menus.add_conditional(wire(one.button), rule(one.when))
        except WeChatError as error:
            if error.code not in FULL or not _make_room(account, there, ids):
                raise
        return account.wechat.menus.add_conditional(wire(one.button), rule(one.when))
    except WeChatError as error:
        raise Refusal(number, error) from None


def _crowded(menu: Menu, there: AtWeChat) -> bool:
    """Whether old and new together lead to more domains than WeChat allows."""
    old = [unwired(one.buttons) for one in there.conditional]
    both = domains([*old, *(one.button for one in menu.conditional)])
    return len(both) > MOST_DOMAINS


def _make_room(account: Account, there: AtWeChat, but: Sequence[str]) -> bool:
    """Take away the earlier ones now; whether there were any."""
    gone = [one.menu_id for one in there.conditional if one.menu_id not in but]
    for menu_id in gone:
        account.wechat.menus.delete_conditional(menu_id)
    there.conditional[:] = [one for one in there.conditional if one.menu_id in but]
    return bool(gone)


def _is_newest(other: Theirs, ids: list[str]) -> bool:
    """Else it would be asked too late."""
    return not ids or _age(other.menu_id) > _age(ids[-1])


def _fits(one: Conditional, other: Theirs) -> bool:
    return when(other.rule) == one.when and same(one.button, other.buttons)


def _age(menu_id: str) -> tuple[int, str]:
    return (int(menu_id) if menu_id.isdigit() else 0, menu_id)
