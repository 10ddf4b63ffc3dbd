"""Statistics: datacube/*; user counts are truthful, article and message numbers are empty lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from simulator.accounts import Json
from simulator.clock import SHANGHAI
from simulator.platform.call import Call
from simulator.platform.errors import Refused, insist

# How many days one call may span, by name.
SPANS = {
    "getusersummary": 7,
    "getusercumulate": 7,
    "getarticlesummary": 1,
    "getarticletotal": 1,
    "getarticleread": 1,
    "getarticleshare": 1,
    "getbizsummary": 30,
    "getarticletotaldetail": 1,
    "getuserread": 3,
    "getuserreadhour": 1,
    "getusershare": 7,
    "getusersharehour": 1,
    "getupstreammsg": 7,
    "getupstreammsghour": 1,
    "getupstreammsgweek": 30,
    "getupstreammsgmonth": 30,
    "getupstreammsgdist": 15,
    "getupstreammsgdistweek": 30,
    "getupstreammsgdistmonth": 30,
    "getinterfacesummary": 30,
    "getinterfacesummaryhour": 1,
}


def ask(call: Call) -> Json:
    name = call.path.rpartition("/")[2]
    begin, end = _date(call, "begin_date"), _date(call, "end_date")
    today = datetime.fromtimestamp(call.now, SHANGHAI).date()
    insist(begin <= end < today and (end - begin).days < SPANS[name], 61501)
    if name == "getusersummary":
        return {"list": [_joined(call, day) for day in _days(begin, end)]}
    if name == "getusercumulate":
        return {"list": [_cumulated(call, day) for day in _days(begin, end)]}
    return {"list": []}


def _date(call: Call, name: str) -> date:
    try:
        return date.fromisoformat(call.text(name, 61500))
    except ValueError:
        raise Refused(61500) from None


def _days(begin: date, end: date) -> Iterator[date]:
    for n in range((end - begin).days + 1):
        yield begin + timedelta(days=n)


def _followed(call: Call) -> Iterator[date]:
    for person in call.account.followers():
        yield datetime.fromtimestamp(person.followed_at, SHANGHAI).date()


def _joined(call: Call, day: date) -> Json:
    return {
        "ref_date": f"{day}",
        "user_source": 0,
        "new_user": sum(followed == day for followed in _followed(call)),
        "cancel_user": 0,
    }


def _cumulated(call: Call, day: date) -> Json:
    return {"ref_date": f"{day}", "user_source": 0, "cumulate_user": sum(f <= day for f in _followed(call))}
