"""Schedules by the simulator's clock: who moves that on also starts what falls due."""

import time
from pathlib import Path

from ministack.services import eventbridge

LOOK_EVERY = 1  # seconds


def follow(clock: Path) -> None:
    eventbridge._now_ts = lambda: time.time() + _offset(clock)
    eventbridge._SCHEDULER_TICK_INTERVAL = LOOK_EVERY


def _offset(clock: Path) -> float:
    try:
        return float(clock.read_text(encoding="ascii"))
    except (OSError, ValueError):  # the simulator has not written it yet
        return 0.0
