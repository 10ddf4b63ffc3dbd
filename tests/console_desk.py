"""An operator at the console: a real Chromium before the real stack, for the journeys through it."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.console_town import Town

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
NAMES = {"admin": "小满", "editor": "阿青", "viewer": "小鱼"}
# The browser says such things itself when a request is refused on purpose.
EXPECTED = ("status of", "ERR_INTERNET", "ERR_FAILED")
# The stack's clock may have been moved, and the page must live in the same day.
SAME_DAY = """(() => { const Real = Date, ahead = %d;
  window.Date = class extends Real {
    constructor(...told) { if (told.length) super(...told); else super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  }; })()"""


@contextmanager
def sitting(browser: Any, town: Town, **wishes: Any) -> Iterator[Desk]:
    """At a desk, which is left without complaints."""
    desk = Desk(browser, town, **wishes)
    yield desk
    desk.context.close()
    refused = [said for said in desk.complaints if not any(part in said for part in EXPECTED)]
    assert not refused, "the page complained"


def session(browser: Any, town: Town, role: str = "admin") -> Any:
    """What a browser keeps of somebody of this role who has signed in by a link."""
    with sitting(browser, town) as desk:
        desk.page.goto(town.link(NAMES[role], role))
        desk.ready("home")
        return desk.context.storage_state()


class Desk:
    """One operator's browser. What the page complains of is kept, and no test leaves complaints behind unread."""

    def __init__(self, browser: Any, town: Town, **wishes: Any) -> None:
        self.town, self.site = town, town.stack.app
        self.complaints, self.calls, self.keys = list[str](), list[tuple[str, str]](), list[str]()
        usual = {"viewport": DESK, "locale": "zh-CN", "accept_downloads": True, "timezone_id": "Asia/Shanghai"}
        self.context = browser.new_context(**(usual | wishes))
        self.context.add_init_script(SAME_DAY % ((town.controls.now() - int(time.time())) * 1000))
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        self.page.on("request", self._note)

    def enter(self, room: str, account: str = "tea") -> Any:
        """Go there as with a fresh page, and wait until the room says that it is usable."""
        self.page.goto("about:blank")
        self.calls.clear()
        self.page.goto(f"{self.site}/console#/{account}/{room}")
        return self.ready(_name(room))

    def walk(self, room: str, account: str = "tea") -> Any:
        """Go there from another room."""
        self.calls.clear()
        self.page.evaluate(
            "(to) => { if (location.hash !== to) document.querySelector('main').removeAttribute('data-ready');"
            " location.hash = to }",
            f"#/{account}/{room}",
        )
        return self.ready(_name(room))

    def ready(self, name: str) -> Any:
        self.page.wait_for_selector(f"main[data-ready={name}]")
        return self.page

    def asked(self, method: str = "") -> list[str]:
        """The API's addresses that the page asked for since it came to where it is."""
        return [path for how, path in self.calls if method in ("", how)]

    def refuse(self, pattern: str, status: int, message: str) -> None:
        """The next answer from there is this one."""
        told = {"error": {"code": "Unavailable", "message": message}}
        self.page.route(
            re.compile(pattern),
            lambda route: route.fulfill(status=status, body=json.dumps(told), content_type="application/json"),
            times=1,
        )

    def dialog(self) -> Any:
        return self.page.get_by_role("dialog")

    def press(self, name: str, within: Any = None) -> None:
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def toast(self, words: str) -> Any:
        found = self.page.locator(".toast", has_text=words)
        found.first.wait_for()
        return found.first

    def undo(self, words: str) -> None:
        """What this note told of is taken back."""
        self.toast(words).get_by_role("button", name="撤销").click()
        done = self.toast("已撤销")
        done.get_by_role("button").click()

    def shot(self, label: str) -> None:
        """A picture to look at, where somebody asked for them."""
        if folder := os.environ.get("GAIWAN_SCREENSHOTS"):
            self.page.screenshot(path=f"{folder}/{label}.png", animations="disabled")

    def _note(self, request: Any) -> None:
        path = unquote(urlsplit(request.url).path)
        if path.startswith("/api/"):
            self.calls.append((request.method, path.removeprefix("/api/")))
            self.keys += [key] if (key := request.headers.get("idempotency-key")) else []


def _name(room: str) -> str:
    return re.split(r"[/?]", room)[0]
