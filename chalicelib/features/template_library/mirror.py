"""Our copy of an account's templates: taken every night, when something was changed, and when told to.

    pk templates#<account>   sk template#<template_id>
        {kind, title, content, example, category, long_term, choices, added_at, gone_at}
    pk templates#<account>   sk synced   {synced_at}

Names are in template_names.py, refusals in the alarms; both are put beside it when it is read. What WeChat no longer
lists stays for ninety days as `gone`, so that what still uses it can be told what it was. Whoever only looks changes
nothing here: a copy that is too old, or lacks what is looked for, is compared with WeChat in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ...errors import AppError, Forbidden, NotFound, Unavailable
from ...observe import log
from ...services import Account, Services
from .. import abilities, alarms, template_names
from ..days import A_DAY
from . import fields, refusals
from .template import LONG_TERM, Template

REMEMBER = 60  # seconds
STALE = 26 * 3600  # seconds: a night was missed, or the account is new
KEPT = 90 * A_DAY  # of what WeChat no longer lists
SHOWN = 7 * A_DAY  # a refusal, after which it may be mended and nobody has said so
SYNCED = "synced"
LONGEST_ID = 64

Item = dict[str, Any]
Items = dict[str, Item]  # by their sk


class Copy(msgspec.Struct, frozen=True):
    """All templates, `gone` ones last; `trouble` says why WeChat could not be asked anew, if the copy is old."""

    templates: list[Template]
    synced_at: int
    trouble: str = ""


def may_have_any(account: Account) -> bool:
    return account.may("templates") or account.may("notices")


def look(svc: Services, account: Account) -> Copy:
    """As of now, last night at the latest."""
    kept, synced_at = _kept(svc, account), _synced_at(svc, account)
    if may_have_any(account) and svc.now() - synced_at > STALE:
        try:
            asked_at, theirs = _asked(svc, account)
        except AppError as error:
            return Copy(_templates(svc, account, kept), synced_at, str(error))
        return Copy(_templates(svc, account, _merged(account, kept, theirs, asked_at)), asked_at)
    return Copy(_templates(svc, account, kept), synced_at)


def remembered(svc: Services, account: Account) -> list[Template]:
    """The same, of a minute ago at most."""
    return svc.cached(_memory(account), REMEMBER, lambda: look(svc, account).templates)


def find(svc: Services, account: Account, template_id: str) -> Template:
    """Its fields and state. One that we do not know is looked for at WeChat, once a minute."""
    found = _among(remembered(svc, account), template_id)
    if found is None and may_have_any(account):
        asked_at, theirs = _asked(svc, account)
        found = _among(_templates(svc, account, _merged(account, _kept(svc, account), theirs, asked_at)), template_id)
    if found is None:
        raise NotFound(
            f"没有模板 {template_id[:64]}，请在「模板」里同步后再选。"
            f"There is no template {template_id[:64]}; choose one under Templates."
        )
    return found


def sync(svc: Services, account: Account) -> None:
    """Keep what WeChat lists now. Forbidden for accounts that have no templates."""
    if not may_have_any(account):
        abilities.insist(account, "templates")
    # Ours first: what is added meanwhile is in theirs, or in neither.
    kept = _kept(svc, account)
    forget(svc, account)
    asked_at, theirs = _asked(svc, account)
    for sk, item in _merged(account, kept, theirs, asked_at).items():
        if item != kept.get(sk):
            svc.table.put(item)
    svc.table.put({"pk": _pk(account), "sk": SYNCED, "synced_at": asked_at})
    svc.forget(_memory(account))


def refresh(svc: Services, account: Account) -> None:
    """A job of the night: the same, unless WeChat does not let this account; trying again would not mend that."""
    try:
        sync(svc, account)
    except Unavailable:
        raise
    except AppError as error:
        log.info("the templates of account %s are not listed: %s", account.alias, error)


def mark_gone(svc: Services, account: Account, template_id: str) -> None:
    """Deleted just now; one that we never kept is simply no longer there."""
    gone = {"gone_at": svc.now(), "expires": svc.now() + KEPT}
    svc.table.update(_pk(account), f"template#{template_id}", gone, where="attribute_exists(pk)")
    forget(svc, account)


def forget(svc: Services, account: Account) -> None:
    """What this container remembers; others learn of a change within a minute."""
    svc.forget(_memory(account))
    svc.forget(f"{_memory(account)}#asked")


def _asked(svc: Services, account: Account) -> tuple[int, Items]:
    """When WeChat was asked, and what it lists, by sk; once a minute at most."""

    def ask() -> tuple[int, Items]:
        asked_at, rows, refused = svc.now(), [], []
        for kind in [kind for kind in LISTS if account.may(kind)]:
            try:
                rows += LISTS[kind](account)
            except Forbidden as error:  # a right that a service account has to apply for
                refused.append(error)
        if refused and not rows:
            raise refused[0]
        told = [(row.pop("template_id"), row) for row in rows]
        return asked_at, {f"template#{template_id}": row for template_id, row in told if template_id}

    return svc.cached(f"{_memory(account)}#asked", REMEMBER, ask)


def _kept(svc: Services, account: Account) -> Items:
    found = svc.table.under(_pk(account), "template#", fresh=True)
    return {item["sk"]: item for item in found if item.get("expires", svc.now()) >= svc.now()}


def _merged(account: Account, kept: Items, theirs: Items, asked_at: int) -> Items:
    """Our items as they should be, now that WeChat lists those."""
    gone = {"gone_at": asked_at, "expires": asked_at + KEPT}
    merged = {sk: item if item["gone_at"] else item | gone for sk, item in kept.items() if sk not in theirs}
    for sk, told in theirs.items():
        added_at = kept[sk]["added_at"] if sk in kept else asked_at
        merged[sk] = {"pk": _pk(account), "sk": sk, **told, "added_at": added_at, "gone_at": 0}
    return merged


def _of_template(row: Item) -> Item:
    trade = row.get("deputy_industry") or row.get("primary_industry") or ""
    return _common(row, "template_id") | {"kind": "template", "category": str(trade)[:60]}


def _of_notice(row: Item) -> Item:
    choices: Item = {}
    for told in row.get("keywordEnumValueList") or []:
        code = str(told.get("keywordCode", "")).removesuffix(".DATA")
        choices[code] = [str(value) for value in told.get("enumValueList") or told.get("keywordEnumValueList") or []]
    more = {"kind": "notice", "long_term": row.get("type") == LONG_TERM, "choices": choices}
    return _common(row, "priTmplId") | more


LISTS: dict[str, Callable[[Account], list[Item]]] = {
    "templates": lambda account: [_of_template(row) for row in refusals.told(account.wechat.templates.list)],
    "notices": lambda account: [_of_notice(row) for row in refusals.told(account.wechat.notices.list)],
}


def _common(row: Item, id_name: str) -> Item:
    template_id = str(row.get(id_name) or "")
    fitting = template_id if template_names.TEMPLATE_ID.fullmatch(template_id) else ""
    told = {name: str(row.get(name) or "")[:2000] for name in ("title", "content", "example")}
    return {"template_id": fitting, "category": "", "long_term": False, "choices": {}} | told


def _templates(svc: Services, account: Account, items: Items) -> list[Template]:
    named: dict[str, str] = {}
    for name, template_id in template_names.listed(svc, account).items():
        named.setdefault(template_id, name)
    refused = _refused(svc, account)
    found = [_template(item, named, refused) for item in items.values()]
    return sorted(found, key=lambda one: (one.state == "gone", one.kind != "template", one.title, one.template_id))


def _template(item: Item, named: dict[str, str], refused: dict[str, str]) -> Template:
    template_id = item["sk"].removeprefix("template#")
    why = refused.get(template_id[:LONGEST_ID], "")
    return Template(
        template_id=template_id,
        kind=item["kind"],
        title=item["title"],
        content=item["content"],
        example=item["example"],
        name=named.get(template_id, ""),
        fields=fields.of_content(item["content"], item["choices"]),
        state="gone" if item["gone_at"] else "refused" if why else "ready",
        why="" if item["gone_at"] else why,
        long_term=item["long_term"],
        category=item["category"],
        added_at=item["added_at"],
    )


def _refused(svc: Services, account: Account) -> dict[str, str]:
    """Why WeChat refused messages of a template, lately. WeChat's lists say nothing of reviews, so this is all we
    know of them."""
    since = svc.now() - SHOWN
    rung = alarms.about(svc, account, "template#")
    return {what.removeprefix("template#"): words for what, (at, words) in rung.items() if at >= since}


def _among(templates: list[Template], template_id: str) -> Template | None:
    return next((one for one in templates if one.template_id == template_id), None)


def _synced_at(svc: Services, account: Account) -> int:
    item = svc.table.get(_pk(account), SYNCED, fresh=True)
    return int(item["synced_at"]) if item else 0


def _memory(account: Account) -> str:
    return f"templates#{account.alias}"


def _pk(account: Account) -> str:
    return f"templates#{account.alias}"
