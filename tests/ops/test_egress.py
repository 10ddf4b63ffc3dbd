"""A fixed address for the token call: what is asked for, in which order, and what is said when it cannot be."""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from click.testing import CliRunner, Result

from ops.egress import stack
from ops.egress.command import egress

ADDRESS = "203.0.113.7"
# The emulator's CloudFormation has neither machines nor addresses. All else of the template is made for real.
NOT_EMULATED = ("AWS::EC2::Instance", "AWS::EC2::EIP", "AWS::EC2::NatGateway")
NEED_THEM = ("InsideToMachine", "InsideToGateway")
_stages = itertools.count()


# Reads CloudFormation's short forms as what they stand for.
Loader: Any = type("Loader", (yaml.SafeLoader,), {})


def _in_full(loader: Any, name: str, node: Any) -> dict[str, Any]:
    scalar = isinstance(node, yaml.ScalarNode)
    value = loader.construct_scalar(node) if scalar else loader.construct_sequence(node, deep=True)
    if name == "GetAtt":
        value = value.split(".", 1)
    return {"Ref" if name == "Ref" else f"Fn::{name}": value}


Loader.add_multi_constructor("!", _in_full)


def template() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(stack.TEMPLATE.read_text(encoding="utf-8"), Loader)
    return found


def ops(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(egress, list(words), input=answer)


@pytest.fixture
def stage(aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[str]:
    """A stage whose refresh_tokens is deployed, and the template as far as the emulator can make it."""
    name = f"egress{next(_stages)}"
    (tmp_path / "template.yaml").write_text(_emulated())
    monkeypatch.setattr(stack, "TEMPLATE", tmp_path / "template.yaml")
    monkeypatch.setattr(stack, "PATIENT", {"Delay": 1, "MaxAttempts": 30})
    _deploy_refresher(name)
    yield name
    ops("remove", "--yes", "--stage", name)


def _emulated() -> str:
    whole = template()
    parts = whole["Resources"]
    for part in [*NEED_THEM, *(name for name, part in parts.items() if part["Type"] in NOT_EMULATED)]:
        del parts[part]
    whole["Parameters"]["Image"] = {"Type": "String", "Default": "ami-0"}
    whole["Outputs"]["ElasticIp"]["Value"] = ADDRESS
    return json.dumps(whole)


def _deploy_refresher(stage: str) -> None:
    name, code = f"gaiwan-{stage}-refresh_tokens", io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): pass")
    trust = {"Version": "2012-10-17", "Statement": []}
    role = boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    boto3.client("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": code.getvalue()}
    )


def _join(stage: str) -> None:
    """What `deploy` does with the parameter."""
    told = json.loads(_parameter(stage))
    boto3.client("lambda").update_function_configuration(
        FunctionName=f"gaiwan-{stage}-refresh_tokens",
        VpcConfig={"SubnetIds": told["subnet_ids"], "SecurityGroupIds": told["security_group_ids"]},
    )


