"""Sign in by scanning: a QR code of the account on the screen, the operator's own WeChat in their hand.

    pk scan#<mark>       sk scan      {account, operator, wants, scanned_by, found, expires}
    pk scanner#<hash>    sk scanner   {mark, outcome, expires}    what a person scanned last, by a keyed hash of openid
    pk scans#<minute>    sk scans     {asked, expires}            codes that strangers asked for

`wants` is "sign_in", or "tie" when somebody who is signed in ties their WeChat to themselves. The code's scene is
`console_<mark>`; the mark is a hash of the secret that the asking browser alone has, since a scene can be read in the
scanner's timeline. Only a WeChat that is tied opens anything, and only once its owner has said so in the chat: whoever
sends a code of theirs as "scan this for a discount" would else be signed in as whoever believed it. The first who scans
a code has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import BadInput, NotFound, Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat.messages import Message, Reply, Text
from . import audit, people, sessions
from .people import Operator
from .sessions import Session
from .who import Who

FIVE_MINUTES = 300
PREFIX = "console_"
CONFIRM = "确认登录控制台"
MARK = 40  # characters of a hash
MOST_A_MINUTE = 20  # codes for strangers: each is one of the account's 100,000 requests a day
NOBODY, OTHERS, TIED, ENTERED, LATE = "nobody", "others", "tied", "entered", "late"

AGAIN = "二维码已失效，请刷新。This code has expired; please load another one."
BUSY = "扫码的人太多，请稍后再试，或用登录链接。Too many codes were asked for; try again soon, or use a sign-in link."
NO_CODES = "没有可扫码的公众号，请用登录链接。No account here can make a QR code; please use a sign-in link."
STRANGER = "这个微信还没有绑定运营人员。This WeChat is not tied to an operator yet; sign in by a link and tie it first."
TOLD = {
    NOBODY: STRANGER,
    OTHERS: "这个微信已绑定另一位运营人员。This WeChat is tied to another operator already.",
    TIED: "已绑定，以后用这个微信扫码就能登录控制台。Done: this WeChat can now sign in to the console by scanning.",
    ENTERED: "已登录盖碗控制台。不是您？请立刻告诉管理员。Signed in to the console. Not you? Tell an admin at once.",
    LATE: AGAIN,
}
ASK = (
    "要以「{name}」登录盖碗控制台吗？不是您在登录，就不要点。\n"
    "Sign in to the Gaiwan console as {name}? If that is not you, do not tap.\n"
    f'<a href="weixin://bizmsgmenu?msgmenucontent={CONFIRM}&msgmenuid=console">确认登录 · Sign in</a>'
)


class NotScanned(Exception):
    """Nobody has scanned it yet."""


class NotConfirmed(NotScanned):
    """Somebody has, and is asked on their phone."""


class NotTied(BadInput):
    """Whoever scanned it is no operator."""


@dataclass(frozen=True)
class Asked:
    secret: str  # stays with the browser that asked
    address: str  # what the QR code says
    seconds: int


def begin_scan(svc: Services, who: Who | None = None) -> Asked:
    """A code to scan within five minutes: to sign in, or, for somebody who is signed in, to tie their WeChat."""
    account = _account(svc)
    if who is None:
        _count(svc)
    secret = svc.keys.one_time()
    mark = _mark(svc, secret)
    made = account.wechat.qrcodes.temporary(PREFIX + mark, FIVE_MINUTES)
    told = {"account": account.alias, "wants": "tie" if who else "sign_in", "operator": who.mark if who else ""}
    asked = {"scanned_by": "", "found": "", "expires": svc.now() + FIVE_MINUTES}
    svc.table.put({"pk": f"scan#{mark}", "sk": "scan", **told, **asked})
    return Asked(secret, made.address, FIVE_MINUTES)


def picture(address: str) -> str:
    """The QR code as a PNG in a data: URL."""
    import segno  # noqa: PLC0415 (only those who sign in by scanning need it)

    drawn: str = segno.make(address, error="m").png_data_uri(scale=6, border=2)
    return drawn


def note_scan(svc: Services, account: Account, message: Message) -> None:
    """A listener: a code of ours was scanned, or whoever scanned one says that it was them. May be told twice."""
    mark = _scanned_mark(message)
    if mark:
        person = _person(svc, account, message)
        outcome = _scanned(svc, account, message, mark)
        svc.table.put({**person, "mark": mark, "outcome": outcome, "expires": svc.now() + FIVE_MINUTES})
    elif message.text == CONFIRM:
        _confirmed(svc, account, message)


def is_console_scan(message: Message) -> bool:
    """Whether a sign-in code of ours was scanned: nobody else's business."""
    return bool(_scanned_mark(message))


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    """A replier: what became of the scan."""
    if not _scanned_mark(message) and message.text != CONFIRM:
        return None
    last = _last(svc, account, message)
    if last is None:
        return Text(AGAIN)
    operator = None if last["outcome"] else people.by_wechat(svc, account.alias, message.openid)
    return Text(ASK.format(name=operator.name) if operator else TOLD.get(last["outcome"], STRANGER))


