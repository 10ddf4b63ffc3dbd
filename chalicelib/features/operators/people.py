"""Operators: the people who look after the accounts, each with a role.

    pk operators   sk operator#<id>                 {label, grade, created, disabled, era}
    pk operators   sk wechat#<account>#<openid>     {operator_id, since}    who may sign in as whom by scanning
    pk operators   sk lock                          {holder, expires}

They are few, so all stand under one key: one query that is never late lists them, and checks that span several of them
(names are unique, an admin remains) are made by one process at a time. Sessions and links hold the `era` in which they
began; disabling somebody begins another one, so what was open stays shut when they are let in again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from ...errors import BadInput, Conflict, NotFound
from ...services import Services
from .who import ROLES, Who

LONGEST_NAME = 40
MOST_OPERATORS = 500
ALL = "operators"
ID = re.compile(r"[0-9a-f]{12}")
LEASE = 60  # seconds: longer than a function runs
TRIES, APART = 30, 0.1  # seconds
NOBODY = "没有这位运营人员。There is no such operator."
BUSY = "正好有人在改运营人员，请再试一次。Somebody changes operators just now; please try again."


@dataclass(frozen=True)
class Operator:
    operator_id: str
    name: str
    role: str
    created: int
    disabled: bool = False
    era: int = 0
    wechat: tuple[str, ...] = ()  # aliases of accounts whose codes they may scan; known of listed operators only

    @property
    def who(self) -> Who:
        return Who(self.name, "operator", self.operator_id, role=self.role)


def add(svc: Services, name: str, role: str) -> Operator:
    """A new operator, who cannot sign in before they get a link. Names are unique, so that the audit log is clear."""
    name = _checked(name, role)
    with _alone(svc) as there:
        _keep_names_apart(name, there)
        if len(there) >= MOST_OPERATORS:
            raise Conflict(f"最多 {MOST_OPERATORS} 位运营人员。There can be at most {MOST_OPERATORS} operators.")
        operator = Operator(secrets.token_hex(6), name, role, svc.now())
        told = {"label": name, "grade": role, "created": operator.created, "disabled": False, "era": 0}
        svc.table.put({"pk": ALL, "sk": _sk(operator.operator_id), **told})
    return operator


def listed(svc: Services) -> list[Operator]:
    """The oldest first."""
    items = list(svc.table.under(ALL, fresh=True))
    tied: dict[str, list[str]] = {}
    for item in items:
        if item["sk"].startswith("wechat#"):
            tied.setdefault(item["operator_id"], []).append(item["sk"].split("#")[1])
    found = (_operator(item) for item in items if item["sk"].startswith("operator#"))
    told = [_tied(one, tied.get(one.operator_id, [])) for one in found]
    return sorted(told, key=lambda one: (one.created, one.operator_id))


def find(svc: Services, operator_id: str) -> Operator:
    """As they are this moment. One read unit."""
    item = svc.table.get(ALL, _sk(operator_id), fresh=True) if ID.fullmatch(operator_id) else None
    if item is None:
        raise NotFound(NOBODY)
    return _operator(item)


def by_name(svc: Services, name: str) -> Operator | None:
    return next((one for one in listed(svc) if _folded(one.name) == _folded(name)), None)


def change(svc: Services, operator_id: str, name: str, role: str, disabled: bool) -> Operator:
    """A new role holds from the operator's next request on. The last admin stays one, else nobody could undo it."""
    name = _checked(name, role)
    with _alone(svc) as there:
        before, others = _apart(there, operator_id)
        _keep_names_apart(name, others)
        if role != "admin" or disabled:
            _keep_an_admin(before, others)
        told = {
            "label": name,
            "grade": role,
            "disabled": disabled,
            "era": before.era + (disabled and not before.disabled),
        }
        changed = svc.table.update(ALL, _sk(operator_id), told, where="attribute_exists(pk)")
    return _tied(_operator(changed or {}), before.wechat)


def remove(svc: Services, operator_id: str) -> Operator:
    """They are signed out at once; what they did stays in the audit log under their name."""
    with _alone(svc) as there:
        gone, others = _apart(there, operator_id)
        _keep_an_admin(gone, others)
        svc.table.delete(ALL, _sk(operator_id))
        untie(svc, operator_id)
    return gone


