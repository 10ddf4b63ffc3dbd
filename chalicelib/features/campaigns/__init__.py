"""Campaigns: one message to many people, each once, and everyone can see what became of them.

campaign.py     what one is                              store.py        kept, and its phase
reading.py      a document checked, whole                difference.py   between two versions
control.py      start, pause, resume, cancel             audience.py     who gets it: planned in sixteen shards
dispatch.py     from tick: what is due                   planned.py      sorted into chunks, and kept
wording.py      what one variant says                    handover.py     chunks into the queue
"""

from __future__ import annotations

from .campaign import LETTERS, Campaign, Document, Variant

__all__ = ["LETTERS", "Campaign", "Document", "Variant"]
