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

from ..say import Problem, done, step, warn
from ..target import Target
from . import state
from .workspace import Workspace

KEPT = 5
PATIENCE = 30.0  # seconds in which S3 must begin to answer
BEGUN = "begun"  # a file: {digest of the last deploy that was begun: digest of what ran before it}
LIVE = "live"  # a version that another machine deployed; only AWS had its package


@dataclass(frozen=True)
class Release:
    name: str  # its time and version; sorts by time
    runtime: str
    architecture: str
    functions: list[str]  # as app.py calls them
    digest: str  # as Lambda writes it: base64 of the zip's sha256
    before: str = ""  # the digest that ran when this was deployed; "" when that is not known


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
        known = digest(content)
        release = Release(
            _name(version, made), work.runtime, work.architecture, work.functions, known, self._before(known)
        )
        self._forget(known)
        self._write(release, content)
        self._prune()
        return release

    def begin(self, work: Workspace) -> None:
        """Before anything is replaced. A run after an interrupt finds its own code live, and what is written stays."""
        before, packed = self.keep_live(), digest(work.zip.read_bytes())
        if before != packed:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = self._folder / f"{BEGUN}.new"
            fresh.write_text(json.dumps({packed: before}), encoding="utf-8")
            fresh.replace(self._folder / BEGUN)

    def keep_live(self) -> str:
        """The digest of what runs now, and a copy of it when another machine deployed it: to go back to."""
        live = configurations(self._target)
        main = live.get(state.API)
        if main is None:
            return ""
        if not any(one.digest == main["CodeSha256"] for one in self):
            self._copy(main, list(live))
        return str(main["CodeSha256"])

    def _before(self, known: str) -> str:
        """Deployed a second time in a row, it is still the one before the first time."""
        file = self._folder / BEGUN
        begun: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return begun.get(known) or next((one.before for one in self if one.digest == known), "")

    def _copy(self, main: dict[str, Any], functions: list[str]) -> None:
        content = _download(self._target, main["FunctionName"])
        if digest(content) != main["CodeSha256"]:
            return warn(
                "线上现有的代码取不到，未留存：本次部署后无法从本机换回它。",
                "the code that runs now cannot be fetched: no copy of it is kept, and `rollback` cannot go back to it.",
            )
        step("留存线上现有的代码", "keeping a copy of the code that runs now")
        made = datetime.fromisoformat(main["LastModified"])
        self._write(_release(_name(LIVE, made), main, functions), content)
        return self._prune()

    def _prune(self) -> None:
        for old in list(self)[KEPT:]:
            self._forget(old.digest)

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
    _must_be_whole(target, live)
    release = chosen(list(kept), live[state.API]["CodeSha256"], wanted)
    _must_fit(release, live)
    content = kept.package(release)
    # The API last: by its code a run after an interrupt knows what there is to go back from.
    for name in sorted(live, key=lambda one: one == state.API):
        step(f"{state.full_name(target, name)} 回到 {release.name}", "putting its code back")
        target.client("lambda").update_function_code(FunctionName=state.full_name(target, name), ZipFile=content)
    _wait(target, list(live))
    done(f"代码已回到 {release.name}。", f"the code is {release.name} again.")
    return release


def chosen(kept: list[Release], live: str, wanted: str) -> Release:
    """`kept` is newest first."""
    found = [one for one in kept if wanted in one.name] if wanted else _previous(kept, live)
    if len(found) > 1:
        named = _names(found)
        raise Problem(
            f"--to {wanted} 符合多个发布：{named}。请写得更完整。",
            f"--to {wanted} fits several releases: {named}. Write more of the name.",
        )
    if not found:
        named = _names(kept) or "-"
        raise Problem(
            f"没有可以回到的发布（本机留有：{named}）。",
            f"There is no such release to go back to (kept on this machine: {named}).",
        )
    return found[0]


def _previous(kept: list[Release], live: str) -> list[Release]:
    """What ran before the one that runs. The next older one may be what a rollback has left for good reason."""
    now = next((at for at, one in enumerate(kept) if one.digest == live), -1)
    before = kept[now].before if now >= 0 else ""
    return [one for one in kept if one.digest == before] if before else kept[now + 1 : now + 2]


def _names(releases: list[Release]) -> str:
    return ", ".join(one.name for one in releases)


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def version(root: Path) -> str:
    """As git describes the checkout; "" without git."""
    return _git(root, "describe", "--always", "--tags", "--dirty")


def is_clean(root: Path) -> bool:
    return not _git(root, "status", "--porcelain")


def _must_be_whole(target: Target, live: dict[str, dict[str, Any]]) -> None:
    if not live:
        raise Problem(f"环境 {target.stage} 还没有部署过。", f"The stage {target.stage} was never deployed.")
    if state.API not in live:
        raise Problem(
            f"环境 {target.stage} 的首次部署没有做完，无处可回：先运行 python -m ops deploy --stage {target.stage}。",
            f"The first deploy of {target.stage} was never finished, so there is nothing to go back to: run "
            f"`python -m ops deploy --stage {target.stage}`.",
        )


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


def _download(target: Target, function: str) -> bytes:
    """What the function runs; nothing when S3, where Lambda keeps it, is out of reach."""
    address = target.client("lambda").get_function(FunctionName=function)["Code"]["Location"]
    try:
        return urllib3.request("GET", address, timeout=PATIENCE, retries=1).data
    except urllib3.exceptions.HTTPError:
        return b""


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
