"""Followers as the platform lists them: cgi-bin/user/*."""

from __future__ import annotations

from simulator.accounts import Account, Json, Person
from simulator.platform.call import OK, Call
from simulator.platform.errors import insist

PAGE = 10_000
MOST_IN_BATCH = 100
LONGEST_REMARK = 30


def page(openids: list[str], after: str, total: int | None = None) -> Json:
    """Up to 10,000 after `after`; the list ends with an empty page and no next_openid."""
    start = openids.index(after) + 1 if after in openids else 0
    found = openids[start : start + PAGE]
    told: Json = {} if total is None else {"total": total}
    told |= {"count": len(found), "next_openid": found[-1] if found else ""}
    return told | ({"data": {"openid": found}} if found else {})


def list_page(call: Call) -> Json:
    after = call.query.get("next_openid", "")
    insist(not after or after in call.account.people, 40003)
    openids = [person.openid for person in call.account.followers()]
    return page(openids, after, len(openids))


def info(call: Call) -> Json:
    return _told(call.account, call.known(call.query.get("openid", "")))


def batch_info(call: Call) -> Json:
    asked = call.list("user_list", 40031)
    insist(0 < len(asked) <= MOST_IN_BATCH, 40032)
    people = [call.known(one.get("openid") if isinstance(one, dict) else None) for one in asked]
    return {"user_info_list": [_told(call.account, person) for person in people]}


def update_remark(call: Call) -> Json:
    person = call.known(call.body.get("openid"))
    remark = call.body.get("remark")
    insist(isinstance(remark, str) and len(str(remark)) < LONGEST_REMARK, 40092)
    insist(person.follows, 43004)
    person.remark = str(remark)
    return OK


def _told(account: Account, person: Person) -> Json:
    """No nickname, picture, sex or city: the platform stopped telling them in 2021."""
    told: Json = {"subscribe": int(person.follows), "openid": person.openid}
    if account.open_platform:
        told["unionid"] = person.unionid
    if not person.follows:
        return told
    return told | {
        "language": "zh_CN",
        "subscribe_time": person.followed_at,
        "remark": person.remark,
        "groupid": person.tags[0] if person.tags else 0,
        "tagid_list": list(person.tags),
        "subscribe_scene": person.subscribe_scene,
        "qr_scene": int(person.qr_scene) if person.qr_scene.isdigit() else 0,
        "qr_scene_str": "" if person.qr_scene.isdigit() else person.qr_scene,
    }
