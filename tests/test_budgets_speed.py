"""Generous ceilings on what `make bench` measures exactly, so that a regression is noticed the day it is made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks import cold_start
from benchmarks.handler import ENVIRONMENT

HOME = Path(__file__).parent.parent
TRIES = 3  # the machine may be busy with other tests

# Each costs a cold start 5 to 100 ms, and is needed by no request or by few.
TOO_HEAVY = {
    "boto3",
    "s3transfer",
    "multiprocessing",
    "requests",
    "httpx",
    "pydantic",
    "regex",
    "Crypto",
    "cryptography",
}
LOADED = "import app, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
ONE_MESSAGE = "from benchmarks import handler; print(handler.measure(rounds=31)[0].reached)"


def fresh(code: str) -> str:
    env = os.environ | ENVIRONMENT
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=HOME, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_a_cold_start_loads_nothing_that_it_does_not_use() -> None:
    assert not TOO_HEAVY & set(fresh(LOADED).split())


def test_a_cold_start_is_not_much_longer_than_any_chalice_app_with_a_table_needs() -> None:
    assert any(cold_start.quick(rounds=5) <= 1.6 for _ in range(TRIES))


def test_a_message_is_answered_in_not_much_more_than_its_calls_to_aws_take() -> None:
    assert any(float(fresh(ONE_MESSAGE)) <= 2.2 for _ in range(TRIES))
