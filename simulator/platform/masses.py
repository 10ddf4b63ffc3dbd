"""Mass messages: cgi-bin/message/mass/*, their quotas per day and month, and the administrator who must agree.

A service account's follower gets four a calendar month; what goes to all goes once a day, and four times a month. A
subscription account sends one a day. With the setting `confirm_masses` a message to all waits half an hour for the
administrator (89505, then 89504), who answers through `POST /controls/masses`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable

from simulator.accounts import Account, Json, Person
from simulator.platform.call import OK, Call, word
from simulator.platform.errors import Refused, insist
from simulator.world import World

KINDS = {"mpnews", "text", "voice", "image", "images", "mpvideo", "wxcard"}
FIRST_ID = 1_000_000_000
FIRST_DATA_ID = 3_147_483_000
HELPER = "oMassHelper"
A_DAY = 86400
FEWEST_OPENIDS, MOST_OPENIDS = 2, 10_000
A_MONTH_FOR_SERVICE = 4
SPEEDS = (80, 60, 45, 30, 10)
LONGEST_CLIENT_ID = 32
HALF_AN_HOUR = 1800
WAITS, IS_PUT = 89504, 89505
SENT, FAILED, ON_ITS_WAY, DELETED, ASKED = "SEND_SUCCESS", "SEND_FAIL", "SENDING", "DELETE", "CONFIRMING"
REFUSED, TOO_LATE = "err(40001)", "err(40002)"
DELETABLE = {"mpnews", "mpvideo"}


def send_all(call: Call) -> Json:
    rule = call.part("filter")
    everybody, tag = bool(rule.get("is_to_all")), word(rule.get("tag_id"))
    insist(everybody or tag in call.account.tags, 40152)
    chosen = "" if everybody else tag
    people = [p.openid for p in call.account.followers() if everybody or int(chosen) in p.tags]
    return _send(call, people, to_all=everybody)


def send_list(call: Call) -> Json:
    openids = call.list("touser", 40031)
    insist(len(openids) >= FEWEST_OPENIDS, 40130)
    insist(len(openids) <= MOST_OPENIDS, 40032)
    return _send(call, list(dict.fromkeys(map(word, openids))), to_all=False)


def _send(call: Call, people: list[str], to_all: bool) -> Json:
    kind, shown = _message(call)
    client_id = _client_id(call)
    _check_same(call, client_id)
    _check_quota(call, to_all)
    number = FIRST_ID + call.world.number()
    mass: Json = {
        "msg_id": number,
        "client_id": client_id,
        "at": call.now,
        "to_all": to_all,
        "people": people,
        "to": [],
        "kind": kind,
        "shown": {"type": kind} | shown,
        "status": ASKED if to_all and call.account.confirm_masses else ON_ITS_WAY,
    }
    call.account.masses[str(number)] = mass
    if mass["status"] == ASKED:
        _ask(call.world, call.account, mass)
        raise Refused(IS_PUT, more={"msg_id": number})
    _bring(call.world, call.account, mass)
    data = {"msg_data_id": FIRST_DATA_ID + call.world.number()} if kind == "mpnews" else {}
    return {"errcode": 0, "errmsg": "send job submission success", "msg_id": number, **data}


def _message(call: Call) -> tuple[str, Json]:
    kind = call.word("msgtype")
    insist(kind in KINDS, 45162)
    insist(kind != "wxcard", 45113)
    shown = call.part(kind) if kind in call.body else call.part("images" if kind == "image" else kind)
    if kind == "text":
        insist(shown.get("content"), 44004)
    if kind in {"voice", "mpvideo", "mpnews"}:
        insist(word(shown.get("media_id")) in {*call.account.media, *call.account.drafts}, 40007)
    return kind, shown


def _client_id(call: Call) -> str:
    """Without one of its own, the digest of range and content stands for it."""
    given = str(call.body.get("clientmsgid") or "")
    if len(given.encode()) > LONGEST_CLIENT_ID:
        raise Refused(45067)
    return given or hashlib.md5(call.raw).hexdigest()


def _check_same(call: Call, client_id: str) -> None:
    for mass in call.account.masses.values():
        if mass["client_id"] == client_id and call.now - mass["at"] < A_DAY:
            raise Refused(WAITS if mass["status"] == ASKED else 45065, more={"msg_id": mass["msg_id"]})


def _check_quota(call: Call, to_all: bool) -> None:
    """What failed altogether counts for nothing."""
    day_of, today = call.world.clock.day_of, call.world.clock.day()
    counted = [one for one in call.account.masses.values() if one["status"] != FAILED]
    sent_today = [one for one in counted if day_of(one["at"]) == today]
    if call.account.kind == "subscription":
        insist(not sent_today, 45028)
    elif to_all:
        insist(not any(one["to_all"] for one in sent_today), 45028)
        month = [one for one in counted if one["to_all"] and day_of(one["at"])[:7] == today[:7]]
        insist(len(month) < A_MONTH_FOR_SERVICE, 45028)


def _ask(world: World, account: Account, mass: Json) -> None:
    world.courier.later(HALF_AN_HOUR, lambda: _give_up(world, account, mass))


def _give_up(world: World, account: Account, mass: Json) -> None:
    with world.lock:
        if mass["status"] == ASKED:
            _fail(world, account, mass, TOO_LATE)


def answer(world: World, account: Account, mass: Json, agrees: bool) -> bool:
    """What the administrator says on their phone; False when it is too late."""
    with world.lock:
        if mass["status"] != ASKED:
            return False
        if agrees:
            _bring(world, account, mass)
        else:
            _fail(world, account, mass, REFUSED)
        return True


def _fail(world: World, account: Account, mass: Json, verdict: str) -> None:
    mass["status"] = FAILED
    _finish(world, account, mass, verdict, (len(mass["people"]), 0, 0, 0))


def _bring(world: World, account: Account, mass: Json) -> None:
    """To whoever is able; the setting `mass_verdict` stops the next one, `mass_losses` people do not get it."""
    verdict, account.mass_verdict = account.mass_verdict, ""
    if verdict:
        return _fail(world, account, mass, verdict)
    got = _got_this_month(world, account)
    known = filter(None, map(account.people.get, mass["people"]))
    able = [person for person in known if _may_get(person) and got[person.openid] < A_MONTH_FOR_SERVICE]
    reached = able[: max(0, len(able) - account.mass_losses)]
    mass |= {"status": SENT, "to": [person.openid for person in reached]}
    for person in reached:
        world.show(person, "mass", mass["shown"] | {"msg_id": mass["msg_id"]})
    if mass["kind"] == "mpnews":
        account.drafts.pop(str(mass["shown"].get("media_id")), None)  # sent, a draft is one no more
    counts = (len(mass["people"]), len(able), len(reached), len(able) - len(reached))
    _finish(world, account, mass, "send success", counts)
    return None


def _may_get(person: Person) -> bool:
    return person.follows and not person.blacklisted and not person.refuses_messages


def _got_this_month(world: World, account: Account) -> Counter[str]:
    """How many a service account's followers got in this calendar month."""
    month, day_of = world.clock.day()[:7], world.clock.day_of
    mine = (one for one in account.masses.values() if account.kind == "service" and day_of(one["at"])[:7] == month)
    return Counter(openid for one in mine for openid in one["to"])


