"""One HTTP request with a deadline for the whole of it, as WeChat's own servers keep it."""

from __future__ import annotations

import http.client
import socket
import time
from urllib.parse import urlencode, urlsplit

LARGEST_ANSWER = 1 << 20
NOTHING = (0, b"")


def post(url: str, query: dict[str, str], body: bytes, deadline_s: float) -> tuple[int, bytes]:
    """Status and body; status 0 when nothing whole came back in time."""
    return _ask("POST", url, query, body, deadline_s)


def get(url: str, query: dict[str, str], deadline_s: float) -> tuple[int, bytes]:
    return _ask("GET", url, query, b"", deadline_s)


def _ask(method: str, url: str, query: dict[str, str], body: bytes, deadline_s: float) -> tuple[int, bytes]:
    parts = urlsplit(url)
    if not parts.hostname:
        return NOTHING
    made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = made(parts.hostname, parts.port, timeout=deadline_s)
    target = f"{parts.path or '/'}?{'&'.join(filter(None, (parts.query, urlencode(query))))}"
    until = time.monotonic() + deadline_s
    try:
        headers = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0", "Connection": "close"}
        connection.request(method, target, body or None, headers)
        return _answer(connection, until)
    except (OSError, http.client.HTTPException):
        return NOTHING
    finally:
        connection.close()


def _answer(connection: http.client.HTTPConnection, until: float) -> tuple[int, bytes]:
    """The socket's own time-out counts from byte to byte; a server that drips must not gain time by it."""
    line = connection.sock
    _leave(line, until)
    answer = connection.getresponse()
    body = b""
    while len(body) < LARGEST_ANSWER:
        _leave(line, until)
        piece = answer.read1(65536)
        if not piece:
            break
        body += piece
    if answer.length:
        raise http.client.IncompleteRead(body, answer.length)
    return answer.status, body


def _leave(line: socket.socket, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    # With "Connection: close" the answer owns the socket by now; setting a closed one's time-out is harmless.
    if line.fileno() >= 0:
        line.settimeout(left)
