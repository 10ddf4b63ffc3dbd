"""Why a system did not take an event."""


class Failed(Exception):
    """`reason` is read by operators, so it holds no secret. `retry`: whether the same again may be taken later."""

    def __init__(self, reason: str, retry: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
