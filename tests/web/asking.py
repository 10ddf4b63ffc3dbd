"""The API as a machine with a token asks it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from chalicelib.features import operators
from tests.house import HTTP, House


class Answer(NamedTuple):
    status: int
    body: Any


class Api:
    """`scopes` are those of its token; everything, unless told otherwise."""

    def __init__(self, house: House, *scopes: str) -> None:
        self._house = house
        self._token = operators.issue_token(house.svc, "the till", scopes or operators.EVERYTHING)

    def __call__(self, method: str, path: str, body: Any = None, alias: str = "tea", **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        told = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers}
        answer = HTTP.request(method, f"{self._house.app}/api/{alias}{path}", body=raw, headers=told)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Answer(answer.status, answer.json() if is_json and answer.data else answer.data or None)


def refused(answer: Answer, status: int) -> str:
    """The sentence, in both languages."""
    assert answer.status == status, answer
    told = str(answer.body["error"]["message"])
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told), told
    assert any("a" <= letter <= "z" for letter in told), told
    return told
