"""What a person takes back or changes at WeChat: nickname and picture withdrawn or modified, their account deleted.

WeChat tells it in events about `message.person`. The refresh token that a visit keeps (`renewal`) is how a modified
nickname is learnt; where there is none, or WeChat does not take it, what we had is dropped: from the visits first, then
from the facts of the follower that were copied from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import Conflict
from ...observe import log
from ...services import Account, Services
from ...wechat.errors import PersonRefused, Unreachable, WeChatError
from ...wechat.messages import Message
from .. import claims, events, people
from ..followers import leaving, visiting
from ..followers.change import is_following
from ..followers.visiting import SHOWN

if TYPE_CHECKING:
    from ...wechat.oauth import Profile

# RevokeInfo of a service account's pages: nickname and picture; and of an app, where it stands for everything.
OF_THE_PROFILE = frozenset({"205", "301"})
CONSENTED = (*SHOWN, "consented", "renewal")
MOST_DELETES = 500  # of one job: some five seconds

Item = dict[str, Any]


def heed(svc: Services, account: Account, message: Message) -> None:
    """A listener: what WeChat says that a person has withdrawn, changed or ended."""
    if message.event == "user_authorization_revoke" and _concerns_profile(message):
        _withdraw(svc, account, message.person)
        data = {"what": "profile", "given": False}
        events.publish(svc, account, "consent_changed", message.person, data, cause=message.key, at=message.created)
    elif message.event == "user_info_modified":
        svc.later(renew, account, openid=message.person, modified=True)
    elif message.event == "user_authorization_cancellation":
        svc.later(erase, account, openid=message.person, keep=claims.sort_key(message))


def order_renewal(svc: Services, account: Account, openid: str) -> None:
    """Have nickname and picture asked for anew."""
    if not any("renewal" in visit for visit in _living(svc, _visits(svc, account, openid))):
        raise Conflict(
            "没有保存这位访客的 refresh token：请先以 snsapi_userinfo 登录。"
            "No refresh token of this person is kept: they must sign in with snsapi_userinfo first."
        )
    svc.later(renew, account, openid=openid)


def renew(svc: Services, account: Account, openid: str, modified: bool = False) -> None:
    """A job: nickname and picture as they are now. `modified`: those that we have are known to be wrong, so they go
    at once when WeChat does not tell the new ones; a later try may still bring these."""
    visits = _visits(svc, account, openid)
    try:
        profile = _ask(svc, account, openid, visits)
    except (Unreachable, WeChatError):
        if modified:
            _forget(svc, account, openid, visits)
        raise
    if profile is not None:
        for visit in visits:
            told = {"nickname": profile.nickname, "picture": profile.picture}
            _change(svc, visit, told, where="attribute_exists(#consented)")
        visiting.copy(svc, account, openid)
    elif modified:
        _forget(svc, account, openid, visits)


def erase(svc: Services, account: Account, openid: str, keep: str) -> None:
    """A job: all that we have of this person but `keep`, the message that asked for it, of which a day later nothing is
    left either. Whoever followed has left."""
    if is_following(svc, account, openid):
        leaving.leave(svc, account, openid, svc.now())
    erased = leaving.erase(svc, account, openid, keep=keep, most=MOST_DELETES)
    if sum(erased.values()) == MOST_DELETES:
        svc.later(erase, account, openid=openid, keep=keep)
    else:
        leaving.empty(svc, account, openid, keep)


def end_visits(svc: Services, account: Account, openid: str) -> None:
    """Sign the person out in every browser."""
    for visit in _visits(svc, account, openid):
        svc.table.delete(visit["pk"], visit["sk"])


def _concerns_profile(message: Message) -> bool:
    """Several numbers may stand there, or several fields; none at all leaves nothing that we may keep."""
    told = message.fields.get("RevokeInfo")
    texts = [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str)]
    numbers = set(re.findall(r"[0-9]+", " ".join(texts)))
    return not numbers or bool(numbers & OF_THE_PROFILE)


def _withdraw(svc: Services, account: Account, openid: str) -> None:
    for visit in _visits(svc, account, openid):
        _change(svc, visit, {"granted": "snsapi_base"}, remove=CONSENTED)
    visiting.retract(svc, account, openid, revoked=svc.now())
    log.info("account %s: %s withdrew nickname and picture", account.alias, svc.keys.person(openid))


def _forget(svc: Services, account: Account, openid: str, visits: list[Item]) -> None:
    _drop(svc, visits, SHOWN)
    visiting.retract(svc, account, openid)


def _ask(svc: Services, account: Account, openid: str, visits: list[Item]) -> Profile | None:
    """The profile by the newest refresh token that WeChat still takes; the others are dropped. None without one."""
    for visit in reversed(_living(svc, visits)):
        if "renewal" not in visit:
            continue
        with suppress(PersonRefused):  # 40030, 42002: only signing in again gives another
            known = account.wechat.oauth.refresh(_refresh_token(svc, visit))
            _keep_newer(svc, visit, known.refresh_token)
            if known.has_profile:
                return account.wechat.oauth.userinfo(known.access_token, openid)
        _drop(svc, [visit], ("renewal",))
    return None


def _refresh_token(svc: Services, visit: Item) -> str:
    kept = svc.keys.unseal("renewal", visit["renewal"]) or {"token": "sealed with another key"}
    return str(kept["token"])


def _keep_newer(svc: Services, visit: Item, refresh_token: str) -> None:
    """WeChat may hand out another refresh token, and then the one before is worth nothing."""
    if refresh_token not in ("", _refresh_token(svc, visit)):
        renewal = svc.keys.seal("renewal", {"token": refresh_token})
        _change(svc, visit, {"renewal": renewal}, where="#renewal = :before", before=visit["renewal"])


def _visits(svc: Services, account: Account, openid: str) -> list[Item]:
    """The oldest first."""
    found = svc.table.under(people.key(account, openid), "visit#", fresh=True)
    return sorted(found, key=lambda visit: visit["since"])


def _living(svc: Services, visits: Iterable[Item]) -> list[Item]:
    return [visit for visit in visits if visit["expires"] >= svc.now()]


def _drop(svc: Services, visits: Iterable[Item], names: tuple[str, ...]) -> None:
    for visit in visits:
        if any(name in visit for name in names):
            _change(svc, visit, {}, remove=names)


def _change(
    svc: Services, visit: Item, change: Item, where: str = "", remove: tuple[str, ...] = (), **values: Any
) -> None:
    """Unless the visit is over: a change must not bring it back."""
    condition = f"attribute_exists(pk) AND {where}" if where else "attribute_exists(pk)"
    svc.table.update(visit["pk"], visit["sk"], change, where=condition, remove=remove, **values)
