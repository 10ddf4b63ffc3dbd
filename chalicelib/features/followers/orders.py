"""What a person bought: a few numbers in the profile, reckoned from one small item for each order.

pk person#<account>#<openid>   sk order#<order id>   {fen, bought_at, changed, first_fen}

`bought_at` is when it was bought, `changed` when it came to this amount: statements may arrive in any order, and the
newest counts. `first_fen` is what we were told first: the event of the order. Another amount is told as a correction.
"""

from __future__ import annotations

from ...errors import BadInput
from ...services import Account, Services
from .. import days, events, people
from .change import Item, change

LONGEST_ID = 128


def note_order(  # noqa: PLR0913, PLR0917 (whose, and the three things that an order is)
    svc: Services, account: Account, openid: str, order_id: str, fen: int, at: int, changed: int = 0
) -> Item | None:
    """The profile with this order counted; None if they do not follow. The same order again is the same order: its
    latest amount counts, so one that was paid back is told again with nothing. `changed`: when it came to this amount,
    if that is later than `at`."""
    if not 0 < len(order_id) <= LONGEST_ID or fen < 0 or at <= 0:
        raise BadInput("订单不对。An order needs an id, an amount in fen and a time.")
    pk = people.key(account, openid)
    known = svc.table.get(pk, "profile", fresh=True)
    if known is None or not known["following"]:
        return None
    order = {"fen": fen, "bought_at": at, "changed": max(changed, at)}
    stored = _store(svc, pk, order_id, order)
    after = change(svc, account, openid, lambda profile: _reckoned(svc, pk) if profile["following"] else {})
    if after is None or not after["following"]:
        # They were erased, or left, at this very moment: nobody would ever take the order away.
        svc.table.delete(pk, f"order#{order_id}")
        return None
    if stored is not None:
        _tell(svc, account, openid, order_id, stored)
    return after


def _store(svc: Services, pk: str, order_id: str, order: Item) -> Item | None:
    """The order as it then is; None if something newer is known of it."""
    sk = f"order#{order_id}"
    if svc.table.put_new({"pk": pk, "sk": sk, **order, "first_fen": order["fen"]}) is None:
        return order | {"first_fen": order["fen"]}
    is_news = "attribute_not_exists(#changed) OR #changed <= :newest"
    return svc.table.update(pk, sk, order, where=is_news, newest=order["changed"])


def _tell(svc: Services, account: Account, openid: str, order_id: str, order: Item) -> None:
    """Whoever asks. A repeat is the same event, a correction is another one of the same order."""
    first = order.get("first_fen", order["fen"]) == order["fen"]
    if first and not order["fen"]:
        return  # paid back before we heard of it
    data = {"order_id": order_id, "fen": order["fen"]} | ({} if first else {"correction": True})
    cause = order_id if first else f"{order_id}#{order['changed']}#{order['fen']}"
    events.publish(svc, account, "ordered", openid, data, cause=cause, at=order["bought_at" if first else "changed"])


def _reckoned(svc: Services, pk: str) -> Item:
    """From the orders themselves: counting one twice is impossible, whoever is killed when."""
    found = [item for item in svc.table.under(pk, "order#", fresh=True) if item["fen"]]
    last = max((item["bought_at"] for item in found), default=0)
    spent = sum(item["fen"] for item in found)
    return {"orders": len(found), "spent": spent, "last_order": days.today(last) if last else None}
