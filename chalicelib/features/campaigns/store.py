"""Campaigns as they are kept, and the one way in which their phase changes.

    pk campaigns#<account>   sk campaign#<id>
        {campaign_id, label, document, phase, version, why, waits_until, created_at, changed_at, changed_by, started_at,
        planned_at, sent_at, done_at, audience, buckets, asked, handed, left_open, moved_at, looks}
        shelf campaigns   place <due>#<account>#<id>      while the clock has to look at it (dispatch.py)
    pk campaign#<account>#<id>   sk edition#<version>   {document}

`document` is JSON text. An id begins with the second in which it was made, so campaigns are listed by age without
an index. Editions are documents as they were before a change, for whoever changes one at the same time. `asked` is the
audience's question as it was at the start; what follows it is the clock's own (dispatch.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from ...errors import BadInput, Conflict, NotFound
from ...services import Account, Services
from ..days import A_DAY
from . import difference
from .campaign import NOT_BEGUN, PER_DAY, QUIET, Campaign, Document, quiet_until, read, write

REMEMBER = 2  # seconds: so long until every worker knows of a pause
SHELF = "campaigns"
MOST = 500  # of an account
KEPT = 90 * A_DAY
LATEST = 60 * A_DAY  # ahead that one may be scheduled, so a campaign was made not much longer before it starts
CLOCKED = frozenset({"scheduled", "planning", "running", "waiting", "settling", "removed"})
OVER = ("draft", "done", "cancelled")
NUMBERS = ("version", "waits_until", "created_at", "changed_at", "started_at", "planned_at", "sent_at", "done_at",
           "audience", "buckets")  # fmt: skip
REMOVED = "removed"  # nobody sees it any more; its people are being deleted

Item = dict[str, Any]


class Control(NamedTuple):
    """What a worker must know before it sends. `phase` is `waiting` also in the quiet hours of a campaign that keeps
    them, with `waits_until`."""

    phase: str
    why: str
    waits_until: int
    campaign: Campaign

    @property
    def sends(self) -> bool:
        return self.phase == "running"

    @property
    def finishes(self) -> bool:
        """Whom a worker began with counts for the day whose number is reached, and tomorrow nobody knows a repeat."""
        return self.sends or (self.phase, self.why) == ("waiting", PER_DAY)


def pk(account: Account, campaign_id: str) -> str:
    """Where a campaign's people, fates and tallies are."""
    return f"campaign#{account.alias}#{campaign_id}"


def listed(svc: Services, account: Account, cursor: str = "", limit: int = 50) -> tuple[list[Campaign], str]:
    """The newest first."""
    after = f"campaign#{cursor}" if cursor else ""
    items, more = svc.table.page(_pk(account), limit, after, newest_first=True, fresh=True)
    return [campaign_of(item) for item in items if item["phase"] != REMOVED], more.removeprefix("campaign#")


def find(svc: Services, account: Account, campaign_id: str) -> Campaign:
    return campaign_of(found(svc, account, campaign_id))


def found(svc: Services, account: Account, campaign_id: str) -> Item:
    """The item, as of now."""
    known = campaign_id.isalnum() and campaign_id.isascii()
    item = svc.table.get(_pk(account), f"campaign#{campaign_id}", fresh=True) if known else None
    if item is None or item["phase"] == REMOVED:
        raise NotFound("没有这个活动。There is no such campaign.")
    return item


def place_of(account: Account, campaign_id: str) -> tuple[str, str]:
    return _pk(account), f"campaign#{campaign_id}"


def control(svc: Services, account: Account, campaign_id: str) -> Control:
    """Read every two seconds at most. NotFound once it is deleted."""
    known: Campaign = svc.cached(_name(account, campaign_id), REMEMBER, lambda: find(svc, account, campaign_id))
    told = Control(known.phase, known.why, known.waits_until, known)
    quiet = quiet_until(svc.now()) if known.document.quiet and told.finishes else 0
    return Control("waiting", QUIET, quiet, known) if quiet else told


def since(svc: Services, account: Account, seconds: int) -> list[Campaign]:
    """Those that began to plan within so long, the oldest first. A minute old at most."""

    def load() -> list[Campaign]:
        oldest = f"campaign#{max(svc.now() - KEPT - LATEST, 0):08x}"
        items = svc.table.between(_pk(account), oldest, "campaign#~", *ATTRIBUTES)
        return sorted((campaign_of(item) for item in items if item.get("started_at")), key=lambda one: one.started_at)

    known: list[Campaign] = svc.cached(f"campaigns#{account.alias}", 60, load)
    return [one for one in known if one.started_at >= svc.now() - seconds and one.phase != REMOVED]


def create(svc: Services, account: Account, document: Document, by: str) -> Campaign:
    """A draft."""
    if sum(1 for _ in svc.table.between(_pk(account), "campaign#", "campaign#~")) >= MOST:
        raise BadInput(
            f"最多 {MOST} 个活动，请先删除旧的。An account may have {MOST} campaigns at most; please remove old ones."
        )
    now = svc.now()
    item: Item = {"pk": _pk(account), "label": document.name, "document": write(document), "phase": "draft"}
    item |= {"version": 1, "created_at": now, "changed_at": now, "changed_by": by[:80]}
    while True:
        made = f"{now:08x}{secrets.token_hex(2)}"
        if svc.table.put_new(item | {"sk": f"campaign#{made}", "campaign_id": made}) is None:
            return find(svc, account, made)


