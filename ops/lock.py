"""`make lock`: pins with hashes for every Python and machine that may install them, asked of pip itself."""

import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = ("runtime", "dev", "browser", "bench")
ALWAYS = LOCKS[:2]  # installed everywhere; the others come on top, and leave out what these hold
FILES = {"runtime": "requirements.txt"}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OLD_GLIBC = ("manylinux_2_17_{0}", "manylinux2014_{0}")
NEW_GLIBC = (*(f"manylinux_2_{minor}_{{0}}" for minor in range(34, 17, -1)), *OLD_GLIBC)
LINUX = tuple(tuple(tag.format(cpu) for tag in NEW_GLIBC) for cpu in ("aarch64", "x86_64"))
# Lambda's Python 3.11 still runs on Amazon Linux 2, so what goes into the zip must cover its glibc.
AMAZON_LINUX_2 = tuple(tuple(tag.format(cpu) for tag in OLD_GLIBC) for cpu in ("aarch64", "x86_64"))
MAC = (("macosx_14_0_arm64",),)
Pins = dict[str, str]


def main(keep: bool) -> None:
    chosen: Pins = {}
    held: Pins = {}
    for lock in LOCKS:
        pins = _resolve(lock, {**(locked(lock) if keep else {}), **chosen})
        new = {name: version for name, version in pins.items() if name not in held}
        (ROOT / file_of(lock)).write_text(_text(lock, new, _hashes(lock, new)), encoding="utf-8")
        chosen |= new
        held |= new if lock in ALWAYS else {}
        print(f"{file_of(lock)}: {len(new)} packages")


def file_of(lock: str) -> str:
    return FILES.get(lock, f"requirements-{lock}.txt")


def locked(lock: str) -> Pins:
    """The pins that the file holds now."""
    path = ROOT / file_of(lock)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


def _resolve(lock: str, known: Pins) -> Pins:
    with tempfile.TemporaryDirectory() as folder:
        constraints = _write(Path(folder, "known.txt"), known)
        wanted = ["-r", str(ROOT / f"ops/requirements/{lock}.in"), "-c", str(constraints)]
        return {name: version for name, version, _ in _ask_pip("--only-binary=:all:", *wanted)}


def _hashes(lock: str, pins: Pins) -> dict[str, set[str]]:
    """What pip would choose on each machine; together that is everything a lock must allow."""
    found: dict[str, set[str]] = {name: set() for name in pins}
    with tempfile.TemporaryDirectory() as folder:
        wanted = ["--no-deps", "-r", str(_write(Path(folder, "pins.txt"), pins))]
        for target in _targets(lock):
            for name, _, digest in _ask_pip(*target, *wanted):
                found[name].add(digest)
    return found


def _ask_pip(*arguments: str) -> Iterable[tuple[str, str, str]]:
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    answer = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, check=True)
    for item in json.loads(answer.stdout)["install"]:
        name = re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
        yield name, item["metadata"]["version"], item["download_info"]["archive_info"]["hashes"]["sha256"]


def _targets(lock: str) -> Iterable[list[str]]:
    machines = LINUX + MAC + (AMAZON_LINUX_2 if lock == "runtime" else ())
    for machine, python in itertools.product(machines, PYTHONS):
        platforms = [f"--platform={tag}" for tag in machine]
        yield [
            "--only-binary=:all:",
            "--implementation=cp",
            f"--python-version={python}",
            "--target=unused",
            *platforms,
        ]


def _write(path: Path, pins: Pins) -> Path:
    path.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), encoding="utf-8")
    return path


def _text(lock: str, pins: Pins, hashes: Mapping[str, set[str]]) -> str:
    lines = [f"# Made by `make lock` from ops/requirements/{lock}.in; change that file, not this one."]
    for name, version in sorted(pins.items()):
        lines.append(
            " \\\n".join([f"{name}=={version}", *(f"    --hash=sha256:{one}" for one in sorted(hashes[name]))])
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(keep="--upgrade" not in sys.argv)
