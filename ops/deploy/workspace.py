"""A clean folder to deploy from: code, the stage's own settings and policies, and a zip of what was locked."""

import hashlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from .. import policies, runtimes
from ..resources.template import functions
from ..say import Problem
from ..target import Target, code_of
from . import environment, wheels

ROOT = Path(__file__).parent.parent.parent
NOT_OURS = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*~")
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # where zip files begin to count
READABLE = 0o100644  # to all, as Lambda demands
MANY = 5  # differences that are worth reading


@dataclass(frozen=True)
class Workspace:
    """`zip` was compared with the lock; Chalice finds it where its own packager would have put it."""

    folder: Path
    target: Target
    zip: Path
    runtime: str
    architecture: str

    @property
    def functions(self) -> list[str]:
        """As app.py calls them."""
        return list(functions(self.target.stage))


def build(folder: Path, target: Target, root: Path) -> Workspace:
    """Nothing here changes anything at AWS."""
    for name in ("app.py", "requirements.txt"):
        shutil.copy2(root / name, folder)
    shutil.copytree(root / "chalicelib", folder / "chalicelib", ignore=NOT_OURS)
    precompile(folder)
    config = environment.merged(config_of(root), target.stage, environment.settings(target))
    (folder / ".chalice").mkdir()
    _write(folder / ".chalice" / "config.json", config)
    write_policies(folder / ".chalice", target)
    architecture = config.get("lambda_architecture", "x86_64")
    return Workspace(folder, target, _zip(folder, architecture), runtimes.mine(), architecture)


def precompile(folder: Path, **environment: str) -> None:
    """Our own .pyc files, as Lambda's folder is read-only and each cold start would compile all of it again.

    They are for the interpreter that runs this, which is the one that the functions get; not checked against the
    source, whose times a zip does not keep; and always the same bytes, hence the fixed seed.
    """
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    place = ["-s", str(folder), str(folder / "chalicelib")]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    subprocess.run([*command, *place], env={**inherited, "PYTHONHASHSEED": "0", **environment}, check=True)


def config_of(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / ".chalice" / "config.json").read_text(encoding="utf-8"))
    return found


def write_policies(folder: Path, target: Target) -> None:
    for function, text in stage_policies(target).items():
        (folder / f"policy-{target.stage}-{function}.json").write_text(text, encoding="utf-8")


def stage_policies(target: Target) -> dict[str, str]:
    """By function: the committed ones of `dev`, with the stage's own names in place of the wildcards."""
    exact = {
        path.stem.removeprefix("policy-dev-"): _in_this_place(text, target)
        for path, text in policies.files()
        if path.name.startswith("policy-dev-")
    }
    return exact | {"api_handler": _secrets_by_name(exact["api_handler"], _signing_in(target))}


def _secrets_by_name(policy: str, aliases: list[str]) -> str:
    """The AppSecrets of the accounts that sign visitors in, each by its name, and no other."""
    document = json.loads(policy)
    document["Statement"] = [one for one in (_named(one, aliases) for one in document["Statement"]) if one]
    return json.dumps(document, indent=2) + "\n"


def _named(statement: dict[str, Any], aliases: list[str]) -> dict[str, Any]:
    """The statement; {} if it is about AppSecrets and no account needs any."""
    every = "accounts/*/app_secret"
    if not any(resource.endswith(every) for resource in statement["Resource"]):
        return statement
    begin = statement["Resource"][0].removesuffix(every)
    return {**statement, "Resource": [f"{begin}accounts/{one}/app_secret" for one in aliases]} if aliases else {}


def _signing_in(target: Target) -> list[str]:
    names, values = {"#pk": "pk"}, {":pk": {"S": "accounts"}}
    try:
        found = target.client("dynamodb").query(
            TableName=target.name(),
            KeyConditionExpression="#pk = :pk",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )["Items"]
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return []
    verified = {one["sk"]["S"] for one in found if one["kind"]["S"] == "service" and one["verified"]["BOOL"]}
    return sorted(verified | {one["sk"]["S"] for one in found if one["kind"]["S"] == "test"})


def _in_this_place(policy: str, target: Target) -> str:
    renamed = policy.replace("gaiwan-dev", f"gaiwan-{target.stage}").replace("gaiwan/dev", f"gaiwan/{target.stage}")
    neutral = renamed.replace('"arn:aws:', '"arn:*:')
    return neutral.replace('"arn:*:', f'"arn:{target.partition}:').replace(
        ":*:*:", f":{target.region}:{target.account_id}:"
    )


class _Locked(DependencyBuilder):
    """Stands where Chalice would ask pip, which looks at a hash only for the machine that it runs on."""

    def __init__(self, runtime: str, architecture: str, lock: Path) -> None:
        self._asked = (runtime, architecture, lock)
        self.contents: wheels.Contents = {}

    def build_site_packages(self, abi: str, requirements_filepath: str, target_directory: str) -> None:
        self.contents = wheels.unpack(Path(target_directory), *self._asked)


def _zip(folder: Path, architecture: str) -> Path:
    runtime, locked = runtimes.mine(), _Locked(runtimes.mine(), architecture, folder / "requirements.txt")
    packager = LambdaDeploymentPackager(OSUtils(), locked, UI(out=io.StringIO()), architecture)
    made = Path(packager.create_deployment_package(str(folder), runtime))
    steady(made)
    check(made, folder, locked.contents)
    return made


def steady(made: Path) -> None:
    """The same code gives the same bytes, whenever and wherever it is packed: order, times and modes are set."""
    with zipfile.ZipFile(made) as archive:
        contents = {name: archive.read(name) for name in sorted(archive.namelist())}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = READABLE << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)


def check(made: Path, folder: Path, locked: wheels.Contents) -> None:
    """Byte for byte what was locked, and the code: one file more, less or other, and nothing is uploaded."""
    expected = {**locked, **_code(folder)}
    with zipfile.ZipFile(made) as archive:
        found = wheels.digests(archive)
    different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if different:
        named = ", ".join(different[:MANY])
        raise Problem(
            f"打包结果与锁文件不符（{len(different)} 个文件：{named}），什么都没有上传。",
            f"The package is not what was locked ({len(different)} files: {named}); nothing was uploaded.",
        )


def _code(folder: Path) -> wheels.Contents:
    files = {str(path.relative_to(folder)): path for path in (folder / "chalicelib").rglob("*") if path.is_file()}
    runtime = importlib.util.find_spec("chalice")
    assert runtime is not None and runtime.origin is not None
    own = Path(runtime.origin)
    files |= {"app.py": folder / "app.py", "chalice/__init__.py": own, "chalice/app.py": own.with_name("app.py")}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
