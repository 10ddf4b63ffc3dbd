"""A tester's controls: move the clock, break an endpoint, look at the calls, change a setting, begin again."""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Blueprint, request

from simulator.accounts import KEPT, Account, Json, Person
from simulator.doors import CannotDo, account_named, cannot, told_json, world
from simulator.envelope import signed_query
from simulator.platform import masses, notices
from simulator.platform.tokens import kill_all
from simulator.post import get
from simulator.record import as_json

bp = Blueprint("controls", __name__, url_prefix="/controls")
bp.register_error_handler(CannotDo, cannot)
SECRET = {"secret", "token", "aes_key"}
SETTABLE = {name: kind for name, kind in Account.__annotations__.items() if name not in {*KEPT, "alias"}}
OF_A_PERSON = (
    "nickname",
    "refuses_templates",
    "refuses_messages",
    "snapshot",
    "client_platform",
    "window_left",
    "window_until",
)
CHOICES = {
    "mode": ["plain", "compatible", "safe"],
    "kind": ["service", "subscription", "test", "miniprogram"],
    "refuses_templates": ["", "send", "event"],
}
LARGEST_CROWD = 200_000


@bp.get("/clock")
def clock() -> Json:
    return {"now": world().clock.now(), "offset": world().clock.offset}


@bp.post("/clock")
def move_clock() -> Json:
    """The app's clock moves too: it reads the same offset from the clock file."""
    seconds = told_json().get("advance")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise CannotDo(400, '需要 {"advance": 秒} advance by a number of seconds, never back')
    world().clock.advance(seconds)
    world().courier.clock_moved()
    return clock()


@bp.get("/faults")
def faults() -> Json:
    return {"faults": [asdict(fault) for fault in world().faults.waiting]}


@bp.post("/faults")
def add_fault() -> Json:
    told = told_json()
    if told.pop("clear", False):
        world().faults.clear()
    try:
        if told:
            world().faults.add(told)
    except (ValueError, TypeError) as error:
        raise CannotDo(400, str(error)) from None
    return faults()


@bp.delete("/faults")
def clear_faults() -> Json:
    world().faults.clear()
    return faults()


@bp.post("/reset")
def reset() -> Json:
    told = told_json()
    if told.get("account"):
        account_named(told["account"])
    world().reset(told.get("account", ""), bool(told.get("tokens")))
    return {"ok": True}


@bp.get("/calls")
def calls() -> Json:
    """`counts` and `errors` per path; `calls` in full (`?list=0`: without). Narrow by account, path, after (an id)."""
    asked = request.args
    after = asked.get("after", 0, type=int)
    found = [
        call
        for call in list(world().record.calls)
        if call.id > after
        and asked.get("account", call.account) == call.account
        and asked.get("path", call.path) == call.path
    ]
    record = world().record
    told: Json = {"total": len(found), "counts": record.counts(found), "errors": record.errors(found)}
    return told | ({} if asked.get("list") == "0" else {"calls": [as_json(call) for call in found]})


@bp.get("/deliveries")
def deliveries() -> Json:
    """Each callback with its raw body, every try and the raw answers; narrow by account, openid, after, kind."""
    asked = request.args
    after = asked.get("after", 0, type=int)
    found = [
        one
        for one in list(world().record.deliveries)
        if one.id > after
        and asked.get("account", one.account) == one.account
        and asked.get("openid", one.openid) == one.openid
        and asked.get("kind", one.kind) == one.kind
    ]
    return {"total": len(found), "deliveries": [as_json(one) for one in found]}


@bp.get("/shares")
def shares() -> Json:
    """Each card that a page set, and each that a person sent on (`sent`); narrow by account, openid, after (an id)."""
    asked = request.args
    after = asked.get("after", 0, type=int)
    found = [
        one
        for one in list(world().record.shares)
        if one["id"] > after
        and asked.get("account", one["account"]) == one["account"]
        and asked.get("openid", one["openid"]) == one["openid"]
    ]
    return {"total": len(found), "shares": found}


@bp.get("/settings")
def settings() -> Json:
    shown = {alias: _shown(account) for alias, account in world().accounts.items()}
    return {"accounts": shown, "other_site": {"api_token": bool(world().other_site["api_token"])}}


def _shown(account: Account) -> Json:
    return {name: getattr(account, name) for name in SETTABLE if name not in SECRET}


@bp.post("/settings")
def change_settings() -> Json:
    """`{"account": "tea", <setting>: value}`; with `openid` the settings are that person's."""
    told = told_json()
    if "other_site" in told:
        return _change_other_site(told["other_site"])
    account = account_named(str(told.pop("account", "")))
    with world().lock:
        if "openid" in told:
            person = account.person(str(told.pop("openid")))
            _change(person, told, OF_A_PERSON)
            return {"person": {name: getattr(person, name) for name in OF_A_PERSON}}
        _change(account, told, tuple(SETTABLE))
    return {"account": _shown(account)}


