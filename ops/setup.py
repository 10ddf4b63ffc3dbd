"""Installs everything into .venv, once per change of the lock files. It runs before that: standard library only."""

import fcntl
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALWAYS = ("requirements.txt", "requirements-dev.txt")


def main(folder: Path, extra: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # `make run` and `make test` may start together on a fresh clone; the second waits for the first.
    with Path(folder, ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _usable(folder):
            venv.create(folder, with_pip=True, clear=False, symlinks=True)
        for files in (ALWAYS, *((name,) for name in extra)):
            _install(folder, files)


def _usable(folder: Path) -> bool:
    python = folder / "bin" / "python"
    enough = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return python.exists() and subprocess.run([python, "-c", enough], capture_output=True, check=False).returncode == 0


def _install(folder: Path, files: tuple[str, ...]) -> None:
    digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in files)).hexdigest()
    stamp = folder / f".installed-{files[-1]}"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"正在安装 / installing {', '.join(files)} …", flush=True)
    listed = [word for name in files for word in ("-r", name)]
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--require-hashes", "--no-compile", *listed], cwd=ROOT, check=False).returncode:
        sys.exit("安装失败，原因见上；多半是网络不通。\nInstalling failed, see above; most often it is the network.")
    stamp.write_text(digest)


if __name__ == "__main__":
    main(ROOT / ".venv", sys.argv[1:])
