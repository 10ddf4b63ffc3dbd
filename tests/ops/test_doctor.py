"""The doctor as an operator or CI calls it: one line for each finding, and no failing check hides another."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from ops.__main__ import main as ops
from ops.doctor import doctor
from ops.doctor.examine import examine
from ops.doctor.finding import BAD, OK, WARN, Finding, good
from ops.doctor.patient import Patient
from ops.say import Problem
from ops.target import Target
from tests.ops.visit import Visit, visit

Json = dict[str, Any]


__all__ = ["visit"]


def test_without_credentials_it_says_so_in_one_line_and_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    ran = CliRunner().invoke(doctor, [])

    assert ran.exit_code == 1
    assert "找不到 AWS 凭证" in ran.output and "No AWS credentials" in ran.output
    assert "Traceback" not in ran.output and ran.output.count("✗") == 1


def test_a_stage_that_was_never_made_is_one_finding_and_not_twenty(aws: str) -> None:
    ran = CliRunner().invoke(doctor, ["--stage", "nowhere"])

    assert ran.exit_code == 1
    assert "there is no table gaiwan-nowhere" in ran.output
    assert "run `python -m ops resources --stage nowhere`" in ran.output
    assert ran.output.count("✗") == 1


def _denied(_: Patient) -> Iterator[Finding]:
    raise Problem("没有权限。", "You may not do this.")
    yield good("", "")


def _broken(_: Patient) -> Iterator[Finding]:
    yield good("先看到这个", "seen before it broke")
    empty: dict[str, list[Finding]] = {}
    yield from empty["nothing"]


def _endless(_: Patient) -> Iterator[Finding]:
    threading.Event().wait(60)
    yield good("", "")


def _fine(_: Patient) -> Iterator[Finding]:
    yield good("好", "fine")


def test_a_check_that_fails_becomes_a_finding_and_hides_no_other(aws: str) -> None:
    found = examine(Patient(Target("any"), None), (_denied, _broken, _endless, _fine), patience=0.5)  # type: ignore[arg-type]

    told = {(one.check, one.level): one for one in found}
    assert told["_denied", WARN].what[1] == "You may not do this."
    assert told["_broken", OK].what[1] == "seen before it broke"
    assert "KeyError" in told["_broken", WARN].what[1]
    assert "no result within" in told["_endless", WARN].what[1]
    assert told["_fine", OK]


def test_checks_run_side_by_side() -> None:
    def slow(_: Patient) -> Iterator[Finding]:
        time.sleep(0.3)
        yield good("慢", "slow")

    checks = [_named(slow, f"slow{number}") for number in range(5)]
    began = time.monotonic()

    assert len(examine(None, checks)) == 5  # type: ignore[arg-type]
    assert time.monotonic() - began < 1


def _named(check: Callable[[Patient], Iterator[Finding]], name: str) -> Callable[[Patient], Iterator[Finding]]:
    def other(patient: Patient) -> Iterator[Finding]:
        return check(patient)

    other.__name__ = name
    return other


def test_each_finding_is_one_line_in_both_languages_and_bad_ones_fail_the_command(visit: Visit) -> None:
    visit.target.client("lambda").delete_function(FunctionName=visit.target.name("tick"))

    ran = visit.run()

    assert ran.exit_code == 1
    line = next(line for line in ran.output.splitlines() if line.startswith("✗ functions: "))
    assert "没有函数" in line and "there is no function" in line and "→" in line
    summary = ran.output.splitlines()[-1]
    assert "bad" in summary and "有问题" in summary


def test_a_warning_alone_does_not_fail_the_command(visit: Visit) -> None:
    ran = visit.run("--only", "proof_files")

    assert ran.exit_code == 0
    assert ran.output.startswith("! proof_files")


def test_programs_get_json_with_every_part(visit: Visit) -> None:
    told = json.loads(visit.run("--only", "domain", "--only", "tokens", "--json").output)

    assert (told["stage"], told["healthy"]) == (visit.target.stage, False)
    finding = next(one for one in told["findings"] if one["level"] == BAD)
    assert set(finding) == {"check", "level", "what", "why", "do"}
    assert all(finding[part][language] for part in ("what", "why", "do") for language in ("zh", "en"))


def test_a_deployed_stage_is_healthy_but_for_what_no_test_can_have(visit: Visit) -> None:
    told = json.loads(visit.run("--json").output)["findings"]

    # No CloudFormation stack here, no HTTPS on loopback, and the emulator's credentials are its root user's.
    ill = {one["check"] for one in told if one["level"] != OK}
    assert ill == {"credentials", "stack_settled", "domain", "proof_files"}


PRESCRIBED = re.compile(r"\brun\(\s*f?[\"']([^\"']+)[\"']")


def prescribed() -> list[str]:
    """What the doctor tells to run, with a name for the account."""
    sources = [path.read_text(encoding="utf-8") for path in Path(examine.__code__.co_filename).parent.glob("*.py")]
    return sorted({re.sub(r"\{[^}]+\}", "tea", found) for source in sources for found in PRESCRIBED.findall(source)})


@pytest.mark.parametrize("line", prescribed())
def test_every_command_that_it_prescribes_can_be_run(line: str) -> None:
    command: click.Command | None = ops
    words = line.replace("FILE", __file__).split()
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words.pop(0))
    assert command is not None
    if "…" in words:  # the rest is for the operator to fill in
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known
    else:
        command.make_context(line, words)


def test_nothing_secret_is_shown(visit: Visit) -> None:
    shown = visit.run().output + visit.run("--json").output

    stored = visit.house.svc.table.get("account#tea", "token#access") or {}
    for secret in ("secret-of-tea", "tokentea", "token-of", stored["token_text"]):
        assert secret not in shown
