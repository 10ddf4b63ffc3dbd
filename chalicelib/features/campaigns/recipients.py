"""Who was meant, and what became of each: page by page, in the order in which they stand on the list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ...errors import BadInput, wrong_cursor
from ...services import Account, Services
from .. import people
from . import chunks, fates, persons, store
from .campaign import Campaign
from .chunks import Chunk

HOLDOUT = "holdout"
STAGES = ("planned", "accepted", "held", "delivered", "refused", "failed", "unknown", "unreported", "suppressed",
          "cancelled", HOLDOUT, persons.CLICKED, persons.CONVERTED)  # fmt: skip
FATES_OF = {stage: frozenset(fate for fate, told in fates.STAGES.items() if told == stage) for stage in STAGES}
FATES_OF["planned"] = fates.OPEN
FATES_OF[HOLDOUT] = frozenset({fates.HOLDOUT})
AT_A_TIME = 20  # chunks of one query
LOOKED_THROUGH = 100  # chunks that one call reads in search of a stage; of those who did something a fifth of that
CURSOR = re.compile(r"((?:[0-9a-f]{3}#(?:[0-9]{2}|--)#[0-9A-Za-z._-]{1,40})?)@([0-9]{1,3})")

Item = dict[str, Any]
Line = tuple[Chunk, int]  # a chunk and a position in it


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """`openid` is "" of somebody who was erased meanwhile. `variant` is a letter, `o` of the holdout. `sent_at` is when
    WeChat was last asked about their part of the list."""

    openid: str
    name: str
    variant: str
    stage: str
    why: str
    sent_at: int
    clicked_at: int = 0
    converted_at: int = 0


def page(
    svc: Services, account: Account, campaign_id: str, stage: str = "", cursor: str = "", limit: int = 50
) -> tuple[list[Recipient], str]:
    """So many, or fewer, even none; and the cursor for more, or ""."""
    campaign = store.find(svc, account, campaign_id)
    if stage and stage not in STAGES:
        raise BadInput(f"没有这种状态：{stage[:20]}。There is no such stage: {stage[:20]}.")
    before, at = _read_cursor(cursor)
    did = stage in (persons.CLICKED, persons.CONVERTED)
    left = LOOKED_THROUGH // 5 if did else LOOKED_THROUGH
    found: list[Recipient] = []
    while left > 0:
        read, more = _chunks(svc, account, campaign, before, min(AT_A_TIME, left))
        left -= len(read)
        for key, chunk in read:
            for taken, person in _of_stage(svc, account, campaign, chunk, at, stage) if chunk else ():
                found.append(person)
                if len(found) == limit:
                    return _named(svc, account, campaign, found), f"{before}@{taken + 1}"
            before, at = key, 0
        if not more:
            return _named(svc, account, campaign, found), ""
    return _named(svc, account, campaign, found), f"{before}@0"


def _of_stage(  # noqa: PLR0913, PLR0917 (who of which chunk)
    svc: Services, account: Account, campaign: Campaign, chunk: Chunk, first: int, stage: str
) -> Iterator[tuple[int, Recipient]]:
    """(position, recipient), from the position `first` on."""
    if stage in (persons.CLICKED, persons.CONVERTED):
        deeds = persons.deeds(svc, account, campaign, chunk.openids)
        fitting = [at for at, openid in enumerate(chunk.openids) if f"{stage}_at" in deeds.get(openid, {})]
    else:
        fitting = [at for at, fate in enumerate(chunk.fates) if not stage or fate in FATES_OF[stage]]
    return ((at, _recipient(chunk, at)) for at in fitting if at >= first)


def _recipient(chunk: Chunk, at: int) -> Recipient:
    fate, openid = chunk.fates[at], chunk.openids[at]
    asked = fate in fates.SENT
    return Recipient(
        openid="" if openid == chunks.ERASED else openid,
        name="",
        variant=chunk.letters[at],
        stage=HOLDOUT if fate == fates.HOLDOUT else fates.STAGES[fate],
        why=chunk.whys.get(at, ""),
        sent_at=chunk.sent_at if asked else 0,
    )


def _chunks(
    svc: Services, account: Account, campaign: Campaign, before: str, limit: int
) -> tuple[list[tuple[str, Chunk | None]], bool]:
    """So many behind that key, each with its key, and whether there are more. None: its people are gone already, for at
    the end of a list DynamoDB deletes in any order."""
    pk = store.pk(account, campaign.campaign_id)
    items, more = svc.table.page(pk, limit, after=f"fates#{before}", fresh=True)
    mine = [item for item in items if item["sk"].startswith("fates#")]
    keys = [(pk, item["sk"].replace("fates#", "people#", 1)) for item in mine]
    lists = {item["sk"].removeprefix("people#"): item["people"] for item in svc.table.get_many(keys, "people")}
    named = [(item, lists.get(_key(item))) for item in mine]
    found = [(_key(item), chunks.chunk_of(campaign, told, item) if told else None) for item, told in named]
    return found, bool(more) and len(mine) == len(items)


def _key(item: Item) -> str:
    return str(item["sk"]).removeprefix("fates#")


def _named(svc: Services, account: Account, campaign: Campaign, found: Sequence[Recipient]) -> list[Recipient]:
    """With their names, and what they did."""
    openids = [one.openid for one in found if one.openid]
    deeds = persons.deeds(svc, account, campaign, openids)
    keys = [(people.key(account, openid), "profile") for openid in openids]
    known = {item["pk"]: item for item in svc.table.get_many(keys, "remark", "facts")}

    def whole(one: Recipient) -> Recipient:
        did, profile = deeds.get(one.openid, {}), known.get(people.key(account, one.openid), {})
        moments = {name: int(did.get(name, 0)) for name in ("clicked_at", "converted_at")}
        return msgspec.structs.replace(one, name=_name(profile), **moments)

    return [whole(one) for one in found]


def _name(known: Item) -> str:
    return str(known.get("remark") or known.get("facts", {}).get("nickname", {}).get("value", ""))


def _read_cursor(cursor: str) -> tuple[str, int]:
    fits = CURSOR.fullmatch(cursor or "@0")
    if not fits:
        raise wrong_cursor()
    return fits[1], int(fits[2])
