"""Runs a command that ends when the process that started it does, however that one ended.

    python -IS leash.py PARENT COMMAND ...

Linux does it by itself once asked (and `exec` keeps it); elsewhere this process stays and looks.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
LOOK_EVERY = 0.5  # seconds


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == parent:
            os.execvp(command[0], command)
    else:
        _stay(parent, command)


def _stay(parent: int, command: list[str]) -> None:
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: child.send_signal(received))
    while child.poll() is None:
        if os.getppid() != parent:
            child.terminate()
        time.sleep(LOOK_EVERY)
    sys.exit(child.returncode)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
