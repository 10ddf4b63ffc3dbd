"""The codes themselves: each has a scene, which WeChat tells us when somebody scans it.

    pk qrcodes#<account>   sk code#<scene>
        {scene, numbered, label, place_name, kind, ticket, address, expires_at, tag_id, reply, created, version}
    pk qrcodes#<account>   sk permanent   {made}

`numbered`: WeChat was given the scene as a number. `permanent` counts all permanent codes that were ever made here,
since WeChat never takes one back. A code that is removed here still leads to the account; it is just not counted.
"""

from __future__ import annotations

import random
import re
from typing import Any

import msgspec

from ...errors import BadInput, Conflict, Forbidden, NotFound, Unavailable
from ...services import Account, Services
from ...wechat.errors import Busy, LimitReached, TokenRejected, Unreachable, WeChatError
from ...wechat.messages import Text, reply_data, reply_from
from ...wechat.qrcodes import QrCode
from ..days import A_DAY

SCENE = re.compile(r"[A-Za-z0-9_.~-]{1,64}")
OURS = ("console_", "poll_", "qrscene_")  # scenes that mean something else to us, or to WeChat
LARGEST_PERMANENT = 100_000
LARGEST_TEMPORARY = 2**32 - 1
MOST_PERMANENT = 100_000
MOST_DAYS = 30
LONGEST_NAME, LONGEST_PLACE = 40, 60
LONGEST_REPLY = 600
TRIES = 5

Item = dict[str, Any]


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """`address` is what the picture says; `expires_at` is 0 for permanent codes, `tag_id` 0 for no tag."""

    scene: str
    numbered: bool = False
    name: str
    place: str = ""
    kind: str  # temporary or permanent
    ticket: str = ""
    address: str
    expires_at: int = 0
    tag_id: int = 0
    reply: dict[str, Any] | None = None
    created: int
    version: int = 1


def page(svc: Services, account: Account, cursor: str = "", limit: int = 50) -> tuple[list[Code], str]:
    """By scene."""
    items, more = svc.table.page(_pk(account), limit, f"code#{cursor}" if cursor else "code#")
    codes = [_code(item) for item in items if item["sk"].startswith("code#")]
    return codes, codes[-1].scene if more and len(codes) == len(items) else ""


def find(svc: Services, account: Account, scene: str) -> Code:
    found = known(svc, account, scene)
    if found is None:
        raise NotFound("没有这个二维码。There is no such QR code.")
    return found


def known(svc: Services, account: Account, scene: str) -> Code | None:
    """Half a read unit."""
    item = svc.table.get(_pk(account), f"code#{scene}") if SCENE.fullmatch(scene) else None
    return _code(item) if item else None


def made_permanent(svc: Services, account: Account) -> int:
    return int((svc.table.get(_pk(account), "permanent", fresh=True) or {}).get("made", 0))


def create(  # noqa: PLR0913 (the fields of a code's form)
    svc: Services,
    account: Account,
    *,
    scene: str | int,
    name: str,
    kind: str,
    place: str = "",
    days: int = MOST_DAYS,
    tag_id: int = 0,
    reply: dict[str, Any] | None = None,
) -> Code:
    _check_scene(scene, kind)
    told = _checked(name, place, tag_id, reply)
    if known(svc, account, str(scene)):
        raise Conflict("这个参数已有二维码。There is a QR code with this scene already.")
    if kind == "permanent" and made_permanent(svc, account) >= MOST_PERMANENT:
        raise Conflict("永久二维码已满 10 万个。The 100,000 permanent codes of this account are made.")
    made = _at_wechat(account, scene, kind, days)
    code = Code(
        scene=str(scene),
        numbered=isinstance(scene, int),
        kind=kind,
        ticket=made.ticket,
        address=made.address,
        expires_at=svc.now() + made.expires_in if kind == "temporary" else 0,
        created=svc.now(),
        **told,
    )
    if _store_new(svc, account, code) is not None:
        raise Conflict("这个参数已有二维码。There is a QR code with this scene already.")
    return code


def change(  # noqa: PLR0913 (the fields of a code's form)
    svc: Services,
    account: Account,
    scene: str,
    *,
    name: str,
    place: str = "",
    tag_id: int = 0,
    reply: dict[str, Any] | None = None,
    version: int | None = None,
) -> Code:
    """What the picture says stays as it is."""
    told = _checked(name, place, tag_id, reply)
    seen = find(svc, account, scene).version if version is None else version
    return _update(svc, account, scene, _renamed(told), seen)


def renew(svc: Services, account: Account, scene: str, days: int = MOST_DAYS) -> Code:
    """A new picture for a temporary code, good for so many days from now; the old one ends when it was to end."""
    code = find(svc, account, scene)
    if code.kind == "permanent":
        raise BadInput("永久二维码不会过期。A permanent code does not expire.")
    made = _at_wechat(account, int(scene) if code.numbered else scene, code.kind, days)
    told = {"ticket": made.ticket, "address": made.address, "expires_at": svc.now() + made.expires_in}
    return _update(svc, account, scene, told, code.version)


