"""An endpoint: who is told, of what, and how it stands.

    pk endpoints#<account>   sk endpoint#<id>
        {kind, label, address, wanted, mapping, enabled, made_at, changed, generation, rotated_at,
        failing_since, last_failed, failures, rests_until, switched_off}

`address` is the URL. `mapping` is JSON text of `fields`. What we must show a CRM is in SSM (features/crm). All of an
account are read together and remembered for a minute, so a change is in force everywhere within one.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ...errors import BadInput, NotFound
from ...services import Account, Services
from .. import alarms
from ..crm import mapping
from ..crm.trouble import insist_on_home
from ..events import interest

KINDS = ("webhook", "bus", "hubspot", "salesforce")
CRMS = ("hubspot", "salesforce")
WITH_URL = ("webhook", *CRMS)
ASKER = "endpoints"
REMEMBER = 60  # seconds
MOST = 20  # of an account
MOST_ABOUTS = 50  # of a kind
LONGEST_LABEL = 40
LONGEST_URL = 2000
LONGEST_FIELDS = 20_000  # bytes, as JSON
ID = re.compile(r"[0-9a-f]{12}")

Item = dict[str, Any]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`wants` is {kind: [about, …]}, `fields` what the kind needs besides (CRMs: what goes where). Times are unix
    seconds, 0 for never. `failing_since`: no event was taken since then. `switched_off` says why, if not by hand."""

    endpoint_id: str
    kind: str
    label: str
    url: str = ""
    wants: dict[str, list[str]] = {}
    fields: dict[str, Any] = {}
    enabled: bool = True
    made_at: int = 0
    changed: int = 0
    generation: int = 1
    rotated_at: int = 0
    failing_since: int = 0
    last_failed: int = 0
    failures: int = 0
    rests_until: int = 0
    switched_off: str = ""

    def asks(self, kind: str, about: str) -> bool:
        return self.enabled and kind in self.wants and interest.fits(self.wants[kind], kind, about)


def listed(svc: Services, account: Account) -> list[Endpoint]:
    """The oldest first."""
    found = [_endpoint(item) for item in svc.table.under(_pk(account), "endpoint#", fresh=True)]
    return sorted(found, key=lambda one: (one.made_at, one.endpoint_id))


def remembered(svc: Services, account: Account) -> list[Endpoint]:
    """All of them, as they were within this minute."""
    return svc.cached(_name(account), REMEMBER, lambda: listed(svc, account))


def in_force(svc: Services, account: Account) -> list[Endpoint]:
    """Those that are switched on, from memory."""
    return [one for one in remembered(svc, account) if one.enabled]


def find(svc: Services, account: Account, endpoint_id: str) -> Endpoint:
    found = known(svc, account, endpoint_id, fresh=True)
    if found is None:
        raise NotFound("没有这个端点。There is no such endpoint.")
    return found


def known(svc: Services, account: Account, endpoint_id: str, fresh: bool = False) -> Endpoint | None:
    """As it stands; None if it is gone."""
    item = svc.table.get(_pk(account), _sk(endpoint_id), fresh=fresh) if ID.fullmatch(endpoint_id) else None
    return _endpoint(item) if item else None


def save(  # noqa: PLR0913 (the fields of its form)
    svc: Services,
    account: Account,
    *,
    kind: str,
    label: str,
    url: str = "",
    wants: Mapping[str, Sequence[str]],
    fields: dict[str, Any] | None = None,
    enabled: bool = True,
    endpoint_id: str = "",
) -> Endpoint:
    """New unless `endpoint_id` names one. Switching one on forgives it all its failures."""
    before = find(svc, account, endpoint_id) if endpoint_id else None
    if before is None and len(listed(svc, account)) >= MOST:
        raise BadInput(f"最多 {MOST} 个端点。An account may have {MOST} endpoints at most.")
    _check_kind(kind, before)
    _check(svc, kind, label, url, wants, fields or {})
    told: Item = {
        "label": label.strip(),
        "address": url,
        "wanted": {one: list(dict.fromkeys(abouts)) for one, abouts in wants.items()},
        "mapping": msgspec.json.encode(fields or {}).decode(),
        "enabled": enabled,
        "changed": svc.now(),
    }
    if enabled and not (before and before.enabled):
        told |= {"failing_since": 0, "failures": 0, "rests_until": 0, "switched_off": ""}
    # First what may be wanted, then what is: whoever is killed in between leaves events that nobody takes, not the
    # other way round.
    told_id = before.endpoint_id if before else uuid.uuid4().hex[:12]
    _set_interest(svc, account, told["wanted"] if enabled else {})
    made = {} if before else {"kind": kind, "made_at": svc.now(), "generation": 1, "rotated_at": 0}
    where = "attribute_exists(pk)" if before else "attribute_not_exists(pk)"
    item = svc.table.update(_pk(account), _sk(told_id), told | made, where=where)
    if item is None:
        raise NotFound("没有这个端点。There is no such endpoint.")
    _settle(svc, account, told_id, well=enabled)
    return _endpoint(item)


