"""Our own Lambda functions, called without waiting for them."""

from __future__ import annotations

import json
import uuid

from . import session


class Functions:
    def __init__(self, refresh_function: str) -> None:
        self._refresh_function = refresh_function

    def refresh_tokens(self, alias: str) -> None:
        """Wake the one function that may ask WeChat for platform tokens; it returns before that has begun."""
        payload = json.dumps(refresh_event(alias))
        with session.explained():
            session.client("lambda").invoke(
                FunctionName=self._refresh_function, InvocationType="Event", Payload=payload
            )


def refresh_event(alias: str) -> dict[str, object]:
    """What a schedule would send, since Chalice reads the same fields of either."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "account": "",
        "region": "",
        "time": "",
        "source": "gaiwan",
        "detail-type": "token rejected",
        "resources": [],
        "detail": {"account": alias},
    }
