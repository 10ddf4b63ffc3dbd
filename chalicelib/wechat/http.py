"""The only file that opens a connection to WeChat."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

import msgspec
import urllib3

from .errors import Unreachable, error_for

# WeChat waits five seconds for an answer to a callback; a call made meanwhile
# must fail before that, with time left to say something.
CONNECT, READ = 1.5, 3.0
LARGEST_ANSWER = 8 * 1024 * 1024
CONNECTIONS = 64  # a bulk worker sends to so many people at once
HIDDEN = "…"
OK, SERVER_ERROR = 200, 500

JSON = {"Content-Type": "application/json; charset=utf-8"}
PRIVATE = frozenset({"access_token", "secret", "appsecret", "code", "refresh_token", "openid", "touser"})
NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
)

# At DEBUG urllib3 writes whole URLs, and the access token is in them.
logging.getLogger("urllib3").setLevel(logging.INFO)


class Http:
    """JSON in, JSON out. An errcode becomes a WeChatError, no usable answer an Unreachable; nothing is repeated."""

    def __init__(
        self,
        base: str = "https://api.weixin.qq.com",
        proxy: str = "",
        headers: Mapping[str, str] | None = None,
        connect: float = CONNECT,
        read: float = READ,
    ) -> None:
        self._base = base.rstrip("/")
        self._proxy = proxy
        self._headers = JSON | dict(headers or {})
        self._patience = urllib3.Timeout(connect=connect, read=read)

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        return self._call("GET", path, query, None)

    def post(self, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, query, body)

    def _call(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None) -> dict[str, Any]:
        # WeChat stores \u escapes as they stand, so Chinese must go out as UTF-8; msgspec writes it so.
        data = None if body is None else msgspec.json.encode(body)
        url = f"{self._base}{path}?{urlencode(query)}" if query else f"{self._base}{path}"
        status, answer = self._exchange(method, path, url, data)
        return _accepted(path, status, answer, _private_words([query, body]))

    def _exchange(self, method: str, path: str, url: str, data: bytes | None) -> tuple[int, bytes]:
        try:
            response = _pool(self._proxy).urlopen(
                method,
                url,
                body=data,
                headers=self._headers,
                timeout=self._patience,
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except urllib3.exceptions.HTTPError as error:
            why, sent = type(error).__name__, not isinstance(error, NEVER_SENT)
        else:
            return response.status, _read(path, response)
        # Raised out here, so that not even the error's context holds the URL with its token.
        raise Unreachable(path, why, sent)


class Answer(dict[str, Any]):
    """A field that WeChat promised and left out is no usable answer."""

    def __init__(self, path: str, fields: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self._path = path

    def __missing__(self, name: str) -> Any:
        raise Unreachable(self._path, f"the answer has no {name}", sent=True)


@cache
def _pool(proxy: str) -> urllib3.PoolManager:
    """One for the process: connections outlive the invocation that opened them."""
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=CONNECTIONS)
    return urllib3.PoolManager(maxsize=CONNECTIONS)


def _read(path: str, response: urllib3.BaseHTTPResponse) -> bytes:
    try:
        data: bytes = response.read(LARGEST_ANSWER + 1)
    except urllib3.exceptions.HTTPError as error:
        why = type(error).__name__
    else:
        if len(data) <= LARGEST_ANSWER:
            response.release_conn()
            return data
        why = "the answer is over 8 MiB"
    response.close()
    raise Unreachable(path, why, sent=True)


def _accepted(path: str, status: int, data: bytes, private: set[str]) -> dict[str, Any]:
    answer = _decoded(data)
    if status >= SERVER_ERROR or not isinstance(answer, dict):
        raise Unreachable(path, f"HTTP {status}, not an answer in JSON", sent=True)
    if answer.get("errcode", 0) not in (0, "0", None):
        raise error_for(path, _without(private, answer))
    if status != OK:
        raise Unreachable(path, f"HTTP {status}", sent=True)
    return Answer(path, answer)


def _decoded(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        # Nicknames come with raw control characters and halves of emoji.
        return json.loads(data.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _private_words(value: Any) -> set[str]:
    """Every token, secret and openid that we sent, wherever it stood."""
    if isinstance(value, Mapping):
        own = {str(value[name]) for name in PRIVATE & value.keys() if value[name]}
        return own.union(*map(_private_words, value.values()))
    return set().union(*map(_private_words, value)) if isinstance(value, list) else set()


def _without(private: set[str], answer: dict[str, Any]) -> dict[str, Any]:
    """WeChat quotes in errmsg what it did not like; ours to hide when it is a token or a person."""
    message = str(answer.get("errmsg", ""))
    for word in private:
        message = message.replace(word, HIDDEN)
    return answer | {"errmsg": message}
