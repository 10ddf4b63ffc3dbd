"""`make run`: the local stack until Ctrl-C, with the app started again after every edit."""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from .processes import ROOT, DidNotStart, PortTaken, check_free
from .stack import Ports, Stack
from .watch import Watch

FOLDER = Path(os.environ.get("GAIWAN_LOCAL_FOLDER") or ROOT / ".local")
PORTS = {"GAIWAN_APP_PORT": 8000, "GAIWAN_SIMULATOR_PORT": 9000, "GAIWAN_AWS_PORT": 4566}
READY = """
盖碗已就绪 · Gaiwan is ready

  手机 phone      {simulator}/
  应用 app        {app}
  控制台 console  {console}
  AWS（模拟）     {aws}

打开手机页面，关注「一盏茶」，问一句「茶单」。编辑 app.py 或 chalicelib/ 会自动重启应用。日志在 .local/app.log。
Open the phone, follow the tea shop and ask for the “menu”. Edits to app.py or chalicelib/ restart the app.
Logs are in .local/app.log; secrets and addresses in .local/stack.json. Ctrl-C 停止 stops everything.
"""
FAILED = "应用没有启动，改好后会自动重试。The app did not start; it is tried again after your next edit:\n"


def main() -> None:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    with _only_one():
        ports = _ports()
        if os.environ.get("FRESH", "") not in ("", "0"):
            _forget()
        stack = Stack(FOLDER, ports)
        try:
            stack.start()
            print(_ready(stack), flush=True)
            _look_after(stack, stopping)
        finally:
            stack.stop()


def _ready(stack: Stack) -> str:
    return READY.format(app=stack.app, simulator=stack.simulator, aws=stack.aws, console=stack.sign_in_url)


def _look_after(stack: Stack, stopping: threading.Event) -> None:
    watch, parent, told = Watch(ROOT), os.getppid(), False
    # A `make` that was killed outright takes us along; whoever starts this module itself may leave.
    while not stopping.wait(0.3) and (os.getppid() == parent or "MAKELEVEL" not in os.environ):
        for name in ("aws", "simulator"):
            if not stack.programs[name].running:
                raise DidNotStart(f"{name} 意外停止。{name} ended unexpectedly:\n{stack.programs[name].last_words()}")
        if watch.changed():
            print("代码有改动，重启应用 · code changed, restarting the app", flush=True)
            stack.restart_app()
            told = False
        elif not stack.programs["app"].running and not told:
            print(FAILED + stack.programs["app"].last_words(), flush=True)
            told = True


def _ports() -> Ports:
    chosen = {setting: int(os.environ.get(setting) or usual) for setting, usual in PORTS.items()}
    for setting, port in chosen.items():
        check_free(port, setting)
    return Ports(*chosen.values())


def _forget() -> None:
    for path in FOLDER.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != ".lock":
            path.unlink()


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    FOLDER.mkdir(exist_ok=True)
    with Path(FOLDER, ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("盖碗已经在这里运行。\nGaiwan already runs here: see .local/stack.json.")
        yield


if __name__ == "__main__":
    try:
        main()
    except (PortTaken, DidNotStart) as error:
        sys.exit(str(error))
