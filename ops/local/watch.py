"""Notices an edit to the code that `chalice deploy` would ship."""

from collections.abc import Iterator
from pathlib import Path


class Watch:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen = dict(self._look())

    def changed(self) -> bool:
        now = dict(self._look())
        before, self._seen = self._seen, now
        return now != before

    def _look(self) -> Iterator[tuple[Path, int]]:
        for path in (self._root / "app.py", *self._root.glob("chalicelib/**/*")):
            if path.suffix != ".pyc" and path.is_file():
                yield path, path.stat().st_mtime_ns
