"""An account's templates: which there are, what their fields take, who sends them, where new ones come from.

fields.py    the fields of a content, and what each may hold     library.py   WeChat's library: look, take, give back
template.py  one template                                        naming.py    their names here
mirror.py    our copy of WeChat's lists                          uses.py      automations and campaigns that send one
refusals.py  what WeChat refused, in words
"""

from __future__ import annotations

from ...services import Services
from . import mirror
from .fields import KINDS, Field, Problem, limit, of_content
from .library import (
    MOST,
    Categories,
    Category,
    Keyword,
    Slots,
    Title,
    add,
    categories,
    keywords,
    page,
    remove,
    slots,
)
from .mirror import Copy, find, look, may_have_any, remembered, sync
from .naming import name, waiting
from .template import Template, check_fields
from .uses import Use, among, everywhere, of

__all__ = [
    "KINDS", "MOST", "Categories", "Category", "Copy", "Field", "Keyword", "Problem", "Slots", "Template", "Title",
    "Use", "add", "among", "categories", "check_fields", "everywhere", "find", "keywords", "limit", "look",
    "may_have_any", "name", "nightly", "of", "of_content", "page", "remembered", "remove", "slots", "sync", "waiting",
]  # fmt: skip


def nightly(svc: Services) -> None:
    """See what WeChat lists now."""
    for account in svc.accounts:
        if may_have_any(account):
            svc.in_bulk(mirror.refresh, account)
