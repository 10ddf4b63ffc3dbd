"""The simulator behind a port: threads, kept-alive connections, no delay, and a stop that keeps the state."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import suppress
from io import BytesIO, RawIOBase
from types import TracebackType
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from simulator.app import LARGEST_REQUEST, build
from simulator.world import World

SAVED_EVERY_S = 180
IDLE_S = 120
POLL_S = 0.05


class _Handler(WSGIRequestHandler):
    """Werkzeug's own way of running a request ends each connection, and waits 10 ms for leftovers; ours keeps it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_S

    def run_wsgi(self) -> None:
        """The body is read whole before the app is asked, so that the next request begins where this one ends."""
        environ = self.make_environ()
        body = self._body(environ)
        if body is None:
            self.close_connection = True
            self._give("413 Content Too Large", [("Content-Length", "0")], b"")
            return
        given, status, headers = run_wsgi_app(self.server.app, environ | {"wsgi.input": BytesIO(body)}, buffered=True)
        content = b"".join(given)
        if "Content-Length" not in headers:
            headers["Content-Length"] = str(len(content))
        self._give(status, headers.to_wsgi_list(), content)

    def _body(self, environ: dict[str, Any]) -> bytes | None:
        """None when it is too large, or its end cannot be told."""
        if environ.get("wsgi.input_terminated"):
            return self._chunks(environ["wsgi.input"])
        length = environ.get("CONTENT_LENGTH") or "0"
        fits = length.isdigit() and int(length) <= LARGEST_REQUEST
        return self.rfile.read(int(length)) if fits else None

    def _chunks(self, stream: RawIOBase) -> bytes | None:
        try:
            return stream.read()
        except OSError:
            return None

    def _give(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, words = status.partition(" ")
        self.send_response(int(code), words)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_expect_100(self) -> bool:
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def finish(self) -> None:
        """Whoever asked may have hung up before the end of the answer."""
        with suppress(ConnectionError):
            super().finish()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The record knows every call; a line for each would slow a campaign down."""

    def log_error(self, format: str, *args: Any) -> None:
        """A line that was idle too long is no error."""


class _Server(ThreadedWSGIServer):
    request_queue_size = 512
    daemon_threads = True


class Simulator:
    """`with Simulator(world, port) as address:` (port 0: any free one)."""

    def __init__(self, world: World, port: int = 0) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.world = world
        self._server = _Server("127.0.0.1", port, build(world), handler=_Handler)
        self._stop = threading.Event()
        world.home = world.home or self.address

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), name="simulator", daemon=True).start()
        threading.Thread(target=self._keep_saving, name="simulator-state", daemon=True).start()

    def _keep_saving(self) -> None:
        while not self._stop.wait(SAVED_EVERY_S):
            self.world.save()

    def stop(self) -> None:
        self._stop.set()
        self.world.courier.close()
        self._end()
        self._server.server_close()
        self.world.save()

    def _end(self) -> None:
        """A knock at its own door wakes the server, which else looks up only now and then."""
        ending = threading.Thread(target=self._server.shutdown)
        ending.start()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self._server.port), 1).close()
        ending.join()

    def __enter__(self) -> str:
        self.start()
        return self.address

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
