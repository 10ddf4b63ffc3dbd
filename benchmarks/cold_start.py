"""(c) A cold start: `import app` and its first DynamoDB client, in a fresh interpreter.

Beside the least that any Chalice app with a table pays: chalice, boto3 and one client. Twice: with .pyc files for all
code, and as Lambda has it, where Python and boto3 come compiled, our own code too (`ops deploy` does that), and what
else is in the zip does not (wheels and Chalice pack no .pyc, and the folder is read-only).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from importlib import metadata
from pathlib import Path

from ops.deploy.workspace import precompile

from . import timing
from .handler import ENVIRONMENT
from .result import Result, compared

ROOT = Path(__file__).parent.parent
WITHIN = 1.35
BESIDE = "chalice + boto3 + one client"
# perf_counter is one clock for all processes, so what the child reads can be compared with our own.
DONE = "import time; print(time.perf_counter())"
OURS = f"import app; from chalicelib.aws import session; session.client('dynamodb'); {DONE}"
FLOOR = f"import chalice.app, boto3.session; boto3.session.Session().client('dynamodb'); {DONE}"
IN_EVERY_ZIP = ("__init__.py", "app.py")  # what Chalice packs of itself

Environment = dict[str, str]


def measure(rounds: int = 25) -> list[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writing = _environment(PYTHONPYCACHEPREFIX=str(folder / "compiled"))
        compiled = _rounds(rounds, ROOT, ROOT, writing)
        # What was compiled above stays so; the copies never are.
        as_it_is = writing | {"PYTHONDONTWRITEBYTECODE": "1"}
        ours = _unzipped(folder / "ours")
        precompile(ours, PYTHONPYCACHEPREFIX=writing["PYTHONPYCACHEPREFIX"])
        in_lambda = _rounds(rounds, ours, _chalice_only(folder / "floor"), as_it_is)
    return [_row("(c) cold start, with .pyc", compiled), _row("(c) cold start, as in Lambda", in_lambda)]


def quick(rounds: int) -> float:
    """The ratio with .pyc, from few rounds: for tests/test_budgets_speed.py."""
    with tempfile.TemporaryDirectory() as folder:
        taken = _rounds(rounds, ROOT, ROOT, _environment(PYTHONPYCACHEPREFIX=folder))
    return timing.ratio(taken["ours"], taken["floor"])


def _environment(**more: str) -> Environment:
    """The caller's, with all that the app needs to be imported, and with leave to write .pyc files."""
    told = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return told | ENVIRONMENT | more


def _rounds(rounds: int, ours: Path, floor: Path, env: Environment) -> dict[str, timing.Seconds]:
    contestants = {
        "ours": lambda: _start(OURS, ours, env),
        "floor": lambda: _start(FLOOR, floor, env),
    }
    timing.in_turn(contestants, 1)  # fills the disk cache, and writes .pyc files where that is allowed
    return timing.in_turn(contestants, rounds)


def _start(code: str, folder: Path, env: Environment) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, check=True).stdout
    return float(said.split()[-1]) - began


def _row(what: str, taken: dict[str, timing.Seconds]) -> Result:
    return compared(what, taken["ours"], BESIDE, taken["floor"], at_most=WITHIN)


def _unzipped(task: Path) -> Path:
    """The app and its libraries as source, as they lie in Lambda."""
    _chalice_only(task)
    shutil.copy(ROOT / "app.py", task)
    shutil.copytree(ROOT / "chalicelib", task / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    for library in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE):
        _copy(library, task)
    return task


def _chalice_only(task: Path) -> Path:
    _copy("chalice", task, IN_EVERY_ZIP)
    return task


def _copy(library: str, task: Path, names: Collection[str] = ()) -> None:
    """The library's files but .pyc; or, of its uppermost folder, those with these names."""
    for file in metadata.files(library) or ():
        wanted = file.name in names and len(file.parts) == 2 if names else file.suffix != ".pyc"
        if wanted and ".." not in file.parts:
            (task / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), task / file)
