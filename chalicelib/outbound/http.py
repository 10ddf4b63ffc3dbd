"""The only way out to other people's systems: https, to public addresses alone, within a time.

An operator writes the address, so it may be wrong or ill meant: it must not lead into our own network, to the metadata
service of the machine, or anywhere else that only we can reach. So the name is resolved once, each of its addresses
must be public, and the connection goes to one of those very addresses; a name that changes meanwhile (DNS rebinding)
changes nothing. The name is what the certificate must be for. Redirects are not followed: they are an
answer like any other. Each call has a connection of its own, and ends in time whatever the other side does.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from ..errors import BadInput, Unavailable

if TYPE_CHECKING:
    from urllib3.response import HTTPResponse

Resolve = Callable[[str, int], list[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LARGEST_ANSWER = 64 * 1024
LONGEST_URL = 2000
TOO_LATE = "no answer in time"
MOST_TRIED = 3  # of a name's addresses
PORTS = frozenset({443, 8443})
# Spelled out: the libraries that follow know many spellings of one address, and this is what we mean.
URL = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?([/?][\x21-\x7e]*)?", re.ASCII)
NAME = re.compile(r"(?=.{1,253}\.?$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z][A-Za-z0-9-]{0,62}\.?")
# Not the world's although `is_global` says so: protocol assignments, an old relay, and Azure's own host address.
NOT_PUBLIC = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
PUBLIC_V6 = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
LOW_32 = 0xFFFFFFFF

# How a call fails, and how it is told that the clock has shut its socket. ValueError: a header that is none.
BROKEN = (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)

# A name server that does not answer holds a thread, not the caller.
_resolvers = ThreadPoolExecutor(max_workers=16, thread_name_prefix="resolve")


class AddressRefused(BadInput):
    """We do not call such an address; nothing was sent."""


class Unreachable(Unavailable):
    """No usable answer in time. `sent` is False when certainly nothing arrived there."""

    def __init__(self, text: str, sent: bool) -> None:
        super().__init__(text)
        self.sent = sent


@dataclass(frozen=True)
class Answer:
    """Whatever the status; names of headers in small letters; of a long body the first 64 KiB."""

    status: int
    headers: dict[str, str]
    body: bytes


class Target(NamedTuple):
    scheme: str
    host: str  # as it is resolved, without brackets
    port: int
    path: str

    @property
    def named(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _usual(self.scheme) else f"{host}:{self.port}"


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, those of IPv4 first: a Lambda function has no other way out."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in sorted(found, key=lambda one: one[0] != socket.AF_INET)))


class Outbound:
    """`private` are `host:port` that may be called although they are not public, by http too: for a laptop's stack."""

    def __init__(self, private: frozenset[str] = frozenset(), resolve: Resolve = resolve) -> None:
        self._private = private
        self._resolve = resolve

    def check(self, url: str) -> None:
        """AddressRefused says what is wrong with how the address is written; what its name leads to is seen later."""
        self._target(url)

    def insist_on(self, url: str, homes: Sequence[str]) -> None:
        """AddressRefused unless its host is one of `homes` or lies below one, or may be called anyway."""
        target = self._target(url)
        host = target.host.rstrip(".")
        if not self._is_private(target) and not any(host == home or host.endswith(f".{home}") for home in homes):
            raise AddressRefused(
                f"地址应属于 {'、'.join(homes)}。The host of this address must be {' or '.join(homes)}, or below it."
            )

    def send(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout: float = 5.0
    ) -> Answer:
        """AddressRefused or Unreachable, and nothing else; no text of theirs holds what follows the host."""
        ends = time.monotonic() + timeout
        target = self._target(url)
        sent = {"Host": target.named, "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "Gaiwan"}
        connection = self._connected(target, self._addresses(target, ends), ends)
        try:
            with _ended(connection, ends):
                connection.request(
                    method, target.path, body=body, headers=sent | dict(headers or {}), preload_content=False
                )
                answer = _read(connection.getresponse())
            # A socket that the clock shut looks like one that said all it had to say.
            if time.monotonic() < ends:
                return answer
            why = TOO_LATE
        except BROKEN as error:
            why = TOO_LATE if time.monotonic() >= ends else type(error).__name__
        finally:
            connection.close()
        raise Unreachable(_unreachable(target, why), sent=True)

    def _target(self, url: str) -> Target:
        found = URL.fullmatch(url) if len(url) <= LONGEST_URL else None
        if found is None:
            raise AddressRefused(
                "地址应写成 https://crm.example.com/path，不含用户名、空格和中文。"
                "An address looks like https://crm.example.com/path, in plain ASCII, without user name, spaces or '#'."
            )
        host, scheme = found[2].lower().strip("[]"), found[1].lower()
        path = found[4] or "/"
        port = int(found[3] or _usual(scheme))
        target = Target(scheme, host, port, path if path[0] == "/" else f"/{path}")
        if "#" in path:
            raise AddressRefused("地址里不能有 #。An address has no '#'.")
        if not self._is_private(target):
            _insist_on_public(target)
        return target

    def _is_private(self, target: Target) -> bool:
        host = f"[{target.host}]" if ":" in target.host else target.host
        return f"{host}:{target.port}" in self._private

    def _addresses(self, target: Target, ends: float) -> list[str]:
        try:
            # Resolved in a thread, since getaddrinfo knows no time-out.
            found = _resolvers.submit(self._resolve, target.host, target.port).result(ends - time.monotonic())
        except (OSError, TooLate, UnicodeError):
            found = []
        if not found:
            raise Unreachable(_unreachable(target, "the name is not known"), sent=False)
        if not self._is_private(target) and not all(map(is_public, found)):
            raise AddressRefused(
                f"{target.host} 指向内网地址，不能调用。{target.host} leads to an address that is not public."
            )
        return found[:MOST_TRIED]

    def _connected(self, target: Target, addresses: list[str], ends: float) -> HTTPConnection:
        why = TOO_LATE
        for address in addresses:
            left = ends - time.monotonic()
            if left <= 0:
                break
            connection = _connection(target, address, left)
            try:
                with _ended(connection, ends):
                    connection.connect()
            except BROKEN as error:
                connection.close()
                why = type(error).__name__
            else:
                return connection
        raise Unreachable(_unreachable(target, why), sent=False)


def is_public(address: str) -> bool:
    """Whether the whole world reaches it; of an address that stands for one of IPv4, that one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return found.is_global and not found.is_multicast and not any(found in network for network in NOT_PUBLIC)
    within = _within(found)
    if within is not None:
        return is_public(str(within))
    return found in PUBLIC_V6 and found.is_global


def _within(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a translator on the way makes of it: mapped, 6to4, NAT64."""
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & LOW_32)
    return address.ipv4_mapped or address.sixtofour


