"""Chalice's local API Gateway, mended where it differs from the real one in ways that tests and browsers notice."""

import logging
import sys
from http.server import HTTPServer
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import ChaliceRequestHandler, CustomLocalChalice, LocalChalice, LocalDevServer, RouteMatcher

from .processes import HOST

log = logging.getLogger("gaiwan.local")

TEN_MEGABYTES = 10 * 1024 * 1024  # API Gateway's own limit
LONGEST_CHUNK_LINE = 1024
NO_SUCH_ROUTE = b'{"message":"Missing Authentication Token"}'  # API Gateway's words for it


class BadRequest(ValueError):
    """The body cannot be read as HTTP says; the connection is of no more use."""


class Server(ThreadingMixIn, HTTPServer):
    """A listen queue for bursts: with the usual five, connections of a burst are reset."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def server_bind(self) -> None:
        # HTTPServer's own also asks DNS for this machine's name, which can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up (WeChat does after five seconds) is no event; anything else is a bug of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            log.exception("the local gateway failed")


class Handler(ChaliceRequestHandler):
    """No Nagle (44 ms an answer on a kept connection), chunked bodies, any method, 400 instead of a traceback."""

    disable_nagle_algorithm = True
    timeout = 65
    server_version, sys_version = "gaiwan-local", ""

    def __getattr__(self, name: str) -> Any:
        # The base class answers 501 to a method that it has no do_… for; the app has a better answer.
        if name.startswith("do_"):
            return self._generic_handle
        raise AttributeError(name)

    def _generic_handle(self) -> None:
        try:
            self._body = self._read_body()
        except BadRequest as error:
            self.close_connection = True
            self._send_http_response(400, {}, b'{"message":"%s"}' % str(error).encode())
            return
        if self._known_path():
            super()._generic_handle()
        else:
            self._send_http_response(403, {}, NO_SUCH_ROUTE)

    # The base class names its own for each of these, so an override of the one would not be heard.
    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = _generic_handle

    def _parse_payload(self) -> tuple[dict[str, Any], bytes | None]:
        return dict(self.headers), self._body or None

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not (length.isascii() and length.isdigit()):
            raise BadRequest("bad Content-Length")
        return self._read_exactly(int(length))

    def _read_chunks(self) -> bytes:
        body = b""
        while size := self._chunk_size():
            body += self._read_exactly(size, TEN_MEGABYTES - len(body))
            self.rfile.readline(LONGEST_CHUNK_LINE)
        while self.rfile.readline(LONGEST_CHUNK_LINE).strip():
            pass  # trailers
        return body

    def _chunk_size(self) -> int:
        try:
            return int(self.rfile.readline(LONGEST_CHUNK_LINE).split(b";")[0].strip(), 16)
        except ValueError:
            raise BadRequest("bad chunk") from None

    def _read_exactly(self, size: int, most: int = TEN_MEGABYTES) -> bytes:
        if not 0 <= size <= most:
            raise BadRequest("the body is over 10 MB")
        data = self.rfile.read(size)
        if len(data) < size:
            raise BadRequest("the body ended early")
        return bytes(data)

    def _known_path(self) -> bool:
        """Asked first because Chalice's own answer to an unknown path breaks on some Authorization headers."""
        try:
            RouteMatcher(list(self.local_gateway._app_object.routes)).match_route(self.path)
        except ValueError:
            return False
        return True

    def _send_http_response_with_body(self, code: int, headers: dict[str, Any], body: str | bytes) -> None:
        if self.command == "HEAD":
            body = b""
        super()._send_http_response_with_body(code, headers, body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: request lines hold signatures and codes, and the app logs what happened."""


def server(app: Chalice, config: Config, host: str, port: int) -> LocalDevServer:
    # As chalice.local.create_local_server does: makes app.current_request a thread's own.
    CustomLocalChalice.__bases__ = (LocalChalice, app.__class__)
    app.__class__ = CustomLocalChalice
    return LocalDevServer(app, config, host, port, handler_cls=Handler, server_cls=Server)
