"""Sign in by scanning: a QR code of the account on the screen, the operator's own WeChat in their hand.

    pk scan#<mark>       sk scan      {account, operator_id, wants, scanned_by, found_id, era, held, tries, expires}
    pk scanner#<hash>    sk scanner   {mark, outcome, expires}    what a person scanned last, by a keyed hash of openid
    pk scans#<who>#<minute>    sk scans     {asked, expires}      codes that an operator, or strangers (""), asked for

`wants` is "sign_in", or "tie" when somebody who is signed in ties their WeChat to themselves. The code's scene is
`console_<mark>`; the mark is a hash of the secret that the asking browser alone has, since a scene can be read in the
scanner's timeline. Only a WeChat that is tied opens anything, and only once its owner has said so in the chat: whoever
sends a code of theirs as "scan this for a discount" would else be signed in as whoever believed it. What they say holds
digits that only the chat told them, so no other link or message can say it for them. And a WeChat is tied only once the
browser that asked was told those digits: whoever takes a photo of the code on somebody's screen and is quicker has it
in their chat, and no screen to type it on. The first who scans a code has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from secrets import compare_digest
from typing import Any

from ...errors import BadInput, Conflict, NotFound, Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat.messages import Message, Reply, Text
from . import people, sessions
from .people import Operator
from .sessions import Session
from .who import Who

FIVE_MINUTES = 300
PREFIX = "console_"
CONFIRM = "确认登录控制台"
MARK = 40  # characters of a hash
IS_MARK = re.compile(rf"[0-9a-f]{{{MARK}}}")
DIGITS = 6
MOST_A_MINUTE = 20  # codes for all strangers together: each is one of the account's 100,000 requests a day
MOST_MINE = 5  # codes a minute for one operator
MOST_TRIES = 5  # digits that a browser may get wrong before its code is over
PURPOSE = "whose wechat is tied"
NOBODY, OTHERS, HELD, ENTERED, LATE = "nobody", "others", "held", "entered", "late"

AGAIN = "二维码已失效，请刷新。This code has expired; please load another one."
WRONG = (
    "数字不对，请看微信里收到的那条消息。These are not the digits that your WeChat was just told; please look again."
)
BUSY = "扫码的人太多，请稍后再试，或用登录链接。Too many codes were asked for; try again soon, or use a sign-in link."
NO_CODES = "没有可扫码的公众号，请用登录链接。No account here can make a QR code; please use a sign-in link."
STRANGER = "这个微信还没有绑定运营人员。This WeChat is not tied to an operator yet; sign in by a link and tie it first."
TOLD = {
    NOBODY: STRANGER,
    OTHERS: "这个微信已绑定另一位运营人员。This WeChat is tied to another operator already.",
    ENTERED: "已登录盖碗控制台。不是您？请立刻告诉管理员。Signed in to the console. Not you? Tell an admin at once.",
    LATE: AGAIN,
}
ASK = (
    "要以「{name}」登录盖碗控制台吗？不是您在登录，就不要点。\n"
    "Sign in to the Gaiwan console as {name}? If that is not you, do not tap.\n"
    f'<a href="weixin://bizmsgmenu?msgmenucontent={CONFIRM}{{digits}}&msgmenuid=console">确认登录 · Sign in</a>'
)
TYPE = (
    "{digits}\n请在控制台里输入这六位数字，把这个微信绑定到「{name}」；不要告诉任何人。\n"
    "Type these digits in the console, and this WeChat can sign in as {name}. Tell them to nobody."
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
    mark: str  # names the code, and is of no use without the secret or the session that asked for it
    address: str  # what the QR code says
    seconds: int


def begin_scan(svc: Services, who: Who | None = None) -> Asked:
    """A code to scan within five minutes: to sign in, or, for somebody who is signed in, to tie their WeChat."""
    account = _account(svc)
    _count(svc, who.mark if who else "", MOST_MINE if who else MOST_A_MINUTE)
    secret = svc.keys.one_time()
    mark = _mark(svc, secret)
    made = account.wechat.qrcodes.temporary(PREFIX + mark, FIVE_MINUTES)
    told = {"account": account.alias, "wants": "tie" if who else "sign_in", "operator_id": who.mark if who else ""}
    asked = {"scanned_by": "", "found_id": "", "era": 0, "held": "", "tries": 0, "expires": svc.now() + FIVE_MINUTES}
    svc.table.put({"pk": f"scan#{mark}", "sk": "scan", **told, **asked})
    return Asked(secret, mark, made.address, FIVE_MINUTES)


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
    elif message.text.startswith(CONFIRM):
        _confirmed(svc, account, message)


def is_console_scan(message: Message) -> bool:
    """Whether a sign-in code of ours was scanned: nobody else's business."""
    return bool(_scanned_mark(message))


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    """A replier: what became of the scan."""
    scanned = _scanned_mark(message)
    if not scanned and not message.text.startswith(CONFIRM):
        return None
    last = _last(svc, account, message)
    if last is None or (not scanned and not _says_so(svc, message, last)):
        return Text(AGAIN)
    if last["outcome"] == HELD:
        return Text(TYPE.format(name=_asker(svc, last["mark"]), digits=_digits(svc, last["mark"], last["pk"])))
    operator = None if last["outcome"] else people.by_wechat(svc, account.alias, message.openid)
    if operator is None:
        return Text(TOLD.get(last["outcome"], STRANGER))
    return Text(ASK.format(name=operator.name, digits=_digits(svc, last["mark"], last["pk"])))