def _insist_on_public(target: Target) -> None:
    if target.scheme != "https":
        raise AddressRefused("地址要以 https:// 开头。The address must begin with https://.")
    if target.port not in PORTS:
        raise AddressRefused("端口只能是 443 或 8443。The port must be 443 or 8443.")
    if _literal(target.host):
        if not is_public(target.host):
            raise AddressRefused("这是内网地址，不能调用。This address is not public.")
    elif not NAME.fullmatch(target.host):
        # 2130706433, 0177.0.0.1 and 0x7f.1 are all 127.0.0.1 to a resolver; a name's last part begins with a letter.
        raise AddressRefused("域名不对。This is no host name.")


def _literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _connection(target: Target, address: str, timeout: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=timeout)
    name = target.host.rstrip(".")
    return HTTPSConnection(
        address, target.port, timeout=timeout, ssl_context=_context(), server_hostname=name, assert_hostname=name
    )


@contextmanager
def _ended(connection: HTTPConnection, ends: float) -> Iterator[None]:
    """The socket is shut when the time is over. A socket's own time-out begins anew with each byte that drips in."""
    # The socket as it is now, too: a connection forgets it once an answer says that it is the last one.
    timer = threading.Timer(max(0.0, ends - time.monotonic()), _shut, (connection, connection.sock))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(connection: HTTPConnection, sock: socket.socket | None) -> None:
    for one in (sock, connection.sock):
        if one is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)


def _read(response: HTTPResponse) -> Answer:
    body = b""
    while len(body) < LARGEST_ANSWER and (more := response.read(LARGEST_ANSWER - len(body), decode_content=False)):
        body += more  # the read after the last tells whether something is missing
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body)


@cache
def _context() -> ssl.SSLContext:
    """Reading the authorities' certificates takes 20 ms, so once."""
    return ssl.create_default_context()


def _usual(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _unreachable(target: Target, why: str) -> str:
    return f"{target.host} 没有回应。{target.host} cannot be reached: {why}."
