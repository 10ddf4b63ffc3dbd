"""Before a deploy: whatever stands in its way is one sentence; and what makes a stage its own."""

import itertools
import json
import re
from datetime import date
from importlib import resources as packages
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import policies, runtimes
from ops.deploy import chalice_cli, environment, workspace
from ops.resources import apply
from ops.say import Problem
from ops.target import Target
from tests.ops.by_chalice import assert_told, run

Json = dict[str, Any]

CONFIG = workspace.config_of(workspace.ROOT)

_stages = itertools.count()


@pytest.fixture
def target(aws: str) -> Target:
    return Target(f"live{next(_stages)}")


def test_a_python_that_lambda_does_not_have_deploys_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "mine", lambda: "python3.15")
    assert_told(run("deploy"), "python3.15 cannot deploy")


def test_without_credentials_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    assert_told(run("deploy"), "No AWS credentials")


def test_in_a_region_without_the_stage_it_says_which_region_that_is(target: Target) -> None:
    assert_told(
        run("deploy", "--no-resources", "--stage", target.stage),
        f"There is no gaiwan-{target.stage} in ap-northeast-1",
    )


def test_a_stage_without_its_master_key_is_not_deployed(target: Target) -> None:
    apply(target.stage)
    assert_told(
        run("deploy", "--no-resources", "--stage", target.stage), f"SSM holds no /gaiwan/{target.stage}/master_key"
    )


def test_a_python_that_aws_soon_gives_up_is_told() -> None:
    zh, en = runtimes.warning("python3.11", date(2027, 2, 1)) or ("", "")
    assert "2027-06-30" in zh and "2027-06-30" in en
    assert "has not patched" in (runtimes.warning("python3.11", date(2027, 7, 1)) or ("", ""))[1]
    assert runtimes.warning("python3.14", date(2027, 7, 1)) is None


def test_the_table_of_runtimes_says_what_cfn_lint_says() -> None:
    file = packages.files("cfnlint") / "data" / "AdditionalSpecs" / "LmbdRuntimeLifecycle.json"
    theirs = json.loads(file.read_text(encoding="utf-8"))
    for name, ours in runtimes.RUNTIMES.items():
        told = [theirs[name][when] for when in ("deprecated", "create-block", "update-block")]
        assert [str(one) for one in ours] == told


def test_one_that_makes_no_sense_is_found_before_the_first_message_is() -> None:
    with pytest.raises(Problem, match="GAIWAN_PUBLIC_URL"):
        environment.merged(CONFIG, "dev", {"public_url": "wx.example.com"})


@pytest.mark.parametrize("text", ["{", "[]", '{"subnet_ids": "subnet-1"}', '{"subnets": ["subnet-1"]}'])
def test_a_network_that_is_not_readable_is_a_sentence_and_deploys_nothing(
    target: Target, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    apply(target.stage)
    store(target, "master_key", "key", "SecureString")
    store(target, "settings/egress", text)
    monkeypatch.setattr(chalice_cli, "run", lambda *_: pytest.fail("deployed"))
    assert_told(run("deploy", "--no-resources", "--stage", target.stage), "settings/egress must be")


def test_each_reaches_the_functions_under_its_own_name(target: Target) -> None:
    store(target, "settings/public_url", "https://wx.example.com")
    store(target, "settings/message_days", "7")
    config = environment.merged(CONFIG, target.stage, environment.settings(target))
    assert config["stages"][target.stage]["environment_variables"] == {
        "GAIWAN_STAGE": target.stage,
        "GAIWAN_PUBLIC_URL": "https://wx.example.com",
        "GAIWAN_MESSAGE_DAYS": "7",
    }


def test_only_the_refresher_joins_the_network_of_the_fixed_address() -> None:
    network = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    functions = environment.merged(CONFIG, "dev", {"egress": json.dumps(network)})["stages"]["dev"]["lambda_functions"]
    assert {name for name, told in functions.items() if "subnet_ids" in told} == {"refresh_tokens"}


def test_a_stage_that_nobody_configured_is_made_like_the_first_with_policies_of_its_own() -> None:
    functions = environment.merged(CONFIG, "spring", {})["stages"]["spring"]["lambda_functions"]
    assert functions["tick"]["iam_policy_file"] == "policy-spring-tick.json"
    assert functions["tick"]["lambda_timeout"] == CONFIG["stages"]["dev"]["lambda_functions"]["tick"]["lambda_timeout"]


def test_its_policies_name_its_region_account_and_partition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    china = Target("spring", "cn-north-1")
    monkeypatch.setattr(Target, "caller", "arn:aws-cn:iam::123456789012:user/mei")
    workspace.write_policies(tmp_path, china)
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written.keys() == {f"policy-spring-{name}.json" for name in policies.policies("dev")}
    for text in written.values():
        assert "gaiwan-dev" not in text and "gaiwan/dev" not in text
        arns = re.findall(r'"(arn:[^"]*)"', text)
        assert arns and all(arn.startswith("arn:aws-cn:") and ":cn-north-1:123456789012:" in arn for arn in arns)


def test_each_failure_is_one_sentence() -> None:
    role = "arn:aws:iam::1:role/gaiwan-dev-tick"
    denied = f"User: arn:aws:iam::1:user/mei is not authorized to perform: iam:CreateRole on resource: {role} because"
    for said, wanted in (
        (
            denied,
            f"missing: arn:aws:iam::1:user/mei is not authorized to perform: iam:CreateRole on resource: {role}.",
        ),
        ("ClientError: An error occurred (ExpiredToken) when calling", "credentials expired"),
        ("ResourceConflictException: Function already exist: x", "A name is taken: ResourceConflictException"),
        ("Traceback\n  File\nValueError: no\n", "safe to run this again: Traceback File ValueError: no"),
    ):
        assert wanted in chalice_cli.explained(said).en


def test_its_progress_is_shown_and_its_traceback_kept_for_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        "Creating deployment package.\n",
        "Creating IAM role: x\n",
        "Traceback (most recent call last):\n",
        "E: y\n",
    ]
    assert chalice_cli._show(lines) == "Traceback (most recent call last):\nE: y\n"
    assert capsys.readouterr().out == "    Creating IAM role: x\n"


def store(target: Target, name: str, value: str, kind: str = "String") -> None:
    boto3.client("ssm").put_parameter(Name=target.parameter(name), Value=value, Type=kind, Overwrite=True)
