"""The local gateway answers whatever it is sent as API Gateway would: never with a hang-up or a traceback."""

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chalice.app import Chalice
from chalice.config import Config

from ops.local import gateway
from ops.local.processes import HOST, free_port


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    echo = Chalice("echo")

    @echo.route("/echo", methods=["GET", "POST"], content_types=["*/*"])
    def _echo() -> dict[str, str]:
        asked: Any = echo.current_request
        return {"body": asked.raw_body.decode()}

    number = free_port()
    local = gateway.server(echo, Config("dev", "api_handler"), HOST, number)
    threading.Thread(target=local.serve_forever, daemon=True).start()
    yield number
    local.shutdown()


def test_a_chunked_body_arrives_whole(port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port)
    connection.request("POST", "/echo", body=iter([b"one ", b"two"]))
    assert connection.getresponse().read() == b'{"body":"one two"}'


@pytest.mark.parametrize("length", ["-1", "many", "99999999999", "٣"])
def test_a_bad_content_length_is_a_bad_request(port: int, length: str) -> None:
    request = f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    assert _raw(port, request.encode()).startswith(b"HTTP/1.1 400")


def test_broken_chunks_are_a_bad_request(port: int) -> None:
    request = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"
    assert _raw(port, request).startswith(b"HTTP/1.1 400")


def test_an_unheard_of_method_is_refused_and_not_our_fault(port: int) -> None:
    assert _status(port, "BREW", "/echo") == 405


def test_an_unknown_path_is_refused_whatever_its_authorization_says(port: int) -> None:
    assert _status(port, "GET", "/nowhere", {"Authorization": "Bearer é"}) == 403


def test_an_answer_to_head_has_no_body(port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port)
    for _ in range(2):
        connection.request("HEAD", "/echo")
        assert connection.getresponse().read() == b""


def test_a_burst_of_connections_is_answered(port: int) -> None:
    with ThreadPoolExecutor(100) as pool:
        statuses = list(pool.map(lambda _: _status(port, "GET", "/echo"), range(100)))
    assert statuses == [200] * 100


def test_requests_at_once_do_not_see_each_others_bodies(port: int) -> None:
    def own(number: int) -> bool:
        connection = http.client.HTTPConnection(HOST, port)
        connection.request("POST", "/echo", body=str(number))
        return connection.getresponse().read() == b'{"body":"%d"}' % number

    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(own, range(200)))


def _status(port: int, method: str, path: str, headers: dict[str, str] | None = None) -> int:
    connection = http.client.HTTPConnection(HOST, port)
    connection.request(method, path, headers=headers or {})
    return connection.getresponse().status


def _raw(port: int, request: bytes) -> bytes:
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(65536)
