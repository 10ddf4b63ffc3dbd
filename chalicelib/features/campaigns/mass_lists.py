"""Which calls a mass message is made of: one to everybody or to a tag, or a list for each ten thousand people.

Lists are whole chunks in the order of their keys, for each variant by itself; so two keys say who is on one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...services import Account, Services
from ...wechat import masses
from . import chunks, fates, mass_parts, store
from .campaign import LETTERS
from .chunks import Desk
from .mass_parts import ALL, LIST, TAG, Part

if TYPE_CHECKING:
    from .campaign import Campaign, Document
    from .chunks import Chunk

# One less than WeChat takes, so that a last list of one person, which it does not take, fits into the one before.
A_LIST = masses.MOST - 1
END = "~"
JOIN_FOR = 30.0  # seconds at a stretch
OPEN = frozenset({fates.PLANNED, fates.BEGUN})
UNSETTLED = OPEN | {fates.CANCELLED}


def way_of(document: Document) -> str:
    """`tag` and `all` are one call, and people whom WeChat knows; for a `list` they are planned."""
    if document.tag_id:
        return TAG
    chosen = document.segment_id or document.question or document.holdout or document.cap
    return LIST if chosen or len(document.variants) > 1 else ALL


def made(svc: Services, account: Account, campaign: Campaign) -> bool:
    """Whether all calls are written down; False to go on with it in another job."""
    if mass_parts.are_joined(svc, account, campaign.campaign_id):
        return True
    way = way_of(campaign.document)
    if way == LIST:
        return _join(svc, account, campaign)
    mass_parts.add(svc, account, campaign.campaign_id, Part(letter=LETTERS[0], index=0, way=way))
    mass_parts.note_joined(svc, account, campaign.campaign_id, 1)
    return True


def _join(svc: Services, account: Account, campaign: Campaign) -> bool:
    """Chunks in order, into lists for each variant. Taken up again behind the lists that there are."""
    done: dict[str, list[Part]] = {}
    for part in mass_parts.listed(svc, account, campaign.campaign_id):
        done.setdefault(part.letter, []).append(part)
    letters = LETTERS[: len(campaign.document.variants)]
    growing = {letter: _next(letter, done.get(letter, [])) for letter in letters}
    give_up = svc.clock.time() + JOIN_FOR
    for chunk in between(svc, account, campaign, min(part.after_key for part in growing.values())):
        if svc.clock.time() > give_up:
            return False
        for letter, part in growing.items():
            if chunk.key <= part.to_key:
                continue
            more = len(people_at(chunk, letter, OPEN))
            if part.people + more > A_LIST:
                mass_parts.add(svc, account, campaign.campaign_id, part)
                done.setdefault(letter, []).append(part)
                part = _next(letter, done[letter])  # noqa: PLW2901 (another list)
            growing[letter] = _longer(part, chunk.key, more)
    number = sum(_close_list(svc, account, campaign, growing[one], done.get(one, [])) for one in letters)
    mass_parts.note_joined(svc, account, campaign.campaign_id, number)
    return True


def _next(letter: str, made: list[Part]) -> Part:
    behind = made[-1].to_key if made else ""
    return Part(letter=letter, index=len(made), way=LIST, after_key=behind, to_key=behind)


def _longer(part: Part, key: str, more: int) -> Part:
    return Part(
        letter=part.letter,
        index=part.index,
        way=LIST,
        people=part.people + more,
        after_key=part.after_key,
        to_key=key,
    )


def _close_list(svc: Services, account: Account, campaign: Campaign, last: Part, made: list[Part]) -> int:
    """How many lists a variant has. One person alone joins the list before."""
    if last.people == 1 and made:
        news = {"people": made[-1].people + 1, "to_key": last.to_key}
        mass_parts.change(svc, account, campaign.campaign_id, made[-1].name, ("planned",), "planned", **news)
    elif last.people:
        mass_parts.add(svc, account, campaign.campaign_id, last)
        return len(made) + 1
    return len(made)


def between(svc: Services, account: Account, campaign: Campaign, after: str, to: str = END) -> Iterator[Chunk]:
    """Those with somebody who is still to be sent to, behind one key and up to another."""
    more = True
    while more:
        found, after = chunks.open_keys(svc, account, campaign, after)
        more = bool(after)
        for one in found:
            if one.key > to:
                return
            if (chunk := chunks.read(svc, account, campaign, one.key)) is not None:
                yield chunk


def people_at(chunk: Chunk, letter: str, wanted: frozenset[str]) -> list[int]:
    return [at for at in chunk.where(wanted) if chunk.letters[at] == letter and chunk.openids[at] != chunks.ERASED]


def people_of(svc: Services, account: Account, campaign: Campaign, part: Part) -> list[str]:
    """Whom a list is for, as of now."""
    found = between(svc, account, campaign, part.after_key, part.to_key)
    return [chunk.openids[at] for chunk in found for at in people_at(chunk, part.letter, OPEN)]


def settle(  # noqa: PLR0913, PLR0917 (whom, and what became of them)
    svc: Services,
    account: Account,
    campaign: Campaign,
    part: Part,
    wanted: frozenset[str],
    news: tuple[str, str, int],
) -> int:
    """The same of everybody on a list: of how many it is true now. Without a list nobody is known."""
    if part.way != LIST:
        return 0
    place, first, last = store.pk(account, campaign.campaign_id), f"fates#{part.after_key}", f"fates#{part.to_key}"
    return sum(
        _settled(svc, account, campaign, part, item["sk"].removeprefix("fates#"), wanted, news)
        for item in svc.table.between(place, first, last, "fates")
        if item["sk"] != first and (wanted | {news[0]}) & set(item["fates"])
    )


def _settled(  # noqa: PLR0913, PLR0917 (the same of one chunk)
    svc: Services,
    account: Account,
    campaign: Campaign,
    part: Part,
    key: str,
    wanted: frozenset[str],
    news: tuple[str, str, int],
) -> int:
    chunk = chunks.read(svc, account, campaign, key)
    told = dict.fromkeys(people_at(chunk, part.letter, wanted), news) if chunk else {}
    desk = _times(svc, part, chunk) if chunk and news[0] in fates.REACHED else None
    after = chunks.settle(svc, account, campaign, key, told, seen=chunk, desk=desk) if told else chunk
    if after is None:
        return 0
    mine = after.where(frozenset({news[0]}))
    return sum(after.letters[at] == part.letter and after.msgids[at] == news[2] for at in mine)


def _times(svc: Services, part: Part, chunk: Chunk) -> Desk:
    """When this part of the list went out: the days of a goal begin then, also of those who got nothing."""
    at = part.sent_at or svc.now()
    return Desk({"began_at": chunk.began_at or at, "sent_at": at})
