"""Who asks for which events: read once a minute, so an event that nobody asks for costs no request.

    pk account#<alias>   sk interest#<asker>   {wanted, version}

`wanted` is {kind: [about, …]}, where [] is all of the kind. For `said` one fits if the text contains it, whatever the
case; for all other kinds if it is equal. An asker is `automations`, `campaigns` or `endpoints`; each has an item of its
own, so that none can undo what another says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ... import outbound
from ...errors import BadInput, Conflict
from ...services import Account, Services
from .event import KINDS, Event
from .event import about as about_event

Wanted = Mapping[str, Sequence[str]]
Asked = dict[str, dict[str, tuple[str, ...]]]  # {asker: {kind: abouts}}

REMEMBER = 60  # seconds
LONGEST = 200  # characters of one about
MOST_TRIES = 10


def set_interest(svc: Services, account: Account, asker: str, wanted: Wanted | Callable[[], Wanted]) -> None:
    """What `asker` wants from now on; in other containers within a minute.

    A function is asked again when somebody else has changed it meanwhile, so that the last word is about what is there.
    """
    pk, sk = f"account#{account.alias}", f"interest#{asker}"
    for _ in range(MOST_TRIES):
        seen = (svc.table.get(pk, sk, fresh=True) or {}).get("version", 0)
        told = {kind: list(abouts) for kind, abouts in (wanted() if callable(wanted) else wanted).items()}
        check(told)
        where = "#version = :seen" if seen else "attribute_not_exists(pk)"
        change = {"wanted": told, "version": seen + 1}
        if svc.table.update(pk, sk, change, where=where, **({"seen": seen} if seen else {})) is not None:
            svc.forget(_name(account))
            return
    raise Conflict("正好有人在改，请再试一次。Somebody changes this just now; please try again.")


def check(wanted: Wanted) -> None:
    for kind, abouts in wanted.items():
        if kind not in KINDS:
            raise BadInput(f"没有 {kind[:40]} 这种事件。There is no such kind of event: {kind[:40]}.")
        if any(not 0 < len(one) <= LONGEST for one in abouts):
            raise BadInput(f"筛选条件要有 1 到 {LONGEST} 个字。A filter has 1 to {LONGEST} characters.")


def askers(svc: Services, account: Account, kind: str, about: str) -> list[str]:
    """Who wants this, from memory; the brand's own integrations want everything."""
    asked = _asked(svc, account)
    found = [asker for asker, wanted in asked.items() if kind in wanted and fits(wanted[kind], kind, about)]
    return [*found, "integrations"] if outbound.INTEGRATIONS else found


def asks(svc: Services, account: Account, asker: str, event: Event) -> bool:
    """Whether this asker wants such an event, from memory."""
    return asker in askers(svc, account, event.kind, about_event(event))


def is_asked(svc: Services, account: Account, kind: str) -> bool:
    """Whether anybody may want such an event: for callers that would have to look something up first."""
    return bool(outbound.INTEGRATIONS) or any(kind in wanted for wanted in _asked(svc, account).values())


def fits(abouts: Sequence[str], kind: str, about: str) -> bool:
    """Whether one of a kind's `abouts` is about this; all is, if there are none."""
    if not abouts:
        return True
    if kind == "said":
        folded = about.casefold()
        return any(one.casefold() in folded for one in abouts)
    return about in abouts


def _asked(svc: Services, account: Account) -> Asked:
    return svc.cached(_name(account), REMEMBER, lambda: _read(svc, account))


def _read(svc: Services, account: Account) -> Asked:
    found = svc.table.under(f"account#{account.alias}", "interest#")
    return {
        item["sk"].partition("#")[2]: {kind: tuple(abouts) for kind, abouts in item["wanted"].items()}
        for item in found
        if item["wanted"]
    }


def _name(account: Account) -> str:
    return f"interest#{account.alias}"
