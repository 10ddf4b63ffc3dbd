"""`make run` as its user sees it: it starts, says where, keeps what happened, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.demo import play
from ops.doors import Controls, Phone, ask, eventually
from ops.local.processes import HOST, ROOT, PortTaken, check_free, listening
from ops.local.stack import Ports, Stack
from ops.local.watch import Watch
from tests.stack import somebody

pytestmark = pytest.mark.stack
SOON = 4  # seconds; one, where no other test runs beside


class Run:
    """`python -m ops.local` in a folder of its own."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.folder, self.ports = folder, ports
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **env: str) -> dict[str, Any]:
        places = {
            "GAIWAN_LOCAL_FOLDER": str(self.folder),
            "GAIWAN_APP_PORT": str(self.ports.app),
            "GAIWAN_SIMULATOR_PORT": str(self.ports.simulator),
            "GAIWAN_AWS_PORT": str(self.ports.aws),
        }
        (self.folder / "stack.json").unlink(missing_ok=True)  # a kill leaves it
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ops.local"],
            cwd=ROOT,
            env={**os.environ, **places, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert eventually((self.folder / "stack.json").exists, within=30)
        told: dict[str, Any] = json.loads((self.folder / "stack.json").read_text())
        return told

    def end(self, number: int) -> float:
        """How long it took, in seconds."""
        began = time.monotonic()
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(10)
        return time.monotonic() - began

    def anything_left(self) -> bool:
        return any(map(listening, (self.ports.app, self.ports.simulator, self.ports.aws)))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    running = Run(tmp_path, Ports())
    yield running
    running.end(signal.SIGTERM)


def test_ctrl_c_ends_everything_within_seconds(run: Run) -> None:
    run.start()
    assert run.end(signal.SIGINT) < SOON
    assert not run.anything_left()
    assert not (run.folder / "stack.json").exists()


def test_children_end_with_a_parent_that_was_killed(run: Run) -> None:
    run.start()
    run.end(signal.SIGKILL)
    assert eventually(lambda: not run.anything_left(), within=5)


def test_a_second_start_remembers_people_tokens_and_rules(run: Run) -> None:
    told = run.start()
    alice = Phone(told["simulator"], "tea", "alice")
    alice.follow()
    rule = {"match": "exact", "pattern": "秘密", "reply": {"type": "text", "content": "芝麻开门"}}
    ask("POST", f"{told['app']}/api/tea/rules", rule, told["operator"]["api_token"])
    assert run.end(signal.SIGTERM) < SOON

    assert run.start()["accounts"] == told["accounts"]

    assert len(alice.inbox()) == 1
    assert alice.say("秘密")["replies"][0]["content"] == "芝麻开门"


def test_fresh_forgets_everything(run: Run) -> None:
    told = run.start()
    Phone(told["simulator"], "tea", "alice").follow()
    run.end(signal.SIGTERM)

    again = run.start(FRESH="1")

    assert again["accounts"] != told["accounts"]
    assert Phone(again["simulator"], "tea", "alice").inbox() == []


def test_after_a_kill_neither_half_of_the_state_is_believed(run: Run) -> None:
    told = run.start()
    Phone(told["simulator"], "tea", "alice").follow()
    run.end(signal.SIGKILL)
    eventually(lambda: not run.anything_left(), within=5)

    again = run.start()

    assert Phone(again["simulator"], "tea", "alice").inbox() == []


def test_secrets_are_for_their_owner_alone(stack: Stack) -> None:
    for name in ("secrets.json", "stack.json", "simulator.json", "api_token"):
        assert (stack.folder / name).stat().st_mode & 0o077 == 0, name


def test_a_taken_port_is_named_with_a_way_out(stack: Stack) -> None:
    with pytest.raises(PortTaken, match=rf"GAIWAN_APP_PORT={stack.ports.app + 1} make run"):
        check_free(stack.ports.app, "GAIWAN_APP_PORT")


def test_a_taken_port_ends_make_run_with_its_message(stack: Stack, tmp_path: Path) -> None:
    env = {**os.environ, "GAIWAN_LOCAL_FOLDER": str(tmp_path), "GAIWAN_APP_PORT": str(stack.ports.app)}
    command = [sys.executable, "-m", "ops.local"]
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr and f"{stack.ports.app}" in ran.stderr


def test_everything_listens_on_loopback_alone(stack: Stack) -> None:
    addresses = Path("/proc/net/tcp")
    if not addresses.exists():
        pytest.skip("this machine has no /proc")
    ours = {f"{port:04X}" for port in (stack.ports.app, stack.ports.simulator, stack.ports.aws)}
    lines = [line.split() for line in addresses.read_text().splitlines()[1:]]
    local = [fields[1].split(":") for fields in lines if fields[3] == "0A"]
    assert {host for host, port in local if port in ours} == {"0100007F"}
    assert HOST == "127.0.0.1"


def test_wechat_can_verify_both_accounts_callbacks(stack: Stack, controls: Controls) -> None:
    assert controls.verify("tea")["ok"]
    assert controls.verify("leaf")["ok"]


def test_the_seed_rule_echoes_in_every_mode_of_the_leaf(stack: Stack, controls: Controls) -> None:
    reader = somebody(stack, "leaf")
    reader.follow()
    for mode in ("plain", "compatible", "safe"):
        controls.set("leaf", mode=mode)
        assert reader.say(f"echo:{mode}")["replies"][0]["content"] == mode


def test_moving_the_clock_moves_the_app_too(stack: Stack, controls: Controls, phone: Phone) -> None:
    phone.follow()
    controls.advance(3 * 3600)
    assert phone.say("echo:still here")["replies"][0]["content"] == "still here"


def test_the_day_of_the_tea_shop_goes_as_its_script_says(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    play(stack)
    assert "自愈" in capsys.readouterr().out


def test_an_edit_is_noticed_once(tmp_path: Path) -> None:
    (tmp_path / "chalicelib").mkdir()
    code = tmp_path / "chalicelib" / "rules.py"
    code.write_text("1")
    watch = Watch(tmp_path)
    assert not watch.changed()
    os.utime(code, ns=(1, 1))
    assert watch.changed()
    assert not watch.changed()
