"""The last packages of a stage, kept so that its functions can go back to one: only their code does."""

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import urllib3

from ..say import Problem, done, step
from ..target import Target
from . import state
from .workspace import Workspace

KEPT = 5
LIVE = "live"  # a version that another machine deployed; only AWS had its package


@dataclass(frozen=True)
class Release:
    name: str  # its time and version; sorts by time
    runtime: str
    architecture: str
    functions: list[str]  # as app.py calls them
    digest: str  # as Lambda writes it: base64 of the zip's sha256


class Releases:
    """<root>/.chalice/deployments/<stage>/<name>.zip, with what the zip does not say in <name>.json beside it."""

    def __init__(self, root: Path, target: Target) -> None:
        self._folder = root / ".chalice" / "deployments" / target.stage
        self._target = target

    def __iter__(self) -> Iterator[Release]:
        """The newest first."""
        for path in sorted(self._folder.glob("*.json"), reverse=True):
            yield Release(**json.loads(path.read_text(encoding="utf-8")))

    def package(self, release: Release) -> bytes:
        content = (self._folder / f"{release.name}.zip").read_bytes()
        if digest(content) != release.digest:
            raise Problem(
                f"发布包 {release.name}.zip 已损坏，不能用它回滚。",
                f"{release.name}.zip is damaged and cannot be used.",
            )
        return content

    def keep(self, work: Workspace, version: str, made: datetime | None = None) -> Release:
        """As the newest, even when it was kept before: that is the order in which the stage had them."""
        content = work.zip.read_bytes()
        release = Release(_name(version, made), work.runtime, work.architecture, work.functions, digest(content))
        self._forget(release.digest)
        self._write(release, content)
        for old in list(self)[KEPT:]:
            self._forget(old.digest)
        return release

    def keep_live(self) -> None:
        """What runs now, when another machine deployed it: so that the first deploy from here can be taken back too."""
        live = configurations(self._target)
        main = live.get(state.API)
        if main is None or any(one.digest == main["CodeSha256"] for one in self):
            return
        function = self._target.client("lambda").get_function(FunctionName=main["FunctionName"])
        content = urllib3.request("GET", function["Code"]["Location"]).data
        if digest(content) == main["CodeSha256"]:
            step("留存线上现有的代码", "keeping a copy of the code that runs now")
            made = datetime.fromisoformat(main["LastModified"])
            self._write(_release(_name(LIVE, made), main, list(live)), content)

    def _write(self, release: Release, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{release.name}.zip").write_bytes(content)
        # Last, so that an interrupt leaves nothing that looks whole.
        (self._folder / f"{release.name}.json").write_text(json.dumps(asdict(release)), encoding="utf-8")

    def _forget(self, known: str) -> None:
        for release in [one for one in self if one.digest == known]:
            (self._folder / f"{release.name}.json").unlink()
            (self._folder / f"{release.name}.zip").unlink(missing_ok=True)


def configurations(target: Target) -> dict[str, dict[str, Any]]:
    """Of the stage's functions, by the name that app.py gives them."""
    client = target.client("lambda")
    return {name: client.get_function_configuration(FunctionName=arn) for name, arn in state.functions(target).items()}


def roll_back(target: Target, kept: Releases, wanted: str) -> Release:
    """To the release before the one that runs, or to one by name. Running it again after an interrupt finishes it."""
    live = configurations(target)
    if not live:
        raise Problem(f"环境 {target.stage} 还没有部署过。", f"The stage {target.stage} was never deployed.")
    release = chosen(list(kept), live[state.API]["CodeSha256"], wanted)
    _must_fit(release, live)
    content = kept.package(release)
    for name in live:
        step(f"{state.full_name(target, name)} 回到 {release.name}", "putting its code back")
        target.client("lambda").update_function_code(FunctionName=state.full_name(target, name), ZipFile=content)
    _wait(target, list(live))
    done(f"代码已回到 {release.name}。", f"the code is {release.name} again.")
    return release


def chosen(kept: list[Release], live: str, wanted: str) -> Release:
    """`kept` is newest first."""
    if wanted:
        found = [one for one in kept if wanted in one.name]
    else:
        now = next((at for at, one in enumerate(kept) if one.digest == live), -1)
        found = kept[now + 1 : now + 2]
    if len(found) != 1:
        named = ", ".join(one.name for one in kept) or "-"
        raise Problem(
            f"没有可以回到的发布（本机留有：{named}）。",
            f"There is no such release to go back to (kept on this machine: {named}).",
        )
    return found[0]


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def version(root: Path) -> str:
    """As git describes the checkout; "" without git."""
    return _git(root, "describe", "--always", "--tags", "--dirty")


def is_clean(root: Path) -> bool:
    return not _git(root, "status", "--porcelain")


def _must_fit(release: Release, live: dict[str, dict[str, Any]]) -> None:
    """Only code goes back. If what is around it has changed, the old code would meet the new surroundings."""
    main = live[state.API]
    now = (main["Runtime"], main["Architectures"][0], sorted(live))
    then = (release.runtime, release.architecture, sorted(release.functions))
    if now != then:
        raise Problem(
            f"{release.name} 之后 Python、处理器或函数有变（{then[:2]} → {now[:2]}）：请检出那个版本再部署。",
            f"Python, processor or functions have changed since {release.name} ({then[:2]}, now {now[:2]}): "
            "check that version out with git, and deploy it.",
        )


def _wait(target: Target, functions: list[str]) -> None:
    done_when = target.client("lambda").get_waiter("function_updated_v2")
    for name in functions:
        done_when.wait(FunctionName=state.full_name(target, name), WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def _release(name: str, main: dict[str, Any], functions: list[str]) -> Release:
    return Release(name, main["Runtime"], main["Architectures"][0], functions, main["CodeSha256"])


def _name(version: str, made: datetime | None = None) -> str:
    at = (made or datetime.now(UTC)).astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%SZ}-{version or 'unversioned'}"


def _git(root: Path, *arguments: str) -> str:
    with suppress(OSError):
        ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
        return ran.stdout.strip() if ran.returncode == 0 else ""
    return ""
