"""How an operator gets in and stays in: a link that works once, then a session behind an opaque cookie.

pk sign_in#<fingerprint>   sk sign_in   {operator_id, era, reusable, expires}
pk session#<fingerprint>   sk session   {operator_id, era, started, expires}
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import BadInput, Conflict, NotFound
from ...services import Services
from ..days import A_DAY
from . import people
from .people import Operator
from .who import Who

TEN_MINUTES = 600
LONGEST_LINK = 7 * A_DAY
SESSION = 7 * A_DAY
SPENT = "登录链接已失效，请再要一个。This sign-in link has been used or has expired; please ask for another one."
OTHERS = "您已登录为另一位运营人员，这个链接还没有用。You are signed in as somebody else; the link is not used up."
DISABLED = "这个帐号已停用，请联系管理员。This operator has been disabled; please ask an admin."


@dataclass(frozen=True)
class Session:
    cookie: str
    seconds: int


def link(svc: Services, operator: Operator, seconds: int = TEN_MINUTES, reusable: bool = False) -> str:
    """The secret part of a sign-in link for this operator. `reusable` is for a local stack, whose link is on disk."""
    if not 0 < seconds <= LONGEST_LINK:
        raise BadInput("登录链接最多有效七天。A sign-in link lives for seven days at most.")
    if operator.disabled:
        raise BadInput(DISABLED)
    code = svc.keys.one_time()
    told = {"operator_id": operator.operator_id, "era": operator.era, "reusable": reusable}
    svc.table.put({"pk": _link(svc, code), "sk": "sign_in", **told, "expires": svc.now() + seconds})
    return code


def address(site: str, code: str) -> str:
    """Where the link leads. The code is behind the #, so it is in nobody's access log, and no preview spends it."""
    return f"{site}/console#/sign-in/{code}"


def redeem(svc: Services, code: str, here: Who | None = None) -> tuple[Operator, Session]:
    """Trade a link's code for a session. Of two who try at once, one gets it.

    Conflict if it is not the link of who is `here`: nobody is made to work under another's name by opening a link.
    """
    place = (_link(svc, code), "sign_in")
    kept = svc.table.get(*place, fresh=True)
    if kept is None or kept["expires"] < svc.now():
        raise BadInput(SPENT)
    if here is not None and here.mark != kept["operator_id"]:
        raise Conflict(OTHERS)
    if not kept["reusable"] and svc.table.take(*place) is None:
        raise BadInput(SPENT)
    try:
        operator = people.find(svc, kept["operator_id"])
    except NotFound:
        raise BadInput(SPENT) from None
    if kept["era"] != operator.era and not operator.disabled:
        raise BadInput(SPENT)
    return operator, begin(svc, operator)


def begin(svc: Services, operator: Operator) -> Session:
    if operator.disabled:
        raise BadInput(DISABLED)
    cookie = svc.keys.one_time()
    told = {"operator_id": operator.operator_id, "era": operator.era, "started": svc.now()}
    svc.table.put({"pk": _session(svc, cookie), "sk": "session", **told, "expires": svc.now() + SESSION})
    return Session(cookie, SESSION)


def open_session(svc: Services, cookie: str) -> Who | None:
    """The operator behind this cookie, or None.

    Two reads that are never late, a read unit each: who signed in is in with the next request, and who was disabled,
    removed or given another role is so with the next request too.
    """
    kept = svc.table.get(_session(svc, cookie), "session", fresh=True) if cookie else None
    if kept is None or kept["expires"] < svc.now():
        return None
    try:
        operator = people.find(svc, kept["operator_id"])
    except NotFound:
        return None
    return None if operator.disabled or operator.era != kept["era"] else operator.who


def end(svc: Services, cookie: str) -> None:
    if cookie:
        svc.table.delete(_session(svc, cookie), "session")


def _link(svc: Services, code: str) -> str:
    return f"sign_in#{svc.keys.fingerprint(code)}"


def _session(svc: Services, cookie: str) -> str:
    return f"session#{svc.keys.fingerprint(cookie)}"
