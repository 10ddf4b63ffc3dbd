"""One clock for the platform, the phones and, through a file, the app; a tester can move it forward."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

SHANGHAI = timezone(timedelta(hours=8))


class Clock:
    def __init__(self, file: Path | None = None) -> None:
        self.offset = 0.0
        self._file = file

    def now(self) -> float:
        return time.time() + self.offset

    def seconds(self) -> int:
        return int(self.now())

    def day(self) -> str:
        """The date in Shanghai: quotas end at its midnight."""
        return self.day_of(self.now())

    def day_of(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, SHANGHAI):%Y-%m-%d}"

    def advance(self, seconds: float) -> None:
        self.set(self.offset + seconds)

    def set(self, offset: float) -> None:
        """Tell the file too, by rename, so that a reader never sees half a number."""
        self.offset = offset
        if self._file:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(str(offset))
            fresh.replace(self._file)
