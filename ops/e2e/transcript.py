"""What a run says, on the terminal and for the docs: without secrets, and the same on every machine."""

import io
import re
import sys
from pathlib import Path
from typing import TextIO

from ..local.processes import ROOT
from .world import World

# Also before anybody has read it.
API_TOKEN = re.compile(r"gaiwan_[\w-]{20,}")


class Transcript(io.TextIOBase):
    """Stands in for standard output. Text is masked a line at a time, so a secret cannot hide in two halves."""

    def __init__(self, terminal: TextIO, world: World) -> None:
        self._terminal = terminal
        self._world = world
        self._line = ""
        self._lines: list[str] = []

    def write(self, text: str) -> int:
        *whole, self._line = (self._line + text).split("\n")
        for line in whole:
            self._lines.append(masked(line, self._world))
            print(self._lines[-1], file=self._terminal, flush=True)
        return len(text)

    def writable(self) -> bool:
        return True

    def keep(self, path: Path) -> None:
        path.write_text("\n".join(self._lines).strip() + "\n", encoding="utf-8")


def masked(line: str, world: World) -> str:
    for text, instead in _masks(world):
        line = line.replace(text, instead)
    return API_TOKEN.sub("gaiwan_********", line)


def _masks(world: World) -> list[tuple[str, str]]:
    """Longest first, so that no part of one is left of another."""
    secret = {account[name] for account in world.accounts for name in ("secret", "token", "aes_key")}
    shown = {
        str(world.checkout): "gaiwan",
        str(world.folder): "world",
        world.aws: "http://aws",
        world.simulator: "http://wechat",
        sys.prefix: ".venv",
        str(ROOT): "gaiwan",
        str(Path.home()): "~",
    }
    found = [(text, "********") for text in secret] + list(shown.items())
    return sorted(found, key=lambda mask: -len(mask[0]))
