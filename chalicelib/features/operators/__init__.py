"""Who may look after the accounts, with what, and what they did."""

from .audit import Entry
from .audit import note as note_deed
from .audit import page as audit_page
from .people import Operator, add, by_name, change, find, remove, untie, wechat_of
from .people import listed as operators
from .scans import (
    NotConfirmed,
    NotScanned,
    NotTied,
    begin_scan,
    finish_scan,
    finish_tie,
    is_console_scan,
    note_scan,
    picture,
    reply,
)
from .sessions import SESSION, TEN_MINUTES, Session, address, end, link, open_session, redeem
from .tokens import EVERYTHING, Grant, Holder, grant, identify, issue_token, listed, revoke, revoke_token
from .who import AREAS, ROLES, Who

__all__ = [
    "AREAS",
    "EVERYTHING",
    "ROLES",
    "SESSION",
    "TEN_MINUTES",
    "Entry",
    "Grant",
    "Holder",
    "NotConfirmed",
    "NotScanned",
    "NotTied",
    "Operator",
    "Session",
    "Who",
    "add",
    "address",
    "audit_page",
    "begin_scan",
    "by_name",
    "change",
    "end",
    "find",
    "finish_scan",
    "finish_tie",
    "grant",
    "identify",
    "is_console_scan",
    "issue_token",
    "link",
    "listed",
    "note_deed",
    "note_scan",
    "open_session",
    "operators",
    "picture",
    "redeem",
    "remove",
    "reply",
    "revoke",
    "revoke_token",
    "untie",
    "wechat_of",
]