def change(svc: Services, account: Account, campaign_id: str, document: Document, version: int, by: str) -> Campaign:  # noqa: PLR0913, PLR0917 (which, its document, and who saw what)
    """Of a draft, or of one that waits for its time. Conflict with the difference if `version` is not the newest."""
    before = found(svc, account, campaign_id)
    if before["version"] != version:
        raise _too_late(svc, account, version, before)
    if before["phase"] not in NOT_BEGUN:
        raise Conflict(
            "已经开始，不能再改；可以复制一份。It has begun and cannot be changed any more; copy it instead."
        )
    if read(before["document"]) == document:
        return campaign_of(before)
    # Before the change, so that being killed in between leaves only a copy of what is still current.
    edition = {"pk": pk(account, campaign_id), "sk": f"edition#{version:06d}", "document": before["document"]}
    svc.table.put(edition | {"expires": svc.now() + KEPT})
    news = {"label": document.name, "document": write(document), "version": version + 1}
    news |= {"changed_at": svc.now(), "changed_by": by[:80]}
    if before["phase"] == "scheduled":
        news |= _place(account, campaign_id, document.send_at or svc.now())
    where = "#version = :seen AND #phase = :phase"
    stored = svc.table.update(_pk(account), before["sk"], news, where=where, seen=version, phase=before["phase"])
    if stored is None:
        raise _too_late(svc, account, version, found(svc, account, campaign_id))
    forget(svc, account, campaign_id)
    return campaign_of(stored)


def move(
    svc: Services, account: Account, campaign_id: str, seen: tuple[str, ...], to: str, **change: Any
) -> Campaign | None:
    """Into another phase, if it is in one of those that were seen: the campaign as it then is, or None. With `version`
    only if that is still its document's. `why` and `waits_until` are dropped unless they are given; `due` (unix
    seconds) is when the clock looks at it next, else at once, or never in a phase that waits for a person."""
    where, values = _in(seen)
    if "version" in change:
        where, values = f"#version = :version AND {where}", values | {"version": change.pop("version")}
    return _update(svc, account, campaign_id, to, change, (where, values))


def wait(svc: Services, account: Account, campaign_id: str, until: int, why: str) -> Campaign | None:
    """Nothing more is sent before `until`; whoever must wait longest decides. None if it was not running."""
    where = "#phase = :running OR (#phase = :waiting AND #waits_until < :until)"
    values = {"running": "running", "waiting": "waiting", "until": until}
    return _update(svc, account, campaign_id, "waiting", {"waits_until": until, "why": why}, (where, values))


def note(svc: Services, account: Account, campaign_id: str, seen: Mapping[str, Any], **news: Any) -> bool:
    """Change what only the clock writes, if that is still what it was: whether it was."""
    where = " AND ".join(
        f"#{name} = :{name}" if value is not None else f"attribute_not_exists(#{name})" for name, value in seen.items()
    )
    values = {name: value for name, value in seen.items() if value is not None}
    return svc.table.update(_pk(account), f"campaign#{campaign_id}", news, where=where, **values) is not None


def remove(svc: Services, account: Account, campaign_id: str) -> None:
    """Nobody sees it from now on; its people are deleted by a job (control.py)."""
    item = found(svc, account, campaign_id)
    if item["phase"] not in OVER or not move(svc, account, campaign_id, OVER, REMOVED):
        raise Conflict("请先取消，再删除。It must be cancelled before it can be removed.")


def drop(svc: Services, account: Account, campaign_id: str) -> None:
    """The last of a removed one."""
    svc.table.delete_if(_pk(account), f"campaign#{campaign_id}", "#phase = :removed", removed=REMOVED)


def forget(svc: Services, account: Account, campaign_id: str) -> None:
    """What this container remembers of it."""
    svc.forget(_name(account, campaign_id))
    svc.forget(f"campaigns#{account.alias}")


def _update(
    svc: Services, account: Account, campaign_id: str, to: str, change: Item, where: tuple[str, Item]
) -> Campaign | None:
    due = change.pop("due", None)
    news = {"why": "", "waits_until": 0, **change, "phase": to}
    waits = news["waits_until"] if due is None else due
    news |= _place(account, campaign_id, waits or svc.now()) if to in CLOCKED or due else {}
    remove = () if "shelf" in news else ("shelf", "place")
    stored = svc.table.update(_pk(account), f"campaign#{campaign_id}", news, where=where[0], remove=remove, **where[1])
    forget(svc, account, campaign_id)
    return campaign_of(stored) if stored else None


def _place(account: Account, campaign_id: str, due: int) -> Item:
    return {"shelf": SHELF, "place": f"{due:011d}#{account.alias}#{campaign_id}"}


def _in(seen: tuple[str, ...]) -> tuple[str, Item]:
    names = [f"p{number}" for number in range(len(seen))]
    return f"#phase IN ({', '.join(f':{name}' for name in names)})", dict(zip(names, seen, strict=True))


def _too_late(svc: Services, account: Account, version: int, now: Item) -> Conflict:
    place = pk(account, now["campaign_id"])
    old = svc.table.get(place, f"edition#{version:06d}", fresh=True) if version < now["version"] else None
    differs = difference.changes(read(old["document"]), read(now["document"])) if old else []
    return Conflict(
        f"{now['changed_by']} 刚改过这个活动，请看看差别再改。"
        f"{now['changed_by']} has just changed this campaign; please look at the difference.",
        details={"version": now["version"], "difference": msgspec.to_builtins(differs)},
    )


ATTRIBUTES = ("campaign_id", "document", "phase", "why", "changed_by", *NUMBERS)


def campaign_of(item: Item) -> Campaign:
    """What was read with `found`."""
    known = {name: item[name] for name in ATTRIBUTES if name in item and name != "document"}
    return Campaign(document=read(item["document"]), **known)


def _name(account: Account, campaign_id: str) -> str:
    return f"campaign#{account.alias}#{campaign_id}"


def _pk(account: Account) -> str:
    return f"campaigns#{account.alias}"
