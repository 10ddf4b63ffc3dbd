"""Days as WeChat counts them: its quotas begin anew at midnight in Shanghai."""

A_DAY = 86_400
SHANGHAI = 8 * 3600  # seconds that its clocks are ahead of UTC


def today(now: int) -> int:
    """The number of the day; only good for comparing."""
    return (now + SHANGHAI) // A_DAY


def begins(day: int) -> int:
    """When the day of that number begins, in unix seconds."""
    return day * A_DAY - SHANGHAI


def tomorrow(now: int) -> int:
    """When the next day begins, in unix seconds."""
    return begins(today(now) + 1)


def minute(now: int) -> int:
    """Of the day, as the clocks there show it."""
    return (now + SHANGHAI) % A_DAY // 60
