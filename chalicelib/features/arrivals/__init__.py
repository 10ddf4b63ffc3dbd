"""Events in: what happened at a shop, a CRM or anywhere else, told by a machine with a token.

kinds.py      what may be told, and how it must look
matching.py   whom it is about: by openid, unionid, or an id that another system uses
taking.py     what is done with it, once
"""

from .kinds import KINDS, Arrival, Attributes, Custom, Person, Purchase
from .matching import match
from .taking import MOST_AT_ONCE, Outcome, take

__all__ = [
    "KINDS", "MOST_AT_ONCE", "Arrival", "Attributes", "Custom", "Outcome", "Person", "Purchase", "match", "take",
]  # fmt: skip