def _parameter(stage: str) -> str:
    name = f"/gaiwan/{stage}/settings/egress"
    return str(boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def _network_of_function(stage: str) -> list[str]:
    found = boto3.client("lambda").get_function_configuration(FunctionName=f"gaiwan-{stage}-refresh_tokens")
    return list(found.get("VpcConfig", {}).get("SubnetIds", []))


def test_without_the_function_nothing_is_made_and_the_first_step_is_named(aws: str) -> None:
    result = ops("apply", "nat-instance", "--stage", "nobody")
    assert result.exit_code == 1
    assert "python -m ops deploy --stage nobody" in result.output
    assert "Traceback" not in result.output


def test_an_unknown_recipe_is_refused_with_the_list_of_those_there_are(aws: str) -> None:
    result = ops("apply", "carrier-pigeon")
    assert result.exit_code == 2 and "nat-instance" in result.output and "nat-gateway" in result.output


def test_changing_the_recipe_says_that_the_address_would_change(stage: str) -> None:
    ops("apply", "nat-instance", "--stage", stage)
    result = ops("apply", "nat-gateway", "--stage", stage)
    assert result.exit_code == 1
    assert "the address will change" in result.output


def test_what_cannot_be_made_is_named_and_the_next_attempt_begins_anew(stage: str) -> None:
    good = stack.TEMPLATE.read_text()
    stack.TEMPLATE.write_text(good.replace("gaiwan-${Stage}-refresh_tokens", "gaiwan-${Stage}-nobody"))
    result = ops("apply", "nat-instance", "--stage", stage)
    assert result.exit_code == 1 and "Traceback" not in result.output
    assert "JoinNetwork" in result.output
    stack.TEMPLATE.write_text(good)
    assert ops("apply", "nat-instance", "--stage", stage).exit_code == 0


def test_the_network_stays_while_its_owner_hesitates(stage: str) -> None:
    ops("apply", "nat-instance", "--stage", stage)
    result = ops("remove", "--stage", stage, answer="n\n")
    assert result.exit_code == 1
    assert ADDRESS in ops("show", "--stage", stage).output


def test_removing_nothing_is_no_failure(stage: str) -> None:
    result = ops("remove", "--yes", "--stage", stage)
    assert result.exit_code == 0 and "nothing to take down" in result.output


@pytest.mark.parametrize("recipe", ["nat-instance", "nat-gateway"])
def test_the_address_for_the_whitelist_is_printed_and_deploy_finds_the_network(stage: str, recipe: str) -> None:
    result = ops("apply", recipe, "--stage", stage)
    assert result.exit_code == 0, result.output
    assert ADDRESS in result.output and "IP白名单" in result.output
    told = json.loads(_parameter(stage))
    assert told["subnet_ids"][0].startswith("subnet-") and told["security_group_ids"][0].startswith("sg-")


def test_applying_twice_makes_nothing_new(stage: str) -> None:
    ops("apply", "nat-instance", "--stage", stage)
    before = _parameter(stage)
    assert ops("apply", "nat-instance", "--stage", stage).exit_code == 0
    assert _parameter(stage) == before


def test_it_says_whether_the_function_is_in_the_network_already(stage: str) -> None:
    assert "any address of AWS" in ops("show", "--stage", stage).output
    ops("apply", "nat-instance", "--stage", stage)
    assert f"python -m ops deploy --stage {stage}" in ops("show", "--stage", stage).output
    _join(stage)
    assert "refresh_tokens is in this network" in ops("show", "--stage", stage).output


def test_the_function_leaves_before_the_network_goes(stage: str) -> None:
    ops("apply", "nat-instance", "--stage", stage)
    _join(stage)
    result = ops("remove", "--yes", "--stage", stage)
    assert result.exit_code == 0, result.output
    assert _network_of_function(stage) == []
    with pytest.raises(boto3.client("ssm").exceptions.ParameterNotFound):
        _parameter(stage)


def test_the_function_may_join_a_network_and_its_code_may_not(stage: str) -> None:
    ops("apply", "nat-instance", "--stage", stage)
    policy = boto3.client("iam").get_role_policy(
        RoleName=f"gaiwan-{stage}-refresh_tokens", PolicyName=f"gaiwan-{stage}-egress"
    )["PolicyDocument"]
    *allowed, denied = policy["Statement"]
    wide = [one["Action"] for one in allowed if one["Resource"] == "*"]
    assert wide == [["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]]
    assert denied["Effect"] == "Deny" and "lambda:SourceFunctionArn" in json.dumps(denied["Condition"])


def test_the_template_has_nothing_that_cfn_lint_would_mention() -> None:
    regions = ["us-east-1", "ap-northeast-1", "ap-southeast-1", "cn-north-1"]
    lint = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", *regions, "--template", str(stack.TEMPLATE)]
    found = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_leave_to_join_outlives_the_network_because_leaving_needs_it_too() -> None:
    parts = template()["Resources"]
    assert parts["Inside"]["DependsOn"] == parts["FunctionGroup"]["DependsOn"] == "JoinNetwork"


def test_only_https_leaves_and_nothing_comes_in_from_outside() -> None:
    for part in template()["Resources"].values():
        if part["Type"] == "AWS::EC2::SecurityGroup":
            rules = part["Properties"]["SecurityGroupEgress"] + part["Properties"].get("SecurityGroupIngress", [])
            assert {(rule["FromPort"], rule["ToPort"]) for rule in rules} == {(443, 443)}
            assert all(rule["CidrIp"] != "0.0.0.0/0" for rule in part["Properties"].get("SecurityGroupIngress", []))


def test_each_recipe_pays_for_its_own_things_only() -> None:
    owners: dict[str, set[str]] = {}
    for part in template()["Resources"].values():
        owners.setdefault(part.get("Condition", "both"), set()).add(part["Type"])
    assert {"AWS::EC2::Instance", "AWS::EC2::EIP"} <= owners["ByInstance"]
    assert {"AWS::EC2::NatGateway", "AWS::EC2::EIP"} <= owners["ByGateway"]
    assert not owners["both"] & {*NOT_EMULATED}


def test_the_machine_translates_addresses_and_holds_nothing_to_steal() -> None:
    machine = template()["Resources"]["Machine"]["Properties"]
    assert machine["SourceDestCheck"] is False
    assert not machine.keys() & {"KeyName", "IamInstanceProfile"}
    inner = template()["Resources"]["Inside"]["Properties"]["CidrBlock"]
    assert f"ip saddr {inner} masquerade" in machine["UserData"]["Fn::Base64"]
