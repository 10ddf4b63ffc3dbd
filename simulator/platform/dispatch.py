"""Every call takes the same way: habits, faults, token, ability, quotas, the endpoint; and is recorded."""

from __future__ import annotations

import json
import socket
import time

from flask import Request, Response

from simulator.accounts import Account, Json
from simulator.faults import Fault
from simulator.platform.call import Call, Route, check_habits, read
from simulator.platform.errors import Refused
from simulator.platform.rights import check_ability, count
from simulator.platform.routes import ALIASES, HOSTS
from simulator.platform.tokens import check_token
from simulator.record import CallRecord, mask
from simulator.world import World, new_rid

HELD = 40252


def answer(world: World, request: Request, host: str, path: str) -> Response:
    begun = time.monotonic()
    call = read(world, request, ALIASES.get(host, host), path, new_rid())
    fault: Fault | None = None
    try:
        route = _route(call)
        check_habits(call, route)
        fault = world.faults.for_call(call.path, _named(call))
        given = _with_fault(call, route, fault)
    except Refused as refused:
        given = _error(call, refused)
    response = given if isinstance(given, Response) else _json(given)
    _record(call, given, response, (time.monotonic() - begun) * 1000)
    if fault and fault.timeout:
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return response


def _route(call: Call) -> Route:
    call.routes = HOSTS.get(call.host, {})
    route = call.routes.get(call.path)
    if route is None:
        raise Refused(40066)
    return route


def _named(call: Call) -> str:
    """Whose call it is, as far as it says: faults may be for one account only."""
    owner = call.world.by_token(call.query.get("access_token", ""))
    owner = owner or call.world.by_app_id(str(call.query.get("appid") or call.body.get("appid")))
    return owner.alias if owner else ""


def _with_fault(call: Call, route: Route, fault: Fault | None) -> Json | Response:
    if fault is None:
        return _perform(call, route)
    time.sleep(fault.latency_ms / 1000)
    call.held = fault.errcode == HELD
    if call.held or not fault.breaks:
        return _perform(call, route)
    if fault.after_effect:
        _perform(call, route)
    if fault.status:
        return Response("simulated", fault.status)
    raise Refused(fault.errcode or -1, fault.errmsg)


def _perform(call: Call, route: Route) -> Json | Response:
    with call.world.lock:
        if route.ability is not None:
            call.owner = check_token(call)
            check_ability(call.owner, route)
            count(call, route)
        done = route.endpoint(call)
    for act in call.before_answer:
        act()
    return done


def _error(call: Call, refused: Refused) -> Json:
    return {"errcode": refused.code, "errmsg": f"{refused.words} rid: {call.rid}"} | refused.more


def _json(answer: Json) -> Response:
    return Response(json.dumps(answer, ensure_ascii=False), content_type="application/json; charset=utf-8")


def _record(call: Call, given: Json | Response, response: Response, ms: float) -> None:
    owner: Account | None = call.owner
    told = f"({response.content_type})" if isinstance(given, Response) else response.get_data(as_text=True)
    call.world.record.add_call(
        CallRecord(
            id=next(call.world.record.ids),
            at=round(call.world.clock.now(), 3),
            account=owner.alias if owner else "",
            method=call.method,
            host=call.host,
            path=call.path,
            query=mask("&".join(f"{name}={value}" for name, value in call.query.items())),
            body="(file)" if call.file else mask(call.raw.decode(errors="replace")),
            ip=call.caller or (owner.caller_ip if owner else ""),
            rid=call.rid,
            errcode=0 if isinstance(given, Response) else int(given.get("errcode", 0)),
            answer=mask(told),
            ms=round(ms, 2),
        )
    )
