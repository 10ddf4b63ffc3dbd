"""Our module for the pages of front-end teams, and its types."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path

from chalice.app import Blueprint, Response

from ..services import services
from . import http

bp = Blueprint(__name__)

FOLDER = Path(__file__).parent.parent / "browser"
JSSDK = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"  # as the module is written, so that it can be read and tried
BESIDE_THE_POINT = re.compile(r"^ *//.*\n|^ +", re.MULTILINE)
FRESH = "public, max-age=300"  # short: what a deploy changes is seen everywhere within five minutes


@bp.route("/h5/gaiwan.js", content_types=["*/*"])
def module() -> Response:
    return _file("gaiwan.js", "text/javascript")


@bp.route("/h5/gaiwan.d.ts", content_types=["*/*"])
def types() -> Response:
    return _file("gaiwan.d.ts", "text/plain")


def _file(name: str, content_type: str) -> Response:
    svc, request = services(), bp.current_request
    content = _read(name, svc.settings.wechat_jssdk)
    mark = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
    if mark in request.headers.get("if-none-match", ""):
        answer = Response("", status_code=304, headers={})
    else:
        answer = http.text(content, content_type)
    answer.headers |= {"Cache-Control": FRESH, "ETag": mark}
    every = {origin for account in svc.accounts for origin in account.then_origins}
    return http.share(answer, request, every, credentials=False)


@cache
def _read(name: str, jssdk: str) -> str:
    """The module goes out without its comments and its indentation, which are a sixth of it."""
    written = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".js"):
        return BESIDE_THE_POINT.sub("", written).replace(json.dumps(JSSDK), json.dumps(jssdk))
    return written
