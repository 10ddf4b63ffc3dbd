"""Mass messages: cgi-bin/message/mass/*, with the quotas per day and per month."""

from __future__ import annotations

import hashlib

from simulator.accounts import Json, Person
from simulator.platform.call import OK, Call, word
from simulator.platform.errors import Refused, insist

KINDS = {"mpnews", "text", "voice", "image", "images", "mpvideo", "wxcard"}
FIRST_ID = 1_000_000_000
A_DAY = 86400
FEWEST_OPENIDS, MOST_OPENIDS = 2, 10_000
A_MONTH_FOR_SERVICE = 4
SPEEDS = (80, 60, 45, 30, 10)
LONGEST_CLIENT_ID = 32


def send_all(call: Call) -> Json:
    rule = call.part("filter")
    everybody, tag = bool(rule.get("is_to_all")), word(rule.get("tag_id"))
    insist(everybody or tag in call.account.tags, 40152)
    people = [p for p in call.account.followers() if everybody or int(tag) in p.tags]
    return _send(call, people)


def send_list(call: Call) -> Json:
    openids = call.list("touser", 40031)
    insist(len(openids) >= FEWEST_OPENIDS, 40130)
    insist(len(openids) <= MOST_OPENIDS, 40032)
    known = (call.account.people.get(openid) for openid in dict.fromkeys(map(word, openids)))
    return _send(call, [person for person in known if person and person.follows])


def _send(call: Call, people: list[Person]) -> Json:
    kind, shown = _message(call)
    client_id = _client_id(call)
    _check_same(call, client_id)
    _check_quota(call)
    able = [person for person in people if not person.blacklisted and _left(call, person)]
    number = FIRST_ID + call.world.number()
    told = {"msg_id": number, "client_id": client_id, "at": call.now, "to": [person.openid for person in able]}
    call.account.masses[str(number)] = told | {"status": "SEND_SUCCESS", "month": call.world.clock.day()[:7]}
    for person in able:
        call.world.show(person, "mass", {"type": kind} | shown)
    _finish(call, number, len(people), len(able))
    return {"errcode": 0, "errmsg": "send job submission success", "msg_id": number}


def _message(call: Call) -> tuple[str, Json]:
    kind = call.word("msgtype")
    insist(kind in KINDS, 45162)
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
        raise Refused(45067, "clientmsgid size out of limit")
    return given or hashlib.md5(call.raw).hexdigest()


def _check_same(call: Call, client_id: str) -> None:
    for mass in call.account.masses.values():
        if mass["client_id"] == client_id and call.now - mass["at"] < A_DAY:
            raise Refused(45065, "clientmsgid exist", more={"msg_id": mass["msg_id"]})


def _check_quota(call: Call) -> None:
    """A subscription account: one a day."""
    if call.account.kind == "subscription":
        today = call.world.clock.day()
        sent = [m for m in call.account.masses.values() if call.world.clock.day_of(m["at"]) == today]
        insist(not sent, 45028)


def _left(call: Call, person: Person) -> bool:
    """A service account: four a calendar month for each follower."""
    if call.account.kind != "service":
        return True
    month = call.world.clock.day()[:7]
    got = sum(m["month"] == month and person.openid in m["to"] for m in call.account.masses.values())
    return int(got) < A_MONTH_FOR_SERVICE


def _finish(call: Call, number: int, total: int, able: int) -> None:
    fields = {
        "ToUserName": call.account.original_id,
        "FromUserName": "oMassHelper",
        "CreateTime": int(call.now),
        "MsgType": "event",
        "Event": "MASSSENDJOBFINISH",
        "MsgID": number,
        "Status": "send success",
        "TotalCount": total,
        "FilterCount": able,
        "SentCount": able,
        "ErrorCount": 0,
    }
    call.world.courier.deliver_later(call.account, "oMassHelper", fields, call.account.event_delay_s)


def preview(call: Call) -> Json:
    person = call.known(call.word("touser") or call.word("towxname"))
    kind, shown = _message(call)
    call.world.show(person, "preview", {"type": kind} | shown)
    return {"errcode": 0, "errmsg": "preview success", "msg_id": FIRST_ID + call.world.number()}


def status(call: Call) -> Json:
    mass = _mass(call)
    return {"msg_id": mass["msg_id"], "msg_status": mass["status"]}


def delete(call: Call) -> Json:
    _mass(call)["status"] = "DELETE"
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
