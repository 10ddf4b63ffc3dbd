"""The brand's older system: a real WeRoBot app that gets relayed messages and answers some of them.

`{simulator}/older-crm/<account>` is its callback address. It knows its members' points, welcomes new ones, and says
nothing to anything else. A tester asks beside it: `keys` for its Token and EncodingAESKey, `seen` for what it got.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as Given

from simulator.accounts import Json
from simulator.doors import CannotDo, account_named, cannot

bp = Blueprint("older_crm", __name__, url_prefix="/older-crm")
bp.register_error_handler(CannotDo, cannot)
MEMBERS_WORD, POINTS = "积分", "您有 120 积分。You have 120 points. — older CRM"
WELCOME = "老会员系统欢迎您。The older CRM welcomes you."
ABSENT = "没有安装 WeRoBot：pip install -r requirements-dev.txt · WeRoBot is not installed"


@bp.route("/<alias>", methods=["GET", "POST"])
def callback(alias: str) -> Given:
    """Exactly what WeRoBot makes of it: 403 for a wrong signature, the echo, a reply, or nothing."""
    try:
        robot = _robot(alias, account_named(alias).app_id)
    except ImportError:
        return Response(ABSENT, 501)
    # WeRoBot's own WSGI app, at the root of its own world.
    return Given.from_app(robot.wsgi, request.environ | {"PATH_INFO": "/", "SCRIPT_NAME": ""}, buffered=True)


@bp.get("/<alias>/keys")
def keys(alias: str) -> Json:
    account_named(alias)
    return keys_of(alias)


@bp.get("/<alias>/seen")
def seen(alias: str) -> Json:
    """What it got, oldest first: {"kind", "openid", "said", "msg_id"}."""
    return {"seen": _seen(alias)}


def keys_of(alias: str) -> dict[str, str]:
    """Its own, which are not those between WeChat and us."""
    mark = hashlib.sha256(f"older crm of {alias}".encode()).hexdigest()
    return {"token": f"older{mark[:16]}", "aes_key": f"{mark[:42]}A"}


def _seen(alias: str) -> list[Json]:
    found: list[Json] = current_app.extensions.setdefault("older_crm", {}).setdefault(alias, [])
    return found


@cache
def _robot(alias: str, app_id: str) -> Any:
    # A tenth of a second, and a package that only developers have.
    import werobot  # noqa: PLC0415

    told = keys_of(alias)
    robot = werobot.WeRoBot(
        config={
            "TOKEN": told["token"],
            "APP_ID": app_id,
            "ENCODING_AES_KEY": told["aes_key"],
            "SESSION_STORAGE": False,
        }
    )

    def note(message: Any) -> None:
        told = {"kind": message.type, "openid": message.source, "said": getattr(message, "content", "")}
        _seen(alias).append(told | {"msg_id": str(getattr(message, "message_id", ""))})

    def points(message: Any) -> str | None:
        return POINTS if MEMBERS_WORD in message.content else None

    robot.add_handler(lambda message: WELCOME, "subscribe_event")
    robot.add_handler(points, "text")
    _note_first(robot, note)
    return robot


def _note_first(robot: Any, note: Any) -> None:
    """WeRoBot stops at the first handler that answers, so what notes is put in front of all."""
    reply = robot.get_reply

    def noted(message: Any) -> Any:
        note(message)
        return reply(message)

    robot.get_reply = noted
