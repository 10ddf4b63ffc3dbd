"""A server on this machine that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]
    address: tuple[str, int]  # the caller's: one for each connection

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Says:
    """One answer. `after` seconds, and with a length that may be a lie."""

    body: bytes = b"{}"
    status: int = 200
    after: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


class Loopback:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Says] = lambda asked: Says()
        self.base = ""

    def says(self, *answers: dict[str, Any] | Says) -> None:
        """These in turn; the last one for ever."""
        left = [each if isinstance(each, Says) else Says(json.dumps(each).encode()) for each in answers]
        self.answer = lambda asked: left.pop(0) if len(left) > 1 else left[0]

    @property
    def last(self) -> Asked:
        return self.asked[-1]


@contextmanager
def serving() -> Iterator[Loopback]:
    loopback = Loopback()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(loopback))
    server.daemon_threads = True
    loopback.base = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True).start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            split = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, split.path, query, body, dict(self.headers), self.client_address)
            loopback.asked.append(asked)
            self._say(loopback.answer(asked))

        def _say(self, says: Says) -> None:
            time.sleep(says.after)
            if says.hang_up:
                self.close_connection = True
                return
            self.send_response(says.status)
            for name, value in ({"Content-Length": str(len(says.body))} | says.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(says.body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
