"""The token service of the brand's group: one system talks to `stable_token`, and all others ask this one.

`POST {simulator}/token-service` as docs/integrations/token-service.md says. A tester breaks it with `controls`: `down`
answers 503, `stuck` serves what it has for ever, `garbage` answers a page; `seen` tells who asked.
"""

from __future__ import annotations

import hashlib
import hmac
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from simulator.accounts import Account, Json
from simulator.doors import CannotDo, cannot, told_json, world
from simulator.platform.tokens import issue_stable

bp = Blueprint("token_service", __name__, url_prefix="/token-service")
bp.register_error_handler(CannotDo, cannot)
KEY = "key-of-the-group"
SWITCHES = ("down", "stuck", "garbage")


@bp.post("")
def token() -> Any:
    state = _state()
    if state["down"]:
        return Response("down for repair", HTTPStatus.SERVICE_UNAVAILABLE)
    if state["garbage"]:
        return Response("<html>it works!</html>")
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {KEY}".encode()):
        return jsonify(error="unknown key"), HTTPStatus.UNAUTHORIZED
    told = told_json()
    account = world().by_app_id(str(told.get("app_id")))
    if account is None:
        return jsonify(error="unknown app_id"), HTTPStatus.NOT_FOUND
    state["seen"].append({"app_id": account.app_id, "rejected": told.get("rejected", "")})
    return jsonify(_current(account, str(told.get("rejected", "")), state))


@bp.post("/controls")
def controls() -> Json:
    """`{"down": true}` and the like."""
    _state().update({name: bool(value) for name, value in told_json().items() if name in SWITCHES})
    return seen()


@bp.get("/seen")
def seen() -> Json:
    return _state()


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _current(account: Account, rejected: str, state: Json) -> Json:
    """What `stable_token` says; a token that WeChat refuses is replaced by force, by this service and nobody else."""
    with world().lock:
        if state["stuck"] and account.alias in state["served"]:
            served: Json = state["served"][account.alias]
            return served
        answer = issue_stable(account, world().clock, force=False)
        if rejected == fingerprint(answer["access_token"]):
            answer = issue_stable(account, world().clock, force=True)
        state["served"][account.alias] = answer
        return answer


def _state() -> Json:
    begin: Json = dict.fromkeys(SWITCHES, False) | {"seen": [], "served": {}}
    state: Json = current_app.extensions.setdefault("token_service", begin)
    return state
