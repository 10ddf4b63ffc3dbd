"""The JS-SDK of res.wx.qq.com: the file that pages load, and the doors where it asks what WeChat would say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, request

from simulator.accounts import Account, Json
from simulator.doors import CannotDo, cannot, told_json, world
from simulator.jssdk.check import verdict
from simulator.jssdk.shares import note

FILE = Path(__file__).parent / "jweixin.js"
ANYBODY = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "content-type",
}
bp = Blueprint("jssdk", __name__)
bp.register_error_handler(CannotDo, cannot)


@bp.get("/res.wx.qq.com/open/js/jweixin-1.6.0.js")
def jweixin() -> Response:
    """With `ask` it answers one question of the file itself: a page's policy that lets the file in lets this in too."""
    asked = request.args.get("ask")
    body = FILE.read_text() if asked is None else _answer(asked, request.args.get("number", ""))
    headers = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(body, content_type="text/javascript; charset=utf-8", headers=ANYBODY | headers)


def _answer(asked: str, number: str) -> str:
    try:
        told = json.loads(asked)
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("door") not in DOORS:
        raise CannotDo(400, "需要 JSON 对象 a JSON object is needed")
    answer = json.dumps({"number": number, "answer": DOORS[told.pop("door")](told, _viewer())})
    return f'dispatchEvent(new CustomEvent("simulated-wx", {{detail: {answer}}}));'


def _viewer() -> str:
    """The openid whose browser this is, "" for a browser that never came in through a sign-in page."""
    return request.cookies.get("simulated_phone", "").partition(":")[2]


@bp.post("/page/jssdk/<door>", provide_automatic_options=False)
def ask(door: str) -> tuple[Json, int, dict[str, str]]:
    """The same doors for whoever asks by POST, and says itself whose browser it is."""
    if door not in DOORS:
        raise CannotDo(404, f"没有 no {door}")
    told = told_json()
    return DOORS[door](told, str(told.pop("openid", ""))), 200, ANYBODY


@bp.route("/page/jssdk/<door>", methods=["OPTIONS"])
def preflight(door: str) -> tuple[str, int, dict[str, str]]:
    return "", 204, ANYBODY


def _account(told: Json) -> Account | None:
    return world().by_app_id(str(told.get("appId", "")))


def _check(told: Json, openid: str) -> Json:
    return verdict(_account(told), told, openid, world().clock.now())


def _share(told: Json, openid: str) -> Json:
    account = _account(told)
    return note(world(), account, openid, told) if account else {"errMsg": "fail"}


DOORS: dict[str, Callable[[Json, str], Json]] = {"check": _check, "share": _share}
