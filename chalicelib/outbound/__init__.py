"""Everyone else we call: other people's systems, never WeChat.

http.py     the only way out: https to public addresses, within a time

`INTEGRATIONS` is the brand's own place: functions that are told of every domain event, whatever its kind. Add a file
here and its function to the tuple. Each may be told of the same event twice (`event.id` is the same for ever), and one
that raises is told again by the queue. Nobody is asked while the tuple is empty; as soon as it is not, every event
costs a job.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .http import AddressRefused, Answer, Outbound, Unreachable

# (svc, event) -> None, where event is features/events' Event.
Integration = Callable[[Any, Any], None]

INTEGRATIONS: tuple[Integration, ...] = ()

__all__ = ["INTEGRATIONS", "AddressRefused", "Answer", "Integration", "Outbound", "Unreachable"]
