"""What a person bought: a few numbers in the profile, reckoned from one small item for each order.

pk person#<account>#<openid>   sk order#<order id>   {fen, bought_at}
"""

from __future__ import annotations

from ...errors import BadInput
from ...services import Account, Services
from .. import days, people
from .change import Item, change

LONGEST_ID = 128


def note_order(  # noqa: PLR0913, PLR0917 (whose, and the three things that an order is)
    svc: Services, account: Account, openid: str, order_id: str, fen: int, at: int
) -> Item | None:
    """The profile with this order counted; None if they do not follow. The same order again is the same order: its
    latest amount counts, so one that was paid back is told again with nothing."""
    if not 0 < len(order_id) <= LONGEST_ID or fen < 0 or at <= 0:
        raise BadInput("订单不对。An order needs an id, an amount in fen and a time.")
    pk, sk = people.key(account, openid), f"order#{order_id}"
    known = svc.table.get(pk, "profile", fresh=True)
    if known is None or not known["following"]:
        return None
    svc.table.put({"pk": pk, "sk": sk, "fen": fen, "bought_at": at})
    after = change(svc, account, openid, lambda profile: _reckoned(svc, pk) if profile["following"] else {})
    if after is None or not after["following"]:
        # They were erased, or left, at this very moment: nobody would ever take the order away.
        svc.table.delete(pk, sk)
        return None
    return after


def _reckoned(svc: Services, pk: str) -> Item:
    """From the orders themselves: counting one twice is impossible, whoever is killed when."""
    found = [item for item in svc.table.under(pk, "order#", fresh=True) if item["fen"]]
    last = max((item["bought_at"] for item in found), default=0)
    spent = sum(item["fen"] for item in found)
    return {"orders": len(found), "spent": spent, "last_order": days.today(last) if last else None}
