"""Things that only a person can mend: told once a day, not every five minutes.

pk account#<alias>   sk alarm#<what>   {since, words, expires}   expires: only where nobody would notice the end
"""

from __future__ import annotations

from ..observe import count, log
from ..services import Account, Services
from .days import A_DAY


def ring(svc: Services, account: Account, what: str, text: str, lasts: int = 0) -> None:
    """Log an error and count it for CloudWatch, unless the same alarm of this account rang within a day. It stays until
    it is cleared, or for so many seconds."""
    rung = svc.table.update(
        f"account#{account.alias}",
        f"alarm#{what}",
        {"since": svc.now(), "words": text} | ({"expires": svc.now() + lasts} if lasts else {}),
        where="attribute_not_exists(pk) OR #since < :yesterday",
        yesterday=svc.now() - A_DAY,
    )
    if rung is not None:
        log.error("account %s needs a person, %s: %s", account.alias, what, text)
        count("NeedsAPerson")


def clear(svc: Services, account: Account, what: str) -> None:
    if svc.table.take(f"account#{account.alias}", f"alarm#{what}") is not None:
        log.info("account %s is well again: %s", account.alias, what)


def ringing(svc: Services, account: Account) -> dict[str, str]:
    """What is wrong with the account now: {what: text}."""
    found = svc.table.under(f"account#{account.alias}", "alarm#")
    ringing = (item for item in found if item.get("expires", svc.now()) >= svc.now())
    return {item["sk"].removeprefix("alarm#"): item["words"] for item in ringing}


def about(svc: Services, account: Account, beginning: str) -> dict[str, tuple[int, str]]:
    """{what: (since, text)} of the alarms whose `what` begins so."""
    found = svc.table.under(f"account#{account.alias}", f"alarm#{beginning}")
    return {item["sk"].removeprefix("alarm#"): (item["since"], item["words"]) for item in found}
