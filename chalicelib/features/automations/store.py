"""Automations as they are kept: the newest version of each, every version somebody may be inside of, and its phase.

    pk automations#<account>   sk automation#<id>   {automation_id, title, phase, version, made_at, changed_at,
        changed_by, since}
    pk automations#<account>   sk edition#<id>#<version>   {document, made_at, made_by}

`document` is JSON text and never changes: who is inside finishes the version they entered. Phases: `draft` until it is
started, `running`, `paused`. `since` is when it last began to run: what happened before that sets off nothing.
Whoever changes one says which version they saw; who comes second gets a Conflict with the difference.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from ...errors import BadInput, Conflict, NotFound
from ...services import Account, Services
from .. import events, tags
from ..days import A_DAY
from . import difference, journeys, triggers
from .definition import Document, Plan, Told, plan, read, write
from .reading import check

REMEMBER = 60  # seconds: so long until every container knows of a start, a pause or a change
MOST = 50  # of an account
ASKER = "automations"
LEFT: dict[str, list[str]] = {"left": []}  # who leaves ends all that they are in

Item = dict[str, Any]


class Automation(msgspec.Struct, frozen=True, kw_only=True):
    automation_id: str
    name: str
    phase: str
    version: int
    when: Told
    question: Told | None
    enter: str
    steps: list[Told]
    made_at: int
    changed_at: int
    changed_by: str
    since: int

    @property
    def document(self) -> Document:
        return Document(name=self.name, when=self.when, question=self.question, enter=self.enter, steps=self.steps)


def listed(svc: Services, account: Account) -> list[Automation]:
    """All of the account, by name."""
    found = [_automation(svc, account, item) for item in svc.table.under(_pk(account), "automation#", fresh=True)]
    return sorted(found, key=lambda one: (one.name, one.automation_id))


def running(svc: Services, account: Account) -> list[Automation]:
    """From memory: asked for with every event that somebody wants."""

    def load() -> list[Automation]:
        found = svc.table.under(_pk(account), "automation#")
        return [_automation(svc, account, item) for item in found if item["phase"] == "running"]

    return svc.cached(f"automations#{account.alias}", REMEMBER, load)


def find(svc: Services, account: Account, automation_id: str) -> Automation:
    return _automation(svc, account, found(svc, account, automation_id))


def found(svc: Services, account: Account, automation_id: str) -> Item:
    """The item alone, as of now: its version and phase."""
    known = automation_id.isalnum() and automation_id.isascii()
    item = svc.table.get(_pk(account), f"automation#{automation_id}", fresh=True) if known else None
    if item is None:
        raise NotFound("没有这个自动化。There is no such automation.")
    return item


def create(svc: Services, account: Account, told: Told, by: str) -> Automation:
    """A draft; `start` lets it run."""
    document = check(svc, account, told)
    if sum(1 for _ in svc.table.under(_pk(account), "automation#")) >= MOST:
        raise BadInput(f"最多 {MOST} 个自动化。An account may have {MOST} automations at most.")
    made = uuid.uuid4().hex[:12]
    _put_edition(svc, account, made, 1, document, by)
    now = svc.now()
    item: Item = {"pk": _pk(account), "sk": f"automation#{made}", "automation_id": made, "title": document.name}
    item |= {"phase": "draft", "version": 1, "made_at": now, "changed_at": now, "changed_by": by[:80], "since": 0}
    svc.table.put(item)
    return _automation(svc, account, item)


def change(svc: Services, account: Account, automation_id: str, told: Told, version: int, by: str) -> Automation:  # noqa: PLR0913, PLR0917 (which, its form, and who saw what)
    """A new version, for whoever enters from now on; the same again changes nothing."""
    document = check(svc, account, told)
    before = found(svc, account, automation_id)
    seen_document = edition(svc, account, automation_id, before["version"])
    if before["version"] != version:
        raise _too_late(svc, account, automation_id, version, before)
    if seen_document == document:
        return _automation(svc, account, before)
    if not _put_edition(svc, account, automation_id, version + 1, document, by):
        # Somebody is a moment ahead, or was killed before they could say so; their version is taken as the next one.
        raise _too_late(svc, account, automation_id, version, _adopt(svc, account, before))
    if before["phase"] == "running":
        _ask(svc, account, plus=document)
    stored = _step_up(svc, account, before, document, by)
    if stored is None:
        raise _too_late(svc, account, automation_id, version, found(svc, account, automation_id))
    _announce(svc, account)
    return _automation(svc, account, stored)


def start(svc: Services, account: Account, automation_id: str) -> Automation:
    """From now on, also after a pause; whoever was waiting meanwhile goes on."""
    item = found(svc, account, automation_id)
    if item["phase"] != "running":
        _ask(svc, account, plus=edition(svc, account, automation_id, item["version"]))
        journeys.open_shelves(svc)
        journeys.unpark_later(svc, account, automation_id)  # first: being killed in between must strand nobody
        stored = _update(svc, account, automation_id, {"phase": "running", "since": svc.now()})
        item = stored or item
    _announce(svc, account)
    return _automation(svc, account, item)


def pause(svc: Services, account: Account, automation_id: str) -> Automation:
    """Nobody enters, and nobody inside goes a step further, from the next step on."""
    item = found(svc, account, automation_id)
    if item["phase"] == "draft":
        raise Conflict("还没有启动。It has not been started yet.")
    stored = _update(svc, account, automation_id, {"phase": "paused"})
    _announce(svc, account)
    return _automation(svc, account, stored or item)


def remove(svc: Services, account: Account, automation_id: str) -> None:
    """At once; who was inside is let go as their next step becomes due, and nothing more is done to them."""
    found(svc, account, automation_id)
    journeys.unpark_later(svc, account, automation_id)  # first, as above
    if svc.table.take(_pk(account), f"automation#{automation_id}") is None:
        raise NotFound("没有这个自动化。There is no such automation.")
    _announce(svc, account)
    for prefix in (f"edition#{automation_id}#", f"counts#{automation_id}#"):
        for one in list(svc.table.under(_pk(account), prefix)):
            svc.table.delete(_pk(account), one["sk"])


def edition(svc: Services, account: Account, automation_id: str, version: int) -> Document:
    """Kept in memory for a day: it never changes."""

    def load() -> Document:
        item = svc.table.get(_pk(account), _edition(automation_id, version), fresh=True)
        if item is None:
            raise NotFound("没有这个版本。There is no such version.")
        return read(item["document"])

    return svc.cached(f"edition#{account.alias}#{automation_id}#{version}", A_DAY, load)


def plan_of(svc: Services, account: Account, automation_id: str, version: int) -> Plan:
    return svc.cached(
        f"plan#{account.alias}#{automation_id}#{version}",
        A_DAY,
        lambda: plan(edition(svc, account, automation_id, version)),
    )


def compare(svc: Services, account: Account, automation_id: str, old: int, new: int) -> list[difference.Change]:
    """What version `new` says otherwise than `old`."""
    before, after = (edition(svc, account, automation_id, version) for version in (old, new))
    return difference.changes(before, after, tags.names(svc, account))


def _too_late(svc: Services, account: Account, automation_id: str, version: int, now: Item) -> Conflict:
    try:
        differs = compare(svc, account, automation_id, version, now["version"])
    except NotFound:  # a version that never was
        differs = []
    return Conflict(
        f"{now['changed_by']} 刚改过这个自动化，请看看差别再改。"
        f"{now['changed_by']} has just changed this automation; please look at the difference.",
        details={"version": now["version"], "difference": msgspec.to_builtins(differs)},
    )


def _put_edition(svc: Services, account: Account, made: str, version: int, document: Document, by: str) -> bool:  # noqa: PLR0913, PLR0917 (a version of something)
    item = {"pk": _pk(account), "sk": _edition(made, version), "document": write(document)}
    return svc.table.put_new(item | {"made_at": svc.now(), "made_by": by[:80]}) is None


def _adopt(svc: Services, account: Account, before: Item) -> Item:
    """Makes the version after this one the newest, whoever wrote it: it is whole, and nobody else will."""
    number = before["version"] + 1
    item = svc.table.get(_pk(account), _edition(before["automation_id"], number), fresh=True)
    if item is not None:
        if before["phase"] == "running":
            _ask(svc, account, plus=read(item["document"]))
        _step_up(svc, account, before, read(item["document"]), item["made_by"])
        _announce(svc, account)
    return found(svc, account, before["automation_id"])


def _step_up(svc: Services, account: Account, before: Item, document: Document, by: str) -> Item | None:
    news = {"title": document.name, "version": before["version"] + 1, "changed_at": svc.now(), "changed_by": by[:80]}
    return svc.table.update(_pk(account), before["sk"], news, where="#version = :seen", seen=before["version"])


def _update(svc: Services, account: Account, automation_id: str, news: Item) -> Item | None:
    return svc.table.update(_pk(account), f"automation#{automation_id}", news, where="attribute_exists(pk)")


def _announce(svc: Services, account: Account) -> None:
    """What is wanted now is reckoned after the change: who is killed in between leaves us told of too much, not too
    little."""
    svc.forget(f"automations#{account.alias}")
    _ask(svc, account)


def _ask(svc: Services, account: Account, plus: Document | None = None) -> None:
    events.set_interest(svc, account, ASKER, _wanted(svc, account, plus))


def _wanted(svc: Services, account: Account, plus: Document | None) -> Callable[[], dict[str, list[str]]]:
    def wanted() -> dict[str, list[str]]:
        begun = [one for one in listed(svc, account) if one.phase != "draft"]
        whens = [one.when for one in begun if one.phase == "running"] + ([plus.when] if plus else [])
        return triggers.wants(whens) | LEFT if begun or whens else {}

    return wanted


def _automation(svc: Services, account: Account, item: Item) -> Automation:
    document = edition(svc, account, item["automation_id"], item["version"])
    names = ("automation_id", "phase", "version", "made_at", "changed_at", "changed_by", "since")
    return Automation(**msgspec.structs.asdict(document), **{name: item[name] for name in names})


def _edition(automation_id: str, version: int) -> str:
    return f"edition#{automation_id}#{version:06d}"


def _pk(account: Account) -> str:
    return f"automations#{account.alias}"