def _finish(world: World, account: Account, mass: Json, verdict: str, counts: tuple[int, int, int, int]) -> None:
    total, able, sent, failed = counts
    mass["counts"] = {"total": total, "filter": able, "sent": sent, "error": failed}
    fields = {
        "ToUserName": account.original_id,
        "FromUserName": HELPER,
        "CreateTime": world.clock.seconds(),
        "MsgType": "event",
        "Event": "MASSSENDJOBFINISH",
        "MsgID": mass["msg_id"],
        "Status": verdict,
        "TotalCount": total,
        "FilterCount": able,
        "SentCount": sent,
        "ErrorCount": failed,
    }
    for act in _oddly(world, account):
        act(fields)


def _oddly(world: World, account: Account) -> list[Callable[[Json], None]]:
    """The event once, unless a tester broke it: `late`, `lost` or `doubled`."""
    fault = world.faults.for_event(account.alias, {"late", "lost", "doubled"})
    odd, after = (fault.event, fault.delay_s) if fault else ("", 0.0)
    delay = after if odd == "late" else account.event_delay_s
    times = {"lost": 0, "doubled": 2}.get(odd, 1)
    return [lambda fields: world.courier.deliver_later(account, HELPER, fields, delay)] * times


def preview(call: Call) -> Json:
    person = call.known(call.word("touser") or call.word("towxname"))
    kind, shown = _message(call)
    insist(person.follows, 43004)
    call.world.show(person, "preview", {"type": kind} | shown)
    return {"errcode": 0, "errmsg": "preview success", "msg_id": FIRST_ID + call.world.number()}


def status(call: Call) -> Json:
    mass = _mass(call)
    return {"msg_id": mass["msg_id"], "msg_status": ON_ITS_WAY if mass["status"] == ASKED else mass["status"]}


def delete(call: Call) -> Json:
    """Articles and videos that were sent; the card stays on the phones, and what it opens is gone."""
    mass = _mass(call)
    insist(mass["kind"] in DELETABLE and mass["status"] in {SENT, DELETED}, 40065)
    insist(call.number("article_idx", 0) >= 0, 40060)
    mass["status"] = DELETED
    return OK


def _mass(call: Call) -> Json:
    mass = call.account.masses.get(str(call.body.get("msg_id")))
    if mass is None:
        raise Refused(40059)
    return mass


def speed(call: Call) -> Json:
    return {"speed": call.account.mass_speed, "realspeed": SPEEDS[call.account.mass_speed]}


def set_speed(call: Call) -> Json:
    number = call.number("speed", -1)
    insist(0 <= number < len(SPEEDS), 45083)
    call.account.mass_speed = number
    return OK
