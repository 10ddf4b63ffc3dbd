"""A thousand copies of one message, over several processes on either side: one effect, one answer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ops.doors import Phone
from ops.local.processes import HOST, Program, free_port
from ops.local.stack import Stack
from tests.house import eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]

CLIENTS, THREADS, COPIES = 4, 5, 1000


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "stack")
    stack.start()
    yield stack
    stack.stop()


def config_of(stack: Stack, alias: str) -> dict[str, Any]:
    config = json.loads((stack.folder / "simulator.json").read_text())
    return next(account for account in config["accounts"] if account["alias"] == alias)


def storm(stack: Stack, message: dict[str, Any], urls: list[str], copies: int = COPIES) -> Counter[str]:
    """What all clients together were answered."""
    files = [stack.folder / "storm-account.json", stack.folder / "storm-message.json"]
    files[0].write_text(json.dumps(config_of(stack, "tea")))
    files[1].write_text(json.dumps(message))
    command = [sys.executable, "-m", "tests.storm", *map(str, files), ",".join(urls), str(copies // CLIENTS)]
    clients = [
        subprocess.Popen([*command, str(THREADS)], stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent.parent)
        for _ in range(CLIENTS)
    ]
    answers: Counter[str] = Counter()
    for client in clients:
        told, _ = client.communicate(timeout=120)
        assert client.returncode == 0
        answers.update(json.loads(told))
    return answers


def long_message(stack: Stack, openid: str) -> dict[str, Any]:
    """Its answer takes two texts, so an effect that happened twice would show on the phone."""
    original = config_of(stack, "tea")["original_id"]
    now = int(time.time())
    text = "echo:" + "茶" * 1000
    return {
        "ToUserName": original,
        "FromUserName": openid,
        "CreateTime": now,
        "MsgType": "text",
        "Content": text,
        "MsgId": now,
    }


def check_one_effect(stack: Stack, openid: str, answers: Counter[str]) -> None:
    assert sum(answers.values()) == COPIES
    assert len(answers) == 1, [answer[:80] for answer in answers]
    assert "茶" * 600 in next(iter(answers))
    phone = Phone(stack.simulator, "tea", openid)
    assert eventually(lambda: any(item["channel"] == "custom" for item in phone.inbox()), within=10)
    time.sleep(1.5)
    assert [item["channel"] for item in phone.inbox()].count("custom") == 1


def test_four_client_processes_against_one_app(stack: Stack) -> None:
    Phone(stack.simulator, "tea", "alice").follow()
    answers = storm(stack, long_message(stack, "alice"), [f"{stack.app}/wechat/tea"])
    check_one_effect(stack, "alice", answers)


def test_four_app_processes_on_one_table(stack: Stack) -> None:
    ports = [free_port() for _ in range(3)]
    others = [
        Program(f"app{port}", ["-m", "ops.local.app_server", str(port)], stack.environment(), stack.folder / "more.log")
        for port in ports
    ]
    for other, port in zip(others, ports, strict=True):
        other.wait_for(port)
    Phone(stack.simulator, "tea", "alice").follow()
    urls = [f"{stack.app}/wechat/tea", *(f"http://{HOST}:{port}/wechat/tea" for port in ports)]
    answers = storm(stack, long_message(stack, "alice"), urls)
    for other in others:
        other.stop(1)
    check_one_effect(stack, "alice", answers)


def test_the_redelivery_takes_over_from_an_app_that_was_killed(stack: Stack) -> None:
    """Killed between its claim and its answer; another app starts, and WeChat comes back to it."""
    phone = Phone(stack.simulator, "tea", "alice")
    phone.follow()
    stack.programs["app"].stop(1)
    doomed = Program(
        "app", ["-m", "tests.hanging_app", str(stack.ports.app)], stack.environment(), stack.folder / "doomed.log"
    )
    doomed.wait_for(stack.ports.app)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(phone.say, "echo:still here")
        time.sleep(1)  # claimed, and not yet given to run_job
        doomed._process.kill()
        stack.start_app()
        shown = asking.result(timeout=20)
    assert shown["deliveries"] == 2
    assert [reply["content"] for reply in shown["replies"]] == ["still here"]
