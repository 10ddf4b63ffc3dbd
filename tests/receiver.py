"""Somebody else's webhook: keeps what it is sent, and answers as the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from chalicelib.features import endpoints
from chalicelib.features.endpoints import Endpoint
from chalicelib.outbound import Outbound
from tests.house import House

Json = dict[str, Any]


class Got(NamedTuple):
    headers: dict[str, str]
    body: bytes
    status: int  # that it was answered with

    @property
    def event(self) -> Json:
        told: Json = json.loads(self.body)
        return told


class Receiver:
    """`answers` gives the status for each request; 200 unless it is told otherwise."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: Callable[[Json], int] = lambda event: 200
        self._keeping = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers(json.loads(body))
                with receiver._keeping:
                    receiver.got.append(Got(dict(self.headers.items()), body, status))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *told: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.place}/hooks/gaiwan?key=k"

    @property
    def taken(self) -> list[Json]:
        return [one.event for one in self.got if one.status == 200]

    def ids(self, openid: str = "") -> list[str]:
        """Of what it took, in the order in which it came first."""
        return list(dict.fromkeys(event["id"] for event in self.taken if openid in ("", event["openid"])))


@contextmanager
def receiving(house: House) -> Iterator[Receiver]:
    receiver = Receiver()
    threading.Thread(target=receiver.server.serve_forever, args=(0.02,), daemon=True).start()
    house.svc.outbound = Outbound(frozenset({receiver.place}))
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def hook(house: House, receiver: Receiver, *kinds: str, **more: Any) -> Endpoint:
    """An endpoint of tea's that is told of these kinds; of what is said, unless it is told otherwise."""
    told = {"kind": "webhook", "label": "CRM", "url": receiver.url, "wants": {kind: [] for kind in kinds or ("said",)}}
    return endpoints.save(house.svc, house.tea, **(told | more))
