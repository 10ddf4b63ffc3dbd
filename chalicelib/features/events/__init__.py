"""Domain events: what happened to a person, told to whoever asked for it, and to nobody if nobody did.

event.py       an Event: its id, and what it is about       publishing.py   publish: from memory to whoever asks
interest.py    who asks for what                            kinds.py        what each kind says; its JSON Schemas
hearing.py     a listener: events that messages are
"""

from __future__ import annotations

from .event import KINDS, VERSION, Event, about
from .hearing import note
from .interest import asks, fits, is_asked, set_interest
from .publishing import publish

__all__ = ["KINDS", "VERSION", "Event", "about", "asks", "fits", "is_asked", "note", "publish", "set_interest"]
