"""Tags: the same here and at WeChat, on people, in bulk, and by rules.

mirror.py      the tags that we know of           automatic.py   rules that give a tag
editing.py     made, renamed, deleted             applying.py    when they do: on an event, and at night
tagging.py     on people, many at a time          refusals.py    what WeChat refused, in words
drift.py       what has come apart, and mending
"""

from __future__ import annotations

from ...services import Services
from . import applying, drift, tagging
from .applying import asks, happened, note, wake
from .automatic import TagRule, dry_run, remove_rule, rules, save_rule
from .drift import Difference, differences
from .editing import create, mend, refresh, remove, rename
from .mirror import Tag, listed, names
from .tagging import Failure, Run, find_run, tag_one, tag_people, tag_person

__all__ = [
    "Difference", "Failure", "Run", "Tag", "TagRule", "applying", "asks", "create", "differences", "drift", "dry_run",
    "find_run", "happened", "listed", "mend", "names", "nightly", "note", "refresh", "remove", "remove_rule", "rename",
    "rules", "save_rule", "tag_one", "tag_people", "tag_person", "tagging", "wake",
]  # fmt: skip


def nightly(svc: Services) -> None:
    """Once the night's sync and counting have had their time: look for drift and at rules that wait for silence, and
    forget the reports of old runs."""
    for account in svc.accounts:
        if account.may_list_followers:
            drift.look_later(svc, account)
            applying.review_later(svc, account)
            svc.in_bulk(tagging.forget_runs, account)
