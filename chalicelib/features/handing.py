"""People who are with a person of ours: until then our repliers keep out of it.

`handed` {ends_at, desk} stands in the profile, which is read with every message anyway; so the message path asks for
nothing more. While it stands, whatever they write goes to the customer-service desk, or is answered by nobody where an
account has none. Taps on the menu are answered as ever: nobody at a desk sees those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..services import Account, Services
from ..wechat.messages import Message, Reply, Transfer
from .followers.change import change

AN_HOUR = 3600
A_DAY = 86_400

Item = dict[str, Any]


def hand_over(svc: Services, account: Account, openid: str, ends_at: int, desk: str = "") -> bool:
    """Whether there is such a follower. Twice is once; a longer one stays."""

    def edit(profile: Item) -> Item:
        stands = profile.get("handed", {}).get("ends_at", 0) >= ends_at
        return {} if stands or not profile["following"] else {"handed": {"ends_at": ends_at, "desk": desk}}

    known = change(svc, account, openid, edit)
    return bool(known and known["following"])


def take_back(svc: Services, account: Account, openid: str) -> None:
    """Our repliers answer again, from the next message on."""
    change(svc, account, openid, lambda profile: {"handed": None})


def note(svc: Services, account: Account, openid: str, profile: Mapping[str, Any]) -> None:
    """From the listener that reads the profile of whoever writes, for the reply to the same message."""
    handed, known = profile.get("handed"), _known(svc, account)
    if handed and handed["ends_at"] > svc.now():
        known[openid] = (handed["ends_at"], handed["desk"])
    elif known:
        known.pop(openid, None)


def standing(svc: Services, account: Account, openid: str) -> bool:
    """As of their last message to this container."""
    return _known(svc, account).get(openid, (0, ""))[0] > svc.now()


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    """To somebody who is with a person: None is silence."""
    desk = _known(svc, account)[message.openid][1]
    return Transfer(desk) if account.may_send_custom else None


def _known(svc: Services, account: Account) -> dict[str, tuple[int, str]]:
    """{openid: until when, at which desk}, of those who wrote to this container; few, and forgotten after a day."""
    return svc.cached(f"handed#{account.alias}", A_DAY, dict[str, tuple[int, str]])
