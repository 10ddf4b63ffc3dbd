"""After a deploy the callback is asked as WeChat would ask; what it must know, and what it must refuse."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from ops.deploy import smoke
from ops.resources import apply
from ops.say import Problem
from ops.target import Target
from tests.house import House


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke, "PATIENCE", 0.0)


def test_a_callback_that_does_not_know_the_token_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(house.svc.settings.stage)
    monkeypatch.setattr(smoke, "token", lambda *_: "another")
    with pytest.raises(Problem, match=r"/wechat/leaf does not answer as WeChat expects \(HTTP 403\)"):
        smoke.check(target, house.app, time.time())


def test_one_that_takes_any_signature_must_go_back_at_once(house: House) -> None:
    with parrot() as address, pytest.raises(Problem, match="answers 200 to a wrong signature"):
        smoke.check(Target(house.svc.settings.stage), address, time.time())


def test_nobody_there_is_told_too(house: House) -> None:
    with pytest.raises(Problem, match="no answer"):
        smoke.check(Target(house.svc.settings.stage), "http://127.0.0.1:9", time.time())


def test_no_account_is_no_failure(aws: str, capsys: pytest.CaptureFixture[str]) -> None:
    apply("nobody")
    smoke.check(Target("nobody"), "http://127.0.0.1:9", time.time())
    assert "ops account add" in "".join(capsys.readouterr())


def test_the_live_callback_answers_as_wechat_expects(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    smoke.check(Target(house.svc.settings.stage), house.app, time.time())
    told = capsys.readouterr().out
    assert "leaf: the callback answers right" in told and "tea: the callback answers right" in told
    assert "tokentea" not in told


class _Parrot(BaseHTTPRequestHandler):
    """Says back what it is told, whoever tells it."""

    def do_GET(self) -> None:
        echo = self.path.rpartition("echostr=")[2].split("&")[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(echo)))
        self.end_headers()
        self.wfile.write(echo)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def parrot() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Parrot)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
