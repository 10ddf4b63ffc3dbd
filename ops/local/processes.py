"""One program of the stack: started with a log of its own, waited for, and ended without leftovers."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LEASH = Path(__file__).parent / "leash.py"
HOST = "127.0.0.1"
PATIENCE = 30.0  # seconds until a program that does not answer is given up
LAST_LINES = 25


class DidNotStart(RuntimeError):
    """A program ended or stayed silent; the text holds the end of its log."""


class PortTaken(RuntimeError):
    """Another program listens where one of ours should."""


class Program:
    """An empty variable in `env` is taken away. Start it from the main thread: a child ends with the thread."""

    def __init__(self, label: str, arguments: list[str], env: Mapping[str, str], log: Path) -> None:
        self.label = label
        self.log = log
        command = [sys.executable, "-IS", str(LEASH), str(os.getpid()), sys.executable, *arguments]
        with log.open("ab") as output:
            # A group of its own: Ctrl-C in a terminal reaches the stack alone, which ends the others in order.
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={name: value for name, value in {**os.environ, **env}.items() if value},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_for(self, port: int) -> None:
        give_up = time.monotonic() + PATIENCE
        while not listening(port):
            if not self.running or time.monotonic() > give_up:
                raise DidNotStart(f"{self.label} did not start:\n{self.last_words()}")
            time.sleep(0.03)

    def finish(self) -> None:
        """Wait for a program that ends by itself."""
        if self._process.wait(PATIENCE) != 0:
            raise DidNotStart(f"{self.label} failed:\n{self.last_words()}")

    def ask_to_stop(self) -> None:
        if self.running:
            self._process.terminate()

    def stop(self, within: float) -> bool:
        """Whether it ended by itself in so many seconds; if not, it was killed."""
        self.ask_to_stop()
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def kill(self) -> None:
        """With whoever holds it on a leash."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LAST_LINES:])


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def check_free(port: int, setting: str) -> None:
    if listening(port):
        raise PortTaken(
            f"端口 {port} 已被其他程序占用。请先停止它，或换一个端口：{setting}={port + 1} make run\n"
            f"Port {port} is taken by another program. Stop that one, or choose another: {setting}={port + 1} make run"
        )
