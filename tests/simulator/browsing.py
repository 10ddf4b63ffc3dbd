"""A real browser for the simulator's tests, at the size of a phone, that talks to nobody outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.chromium import launched

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.60"
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile MicroMessenger/8.0.60"


@contextmanager
def a_browser(**more: Any) -> Iterator[Any]:
    """A page of a fresh browser; a script's error fails the test."""
    troubles: list[str] = []
    with launched() as chromium:
        context = chromium.new_context(**{"viewport": {"width": 390, "height": 844}, "user_agent": ANDROID} | more)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.set_default_timeout(10_000)
        yield page
    assert troubles == []
