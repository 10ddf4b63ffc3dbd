"""What the page asks for each second: the clock, the accounts, their people with what each got, one person's menu."""

from __future__ import annotations

from itertools import islice

from simulator.accounts import Account, Json, Person
from simulator.world import World

MOST_PEOPLE = 200


def state(world: World, alias: str = "", openid: str = "") -> Json:
    """Looking makes nobody: an openid that no account has met has no menu and no chat."""
    with world.lock:
        now = world.clock.now()
        last = world.record.deliveries[-1].id if world.record.deliveries else 0
        told: Json = {"now": round(now, 3), "offset": world.clock.offset, "last_delivery": last}
        told["accounts"] = [_account(account, openid) for account in world.accounts.values()]
        return told | _screen(world.accounts.get(alias), openid, now)


def _account(account: Account, openid: str) -> Json:
    names = ("alias", "kind", "verified", "app_id", "original_id", "mode", "callback_url")
    told = {name: getattr(account, name) for name in names}
    return told | {"name": account.name or account.alias, "people": [_line(p) for p in _people(account, openid)]}


def _people(account: Account, openid: str) -> list[Person]:
    """The first of a crowd, and always the one whose phone is looked at."""
    first = list(islice(account.people.values(), MOST_PEOPLE))
    looked_at = account.people.get(openid)
    return first if looked_at is None or looked_at in first else [*first, looked_at]


def _line(person: Person) -> Json:
    """`received` counts what the phone got, for the unread badge; `items` all, so that a reset is noticed."""
    received = sum(item["channel"] != "mine" for item in person.chat)
    named = {"openid": person.openid, "nickname": person.nickname or person.openid, "follows": person.follows}
    return named | {"received": received, "items": len(person.chat)}


def _screen(account: Account | None, openid: str, now: float) -> Json:
    person = account.people.get(openid) if account else None
    if account is None or person is None:
        return {"menu": [], "typing": False, "preview": ""}
    menu = account.current_menu(person).get("button", [])
    return {"menu": menu, "typing": now < person.typing_until, "preview": person.preview}
