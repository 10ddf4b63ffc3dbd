"""One typed Message for every kind and event WeChat knows, and for those it will invent."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from .reading import BadMessage, fields_of

LONGEST_OPENID = 128  # real ones have 28 characters, WeCom's user ids up to 64
LONGEST_NUMBER = 20  # digits of a 64-bit MsgId
MILLISECONDS = 10**11  # as seconds this would be the year 5138
LATEST = 10**14

# Events of a tap on the menu.
TAPS = frozenset(
    {
        "click",
        "view",
        "view_miniprogram",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    }
)


class Message(msgspec.Struct, frozen=True):
    kind: str  # MsgType as sent: "text", "image", … or "event"
    openid: str
    original_id: str  # the account's own gh_… id
    created: int  # WeChat's clock, in seconds
    event: str = ""  # in small letters: WeChat writes SCAN and scan
    text: str = ""  # as typed, spaces and all
    fields: dict[str, Any] = {}

    @property
    def key(self) -> str:
        """The same for every redelivery and in every mode; scoped by account and person it names the message."""
        msg_id = self.get("MsgId")
        if self.kind != "event" and msg_id.isascii() and msg_id.isdigit() and len(msg_id) <= LONGEST_NUMBER:
            return msg_id
        # An event's MsgId is the job it tells of, and Event with EventKey alone would let different events collide.
        return hashlib.sha256(msgspec.json.encode(self.fields, order="deterministic")).hexdigest()[:32]

    @property
    def person(self) -> str:
        """Privacy events come from the platform's own id and name the person in OpenID."""
        named = self.get("OpenID")
        return named if 0 < len(named) <= LONGEST_OPENID else self.openid

    @property
    def event_key(self) -> str:
        return self.get("EventKey")

    @property
    def is_tap(self) -> bool:
        """On an entry of the menu, whatever that does (official: 自定义菜单, 事件推送)."""
        return self.event in TAPS

    @property
    def scene(self) -> str:
        """What the QR code was made for; "" when nothing was scanned."""
        if self.event == "scan":
            return self.event_key
        prefix, scanned, scene = self.event_key.partition("qrscene_")
        return scene if self.event == "subscribe" and scanned and not prefix else ""

    @property
    def job_id(self) -> str:
        """Which template or mass message an event reports on."""
        return (self.get("MsgID") or self.get("MsgId")) if self.kind == "event" else ""

    @property
    def status(self) -> str:
        return self.get("Status")

    def get(self, name: str) -> str:
        """One field as trimmed text; "" when it is absent or has parts. Of a repeated field, the first."""
        return _text(self.fields, name).strip()

    def items(self, *path: str) -> list[dict[str, Any]]:
        """The entries below a wrapper, always a list: `items("SubscribeMsgPopupEvent")`,
        `items("SendPicsInfo", "PicList", "item")`. A trailing "List" is understood."""
        found = _below([self.fields], path)
        return [entry for part in found for entry in (_below([part], ("List",)) if "List" in part else [part])]


def parse(body: bytes) -> Message:
    """XML or JSON, told apart by the first character."""
    return message(fields_of(body))


def message(fields: dict[str, Any]) -> Message:
    kind, openid = _text(fields, "MsgType").strip(), _text(fields, "FromUserName").strip()
    if not kind:
        raise BadMessage("no MsgType")
    if not 0 < len(openid) <= LONGEST_OPENID:
        raise BadMessage("no usable FromUserName")
    return Message(
        kind=kind,
        openid=openid,
        original_id=_text(fields, "ToUserName").strip(),
        created=_seconds(_text(fields, "CreateTime").strip()),
        event=_text(fields, "Event").strip().casefold(),
        text=_text(fields, "Content"),
        fields=fields,
    )


def _seconds(created: str) -> int:
    if not (created.isascii() and created.isdigit() and len(created) <= LONGEST_NUMBER and int(created) < LATEST):
        raise BadMessage("no usable CreateTime")
    return int(created) if int(created) < MILLISECONDS else int(created) // 1000


def _text(fields: dict[str, Any], name: str) -> str:
    value = _listed(fields.get(name))[0]
    return value if isinstance(value, str) else ""


def _below(parts: list[dict[str, Any]], path: tuple[str, ...]) -> list[dict[str, Any]]:
    for name in path:
        parts = [each for part in parts for each in _listed(part.get(name)) if isinstance(each, dict)]
    return parts


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) and value else [value]
