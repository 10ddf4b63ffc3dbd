"""The way out leads to public addresses alone, and back in time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from chalicelib.outbound import AddressRefused, Answer, Outbound, Unreachable, http
from tests.ops.certificate import certificate, serving

PUBLIC = "93.184.216.34"


class Refusing:
    """Connects nowhere, and remembers where it was told to."""

    def __init__(self) -> None:
        self.to: list[str] = []

    def __call__(self, address: tuple[str, int], *args: Any, **told: Any) -> socket.socket:
        self.to.append(address[0])
        raise ConnectionRefusedError


@pytest.fixture
def net() -> Iterator[Refusing]:
    refusing = Refusing()
    with mock.patch("urllib3.util.connection.create_connection", refusing):
        yield refusing


class Serves:
    """One raw answer to everybody, byte by byte if it drips."""

    def __init__(self, answer: bytes, drip: float = 0) -> None:
        self.asked: list[bytes] = []
        self._answer, self._drip = answer, drip
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.place = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                raw, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(raw,), daemon=True).start()
            except OSError:
                return

    def _serve(self, link: socket.socket) -> None:
        try:
            asked = link.recv(65536)
            while asked.startswith(b"POST") and b"{" not in asked and b"Content-Length: 0" not in asked:
                asked += link.recv(65536)
            self.asked.append(asked)
            for at in range(0, len(self._answer), 1 if self._drip else 1_000_000):
                link.sendall(self._answer[at : at + 1] if self._drip else self._answer)
                time.sleep(self._drip)
        except OSError:
            pass
        link.close()

    def close(self) -> None:
        self._socket.close()


def told(body: bytes = b"hello", status: str = "200 OK", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(head).encode() + body


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com/",
        "ftp://crm.example.com/",
        "//crm.example.com/",
        "crm.example.com",
        "",
        "https://",
        "https:///x",
        "https://user@crm.example.com/",
        "https://user:pass@crm.example.com/",
        "https://crm.example.com@169.254.169.254/",
        "https://crm.example.com\\@169.254.169.254/",
        "https://crm.example.com#@169.254.169.254/",
        "https://crm.example.com/x#y",
        "https://crm.example.com:22/",
        "https://crm.example.com:80/",
        "https://crm.example.com:6379/",
        "https://crm.example.com:99999/",
        "https://crm.example.com:0443/x y",
        "https://crm.example.com/a\r\nHost: x",
        "https://crm.example.com/a\tb",
        " https://crm.example.com/",
        "https://crm.example.com/\n",
        "https://茶.example.com/",
        "https://crm。example。com/",
        "https://crm.example.com/茶",
        "https://-crm.example.com/",
        "https://crm..example.com/",
        "https://" + "a" * 64 + ".com/",
        "https://crm.example.com/" + "x" * 2000,
        "https://2130706433/",
        "https://017700000001/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://127.0.0.1/",
        "https://127.0.0.1:443/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.100.100.200/",
        "https://0.0.0.0/",
        "https://255.255.255.255/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[64:ff9b:1::1]/",
        "https://[2002:7f00:1::]/",
        "https://[2002:a9fe:a9fe::]/",
        "https://[2001:0:53aa:64c:0:1:2:3]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
        "https://[100::1]/",
    ],
)
def test_an_address_that_we_do_not_call_is_refused_before_anything_is_looked_up(url: str, net: Refusing) -> None:
    looked: list[str] = []
    outbound = Outbound(resolve=lambda host, port: looked.append(host) or [PUBLIC])  # type: ignore[func-returns-value]
    with pytest.raises(AddressRefused) as refused:
        outbound.check(url)
    with pytest.raises(AddressRefused):
        outbound.send("POST", url, b"{}")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(refused.value))
    assert (looked, net.to) == ([], [])


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com",
        "https://CRM.Example.com/Hooks/a?b=c&d=%20",
        "https://crm.example.com:8443/x",
        "https://crm.example.com?x=1",
        "https://crm.example.com./",
        "https://93.184.216.34/",
        "https://[2606:4700::1111]/",
        "https://xn--fiqs8s.example/",
    ],
)
def test_an_ordinary_address_is_called_at_its_own_address(url: str, net: Refusing) -> None:
    outbound = Outbound(resolve=lambda host, port: [PUBLIC])
    outbound.check(url)
    with pytest.raises(Unreachable) as failed:
        outbound.send("POST", url, b"{}")
    assert failed.value.sent is False and "b=c" not in str(failed.value)
    assert net.to == [PUBLIC]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.0.0.7"],
        ["10.0.0.7", PUBLIC],
        [PUBLIC, "::1"],
        ["::ffff:10.0.0.7"],
        ["64:ff9b::a00:7"],
        ["fe80::1%eth0"],
        ["fd00:ec2::254"],
        ["not an address"],
    ],
)
def test_a_name_that_leads_inside_is_not_called_at_all(addresses: list[str], net: Refusing) -> None:
    with pytest.raises(AddressRefused):
        Outbound(resolve=lambda host, port: addresses).send("POST", "https://crm.example.com/")
    assert net.to == []


def test_a_name_that_changes_between_two_looks_changes_nothing(net: Refusing) -> None:
    answers = iter([[PUBLIC], ["169.254.169.254"], ["127.0.0.1"]])
    outbound = Outbound(resolve=lambda host, port: next(answers))

    with pytest.raises(Unreachable):
        outbound.send("POST", "https://rebinding.example.com/")
    assert net.to == [PUBLIC]
    with pytest.raises(AddressRefused):
        outbound.send("POST", "https://rebinding.example.com/")
    assert net.to == [PUBLIC]


def test_of_several_addresses_the_next_is_tried_and_not_all_of_many(net: Refusing) -> None:
    many = [f"93.184.216.{last}" for last in range(1, 20)]
    with pytest.raises(Unreachable):
        Outbound(resolve=lambda host, port: many).send("POST", "https://crm.example.com/")
    assert net.to == many[:3]


def test_a_name_that_nobody_knows_and_a_name_server_that_sleeps_are_unreachable() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror

    def asleep(host: str, port: int) -> list[str]:
        time.sleep(3)
        return [PUBLIC]

    resolvers: tuple[http.Resolve, ...] = (unknown, asleep, lambda host, port: [])
    for resolve in resolvers:
        began = time.monotonic()
        with pytest.raises(Unreachable) as failed:
            Outbound(resolve=resolve).send("POST", "https://crm.example.com/", timeout=0.5)
        assert failed.value.sent is False
        assert time.monotonic() - began < 1.5


def test_an_answer_is_what_was_answered_and_a_redirect_is_one_too() -> None:
    server = Serves(told(b"", "302 Found", "Location: http://169.254.169.254/", "X-Said: yes"))
    answer = Outbound(frozenset({server.place})).send(
        "POST", f"http://{server.place}/hook?a=b", b'{"x":1}', {"Content-Type": "application/json", "X-Ours": "1"}
    )
    server.close()

    assert (answer.status, answer.headers["location"], answer.headers["x-said"]) == (
        302,
        "http://169.254.169.254/",
        "yes",
    )
    head, _, body = server.asked[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?a=b HTTP/1.1" and body == b'{"x":1}'
    assert {f"Host: {server.place}", "X-Ours: 1", "Accept-Encoding: identity", "Content-Length: 7"} <= set(lines)
    assert len(server.asked) == 1


def test_of_a_long_answer_the_beginning_is_read() -> None:
    server = Serves(told(b"x" * 300_000))
    answer = Outbound(frozenset({server.place})).send("GET", f"http://{server.place}/")
    server.close()
    assert answer.body == b"x" * http.LARGEST_ANSWER


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x16\x03\x01",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi",
        b"x" * 99_999,
    ],
)
def test_what_is_no_answer_is_unreachable(answer: bytes) -> None:
    server = Serves(answer)
    with pytest.raises(Unreachable) as failed:
        Outbound(frozenset({server.place})).send("POST", f"http://{server.place}/?key=hidden")
    server.close()
    assert failed.value.sent and "hidden" not in str(failed.value)


@pytest.mark.parametrize(
    "answer",
    [
        told(b"x" * 100),
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50,
        # The connection lets go of its socket at once when the answer says that it is the last, or has no length.
        told(b"x" * 100, "200 OK", "Connection: close"),
        b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100,
    ],
)
def test_a_server_that_drips_is_left_in_time(answer: bytes) -> None:
    server = Serves(answer, drip=0.05)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        Outbound(frozenset({server.place})).send("POST", f"http://{server.place}/", timeout=1.2)
    took = time.monotonic() - began
    server.close()
    assert 1.1 < took < 1.9


def test_a_header_that_is_two_is_not_sent() -> None:
    server = Serves(told())
    with pytest.raises(Unreachable):
        Outbound(frozenset({server.place})).send("POST", f"http://{server.place}/", headers={"X": "a\r\nY: b"})
    server.close()
    assert not any(b"Y: b" in asked for asked in server.asked)


def test_only_the_very_host_and_port_of_a_laptop_may_be_private() -> None:
    server = Serves(told())
    outbound = Outbound(frozenset({server.place}))
    assert outbound.send("GET", f"http://{server.place}/").status == 200
    for other in (
        f"http://127.0.0.1:{server.port + 1}/",
        f"http://127.0.0.2:{server.port}/",
        f"http://localhost:{server.port}/",
    ):
        with pytest.raises(AddressRefused):
            outbound.send("GET", other)
    server.close()


def test_the_certificate_must_be_for_the_name_and_of_somebody_trusted(tmp_path: Path) -> None:
    file = certificate(tmp_path, days=9)
    with serving(file) as port:
        outbound = Outbound(
            frozenset({f"localhost:{port}", f"other.example:{port}"}), resolve=lambda host, _: ["127.0.0.1"]
        )
        with pytest.raises(Unreachable):
            outbound.send("GET", f"https://localhost:{port}/")
        with mock.patch.object(http, "_context", lambda: ssl.create_default_context(cafile=str(file))):
            assert isinstance(outbound.send("GET", f"https://localhost:{port}/"), Answer)
            with pytest.raises(Unreachable) as failed:
                outbound.send("GET", f"https://other.example:{port}/")
    assert failed.value.sent is False


@pytest.mark.parametrize("host", ["hubapi.com", "api.hubapi.com", "API.HubAPI.com.", "127.0.0.1:9000"])
def test_what_belongs_to_somebody_goes_to_their_own_hosts(host: str) -> None:
    Outbound(frozenset({"127.0.0.1:9000"})).insist_on(f"https://{host}/", ("hubapi.com",))


@pytest.mark.parametrize(
    "host", ["evil.example", "nothubapi.com", "hubapi.com.evil.example", "hubapi.com@evil.example", "127.0.0.1"]
)
def test_what_belongs_to_somebody_goes_to_nobody_else(host: str) -> None:
    with pytest.raises(AddressRefused):
        Outbound(frozenset({"127.0.0.1:9000"})).insist_on(f"https://{host}/", ("hubapi.com",))
