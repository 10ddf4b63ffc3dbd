"""What AWS refuses, and what this machine lacks: one clear sentence, and never a traceback or a secret."""

import os
import sys
from pathlib import Path
from unittest.mock import patch

import click
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from click.testing import CliRunner

from chalicelib.aws import session
from chalicelib.services import Services
from ops.deploy import chalice_cli
from ops.deploy.workspace import Workspace
from ops.say import Problem
from ops.stage import stage_options
from ops.target import Target, explained
from tests.ops.emulated import run

WHO = "boto3.client('sts').get_caller_identity()['Account']"


def test_without_credentials_one_sentence_says_what_to_do(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    result = run("resources")

    assert result.exit_code == 1
    assert "No AWS credentials" in result.output
    assert "Traceback" not in result.output


def test_a_stage_with_a_name_that_aws_would_refuse_is_refused_first() -> None:
    result = run("resources", "--stage", "Prod_1")
    assert result.exit_code == 2
    assert "lower-case" in result.output


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredTokenException", "have expired"),
        ("InvalidClientTokenId", "does not know this access key"),
        ("SignatureDoesNotMatch", "clock"),
        ("AccessDeniedException", "You may not do DescribeTable"),
        ("UnheardOfException", "AWS refused DescribeTable: UnheardOfException"),
    ],
)
def test_what_aws_refuses_is_a_sentence(code: str, said: str) -> None:
    with pytest.raises(Problem) as problem, explained():
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeTable")
    assert said in problem.value.en
    assert "AWS" in problem.value.zh or "权限" in problem.value.zh


def test_a_secret_that_aws_quotes_is_not_told() -> None:
    with pytest.raises(Problem) as problem, explained():
        text = "Value 'the-secret' at 'value' failed to satisfy constraint"
        raise ClientError({"Error": {"Code": "ValidationException", "Message": text}}, "PutParameter")
    assert "the-secret" not in problem.value.en + problem.value.zh


def test_a_region_that_does_not_exist_or_a_network_that_is_down_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("ops.target.PATIENCE", Config(retries={"total_max_attempts": 1}))
    with pytest.raises(Problem, match="连不上"), explained():
        assert Target("dev").account_id


def test_without_a_region_it_is_said_how_to_choose_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(Problem, match="--region"):
        assert Target("dev").region


def test_an_unknown_profile_is_a_sentence(aws: str) -> None:
    result = run("status", "--profile", "nobody")
    assert result.exit_code == 1
    assert "no such AWS profile" in result.output


def test_a_profile_goes_before_the_keys_of_the_environment_for_everybody(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the emulator a key of twelve digits is an AWS account."""
    keys = "[other]\naws_access_key_id = 222222222222\naws_secret_access_key = other\n"
    (tmp_path / "credentials").write_text(keys)
    mine = {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "mine", "AWS_SESSION_TOKEN": "mine"}
    with patch.dict(os.environ, {**mine, "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}):
        monkeypatch.setattr(chalice_cli, "CHALICE", [sys.executable, "-c", f"import boto3; print({WHO})"])
        result = CliRunner().invoke(who, ["--profile", "other"])
    session.forget()
    assert result.exit_code == 0, result.output
    assert result.output.split() == ["222222222222"] * 3


@click.command()
@stage_options
def who(target: Target, svc: Services) -> None:
    """In which AWS account the command, the stage's services and Chalice are."""
    click.echo(target.account_id)
    click.echo(session.client("sts").get_caller_identity()["Account"])
    chalice_cli.run(Workspace(Path(), target, Path(), "", ""), "deploy")


def test_the_partition_is_asked_of_aws() -> None:
    target = Target("dev", "cn-north-1")
    target.__dict__["caller"] = "arn:aws-cn:sts::123456789012:assumed-role/ops/me"
    assert target.arn("sqs", "gaiwan-dev-work") == "arn:aws-cn:sqs:cn-north-1:123456789012:gaiwan-dev-work"
    assert target.arn("iam", "role/x") == "arn:aws-cn:iam::123456789012:role/x"