def finish_scan(svc: Services, secret: str) -> tuple[Operator, Session]:
    """The session, once; NotScanned until somebody scanned and said yes; BadInput when it is over."""
    asked = svc.table.get(f"scan#{_mark(svc, secret)}", "scan", fresh=True) if secret else None
    if asked is None or asked["expires"] < svc.now() or asked["wants"] != "sign_in":
        raise BadInput(AGAIN)
    if not asked["found_id"]:
        raise NotConfirmed if asked["scanned_by"] else NotScanned
    if svc.table.take(asked["pk"], asked["sk"]) is None:
        raise BadInput(AGAIN)
    try:
        operator = people.find(svc, asked["found_id"])
    except NotFound:
        raise NotTied(STRANGER) from None
    if operator.era != asked["era"]:
        raise BadInput(AGAIN)
    return operator, sessions.begin(svc, operator)


def finish_tie(svc: Services, who: Who, mark: str, digits: str) -> tuple[str, str]:
    """The WeChat that was told these digits may from now on sign in as whoever asked: (account, how logs name it)."""
    asked = svc.table.get(f"scan#{mark}", "scan", fresh=True) if IS_MARK.fullmatch(mark) else None
    if asked is None or asked["expires"] < svc.now() or (asked["wants"], asked["operator_id"]) != ("tie", who.mark):
        raise BadInput(AGAIN)
    if not _tries(svc, asked):
        raise BadInput(AGAIN)
    held = svc.keys.unseal(PURPOSE, asked["held"])
    if held is None or not compare_digest(digits.encode(), _digits(svc, mark, asked["scanned_by"]).encode()):
        raise BadInput(WRONG)
    if svc.table.take(asked["pk"], asked["sk"]) is None:
        raise BadInput(AGAIN)
    if not people.tie(svc, people.find(svc, who.mark), asked["account"], held["openid"]):
        raise Conflict(TOLD[OTHERS])
    return asked["account"], svc.keys.person(held["openid"])


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
        return _hold(svc, account, message, asked)
    if people.by_wechat(svc, account.alias, message.openid):
        return ""
    _find(svc, asked["pk"], {"found_id": NOBODY}, by)
    return NOBODY


def _confirmed(svc: Services, account: Account, message: Message) -> None:
    last = _last(svc, account, message)
    if last is None or last["outcome"] or not _says_so(svc, message, last):
        return
    operator = people.by_wechat(svc, account.alias, message.openid)
    if operator is None:
        return
    if _find(svc, f"scan#{last['mark']}", {"found_id": operator.operator_id, "era": operator.era}, last["pk"]):
        svc.table.update(last["pk"], last["sk"], {"outcome": ENTERED}, where="attribute_exists(pk)")


def _hold(svc: Services, account: Account, message: Message, asked: dict[str, Any]) -> str:
    """Remember whose WeChat it would be, until the browser says the digits."""
    try:
        operator = people.find(svc, asked["operator_id"])
    except NotFound:
        return NOBODY
    if operator.disabled:
        return NOBODY
    holder = people.holder(svc, account.alias, message.openid)
    if holder is not None and holder.operator_id != operator.operator_id:
        return OTHERS
    held = svc.keys.seal(PURPOSE, {"openid": message.openid})
    return HELD if svc.table.update(asked["pk"], "scan", {"held": held}, where="attribute_exists(pk)") else LATE


def _asker(svc: Services, mark: str) -> str:
    """The name of the operator who would be tied; "" if they or the code are gone by now."""
    asked = svc.table.get(f"scan#{mark}", "scan", fresh=True)
    try:
        return people.find(svc, asked["operator_id"]).name if asked else ""
    except NotFound:
        return ""


def _find(svc: Services, pk: str, found: dict[str, str | int], by: str) -> bool:
    """Whether the browser that asked will be told this: not once it gave up, or was told something else."""
    still = "#found_id = :nobody AND #scanned_by = :scanned_by"
    return svc.table.update(pk, "scan", found, where=still, nobody="", scanned_by=by) is not None


def _tries(svc: Services, asked: dict[str, Any]) -> bool:
    """Whether the browser may have another try at the digits; each counts, also of many at once."""
    same, before = "#tries = :before", asked["tries"]
    if before >= MOST_TRIES:
        return False
    return svc.table.update(asked["pk"], "scan", {"tries": before + 1}, where=same, before=before) is not None


def _says_so(svc: Services, message: Message, last: dict[str, Any]) -> bool:
    return message.text == CONFIRM + _digits(svc, last["mark"], last["pk"])


def _digits(svc: Services, mark: str, person: str) -> str:
    """What only the chat of whoever scanned is told; the same if WeChat tells of the scan twice."""
    return f"{int(svc.keys.digest('digits of a scan', f'{mark} {person}'), 16) % 10**DIGITS:0{DIGITS}d}"


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


def _count(svc: Services, who: str, most: int) -> None:
    """Unavailable once too many were asked for in this minute, over all containers."""
    pk, expires = f"scans#{who}#{svc.now() // 60}", svc.now() + FIVE_MINUTES
    for _ in range(most):
        asked = int((svc.table.get(pk, "scans", fresh=True) or {}).get("asked", 0))
        if asked >= most:
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
