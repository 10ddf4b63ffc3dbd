"""`chalice` as a process of its own, its progress shown as it goes, its failures in one sentence."""

import re
import subprocess
import sys
from collections.abc import Iterable

import click

from ..say import Problem
from .workspace import Workspace

# The console script without its file: what `chalice` in a shell runs.
CHALICE = [sys.executable, "-u", "-c", "import sys; from chalice.cli import main; sys.exit(main())"]
# The package is not made here, and the address that Chalice reports need not be the one that the world uses.
UNSAID = ("Creating deployment package", "Reusing existing", "Resources deployed:", "  - ")
LAST_WORDS = 3
DENIED = re.compile(r"(?:\S+ is )?not authorized to perform:? \S+(?: on resource:? \S+)?")
EXPIRED = re.compile(r"ExpiredToken|RequestExpired|security token included in the request is expired")
TAKEN = re.compile(r"(ResourceConflictException|EntityAlreadyExists\w*)\b.*")


def run(work: Workspace, *arguments: str) -> None:
    command = [*CHALICE, *arguments, "--stage", work.target.stage]
    with subprocess.Popen(
        command, cwd=work.folder, env=_env(work), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        unsaid = _show(process.stdout)
    if process.returncode:
        raise explained(unsaid)


def _env(work: Workspace) -> dict[str, str]:
    own = {
        "PYTHONDONTWRITEBYTECODE": "1",
        # The package is made and compared already; should Chalice want to make another, let it fail.
        "PIP_NO_INDEX": "1",
    }
    return {name: value for name, value in {**work.target.environment(), **own}.items() if value}


def _show(lines: Iterable[str]) -> str:
    """Shows what is told on the way; a traceback and what follows is returned instead."""
    unsaid: list[str] = []
    for line in lines:
        if unsaid or line.startswith("Traceback"):
            unsaid.append(line)
        elif line.strip() and not line.startswith(UNSAID):
            click.echo(f"    {line.rstrip()}")
    return "".join(unsaid)


def explained(text: str) -> Problem:
    """Foreign words are kept where they name what is missing."""
    if EXPIRED.search(text):
        return Problem(
            "部署中途 AWS 凭证过期：请重新登录后再运行一次，会接着做完。",
            "The AWS credentials expired on the way; sign in again and run this again: it goes on from there.",
        )
    if denied := DENIED.search(text):
        return Problem(
            f"部署中途缺少权限：{denied[0]}。补上后再运行一次，会接着做完。",
            f"A permission is missing: {denied[0]}. Once it is granted run this again: it goes on from there.",
        )
    if taken := TAKEN.search(text):
        return Problem(f"名字已被占用：{taken[0]}", f"A name is taken: {taken[0]}")
    last = " ".join([line.strip() for line in text.splitlines() if line.strip()][-LAST_WORDS:])
    return Problem(f"Chalice 部署失败，可以再运行一次：{last}", f"Chalice failed; it is safe to run this again: {last}")