def finish_scan(svc: Services, secret: str) -> tuple[Operator, Session]:
    """The session, once; NotScanned until somebody scanned and said yes; BadInput when it is over."""
    asked = svc.table.get(f"scan#{_mark(svc, secret)}", "scan", fresh=True) if secret else None
    if asked is None or asked["expires"] < svc.now() or asked["wants"] != "sign_in":
        raise BadInput(AGAIN)
    if not asked["found"]:
        raise NotConfirmed if asked["scanned_by"] else NotScanned
    if svc.table.take(asked["pk"], asked["sk"]) is None:
        raise BadInput(AGAIN)
    try:
        operator = people.find(svc, asked["found"])
    except NotFound:
        raise NotTied(STRANGER) from None
    return operator, sessions.begin(svc, operator)


def _scanned(svc: Services, account: Account, message: Message, mark: str) -> str:
    """What came of it; "" if whoever scanned it is now asked whether it was them."""
    asked = svc.table.get(f"scan#{mark}", "scan", fresh=True)
    if asked is None or asked["expires"] < svc.now() or asked["account"] != account.alias:
        return LATE
    by = _person(svc, account, message)["pk"]
    first = "attribute_exists(pk) AND (#scanned_by = :nobody OR #scanned_by = :scanned_by)"
    if svc.table.update(asked["pk"], "scan", {"scanned_by": by}, where=first, nobody="", scanned_by=by) is None:
        return LATE
    log.info("a code of the console was scanned by %s", svc.keys.person(message.openid))
    if asked["wants"] == "tie":
        return _tie(svc, account, message, asked["operator"])
    if people.by_wechat(svc, account.alias, message.openid):
        return ""
    _find(svc, asked["pk"], NOBODY, by)
    return NOBODY


def _confirmed(svc: Services, account: Account, message: Message) -> None:
    last = _last(svc, account, message)
    operator = people.by_wechat(svc, account.alias, message.openid) if last and not last["outcome"] else None
    if last and operator and _find(svc, f"scan#{last['mark']}", operator.operator_id, last["pk"]):
        svc.table.update(last["pk"], last["sk"], {"outcome": ENTERED}, where="attribute_exists(pk)")


def _tie(svc: Services, account: Account, message: Message, operator_id: str) -> str:
    try:
        operator = people.find(svc, operator_id)
    except NotFound:
        return NOBODY
    if operator.disabled:
        return NOBODY
    if not people.tie(svc, operator, account.alias, message.openid):
        return OTHERS
    audit.note(svc, operator.who, "operators_tied", svc.keys.person(message.openid), account.alias)
    return TIED


def _find(svc: Services, pk: str, found: str, by: str) -> bool:
    """Whether the browser that asked will be told this: not once it gave up, or was told something else."""
    still = "#found = :nobody AND #scanned_by = :scanned_by"
    return svc.table.update(pk, "scan", {"found": found}, where=still, nobody="", scanned_by=by) is not None


def _last(svc: Services, account: Account, message: Message) -> dict[str, Any] | None:
    """What this person scanned last, if that was just now."""
    person = _person(svc, account, message)
    last = svc.table.get(person["pk"], person["sk"], fresh=True)
    return None if last is None or last["expires"] < svc.now() else last


def _account(svc: Services) -> Account:
    found = next((account for account in svc.accounts if account.may_sign_in), None)  # codes are for the same accounts
    if found is None:
        raise Unavailable(NO_CODES)
    return found


def _count(svc: Services) -> None:
    """Unavailable once too many asked in this minute, over all containers."""
    pk, expires = f"scans#{svc.now() // 60}", svc.now() + FIVE_MINUTES
    for _ in range(MOST_A_MINUTE):
        asked = int((svc.table.get(pk, "scans", fresh=True) or {}).get("asked", 0))
        if asked >= MOST_A_MINUTE:
            break
        same = "attribute_not_exists(#asked) OR #asked = :before"
        if svc.table.update(pk, "scans", {"asked": asked + 1, "expires": expires}, where=same, before=asked):
            return
    raise Unavailable(BUSY)


def _mark(svc: Services, secret: str) -> str:
    return svc.keys.fingerprint(secret)[:MARK]


def _person(svc: Services, account: Account, message: Message) -> dict[str, str]:
    return {"pk": f"scanner#{svc.keys.digest('scan', f'{account.alias} {message.openid}')}", "sk": "scanner"}


def _scanned_mark(message: Message) -> str:
    mark = message.scene.removeprefix(PREFIX)
    return mark if len(mark) == MARK and message.scene.startswith(PREFIX) else ""
