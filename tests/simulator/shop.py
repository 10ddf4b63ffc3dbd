"""A brand's server of a few lines, and the simulator beside it: what the tests of the simulator talk to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import HTTPErrorProcessor, Request, build_opener

from simulator.clock import SHANGHAI

Json = dict[str, Any]
TEA, LEAF = "wx0a1b2c3d4e5f6789", "wx9f8e7d6c5b4a3210"
SECRET = "s" * 32
AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
REPLY = (
    "<xml><ToUserName>{to}</ToUserName><FromUserName>gh_tea</FromUserName><CreateTime>1</CreateTime>"
    "<MsgType>text</MsgType><Content>{text}</Content></xml>"
)


class Delivered:
    def __init__(self, query: dict[str, str], body: str) -> None:
        self.query, self.body, self.at = query, body, time.monotonic()


class Shop:
    """`answer` gets each delivery and gives (status, body); seconds as third: how long it thinks."""

    def __init__(self) -> None:
        self.got: list[Delivered] = []
        self.answer: Callable[[Delivered], tuple[int, str] | tuple[int, str, float]] = lambda _: (200, "success")
        self.pages: dict[str, Callable[[Json, str], tuple[int, dict[str, str], str]]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def kinds(self) -> list[str]:
        """The events delivered so far, in order."""
        return [part.body.split("<Event><![CDATA[")[1].split("]]>")[0] for part in self.got if "<Event>" in part.body]

    def wait_for(self, number: int) -> None:
        """Until so many deliveries have come, at most two seconds."""
        until = time.monotonic() + 2
        while len(self.got) < number and time.monotonic() < until:
            time.sleep(0.01)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    """Bound to one shop, because the server makes its handlers itself."""

    class Handler(_Handler):
        brand = shop

    return Handler


class _Handler(BaseHTTPRequestHandler):
    brand: Shop

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path in self.brand.pages:
            self._give(*self.brand.pages[parts.path](query, body))
            return
        self.brand.got.append(Delivered(query, body))
        status, answer, *thinks = self.brand.answer(self.brand.got[-1])
        time.sleep(thinks[0] if thinks else 0)
        self._give(int(status), {}, str(answer))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path in self.brand.pages:
            self._give(*self.brand.pages[parts.path](query, self.headers.get("Cookie", "")))
            return
        self._give(200, {}, query.get("echostr", ""))

    def _give(self, status: int, headers: dict[str, str], body: str) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())
        except OSError:
            pass  # the platform hung up, as it may

    def log_message(self, *_: Any) -> None:
        pass


class _NoErrors(HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response


class Doors:
    """The simulator's three groups of routes, for one account."""

    def __init__(self, address: str, alias: str = "tea", app_id: str = TEA) -> None:
        self.address, self.alias, self.app_id = address, alias, app_id
        self._open = build_opener(_NoErrors).open
        self._token = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        raw = body if isinstance(body, bytes | None) else json.dumps(body, ensure_ascii=False).encode()
        with self._open(Request(self.address + path, raw, headers, method=method), timeout=20) as answer:
            return answer.status, answer.read()

    def token(self) -> str:
        self._token = self._token or self.stable()["access_token"]
        return self._token

    def stable(self, **more: Any) -> Json:
        told = {"grant_type": "client_credential", "appid": self.app_id, "secret": SECRET} | more
        return self.call("/cgi-bin/stable_token", told, token="")

    def rotated(self) -> str:
        query = {"grant_type": "client_credential", "appid": self.app_id, "secret": SECRET}
        return str(self.call("/cgi-bin/token", query=query, token="")["access_token"])

    def call(self, path: str, body: Any = None, query: Json | None = None, token: str | None = None) -> Json:
        """One call of the API: POST with a body, else GET; with our token unless told otherwise."""
        value = self.token() if token is None else token
        asked = (query or {}) | ({"access_token": value} if value else {})
        method = "GET" if body is None else "POST"
        answer = json.loads(self.ask(method, f"/api.weixin.qq.com{path}?{urlencode(asked)}", body)[1])
        return dict(answer)

    def code(self, path: str, body: Any = None, **more: Any) -> int:
        return int(self.call(path, body, **more).get("errcode", 0))

    def phone(self, openid: str, act: str, **told: Any) -> Json:
        return dict(json.loads(self.ask("POST", f"/phone/{self.alias}/{openid}/{act}", told)[1]))

    def inbox(self, openid: str) -> list[Json]:
        return list(json.loads(self.ask("GET", f"/phone/{self.alias}/{openid}/inbox")[1])["inbox"])

    def control(self, name: str, **told: Any) -> Json:
        return dict(json.loads(self.ask("POST", f"/controls/{name}", told)[1]))

    def look(self, name: str, **query: Any) -> Json:
        return dict(json.loads(self.ask("GET", f"/controls/{name}?{urlencode(query)}")[1]))

    def set(self, **settings: Any) -> Json:
        return self.control("settings", account=self.alias, **settings)

    def advance(self, seconds: float) -> None:
        self.control("clock", advance=seconds)

    def wait_until(self, hour: int) -> None:
        """The next time that the clocks in Shanghai show this hour; tokens may be old by then."""
        now = datetime.fromtimestamp(self.look("clock")["now"], SHANGHAI)
        passed = now.hour * 3600 + now.minute * 60 + now.second
        self.advance((hour * 3600 - passed) % 86400)
        self._token = ""


def config(callback: str) -> Json:
    """tea may do everything, leaf next to nothing; times are a tenth of WeChat's where a test must wait."""
    common = {"secret": SECRET, "token": "simtoken01", "aes_key": AES_KEY, "deadline_s": 0.3, "pause_s": 0.3}
    tea = {
        "alias": "tea",
        "name": "盖碗茶铺",
        "kind": "service",
        "app_id": TEA,
        "original_id": "gh_tea",
        "callback_url": f"{callback}/wechat/tea",
        "oauth_domains": ["127.0.0.1", "example.com"],
        "event_delay_s": 0.02,
        "templates": [
            {"template_id": "order", "title": "订单", "content": "商品：{{thing1.DATA}}\n金额：{{amount2.DATA}}"},
            {"template_id": "free", "title": "通知", "content": "{{first.DATA}}"},
        ],
        "menu": {"button": [{"type": "click", "name": "今日", "key": "TODAY"}]},
        "followers": [{"openid": "alice", "nickname": "Alice"}, {"openid": "bob", "nickname": "Bob"}],
    }
    leaf = {
        "alias": "leaf",
        "kind": "subscription",
        "verified": False,
        "app_id": LEAF,
        "original_id": "gh_leaf",
        "callback_url": f"{callback}/wechat/leaf",
        "followers": [{"openid": "carol"}],
    }
    return {"accounts": [common | tea, common | leaf]}
