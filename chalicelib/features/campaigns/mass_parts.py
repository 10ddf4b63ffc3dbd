"""The calls that a mass message is made of, as they are kept: one for a tag or for everybody, or one for each list.

    pk campaign#<account>#<id>   sk mass#<letter>#<number>
        {way, people, after_key, to_key, stage, tried_at, lease_until, msg_id, asked_at, sent_at, noted, why,
        told_all, told_able, told_sent, told_failed}
        way: all, tag or list; people: how many a list has; they are those of the variant in the chunks behind
        `after_key` up to `to_key`; asked_at: since when the administrator is asked; noted: its
        people's fates say so
    pk campaign#<account>#<id>   sk mass#   {joined}      all lists are made: how many
    pk masses#<account>   sk mass#<msg_id>
        {campaign_id, part, way, sent_at, verdict, told_at, told_all, told_able, told_sent, told_failed, expires}

Stages: planned -> sending -> accepted -> sent, or failed; confirming while the administrator is asked; deleted when an
operator took it back; unknown when no answer came within the day in which WeChat knows a repeat. The report may come
before the answer that tells its msg_id, so both write to masses#, and whoever comes second closes the call.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from ...services import Account, Services
from ..days import A_DAY
from .store import pk

KEPT = 90 * A_DAY
SUCCESS = "send success"  # WeChat's verdict, in small letters
ALL, TAG, LIST = "all", "tag", "list"
OPEN = ("planned", "sending", "confirming")
NUMBERS = ("told_all", "told_able", "told_sent", "told_failed")

Item = dict[str, Any]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One call. `letter` is its variant's. The numbers are WeChat's: how many it was for, how many of them may get it
    (the others refuse, left, or have had their four of the month), how many got it, how many did not."""

    letter: str
    index: int
    way: str
    stage: str = "planned"
    people: int = 0
    msg_id: int = 0
    why: str = ""
    after_key: str = ""
    to_key: str = ""
    tried_at: int = 0
    lease_until: int = 0
    asked_at: int = 0
    sent_at: int = 0
    noted: bool = False
    told_all: int = 0
    told_able: int = 0
    told_sent: int = 0
    told_failed: int = 0

    @property
    def name(self) -> str:
        return f"{self.letter}#{self.index:03d}"

    @property
    def is_over(self) -> bool:
        """Nothing of it is left to do but to hear WeChat's report."""
        return self.stage not in OPEN and (self.noted or self.stage != "accepted")


def listed(svc: Services, account: Account, campaign_id: str) -> list[Part]:
    """As of now, in the order in which they are sent."""
    items = svc.table.under(pk(account, campaign_id), "mass#", fresh=True)
    return [_part(item) for item in items if item["sk"] != "mass#"]


def find(svc: Services, account: Account, campaign_id: str, name: str) -> Part | None:
    item = svc.table.get(pk(account, campaign_id), f"mass#{name}", fresh=True)
    return _part(item) if item else None


def are_joined(svc: Services, account: Account, campaign_id: str) -> bool:
    return svc.table.get(pk(account, campaign_id), "mass#", fresh=True) is not None


def note_joined(svc: Services, account: Account, campaign_id: str, number: int) -> None:
    told = {"joined": number, "expires": svc.now() + KEPT}
    svc.table.put({"pk": pk(account, campaign_id), "sk": "mass#"} | told)


def add(svc: Services, account: Account, campaign_id: str, part: Part) -> None:
    """Unless there is one of its name."""
    told = msgspec.structs.asdict(part)
    item = {name: value for name, value in told.items() if value and name not in ("letter", "index")}
    place = {"pk": pk(account, campaign_id), "sk": f"mass#{part.name}"}
    svc.table.put_new(place | item | {"expires": svc.now() + KEPT})


def change(  # noqa: PLR0913, PLR0917 (whose, which, from where to where)
    svc: Services, account: Account, campaign_id: str, name: str, seen: tuple[str, ...], to: str, **news: Any
) -> Part | None:
    """Into another stage, from one of those that were seen: the call as it then is, or None."""
    names = [f"s{at}" for at in range(len(seen))]
    where = f"#stage IN ({', '.join(f':{one}' for one in names)})"
    values: Item = dict(zip(names, seen, strict=True))
    stored = svc.table.update(pk(account, campaign_id), f"mass#{name}", {"stage": to, **news}, where=where, **values)
    return _part(stored) if stored else None


def lease(svc: Services, account: Account, campaign_id: str, part: Part, seconds: int) -> Part | None:
    """For one worker to call WeChat; None while another has it. `tried_at` stays that of the first attempt."""
    now = svc.now()
    stage = "confirming" if part.stage == "confirming" else "sending"
    change = {"stage": stage, "tried_at": part.tried_at or now, "lease_until": now + seconds}
    where = "#stage = :seen AND (attribute_not_exists(#lease_until) OR #lease_until <= :now)"
    place = pk(account, campaign_id)
    stored = svc.table.update(place, f"mass#{part.name}", change, where=where, seen=part.stage, now=now)
    return _part(stored) if stored else None


def client_id(campaign_id: str, part: Part) -> str:
    """The same for every attempt, so that WeChat knows a repeat (for a day); 32 characters."""
    return hashlib.sha256(f"mass {campaign_id} {part.name}".encode()).hexdigest()[:32]


def note_taken(svc: Services, account: Account, campaign_id: str, part: Part) -> Item:
    """In the account's book of mass messages: what stands there now, perhaps with WeChat's report already."""
    told = {"campaign_id": campaign_id, "part": part.name, "way": part.way, "sent_at": part.sent_at}
    return _note(svc, account, part.msg_id, told)


def note_report(svc: Services, account: Account, msg_id: str, verdict: str, numbers: dict[str, int]) -> Item:
    """The same from the report's side."""
    return _note(svc, account, msg_id, {"verdict": verdict[:80], "told_at": svc.now(), **numbers})


def report(svc: Services, account: Account, msg_id: int) -> Item | None:
    """What the book says of it; None before both."""
    return svc.table.get(f"masses#{account.alias}", f"mass#{msg_id}", fresh=True)


def book(svc: Services, account: Account) -> list[Item]:
    """Every mass message of the last 90 days that we sent, or that WeChat reported on."""
    return list(svc.table.under(f"masses#{account.alias}", "mass#"))


def counts(told: Item) -> bool:
    """Whether what the book says of a message counts for WeChat's quotas: what failed altogether does not."""
    return bool(told.get("sent_at")) and told.get("verdict", SUCCESS) == SUCCESS


def _note(svc: Services, account: Account, msg_id: int | str, told: Item) -> Item:
    told |= {"expires": svc.now() + KEPT}
    return svc.table.update(f"masses#{account.alias}", f"mass#{msg_id}", told) or told


def _part(item: Item) -> Part:
    _, letter, index = item["sk"].split("#")
    known = {name: item[name] for name in Part.__struct_fields__ if name in item}
    return Part(letter=letter, index=int(index), **known)