def remove(svc: Services, account: Account, scene: str) -> None:
    """Its numbers stay, and go on if the scene is used again."""
    find(svc, account, scene)
    svc.table.delete(_pk(account), f"code#{scene}")


def _check_scene(scene: str | int, kind: str) -> None:
    if kind not in ("temporary", "permanent"):
        raise BadInput("kind 只能是 temporary 或 permanent。kind must be temporary or permanent.")
    if isinstance(scene, int):
        most = LARGEST_PERMANENT if kind == "permanent" else LARGEST_TEMPORARY
        if not 1 <= scene <= most:
            raise BadInput(f"数字参数要在 1 到 {most} 之间。A number as scene goes from 1 to {most}.")
    elif not SCENE.fullmatch(scene):
        raise BadInput("参数要有 1 到 64 个字母、数字或 . _ ~ -。A scene has 1 to 64 letters, digits or . _ ~ -.")
    elif scene.startswith(OURS):
        raise BadInput(f"参数不能以 {'、'.join(OURS)} 开头。A scene may not begin with {', '.join(OURS)}.")


def _checked(name: str, place: str, tag_id: int, reply: dict[str, Any] | None) -> dict[str, Any]:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BadInput(f"名称要有 1 到 {LONGEST_NAME} 个字。A code's name has 1 to {LONGEST_NAME} characters.")
    if len(place) > LONGEST_PLACE:
        raise BadInput(f"位置最多 {LONGEST_PLACE} 个字。A place has {LONGEST_PLACE} characters at most.")
    if tag_id < 0:
        raise BadInput("标签不对。This is no tag.")
    return {"name": name.strip(), "place": place.strip(), "tag_id": tag_id, "reply": _checked_reply(reply)}


def _checked_reply(reply: dict[str, Any] | None) -> dict[str, Any] | None:
    """Only what a reply of its kind consists of; what else came along is not stored."""
    if reply is None:
        return None
    try:
        parsed = reply_from(reply)
    except msgspec.ValidationError as error:
        raise BadInput(f"回复内容有误：{error}。The reply is not valid: {error}.") from None
    if isinstance(parsed, Text) and not 0 < len(parsed.content.strip()) <= LONGEST_REPLY:
        raise BadInput(
            f"回复要有 1 到 {LONGEST_REPLY} 个字。The reply's text must have 1 to {LONGEST_REPLY} characters."
        )
    return reply_data(parsed)


def _at_wechat(account: Account, scene: str | int, kind: str, days: int) -> QrCode:
    if not account.may_sign_in:  # codes with a scene are for the same accounts
        raise Forbidden(
            "只有认证服务号能做带参数的二维码。Only verified service accounts may have QR codes with a scene."
        )
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(f"有效期 1 到 {MOST_DAYS} 天。A temporary code is good for 1 to {MOST_DAYS} days.")
    codes = account.wechat.qrcodes
    try:
        return codes.permanent(scene) if kind == "permanent" else codes.temporary(scene, days * A_DAY)
    except (Busy, LimitReached, TokenRejected, Unreachable):
        raise Unavailable("微信暂时没有回应，请稍后再试。WeChat does not answer right now; please try again.") from None
    except WeChatError as error:
        raise Conflict(f"微信不接受：{error.entry.meaning_zh}。WeChat refuses: {error.entry.meaning_en}.") from None


def _store_new(svc: Services, account: Account, code: Code) -> Item | None:
    item = _item(account, code)
    if code.kind == "temporary":
        return svc.table.put_new(item)
    for attempt in range(TRIES):
        try:
            return svc.table.put_new_and_add(item, _pk(account), "permanent", {"made": 1})
        except Conflict:
            svc.clock.sleep(random.uniform(0, 0.05 * 2**attempt))
    raise Unavailable("正忙，请再试一次。Busy; please try again.")


def _update(svc: Services, account: Account, scene: str, told: Item, seen: int) -> Code:
    where = "attribute_exists(pk) AND #version = :seen"
    item = svc.table.update(_pk(account), f"code#{scene}", told | {"version": seen + 1}, where=where, seen=seen)
    if item is None:
        find(svc, account, scene)
        raise Conflict("别人刚改过这个二维码，请看看再改。Somebody else has just changed this code; please look again.")
    return _code(item)


def _item(account: Account, code: Code) -> Item:
    return {"pk": _pk(account), "sk": f"code#{code.scene}", **_renamed(msgspec.structs.asdict(code))}


# The index calls its order `place`, and AWS reserves `name`, so the table has other words for the two.
def _renamed(told: Item) -> Item:
    told["place_name"], told["label"] = told.pop("place"), told.pop("name")
    return told


def _code(item: Item) -> Code:
    return msgspec.convert(item | {"place": item["place_name"], "name": item["label"]}, Code)


def _pk(account: Account) -> str:
    return f"qrcodes#{account.alias}"
