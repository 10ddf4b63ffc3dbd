"""Started as `make run` starts it: the state outlives a clean stop, the clock is told to the app."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.simulator.shop import Doors, Shop, config


@contextmanager
def running(folder: Path, port: int = 0, stop: signal.Signals = signal.SIGTERM) -> Iterator[Doors]:
    command = [sys.executable, "-m", "simulator", "--port", str(port), "--config", str(folder / "config.json")]
    command += ["--state", str(folder / "state"), "--clock-file", str(folder / "clock")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield Doors(process.stdout.readline().split()[-1])
    finally:
        began = time.monotonic()
        process.send_signal(stop)
        assert process.wait(5) == 0
        assert time.monotonic() - began < 1
        process.stdout.close()


@pytest.fixture
def folder(tmp_path: Path, shop: Shop) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(config(shop.address)))
    return tmp_path


def test_tokens_people_inboxes_and_the_clock_outlive_a_stop(folder: Path) -> None:
    with running(folder) as tea:
        token = tea.token()
        tea.phone("dave", "follow")
        told = {"touser": "dave", "msgtype": "text", "text": {"content": "欢迎"}}
        assert tea.code("/cgi-bin/message/custom/send", told) == 0
        tea.advance(3600)
        assert float((folder / "clock").read_text()) == 3600
    with running(folder, stop=signal.SIGINT) as tea:
        assert tea.code("/cgi-bin/user/info", query={"openid": "dave"}, token=token) == 0
        assert [item["content"] for item in tea.inbox("dave")] == ["欢迎"]
        assert tea.look("clock")["offset"] == 3600


def test_a_reset_goes_back_to_the_first_day_but_keeps_tokens(tea: Doors) -> None:
    token = tea.token()
    tea.phone("dave", "follow")
    tea.control("faults", path="*", errcode=-1)
    tea.control("reset")
    assert tea.call("/cgi-bin/user/get", token=token)["total"] == 2
    assert tea.inbox("alice") == []
    tea.control("reset", tokens=True)
    assert tea.code("/cgi-bin/user/get", token=token) == 40014


def test_killed_tokens_are_not_the_latest_any_more(tea: Doors) -> None:
    token = tea.token()
    tea.control("tokens", account="tea")
    assert tea.code("/cgi-bin/user/get", token=token) == 40001
    assert tea.stable()["access_token"] != token


def test_a_connection_is_kept_alive(tea: Doors) -> None:
    line = HTTPConnection(tea.address.removeprefix("http://"))
    for path, body in (
        ("/controls/clock", None),
        ("/no/such/page", b"unread"),
        ("/controls/reset", iter([b"{", b"}"])),
    ):
        line.request("POST" if body else "GET", path, body)
        answer = line.getresponse()
        assert answer.version == 11
        answer.read()
        assert line.sock is not None
    line.close()
