"""After an account has moved into another one: the openids of its people there, cgi-bin/changeopenid."""

from __future__ import annotations

from simulator.accounts import Json
from simulator.platform.call import Call
from simulator.platform.errors import Refused, insist

MOST_AT_ONCE = 100
OK, UNKNOWN = "ok", "ori_openid error"


def change_openids(call: Call) -> Json:
    """`from_appid` is the old account's original id; who never was there is told so, one by one."""
    account, asked = call.account, call.list("openid_list", 63182)
    insist(account.migrated_from, 63183)
    insist(call.body.get("from_appid") == account.migrated_from, 63178)
    if not 0 < len(asked) <= MOST_AT_ONCE:
        raise Refused(63182 if not asked else 40032)
    return {"errcode": 0, "errmsg": "ok", "result_list": [_told(account.migrated, openid) for openid in asked]}


def _told(migrated: dict[str, str], openid: object) -> Json:
    new = migrated.get(openid) if isinstance(openid, str) else None
    return (
        {"ori_openid": openid, "err_msg": OK, "new_openid": new} if new else {"ori_openid": openid, "err_msg": UNKNOWN}
    )
