"""Who follows the account, since when, from where, and what is known of them.

note.py       events keep the profiles in step          change.py     the one way in which a profile changes
sync.py       all of them, from WeChat, every night     card.py       a person in a line, in the index
hearing.py    what WeChat says against what we know     listing.py    pages of followers
absent.py     who is gone, and who is blocked           facts.py      what else is known, with source and consent
runs.py       how far a sync is                         activity.py   messages and when last seen, from the log
leaving.py    who leaves is erased within a day         orders.py     what they bought
growth.py     how many came and went, by day            edits.py      remark and blacklist, at WeChat and here
shelves.py    where they are listed                         visiting.py   what sign-ins at our pages tell
ids.py        what other systems call them              telling.py   changes that others want to know of
hours.py      in which hours they are there
"""

from __future__ import annotations

from ...services import Services
from . import absent, activity, growth, ids, leaving, shelves, sync, visiting
from .activity import note_recent, refresh_activity
from .card import Card, card
from .change import change, is_following, profile
from .devices import device_of
from .edits import set_blocked, set_remark
from .facts import Consent, forget_fact, note_region, set_facts
from .leaving import erase
from .listing import Row, everyone, newest, page
from .migration import move
from .note import ACTS, note
from .orders import note_order
from .runs import state as sync_state
from .sync import start as start_sync
from .sync import sync_all

__all__ = [
    "ACTS", "Card", "Consent", "Row", "absent", "activity", "card", "change", "device_of", "erase", "everyone",
    "forget_fact", "growth", "ids", "is_following", "leaving", "move", "newest", "nightly", "note", "note_order",
    "note_recent", "note_region", "page", "profile", "refresh_activity", "set_blocked", "set_facts",
    "set_remark", "shelves", "start_sync", "sync", "sync_all", "sync_state", "visiting",
]  # fmt: skip


def nightly(svc: Services) -> None:
    """Two in the morning: count the day that ended, erase who left, ask WeChat, and read the message log."""
    for account in svc.accounts:
        svc.in_bulk(growth.count_night, account)
        svc.in_bulk(leaving.erase_left, account)
        svc.in_bulk(activity.refresh_all, account)
    sync_all(svc)
