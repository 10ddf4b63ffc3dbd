"""`destroy`: only for who types the name, only this stage, and never the data unless asked."""

import boto3
import pytest
from botocore.exceptions import ClientError

from ops import destroy
from ops.deploy import chalice_cli, state
from ops.egress import stack as egress
from ops.resources import stack, template
from ops.stage import read_setting, write_setting
from ops.status import depth
from ops.target import Target
from tests.ops import by_chalice
from tests.ops.emulated import deploy_api, deploy_functions, put_job, run


@pytest.fixture
def made(stage: str) -> str:
    assert run("resources", "--stage", stage).exit_code == 0
    return stage


@pytest.mark.parametrize("typed", ["n\n", "y\n", "prod\n", ""])
def test_without_its_name_nothing_happens(made: str, typed: str) -> None:
    result = run("destroy", "--stage", made, typed=typed)
    assert result.exit_code == 1
    assert stack.find(Target(made)) is not None


def test_a_stage_that_never_was_is_gone_already(aws: str) -> None:
    result = run("destroy", "--stage", "neverwas", typed="neverwas\n")
    assert result.exit_code == 0, result.output


def test_data_logs_and_secrets_stay(made: str) -> None:
    result = run("destroy", "--stage", made, typed=f"{made}\n")
    assert result.exit_code == 0, result.output
    assert stack.find(Target(made)) is None
    assert _leftovers(made) == ["table", "log groups", "parameters"]


def test_a_stage_comes_back_with_its_data(made: str) -> None:
    table = boto3.resource("dynamodb").Table(f"gaiwan-{made}")
    table.put_item(Item={"pk": "accounts", "sk": "tea"})
    run("destroy", "--stage", made, typed=f"{made}\n")

    result = run("resources", "--stage", made)

    assert result.exit_code == 0, result.output
    assert table.get_item(Key={"pk": "accounts", "sk": "tea"})["Item"]["sk"] == "tea"
    assert run("resources", "--stage", made).exit_code == 0


def test_with_data_nothing_stays_and_again_is_fine(made: str) -> None:
    for _ in range(2):
        result = run("destroy", "--stage", made, "--with-data", typed=f"{made}\n")
        assert result.exit_code == 0, result.output
    assert _leftovers(made) == []


def test_a_stage_whose_name_begins_alike_is_left_alone(made: str) -> None:
    other = f"{made}two"
    run("resources", "--stage", other)
    deploy_functions(other)
    table = boto3.resource("dynamodb").Table(f"gaiwan-{other}")
    table.put_item(Item={"pk": "accounts", "sk": "tea"})
    put_job(other, "work", job="templates.send")
    secrets = _parameters(other)

    run("destroy", "--stage", made, "--with-data", "--confirm", made)

    assert _leftovers(made) == [] and _leftovers(other) == ["table", "log groups", "parameters"]
    assert stack.find(Target(other)) is not None
    assert table.get_item(Key={"pk": "accounts", "sk": "tea"})["Item"]["sk"] == "tea"
    assert depth(Target(other), "work") == 1
    assert _parameters(other) == secrets != {}
    assert len(state.functions(Target(other))) == len(template.functions(other))


def test_what_does_not_come_back_is_named_before_the_question(made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = {"Outputs": [{"OutputKey": "ElasticIp", "OutputValue": "203.0.113.7"}]}
    monkeypatch.setattr(egress, "find", lambda _: network)
    put_job(made, "work", job="templates.send")
    put_job(made, "bulk-dead", job="followers.sync_page")

    told = run("destroy", "--stage", made, typed="n\n").output

    lost, _, _ = told.partition("Type the stage's name")
    assert "203.0.113.7 goes back to AWS for good" in lost
    assert "1 jobs in the queue work will be lost" in lost and "1 jobs in the queue bulk-dead" in lost
    assert "queue bulk " not in lost


def test_what_chalice_deployed_is_removed_by_chalice_told_from_aws(made: str) -> None:
    deploy_functions(made)
    result = run("destroy", "--stage", made, "--confirm", made)
    assert result.exit_code == 0, result.output
    names = [one["FunctionName"] for one in boto3.client("lambda").list_functions()["Functions"]]
    assert not [name for name in names if name.startswith(f"gaiwan-{made}")]


def test_an_interrupt_between_chalice_and_the_stack_is_mended_by_running_again(
    made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_functions(made)
    with monkeypatch.context() as cut:
        cut.setattr(chalice_cli, "run", _interrupted)
        assert run("destroy", "--stage", made, "--confirm", made).exit_code != 0
    assert run("destroy", "--stage", made, "--confirm", made).exit_code == 0
    assert stack.find(Target(made)) is None


def test_a_domain_that_leads_to_the_api_lets_go_of_it_first(made: str) -> None:
    target, client = Target(made), boto3.client("apigateway")
    ours, theirs = deploy_api(made), deploy_api(made)
    for name, api in zip(_domains(made), (ours, theirs), strict=True):
        client.create_domain_name(domainName=name)
        client.create_base_path_mapping(domainName=name, restApiId=api, stage="v1")

    destroy._unmap(target, ours)

    mapped = {name: client.get_base_path_mappings(domainName=name).get("items", []) for name in _domains(made)}
    assert [len(found) for found in mapped.values()] == [0, 1]


def test_the_next_deploy_is_not_told_of_a_domain_that_leads_nowhere(made: str) -> None:
    target, client = Target(made), boto3.client("apigateway")
    deploy_functions(made)
    host, api = f"{made}.example.com", by_chalice.api(target)
    client.create_deployment(restApiId=api, stageName="v1")
    client.create_domain_name(domainName=host)
    client.create_base_path_mapping(domainName=host, restApiId=api, stage="v1")
    write_setting(target, "public_url", f"https://{host}")

    result = run("destroy", "--stage", made, "--confirm", made)

    assert result.exit_code == 0, result.output
    assert read_setting(target, "public_url") == ""
    assert f"domain set {host} --stage {made}" in result.output


def test_an_address_that_is_not_the_removed_domains_stays(made: str) -> None:
    target, client = Target(made), boto3.client("apigateway")
    api, host = deploy_api(made), f"{made}.example.com"
    client.create_domain_name(domainName=host)
    client.create_base_path_mapping(domainName=host, restApiId=api, stage="v1")
    write_setting(target, "public_url", "https://in-front.example.com")
    destroy._unmap(target, api)
    assert read_setting(target, "public_url") == "https://in-front.example.com"


def _domains(stage: str) -> tuple[str, str]:
    return f"{stage}.example.com", f"other-{stage}.example.com"


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _leftovers(stage: str) -> list[str]:
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/gaiwan-{stage}-")["logGroups"]
    parameters = boto3.client("ssm").get_parameters_by_path(Path=f"/gaiwan/{stage}/", Recursive=True)["Parameters"]
    found = {"table": _has_table(stage), "log groups": bool(groups), "parameters": bool(parameters)}
    return [name for name, there in found.items() if there]


def _parameters(stage: str) -> dict[str, str]:
    found = boto3.client("ssm").get_parameters_by_path(Path=f"/gaiwan/{stage}/", Recursive=True, WithDecryption=True)
    return {one["Name"]: one["Value"] for one in found["Parameters"]}


def _has_table(stage: str) -> bool:
    try:
        boto3.client("dynamodb").describe_table(TableName=f"gaiwan-{stage}")
    except ClientError:
        return False
    return True
