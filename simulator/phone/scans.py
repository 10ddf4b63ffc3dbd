"""What a person's camera finds in a QR code: a first follow, a known follower's scan, or a code that is over."""

from __future__ import annotations

from simulator.accounts import Json, QrCode
from simulator.doors import CannotDo
from simulator.phone.act import Act

EXPIRED = "该二维码已过期 This QR code has expired"


def scan(act: Act, told: Json) -> Json:
    """By `ticket`, `url` or `scene`; a scene without a code counts as a permanent one on a poster."""
    code = _code(act, told)
    if code and code.expires and code.expires <= act.world.clock.now():
        act.sees({"type": "notice", "content": EXPIRED})
        return act.told()
    scene = code.scene if code else str(told.get("scene", ""))
    if not scene:
        raise CannotDo(404, "没有这个二维码 there is no such QR code")
    ticket = code.ticket if code else f"poster-{scene}"
    if act.person.follows:
        act.event("SCAN", EventKey=scene, Ticket=ticket)
        return act.told()
    act.person.follow(act.world.clock.now(), "ADD_SCENE_QR_CODE", scene)
    act.event("subscribe", EventKey=f"qrscene_{scene}", Ticket=ticket)
    return act.told()


def _code(act: Act, told: Json) -> QrCode | None:
    """The newest code that fits, an unexpired one before an expired one."""
    wanted = {name: str(told[name]) for name in ("ticket", "url", "scene") if name in told}
    fits = [
        code
        for code in act.account.qrcodes.values()
        if wanted and all(getattr(code, name) == value for name, value in wanted.items())
    ]
    return max(fits, key=lambda code: code.expires or float("inf"), default=None)
