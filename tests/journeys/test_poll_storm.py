"""Everybody votes twice, over four processes on either side: each is counted once.

`VOTERS=5000` plays it with ten thousand votes, which takes a minute of both processors; a change to polls should.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.local.processes import HOST, ROOT, Program, free_port
from ops.local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.slow]

PEOPLE, APPS, CLIENTS, THREADS = int(os.environ.get("VOTERS", "2000")), 4, 4, 4


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "stack")
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def apps(stack: Stack) -> Iterator[list[str]]:
    """Four processes on one table."""
    ports = [free_port() for _ in range(APPS - 1)]
    others = [
        Program(f"app{port}", ["-m", "ops.local.app_server", str(port)], stack.environment(), stack.folder / "more.log")
        for port in ports
    ]
    for other, port in zip(others, ports, strict=True):
        other.wait_for(port)
    yield [stack.app, *(f"http://{HOST}:{port}" for port in ports)]
    for other in others:
        other.stop(1)


def start(stack: Stack, *words: str) -> subprocess.Popen[bytes]:
    env = {name: value for name, value in {**os.environ, **stack.environment()}.items() if value}
    command = [sys.executable, "-m", "tests.poll_storm", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=env)


def finish(process: subprocess.Popen[bytes]) -> Any:
    told, _ = process.communicate(timeout=400)
    assert process.returncode == 0
    return json.loads(told) if told else None


def test_everybody_is_counted_once_however_often_they_press(stack: Stack, apps: list[str]) -> None:
    visitors, seed = str(stack.folder / "visitors.json"), str(random.randrange(10**6))
    finish(start(stack, "prepare", visitors, str(PEOPLE)))
    poll = json.loads(Path(visitors).read_text())["poll"]

    clients = [
        start(stack, "vote", visitors, ",".join(apps), str(share), str(CLIENTS), str(THREADS), seed)
        for share in range(CLIENTS)
    ]
    answers: Counter[str] = Counter()
    for client in clients:
        answers.update(finish(client))
    stored = finish(start(stack, "count", visitors))

    # Whoever comes second chose something else, and is told on the page that the first counts.
    assert answers == {f"303 ../polls/{poll}": PEOPLE, f"303 ../polls/{poll}?pick": PEOPLE}, f"seed {seed}: {answers}"
    assert stored["people"] == stored["votes"] == sum(stored["counts"][0]) == PEOPLE, f"seed {seed}"
    assert sum(stored["counts"][1]) == PEOPLE + PEOPLE // 5, f"seed {seed}"
    assert stored["counts"] == stored["votes_counts"], f"seed {seed}"
    assert stored["shards"] == 64
