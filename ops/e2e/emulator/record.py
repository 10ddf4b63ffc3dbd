"""Who asked for what: one line for each new permission, in the order in which they were first needed."""

import json
import threading
from pathlib import Path
from typing import Any


class Record:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        path.touch()

    def note(self, principal: str, action: str, resource: str, allowed: bool, **more: Any) -> None:
        told = {"principal": principal, "action": action, "resource": resource, "allowed": allowed, **more}
        line = json.dumps(told, sort_keys=True)
        with self._lock:
            if line not in self._seen:
                self._seen.add(line)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
