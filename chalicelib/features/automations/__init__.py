"""Automations: when something happens to a person, and they fit, steps are taken, one after the other, over days.

definition.py   what one is, and its plan        store.py      kept, in versions, and their phase
reading.py      a document checked, whole        journeys.py   one person in one of them; who has them in hand
steps.py        what each step may say           entering.py   who enters, when told of an event
triggers.py     when, and what the cause was     running.py    taking people a step further
variables.py    words with variables             acting.py     what each step does
places.py       mistakes with their place        due.py        from tick: who goes on within the next minute
sentences.py    an automation in words           reviewing.py  from tick, once a day: silence, and people's dates
difference.py   between two versions             inside.py     who is in one; what one person is in
counts.py       how each step went               dry_runs.py   what it would have done last week
week.py         what happened last week
"""

from __future__ import annotations

from . import dry_runs, reviewing, running, store
from .counts import Counts, StepCount
from .counts import of as counts
from .definition import ENTERS, Document, plan
from .difference import Change
from .dry_runs import DryRun
from .due import start_due
from .entering import heed
from .inside import Inside, Journey, Trace, name_of, of_person
from .inside import page as inside
from .places import Mistake
from .reading import check, mistakes_of
from .sentences import Sentence, sentences
from .store import Automation, change, compare, create, find, listed, pause, remove, start
from .triggers import KINDS

__all__ = [
    "ENTERS", "KINDS", "Automation", "Change", "Counts", "Document", "DryRun", "Inside", "Journey", "Mistake",
    "Sentence", "StepCount", "Trace", "change", "check", "compare", "counts", "create", "dry_runs", "find", "heed",
    "inside", "listed", "mistakes_of", "name_of", "of_person", "pause", "plan", "remove", "reviewing", "running",
    "sentences", "start", "start_due", "store",
]  # fmt: skip
