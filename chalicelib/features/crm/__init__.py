"""CRMs: what they should know of our followers goes there, what they know better comes in, as a mapping says.

mapping.py    which attribute is which property, which way it goes, who wins
records.py    what goes out of a person, as it is now        trouble.py    how a CRM is asked, and what can go wrong
sending.py    changes, person by person, in order            inward.py     what a CRM tells us
filling.py    the first sync, in pages                       farewells.py  who left is emptied or removed there
"""

from __future__ import annotations

from . import mapping, sending
from .farewells import note_leaving, start_farewells
from .filling import Fill, begin, state
from .inward import is_shared, translate
from .mapping import Mapping, read
from .sending import changes

__all__ = [
    "Fill", "Mapping", "begin", "changes", "is_shared", "mapping", "note_leaving", "read", "sending",
    "start_farewells", "state", "translate",
]  # fmt: skip
