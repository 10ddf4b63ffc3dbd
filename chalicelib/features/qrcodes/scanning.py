"""What happens when somebody scans one of our codes: counted, noted, tagged by a job, and answered."""

from __future__ import annotations

from ...services import Account, Services
from ...wechat.messages import Message, Reply, reply_from
from .. import followers, tags
from . import codes, counts


def note(svc: Services, account: Account, message: Message) -> None:
    """A listener. Scenes that are not ours are none of its business, and cost half a read unit."""
    code = codes.known(svc, account, message.scene) if message.scene else None
    if code is None:
        return
    counts.count(svc, account, message)
    # On the card at once, so that segments know of it; with a follow it is there already.
    if message.event == "scan":
        followers.note_recent(svc, account, message.openid, f"scanned:{code.scene}", message.created)
    if code.tag_id:
        svc.later(tags.tag_one, account, openid=message.openid, tag_id=code.tag_id)


def reply(svc: Services, account: Account, message: Message) -> Reply | None:
    """A replier: what the code's operator wrote, instead of the usual welcome."""
    code = codes.known(svc, account, message.scene) if message.scene else None
    return reply_from(code.reply) if code and code.reply else None
