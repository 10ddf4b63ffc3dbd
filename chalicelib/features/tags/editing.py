"""What operators do with tags: at WeChat first, then here, so that we never claim what WeChat refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from ...errors import AppError, BadInput, NotFound
from ...services import Account, Services
from ..days import A_DAY
from . import automatic, drift, mirror, refusals
from .mirror import Tag

MOST_TAGS = 100
LONGEST_NAME = 30  # bytes
JOINER = "\u200d"  # between the parts of one emoji


def refresh(svc: Services, account: Account) -> list[Tag]:
    """Make the mirror what WeChat says; only what differs is written."""
    theirs, ours = mirror.at_wechat(account), {tag.tag_id: tag for tag in mirror.listed(svc, account)}
    for tag_id, tag in theirs.items():
        known = ours.get(tag_id)
        if known is None or _differs(known, tag) or svc.now() - known.seen_at > A_DAY:
            mirror.store(svc, account, tag_id, tag.name, tag.people)
    for tag_id in ours.keys() - theirs.keys():
        _forget(svc, account, tag_id)
    return mirror.listed(svc, account)


def create(svc: Services, account: Account, name: str) -> Tag:
    name = _checked(name)
    _check_room(svc, account, name)
    tag_id = _or_refreshed(svc, account, lambda: account.wechat.tags.create(name))
    return mirror.store(svc, account, tag_id, name, 0)


def rename(svc: Services, account: Account, tag_id: int, name: str) -> Tag:
    name, before = _checked(name), mirror.known(svc, account, tag_id)
    if any(tag.name == name and tag.tag_id != tag_id for tag in mirror.listed(svc, account)):
        raise refusals.words_of(refusals.TAKEN)
    _or_refreshed(svc, account, lambda: account.wechat.tags.rename(tag_id, name))
    return mirror.store(svc, account, tag_id, name, before.people)


def remove(svc: Services, account: Account, tag_id: int) -> None:
    """From everybody too. Rules that give it are switched off. That it is gone at WeChat already is fine."""
    mirror.known(svc, account, tag_id)
    with contextlib.suppress(NotFound):
        refusals.told(lambda: account.wechat.tags.delete(tag_id))
    _forget(svc, account, tag_id)


def mend(svc: Services, account: Account) -> list[Tag]:
    """`refresh`, and in the background the people of tags that had come apart."""
    drift.mend_people(svc, account)
    return refresh(svc, account)


def _check_room(svc: Services, account: Account, name: str) -> None:
    """By our mirror first; where it says no, it may be late, so WeChat is asked."""
    for told in (mirror.listed, refresh):
        tags = told(svc, account)
        taken, full = any(tag.name == name for tag in tags), len(tags) >= MOST_TAGS
        if not taken and not full:
            return
    raise refusals.words_of(refusals.TAKEN if taken else refusals.TOO_MANY)


def _or_refreshed(svc: Services, account: Account, call: Callable[[], Any]) -> Any:
    """A refusal means that our mirror may be late."""
    refusals.insist_on_tags(account)
    try:
        return refusals.told(call)
    except AppError as error:
        if error.status < 500:  # noqa: PLR2004 (what asking again would not mend)
            refresh(svc, account)
        raise


def _checked(name: str) -> str:
    name = name.strip()
    if not name or not name.replace(JOINER, "").isprintable():
        raise BadInput("标签名要有看得见的字，不能有换行。A tag's name has visible characters, and no line breaks.")
    if len(name.encode()) > LONGEST_NAME:
        raise refusals.words_of(refusals.TOO_LONG)
    return name


def _differs(ours: Tag, theirs: Tag) -> bool:
    return (ours.name, ours.people) != (theirs.name, theirs.people)


def _forget(svc: Services, account: Account, tag_id: int) -> None:
    """Nobody has it any more, and no rule gives it."""
    automatic.switch_off(svc, account, tag_id)
    svc.in_bulk(drift.mend_tag, account, tag_id=tag_id)
    mirror.drop(svc, account, tag_id)
