"""(d) The size of the zip that `chalice package` makes for Lambda's arm64."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .handler import ENVIRONMENT
from .result import Result, missing

ROOT = Path(__file__).parent.parent
WHAT = "(d) zip from `chalice package`"
AT_MOST = 6_000_000  # bytes
PACKED = ("app.py", "chalicelib", ".chalice", "requirements.txt")
CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"


def measure() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        done = _package(Path(folder))
        made = Path(folder, "out", "deployment.zip")
        if done.returncode or not made.exists():
            said = done.stderr.strip().splitlines() or ["no output"]
            return [missing(WHAT, said[-1][:80], met=False)]
        size = made.stat().st_size
    reached = f"{size / 1e6:.2f} MB"
    return [Result(WHAT, reached, "", "", reached, f"< {AT_MOST / 1e6:.0f} MB", size < AT_MOST)]


def _package(folder: Path) -> subprocess.CompletedProcess[str]:
    """In a copy, so that no caches or downloads are left in the tree."""
    for name in PACKED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "deployments", "deployed")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-c", CHALICE, "package", "--stage", "dev", "out"]
    return subprocess.run(
        command, cwd=folder, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False
    )
