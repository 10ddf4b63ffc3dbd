"""Cards that pages set, and cards that people sent on: one list, for a test to look at."""

from __future__ import annotations

from simulator.accounts import Account, Json
from simulator.jssdk.check import page_of
from simulator.platform.authorize import covered
from simulator.world import World

WORDS = ("title", "desc", "link", "imgUrl")
LONGEST = 2000


def note(world: World, account: Account, openid: str, told: Json) -> Json:
    """A link to a foreign domain is refused: a page may set the cards of its own account's domains only."""
    api = str(told.get("api", ""))[:64]
    card = {name: str(told.get(name) or "")[:LONGEST] for name in WORDS}
    page = page_of(told)
    if card["link"] and not covered(account.js_domains or account.oauth_domains, card["link"]):
        return {"errMsg": f"{api}:fail, link domain is not a JS domain of the account"}
    keep(world, account, openid, card | {"api": api, "page": page, "to": _place(api), "sent": False})
    return {"errMsg": f"{api}:ok"}


def _place(api: str) -> str:
    return "timeline" if "Timeline" in api else "friend"


def keep(world: World, account: Account, openid: str, share: Json) -> None:
    with world.lock:
        known = {"id": world.number(), "at": round(world.clock.now(), 3), "account": account.alias, "openid": openid}
        world.record.shares.append(known | share)
