"""Calls that carry the platform's access token, and what happens when WeChat no longer takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .errors import TokenRejected
from .http import Http


class Tokens(Protocol):
    """Where the access token is kept; one account's."""

    def current(self) -> str: ...

    def rejected(self, token: str) -> str | None:
        """WeChat refused this one (40001, 40014, 42001): a different one to try once, or None."""


class Calls:
    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self._with_token(lambda token: self._http.get(path, {"access_token": token, **query}))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._with_token(lambda token: self._http.post(path, {"access_token": token}, body))

    def _with_token(self, call: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        token = self._tokens.current()
        try:
            return call(token)
        except TokenRejected:
            another = self._tokens.rejected(token)
            if another is None or another == token:
                raise
        return call(another)
