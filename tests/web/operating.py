"""An operator's browser before the console: keeps cookies, and says what a page of ours would say."""

from __future__ import annotations

import json
import re
from typing import Any

import urllib3

from chalicelib.features import operators
from tests.house import HTTP, House, Json
from tests.web.asking import Answer

COOKIE = re.compile(r"(__Host-[a-z-]+)=([^;]*); Max-Age=(\d+)(.*)")


class Browser:
    """`origin` None: the browser says nothing of where a request comes from."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.origin: str | None = house.app
        self.header = True
        self.cookies: dict[str, str] = {}
        self.told: list[str] = []  # each Set-Cookie

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
        sent = {"X-Gaiwan-Console": "1"} if self.header else {}
        sent |= {"Origin": self.origin} if self.origin and method != "GET" else {}
        sent |= {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        raw = json.dumps(body).encode() if body is not None else b""
        answer = HTTP.request(method, self.house.app + path, body=raw, headers=sent | headers, redirect=False)
        self._keep(answer.headers.getlist("Set-Cookie"))
        return answer

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The API."""
        answer = self.ask(method, f"/api/{path}", body, **headers)
        return Answer(answer.status, answer.json() if answer.data else None)

    def enter(self, code: str) -> urllib3.BaseHTTPResponse:
        return self.ask("POST", "/console/sign-in", {"code": code})

    def state(self) -> str:
        """Of the code that it shows."""
        return str(self.ask("GET", "/console/sign-in/scan").json()["state"])

    @property
    def is_in(self) -> bool:
        return self.ask("GET", "/api/me").status == 200

    def _keep(self, told: list[str]) -> None:
        self.told += told
        for line in told:
            found = COOKIE.fullmatch(line)
            assert found, line
            if found[3] == "0":
                self.cookies.pop(found[1], None)
            else:
                self.cookies[found[1]] = found[2]


def signed_in(house: House, role: str = "admin", name: str = "") -> Browser:
    """A new operator of this role, at their browser."""
    operator = operators.add(house.svc, name or f"{role} 小满", role)
    browser = Browser(house)
    assert browser.enter(operators.link(house.svc, operator)).status == 204
    return browser


def everything(house: House, *but: str) -> list[Json]:
    """All that the table holds, in order, but what begins so."""
    from chalicelib.aws import session  # noqa: PLC0415

    pages = session.client("dynamodb").get_paginator("scan").paginate(TableName=house.svc.settings.table_name)
    items: list[Json] = [item for page in pages for item in page["Items"]]
    kept = [item for item in items if not item["pk"]["S"].startswith(but)]
    return sorted(kept, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
