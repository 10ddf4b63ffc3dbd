"""The in-app browser's cookies: one person's, by host and path, with the rules of __Host- and Secure on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, Morsel, SimpleCookie

from simulator.accounts import Json


class CookieJar:
    """`kept` is the person's own list; it is changed in place, so it lives as long as they do."""

    def __init__(self, kept: list[Json], now: Callable[[], float]) -> None:
        self._kept, self._now = kept, now
        self._lock = threading.Lock()

    def header(self, host: str, path: str) -> str:
        """Loopback counts as secure, as in browsers."""
        with self._lock:
            sent = [c for c in self._kept if c["host"] == host and _under(path, c["path"]) and self._fresh(c)]
        return "; ".join(f"{c['name']}={c['value']}" for c in sorted(sent, key=lambda c: -len(c["path"])))

    def take(self, host: str, path: str, lines: Iterable[str]) -> None:
        for line in lines:
            for morsel in _parsed(line).values():
                if _allowed(morsel):
                    self._keep(host, path, morsel)

    def _keep(self, host: str, path: str, morsel: Morsel[str]) -> None:
        scope = morsel["path"] if morsel["path"].startswith("/") else path.rpartition("/")[0] or "/"
        fresh = {"host": host, "path": scope, "name": morsel.key, "value": morsel.coded_value}
        with self._lock:
            rest = [c for c in self._kept if any(c[k] != fresh[k] for k in ("host", "path", "name"))]
            cookie = fresh | {"until": self._until(morsel)}
            self._kept[:] = [*rest, cookie] if self._fresh(cookie) else rest

    def _until(self, morsel: Morsel[str]) -> float | None:
        """None: as long as the browser is open."""
        if morsel["max-age"]:
            return self._now() + float(morsel["max-age"])
        if morsel["expires"]:
            return parsedate_to_datetime(morsel["expires"]).timestamp()
        return None

    def _fresh(self, cookie: Json) -> bool:
        return cookie["until"] is None or float(cookie["until"]) > self._now()


def _parsed(line: str) -> SimpleCookie:
    try:
        return SimpleCookie(line)
    except CookieError:
        return SimpleCookie()


def _allowed(morsel: Morsel[str]) -> bool:
    """`__Host-` means: Secure, for the whole host, and for it alone."""
    secure, path, domain = morsel["secure"], morsel["path"], morsel["domain"]
    if morsel.key.startswith("__Host-"):
        return bool(secure) and path == "/" and not domain
    return bool(secure) or not morsel.key.startswith("__Secure-")


def _under(path: str, scope: str) -> bool:
    return path == scope or path.startswith(scope if scope.endswith("/") else scope + "/")
