"""A system of somebody else's behind a port: answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from chalicelib.outbound import Outbound
from chalicelib.wechat.envelope import CallbackKey
from tests.house import House, store_secret

KEYS = CallbackKey("olderToken", "Q" * 43)

Answering = Callable[["Asked"], tuple[int, bytes]]


@dataclass(frozen=True)
class Asked:
    method: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class OtherSystem:
    place: str  # host:port
    answers: Answering
    asked: list[Asked] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.place}/wechat"


@contextmanager
def other_system(answers: Answering = lambda _: (200, b"success")) -> Iterator[OtherSystem]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path.partition("?")[2], dict(self.headers), body)
            system.asked.append(asked)
            status, content = system.answers(asked)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **system.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    system = OtherSystem(f"127.0.0.1:{server.server_port}", answers)
    yield system
    server.shutdown()
    server.server_close()


def relayed(house: House, url: str, answers: str = "ours", mode: str = "safe", keys: CallbackKey = KEYS) -> None:
    """As `ops account relay add` leaves it, seen by a new container."""
    target = {"name": "crm", "url": url, "mode": mode, "answers": answers, "app_id": ""}
    house.svc.table.update("accounts", "tea", {"relays": [target]})
    store_secret(house.svc, "accounts/tea/relay", json.dumps({"crm": {"token": keys.token, "aes_key": keys.aes_key}}))
    house.svc.outbound = Outbound(frozenset({urlsplit(url).netloc}))
    house.svc._cache.clear()
    house.svc.secrets._known.clear()