def _change_other_site(told: Any) -> Json:
    """`{"other_site": {"api_token": …}}`: what the team's server exchanges tickets with; "" for none."""
    if not isinstance(told, dict) or set(told) != {"api_token"} or not isinstance(told["api_token"], str):
        raise CannotDo(400, '需要 {"other_site": {"api_token": "…"}} an api_token is needed')
    world().other_site = told
    return {"other_site": {"api_token": bool(told["api_token"])}}


def _change(thing: Account | Person, told: Json, names: tuple[str, ...]) -> None:
    unknown = sorted(set(told) - set(names))
    if unknown:
        raise CannotDo(400, f"没有这些设置 no such settings: {', '.join(unknown)}")
    told = {name: _fitting(name, getattr(thing, name), value) for name, value in told.items()}
    for name, value in told.items():
        setattr(thing, name, value)


def _fitting(name: str, old: Any, value: Any) -> Any:
    if name == "refuses_templates" and isinstance(value, bool):
        return "send" if value else ""
    if value not in CHOICES.get(name, [value]):
        raise CannotDo(400, f"{name} 只能是 must be one of: {', '.join(CHOICES[name])}")
    number = isinstance(old, int | float) and not isinstance(old, bool)
    fits = isinstance(value, int | float) and not isinstance(value, bool) if number else isinstance(value, type(old))
    if not fits:
        raise CannotDo(400, f"{name} 的类型不对 has the wrong type")
    return value


@bp.post("/tokens")
def kill_tokens() -> Json:
    """Every platform token of the account is dead from now on (40001)."""
    with world().lock:
        kill_all(world(), account_named(str(told_json().get("account"))).alias)
    return {"ok": True}


@bp.post("/people")
def crowd() -> Json:
    """`count` new followers at once, named `<prefix>1`, `<prefix>2` and so on."""
    told = told_json()
    account = account_named(str(told.get("account")))
    number, prefix = int(told.get("count", 1)), str(told.get("prefix", "crowd-"))
    if not 0 < number <= LARGEST_CROWD:
        raise CannotDo(400, "count 应为 1 至 200000 must be 1 to 200000")
    with world().lock:
        for n in range(1, number + 1):
            account.person(f"{prefix}{n}").follow(world().clock.now())
    return {"followers": len(account.followers())}


@bp.get("/inboxes")
def inboxes() -> Json:
    """`received`: how many messages each person got; narrow by `type` (`template`, …) and `with`, words in them."""
    account, asked = account_named(request.args.get("account", "")), request.args
    kind, words = asked.get("type", ""), asked.get("with", "")
    with world().lock:
        people = {person.openid: list(person.inbox) for person in account.people.values()}
    told = {openid: sum(_is_such(one, kind, words) for one in items) for openid, items in people.items()}
    return {"received": {openid: number for openid, number in told.items() if number}}


def _is_such(message: Json, kind: str, words: str) -> bool:
    return kind in ("", message.get("type")) and (not words or words in json.dumps(message, ensure_ascii=False))


@bp.get("/masses")
def mass_messages() -> Json:
    """What an account sent to many, or still asks its administrator for (`CONFIRMING`); by account."""
    account = account_named(request.args.get("account", ""))
    names = ("msg_id", "kind", "to_all", "status", "counts")
    return {"masses": [{name: one.get(name) for name in names} for one in account.masses.values()]}


@bp.post("/masses")
def answer_mass() -> Json:
    """The administrator's phone: `{"account": "tea", "msg_id": 1000000007, "agrees": true}`."""
    told = told_json()
    account = account_named(str(told.get("account")))
    mass = account.masses.get(str(told.get("msg_id")))
    if mass is None or not isinstance(told.get("agrees"), bool):
        raise CannotDo(400, '需要 {"msg_id": …, "agrees": true} which message, and whether the administrator agrees')
    if not masses.answer(world(), account, mass, told["agrees"]):
        raise CannotDo(409, "没有在等管理员确认 this message does not wait for the administrator")
    return {"status": mass["status"]}


@bp.post("/categories")
def categories() -> Json:
    """`{"account", "categories": [616, …]}`: as changed in its console; templates of lost ones are deleted."""
    told = told_json()
    account, chosen = account_named(str(told.get("account"))), told.get("categories")
    if not isinstance(chosen, list) or not all(isinstance(one, int) for one in chosen):
        raise CannotDo(400, '需要 {"categories": [类目]} categories are needed')
    with world().lock:
        refused = notices.change_categories(account, chosen, world().clock.now())
    if refused:
        raise CannotDo(409, refused)
    return {"categories": account.categories}


@bp.post("/verify")
def verify() -> Json:
    """What the console does when the server's address is saved: GET with an echostr, which must come back."""
    account = account_named(str(told_json().get("account")))
    query = signed_query(account, world().clock.seconds(), "31415926", "")
    query.pop("openid")
    status, body = get(account.callback_url, query | {"echostr": "5927462810"}, account.deadline_s)
    return {
        "ok": status == HTTPStatus.OK and body == b"5927462810",
        "status": status,
        "answer": body.decode(errors="replace"),
    }
