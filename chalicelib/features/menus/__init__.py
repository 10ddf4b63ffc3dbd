"""The menu at the foot of the chat: drafted, checked, compared, published, put back, tried, and counted.

document.py    what a menu is, and WeChat's words for it    publishing.py   live, rolled back, put back, gone on with
checks.py      WeChat's limits                              converging.py   the steps at WeChat
differences.py what changed from one to another             live.py         what is there, whoever made it
drafts.py      what operators work on                       trying.py       what a given follower sees
importing.py   menus made in WeChat's console               clicks.py       how often each entry is tapped
versions.py    what was published                           quotas.py       how often a day
refusals.py    what WeChat refused, in words
"""

from __future__ import annotations

from ...services import Services
from . import clicks, publishing
from .checks import Problem, check
from .clicks import Clicks, counted, note, tapped
from .differences import Change, difference
from .document import Button, Conditional, Menu, When
from .drafts import Draft, import_draft, problems, save
from .drafts import find as draft
from .importing import Note
from .live import Live, look, to_draft, version_to_draft
from .publishing import publish, roll_back
from .trying import Reckoned, Tried, try_as
from .versions import Version, newest, page
from .versions import find as find_version
from .versions import live as live_version

__all__ = [
    "Button", "Change", "Clicks", "Conditional", "Draft", "Live", "Menu", "Note", "Problem", "Reckoned", "Tried",
    "Version", "When", "check", "clicks", "counted", "difference", "draft", "find_version", "import_draft",
    "live_version", "look", "newest", "nightly", "note", "page", "problems", "publish", "publishing", "roll_back",
    "save", "tapped", "to_draft", "try_as", "version_to_draft",
]  # fmt: skip


def nightly(svc: Services) -> None:
    """Add up yesterday's taps."""
    for account in svc.accounts:
        if account.may_send_custom:
            svc.in_bulk(clicks.count_days, account)
