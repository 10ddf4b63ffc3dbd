"""A follower's phone: follow, say, tap, scan, locate, open a page, pay; and what its screen shows."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, abort, request

from simulator.accounts import Account, Json, Person
from simulator.browser import Browser
from simulator.doors import CannotDo, account_named, cannot, told_json, world
from simulator.phone.act import Act, paid
from simulator.phone.consents import cancel, rename, revoke, share
from simulator.phone.notices import decline, subscribe
from simulator.phone.says import say
from simulator.phone.scans import scan
from simulator.phone.taps import tap

OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
FOLLOWERS_ONLY = {"say", "tap", "locate"}
bp = Blueprint("phone", __name__, url_prefix="/phone")
bp.register_error_handler(CannotDo, cannot)


@bp.get("/")
def accounts() -> Json:
    return {"accounts": [_account_json(account) for account in world().accounts.values()]}


@bp.get("/<alias>")
def people(alias: str) -> Json:
    """The account, and everybody whom it has met (at most `limit`)."""
    account = account_named(alias)
    shown = list(account.people.values())[: request.args.get("limit", 200, type=int)]
    return {"account": _account_json(account), "people": [_person_json(account, person) for person in shown]}


@bp.get("/<alias>/<openid>")
def person_and_menu(alias: str, openid: str) -> Json:
    account = account_named(alias)
    person = _person(account, openid)
    return {"person": _person_json(account, person), "menu": account.current_menu(person)}


@bp.get("/<alias>/<openid>/inbox")
def inbox(alias: str, openid: str) -> Json:
    """All that the phone received, oldest first; `?all=1` with what its owner sent, `?after=` an item's id."""
    person = _person(account_named(alias), openid)
    after = request.args.get("after", 0, type=int)
    with world().lock:
        items = list(person.chat if request.args.get("all") else person.inbox)
    return {"inbox": [item for item in items if item["id"] > after]}


@bp.post("/<alias>/<openid>/<act>")
def do(alias: str, openid: str, act: str) -> Json:
    if act not in ACTS:
        abort(404)
    account, told = account_named(alias), told_json()
    person = _person(account, openid)
    if act in FOLLOWERS_ONLY and not person.follows:
        raise CannotDo(409, "还没有关注，不能这样做；请先关注 this person does not follow the account; follow first")
    return ACTS[act](Act(world(), account, person), told)


def _person(account: Account, openid: str) -> Person:
    if not OPENID.fullmatch(openid):
        raise CannotDo(400, "openid 只能是 1 至 64 个字母、数字、_ 或 - an openid is 1 to 64 of A-Z a-z 0-9 _ -")
    with world().lock:
        return account.person(openid)


def _account_json(account: Account) -> Json:
    names = ("alias", "name", "kind", "verified", "app_id", "original_id", "mode")
    return {name: getattr(account, name) for name in names}


def _person_json(account: Account, person: Person) -> Json:
    names = ("openid", "nickname", "follows", "followed_at", "remark", "tags", "snapshot")
    return {name: getattr(person, name) for name in names} | {"messages": len(person.chat)}


def follow(act: Act, told: Json) -> Json:
    """Following twice sends nothing the second time."""
    with act.world.lock:
        if act.person.follows:
            return act.told(note="已经关注 already follows")
        act.person.follow(act.world.clock.now(), str(told.get("subscribe_scene", "ADD_SCENE_SEARCH")))
    act.event("subscribe", EventKey="")
    return act.told()


def unfollow(act: Act, told: Json) -> Json:
    with act.world.lock:
        if not act.person.follows:
            return act.told(note="本来就没有关注 did not follow")
        act.person.unfollow()
    act.event("unsubscribe", EventKey="")
    return act.told()


def locate(act: Act, told: Json) -> Json:
    x, y = told.get("latitude", 31.230416), told.get("longitude", 121.473701)
    act.event("LOCATION", Latitude=x, Longitude=y, Precision=told.get("precision", 40.0))
    return act.told()


def pay(act: Act, told: Json) -> Json:
    """A payment at the brand's till: it opens the window without a limit for 48 hours."""
    paid(act.person, act.world.clock.now())
    return act.told()


def visit(act: Act, told: Json) -> Json:
    """Opens the mini-program; nobody is told of it."""
    if act.account.kind != "miniprogram":
        raise CannotDo(409, "这不是小程序 this account is no mini-program")
    act.person.last_seen = act.world.clock.now()
    return act.told()


def event(act: Act, told: Json) -> Json:
    """Any callback, field for field: `{"Event": ...}` or `{"MsgType": ...}` with whatever belongs to it."""
    if "MsgType" not in told and "Event" not in told:
        raise CannotDo(400, "需要 Event 或 MsgType an Event or a MsgType is needed")
    act.send(({} if "MsgType" in told else {"MsgType": "event"}) | told)
    return act.told()


def open_page(act: Act, told: Json) -> Json:
    """A page in the in-app browser, with this person's cookies; `method`, `form`, `json` press a button on it."""
    if not isinstance(told.get("url"), str):
        raise CannotDo(400, '需要 {"url": "…"} a url is needed')
    return Browser(act.world, act.account, act.person).open(told)


ACTS: dict[str, Callable[[Act, Json], Json]] = {
    "follow": follow,
    "unfollow": unfollow,
    "say": say,
    "tap": tap,
    "scan": scan,
    "locate": locate,
    "pay": pay,
    "event": event,
    "open": open_page,
    "revoke": revoke,
    "cancel": cancel,
    "rename": rename,
    "share": share,
    "subscribe": subscribe,
    "decline": decline,
    "visit": visit,
}
