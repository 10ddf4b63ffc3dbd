"""What is shipped: exactly what was locked and written, for both of Lambda's processors, and as a template too."""

import importlib.util
import json
import platform
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from ops.__main__ import main
from ops.deploy import commands, smoke, state, wheels, workspace
from ops.lock import locked
from ops.resources import apply
from ops.say import Problem
from ops.target import Target

Json = dict[str, Any]

LARGEST = 6_000_000
LARGEST_TEMPLATE = 1_000_000  # what AWS takes from a bucket; without one it takes 51,200 bytes
ELF = b"\x7fELF"
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}  # as an ELF header says them
FIRST_LOCKED = re.compile(r"^jmespath==.*\n(?:    .*\n)", re.MULTILINE)
pytestmark = pytest.mark.slow


def checkout(folder: Path, architecture: str) -> Path:
    """The sources as they are, configured for this processor."""
    for name in ("app.py", "requirements.txt"):
        shutil.copy2(workspace.ROOT / name, folder)
    shutil.copytree(workspace.ROOT / "chalicelib", folder / "chalicelib")
    (folder / ".chalice").mkdir()
    config = {**workspace.config_of(workspace.ROOT), "lambda_architecture": architecture}
    (folder / ".chalice" / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module", params=["arm64", "x86_64"])
def work(request: pytest.FixtureRequest, aws: str, tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    root = checkout(tmp_path_factory.mktemp("checkout"), request.param)
    # What a used checkout has lying about.
    (root / "chalicelib" / "__pycache__").mkdir(exist_ok=True)
    (root / "chalicelib" / "__pycache__" / "keys.cpython-311.pyc").write_bytes(b"old")
    (root / "chalicelib" / ".DS_Store").write_bytes(b"")
    return workspace.build(tmp_path_factory.mktemp("clean"), Target("packed"), root)


def test_a_wheel_that_differs_from_the_lock_is_not_packed(tmp_path: Path) -> None:
    found = FIRST_LOCKED.search(wheels.LOCK.read_text(encoding="utf-8"))
    assert found
    (tmp_path / "lock.txt").write_text(re.sub("sha256:....", "sha256:0000", found[0]))
    with pytest.raises(Problem, match="differ from the lock; nothing was uploaded"):
        wheels.unpack(tmp_path / "vendor", "python3.11", "arm64", tmp_path / "lock.txt")


def test_a_file_more_less_or_other_stops_the_deploy(work: workspace.Workspace, tmp_path: Path) -> None:
    with zipfile.ZipFile(work.zip) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
        good = wheels.digests(archive)
    native = next(name for name in contents if name.endswith(".so"))
    locked_part = {name: value for name, value in good.items() if not name.startswith(("app.py", "chalice"))}
    for changed in ({native: b"other"}, {native: None}, {"more.py": b""}):
        bad = tmp_path / "bad.zip"
        with zipfile.ZipFile(bad, "w") as archive:
            for name, content in {**contents, **changed}.items():
                if content is not None:
                    archive.writestr(name, content)
        with pytest.raises(Problem, match=rf"not what was locked \(1 files: {re.escape(next(iter(changed)))}\)"):
            workspace.check(bad, work.folder, locked_part)


def test_it_holds_the_service_and_what_was_locked_and_nothing_else(work: workspace.Workspace) -> None:
    names = zipfile.ZipFile(work.zip).namelist()
    tops = {name.split("/")[0] for name in names}
    packages = {re.sub(r"[-_.]+", "-", top.split("-")[0]).lower() for top in tops if top.endswith(".dist-info")}
    assert packages == locked("runtime").keys()
    assert {"app.py", "chalicelib", "chalice"} < tops
    assert not tops & {"tests", "simulator", "ops", "benchmarks", "boto3", "botocore", ".chalice"}
    assert [name for name in names if name.startswith("chalice/")] == ["chalice/__init__.py", "chalice/app.py"]
    assert not [name for name in names if re.search(r"\.DS_Store|policy-.*\.json", name)]
    # Our own code comes compiled, file for file, and nothing else does.
    sources = {name for name in names if name.startswith("chalicelib/") and name.endswith(".py")}
    compiled = {importlib.util.source_from_cache(name) for name in names if name.endswith(".pyc")}
    assert compiled == sources


def test_its_native_parts_are_for_the_processor_that_will_run_them(work: workspace.Workspace) -> None:
    with zipfile.ZipFile(work.zip) as archive:
        natives = [archive.read(name)[:20] for name in archive.namelist() if re.search(r"\.so(\.|$)", name)]
    assert natives and all(head[:4] == ELF and head[18] == MACHINES[work.architecture] for head in natives)


def test_it_is_small(work: workspace.Workspace) -> None:
    assert work.zip.stat().st_size < LARGEST


def test_the_same_code_is_the_same_package_to_the_byte(work: workspace.Workspace, tmp_path: Path) -> None:
    with zipfile.ZipFile(work.zip) as archive, zipfile.ZipFile(tmp_path / "later.zip", "w") as later:
        for name in reversed(archive.namelist()):
            later.writestr(name, archive.read(name))
    workspace.steady(tmp_path / "later.zip")
    assert (tmp_path / "later.zip").read_bytes() == work.zip.read_bytes()


def test_the_template_passes_cfn_lint_and_its_stack_answers_wechat(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("samtranslator", reason="the emulator reads SAM templates with aws-sam-translator")
    target = Target("stacked")
    apply(target.stage)
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    monkeypatch.setattr(commands, "ROOT", checkout(tmp_path, machine))
    out = tmp_path / "package"
    done = CliRunner().invoke(main, ["package", "--stage", target.stage, "--out", str(out)])
    assert done.exit_code == 0, done.output
    lint = [Path(sys.executable).with_name("cfn-lint"), out / "sam.json"]
    assert subprocess.run(lint, capture_output=True, text=True, check=False).stdout == ""
    created = stack(target, (out / "sam.json").read_text(), (out / "deployment.zip").read_bytes())
    account(target)
    smoke.check(target, f"{aws}/_aws/execute-api/{created['RestAPIId']}/v1", time.time())
    with pytest.raises(Problem, match="belongs to the CloudFormation stack"):
        state.adopt(target, ["api_handler"])


def stack(target: Target, template: str, package: bytes) -> dict[str, str]:
    """Its outputs."""
    s3, cloudformation, name = boto3.client("s3"), boto3.client("cloudformation"), target.name("functions")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": target.region})
    s3.put_object(Bucket=name, Key="code.zip", Body=package)
    placed = template.replace('"./deployment.zip"', f'"s3://{name}/code.zip"')
    assert len(placed) < LARGEST_TEMPLATE
    s3.put_object(Bucket=name, Key="sam.json", Body=placed.encode())
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "sam.json"}),
        Parameters=[{"ParameterKey": "AccessLog", "ParameterValue": "yes"}],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


def account(target: Target) -> None:
    told = {"kind": "service", "app_id": "wx1", "original_id": "gh_1", "label": "茶铺"}
    item: Json = {name: {"S": value} for name, value in {"pk": "accounts", "sk": "tea", **told}.items()}
    item |= {"verified": {"BOOL": True}, "modes": {"L": [{"S": "plain"}]}}
    boto3.client("dynamodb").put_item(TableName=target.name(), Item=item)
    keys = json.dumps({"token": "tokentea", "aes_key": "", "previous_token": "", "previous_aes_key": ""})
    name = target.parameter("accounts/tea/callback")
    boto3.client("ssm").put_parameter(Name=name, Value=keys, Type="SecureString", Overwrite=True)
