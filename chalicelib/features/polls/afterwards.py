"""What follows a vote: a tag, a message, a code to follow the account by.

pk poll#<id>   sk follow_qr   {address, expires}
"""

from __future__ import annotations

from ...errors import NotFound, Unavailable
from ...observe import log
from ...services import Account, Services
from ...wechat.errors import AccountStopped, BadCall, LimitReached, PersonRefused, Unreachable, WeChatError
from ...wechat.messages import Message
from .. import conversations, events, followers, tags
from ..days import A_DAY
from . import ballots
from .definition import Poll
from .store import find

TEN_MINUTES = 600
A_MINUTE = 60
THIRTY_DAYS = 30 * A_DAY  # the longest that a temporary code lives
NO_TAG = 0
TAG_TAKEN = 45157
TAG_UNKNOWN = 45159
SCENE = "poll_"  # of the code to follow by; the poll's id comes after it


def heed(svc: Services, account: Account, message: Message) -> None:
    """A listener: who voted before they followed by the poll's code could not be tagged then, and is now."""
    if message.event == "subscribe" and message.scene.startswith(SCENE):
        svc.later(tag, account, poll_id=message.scene.removeprefix(SCENE), openid=message.openid)


def thank(svc: Services, account: Account, poll_id: str, openid: str) -> None:
    """A job: tell and tag somebody who voted; nothing for those whose vote was not stored. Twice does no more.

    The message is sent at most once: being killed between its receipt and WeChat loses it.
    """
    poll = _voted(svc, account, poll_id, openid)
    if poll is None:
        return
    tags.wake(svc, account, openid, ["voted"])
    _tell(svc, account, poll, openid)
    if poll.afterwards.message:
        told = {"type": "text", "content": poll.afterwards.message}
        conversations.tell(svc, account, openid, reply=told, once=f"poll#{poll_id}")
    _tag(svc, account, openid, poll.afterwards.tag)


def tag(svc: Services, account: Account, poll_id: str, openid: str) -> None:
    """A job: the tag alone, for somebody who voted; they had the message, perhaps long ago."""
    poll = _voted(svc, account, poll_id, openid)
    if poll is not None:
        _tag(svc, account, openid, poll.afterwards.tag)


def _voted(svc: Services, account: Account, poll_id: str, openid: str) -> Poll | None:
    """None if they did not, or the poll is gone. They may have voted in an edition of a few seconds ago."""
    try:
        poll = find(svc, poll_id, to_vote=True)
    except NotFound:
        return None
    return poll if ballots.my_vote(svc, account, poll, openid) else None


def _tell(svc: Services, account: Account, poll: Poll, openid: str) -> None:
    """Whoever asks what was voted; `options` are the texts of what was ticked, for each question."""
    vote = ballots.my_vote(svc, account, poll, openid) if events.is_asked(svc, account, "voted") else None
    if vote is not None:
        ticked = zip(poll.questions, vote.answers, strict=True)
        options = [[question.options[number] for number in numbers] for question, numbers in ticked]
        data = {"poll_id": poll.poll_id, "options": options}
        events.publish(svc, account, "voted", openid, data, cause=f"{poll.poll_id}#{poll.edition}", at=vote.at)


def follow_picture(svc: Services, account: Account, poll: Poll) -> str:
    """A QR code as a data URL: whoever scans it follows the account, with the scene `poll_<id>`. "" if there is none;
    then WeChat is not asked again for a minute."""
    if not account.may_sign_in:  # codes with a scene are for the same accounts
        return ""
    address = svc.cached(f"follow_qr#{poll.poll_id}", A_MINUTE, lambda: _address(svc, account, poll))
    return _drawn(address) if address else ""


def _address(svc: Services, account: Account, poll: Poll) -> str:
    kept = svc.table.get(f"poll#{poll.poll_id}", "follow_qr")
    left = kept["expires"] - svc.now() if kept else 0
    if kept and left >= A_DAY:
        return str(kept["address"])
    try:
        code = account.wechat.qrcodes.temporary(f"{SCENE}{poll.poll_id}", THIRTY_DAYS)
    except (WeChatError, Unreachable, Unavailable) as error:
        log.warning("account %s: no QR code for poll %s: %s", account.alias, poll.poll_id, error)
        return str(kept["address"]) if kept and left > 0 else ""
    expires = svc.now() + code.expires_in
    place = {"pk": f"poll#{poll.poll_id}", "sk": "follow_qr"}
    svc.table.put({**place, "address": code.address, "expires": expires})
    return code.address


def _drawn(address: str) -> str:
    import segno  # noqa: PLC0415 (10 ms that most requests never need)

    picture: str = segno.make_qr(address, error="m").png_data_uri(scale=6)
    return picture


def _tag(svc: Services, account: Account, openid: str, name: str) -> None:
    """Only followers can be tagged. What WeChat refuses for good is told in the log and left at that."""
    if not name or not followers.is_following(svc, account, openid):
        return
    try:
        _put_on(svc, account, openid, name)
    except (PersonRefused, AccountStopped, BadCall, LimitReached) as error:
        if isinstance(error, LimitReached) and error.until == "minute":
            raise
        who = svc.keys.person(openid)
        log.warning("account %s: %s does not get a poll's tag: %s; %s", account.alias, who, error, _advice(error))


def _put_on(svc: Services, account: Account, openid: str, name: str) -> None:
    for last in (False, True):
        number = _tag_id(svc, account, name)
        if number == NO_TAG:
            return
        try:
            account.wechat.tags.put_on(number, [openid])
            return
        except BadCall as error:
            if last or error.code != TAG_UNKNOWN:
                raise
            svc.forget(_remembered(account, name))  # somebody deleted it meanwhile


def _tag_id(svc: Services, account: Account, name: str) -> int:
    """As WeChat numbers it; NO_TAG while WeChat will not make it, which is asked once in ten minutes."""
    return svc.cached(_remembered(account, name), TEN_MINUTES, lambda: _find_or_create(account, name))


def _find_or_create(account: Account, name: str) -> int:
    found = _find(account, name)
    if found != NO_TAG:
        return found
    try:
        return account.wechat.tags.create(name)
    except (AccountStopped, BadCall) as error:
        taken = error.code == TAG_TAKEN  # another worker was quicker, or WeChat does not like the name
        found = _find(account, name) if taken else NO_TAG
        if found == NO_TAG:
            log.warning("account %s: a poll's tag cannot be made: %s; %s", account.alias, error, _advice(error))
        return found


def _find(account: Account, name: str) -> int:
    return next((tag.tag_id for tag in account.wechat.tags.list() if tag.name == name), NO_TAG)


def _advice(error: WeChatError) -> str:
    return f"{error.entry.meaning_zh}。{error.entry.meaning_en}."


def _remembered(account: Account, name: str) -> str:
    return f"tag#{account.alias}#{name}"
