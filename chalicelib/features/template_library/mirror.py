"""Our copy of an account's templates: WeChat is asked once a day, when something was changed, or when told to.

    pk templates#<account>   sk template#<template_id>
        {kind, title, content, example, category, long_term, choices, added_at, gone_at}
    pk templates#<account>   sk synced   {synced_at}

Names are in template_names.py, refusals in the alarms; both are put beside it when it is read. What WeChat no longer
lists stays for ninety days as `gone`, so that what still uses it can be told what it was.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import AppError, NotFound
from ...services import Account, Services
from .. import abilities, alarms, template_names
from ..days import A_DAY
from . import fields, refusals
from .template import LONG_TERM, Template

REMEMBER = 60  # seconds
KEPT = 90 * A_DAY  # of what WeChat no longer lists
SHOWN = 7 * A_DAY  # a refusal, after which it may be mended and nobody has said so
SYNCED = "synced"
LONGEST_ID = 64

Item = dict[str, Any]


class Copy(msgspec.Struct, frozen=True):
    """All templates; `trouble` says why WeChat could not be asked anew. `gone` ones are last."""

    templates: list[Template]
    synced_at: int
    trouble: str = ""


def may_have_any(account: Account) -> bool:
    return account.may("templates") or account.may("notices")


def look(svc: Services, account: Account) -> Copy:
    """As of now; WeChat is asked if that was more than a day ago."""
    trouble = ""
    if may_have_any(account) and svc.now() - _synced_at(svc, account) > A_DAY:
        try:
            sync(svc, account)
        except AppError as error:
            trouble = str(error)
    return Copy(_read(svc, account), _synced_at(svc, account), trouble)


def remembered(svc: Services, account: Account) -> list[Template]:
    """As we know them, of a minute ago at most; WeChat is not asked."""
    return svc.cached(_memory(account), REMEMBER, lambda: _read(svc, account))


def find(svc: Services, account: Account, template_id: str) -> Template:
    """Its fields and state. One that we do not know is looked for at WeChat, once a minute."""
    found = _among(remembered(svc, account), template_id)
    if found is None and may_have_any(account) and svc.now() - _synced_at(svc, account) >= REMEMBER:
        sync(svc, account)
        found = _among(remembered(svc, account), template_id)
    if found is None:
        raise NotFound(
            f"没有模板 {template_id[:64]}，请在「模板」里同步后再选。"
            f"There is no template {template_id[:64]}; choose one under Templates."
        )
    return found


def sync(svc: Services, account: Account) -> None:
    """Take over what WeChat lists now. Forbidden for accounts that have no templates."""
    if not may_have_any(account):
        abilities.insist(account, "templates")
    # Ours first: what is added meanwhile is in theirs or in neither.
    ours = {item["sk"]: item for item in svc.table.under(_pk(account), "template#", fresh=True)}
    began, theirs = svc.now(), []
    if account.may("templates"):
        theirs += [_of_template(row) for row in refusals.told(account.wechat.templates.list)]
    if account.may("notices"):
        theirs += [_of_notice(row) for row in refusals.told(account.wechat.notices.list)]
    listed = {f"template#{one.pop('template_id')}": one for one in theirs if one["template_id"]}
    for sk, told in listed.items():
        _store(svc, account, sk, told, ours.get(sk))
    for sk in ours.keys() - listed.keys():
        if not ours[sk]["gone_at"]:
            mark_gone(svc, account, sk.removeprefix("template#"))
    svc.table.put({"pk": _pk(account), "sk": SYNCED, "synced_at": began})
    forget(svc, account)


def mark_gone(svc: Services, account: Account, template_id: str) -> None:
    gone = {"gone_at": svc.now(), "expires": svc.now() + KEPT}
    svc.table.update(_pk(account), f"template#{template_id}", gone, where="attribute_exists(pk)")
    forget(svc, account)


def forget(svc: Services, account: Account) -> None:
    """What this container remembers; others learn of a change within a minute."""
    svc.forget(_memory(account))


def _store(svc: Services, account: Account, sk: str, told: Item, ours: Item | None) -> None:
    item = {"pk": _pk(account), "sk": sk, **told, "added_at": ours["added_at"] if ours else svc.now(), "gone_at": 0}
    if item != ours:
        svc.table.put(item)


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


def _common(row: Item, id_name: str) -> Item:
    template_id = str(row.get(id_name) or "")
    fitting = template_id if template_names.TEMPLATE_ID.fullmatch(template_id) else ""
    told = {name: str(row.get(name) or "")[:2000] for name in ("title", "content", "example")}
    return {"template_id": fitting, "category": "", "long_term": False, "choices": {}} | told


def _read(svc: Services, account: Account) -> list[Template]:
    named: dict[str, str] = {}
    for name, template_id in template_names.listed(svc, account).items():
        named.setdefault(template_id, name)
    refused = _refused(svc, account)
    found = [
        _template(item, named, refused)
        for item in svc.table.under(_pk(account), "template#", fresh=True)
        if item.get("expires", svc.now()) >= svc.now()
    ]
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
