"""The console's shop and seats. One town a session, since it takes some seconds; a browser for each module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from ops.local.stack import Stack
from tests import console_town
from tests.console_desk import Desk, opened_chromium, session, sitting
from tests.console_town import Town

Seats = Callable[[str], Any]


@pytest.fixture(scope="session")
def town(stack: Stack) -> Town:
    return console_town.found(stack)


@pytest.fixture(scope="module")
def console_browser() -> Iterator[Any]:
    with opened_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def seats(console_browser: Any, town: Town) -> Seats:
    """What a browser keeps of whoever has signed in, by their role."""
    return cache(lambda role: session(console_browser, town, role))


@pytest.fixture
def desk(console_browser: Any, town: Town, seats: Seats) -> Iterator[Desk]:
    """An admin's."""
    with sitting(console_browser, town, storage_state=seats("admin")) as found:
        yield found
