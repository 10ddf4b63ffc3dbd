"""QR codes with a scene, and short keys: cgi-bin/qrcode/create, showqrcode, cgi-bin/shorten/*."""

from __future__ import annotations

import hashlib

from flask import Response

from simulator.accounts import Json, QrCode
from simulator.pictures import png
from simulator.platform.call import Call
from simulator.platform.errors import insist
from simulator.world import random_text

THIRTY_DAYS = 2_592_000
A_MINUTE = 60
LARGEST_PERMANENT = 100_000
LARGEST_TEMPORARY = 2**32 - 1
LONGEST_SCENE = 64
PERMANENT = {"QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}
NUMBERED = {"QR_SCENE", "QR_LIMIT_SCENE"}
SIDE, SCALE, FINDER = 29, 8, 4


def create(call: Call) -> Json:
    action = call.text("action_name", 40052)
    insist(action in PERMANENT | {"QR_SCENE", "QR_STR_SCENE"}, 40052)
    scene = _scene(action, call.part("action_info", 40053).get("scene"))
    ticket, url = "gQ" + random_text(94), "http://weixin.qq.com/q/" + random_text(24)
    told: Json = {"ticket": ticket, "url": url}
    code = QrCode(ticket, scene, url)
    if action not in PERMANENT:
        lasts = min(max(call.number("expire_seconds", A_MINUTE), 1), THIRTY_DAYS)
        code.expires, told = call.now + lasts, told | {"expire_seconds": lasts}
    call.account.qrcodes[ticket] = code
    return told


def _scene(action: str, told: object) -> str:
    scene = told if isinstance(told, dict) else {}
    if action not in NUMBERED:
        text = scene.get("scene_str")
        insist(isinstance(text, str) and 1 <= len(str(text)) <= LONGEST_SCENE, 40053)
        return str(text)
    number, largest = scene.get("scene_id"), LARGEST_PERMANENT if action in PERMANENT else LARGEST_TEMPORARY
    insist(isinstance(number, int) and 1 <= int(number or 0) <= largest, 40053)
    return str(number)


def show(call: Call) -> Response:
    """No token: whoever has the ticket may see the code."""
    ticket = call.query.get("ticket", "")
    if not any(ticket in account.qrcodes for account in call.world.accounts.values()):
        return Response(status=404)
    return Response(_picture(ticket), content_type="image/png")


def _picture(ticket: str) -> bytes:
    """The look of a QR code; phones here read the ticket, not the picture."""
    bits = hashlib.shake_128(ticket.encode()).digest(SIDE * SIDE)
    rows = [bytes(_module(x, y, bits) for x in range(SIDE) for _ in range(SCALE)) for y in range(SIDE)]
    return png([row for row in rows for _ in range(SCALE)], b"\xff\xff\xff\x11\x11\x11")


def _module(x: int, y: int, bits: bytes) -> int:
    for left, top in ((1, 1), (SIDE - 8, 1), (1, SIDE - 8)):
        ring = max(abs(x - left - 3), abs(y - top - 3))
        if ring <= FINDER:
            return int(ring in {0, 1, 3})
    inside = 0 < x < SIDE - 1 and 0 < y < SIDE - 1
    return int(inside and bool(bits[y * SIDE + x] & 1))
