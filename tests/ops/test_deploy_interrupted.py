"""`ops deploy` for real, onto an emulator that enforces IAM: refused, killed half-way, and finished by the next run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.e2e.world import CommandFailed, World
from tests.ops.by_chalice import SEEN, comparable

DEPLOY = ("-m", "ops", "deploy", "--no-resources")
NOT_THAT = {"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "*"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(tmp_path_factory.mktemp("world"))
    try:
        found.start()
        found.operate("-m", "ops", "resources")
        yield found
    finally:
        found.stop()


def test_a_missing_permission_is_one_sentence_and_once_granted_it_goes_on(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    iam, document = world.client("iam"), json.dumps({"Version": "2012-10-17", "Statement": [NOT_THAT]})
    iam.put_user_policy(UserName="operator", PolicyName="not-that", PolicyDocument=document)
    with pytest.raises(CommandFailed):
        world.operate(*DEPLOY)
    told = capsys.readouterr().out
    assert "A permission is missing" in told and "lambda:CreateFunction" in told and "Traceback" not in told
    iam.delete_user_policy(UserName="operator", PolicyName="not-that")


def test_killed_anywhere_it_is_finished_by_the_next_run_and_nothing_is_there_twice(world: World) -> None:
    for moment in ("Creating IAM role: gaiwan-dev-tick", "Creating Rest API"):
        deploy_until(world, moment)
        assert not remembered(world).exists()
    world.operate(*DEPLOY)
    seen = json.loads(SEEN.read_text(encoding="utf-8"))["resources"]
    assert comparable(json.loads(remembered(world).read_text(encoding="utf-8"))["resources"]) == comparable(seen)
    assert made(world) == {"functions": 6, "mappings": 2, "rules": 3, "apis": 1}


def test_another_machine_and_plain_chalice_change_what_is_there_and_make_nothing_new(world: World) -> None:
    if not remembered(world).exists():  # alone, or on a worker of its own
        world.operate(*DEPLOY)
    remembered(world).unlink()
    world.operate("-m", "ops", "deploy")
    world.operate("-c", "import sys; from chalice.cli import main; sys.exit(main())", "deploy", "--stage", "dev")
    assert made(world) == {"functions": 6, "mappings": 2, "rules": 3, "apis": 1}


def deploy_until(world: World, moment: str) -> None:
    """Killed, with all that it started, as soon as it says this."""
    command = [sys.executable, "-u", *DEPLOY]
    with subprocess.Popen(
        command, cwd=world.checkout, env=world.environment(), stdout=subprocess.PIPE, text=True, process_group=0
    ) as deploy:
        assert deploy.stdout is not None
        assert any(moment in line for line in deploy.stdout)
        os.killpg(deploy.pid, signal.SIGKILL)


def remembered(world: World) -> Path:
    return world.checkout / ".chalice" / "deployed" / "dev.json"


def made(world: World) -> dict[str, int]:
    functions, rules, apis = world.client("lambda"), world.client("events"), world.client("apigateway")
    found: dict[str, list[Any]] = {
        "functions": functions.list_functions()["Functions"],
        "mappings": functions.list_event_source_mappings()["EventSourceMappings"],
        "rules": rules.list_rules()["Rules"],
        "apis": apis.get_rest_apis()["items"],
    }
    return {name: len(listed) for name, listed in found.items()}