def tie(svc: Services, operator: Operator, account: str, openid: str) -> bool:
    """Whether this WeChat may now sign in as this operator by scanning: not if it is another one's.

    It takes the place of the one that they had in this account. May be asked twice.
    """
    sk = f"wechat#{account}#{openid}"
    tied = {"operator_id": operator.operator_id, "since": svc.now()}
    earlier = svc.table.put_new({"pk": ALL, "sk": sk, **tied})
    if earlier is not None and earlier["operator_id"] != operator.operator_id:
        # Who was removed while they tied it may have left it behind: that is nobody's.
        gone, free = earlier["operator_id"], "#operator_id = :gone"
        if holder(svc, account, openid) or svc.table.update(ALL, sk, tied, where=free, gone=gone) is None:
            return False
    for item in svc.table.under(ALL, f"wechat#{account}#", fresh=True):
        if item["operator_id"] == operator.operator_id and item["sk"] != sk:
            svc.table.delete(ALL, item["sk"])
    return True


def untie(svc: Services, operator_id: str) -> None:
    """No WeChat may sign in as this operator any more; sessions that are open stay so."""
    for item in svc.table.under(ALL, "wechat#", fresh=True):
        if item["operator_id"] == operator_id:
            svc.table.delete(ALL, item["sk"])


def holder(svc: Services, account: str, openid: str) -> Operator | None:
    """Whose WeChat this is, disabled or not."""
    tied = svc.table.get(ALL, f"wechat#{account}#{openid}", fresh=True)
    item = svc.table.get(ALL, _sk(tied["operator_id"]), fresh=True) if tied else None
    return _operator(item) if item else None


def by_wechat(svc: Services, account: str, openid: str) -> Operator | None:
    """Whose WeChat this is, unless they are disabled."""
    operator = holder(svc, account, openid)
    return None if operator is None or operator.disabled else operator


def wechat_of(svc: Services, operator_id: str, account: str) -> str:
    """The openid that this operator has tied to themselves in an account; "" for none."""
    tied = svc.table.under(ALL, f"wechat#{account}#", fresh=True)
    found = next((item["sk"] for item in tied if item["operator_id"] == operator_id), "")
    return str(found).partition("#")[2].partition("#")[2]


@contextmanager
def _alone(svc: Services) -> Iterator[list[Operator]]:
    """The operators, whom nobody else changes meanwhile; Conflict if others are at it for seconds."""
    holder, tries = secrets.token_hex(6), 0
    while not _locked(svc, holder):
        tries += 1
        if tries == TRIES:
            raise Conflict(BUSY)
        svc.clock.sleep(APART)
    try:
        yield listed(svc)
    finally:
        svc.table.delete_if(ALL, "lock", where="#holder = :holder", holder=holder)


def _locked(svc: Services, holder: str) -> bool:
    """Whoever held it for longer than a function runs is dead."""
    lock = {"holder": holder, "expires": svc.now() + LEASE}
    if svc.table.put_new({"pk": ALL, "sk": "lock", **lock}) is None:
        return True
    return svc.table.update(ALL, "lock", lock, where="#expires < :now", now=svc.now()) is not None


def _apart(there: Sequence[Operator], operator_id: str) -> tuple[Operator, list[Operator]]:
    found = next((one for one in there if one.operator_id == operator_id), None)
    if found is None:
        raise NotFound(NOBODY)
    return found, [one for one in there if one is not found]


def _keep_names_apart(name: str, others: Sequence[Operator]) -> None:
    if any(_folded(one.name) == _folded(name) for one in others):
        raise Conflict(f"已有名为 {name} 的运营人员。There is already an operator called {name}.")


def _keep_an_admin(operator: Operator, others: Sequence[Operator]) -> None:
    if operator.role != "admin" or operator.disabled:
        return
    if not any(one.role == "admin" and not one.disabled for one in others):
        raise Conflict("至少要有一位管理员。There must be at least one admin.")


def _checked(name: str, role: str) -> str:
    """The name in the one way in which it is kept: what looks the same is the same."""
    name = normalize("NFC", name.strip())
    if not (name and name.isprintable() and len(name) <= LONGEST_NAME):
        raise BadInput("名字要有 1 到 40 个可见字符。A name has 1 to 40 visible characters.")
    if role not in ROLES:
        raise BadInput("角色应为 viewer、editor 或 admin。A role is viewer, editor or admin.")
    return name


def _folded(name: str) -> str:
    return normalize("NFKC", name).casefold()


def _sk(operator_id: str) -> str:
    return f"operator#{operator_id}"


def _operator(item: dict[str, Any]) -> Operator:
    told = {name: item[name] for name in ("created", "disabled", "era")}
    return Operator(str(item["sk"]).partition("#")[2], item["label"], item["grade"], **told)


def _tied(operator: Operator, accounts: Sequence[str]) -> Operator:
    told = {name: getattr(operator, name) for name in ("name", "role", "created", "disabled", "era")}
    return Operator(operator.operator_id, **told, wechat=tuple(sorted(accounts)))
