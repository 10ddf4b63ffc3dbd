"""/api/{account}/qrcodes: codes that know where they hang; their pictures, and who came by them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from chalice.app import Response

from ...errors import BadInput
from ...features import days, qrcodes
from ...features.qrcodes import ByPlace, Code, Day
from ...features.segments.fields import day_number, day_text
from .. import http
from .door import Call, door

MOST_LISTED = 100
MOST_DAYS = 400
POSTER = 1024  # pixels
A_DAY = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
WholeNumber = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
DayText = Annotated[str, msgspec.Meta(pattern=A_DAY, description="如 2026-11-20。Such as 2026-11-20.")]


class NewCode(msgspec.Struct, forbid_unknown_fields=True):
    """A text as scene has 1 to 64 letters, digits or . _ ~ -; `days` are those of a temporary code, 30 at most."""

    scene: str | int
    name: str
    kind: Literal["temporary", "permanent"]
    place: str = ""
    days: Annotated[int, msgspec.Meta(ge=1, le=30)] | None = None
    tag_id: WholeNumber | None = None
    reply: dict[str, Any] | None = None


class ChangedCode(msgspec.Struct, forbid_unknown_fields=True):
    """`version`: the one that was seen; if there is a newer one by now, nothing is changed (409)."""

    name: str
    place: str = ""
    tag_id: WholeNumber | None = None
    reply: dict[str, Any] | None = None
    version: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None


class Renewal(msgspec.Struct, forbid_unknown_fields=True):
    days: Annotated[int, msgspec.Meta(ge=1, le=30)] = 30


class OneCode(msgspec.Struct):
    """`scans` of all time include the `follows`."""

    scene: str
    name: str
    place: str
    kind: str
    ticket: str
    address: str
    expires_at: int
    tag_id: int
    reply: dict[str, Any] | None
    created: int
    version: int
    scans: int
    follows: int


class CodeList(msgspec.Struct):
    """Of the permanent codes that an account may ever have (`most_permanent`), `permanent` are made."""

    items: list[OneCode]
    cursor: str
    permanent: int
    most_permanent: int = qrcodes.MOST_PERMANENT


class ListQuery(msgspec.Struct):
    cursor: Annotated[str, msgspec.Meta(max_length=64)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LISTED)] = 50


class PictureQuery(msgspec.Struct):
    """Nobody reads `version`: with another one a browser fetches the picture anew."""

    format: Literal["svg", "png"] = "svg"
    size: Annotated[int, msgspec.Meta(ge=64, le=4096)] = POSTER
    version: Annotated[int, msgspec.Meta(ge=0)] = 0


class DaysQuery(msgspec.Struct, rename={"first": "from", "last": "to"}):
    first: DayText = ""
    last: DayText = ""


class OneDay(msgspec.Struct):
    day: str
    scans: int
    follows: int


class DayList(msgspec.Struct):
    """From the first day with a scan on, every day; none at all if nobody has scanned."""

    items: list[OneDay]
    cursor: str = ""


class PlaceList(msgspec.Struct):
    items: list[ByPlace]
    cursor: str = ""


@door(
    "GET",
    "/api/{account}/qrcodes",
    needs="qrcodes:read",
    asks=ListQuery,
    gives=CodeList,
    says="二维码，按参数排。The QR codes, by scene.",
)
def listed(call: Call, account: str) -> CodeList:
    svc, tea = call.svc, call.svc.accounts[account]
    codes, cursor = qrcodes.page(svc, tea, call.query.cursor, call.query.limit)
    shown = [_shown(code, sums) for code, sums in zip(codes, qrcodes.totals(svc, tea, codes), strict=True)]
    return CodeList(shown, cursor, qrcodes.made_permanent(svc, tea))


@door(
    "POST",
    "/api/{account}/qrcodes",
    needs="qrcodes:write",
    takes=NewCode,
    gives=OneCode,
    status=201,
    says="做二维码：临时的最长 30 天，永久的一个公众号共 10 万个。"
    "Make a QR code: a temporary one for up to 30 days, or one of the account's 100,000 permanent ones.",
)
def create(call: Call, account: str) -> OneCode:
    told = msgspec.structs.asdict(call.body)
    given = {name: value for name, value in told.items() if value is not None}
    return _shown(qrcodes.create(call.svc, call.svc.accounts[account], **given), Day(0))


@door("GET", "/api/{account}/qrcodes/{item}", needs="qrcodes:read", gives=OneCode, says="一个二维码。One QR code.")
def one(call: Call, account: str, item: str) -> OneCode:
    tea = call.svc.accounts[account]
    return _counted(call, account, qrcodes.find(call.svc, tea, item))


@door(
    "PUT",
    "/api/{account}/qrcodes/{item}",
    needs="qrcodes:write",
    takes=ChangedCode,
    gives=OneCode,
    says="改名称、位置、标签和回复，图不变。Change name, place, tag and reply; the picture stays.",
)
def change(call: Call, account: str, item: str) -> OneCode:
    body: ChangedCode = call.body
    told = msgspec.structs.asdict(body) | {"tag_id": body.tag_id or 0}
    return _counted(call, account, qrcodes.change(call.svc, call.svc.accounts[account], item, **told))


@door(
    "DELETE",
    "/api/{account}/qrcodes/{item}",
    needs="qrcodes:write",
    says="删除二维码：印出去的还能关注，只是不再计数。"
    "Remove a QR code: printed ones still lead to the account, uncounted.",
)
def remove(call: Call, account: str, item: str) -> None:
    qrcodes.remove(call.svc, call.svc.accounts[account], item)


@door(
    "POST",
    "/api/{account}/qrcodes/{item}/renew",
    needs="qrcodes:write",
    takes=Renewal,
    gives=OneCode,
    says="给临时码换一张新图，从现在起算。A new picture for a temporary code, good from now on.",
)
def renew(call: Call, account: str, item: str) -> OneCode:
    return _counted(call, account, qrcodes.renew(call.svc, call.svc.accounts[account], item, call.body.days))


@door(
    "GET",
    "/api/{account}/qrcodes/{item}/picture",
    needs="qrcodes:read",
    asks=PictureQuery,
    plain="image/*",
    says="二维码的图：SVG 多大都清楚，PNG 最多 size 像素，要带 Accept: image/png。"
    "The picture: SVG is sharp at any size; PNG has at most `size` pixels, and needs Accept: image/png.",
)
def picture(call: Call, account: str, item: str) -> Response:
    svc, asked = call.svc, call.query
    code = qrcodes.find(svc, svc.accounts[account], item)
    if asked.format == "png":
        _insist_on_png(call)
        return Response(qrcodes.png(svc, code, asked.size), headers=http.SAFE | {"Content-Type": "image/png"})
    return http.text(qrcodes.svg(svc, code), "image/svg+xml")


@door(
    "GET",
    "/api/{account}/qrcodes/{item}/counts",
    needs="qrcodes:read",
    asks=DaysQuery,
    gives=DayList,
    says="每天多少人扫码、多少人关注。Scans and follows of each day.",
)
def counts(call: Call, account: str, item: str) -> DayList:
    svc, tea = call.svc, call.svc.accounts[account]
    code, (first, last) = qrcodes.find(svc, tea, item), _asked_days(call)
    found = qrcodes.days_of(svc, tea, code.scene, first, last)
    return DayList([OneDay(day_text(day.day), day.scans, day.follows) for day in found])


@door(
    "GET",
    "/api/{account}/qrcode-places",
    needs="qrcodes:read",
    asks=DaysQuery,
    gives=PlaceList,
    says="每个位置带来多少扫码和关注。What each place brought.",
)
def places(call: Call, account: str) -> PlaceList:
    return PlaceList(qrcodes.by_place(call.svc, call.svc.accounts[account], *_asked_days(call)))


def _insist_on_png(call: Call) -> None:
    """API Gateway hands out bytes only to whom the first type of Accept names them; to others it gives base64."""
    wanted = str(call.request.headers.get("accept", "")).partition(",")[0].partition(";")[0].strip()
    if wanted != "image/png":
        raise BadInput("取 PNG 时请带 Accept: image/png。Ask for a PNG with the header Accept: image/png.")


def _counted(call: Call, account: str, code: Code) -> OneCode:
    return _shown(code, qrcodes.totals(call.svc, call.svc.accounts[account], [code])[0])


def _shown(code: Code, sums: Day) -> OneCode:
    told = {name: value for name, value in msgspec.structs.asdict(code).items() if name != "numbered"}
    return OneCode(**told, scans=sums.scans, follows=sums.follows)


def _asked_days(call: Call) -> tuple[int, int]:
    """The last four hundred days, where nothing else is asked for."""
    try:
        last = day_number(call.query.last) if call.query.last else days.today(call.svc.now())
        first = day_number(call.query.first) if call.query.first else last - MOST_DAYS + 1
    except ValueError:
        raise BadInput("没有这一天。There is no such day.") from None
    if not 0 <= last - first < MOST_DAYS or first < 0:
        raise BadInput(f"from 要在 to 之前，最多 {MOST_DAYS} 天。from comes before to, by {MOST_DAYS} days at most.")
    return first, last