def remove(svc: Services, account: Account, endpoint_id: str) -> None:
    """What it was owed is dropped when its turn comes."""
    find(svc, account, endpoint_id)
    svc.table.delete(_pk(account), _sk(endpoint_id))
    _settle(svc, account, endpoint_id, well=True)


def change(svc: Services, account: Account, endpoint_id: str, told: Item, where: str, **values: Any) -> Endpoint | None:
    """How it stands; None if `where` does not hold."""
    item = svc.table.update(_pk(account), _sk(endpoint_id), told, where=f"attribute_exists(pk) AND {where}", **values)
    return _endpoint(item) if item else None


def switch_off(svc: Services, account: Account, endpoint: Endpoint, reason: str) -> bool:
    """Whether it was on."""
    told = {"enabled": False, "switched_off": reason[:200], "changed": svc.now()}
    off = change(svc, account, endpoint.endpoint_id, told, where="#enabled = :yes", yes=True)
    _settle(svc, account, endpoint.endpoint_id, well=False)
    return off is not None


def alarm(endpoint_id: str) -> str:
    return f"endpoint#{endpoint_id}"


def _check(  # noqa: PLR0913, PLR0917 (the fields of its form)
    svc: Services,
    kind: str,
    label: str,
    url: str,
    wants: Mapping[str, Sequence[str]],
    fields: dict[str, Any],
) -> None:
    if not (label.strip() and label.isprintable() and len(label) <= LONGEST_LABEL):
        raise BadInput(
            f"名字要有 1 到 {LONGEST_LABEL} 个可见字符。A label has 1 to {LONGEST_LABEL} visible characters."
        )
    if kind in CRMS:
        mapping.read(fields)
    if kind in WITH_URL:
        svc.outbound.check(url)
        if kind in CRMS:
            insist_on_home(svc, kind, url)
    elif url:
        raise BadInput("这种端点没有地址。This kind of endpoint has no address.")
    _check_wants(wants)
    if len(msgspec.json.encode(fields)) > LONGEST_FIELDS:
        raise BadInput("字段映射太长。The field mapping is too long.")


def _check_kind(kind: str, before: Endpoint | None) -> None:
    if kind not in KINDS:
        raise BadInput(f"类型应为 {'、'.join(KINDS)}。The kind is one of {', '.join(KINDS)}.")
    if before is not None and before.kind != kind:
        raise BadInput("端点的类型不能改，请另建一个。The kind of an endpoint cannot be changed; please make another.")


def _check_wants(wants: Mapping[str, Sequence[str]]) -> None:
    if not wants:
        raise BadInput("请至少选一种事件。Please choose at least one kind of event.")
    interest.check(wants)
    if any(len(abouts) > MOST_ABOUTS for abouts in wants.values()):
        raise BadInput(f"每种事件最多 {MOST_ABOUTS} 个筛选条件。A kind has {MOST_ABOUTS} filters at most.")


def _settle(svc: Services, account: Account, endpoint_id: str, well: bool) -> None:
    svc.forget(_name(account))
    _set_interest(svc, account, {})
    if well:
        alarms.clear(svc, account, alarm(endpoint_id))


def _set_interest(svc: Services, account: Account, besides: Mapping[str, Sequence[str]]) -> None:
    """All that the endpoints want together, as they are at that moment."""

    def wanted() -> dict[str, list[str]]:
        wishes = [besides, *(one.wants for one in listed(svc, account) if one.enabled)]
        kinds = dict.fromkeys(kind for wish in wishes for kind in wish)
        return {kind: _together([wish[kind] for wish in wishes if kind in wish]) for kind in kinds}

    interest.set_interest(svc, account, ASKER, wanted)


def _together(abouts: Sequence[Sequence[str]]) -> list[str]:
    """[] is all of the kind."""
    return sorted({one for each in abouts for one in each}) if all(abouts) else []


def _endpoint(item: Item) -> Endpoint:
    told = {name: item[name] for name in Endpoint.__struct_fields__ if name in item}
    return Endpoint(
        **told,
        endpoint_id=item["sk"].partition("#")[2],
        url=item["address"],
        wants=item["wanted"],
        fields=msgspec.json.decode(item["mapping"]),
    )


def _pk(account: Account) -> str:
    return f"endpoints#{account.alias}"


def _sk(endpoint_id: str) -> str:
    return f"endpoint#{endpoint_id}"


def _name(account: Account) -> str:
    return f"endpoints#{account.alias}"
