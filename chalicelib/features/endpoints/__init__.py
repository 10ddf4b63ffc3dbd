"""Other systems that are told of events: each event once or more, in order for each person, for a day.

endpoint.py    an Endpoint, kept and checked        lanes.py        what one person's endpoint is owed, head first
senders.py     how each kind is told                health.py       failing, resting, switched off
signing.py     secrets and signatures               deliveries.py   the last ones, redacted
dead.py        given up, and sent again by hand     failed.py       why a system did not take it
"""

from __future__ import annotations

from .dead import Dead, begin_redelivery, given_up, redeliver, redeliver_all
from .deliveries import Delivery, last_deliveries
from .endpoint import ASKER, Endpoint, find, listed, remove, save
from .failed import Failed
from .lanes import deliver, keep, queue, start_due
from .senders import SENDERS, Sender, try_out
from .signing import Secret, rotate, secret

__all__ = [
    "ASKER", "SENDERS", "Dead", "Delivery", "Endpoint", "Failed", "Secret", "Sender", "begin_redelivery", "deliver",
    "find", "given_up", "keep", "last_deliveries", "listed", "queue", "redeliver", "redeliver_all", "remove", "rotate",
    "save", "secret", "start_due", "try_out",
]  # fmt: skip
