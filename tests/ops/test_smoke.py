"""After a deploy the callback is asked as WeChat would ask; what it must know, and what it must refuse."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from ops.deploy import commands, smoke
from ops.resources import apply
from ops.say import Problem
from ops.stage import write_setting
from ops.target import Target
from tests.house import House

NOBODY = "http://127.0.0.1:9"


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


def test_neither_the_domain_nor_the_api_itself_answers(house: House) -> None:
    with pytest.raises(Problem, match=r"127\.0\.0\.1:9/wechat/leaf .*no answer"):
        smoke.check(Target(house.svc.settings.stage), NOBODY, time.time(), "http://127.0.0.1:1")


def test_a_domain_that_leads_nowhere_yet_is_told_and_the_api_itself_is_asked(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = Target(house.svc.settings.stage)
    write_setting(target, "public_url", NOBODY)
    monkeypatch.setattr(smoke, "address", lambda _target, _api, public_url="": public_url or house.app)
    commands._try_out(target, "")
    told = capsys.readouterr()
    assert "tea: the callback answers right" in told.out
    assert f"{NOBODY} does not answer yet" in told.err


def test_a_domain_that_leads_elsewhere_is_a_failure(house: House) -> None:
    with parrot() as address, pytest.raises(Problem, match=address):
        smoke.check(Target(house.svc.settings.stage), address, time.time(), house.app)


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
