"""WeChat's in-app browser: one person's cookies, WeChat's User-Agent, OAuth passed as a person would pass it."""

from __future__ import annotations

import http.client
import json
import re
import threading
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from simulator.accounts import Account, Json, Person
from simulator.cookies import CookieJar
from simulator.world import World

USER_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/zh_CN"
)
WECHAT_HOST = re.compile(r"https?://((?:open|mp)\.weixin\.qq\.com)(?=/)")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MOST_REDIRECTS = 10
MOVED = {301, 302, 303, 307, 308}
LONGEST_TEXT = 100_000
PATIENCE_S = 30


@dataclass
class Page:
    url: str
    status: int
    body: str = ""
    kind: str = ""
    location: str = ""


class Browser:
    def __init__(self, world: World, account: Account, person: Person) -> None:
        self._world, self._account, self._person = world, account, person
        self._jar = CookieJar(person.cookies, world.clock.now)
        self._consent = True
        self._headers: dict[str, str] = {}

    def open(self, told: Json) -> Json:
        """Follow redirects to where they end; the page there, as its reader sees it."""
        self._consent = bool(told.get("consent", True))
        self._headers = {str(name): str(value) for name, value in told.get("headers", {}).items()}
        page = self._follow(str(told.get("method", "GET")).upper(), told["url"], _body(told))
        title, text = _read(page)
        return {"url": page.url, "status": page.status, "title": title, "text": text[:LONGEST_TEXT]}

    def _follow(self, method: str, url: str, body: tuple[bytes, str]) -> Page:
        came_from_wechat = False
        for _ in range(MOST_REDIRECTS):
            url = WECHAT_HOST.sub(rf"{self._world.home}/\1", url).partition("#")[0]
            twice = came_from_wechat and self._asks_twice()
            page = self._twice(url) if twice else self._ask(method, url, body)
            if not page.location:
                return page
            came_from_wechat = url.startswith(self._world.home + "/open.weixin.qq.com/")
            if page.status not in {307, 308}:
                method, body = "GET", (b"", "")
            url = urljoin(url, page.location)
        return Page(url, 0, "重定向太多 too many redirects")

    def _asks_twice(self) -> bool:
        fault = self._world.faults.for_event(self._account.alias, {"double_redirect"})
        return self._account.double_redirect or fault is not None

    def _twice(self, url: str) -> Page:
        """WeChat is known to ask for the return page twice with one code; the second answer is shown."""
        first = threading.Thread(target=self._ask, args=("GET", url, (b"", "")))
        first.start()
        page = self._ask("GET", url, (b"", ""))
        first.join()
        return page

    def _ask(self, method: str, url: str, body: tuple[bytes, str]) -> Page:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.hostname not in LOOPBACK:
            return Page(url, 0, "模拟器不访问外网 the simulator's browser does not leave this machine")
        made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = made(parts.hostname, parts.port, timeout=PATIENCE_S)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, target, body[0] or None, self._headers_for(url, body[1]))
            answer = connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            return Page(url, 0, f"打不开 cannot be opened: {type(error).__name__}")
        finally:
            connection.close()
        self._jar.take(parts.hostname, parts.path or "/", answer.headers.get_all("Set-Cookie") or [])
        location = (answer.getheader("Location") or "") if answer.status in MOVED else ""
        return Page(url, answer.status, raw.decode(errors="replace"), answer.getheader("Content-Type", ""), location)

    def _headers_for(self, url: str, kind: str) -> dict[str, str]:
        """Only WeChat's own pages learn who is looking."""
        parts = urlsplit(url)
        headers = {"User-Agent": USER_AGENT, "Accept": "text/html,*/*", "Connection": "close"} | self._headers
        cookies = self._jar.header(parts.hostname or "", parts.path or "/")
        headers |= {"Cookie": cookies} if cookies else {}
        headers |= {"Content-Type": kind} if kind else {}
        if url.startswith(self._world.home + "/open.weixin.qq.com/"):
            headers["X-Simulated-Openid"] = self._person.openid
            headers["X-Simulated-Consent"] = "yes" if self._consent else "no"
        return headers


def _body(told: Json) -> tuple[bytes, str]:
    if "json" in told:
        return json.dumps(told["json"], ensure_ascii=False).encode(), "application/json"
    if "form" in told:
        return urlencode(told["form"]).encode(), "application/x-www-form-urlencoded"
    return b"", ""


class _Reader(HTMLParser):
    """The title, and the words a reader would see."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.words = "", ""
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"title", "script", "style"}:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.words += data + " "
        elif self._inside[-1] == "title":
            self.title += data


def _read(page: Page) -> tuple[str, str]:
    if "html" not in page.kind:
        return "", page.body
    reader = _Reader()
    reader.feed(page.body)
    return " ".join(reader.title.split()), " ".join(reader.words.split())
