"""The locked wheels for Lambda's Python and machine: pip compares each with the lock, and then it is only unpacked."""

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from ..lock import AMAZON_LINUX_2
from ..say import Problem

LOCK = Path(__file__).parent.parent.parent / "requirements.txt"
PLATFORMS = dict(zip(("arm64", "x86_64"), AMAZON_LINUX_2, strict=True))
NOT_FOR_LAMBDA = re.compile(
    r"[^/]+\.data/(scripts|data/share/man)/|Crypto/SelfTest/|Crypto/PublicKey/_ml(dsa|kem)[^/]*\.so|regex/tests/"
    r"|Crypto/Cipher/_(raw_(eksblowfish|blowfish|cast|arc2)|chacha20|Salsa20)[^/]*\.so"
    # Of Powertools the house uses logging and metrics (observe.py).
    r"|aws_lambda_powertools/(event_handler|utilities/(auth_alpha|batch|circuit_breaker|data_classes|data_masking"
    r"|feature_flags|idempotency|kafka|parameters|parser|streaming))/"
)
Contents = dict[str, str]  # path in the zip: sha256


def unpack(folder: Path, runtime: str, machine: str, lock: Path = LOCK) -> Contents:
    """Into the folder; what it holds then, as read from the wheels."""
    contents: Contents = {}
    with tempfile.TemporaryDirectory() as downloads:
        _download(Path(downloads), runtime, machine, lock)
        for path in sorted(Path(downloads).glob("*.whl")):
            with zipfile.ZipFile(path) as wheel:
                files = _importable(path.name, wheel)
                wheel.extractall(folder, files)
                contents |= digests(wheel, files)
    return contents


def digests(archive: zipfile.ZipFile, files: Iterable[str] = ()) -> Contents:
    """Of these files, or of all."""
    named = files or [name for name in archive.namelist() if not name.endswith("/")]
    return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in named}


def _download(folder: Path, runtime: str, machine: str, lock: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    exact = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation=cp"]
    place = [f"--python-version={runtime.removeprefix('python')}", *(f"--platform={tag}" for tag in PLATFORMS[machine])]
    ran = subprocess.run(
        [*command, *exact, *place, f"--dest={folder}", "-r", str(lock)], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        reason = next((line for line in ran.stderr.splitlines() if "ERROR" in line), "pip failed")
        raise Problem(
            f"锁定的依赖（{runtime}，{machine}）下载不到或与锁文件不符，什么都没有上传：{reason}",
            f"The locked dependencies ({runtime}, {machine}) cannot be fetched or differ from the lock; "
            f"nothing was uploaded: {reason}",
        )


def _importable(wheel: str, archive: zipfile.ZipFile) -> list[str]:
    """All but programs for a shell, their manuals, libraries' own tests, and the parts of two of them that nobody here
    uses: old and new ciphers, and what Powertools has beside logs and metrics. Ours have no code in a .data folder."""
    files = [name for name in archive.namelist() if not name.endswith("/") and not NOT_FOR_LAMBDA.match(name)]
    if any(name.split("/")[0].endswith(".data") for name in files):
        raise Problem(f"不会打包 {wheel}：它有 .data 目录。", f"{wheel} has a .data folder, which cannot be packed.")
    return files
